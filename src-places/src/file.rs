//! The index as a file.
//!
//! Beside it lies its seal: the form of index, the version of the pack, and the hash of the file.
//! Where these three do not agree with what is there, the index is made again, beside, and takes
//! the old one's name when it is on disk as a whole.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use mend_core::city::pack::CityPack;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use crate::{PlacesError, make};

/// Rises with every change of the tables or of what is put into them.
const FORM: u32 = 1;
/// Pages that are kept in memory, in KiB.
const CACHE_KIB: i32 = 4096;

/// The index that is there, if it is whole and made from this pack.
pub(crate) fn existing(path: &Path, pack: &CityPack) -> Option<Connection> {
    // An unsealed pack has no version: any other one would look the same.
    if pack.version.is_empty() {
        return None;
    }
    let kept = fs::read_to_string(beside(path, "seal")).ok()?;
    if kept != seal(path, pack).ok()? {
        tracing::info!("the index of places is another city's, an older one or damaged");
        return None;
    }
    open(path).inspect_err(|error| tracing::warn!(%error, "the index of places")).ok()
}

/// Makes the index and puts it in the place of whatever is there.
pub(crate) fn make(path: &Path, pack: &CityPack) -> Result<Connection, PlacesError> {
    let (new, kept) = (beside(path, "new"), beside(path, "seal"));
    // A journal that a torn file left would be played back into the new one.
    for leftover in
        [&kept, &new, &beside(&new, "journal"), &beside(path, "journal"), &beside(path, "wal")]
    {
        remove(leftover)?;
    }
    let mut index = Connection::open(&new)?;
    // Whoever pulls the plug finds no seal, and makes the file again.
    index.pragma_update(None, "journal_mode", "OFF")?;
    index.pragma_update(None, "synchronous", "OFF")?;
    make::make(&mut index, pack)?;
    index.close().map_err(|(_, error)| error)?;
    fs::File::open(&new)?.sync_all()?;
    fs::rename(&new, path)?;
    let mut file = fs::File::create(&kept)?;
    file.write_all(seal(path, pack)?.as_bytes())?;
    file.sync_all()?;
    Ok(open(path)?)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let index = Connection::open_with_flags(path, flags)?;
    index.pragma_update(None, "cache_size", -CACHE_KIB)?;
    index.set_prepared_statement_cache_capacity(64);
    // Opening reads nothing yet.
    index.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(index)
}

fn seal(path: &Path, pack: &CityPack) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => hash.update(&piece[..read]),
        }
    }
    Ok(format!("{FORM} {} {}\n", pack.version, hex::encode(hash.finalize())))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // SQLite names its journals so.
    name.push(if matches!(end, "journal" | "wal") { "-" } else { "." });
    name.push(end);
    path.with_file_name(name)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
