//! Photos that are still being uploaded.
//!
//! Each is one file of records, one for each piece that came:
//!
//! ```text
//! length u32 | first 8 bytes of SHA-256(offset u64, payload) | payload
//! ```
//!
//! all big-endian. A piece is acknowledged when its record is synced, and an acknowledged record is
//! never written over. So after a crash the pieces that were acknowledged are those whose digest
//! fits, read from the front: what a power cut tore, or left as zeros, does not fit and is written
//! over by the next piece. The last piece is never written here: with it the photo is whole.
//!
//! A file's name says all that must be known before it is read: when the upload began, the photo's
//! length, who uploads, for which subject, and the photo's hash.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mend_core::id::{PhotoHash, Principal, SubjectId};
use mend_core::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::disk::{Disk, RealDisk};

/// Who uploads what for what: two uploads that differ in any of it never touch each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upload {
    /// Who.
    pub key: Principal,
    /// For what.
    pub subject: SubjectId,
    /// Which photo.
    pub hash: PhotoHash,
}

/// How much may lie unfinished. What is over it gives way to what is new: the oldest goes, and its
/// uploader begins again. An upload counts with all of its length from its first piece on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Uploads of one key, at least 1.
    pub uploads_of_key: usize,
    /// Bytes of one key.
    pub bytes_of_key: u64,
    /// Uploads in all, at least 1.
    pub uploads: usize,
    /// Bytes in all.
    pub bytes: u64,
    /// How long after its beginning an upload is given up, in milliseconds.
    pub age_ms: i64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            uploads_of_key: 16,
            bytes_of_key: 64 << 20,
            uploads: 10_000,
            bytes: 4 << 30,
            age_ms: 7 * 24 * 3_600_000,
        }
    }
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is on the disk, and so many bytes are there in all.
    Yes(u64),
    /// It does not begin where the bytes end that are here; nothing has changed. So many are here.
    Elsewhere(u64),
}

/// What became of the last piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assembled {
    /// All bytes of the photo.
    Whole(Vec<u8>),
    /// It does not begin where the bytes end that are here. So many are here.
    Elsewhere(u64),
}

/// The folder of unfinished uploads. One process at a time may have it open. Calls wait for the
/// disk: not for async threads.
#[derive(Debug)]
pub struct Unfinished<D = RealDisk> {
    disk: D,
    folder: PathBuf,
    bounds: Bounds,
    parts: Mutex<BTreeMap<Upload, Part>>,
}

#[derive(Debug, Clone)]
struct Part {
    began: Timestamp,
    length: u64,
    progress: Arc<Mutex<Progress>>,
}

/// Held while a piece is written and synced, never longer: nobody waits for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The file has not been read since the start.
    Unread,
    /// So many bytes of the photo are here, in so many bytes of the file.
    Read { kept: u64, end: u64 },
    /// Given up or finished.
    Gone,
}

const HEAD: usize = 12;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every value behind these locks is whole between two statements, also after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn digest(at: u64, payload: &[u8]) -> [u8; 8] {
    let sum: [u8; 32] =
        Sha256::new().chain_update(at.to_be_bytes()).chain_update(payload).finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&sum[..8]);
    first
}

fn record(at: u64, payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut record = Vec::with_capacity(HEAD + payload.len());
    record.extend(length.to_be_bytes());
    record.extend(digest(at, payload));
    record.extend(payload);
    Ok(record)
}

/// The payload of all records that fit, and where in the file they end.
fn payload(file: &[u8]) -> (Vec<u8>, u64) {
    let mut whole = Vec::with_capacity(file.len());
    let mut rest = file;
    while let Some((head, behind)) = rest.split_first_chunk::<HEAD>() {
        let [a, b, c, d, sum @ ..] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((piece, behind)) = behind.split_at_checked(length) else { break };
        // A record without bytes is none that was written here: zeros must not read as one.
        if length == 0 || digest(whole.len() as u64, piece) != sum {
            break;
        }
        whole.extend_from_slice(piece);
        rest = behind;
    }
    (whole, (file.len() - rest.len()) as u64)
}

