//! A disk that forgets what was not synced.
//!
//! Files in memory. What is written is seen at once by every reader, as with any
//! operating system; what of it is still there after a power cut is another matter:
//!
//! - Each sector of 512 bytes that was written since the file's last sync is, at a power cut, as
//!   it was then, or as any write since left it, or torn: new bytes up to some byte, and beyond it
//!   old ones or garbage. Every sector falls on its own, so writes also reach the disk out of order.
//! - A length that changed since the last sync is any of those that the file had since then.
//! - A name that was made, renamed or removed since its folder was last synced is, or is not; a
//!   folder is a name in the one above it, and takes along what lies in it. A renamed file whose
//!   bytes were not synced may stand under its new name in pieces.
//!
//! A *kill* is the gentler end: the program is gone, its disk is as it was.
//!
//! Faults can be laid: at the n-th change or sync from now on the power fails, or the disk says
//! that it is full or broken; or it stays full until somebody makes room.
//!
//! What it cannot show: bytes that rot later, a disk that lies about a sync, a sync that fails and
//! drops what it should have kept, two processes on one file, memory that other processes see late,
//! and whatever the real operating system's file layer of SQLite would do wrong.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::rc::Rc;

use crate::dice::Dice;

/// Bytes of a sector: what a disk writes at a time, if the power stays.
pub const SECTOR: usize = 512;
/// Most former contents of one sector that are remembered; the oldest, which was synced, always is.
const FORMER: usize = 4;

/// Where a file's memory for the write-ahead log's index lives; see [`crate::vfs`].
pub(crate) type Region = Rc<[Cell<u64>]>;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The program and everything around it ends, in the middle of a write or sync.
    Crash,
    /// This one change is refused: no room.
    Full,
    /// This one change or sync fails.
    Io,
}

/// Why a call on the disk failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No room.
    Full,
    /// The disk failed, or the power.
    Io,
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::from(io::ErrorKind::StorageFull),
            Refused::Io => Self::other("the disk failed"),
        }
    }
}

/// A disk. Cheap to clone: each clone is the same disk.
#[derive(Debug, Clone, Default)]
pub struct Disk(Rc<RefCell<State>>);

/// What a disk holds for good, to begin another one with.
#[derive(Debug, Clone, Default)]
pub struct Image {
    files: BTreeMap<String, Vec<u8>>,
    folders: BTreeSet<String>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    files: BTreeMap<u64, File>,
    /// Names as programs see them.
    names: BTreeMap<String, u64>,
    /// Names as they stand after a power cut at the latest.
    kept_names: BTreeMap<String, u64>,
    /// Folders below the disk's root, and those that outlive a power cut.
    folders: BTreeSet<String>,
    kept_folders: BTreeSet<String>,
    next: u64,
    /// Rises with each restart: what was open before is open no more.
    epoch: u64,
    off: bool,
    trap: Option<(u64, Fault)>,
    full: bool,
    changes: u64,
}

/// One file.
#[derive(Debug, Default)]
pub(crate) struct File {
    bytes: Vec<u8>,
    /// By sector: what stood there before, oldest (and synced) first.
    former: BTreeMap<usize, Vec<Vec<u8>>>,
    /// Lengths that it had since it was synced.
    lengths: Vec<usize>,
    /// Made since its folder was synced.
    pub fresh: bool,
    /// Who holds SQLite's lock on it, and how much of it.
    pub locks: BTreeMap<u64, i32>,
    /// Memory shared by everyone who has this file open.
    pub shared: Shared,
}

/// SQLite's shared memory of one database: its regions, and who holds which of its eight locks.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub regions: Vec<Region>,
    pub users: BTreeSet<u64>,
    pub locks: [BTreeMap<u64, bool>; 8],
}

impl File {
    pub(crate) fn length(&self) -> usize {
        self.bytes.len()
    }

    fn sector(&self, at: usize) -> Vec<u8> {
        let (from, to) = (at * SECTOR, (at + 1) * SECTOR);
        let mut sector = vec![0; SECTOR];
        if from < self.bytes.len() {
            let to = to.min(self.bytes.len());
            sector[..to - from].copy_from_slice(&self.bytes[from..to]);
        }
        sector
    }

    fn remember(&mut self, from: usize, to: usize) {
        for at in from / SECTOR..to.div_ceil(SECTOR) {
            let sector = self.sector(at);
            let former = self.former.entry(at).or_default();
            former.push(sector);
            if former.len() > FORMER {
                former.remove(1);
            }
        }
    }

