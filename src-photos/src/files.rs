//! Whole photos, named by their content.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mend_core::id::PhotoHash;
use mend_core::planted::{self, Bug};
use sha2::{Digest, Sha256};

use crate::disk::{Disk, RealDisk};

/// Which rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoSize {
    /// As it is sent.
    Full,
    /// For lists.
    Thumb,
}

/// How photos lie in their folder. A folder keeps the layout that it was begun with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Side by side, as on a device: `<hash>.jpg`, `<hash>.thumb.jpg`.
    Flat,
    /// On shelves named by the first two digits, as on a server: `ab/ab….jpg`.
    Shelves,
}

/// A folder of photos. One process at a time may have it open; clones are the same folder.
#[derive(Debug, Clone)]
pub struct PhotoFiles<D = RealDisk> {
    disk: D,
    folder: PathBuf,
    layout: Layout,
    /// There is a shelf whose own name may not outlive a power cut.
    loose: Arc<AtomicBool>,
}

/// Where files lie while they are being written.
const INCOMING: &str = "incoming";
/// What they were called on devices before there was such a folder.
const OLD_INCOMING: &str = ".part";

/// Tells files apart that are being written at the same time.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

impl PhotoFiles {
    /// Opens a folder on the machine's own disk; see [`PhotoFiles::on`].
    ///
    /// # Errors
    /// When the disk says no.
    pub fn open(folder: impl Into<PathBuf>, layout: Layout) -> io::Result<Self> {
        Self::on(RealDisk, folder.into(), layout)
    }
}

