//! SQLite's file layer on [`Disk`]s: the process's default from [`mount`] on, so that the real
//! stores of server and device open their databases here without knowing it.
//!
//! A database belongs to the disk that is mounted at its folder, on the thread that mounted it;
//! disks of other threads are other worlds. A database in a folder where nothing is mounted cannot
//! be opened: nothing strays to the real disk.
//!
//! It promises SQLite nothing: a write may spoil the rest of its sector, no write of any size is
//! atomic, files may grow before their bytes are there, and a truncated file may come back in
//! pieces (which file systems with a journal do not do). Locks and the index
//! of the write-ahead log are plain memory, shared by the connections of this thread: enough for
//! any number of readers beside one writer, and nothing for a second process. Nobody waits: who
//! finds a lock taken is told so at once, and SQLite's own waits pass without time.
//!
//! This is the only module of the project with `unsafe`: SQLite asks for a table of C functions.
//! What each of them relies on is what SQLite's documentation of `sqlite3_vfs` and
//! `sqlite3_io_methods` promises of its calls; it is said once here and by name below:
//!
//! - *file*: the pointer is the one that `xOpen` was given, with at least `szOsFile` bytes, and
//!   `xOpen` has put a [`Handle`] there; after `xClose` nobody calls with it.
//! - *buffer*: a pointer with a length beside it is good for so many bytes while the call lasts.
//! - *out*: a pointer to a result is good for one write.
//! - *name*: a name is a C string, good while the call lasts.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::rc::Rc;
use std::sync::Once;

use rusqlite::ffi;

use crate::disk::{Disk, Refused, Region};

const NAME: &CStr = c"mend-sim";

thread_local! {
    static MOUNTED: RefCell<BTreeMap<String, Disk>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<u64> = const { Cell::new(1) };
}

/// A disk at a folder, until this is dropped.
#[derive(Debug)]
pub struct Mount {
    folder: String,
}

/// Puts a disk at a folder, for this thread. The folder is named as the database's path will be.
pub fn mount(folder: &str, disk: &Disk) -> Mount {
    register();
    MOUNTED.with_borrow_mut(|mounted| mounted.insert(folder.to_owned(), disk.clone()));
    Mount { folder: folder.to_owned() }
}

impl Drop for Mount {
    fn drop(&mut self) {
        MOUNTED.with_borrow_mut(|mounted| mounted.remove(&self.folder));
    }
}

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let vfs = ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<Handle>()).unwrap_or(c_int::MAX),
            mxPathname: 1024,
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time_ms),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        // Counting every byte of memory under one lock is of no use here. Refused if SQLite runs
        // already; then it counts.
        // SAFETY: the option takes one int.
        let _ = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int) };
        // It lives as long as the process, as SQLite asks.
        let vfs = Box::leak(Box::new(vfs));
        // SAFETY: the table is complete and is never moved or freed.
        let code = unsafe { ffi::sqlite3_vfs_register(vfs, 1) };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite takes no file layer");
    });
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// What SQLite sees of an open file.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// An open file.
struct Open {
    handle: u64,
    place: Place,
    /// Its folder is synced with its first sync, as on any Unix: a journal without a name is none.
    sync_folder: Option<String>,
    /// Kept alive while SQLite has pointers into them, also after the disk has forgotten them.
    regions: Vec<Region>,
}

enum Place {
    OnDisk {
        disk: Disk,
        file: u64,
        epoch: u64,
    },
    /// A file without a name, for SQLite's own passing needs.
    Passing(RefCell<Vec<u8>>),
}

fn code(refused: Refused) -> c_int {
    match refused {
        Refused::Full => ffi::SQLITE_FULL,
        Refused::Io => ffi::SQLITE_IOERR,
    }
}

fn result(result: Result<(), Refused>) -> c_int {
    result.map_or_else(code, |()| ffi::SQLITE_OK)
}

fn size(n: impl TryInto<usize>) -> usize {
    n.try_into().unwrap_or(0)
}

/// The disk and the name on it.
fn find(path: &str) -> Option<(Disk, String)> {
    let (folder, name) = path.rsplit_once('/')?;
    let disk = MOUNTED.with_borrow(|mounted| mounted.get(folder).cloned())?;
    Some((disk, name.to_owned()))
}

/// # Safety
/// *name*.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller's.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

/// # Safety
/// *file*.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: the caller's; SQLite makes one call on a file at a time.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

