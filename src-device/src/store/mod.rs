//! What the device keeps: one SQLite file, and the only place that knows so.
//!
//! One file per table or pair of tables. WAL with `synchronous=FULL`: what was acknowledged
//! survives a kill and a power cut. Reached from async code through [`Db`], whose one thread
//! owns the connection.

mod accounts;
mod city;
mod content;
mod cursors;
mod db;
mod drafts;
mod events;
mod installation;
mod migrations;
mod notices;
mod outbox;
mod photos;
#[cfg(feature = "planted")]
mod planted;
mod subjects;

use std::path::{Path, PathBuf};
use std::time::Duration;

use mend_core::planted::{Bug, is};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

pub use accounts::AccountRow;
pub use city::CityRow;
pub use db::Db;
pub use drafts::{Draft, DraftBody};
pub use installation::{Clock, Installation};
pub use notices::NoticeMarks;
pub use outbox::{OutboxPhoto, OutboxRow};
pub use subjects::SubjectRow;

/// Why the store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer program wrote this file. It was not touched.
    #[error(
        "{path} was written by a newer Mend (data version {found}, this program knows up to \
         {known}): install that version or a newer one; nothing was changed"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A database of some other program.
    #[error("{path} is not a file of Mend's device: choose another data folder")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged ({detail}): keep a copy of the folder, then start with an empty one; \
         all that had reached the city comes back"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// There is no room.
    #[error("the disk is full")]
    Full,
    /// A row that this program did not write, or cannot read.
    #[error("a kept {what} cannot be read: {detail}")]
    BadRow {
        /// Of which table.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// Anything else from SQLite.
    #[error("the store failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// The store's thread has ended.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Stable code; the interface has a sentence for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "store_newer",
            Self::Foreign { .. } => "store_foreign",
            Self::Damaged { .. } => "store_damaged",
            Self::Full => "disk_full",
            Self::BadRow { .. } | Self::Sqlite(_) | Self::Closed => "store_failed",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

/// The open store. Owned by one thread; see [`Db`].
#[derive(Debug)]
pub struct Store {
    conn: Connection,
}

/// The tables, inside a transaction.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    conn: &'a Connection,
}

impl Store {
    /// Opens the file, makes it if need be, checks it and brings it up to date.
    ///
    /// # Errors
    /// [`StoreError`]; a newer or foreign file is left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        restrict(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(Duration::from_secs(5))?;
        // As many as there are; the default keeps 16.
        conn.set_prepared_statement_cache_capacity(64);
        migrations::check_owner(&conn, path)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = if is(Bug::OutboxNotSynced) { "NORMAL" } else { "FULL" };
        conn.pragma_update(None, "synchronous", synchronous)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        // Erased words must not be found in the file's free pages.
        conn.pragma_update(None, "secure_delete", true)?;
        migrations::check_integrity(&conn, path)?;
        migrations::run(&mut conn)?;
        // A kill in the middle of a commit may have left it readable and not yet on the disk. What
        // is read from now on is shown and sent, so it must be there for good.
        conn.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))?;
        Ok(Self { conn })
    }

    /// Reads, from one state of all tables.
    ///
    /// # Errors
    /// [`StoreError`], or what `f` says.
    pub fn read<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(Tables<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.conn.transaction().map_err(StoreError::from)?;
        let found = f(Tables { conn: &tx })?;
        tx.commit().map_err(StoreError::from)?;
        Ok(found)
    }

    /// Writes: all of it or, when `f` or the disk says no, nothing. When this returns `Ok`, a
    /// power cut does not undo it.
    ///
    /// # Errors
    /// [`StoreError`], or what `f` says.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(Tables<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let done = f(Tables { conn: &tx })?;
        tx.commit().map_err(StoreError::from)?;
        Ok(done)
    }
}

/// The file holds keys: only its owner may read it, from before its first byte.
fn restrict(path: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Damaged {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    }
    drop(file);
    Ok(())
}

/// A value kept as JSON.
fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::BadRow { what, detail: error.to_string() })
}

/// A value read back from JSON.
fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::BadRow { what, detail: error.to_string() })
}

/// A fixed number of bytes read back from a BLOB.
fn bytes<const N: usize>(what: &'static str, blob: Vec<u8>) -> Result<[u8; N], StoreError> {
    <[u8; N]>::try_from(blob).map_err(|blob| StoreError::BadRow {
        what,
        detail: format!("{} bytes instead of {N}", blob.len()),
    })
}

/// A kind read back from its word.
fn kind(text: &str) -> Result<mend_core::id::SubjectKind, StoreError> {
    text.parse().map_err(|error: mend_core::id::BadId| StoreError::BadRow {
        what: "subject kind",
        detail: error.to_string(),
    })
}