impl<D: Disk> PhotoFiles<D> {
    /// Opens a folder, makes it if need be, and removes what a crash has left half written.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn on(disk: D, folder: PathBuf, layout: Layout) -> io::Result<Self> {
        let files = Self { disk, folder, layout, loose: Arc::default() };
        let incoming = files.folder.join(INCOMING);
        files.disk.make_folder(&incoming)?;
        // Folders that were made here, or by a program that was killed: what they hold is only as
        // safe as their names.
        if let Some(above) = files.folder.parent() {
            files.disk.sync_folder(above)?;
        }
        files.disk.sync_folder(&files.folder)?;
        for name in files.disk.list(&incoming)? {
            files.disk.remove(&incoming.join(name))?;
        }
        if layout == Layout::Flat {
            let names = files.disk.list(&files.folder)?;
            for name in names.iter().filter(|name| name.ends_with(OLD_INCOMING)) {
                files.disk.remove(&files.folder.join(name))?;
            }
        }
        Ok(files)
    }

    fn shelf(&self, hash: PhotoHash) -> PathBuf {
        match self.layout {
            Layout::Flat => self.folder.clone(),
            Layout::Shelves => self.folder.join(&hash.to_string()[..2]),
        }
    }

    fn path(&self, hash: PhotoHash, size: PhotoSize) -> PathBuf {
        self.shelf(hash).join(match size {
            PhotoSize::Full => format!("{hash}.jpg"),
            PhotoSize::Thumb => format!("{hash}.thumb.jpg"),
        })
    }

    /// Whether it is here.
    pub fn has(&self, hash: PhotoHash) -> bool {
        // A disk that does not answer has nothing to give.
        self.disk.has(&self.path(hash, PhotoSize::Full)).unwrap_or(false)
    }

    /// Keeps a photo, and its thumbnail if there is one. When this returns, a power cut does not
    /// lose them; a crash before leaves nothing under their names. Keeping the same photo twice,
    /// also at the same time, changes nothing. That `full` has this hash is the caller's word.
    ///
    /// # Errors
    /// When the disk says no; then the photo is not kept.
    pub fn keep(&self, hash: PhotoHash, full: &[u8], thumb: Option<&[u8]>) -> io::Result<()> {
        let shelf = self.shelf(hash);
        let new_shelf = self.disk.make_folder(&shelf)?;
        if (new_shelf || self.loose.swap(false, Ordering::SeqCst))
            && let Err(error) = self.disk.sync_folder(&self.folder)
        {
            // The shelf is there and may not last: the next one must not take it for granted.
            self.loose.store(true, Ordering::SeqCst);
            return Err(error);
        }
        // The thumbnail first, so that a photo that is here has one.
        if let Some(thumb) = thumb {
            self.write(&self.path(hash, PhotoSize::Thumb), thumb)?;
        }
        self.write(&self.path(hash, PhotoSize::Full), full)?;
        // Also when both were here: whoever wrote them may not have come to this line yet.
        self.disk.sync_folder(&shelf)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.disk.has(path)? {
            return Ok(());
        }
        if planted::is(Bug::FileNotRenamed) {
            return self.disk.write(path, 0, bytes);
        }
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let incoming = self.folder.join(INCOMING).join(format!("{number:016x}"));
        let written = (|| {
            self.disk.write(&incoming, 0, bytes)?;
            self.disk.sync(&incoming)?;
            self.disk.rename(&incoming, path)
        })();
        if written.is_err() {
            // The first error says what is wrong; this one would only say it again.
            let _ = self.disk.remove(&incoming);
        }
        written
    }

    /// The bytes, if they are here and still what they were: the name is their hash. Of a
    /// thumbnail nothing is known but its name.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn read(&self, hash: PhotoHash, size: PhotoSize) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.disk.read(&self.path(hash, size))?;
        Ok(bytes.filter(|bytes| {
            size == PhotoSize::Thumb || <[u8; 32]>::from(Sha256::digest(bytes)) == hash.0
        }))
    }

    /// Removes a photo and its thumbnail; one that is not here is no error.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn remove(&self, hash: PhotoHash) -> io::Result<()> {
        [PhotoSize::Full, PhotoSize::Thumb]
            .into_iter()
            .try_for_each(|size| self.disk.remove(&self.path(hash, size)))
    }

    /// Every photo in the folder, in any order.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn all(&self) -> io::Result<Vec<PhotoHash>> {
        let mut names = self.disk.list(&self.folder)?;
        if self.layout == Layout::Shelves {
            let shelves = names.iter().filter(|name| {
                name.len() == 2 && name.bytes().all(|digit| digit.is_ascii_hexdigit())
            });
            names = shelves
                .map(|shelf| self.disk.list(&self.folder.join(shelf)))
                .collect::<io::Result<Vec<_>>>()?
                .concat();
        }
        let hashes = names.iter().filter_map(|name| name.strip_suffix(".jpg")?.parse().ok());
        Ok(hashes.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn photo(n: u8) -> (PhotoHash, Vec<u8>) {
        let bytes = vec![n; 5000 + usize::from(n)];
        (PhotoHash(Sha256::digest(&bytes).into()), bytes)
    }

    #[test]
    fn bytes_come_back_and_what_was_half_written_goes() {
        for layout in [Layout::Flat, Layout::Shelves] {
            let folder = tempfile::tempdir().unwrap();
            let open = || PhotoFiles::open(folder.path().join("photos"), layout).unwrap();
            let (files, (hash, bytes)) = (open(), photo(1));
            assert_eq!(files.read(hash, PhotoSize::Full).unwrap(), None);
            assert!(!files.has(hash) && files.all().unwrap().is_empty());
            files.keep(hash, &bytes, Some(b"small")).unwrap();
            files.keep(hash, &bytes, Some(b"small")).unwrap();
            fs::write(folder.path().join("photos/incoming/7"), &bytes[..9]).unwrap();
            let files = open();
            assert_eq!(files.read(hash, PhotoSize::Full).unwrap(), Some(bytes));
            assert_eq!(files.read(hash, PhotoSize::Thumb).unwrap().as_deref(), Some(&b"small"[..]));
            assert_eq!(files.all().unwrap(), [hash]);
            assert_eq!(fs::read_dir(folder.path().join("photos/incoming")).unwrap().count(), 0);
            files.remove(hash).unwrap();
            files.remove(hash).unwrap();
            assert!(!files.has(hash) && files.all().unwrap().is_empty());
        }
    }

    #[test]
    fn photos_of_older_versions_are_where_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let (hash, bytes) = photo(2);
        let device = folder.path().join("device");
        fs::create_dir(&device).unwrap();
        fs::write(device.join(format!("{hash}.jpg")), &bytes).unwrap();
        fs::write(device.join(format!("{hash}.thumb.jpg")), b"small").unwrap();
        fs::write(device.join(format!("{}.jpg.part", photo(3).0)), b"half").unwrap();
        let files = PhotoFiles::open(&device, Layout::Flat).unwrap();
        assert_eq!(files.read(hash, PhotoSize::Full).unwrap().as_ref(), Some(&bytes));
        assert_eq!(files.all().unwrap(), [hash]);
        assert_eq!(fs::read_dir(&device).unwrap().count(), 3, "two files, and incoming");
        let server = folder.path().join("server");
        let shelf = server.join(&hash.to_string()[..2]);
        fs::create_dir_all(&shelf).unwrap();
        fs::write(shelf.join(format!("{hash}.jpg")), &bytes).unwrap();
        let files = PhotoFiles::open(&server, Layout::Shelves).unwrap();
        assert_eq!(files.read(hash, PhotoSize::Full).unwrap(), Some(bytes));
        assert_eq!(files.all().unwrap(), [hash]);
    }

    #[test]
    fn bytes_that_a_disk_has_spoiled_are_not_given_out() {
        let folder = tempfile::tempdir().unwrap();
        let files = PhotoFiles::open(folder.path(), Layout::Flat).unwrap();
        let (hash, bytes) = photo(4);
        files.keep(hash, &bytes, None).unwrap();
        fs::write(folder.path().join(format!("{hash}.jpg")), b"something else").unwrap();
        assert_eq!(files.read(hash, PhotoSize::Full).unwrap(), None);
    }
}