impl Open {
    fn current(&self) -> Option<(&Disk, u64)> {
        match &self.place {
            Place::OnDisk { disk, file, epoch } if *epoch == disk.epoch() => Some((disk, *file)),
            _ => None,
        }
    }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: *file*. Without methods SQLite does not close what could not be opened.
    unsafe { (*file).pMethods = std::ptr::null() };
    // SAFETY: *name*.
    let place = match unsafe { text(name) } {
        None => Place::Passing(RefCell::default()),
        Some(path) => {
            let Some((disk, name)) = find(path) else { return ffi::SQLITE_CANTOPEN };
            match disk.open(&name, flags & ffi::SQLITE_OPEN_CREATE != 0) {
                Ok(file) => {
                    let epoch = disk.epoch();
                    Place::OnDisk { disk, file, epoch }
                }
                Err(Refused::Full) => return ffi::SQLITE_FULL,
                Err(Refused::Io) => return ffi::SQLITE_CANTOPEN,
            }
        }
    };
    let journal = flags & (ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL) != 0;
    let opened = Open {
        handle: NEXT.replace(NEXT.get() + 1),
        place,
        sync_folder: journal.then(String::new),
        regions: Vec::new(),
    };
    // SAFETY: *file*; `out` is null or *out*.
    unsafe {
        (*file.cast::<Handle>()).open = Box::into_raw(Box::new(opened));
        (*file).pMethods = &raw const METHODS;
        if !out.is_null() {
            *out = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: *file*: `open` has made the box, and nobody uses it after this.
    let open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    if let Place::OnDisk { disk, file, epoch } = &open.place {
        disk.closed(*file, *epoch, open.handle);
    }
    // SAFETY: *file*.
    unsafe { (*file).pMethods = std::ptr::null() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: *file* and *buffer*.
    let (open, into) =
        unsafe { (opened(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), size(amount))) };
    let offset = size(offset);
    let got = match &open.place {
        Place::Passing(bytes) => {
            let bytes = bytes.borrow();
            let from = offset.min(bytes.len());
            let to = (offset + into.len()).min(bytes.len());
            into[..to - from].copy_from_slice(&bytes[from..to]);
            to - from
        }
        Place::OnDisk { .. } => {
            match open.current().map(|(disk, file)| disk.read(file, offset, into)) {
                Some(Ok(got)) => got,
                _ => return ffi::SQLITE_IOERR_READ,
            }
        }
    };
    if got < into.len() {
        into[got..].fill(0);
        return ffi::SQLITE_IOERR_SHORT_READ;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: *file* and *buffer*.
    let (open, from) =
        unsafe { (opened(file), std::slice::from_raw_parts(from.cast::<u8>(), size(amount))) };
    let offset = size(offset);
    match &open.place {
        Place::Passing(bytes) => {
            let mut bytes = bytes.borrow_mut();
            let end = offset + from.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[offset..end].copy_from_slice(from);
            ffi::SQLITE_OK
        }
        Place::OnDisk { .. } => result(
            open.current().map_or(Err(Refused::Io), |(disk, file)| disk.write(file, offset, from)),
        ),
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    match &open.place {
        Place::Passing(bytes) => {
            bytes.borrow_mut().resize(size(length), 0);
            ffi::SQLITE_OK
        }
        Place::OnDisk { .. } => result(
            open.current()
                .map_or(Err(Refused::Io), |(disk, file)| disk.truncate(file, size(length))),
        ),
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    if matches!(open.place, Place::Passing(_)) {
        return ffi::SQLITE_OK;
    }
    let synced = open.current().map_or(Err(Refused::Io), |(disk, file)| {
        disk.sync(file)?;
        match &open.sync_folder {
            Some(folder) => disk.sync_folder(folder),
            None => Ok(()),
        }
    });
    if synced.is_ok() {
        open.sync_folder = None;
    }
    result(synced)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    let length = match &open.place {
        Place::Passing(bytes) => bytes.borrow().len(),
        Place::OnDisk { disk, file, epoch } => match disk.with(*file, *epoch, |file| file.length())
        {
            Ok(length) => length,
            Err(_) => return ffi::SQLITE_IOERR_FSTAT,
        },
    };
    // SAFETY: *out*.
    unsafe { *out = i64::try_from(length).unwrap_or(i64::MAX) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    let Place::OnDisk { disk, file, epoch } = &open.place else { return ffi::SQLITE_OK };
    let taken = disk.with(*file, *epoch, |file| {
        let mine = file.locks.get(&open.handle).copied().unwrap_or(0);
        if mine >= level {
            return true;
        }
        let others = file.locks.iter().filter(|(handle, _)| **handle != open.handle);
        let highest = others.map(|(_, level)| *level).max().unwrap_or(0);
        let (free, taken) = match level {
            ffi::SQLITE_LOCK_SHARED => (highest < ffi::SQLITE_LOCK_PENDING, level),
            ffi::SQLITE_LOCK_RESERVED => (highest < ffi::SQLITE_LOCK_RESERVED, level),
            // Whoever wants it alone keeps new readers out and waits for the old ones.
            _ if highest >= ffi::SQLITE_LOCK_RESERVED => (false, mine),
            _ if highest > 0 => {
                file.locks.insert(open.handle, ffi::SQLITE_LOCK_PENDING);
                (false, mine)
            }
            _ => (true, level),
        };
        if free {
            file.locks.insert(open.handle, taken);
        }
        free
    });
    match taken {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(_) => ffi::SQLITE_IOERR_LOCK,
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    if let Place::OnDisk { disk, file, epoch } = &open.place {
        // A disk that is off holds no locks; there is nothing to say about it.
        let _ = disk.with(*file, *epoch, |file| {
            if level == 0 {
                file.locks.remove(&open.handle);
            } else if let Some(mine) = file.locks.get_mut(&open.handle) {
                *mine = level.min(*mine);
            }
        });
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    let reserved = match &open.place {
        Place::Passing(_) => Ok(false),
        Place::OnDisk { disk, file, epoch } => disk.with(*file, *epoch, |file| {
            file.locks.values().any(|level| *level >= ffi::SQLITE_LOCK_RESERVED)
        }),
    };
    match reserved {
        Ok(reserved) => {
            // SAFETY: *out*.
            unsafe { *out = c_int::from(reserved) };
            ffi::SQLITE_OK
        }
        Err(_) => ffi::SQLITE_IOERR_CHECKRESERVEDLOCK,
    }
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    c_int::try_from(crate::disk::SECTOR).unwrap_or(512)
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    length: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    let Place::OnDisk { disk, file, epoch } = &open.place else { return ffi::SQLITE_IOERR_SHMMAP };
    let handle = open.handle;
    let found = disk.with(*file, *epoch, |file| {
        let shared = &mut file.shared;
        shared.users.insert(handle);
        while extend != 0 && shared.regions.len() <= size(region) {
            let words = size(length).div_ceil(8);
            shared.regions.push((0..words).map(|_| Cell::new(0)).collect::<Rc<[Cell<u64>]>>());
        }
        shared.regions.get(size(region)).cloned()
    });
    let Ok(found) = found else { return ffi::SQLITE_IOERR_SHMMAP };
    let place = match found {
        // Cells may be written through any pointer to them, and the handle keeps them alive.
        Some(region) => {
            let place = region.as_ptr().cast_mut().cast::<c_void>();
            open.regions.push(region);
            place
        }
        None => std::ptr::null_mut(),
    };
    // SAFETY: *out*.
    unsafe { *out = place };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    let Place::OnDisk { disk, file, epoch } = &open.place else { return ffi::SQLITE_IOERR_SHMLOCK };
    let handle = open.handle;
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    let done = disk.with(*file, *epoch, |file| {
        let slots = &mut file.shared.locks[size(first)..size(first + count)];
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            for slot in slots {
                slot.remove(&handle);
            }
            return true;
        }
        let free = slots.iter().all(|slot| {
            let mut others = slot.iter().filter(|(other, _)| **other != handle);
            if exclusive { others.next().is_none() } else { others.all(|(_, alone)| !alone) }
        });
        if free {
            for slot in slots {
                slot.insert(handle, exclusive);
            }
        }
        free
    });
    match done {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        // What is given back to a disk that is off is given back.
        Err(_) if flags & ffi::SQLITE_SHM_UNLOCK != 0 => ffi::SQLITE_OK,
        Err(_) => ffi::SQLITE_IOERR_SHMLOCK,
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: *file*.
    let open = unsafe { opened(file) };
    if let Place::OnDisk { disk, file, epoch } = &open.place {
        let handle = open.handle;
        // A disk that is off has forgotten it already.
        let _ = disk.with(*file, *epoch, |file| {
            let shared = &mut file.shared;
            shared.users.remove(&handle);
            for slot in &mut shared.locks {
                slot.remove(&handle);
            }
            // The last one takes it along; the next begins with recovery, as after a restart.
            if shared.users.is_empty() {
                shared.regions.clear();
            }
        });
    }
    open.regions.clear();
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: *name*.
    let Some((disk, name)) = (unsafe { text(name) }).and_then(find) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    match disk.remove(&name) {
        Ok(true) if sync_folder != 0 => match disk.sync_folder("") {
            Ok(()) => ffi::SQLITE_OK,
            Err(_) => ffi::SQLITE_IOERR_DIR_FSYNC,
        },
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(_) => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: *name*.
    let found = (unsafe { text(name) }).and_then(find);
    let there = found.is_some_and(|(disk, name)| {
        let length = disk.length(&name);
        // An empty file is no journal, says SQLite's own file layer.
        if flags == ffi::SQLITE_ACCESS_EXISTS { length > Some(0) } else { length.is_some() }
    });
    // SAFETY: *out*.
    unsafe { *out = c_int::from(there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: *name*.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > size(length) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: *buffer*; the two do not overlap, and it fits.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
    ffi::SQLITE_OK
}

/// Always the same: chance in SQLite only salts its logs.
unsafe extern "C" fn randomness(
    _: *mut ffi::sqlite3_vfs,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: *buffer*.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), size(length)) };
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::try_from(at % 251).unwrap_or(0);
    }
    length
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: *out*. No statement of Mend's asks the database for the time.
    unsafe { *out = 2_461_369.5 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_ms(_: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: *out*.
    unsafe { *out = 212_662_324_800_000 };
    ffi::SQLITE_OK
}
