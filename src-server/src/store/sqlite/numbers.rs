//! Table `numbers`: the last public number of each year.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

pub const CREATE: &str = "
CREATE TABLE numbers (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;";

/// The next free number of a year: count within the year, and as people read it.
pub fn next(connection: &Connection, year: i16) -> Result<(i64, String), StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT last FROM numbers WHERE year = ?1")?
        .query_row([year], |row| row.get(0))
        .optional()?;
    let next = last.unwrap_or(0) + 1;
    Ok((next, format!("{:02}-{next:06}", year.rem_euclid(100))))
}

/// Notes that a number is given.
pub fn take(connection: &Connection, year: i16, count: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO numbers (year, last) VALUES (?1, ?2)
             ON CONFLICT (year) DO UPDATE SET last = excluded.last",
        )?
        .execute((year, count))?;
    Ok(())
}
