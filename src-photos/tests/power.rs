//! Photo files on a disk that forgets what was not synced: it is cut off at any step, and comes
//! back with anything between what lasted and what was last written.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mend_core::id::{PhotoHash, Principal, SubjectId};
use mend_core::time::Timestamp;
use mend_photos::{
    Assembled, Bounds, Disk, Kept, Layout, PhotoFiles, PhotoSize, Unfinished, Upload,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Default)]
struct File {
    lasting: Vec<u8>,
    now: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<File>,
    /// Names, as they are and as they last.
    now: BTreeMap<PathBuf, usize>,
    lasting: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    /// Steps until the power goes.
    steps: Option<u32>,
    /// Steps that write until the disk is full once.
    full: Option<u32>,
    /// Of the planted bugs: a sync that does nothing.
    lazy: bool,
}

#[derive(Debug, Clone, Default)]
struct Forgetful(Rc<RefCell<State>>);

const SECTOR: usize = 512;

impl Forgetful {
    fn step<T>(&self, step: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.0.borrow_mut();
        if state.steps == Some(0) {
            return Err(io::Error::other("no power"));
        }
        // The last step happens, and nobody learns of it.
        let last = state.steps.as_mut().is_some_and(|steps| {
            *steps -= 1;
            *steps == 0
        });
        let done = step(&mut state)?;
        if last { Err(io::Error::other("no power")) } else { Ok(done) }
    }

