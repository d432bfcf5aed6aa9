//! Table `bindings`: which key has signed in to which account, and until when.

use mend_core::id::Principal;
use mend_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, accounts};
use crate::store::Binding;

pub const CREATE: &str = "
CREATE TABLE bindings (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    account TEXT NOT NULL REFERENCES accounts (name),
    valid_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;";

/// The key's account, also when the sign-in has run out.
pub fn get(connection: &Connection, key: Principal) -> Result<Option<Binding>, StoreError> {
    let sql = format!(
        "SELECT {}, b.valid_until FROM bindings b JOIN accounts a ON a.name = b.account WHERE b.key = ?1",
        accounts::COLUMNS
    );
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Binding { account: accounts::read(row)?, valid_until: Timestamp(row.get(5)?) })
    };
    Ok(connection.prepare_cached(&sql)?.query_row([key.0], read).optional()?)
}

pub fn put(
    connection: &Connection,
    key: Principal,
    account: &str,
    valid_until: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO bindings (key, account, valid_until) VALUES (?1, ?2, ?3)
         ON CONFLICT (key) DO UPDATE SET account = excluded.account, valid_until = excluded.valid_until",
        (key.0, account, valid_until.0),
    )?;
    Ok(())
}
