//! Photos on disk, named by their content. A name is there only with all of its bytes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mend_core::id::PhotoHash;
use sha2::{Digest, Sha256};

/// Which rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoSize {
    /// As it is sent.
    Full,
    /// For lists.
    Thumb,
}

/// A folder of photos.
#[derive(Debug, Clone)]
pub struct PhotoFiles {
    dir: PathBuf,
}

/// What a file is called while it is being written.
const UNFINISHED: &str = ".part";

impl PhotoFiles {
    /// Opens the folder, makes it if need be, and removes what a kill left unfinished.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(UNFINISHED) {
                fs::remove_file(&path)?;
            }
        }
        Ok(Self { dir: dir.to_owned() })
    }

    fn path(&self, hash: PhotoHash, size: PhotoSize) -> PathBuf {
        self.dir.join(match size {
            PhotoSize::Full => format!("{hash}.jpg"),
            PhotoSize::Thumb => format!("{hash}.thumb.jpg"),
        })
    }

    /// Whether it is here.
    pub fn has(&self, hash: PhotoHash) -> bool {
        self.path(hash, PhotoSize::Full).exists()
    }

    /// Writes a photo and its thumbnail. When this returns, a power cut does not lose them; a
    /// kill before leaves nothing under their names.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn put(&self, hash: PhotoHash, full: &[u8], thumb: &[u8]) -> io::Result<()> {
        // The thumbnail first, so that a photo that is here always has one.
        self.write(&self.path(hash, PhotoSize::Thumb), thumb)?;
        self.write(&self.path(hash, PhotoSize::Full), full)?;
        sync_dir(&self.dir)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if path.exists() {
            return Ok(());
        }
        // Two writers of the same content would share a temporary name; this process has one
        // store thread for each folder, and the folder has one process.
        let mut part = path.as_os_str().to_owned();
        part.push(UNFINISHED);
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    }

    /// The bytes, if they are here and still what they were: the name is their hash.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn get(&self, hash: PhotoHash, size: PhotoSize) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(hash, size)) {
            Ok(bytes) => {
                let whole =
                    size == PhotoSize::Thumb || <[u8; 32]>::from(Sha256::digest(&bytes)) == hash.0;
                Ok(whole.then_some(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Its width and height in pixels, by its header; none: it is not here, or cannot be read.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn size(&self, hash: PhotoHash) -> io::Result<Option<(u32, u32)>> {
        match image::ImageReader::open(self.path(hash, PhotoSize::Full)) {
            Ok(reader) => Ok(reader.into_dimensions().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a photo; one that is not here is no error.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn remove(&self, hash: PhotoHash) -> io::Result<()> {
        for size in [PhotoSize::Full, PhotoSize::Thumb] {
            match fs::remove_file(self.path(hash, size)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Every photo in the folder.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn all(&self) -> io::Result<Vec<PhotoHash>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let hash = name.to_str().and_then(|name| name.strip_suffix(".jpg"));
            found.extend(hash.and_then(|hash| hash.parse::<PhotoHash>().ok()));
        }
        Ok(found)
    }
}

/// Makes the renames in a folder durable. Other systems than Unix cannot open a folder; there the
/// file system's own journal must do.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
