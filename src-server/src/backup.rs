//! `mend-server backup` and `restore`: a data folder, copied while its server serves, and made
//! again from the copy.
//!
//! A backup is a folder: the database as one file, the photos that its log calls verified, the demo
//! accounts if there are any, and `backup.json`, which says what it is. Pieces of photos that are
//! still being uploaded are not in it: a device keeps a photo until all of it is verified, and asks
//! how much is here. The database is copied before the photos: a photo is on the disk before the log
//! says so, so whatever the copied log names can be copied after it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use mend_core::id::PhotoHash;
use mend_core::time::Timestamp;
use mend_photos::{Layout, PhotoFiles, PhotoSize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::auth::demo;
use crate::start::{StartError, take_folder};
use crate::store::StoreError;
use crate::store::sqlite::{FILE, backup as database};

/// What says that a folder is a backup.
const ABOUT: &str = "backup.json";
const PHOTOS: &str = "photos";
/// The only format there is.
const FORMAT: u32 = 1;
/// Photos that a message names; it counts the others.
const NAMED: usize = 5;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Pages of the database.
    Database {
        /// So many are done.
        done: u64,
        /// Of so many.
        of: u64,
    },
    /// Photos.
    Photos {
        /// So many are done.
        done: u64,
        /// Of so many.
        of: u64,
    },
}

/// What was backed up or restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The backup, or the data folder.
    pub path: PathBuf,
    /// Photos in it.
    pub photos: u64,
    /// Those of them that take no room of their own: they are the previous backup's files.
    pub linked: u64,
    /// Photos that the log names and that were not there, or were other bytes than their name says.
    pub missing: Vec<PhotoHash>,
}

/// Why there is no backup, or nothing was restored. The texts are for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// No data to back up.
    #[error(
        "there is no mend.sqlite in {0}. Nothing was made. Give the data folder that the server was started with"
    )]
    NoDatabase(PathBuf),
    /// Something is there.
    #[error(
        "{0} is there already, and no backup is written over another one. Nothing was changed. Give a name that is free, or a folder in which the backup gets a name of its own"
    )]
    Exists(PathBuf),
    /// Another backup, or one that was cut off.
    #[error(
        "{0} is left from a backup that was cut off, or belongs to one that is being made. Nothing was changed. If none is being made, remove it and try again"
    )]
    Partial(PathBuf),
    /// No backup.
    #[error("{path} is not a backup that this program can read: {what}. Nothing was changed")]
    NoBackup {
        /// Which folder.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The data folder is one already.
    #[error(
        "{0} has a database already, and restoring never replaces one. Nothing was changed. Give an empty data folder, or move this one away"
    )]
    HasDatabase(PathBuf),
    /// Photos of the backup.
    #[error(
        "{} of the backup {path}. No database was restored. Use another backup, or restore without them by giving --without-missing-photos", bad(.photos)
    )]
    BadPhotos {
        /// Which backup.
        path: PathBuf,
        /// Which photos.
        photos: Vec<PhotoHash>,
    },
    /// The data folder, also when a server runs on it.
    #[error(transparent)]
    Folder(#[from] StartError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk.
    #[error("{path} cannot be read or written: {error}")]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl BackupError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoDatabase(_) => "data_missing",
            Self::Exists(_) => "backup_exists",
            Self::Partial(_) => "backup_partial",
            Self::NoBackup { .. } => "backup_unknown",
            Self::HasDatabase(_) => "data_exists",
            Self::BadPhotos { .. } => "backup_photos_bad",
            Self::Folder(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Disk { .. } => "disk_failed",
        }
    }
}

/// Which photos are not what they should be, in words.
pub fn bad(photos: &[PhotoHash]) -> String {
    let named: Vec<_> = photos.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match photos.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let (photos, are) = if photos.len() == 1 { ("photo", "is") } else { ("photos", "are") };
    format!("the {photos} {}{more} {are} missing or damaged", named.join(", "))
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::Disk { path, error }
}

/// `backup.json`.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    /// Of this file and the folder around it.
    format: u32,
    /// Milliseconds since 1970, UTC.
    made_at: Timestamp,
    /// The program that made it.
    program: String,
    /// The version of the database.
    database: u32,
    /// Photos that could not be copied: the data folder did not have them.
    missing: BTreeSet<PhotoHash>,
}

fn photo_path(folder: &Path, hash: PhotoHash) -> PathBuf {
    let name = hash.to_string();
    folder.join(PHOTOS).join(&name[..2]).join(format!("{name}.jpg"))
}

