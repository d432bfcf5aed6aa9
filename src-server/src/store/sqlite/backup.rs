//! A copy of the database while a server writes to it, and the proof that a copy is whole.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use mend_core::id::PhotoHash;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{APPLICATION_ID, VERSION, bad_row, make_private, open_reader, prepare};
use crate::store::StoreError;

/// Pages between two words about how far it is: 4 MiB of the usual size.
const STEP: i32 = 1_024;

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The version of the database.
    pub version: u32,
    /// Every photo of which the log says that it is here.
    pub photos: BTreeSet<PhotoHash>,
}

/// Copies the database `from`, which may be in use, to the new file `to`: all of one instant after
/// the call began, so that nothing is missing that was answered before. A writer is not held up.
/// `progress` hears pages done and pages in all. When this returns, the copy is on the disk, sound,
/// one file, and for its owner alone.
///
/// # Errors
/// A newer, foreign or damaged database, or a failing disk; then `to` is worth nothing.
pub fn copy(
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Contents, StoreError> {
    not_newer(from)?;
    let source = open_reader(from)?;
    // One instant: without a transaction around them, each step would begin anew after a commit.
    source.execute_batch("BEGIN")?;
    let version = ours(&source, from)?;
    make_private(to)?;
    let mut copy = Connection::open(to)?;
    prepare(&copy)?;
    // Synced once, below; a copy that was cut off is thrown away.
    copy.pragma_update(None, "synchronous", "off")?;
    {
        let backup = Backup::new(&source, &mut copy)?;
        loop {
            let step = backup.step(STEP)?;
            let at = backup.progress();
            let pages = |n: i32| u64::try_from(n).unwrap_or(0);
            progress(pages(at.pagecount - at.remaining), pages(at.pagecount));
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // Nobody else has the copy, and readers of the source wait for nobody.
                _ => return Err(rusqlite::Error::SqliteSingleThreadedMode.into()),
            }
        }
    }
    source.execute_batch("COMMIT")?;
    // The one file is all of it, wherever it is carried.
    copy.pragma_update(None, "journal_mode", "delete")?;
    sound(&copy, to, "quick_check(1)")?;
    let photos = verified(&copy)?;
    copy.close().map_err(|(_, error)| error)?;
    let disk = |error: std::io::Error| StoreError::Database(Box::new(error));
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(disk)?;
    Ok(Contents { version, photos })
}

/// Looks through a copy that nobody has open, page by page and row by row. It is not changed.
///
/// # Errors
/// A newer, foreign or damaged database, or a failing disk.
pub fn examine(path: &Path) -> Result<Contents, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copy = Connection::open_with_flags(path, flags)?;
    prepare(&copy)?;
    let version = ours(&copy, path)?;
    sound(&copy, path, "integrity_check(1)")?;
    let strays: i64 =
        copy.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
    if strays > 0 {
        let what = format!("{strays} rows point to rows that are not there");
        return Err(StoreError::Damaged { path: path.display().to_string(), what });
    }
    Ok(Contents { version, photos: verified(&copy)? })
}

/// Makes a copy ready to be written to, before it gets the database's name.
///
/// # Errors
/// When the disk fails.
pub fn ready(path: &Path) -> Result<(), StoreError> {
    let copy = Connection::open(path)?;
    prepare(&copy)?;
    copy.pragma_update(None, "journal_mode", "wal")?;
    copy.close().map_err(|(_, error)| error.into())
}

/// Asks the head of the file itself whether a newer program wrote it (SQLite's file format, section
/// 1.3): opening it already makes files beside it. What stands in its journal is asked after that.
fn not_newer(path: &Path) -> Result<(), StoreError> {
    let mut head = [0; 72];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    let number =
        |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (found, application) = (number(60), number(68));
    if read.is_ok() && application == APPLICATION_ID.cast_unsigned() && found > VERSION {
        return Err(StoreError::Newer { path: path.display().to_string(), found, known: VERSION });
    }
    Ok(())
}

/// The version, if it is a database of Mend's that this program knows.
fn ours(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let path = || path.display().to_string();
    let application: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Foreign { path: path() },
            _ => error.into(),
        })?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path() });
    }
    if found > VERSION {
        return Err(StoreError::Newer { path: path(), found, known: VERSION });
    }
    Ok(found)
}

fn sound(connection: &Connection, path: &Path, check: &str) -> Result<(), StoreError> {
    let damaged = |what| StoreError::Damaged { path: path.display().to_string(), what };
    let said: Result<String, _> =
        connection.query_row(&format!("PRAGMA {check}"), [], |row| row.get(0));
    match said {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(damaged(said)),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
            Err(damaged(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Read from the log and not from the read tables: those may be of an older version.
fn verified(connection: &Connection) -> Result<BTreeSet<PhotoHash>, StoreError> {
    let mut statement = connection
        .prepare("SELECT DISTINCT body ->> '$.hash' FROM events WHERE type = 'photo_verified'")?;
    let mut rows = statement.query([])?;
    let mut photos = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let hash: String = row.get(0)?;
        photos.insert(hash.parse().map_err(|_| bad_row("events", "a photo has no hash"))?);
    }
    Ok(photos)
}