    fn resize(&mut self, length: usize) {
        if self.bytes.len() != length {
            if self.lengths.len() < 16 {
                self.lengths.push(self.bytes.len());
            }
            self.bytes.resize(length, 0);
        }
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        self.remember(offset, end);
        if end > self.bytes.len() {
            self.resize(end);
        }
        self.bytes[offset..end].copy_from_slice(bytes);
    }

    fn truncate(&mut self, length: usize) {
        if length < self.bytes.len() {
            self.remember(length, self.bytes.len());
        }
        self.resize(length);
    }

    fn sync(&mut self) {
        self.former.clear();
        self.lengths.clear();
    }

    /// What is left after a power cut.
    fn cut(&mut self, dice: &mut Dice) {
        if self.former.is_empty() && self.lengths.is_empty() {
            return;
        }
        let mood = dice.below(6);
        let now = self.bytes.len();
        let length = match mood {
            0 => now,
            1 => *self.lengths.first().unwrap_or(&now),
            _ => {
                let at = dice.below(self.lengths.len() + 1);
                *self.lengths.get(at).unwrap_or(&now)
            }
        };
        self.bytes.resize(length.max(now), 0);
        for (at, former) in std::mem::take(&mut self.former) {
            let new = self.sector(at);
            let old = former.get(dice.below(former.len())).cloned().unwrap_or_default();
            let sector = match mood {
                0 => new,
                1 => former.into_iter().next().unwrap_or_default(),
                _ => match dice.below(8) {
                    0..3 => new,
                    3..6 => old,
                    torn => {
                        let place = dice.below(SECTOR);
                        let mut sector = old;
                        sector[..place].copy_from_slice(&new[..place]);
                        if torn == 7 {
                            let stop = (place + 16).min(SECTOR);
                            sector[place..stop].fill(dice.bits().to_be_bytes()[0]);
                        }
                        sector
                    }
                },
            };
            let from = at * SECTOR;
            if from < self.bytes.len() {
                let to = (from + SECTOR).min(self.bytes.len());
                self.bytes[from..to].copy_from_slice(&sector[..to - from]);
            }
        }
        self.bytes.truncate(length);
        self.lengths.clear();
    }
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl State {
    /// A change or a sync is about to happen.
    fn change(&mut self) -> Result<(), Refused> {
        if self.off {
            return Err(Refused::Io);
        }
        self.changes += 1;
        match &mut self.trap {
            Some((left, fault)) if *left <= 1 => {
                let fault = *fault;
                self.trap = None;
                match fault {
                    Fault::Full => Err(Refused::Full),
                    Fault::Io => Err(Refused::Io),
                    Fault::Crash => {
                        self.off = true;
                        Err(Refused::Io)
                    }
                }
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn file(&mut self, file: u64) -> Result<&mut File, Refused> {
        self.files.get_mut(&file).ok_or(Refused::Io)
    }

    /// Files that no name leads to and nobody has open.
    fn sweep(&mut self) {
        let named: BTreeSet<u64> =
            self.names.values().chain(self.kept_names.values()).copied().collect();
        self.files.retain(|id, file| {
            named.contains(id) || !file.shared.users.is_empty() || !file.locks.is_empty()
        });
    }
}

impl Disk {
    /// A disk that holds what another one held for good.
    pub fn from_image(image: &Image) -> Self {
        let disk = Self::default();
        {
            let mut state = disk.0.borrow_mut();
            state.folders.clone_from(&image.folders);
            state.kept_folders.clone_from(&image.folders);
            for (name, bytes) in &image.files {
                let id = state.next;
                state.next += 1;
                state.files.insert(id, File { bytes: bytes.clone(), ..File::default() });
                state.names.insert(name.clone(), id);
                state.kept_names.insert(name.clone(), id);
            }
        }
        disk
    }

    /// All that is here, as programs see it.
    pub fn image(&self) -> Image {
        let state = self.0.borrow();
        let bytes = |id: &u64| state.files.get(id).map(|file| file.bytes.clone());
        let files = state.names.iter();
        let files = files.filter_map(|(name, id)| Some((name.clone(), bytes(id)?))).collect();
        Image { files, folders: state.folders.clone() }
    }

    /// At the n-th change or sync from now on this goes wrong, once.
    pub fn lay(&self, nth: u64, fault: Fault) {
        self.0.borrow_mut().trap = Some((nth.max(1), fault));
    }

    /// Takes the trap away. Whether one lay there.
    pub fn clear(&self) -> bool {
        self.0.borrow_mut().trap.take().is_some()
    }

    /// Whether a file may not grow: from now on, until it is told otherwise.
    pub fn set_full(&self, full: bool) {
        self.0.borrow_mut().full = full;
    }

    /// Whether it is full.
    pub fn is_full(&self) -> bool {
        self.0.borrow().full
    }

    /// Ends everything that uses it in this moment: nobody has time to close anything.
    pub fn stop(&self) {
        self.0.borrow_mut().off = true;
    }

    /// The power is off: every call fails until [`Disk::restart`].
    pub fn is_off(&self) -> bool {
        self.0.borrow().off
    }

    /// Changes and syncs so far.
    pub fn changes(&self) -> u64 {
        self.0.borrow().changes
    }

    /// The power is back, or the program starts again after a kill (`cut` is none). What was open
    /// before must be closed by its owner; it can be used for nothing else.
    pub fn restart(&self, cut: Option<&mut Dice>) {
        let mut state = self.0.borrow_mut();
        state.off = false;
        state.epoch += 1;
        state.trap = None;
        if let Some(dice) = cut {
            let names: BTreeSet<String> =
                state.names.keys().chain(state.kept_names.keys()).cloned().collect();
            let mut after = BTreeMap::new();
            for name in names {
                let (now, kept) = (state.names.get(&name), state.kept_names.get(&name));
                let stays = if now == kept || dice.one_in(2) { now } else { kept };
                if let Some(id) = stays {
                    after.insert(name, *id);
                }
            }
            let loose: Vec<String> =
                state.folders.difference(&state.kept_folders).cloned().collect();
            for folder in loose {
                if dice.one_in(2) {
                    let below = format!("{folder}/");
                    after.retain(|name, _| !name.starts_with(&below));
                    state.folders.retain(|name| *name != folder && !name.starts_with(&below));
                }
            }
            state.kept_folders = state.folders.clone();
            state.names = after;
            for file in state.files.values_mut() {
                file.cut(dice);
            }
            // What is there now is on the disk: nothing else could have been read.
            state.kept_names = state.names.clone();
        }
        for file in state.files.values_mut() {
            file.locks.clear();
            file.shared = Shared::default();
            file.fresh = false;
        }
        state.sweep();
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.0.borrow().epoch
    }

    /// What `f` does with an open file, unless the disk is off or the file is of another epoch.
    pub(crate) fn with<T>(
        &self,
        file: u64,
        epoch: u64,
        f: impl FnOnce(&mut File) -> T,
    ) -> Result<T, Refused> {
        let mut state = self.0.borrow_mut();
        if state.off || state.epoch != epoch {
            return Err(Refused::Io);
        }
        state.file(file).map(f)
    }

    /// Finds a file, or makes it.
    ///
    /// # Errors
    /// When there is none and none is to be made, or the disk fails.
    pub fn open(&self, name: &str, make: bool) -> Result<u64, Refused> {
        let mut state = self.0.borrow_mut();
        if state.off {
            return Err(Refused::Io);
        }
        if let Some(id) = state.names.get(name) {
            return Ok(*id);
        }
        if !make {
            return Err(Refused::Io);
        }
        state.change()?;
        if state.full {
            return Err(Refused::Full);
        }
        let id = state.next;
        state.next += 1;
        state.files.insert(id, File { fresh: true, ..File::default() });
        state.names.insert(name.to_owned(), id);
        Ok(id)
    }

    /// How long a file is, in bytes; none: there is no such file.
    pub fn length(&self, name: &str) -> Option<usize> {
        let state = self.0.borrow();
        state.names.get(name).and_then(|id| state.files.get(id)).map(|file| file.bytes.len())
    }

    /// The names of what lies in a folder, without the folder.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let state = self.0.borrow();
        let inside = |name: &&String| folder_of(name) == folder;
        let bare = |name: &String| name[folder.len()..].trim_start_matches('/').to_owned();
        state.names.keys().chain(&state.folders).filter(inside).map(bare).collect()
    }

    /// Reads into `into`; how many bytes there were.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read(&self, file: u64, offset: usize, into: &mut [u8]) -> Result<usize, Refused> {
        let mut state = self.0.borrow_mut();
        if state.off {
            return Err(Refused::Io);
        }
        let bytes = &state.file(file)?.bytes;
        let from = offset.min(bytes.len());
        let to = (offset + into.len()).min(bytes.len());
        into[..to - from].copy_from_slice(&bytes[from..to]);
        Ok(to - from)
    }

    /// Writes.
    ///
    /// # Errors
    /// When there is no room, or the disk fails. A write that the power cuts short may be there in
    /// part.
    pub fn write(&self, file: u64, offset: usize, bytes: &[u8]) -> Result<(), Refused> {
        let mut state = self.0.borrow_mut();
        let was_on = !state.off;
        if let Err(refused) = state.change() {
            if was_on && state.off {
                state.file(file)?.write(offset, bytes);
            }
            return Err(refused);
        }
        let full = state.full;
        let file = state.file(file)?;
        if full && offset + bytes.len() > file.bytes.len() {
            return Err(Refused::Full);
        }
        file.write(offset, bytes);
        Ok(())
    }

    /// Gives a file another length.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn truncate(&self, file: u64, length: usize) -> Result<(), Refused> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        state.file(file)?.truncate(length);
        Ok(())
    }

    /// When this returns, the bytes outlive a power cut. Its name may not; see
    /// [`Disk::sync_folder`].
    ///
    /// # Errors
    /// When the disk fails; then nothing is certain.
    pub fn sync(&self, file: u64) -> Result<(), Refused> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        state.file(file)?.sync();
        Ok(())
    }

