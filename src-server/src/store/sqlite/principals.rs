//! Table `principals`: keys that have had a command accepted. Nothing is registered before that.

use mend_core::id::{CommandId, Principal};
use mend_core::time::Timestamp;
use rusqlite::Connection;

use super::StoreError;

pub const CREATE: &str = "
CREATE TABLE principals (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    since INTEGER NOT NULL,
    first_command BLOB NOT NULL
) STRICT, WITHOUT ROWID;";

/// Notes the key, if it is new.
pub fn ensure(
    connection: &Connection,
    key: Principal,
    since: Timestamp,
    command: CommandId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO principals (key, since, first_command) VALUES (?1, ?2, ?3)",
        )?
        .execute((key.0, since.0, command.as_bytes()))?;
    Ok(())
}
