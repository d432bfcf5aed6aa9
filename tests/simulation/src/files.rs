//! A folder of photos on a simulated disk: written under another name, synced, renamed, and the
//! folder synced, as the photo files of device and server do.

use mend_core::id::PhotoHash;

use crate::disk::{Disk, Refused};

/// Where photos lie.
const FOLDER: &str = "photos";

fn path(hash: PhotoHash) -> String {
    format!("{FOLDER}/{hash}.jpg")
}

/// Keeps the bytes under their hash. When this returns, they outlive a power cut.
///
/// # Errors
/// When the disk says no.
pub fn keep(disk: &Disk, hash: PhotoHash, bytes: &[u8]) -> Result<(), Refused> {
    let path = path(hash);
    if disk.length(&path).is_some() {
        // An earlier try may have failed after the rename.
        return disk.sync_folder(FOLDER);
    }
    let part = format!("{path}.part");
    let file = disk.open(&part, true)?;
    disk.truncate(file, 0)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    disk.write(file, 0, first)?;
    disk.write(file, first.len(), second)?;
    disk.sync(file)?;
    disk.rename(&part, &path)?;
    disk.sync_folder(FOLDER)
}

/// The bytes under this name.
///
/// # Errors
/// When the disk says no.
pub fn read(disk: &Disk, hash: PhotoHash) -> Result<Option<Vec<u8>>, Refused> {
    let path = path(hash);
    let Some(length) = disk.length(&path) else { return Ok(None) };
    let file = disk.open(&path, false)?;
    let mut bytes = vec![0; length];
    disk.read(file, 0, &mut bytes)?;
    Ok(Some(bytes))
}

/// At a start: what a crash left unfinished goes.
///
/// # Errors
/// When the disk says no.
pub fn sweep(disk: &Disk) -> Result<(), Refused> {
    for name in disk.list(FOLDER) {
        if name.ends_with(".part") {
            disk.remove(&format!("{FOLDER}/{name}"))?;
        }
    }
    Ok(())
}