    /// Gives a file another name; one that had it before is gone.
    ///
    /// # Errors
    /// When there is no such file or the disk fails.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), Refused> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        let id = state.names.remove(from).ok_or(Refused::Io)?;
        state.names.insert(to.to_owned(), id);
        state.sweep();
        Ok(())
    }

    /// Removes a name. Whether there was one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove(&self, name: &str) -> Result<bool, Refused> {
        let mut state = self.0.borrow_mut();
        if !state.names.contains_key(name) {
            return if state.off { Err(Refused::Io) } else { Ok(false) };
        }
        state.change()?;
        state.names.remove(name);
        state.sweep();
        Ok(true)
    }

    /// Makes a folder and those above it. Whether it was not there before.
    ///
    /// # Errors
    /// When there is no room, or the disk fails.
    pub fn make_folder(&self, folder: &str) -> Result<bool, Refused> {
        let mut state = self.0.borrow_mut();
        if state.folders.contains(folder) {
            return if state.off { Err(Refused::Io) } else { Ok(false) };
        }
        state.change()?;
        if state.full {
            return Err(Refused::Full);
        }
        let mut above = folder;
        while !above.is_empty() {
            state.folders.insert(above.to_owned());
            above = folder_of(above);
        }
        Ok(true)
    }

    /// When this returns, the folder's names outlive a power cut.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync_folder(&self, folder: &str) -> Result<(), Refused> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        let below: Vec<String> =
            state.folders.iter().filter(|name| folder_of(name) == folder).cloned().collect();
        state.kept_folders.extend(below);
        state.kept_names.retain(|name, _| folder_of(name) != folder);
        let now: Vec<_> = state
            .names
            .iter()
            .filter(|(name, _)| folder_of(name) == folder)
            .map(|(name, id)| (name.clone(), *id))
            .collect();
        for (_, id) in &now {
            state.file(*id)?.fresh = false;
        }
        state.kept_names.extend(now);
        state.sweep();
        Ok(())
    }

    /// Everybody has closed it: forgets one that has no name any more.
    pub(crate) fn closed(&self, file: u64, epoch: u64, handle: u64) {
        let mut state = self.0.borrow_mut();
        if state.epoch == epoch
            && let Some(file) = state.files.get_mut(&file)
        {
            file.locks.remove(&handle);
        }
    }
}

