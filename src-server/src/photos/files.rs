//! The files: content-addressed, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use mend_core::id::PhotoHash;

/// The folder of photos.
#[derive(Debug, Clone)]
pub struct PhotoFiles {
    folder: PathBuf,
}

impl PhotoFiles {
    /// The photos in `folder`, which is made if need be. What an upload that was cut short has
    /// left is taken away.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        let files = Self { folder };
        fs::create_dir_all(files.incoming())?;
        for entry in fs::read_dir(files.incoming())? {
            fs::remove_file(entry?.path())?;
        }
        Ok(files)
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    fn path(&self, hash: PhotoHash) -> PathBuf {
        let name = hash.to_string();
        let (shelf, _) = name.split_at(2);
        self.folder.join(shelf).join(format!("{name}.jpg"))
    }

    /// Keeps the bytes under their hash. When this returns they are on the disk. `unique` names
    /// the file while it is being written.
    ///
    /// # Errors
    /// When the disk says no; then nothing is kept.
    pub fn keep(&self, hash: PhotoHash, bytes: &[u8], unique: u128) -> io::Result<()> {
        let path = self.path(hash);
        if path.exists() {
            return Ok(());
        }
        let temporary = self.incoming().join(format!("{unique:032x}"));
        let written = (|| {
            let mut file = File::create_new(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            let shelf = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(shelf)?;
            fs::rename(&temporary, &path)?;
            sync_folder(shelf)?;
            sync_folder(&self.folder)
        })();
        if written.is_err() {
            // The first error says what is wrong; this one would only say it again.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// The bytes with this hash, if they are here.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn read(&self, hash: PhotoHash) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(hash)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Makes a rename last. Folders cannot be opened for this everywhere.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        let files = PhotoFiles::open(folder.path().join("photos")).unwrap();
        let hash = PhotoHash([0xab; 32]);
        assert_eq!(files.read(hash).unwrap(), None);
        files.keep(hash, b"bytes", 1).unwrap();
        files.keep(hash, b"bytes", 2).unwrap();
        assert_eq!(files.read(hash).unwrap().as_deref(), Some(&b"bytes"[..]));
        assert_eq!(fs::read_dir(files.incoming()).unwrap().count(), 0);
        fs::write(files.incoming().join("cut"), b"by").unwrap();
        let files = PhotoFiles::open(folder.path().join("photos")).unwrap();
        assert_eq!(fs::read_dir(files.incoming()).unwrap().count(), 0);
        assert!(files.read(hash).unwrap().is_some());
    }
}
