//! The store on SQLite: one file, WAL, every commit on the disk before it is answered.
//!
//! One file per table, each with its SQL, row, reads and writes. Free functions over a connection,
//! so that the same reads serve the commit thread inside its transaction and the readers beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mend_core::city::City;
use mend_core::planted::{self, Bug};
use rusqlite::{Connection, OpenFlags};

use super::StoreError;

mod accounts;
pub mod backup;
mod bindings;
mod clocks;
mod commands;
mod commit;
mod content;
mod events;
mod feeds;
mod members;
mod meta;
mod notices;
mod numbers;
mod orders;
mod outcome;
mod photos;
mod principals;
mod reads;
mod rebuild;
mod requests;
mod subjects;

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod tests;

pub use commit::SqliteStore;
pub use numbers::text as number_text;
pub use reads::SqliteReads;

/// `MEND` in ASCII: what makes a SQLite file ours.
const APPLICATION_ID: i32 = 0x4d45_4e44;
/// Each entry lifts the database by one version. A shipped entry is never edited.
const MIGRATIONS: &[&[&str]] = &[
    &[
        meta::CREATE,
        principals::CREATE,
        accounts::CREATE,
        bindings::CREATE,
        commands::CREATE,
        events::CREATE,
        content::CREATE,
        requests::CREATE,
        orders::CREATE,
        photos::CREATE,
        feeds::CREATE,
        members::CREATE,
        notices::CREATE,
        numbers::CREATE,
    ],
    &[clocks::CREATE, numbers::RESERVED, requests::WITH_ROWS, orders::WITH_ROWS],
    &[commands::SUPERSEDED, meta::FORGET_RULES, requests::ENDED, orders::ENDED],
];

/// The version of the database that this program writes.
pub const VERSION: u32 = MIGRATIONS.len() as u32;
/// The database's file in the data folder.
pub const FILE: &str = "mend.sqlite";

/// How a test makes a commit fail: asked at each commit, `true` rolls it back as a full disk
/// would. Given at opening and reachable no other way.
pub type CommitFault = Arc<dyn Fn() -> bool + Send + Sync>;

/// What the store needs to know at opening.
pub struct Options {
    /// The data folder; it exists.
    pub folder: PathBuf,
    /// The city it serves.
    pub city: Arc<City>,
    /// Whether demo accounts may act: only while the server listens on loopback.
    pub demo_allowed: bool,
    /// 32 random bytes, used as the hash key if the database is new.
    pub fresh_mac_key: [u8; 32],
    /// For tests; see [`CommitFault`].
    pub commit_fault: Option<CommitFault>,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

fn bad_row(table: &'static str, what: impl ToString) -> StoreError {
    StoreError::BadRow { table, what: what.to_string() }
}

fn json<T: serde::Serialize>(table: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| bad_row(table, e))
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens the file for writing, checks that it is ours and sound, and lifts it to this version.
fn open(path: &Path) -> Result<Connection, StoreError> {
    let name = || path.display().to_string();
    make_private(path)?;
    let mut connection = Connection::open(path)?;
    prepare(&connection)?;
    let unreadable = |e: rusqlite::Error| match e.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Foreign { path: name() },
        _ => e.into(),
    };
    let application: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(unreadable)?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (tables > 0 || application != 0 || found != 0) {
        return Err(StoreError::Foreign { path: name() });
    }
    if found > VERSION {
        return Err(StoreError::Newer { path: name(), found, known: VERSION });
    }
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(StoreError::Damaged { path: name(), what: sound });
    }
    // Nothing was written up to here.
    connection.pragma_update(None, "journal_mode", "wal")?;
    let synchronous = if planted::is(Bug::CommitNotSynced) { "normal" } else { "full" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "secure_delete", true)?;
    migrate(&mut connection, found)?;
    // A kill in the middle of a commit may have left it readable and not yet on the disk. What is
    // read from now on is answered, so it must be there for good.
    connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, found: u32) -> Result<(), StoreError> {
    if found == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for step in MIGRATIONS.iter().skip(found as usize) {
        for sql in *step {
            transaction.execute_batch(sql)?;
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// Opens the file for reading only.
fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    Ok(connection)
}

/// The database holds what residents wrote: only the server's own user reads it.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop).map_err(|e| StoreError::Database(Box::new(e)))
}