    /// The power comes back.
    fn again(&self, random: &mut impl FnMut() -> u32) {
        let mut state = self.0.borrow_mut();
        (state.steps, state.full) = (None, None);
        for file in &mut state.files {
            let longer = file.now.len().max(file.lasting.len());
            let length = match random() % 3 {
                0 => file.lasting.len(),
                1 => file.now.len(),
                _ => longer,
            };
            let mut found = vec![0; length];
            for (n, sector) in found.chunks_mut(SECTOR).enumerate() {
                let from = if random().is_multiple_of(2) { &file.lasting } else { &file.now };
                let at = (n * SECTOR).min(from.len());
                let end = (at + sector.len()).min(from.len());
                sector[..end - at].copy_from_slice(&from[at..end]);
            }
            (file.lasting, file.now) = (found.clone(), found);
        }
        let names: BTreeSet<_> = state.now.keys().chain(state.lasting.keys()).cloned().collect();
        for name in names {
            let from = if random().is_multiple_of(2) { &state.now } else { &state.lasting };
            match from.get(&name).copied() {
                Some(file) => state.lasting.insert(name, file),
                None => state.lasting.remove(&name),
            };
        }
        state.now = state.lasting.clone();
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for Forgetful {
    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        // Folders last at once: only files are of interest here.
        self.step(|state| Ok(state.folders.insert(path.to_owned())))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.step(|state| {
            let names = state.now.keys().filter(|path| path.parent() == Some(folder));
            let names = names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
            Ok(names.collect())
        })
    }

    fn has(&self, path: &Path) -> io::Result<bool> {
        self.step(|state| Ok(state.now.contains_key(path)))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.step(|state| Ok(state.now.get(path).map(|file| state.files[*file].now.clone())))
    }

    fn write(&self, path: &Path, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.step(|state| {
            let file = match state.now.get(path) {
                Some(file) => *file,
                None => {
                    state.files.push(File::default());
                    let file = state.files.len() - 1;
                    state.now.insert(path.to_owned(), file);
                    file
                }
            };
            let full = state.full.as_mut().is_some_and(|writes| {
                *writes = writes.wrapping_sub(1);
                *writes == 0
            });
            let bytes = if full { &bytes[..bytes.len() / 2] } else { bytes };
            let now = &mut state.files[file].now;
            now.resize(at as usize, 0);
            now.extend_from_slice(bytes);
            if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.step(|state| {
            let file = *state.now.get(path).ok_or_else(gone)?;
            if !state.lazy {
                state.files[file].lasting = state.files[file].now.clone();
            }
            Ok(())
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(|state| {
            state.lasting.retain(|path, _| path.parent() != Some(folder));
            let here = state.now.iter().filter(|(path, _)| path.parent() == Some(folder));
            state.lasting.extend(here.map(|(path, file)| (path.clone(), *file)));
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|state| {
            let file = state.now.remove(from).ok_or_else(gone)?;
            state.now.insert(to.to_owned(), file);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|state| {
            state.now.remove(path);
            Ok(())
        })
    }
}

fn dice(seed: u64) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        // splitmix64: enough to choose by.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 32) as u32
    }
}

fn photo(length: usize, random: &mut impl FnMut() -> u32) -> (PhotoHash, Vec<u8>) {
    let bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
    (PhotoHash(Sha256::digest(&bytes).into()), bytes)
}

const NOW: Timestamp = Timestamp(1_795_629_600_000);

/// Uploads a photo in pieces on a disk that is cut off and full at times. Says what went wrong.
fn upload(seed: u64, lazy: bool) -> Result<u32, String> {
    let mut random = dice(seed);
    let disk = Forgetful::default();
    disk.0.borrow_mut().lazy = lazy;
    let length = 1 + random() as usize % 20_000;
    let (hash, bytes) = photo(length, &mut random);
    let of = Upload { key: Principal([7; 32]), subject: SubjectId::from_bytes([9; 16]), hash };
    let (mut acknowledged, mut cuts) = (0, 0);
    let open = || -> io::Result<_> {
        let unfinished =
            Unfinished::on(disk.clone(), "photos/unfinished".into(), Bounds::default(), NOW)?;
        Ok((unfinished, PhotoFiles::on(disk.clone(), "photos".into(), Layout::Shelves)?))
    };
    for _ in 0..2_000 {
        // The world is kind in the end.
        if cuts < 60 {
            let mut state = disk.0.borrow_mut();
            state.steps = Some(1 + random() % 60);
            state.full = (random().is_multiple_of(4)).then(|| 1 + random() % 6);
        }
        let mut run = || -> io::Result<Option<String>> {
            let (unfinished, files) = open()?;
            // The server's log says so; the pieces may be gone already.
            if files.has(hash) {
                unfinished.forget(&of)?;
                return Ok(None);
            }
            loop {
                let at = unfinished.offset(&of)?;
                if at < acknowledged {
                    return Ok(Some(format!("{acknowledged} acknowledged, {at} here")));
                }
                acknowledged = at;
                let piece = (1 + random() as usize % 3_000).min(length - at as usize);
                let piece = &bytes[at as usize..at as usize + piece];
                let behind = at + piece.len() as u64;
                if behind < length as u64 {
                    match unfinished.append(&of, length as u64, at, piece, NOW) {
                        Ok(Kept::Yes(kept)) if kept == behind => acknowledged = kept,
                        // A full disk may have room again, and nothing was cut off.
                        Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
                        Err(error) => return Err(error),
                        Ok(other) => return Ok(Some(format!("{other:?}, not {behind}"))),
                    }
                    continue;
                }
                match unfinished.assemble(&of, at, piece)? {
                    Assembled::Whole(whole) if whole == bytes => {}
                    other => return Ok(Some(format!("not the photo: {other:?}"))),
                }
                files.keep(hash, &bytes, None)?;
                unfinished.forget(&of)?;
                return Ok(None);
            }
        };
        let ended = run();
        if let Ok(Some(wrong)) = ended {
            return Err(wrong);
        }
        // Whatever was kept survives one more cut, and nothing half is ever under its name.
        disk.again(&mut random);
        cuts += 1;
        let files = PhotoFiles::on(disk.clone(), "photos".into(), Layout::Shelves).unwrap();
        let here = files.has(hash).then(|| files.read(hash, PhotoSize::Full).unwrap());
        match (&ended, here) {
            (_, Some(None)) => return Err("a name without all of its bytes".into()),
            (Ok(_), None) => return Err("kept, and gone".into()),
            (Ok(_), Some(Some(_))) => return Ok(cuts),
            (Err(_), _) => {}
        }
    }
    Err("never ended".into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_sequence_of_cuts_ends_with_the_photo_whole(seed: u64) {
        prop_assert_eq!(upload(seed, false).err(), None);
    }
}

#[test]
fn the_disk_of_these_tests_finds_a_missing_sync() {
    let found = (0..200).filter(|seed| upload(*seed, true).is_err()).count();
    assert!(found > 50, "{found} of 200");
}
