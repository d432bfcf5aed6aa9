//! The file's form. `application_id` says whose it is, `user_version` how far it has come; a step
//! that was shipped is never edited.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// "MfD1": a device's file. The server's has another.
const APPLICATION_ID: i64 = 0x4d66_4431;

/// Step n brings a file of version n - 1 to n.
const STEPS: &[&str] = &["
CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    seed BLOB NOT NULL CHECK (length(seed) = 32),
    offset_ms INTEGER NOT NULL DEFAULT 0,
    server_seen INTEGER,
    last_contact INTEGER
) STRICT;
CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    account TEXT NOT NULL,
    signed_in INTEGER NOT NULL,
    signed_in_at INTEGER NOT NULL
) STRICT;
CREATE TABLE city (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    etag TEXT NOT NULL,
    pack BLOB NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT;
CREATE TABLE drafts (
    id BLOB PRIMARY KEY,
    subject BLOB UNIQUE,
    body TEXT NOT NULL,
    saved_at INTEGER NOT NULL
) STRICT;
CREATE TABLE draft_photos (
    draft BLOB NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    place INTEGER NOT NULL,
    photo TEXT NOT NULL,
    PRIMARY KEY (draft, hash)
) STRICT;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    command BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    key BLOB NOT NULL,
    account TEXT,
    frame BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    service_code TEXT,
    label TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_subject ON outbox (subject);
CREATE TABLE outbox_photos (
    command BLOB NOT NULL REFERENCES outbox (command) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    hash BLOB NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (command, hash)
) STRICT;
CREATE TABLE subjects (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE subject_scopes (
    subject BLOB NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    refetch INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (subject, scope)
) STRICT;
CREATE INDEX subject_scopes_scope ON subject_scopes (scope);
CREATE TABLE events (
    subject BLOB NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (subject, version)
) STRICT;
CREATE TABLE content (
    subject BLOB NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (subject, id)
) STRICT;
CREATE TABLE cursors (
    scope TEXT NOT NULL,
    key BLOB NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;
CREATE TABLE notices (
    seq INTEGER PRIMARY KEY,
    notice TEXT NOT NULL
) STRICT;
CREATE TABLE notice_marks (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    read_up_to INTEGER NOT NULL,
    sent_up_to INTEGER NOT NULL
) STRICT;
INSERT INTO notice_marks (id, read_up_to, sent_up_to) VALUES (1, 0, 0);
"];

/// Refuses a file that is another program's, or a newer program's, before anything is written.
pub(super) fn check_owner(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let damaged = |error: rusqlite::Error| StoreError::Damaged {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    let number = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (owner, found) =
        (number("application_id").map_err(damaged)?, number("user_version").map_err(damaged)?);
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(damaged)?;
    let known = STEPS.len() as i64;
    match owner {
        APPLICATION_ID if found > known => {
            Err(StoreError::Newer { path: path.to_owned(), found, known })
        }
        APPLICATION_ID => Ok(()),
        0 if tables == 0 => Ok(()),
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// A damaged file is said to be so at start, not when a report is lost in it.
pub(super) fn check_integrity(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: Result<String, _> = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match verdict {
        Ok(ok) if ok == "ok" => Ok(()),
        Ok(detail) => Err(StoreError::Damaged { path: path.to_owned(), detail }),
        Err(error) => Err(StoreError::Damaged { path: path.to_owned(), detail: error.to_string() }),
    }
}

pub(super) fn run(conn: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for (at, step) in STEPS.iter().enumerate() {
        let version = at as i64 + 1;
        if version <= found {
            continue;
        }
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn file() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.sqlite");
        (dir, path)
    }

    #[test]
    fn a_newer_file_is_refused_by_name_and_not_touched() {
        let (_dir, path) = file();
        drop(Store::open(&path).unwrap());
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "user_version", 999).unwrap();
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(conn);
        let before = std::fs::read(&path).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert_eq!(error.code(), "store_newer");
        assert!(error.to_string().contains("999"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn another_programs_file_is_refused() {
        let (_dir, path) = file();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        assert_eq!(Store::open(&path).unwrap_err().code(), "store_foreign");
    }

    #[test]
    fn a_damaged_file_is_said_to_be_so() {
        let (_dir, path) = file();
        std::fs::write(&path, b"this was a database once, before the disk failed").unwrap();
        assert_eq!(Store::open(&path).unwrap_err().code(), "store_damaged");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_keys() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, path) = file();
        drop(Store::open(&path).unwrap());
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{mode:o}");
        }
    }

    #[test]
    fn the_pragmas_are_set() {
        let (_dir, path) = file();
        let store = Store::open(&path).unwrap();
        let text = |name: &str| {
            store.conn.pragma_query_value(None, name, |row| row.get::<_, String>(0)).unwrap()
        };
        let number = |name: &str| {
            store.conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!(text("journal_mode"), "wal");
        assert_eq!(number("synchronous"), 2);
        assert_eq!(number("foreign_keys"), 1);
    }
}
