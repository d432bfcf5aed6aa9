//! The disk as photos need it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// What is done with files. Each call is one step: what a power cut leaves of a step that no sync
/// has followed is anything between nothing and all of it.
pub trait Disk {
    /// Makes a folder and the folders above it. Whether it was not there before.
    ///
    /// # Errors
    /// When the disk says no.
    fn make_folder(&self, path: &Path) -> io::Result<bool>;

    /// The names of what lies in a folder, in any order.
    ///
    /// # Errors
    /// When the disk says no, or there is no such folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Whether a file is there.
    ///
    /// # Errors
    /// When the disk says no.
    fn has(&self, path: &Path) -> io::Result<bool>;

    /// All bytes of a file; none: it is not there.
    ///
    /// # Errors
    /// When the disk says no.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;

    /// Writes bytes at this place of a file, which is made if need be. What stood behind the place
    /// before is gone, so the file ends with these bytes.
    ///
    /// # Errors
    /// When the disk says no; then some of it may have happened.
    fn write(&self, path: &Path, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes the bytes of a file last. Its name needs [`Disk::sync_folder`].
    ///
    /// # Errors
    /// When the disk says no; then what was written since the last sync may be lost, also when a
    /// later sync succeeds.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder last.
    ///
    /// # Errors
    /// When the disk says no.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Gives a file another name, in one step, also over a file of that name.
    ///
    /// # Errors
    /// When the disk says no.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// When the disk says no.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The machine's own disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RealDisk;

/// None instead of "there is no such file".
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Disk for RealDisk {
    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        if path.is_dir() {
            return Ok(false);
        }
        fs::create_dir_all(path).map(|()| true)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(folder)?
            // A name that is no text is none of ours.
            .filter_map(|entry| entry.map(|entry| entry.file_name().into_string().ok()).transpose())
            .collect()
    }

    fn has(&self, path: &Path) -> io::Result<bool> {
        path.try_exists()
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        found(fs::read(path))
    }

    fn write(&self, path: &Path, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        if file.metadata()?.len() != at {
            file.set_len(at)?;
        }
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        // Some systems sync only what may be written. On Linux a file that is opened anew still
        // learns of a write that failed before (errseq_t), so nothing is lost by opening twice.
        OpenOptions::new().write(true).open(path)?.sync_all()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Other systems than Unix cannot open a folder; there the file system's own journal must
        // do.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        found(fs::remove_file(path)).map(|_| ())
    }
}