/// A path on a disk as a name; the root is empty.
fn name_of(path: &Path) -> String {
    path.display().to_string()
}

impl mend_photos::Disk for Disk {
    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        Ok(Self::make_folder(self, &name_of(path))?)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        if self.is_off() {
            return Err(Refused::Io.into());
        }
        Ok(Self::list(self, &name_of(folder)))
    }

    fn has(&self, path: &Path) -> io::Result<bool> {
        if self.is_off() {
            return Err(Refused::Io.into());
        }
        Ok(self.length(&name_of(path)).is_some())
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let name = name_of(path);
        let Some(length) = self.length(&name) else {
            return if self.is_off() { Err(Refused::Io.into()) } else { Ok(None) };
        };
        let file = self.open(&name, false)?;
        let mut bytes = vec![0; length];
        Self::read(self, file, 0, &mut bytes)?;
        Ok(Some(bytes))
    }

    fn write(&self, path: &Path, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = self.open(&name_of(path), true)?;
        let at = usize::try_from(at).map_err(io::Error::other)?;
        self.truncate(file, at)?;
        // In two halves: it may end between them.
        let (first, second) = bytes.split_at(bytes.len() / 2);
        Self::write(self, file, at, first)?;
        Self::write(self, file, at + first.len(), second)?;
        Ok(())
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        let file = self.open(&name_of(path), false)?;
        Ok(Self::sync(self, file)?)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        Ok(Self::sync_folder(self, &name_of(folder))?)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(Self::rename(self, &name_of(from), &name_of(to))?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Self::remove(self, &name_of(path))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(disk: &Disk, name: &str) -> Option<Vec<u8>> {
        let length = disk.length(name)?;
        let mut bytes = vec![0; length];
        let id = disk.open(name, false).ok()?;
        disk.read(id, 0, &mut bytes).ok()?;
        Some(bytes)
    }

    #[test]
    fn what_was_synced_outlives_every_power_cut_and_what_was_not_may_not() {
        let (mut lost, mut kept, mut torn) = (0, 0, 0);
        for seed in 0..300 {
            let mut dice = Dice::new(seed, 0);
            let disk = Disk::default();
            let id = disk.open("a", true).unwrap();
            disk.write(id, 0, &[1; 3 * SECTOR]).unwrap();
            disk.sync(id).unwrap();
            disk.sync_folder("").unwrap();
            disk.write(id, 100, &[2; SECTOR]).unwrap();
            disk.write(id, 4 * SECTOR, &[3; 10]).unwrap();
            assert_eq!(content(&disk, "a").unwrap().len(), 4 * SECTOR + 10);
            disk.restart(Some(&mut dice));
            let bytes = content(&disk, "a").unwrap();
            let beside = &bytes[2 * SECTOR..3 * SECTOR];
            assert!(beside.iter().all(|b| *b == 1), "the sector beside the write is whole");
            let changed = bytes[100..100 + SECTOR].iter().filter(|b| **b == 2).count();
            match changed {
                0 => lost += 1,
                SECTOR => kept += 1,
                _ => torn += 1,
            }
            assert!([3 * SECTOR, 4 * SECTOR + 10].contains(&bytes.len()));
        }
        assert!(lost > 30 && kept > 30 && torn > 30, "{lost} {kept} {torn}");
    }

    #[test]
    fn names_last_when_their_folder_was_synced() {
        let (mut old, mut new) = (0, 0);
        for seed in 0..100 {
            let mut dice = Dice::new(seed, 0);
            let disk = Disk::default();
            let id = disk.open("in/a", true).unwrap();
            disk.write(id, 0, b"x").unwrap();
            disk.sync(id).unwrap();
            disk.sync_folder("in").unwrap();
            disk.rename("in/a", "b").unwrap();
            assert_eq!(disk.list("in"), [""; 0]);
            disk.restart(Some(&mut dice));
            // Either name, both, or neither: two folders, neither of them synced.
            old += u32::from(content(&disk, "in/a").is_some());
            new += u32::from(content(&disk, "b").is_some());

            let disk = Disk::default();
            let id = disk.open("a", true).unwrap();
            disk.write(id, 0, b"x").unwrap();
            disk.sync(id).unwrap();
            disk.sync_folder("").unwrap();
            disk.restart(Some(&mut dice));
            assert_eq!(content(&disk, "a").unwrap(), b"x");
        }
        assert!((20..80).contains(&old) && (20..80).contains(&new), "{old} {new}");
    }

    #[test]
    fn a_kill_loses_nothing_and_a_trap_goes_off_once() {
        let disk = Disk::default();
        let id = disk.open("a", true).unwrap();
        disk.lay(2, Fault::Full);
        disk.write(id, 0, b"one").unwrap();
        assert_eq!(disk.write(id, 3, b"two"), Err(Refused::Full));
        disk.write(id, 3, b"two").unwrap();
        disk.lay(1, Fault::Crash);
        assert_eq!(disk.sync(id), Err(Refused::Io));
        assert!(disk.is_off());
        assert_eq!(disk.write(id, 0, b"x"), Err(Refused::Io));
        disk.restart(None);
        assert_eq!(content(&disk, "a").unwrap(), b"onetwo");
        disk.set_full(true);
        let id = disk.open("a", false).unwrap();
        assert_eq!(disk.write(id, 6, b"x"), Err(Refused::Full));
        disk.write(id, 0, b"O").unwrap();
    }
}