fn name(upload: &Upload, began: Timestamp, length: u64) -> String {
    let Upload { key, subject, hash } = upload;
    let began = u64::try_from(began.0).unwrap_or(0);
    format!("{began:016x}.{length:x}.{key}.{subject}.{hash}")
}

fn read_name(name: &str) -> Option<(Upload, Timestamp, u64)> {
    let mut parts = name.split('.');
    let began = i64::from_str_radix(parts.next()?, 16).ok()?;
    let length = u64::from_str_radix(parts.next()?, 16).ok()?;
    let key = parts.next()?.parse().ok()?;
    let subject = parts.next()?.parse().ok()?;
    let hash = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((Upload { key, subject, hash }, Timestamp(began), length))
}

impl Unfinished {
    /// Opens a folder on the machine's own disk; see [`Unfinished::on`].
    ///
    /// # Errors
    /// When the disk says no.
    pub fn open(folder: impl Into<PathBuf>, bounds: Bounds, now: Timestamp) -> io::Result<Self> {
        Self::on(RealDisk, folder.into(), bounds, now)
    }
}

impl<D: Disk> Unfinished<D> {
    /// Opens a folder and makes it if need be. What is in it goes on; what is too old is removed.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn on(disk: D, folder: PathBuf, bounds: Bounds, now: Timestamp) -> io::Result<Self> {
        disk.make_folder(&folder)?;
        let mut parts: BTreeMap<Upload, Part> = BTreeMap::new();
        // The names begin with the time, so of two files of one upload the newer one stays: the
        // older was given up, and a crash kept it from going.
        let mut names = disk.list(&folder)?;
        names.sort();
        for name in names {
            let progress = Arc::new(Mutex::new(Progress::Unread));
            match read_name(&name) {
                Some((upload, began, length)) => {
                    if let Some(old) = parts.insert(upload, Part { began, length, progress }) {
                        disk.remove(&folder.join(self::name(&upload, old.began, old.length)))?;
                    }
                }
                None => disk.remove(&folder.join(name))?,
            }
        }
        let unfinished = Self { disk, folder, bounds, parts: Mutex::new(parts) };
        unfinished.give_up_old(&mut locked(&unfinished.parts), now)?;
        Ok(unfinished)
    }

    fn path(&self, upload: &Upload, part: &Part) -> PathBuf {
        self.folder.join(name(upload, part.began, part.length))
    }

    fn part(&self, upload: &Upload) -> Option<Part> {
        locked(&self.parts).get(upload).cloned()
    }

    /// So many bytes of this upload are here and last.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn offset(&self, upload: &Upload) -> io::Result<u64> {
        let Some(part) = self.part(upload) else { return Ok(0) };
        let mut progress = locked(&part.progress);
        Ok(self.progress(upload, &part, &mut progress)?.map_or(0, |(kept, _)| kept))
    }

    /// How far a part is; none: it is gone.
    fn progress(
        &self,
        upload: &Upload,
        part: &Part,
        progress: &mut Progress,
    ) -> io::Result<Option<(u64, u64)>> {
        if *progress == Progress::Unread {
            let file = self.disk.read(&self.path(upload, part))?.unwrap_or_default();
            let (payload, end) = payload(&file);
            // A crash may have come between the write and the sync, and yet the bytes be there.
            // From here on they are counted on, so they must last.
            if end > 0 {
                self.disk.sync(&self.path(upload, part))?;
                self.disk.sync_folder(&self.folder)?;
            }
            *progress = Progress::Read { kept: payload.len() as u64, end };
        }
        Ok(match *progress {
            Progress::Read { kept, end } => Some((kept, end)),
            Progress::Unread | Progress::Gone => None,
        })
    }

    /// Takes in a piece that is not the last: behind it bytes are missing of the photo's `length`.
    /// When this returns [`Kept::Yes`], a power cut does not lose it.
    ///
    /// # Errors
    /// When the disk says no; then the piece does not count, and may come again.
    pub fn append(
        &self,
        upload: &Upload,
        length: u64,
        at: u64,
        piece: &[u8],
        now: Timestamp,
    ) -> io::Result<Kept> {
        let part = match self.part(upload) {
            Some(part) => part,
            None if at > 0 => return Ok(Kept::Elsewhere(0)),
            None => self.begin(upload, length, now)?,
        };
        let mut progress = locked(&part.progress);
        let Some((kept, end)) = self.progress(upload, &part, &mut progress)? else {
            return Ok(Kept::Elsewhere(0));
        };
        if kept != at {
            return Ok(Kept::Elsewhere(kept));
        }
        if piece.is_empty() {
            return Ok(Kept::Yes(kept));
        }
        let (path, record) = (self.path(upload, &part), record(at, piece)?);
        self.disk.write(&path, end, &record)?;
        self.disk.sync(&path)?;
        if end == 0 {
            self.disk.sync_folder(&self.folder)?;
        }
        let kept = kept + piece.len() as u64;
        *progress = Progress::Read { kept, end: end + record.len() as u64 };
        Ok(Kept::Yes(kept))
    }

    /// Puts the last piece behind what is here. Writes nothing: until [`Unfinished::forget`] the
    /// last piece may come again.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn assemble(&self, upload: &Upload, at: u64, last: &[u8]) -> io::Result<Assembled> {
        let mut whole = Vec::new();
        if let Some(part) = self.part(upload) {
            let mut progress = locked(&part.progress);
            let kept = self.progress(upload, &part, &mut progress)?.map_or(0, |(kept, _)| kept);
            if kept != at {
                return Ok(Assembled::Elsewhere(kept));
            }
            if kept > 0 {
                let file = self.disk.read(&self.path(upload, &part))?.unwrap_or_default();
                let end;
                (whole, end) = payload(&file);
                let found = whole.len() as u64;
                if found != at {
                    // The disk has lost some of it since. What is left still counts.
                    *progress = Progress::Read { kept: found, end };
                    return Ok(Assembled::Elsewhere(found));
                }
            }
        } else if at > 0 {
            return Ok(Assembled::Elsewhere(0));
        }
        whole.extend_from_slice(last);
        Ok(Assembled::Whole(whole))
    }

    /// Removes what is here of an upload, if anything: the photo is kept elsewhere, or was refused.
    ///
    /// # Errors
    /// When the disk says no; after the next start it may be here again.
    pub fn forget(&self, upload: &Upload) -> io::Result<()> {
        self.remove(&mut locked(&self.parts), upload)
    }

    fn remove(&self, parts: &mut BTreeMap<Upload, Part>, upload: &Upload) -> io::Result<()> {
        let Some(part) = parts.remove(upload) else { return Ok(()) };
        // Whoever is writing a piece finishes it first; whoever comes later finds it gone.
        *locked(&part.progress) = Progress::Gone;
        self.disk.remove(&self.path(upload, &part))
    }

    fn give_up_old(&self, parts: &mut BTreeMap<Upload, Part>, now: Timestamp) -> io::Result<()> {
        let oldest = Timestamp(now.0.saturating_sub(self.bounds.age_ms));
        let old: Vec<_> =
            parts.iter().filter(|(_, part)| part.began < oldest).map(|(of, _)| *of).collect();
        old.iter().try_for_each(|upload| self.remove(parts, upload))
    }

    /// Makes room for an upload, and takes it in without a byte yet.
    fn begin(&self, upload: &Upload, length: u64, now: Timestamp) -> io::Result<Part> {
        let mut parts = locked(&self.parts);
        if let Some(part) = parts.get(upload) {
            return Ok(part.clone());
        }
        self.give_up_old(&mut parts, now)?;
        let Bounds { uploads_of_key, bytes_of_key, uploads, bytes, .. } = self.bounds;
        self.make_room(&mut parts, uploads_of_key, bytes_of_key.saturating_sub(length), |of| {
            of.key == upload.key
        })?;
        self.make_room(&mut parts, uploads, bytes.saturating_sub(length), |_| true)?;
        let progress = Arc::new(Mutex::new(Progress::Read { kept: 0, end: 0 }));
        let part = Part { began: now, length, progress };
        parts.insert(*upload, part.clone());
        Ok(part)
    }

    /// Gives up the oldest of those that count until fewer than `uploads` with at most `bytes` are
    /// left.
    fn make_room(
        &self,
        parts: &mut BTreeMap<Upload, Part>,
        uploads: usize,
        bytes: u64,
        counts: impl Fn(&Upload) -> bool,
    ) -> io::Result<()> {
        let mut counted: Vec<_> = parts
            .iter()
            .filter(|(of, _)| counts(of))
            .map(|(of, part)| (part.began, *of, part.length))
            .collect();
        let mut held: u64 = counted.iter().map(|(_, _, length)| length).sum();
        counted.sort_unstable();
        let mut left = counted.len();
        for (_, upload, length) in counted {
            if left < uploads && held <= bytes {
                break;
            }
            self.remove(parts, &upload)?;
            left -= 1;
            held -= length;
        }
        Ok(())
    }

    /// How many uploads are unfinished here, and how many bytes they will have.
    pub fn held(&self) -> (usize, u64) {
        let parts = locked(&self.parts);
        (parts.len(), parts.values().map(|part| part.length).sum())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_629_600_000);

    fn upload(key: u8, photo: u8) -> Upload {
        Upload {
            key: Principal([key; 32]),
            subject: SubjectId::from_bytes([3; 16]),
            hash: PhotoHash([photo; 32]),
        }
    }

    fn at(ms: i64) -> Timestamp {
        NOW.plus_ms(ms)
    }

    #[test]
    fn pieces_go_on_where_they_ended_also_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Unfinished::open(folder.path(), Bounds::default(), NOW).unwrap();
        let (files, of) = (open(), upload(1, 1));
        assert_eq!(files.offset(&of).unwrap(), 0);
        let append = |files: &Unfinished, from, piece: &[u8]| {
            files.append(&of, 12, from, piece, NOW).unwrap()
        };
        assert_eq!(append(&files, 4, b"o wo"), Kept::Elsewhere(0), "beyond the end");
        assert_eq!(append(&files, 0, b"hell"), Kept::Yes(4));
        assert_eq!(append(&files, 0, b"hell"), Kept::Elsewhere(4), "a second time");
        assert_eq!(append(&files, 3, b"lo w"), Kept::Elsewhere(4), "behind the end");
        assert_eq!(append(&files, 4, b""), Kept::Yes(4));
        let files = open();
        assert_eq!(files.offset(&of).unwrap(), 4);
        assert_eq!(append(&files, 4, b"o wo"), Kept::Yes(8));
        assert_eq!(files.assemble(&of, 0, b"hello world!").unwrap(), Assembled::Elsewhere(8));
        let whole = Assembled::Whole(b"hello world!".into());
        assert_eq!(files.assemble(&of, 8, b"rld!").unwrap(), whole);
        assert_eq!(open().assemble(&of, 8, b"rld!").unwrap(), whole, "and again");
        files.forget(&of).unwrap();
        assert_eq!(files.offset(&of).unwrap(), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_power_cut_tore_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Unfinished::open(folder.path(), Bounds::default(), NOW).unwrap();
        let of = upload(1, 1);
        open().append(&of, 100, 0, &[7; 40], NOW).unwrap();
        let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let good = fs::read(&path).unwrap();
        let second = record(40, &[8; 30]).unwrap();
        let mut spoiled = second.clone();
        spoiled[25] ^= 1;
        let tails: [&[u8]; 6] = [
            &second[..5],
            &second[..20],
            &spoiled,
            &[0; 64],
            &record(0, &[8; 30]).unwrap(),
            &[255],
        ];
        for tail in tails {
            fs::write(&path, [&good[..], tail].concat()).unwrap();
            let files = open();
            assert_eq!(files.offset(&of).unwrap(), 40, "{tail:?}");
            assert_eq!(files.append(&of, 100, 40, &[9; 10], NOW).unwrap(), Kept::Yes(50));
            assert_eq!(open().offset(&of).unwrap(), 50, "nothing of {tail:?} is left behind it");
        }
        // A disk that loses an acknowledged piece is noticed before the photo is put together.
        let files = open();
        assert_eq!(files.offset(&of).unwrap(), 50);
        fs::write(&path, &good).unwrap();
        assert_eq!(files.assemble(&of, 50, &[1; 50]).unwrap(), Assembled::Elsewhere(40));
        assert_eq!(files.offset(&of).unwrap(), 40);
    }

    #[test]
    fn the_oldest_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let bounds =
            Bounds { uploads_of_key: 2, bytes_of_key: 250, uploads: 3, bytes: 320, age_ms: 1_000 };
        let files = Unfinished::open(folder.path(), bounds, NOW).unwrap();
        let begin = |of: Upload, length, ms| {
            assert_eq!(files.append(&of, length, 0, b"piece", at(ms)).unwrap(), Kept::Yes(5));
        };
        let here = |of| files.offset(&of).unwrap() == 5;
        begin(upload(1, 1), 100, 0);
        begin(upload(1, 2), 100, 1);
        begin(upload(1, 3), 100, 2);
        assert!(!here(upload(1, 1)) && here(upload(1, 2)), "uploads of one key");
        begin(upload(1, 4), 200, 3);
        assert!(!here(upload(1, 2)) && !here(upload(1, 3)), "bytes of one key");
        begin(upload(2, 1), 40, 4);
        begin(upload(3, 1), 40, 5);
        begin(upload(4, 1), 40, 6);
        assert!(!here(upload(1, 4)) && here(upload(2, 1)), "uploads in all");
        begin(upload(5, 1), 240, 7);
        assert!(!here(upload(2, 1)) && here(upload(4, 1)), "uploads in all, once more");
        begin(upload(6, 1), 240, 8);
        assert_eq!(files.held(), (1, 240), "bytes in all");
        begin(upload(7, 1), 10, 1_009);
        assert_eq!(files.held(), (1, 10), "age");
        // Whoever was given up begins again.
        let late = files.append(&upload(6, 1), 240, 5, b"more", at(1_010)).unwrap();
        assert_eq!(late, Kept::Elsewhere(0));
        drop(files);
        fs::write(folder.path().join("something"), b"else").unwrap();
        let files = Unfinished::open(folder.path(), bounds, at(2_010)).unwrap();
        assert_eq!(files.held(), (0, 0), "age, at a start");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn two_at_once_end_with_one_photo() {
        let folder = tempfile::tempdir().unwrap();
        let files = Unfinished::open(folder.path(), Bounds::default(), NOW).unwrap();
        let bytes: Vec<u8> = (0..5_000_u32).flat_map(u32::to_be_bytes).collect();
        let of = upload(1, 1);
        let send = |size: usize| {
            let mut at = files.offset(&of).unwrap();
            loop {
                let from = at as usize;
                let piece = &bytes[from..bytes.len().min(from + size)];
                if from + piece.len() == bytes.len() {
                    match files.assemble(&of, at, piece).unwrap() {
                        Assembled::Whole(whole) => return whole,
                        Assembled::Elsewhere(kept) => at = kept,
                    }
                } else {
                    let kept = files.append(&of, bytes.len() as u64, at, piece, NOW).unwrap();
                    let (Kept::Yes(kept) | Kept::Elsewhere(kept)) = kept;
                    at = kept;
                }
            }
        };
        std::thread::scope(|scope| {
            let sends = [700, 1_100, 300].map(|size| scope.spawn(move || send(size)));
            for sent in sends {
                assert_eq!(sent.join().unwrap(), bytes);
            }
        });
    }

    proptest::proptest! {
        #[test]
        fn no_file_panics(file: Vec<u8>, name: String) {
            let (whole, end) = payload(&file);
            proptest::prop_assert!(end as usize <= file.len() && whole.len() <= file.len());
            let _ = read_name(&name);
        }
    }
}
