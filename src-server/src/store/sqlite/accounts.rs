//! Table `accounts`: staff accounts. Passwords only as argon2id.

use mend_core::decide::Role;
use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;
use crate::store::AccountRow;

pub const CREATE: &str = "
CREATE TABLE accounts (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('crew', 'dispatcher')),
    crew TEXT CHECK ((role = 'crew') = (crew IS NOT NULL)),
    password TEXT NOT NULL,
    demo INTEGER NOT NULL
) STRICT, WITHOUT ROWID;";

/// The columns, for a join, in the order of [`read`].
pub const COLUMNS: &str = "a.name, a.role, a.crew, a.password, a.demo";

/// Reads a row that starts with [`COLUMNS`].
pub fn read(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    let role: String = row.get(1)?;
    Ok(AccountRow {
        name: row.get(0)?,
        // The table's check allows no third.
        role: if role == "dispatcher" { Role::Dispatcher } else { Role::Crew },
        crew: row.get(2)?,
        password_hash: row.get(3)?,
        demo: row.get(4)?,
    })
}

pub fn get(connection: &Connection, name: &str) -> Result<Option<AccountRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts a WHERE a.name = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([name], read).optional()?)
}

pub fn put(connection: &Connection, account: &AccountRow) -> Result<(), StoreError> {
    let role = match account.role {
        Role::Crew => "crew",
        Role::Dispatcher => "dispatcher",
    };
    connection.execute(
        "INSERT INTO accounts (name, role, crew, password, demo) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET role = excluded.role, crew = excluded.crew,
             password = excluded.password, demo = excluded.demo",
        (&account.name, role, &account.crew, &account.password_hash, account.demo),
    )?;
    Ok(())
}
