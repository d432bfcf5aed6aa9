//! One process per data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    time::{Duration, Instant},
};

use crate::AppError;

/// How long a process that was killed may take to let go: it is gone from the list of processes
/// before its files are closed.
const DYING: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(20);

/// The right to work in a data folder. The operating system ends it with the process, however the
/// process ends, so a kill leaves nothing to clean up.
#[derive(Debug)]
pub(crate) struct DataLock {
    // Held for its lock alone.
    _file: File,
}

impl DataLock {
    /// Makes the folder if it is missing and takes it.
    pub(crate) fn take(folder: &Path) -> Result<Self, AppError> {
        let io_error = |error| AppError::DataFolderUnusable { folder: folder.to_path_buf(), error };
        std::fs::create_dir_all(folder).map_err(io_error)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("mend.lock"))
            .map_err(io_error)?;
        let end = Instant::now() + DYING;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(io_error(error)),
                Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                    return Err(AppError::DataFolderTaken(folder.to_path_buf()));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(AGAIN),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, path::PathBuf};

    use super::*;

    fn fresh_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mend-lock-{name}-{}", std::process::id()));
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
            _ => folder,
        }
    }

    #[test]
    fn a_folder_is_taken_once_and_free_again_afterwards() {
        let folder = fresh_folder("once");
        let first = DataLock::take(&folder).unwrap();
        assert!(matches!(DataLock::take(&folder), Err(AppError::DataFolderTaken(_))));
        drop(first);
        DataLock::take(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_in_the_way_is_said() {
        let folder = fresh_folder("file");
        std::fs::write(&folder, b"").unwrap();
        assert!(matches!(DataLock::take(&folder), Err(AppError::DataFolderUnusable { .. })));
        std::fs::remove_file(&folder).unwrap();
    }
}