/// The bytes of a photo, if they are there and what their name says.
fn photo(folder: &Path, hash: PhotoHash) -> Result<Option<Vec<u8>>, BackupError> {
    let path = photo_path(folder, hash);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes).filter(|bytes| Sha256::digest(bytes)[..] == hash.0)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk(&path)(error)),
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Writes a new file for its owner alone. When this returns, its bytes are on the disk.
fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(disk(path))
}

/// Makes the names in a folder last.
fn sync_folder(path: &Path) -> Result<(), BackupError> {
    // Elsewhere a folder cannot be opened, and names last by themselves.
    if cfg!(unix) {
        File::open(path).and_then(|folder| folder.sync_all()).map_err(disk(path))?;
    }
    Ok(())
}

/// Where the backup is to be: `to` itself, or a name that says the time within it.
fn target(to: &Path, now: Timestamp) -> Result<PathBuf, BackupError> {
    if to.join(ABOUT).exists() || to.join(FILE).exists() || to.is_file() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let target = if to.is_dir() {
        let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
        to.join(format!("mend-{}", at.strftime("%Y%m%dT%H%M%SZ")))
    } else {
        to.to_owned()
    };
    if target.exists() { Err(BackupError::Exists(target)) } else { Ok(target) }
}

/// Backs up the data folder `data`, whether or not a server runs on it: everything that was
/// answered before the call began, and every photo that its log calls verified. It comes to `to`, or
/// into it under a name of its own if that is a folder; until it is whole it has another name. Photos
/// that `previous`, an earlier backup, has are linked from there where the disk can do that. Blocking.
///
/// # Errors
/// See [`BackupError`]; then there is no backup, and what was there is as it was.
pub fn backup(
    data: &Path,
    to: &Path,
    previous: Option<&Path>,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<Done, BackupError> {
    if !data.join(FILE).is_file() {
        return Err(BackupError::NoDatabase(data.to_owned()));
    }
    if let Some(previous) = previous {
        about(previous)?;
    }
    let target = target(to, now)?;
    let mut partial = target.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    make_folder(&partial).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Partial(partial.clone()),
        _ => disk(&partial)(error),
    })?;
    let made = fill(data, &partial, previous, now, progress).and_then(|done| {
        fs::rename(&partial, &target).map_err(disk(&target))?;
        let above = target.parent().filter(|above| !above.as_os_str().is_empty());
        sync_folder(above.unwrap_or(Path::new(".")))?;
        Ok(Done { path: target, ..done })
    });
    if made.is_err() {
        // The first error says what is wrong; what stays is named by the next try.
        let _ = fs::remove_dir_all(&partial);
    }
    made
}

fn fill(
    data: &Path,
    partial: &Path,
    previous: Option<&Path>,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<Done, BackupError> {
    let contents = database::copy(&data.join(FILE), &partial.join(FILE), &mut |done, of| {
        progress(Progress::Database { done, of });
    })?;
    let photos = partial.join(PHOTOS);
    make_folder(&photos).map_err(disk(&photos))?;
    let mut done = Done { path: partial.to_owned(), photos: 0, linked: 0, missing: Vec::new() };
    let mut shelves = BTreeSet::new();
    let of = contents.photos.len() as u64;
    for (n, hash) in contents.photos.iter().enumerate() {
        let path = photo_path(partial, *hash);
        if let Some(shelf) = path.parent()
            && shelves.insert(shelf.to_owned())
        {
            make_folder(shelf).map_err(disk(shelf))?;
        }
        if linked(previous, *hash, &path)? {
            done.linked += 1;
            done.photos += 1;
        } else if let Some(bytes) = photo(data, *hash)? {
            write(&path, &bytes)?;
            done.photos += 1;
        } else {
            done.missing.push(*hash);
        }
        progress(Progress::Photos { done: n as u64 + 1, of });
    }
    match fs::read(data.join(demo::FILE)) {
        Ok(accounts) => write(&partial.join(demo::FILE), &accounts)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(disk(&data.join(demo::FILE))(error)),
    }
    let about = About {
        format: FORMAT,
        made_at: now,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        database: contents.version,
        missing: done.missing.iter().copied().collect(),
    };
    let about = serde_json::to_vec_pretty(&about)
        .map_err(|error| disk(&partial.join(ABOUT))(io::Error::other(error)))?;
    write(&partial.join(ABOUT), &about)?;
    for shelf in &shelves {
        sync_folder(shelf)?;
    }
    sync_folder(&photos)?;
    sync_folder(partial)?;
    Ok(done)
}

/// Takes a photo over from an earlier backup, if it is whole there and the disk can link.
fn linked(previous: Option<&Path>, hash: PhotoHash, path: &Path) -> Result<bool, BackupError> {
    let Some(previous) = previous else { return Ok(false) };
    if photo(previous, hash)?.is_none() {
        return Ok(false);
    }
    // Another disk, or one without links: then it is copied.
    Ok(fs::hard_link(photo_path(previous, hash), path).is_ok())
}

fn about(backup: &Path) -> Result<About, BackupError> {
    let no = |what: String| BackupError::NoBackup { path: backup.to_owned(), what };
    let bytes = fs::read(backup.join(ABOUT)).map_err(|error| no(format!("{ABOUT}: {error}")))?;
    // First the format alone: the rest may be other words in another one.
    let said: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| no(format!("{ABOUT}: {error}")))?;
    if said["format"] != FORMAT {
        return Err(no(format!(
            "it has the format {}, and this program knows {FORMAT}",
            said["format"]
        )));
    }
    serde_json::from_value(said).map_err(|error| no(format!("{ABOUT}: {error}")))
}

/// Makes the data folder `data` out of a backup. The backup is looked through first, every page and
/// every photo, and is not changed; the database comes last and in one step, so that what was cut off
/// can be begun again. `without_missing` takes a backup as it is whose photos have been damaged since
/// it was made. Blocking.
///
/// # Errors
/// See [`BackupError`]; then `data` has no database.
pub fn restore(
    from: &Path,
    data: &Path,
    without_missing: bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Done, BackupError> {
    let about = about(from)?;
    let contents = database::examine(&from.join(FILE))?;
    let of = contents.photos.len() as u64;
    let mut missing = Vec::new();
    for hash in &contents.photos {
        if photo(from, *hash)?.is_none() {
            missing.push(*hash);
        }
    }
    // What its maker did not have either is nothing that another backup would bring back.
    let since: Vec<_> =
        missing.iter().filter(|hash| !about.missing.contains(hash)).copied().collect();
    if !since.is_empty() && !without_missing {
        return Err(BackupError::BadPhotos { path: from.to_owned(), photos: since });
    }
    // Before the folder is taken: taking makes it. A journal beside a new database would be played
    // into it.
    let taken = || {
        ["", "-wal", "-shm", "-journal"]
            .iter()
            .any(|end| data.join(format!("{FILE}{end}")).exists())
    };
    if taken() {
        return Err(BackupError::HasDatabase(data.to_owned()));
    }
    let _lock = take_folder(data)?;
    if taken() {
        return Err(BackupError::HasDatabase(data.to_owned()));
    }
    let photos = data.join(PHOTOS);
    let files = PhotoFiles::open(&photos, Layout::Shelves).map_err(disk(&photos))?;
    let mut done = Done { path: data.to_owned(), photos: 0, linked: 0, missing };
    for (n, hash) in contents.photos.iter().enumerate() {
        if let Some(bytes) = photo(from, *hash)? {
            // Left from an earlier try, perhaps not whole.
            if files.has(*hash)
                && files.read(*hash, PhotoSize::Full).map_err(disk(&photos))?.is_none()
            {
                files.remove(*hash).map_err(disk(&photos))?;
            }
            files.keep(*hash, &bytes, None).map_err(disk(&photos))?;
            done.photos += 1;
        }
        progress(Progress::Photos { done: n as u64 + 1, of });
    }
    let accounts = from.join(demo::FILE);
    if accounts.is_file() {
        replace(&accounts, &data.join(demo::FILE), |_| Ok(()))?;
    }
    replace(&from.join(FILE), &data.join(FILE), |copy| Ok(database::ready(copy)?))?;
    sync_folder(data)?;
    Ok(done)
}

/// Copies a file to a temporary name beside `to`, for its owner alone, does to it what is needed, and
/// gives it that name.
fn replace(
    from: &Path,
    to: &Path,
    ready: impl FnOnce(&Path) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let incoming = to.with_extension("incoming");
    match fs::remove_file(&incoming) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(disk(&incoming)(error));
        }
        _ => {}
    }
    write(&incoming, &[])?;
    let copied = (|| {
        let mut file = OpenOptions::new().write(true).open(&incoming)?;
        io::copy(&mut File::open(from)?, &mut file)
    })();
    copied.map_err(disk(&incoming))?;
    ready(&incoming)?;
    let synced = OpenOptions::new().write(true).open(&incoming).and_then(|file| file.sync_all());
    synced.map_err(disk(&incoming))?;
    fs::rename(&incoming, to).map_err(disk(to))
}
