//! Table `numbers`: the last public number of each year. What is taken over from elsewhere has its
//! own ranges, reserved before the first live report of their year.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

pub const CREATE: &str = "
CREATE TABLE numbers (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;";

/// Marks years whose first numbers are kept for what is taken over from elsewhere.
pub const RESERVED: &str = "
CREATE TABLE reserved_numbers (
    year INTEGER NOT NULL PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;";

/// Keeps `count` numbers of a year for records that are taken over, once: asked again, it gives
/// the same range. The range begins after the numbers that are given already.
pub fn reserve(connection: &Connection, year: i16, count: i64) -> Result<(i64, i64), StoreError> {
    let known: Option<(i64, i64)> = connection
        .prepare_cached("SELECT first, last FROM reserved_numbers WHERE year = ?1")?
        .query_row([year], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let (first, _) = next(connection, year)?;
    let last = first + count - 1;
    connection
        .prepare_cached("INSERT INTO reserved_numbers (year, first, last) VALUES (?1, ?2, ?3)")?
        .execute((year, first, last))?;
    take(connection, year, last)?;
    Ok((first, last))
}

/// A number as people read it.
pub fn text(year: i16, count: i64) -> String {
    format!("{:02}-{count:06}", year.rem_euclid(100))
}

/// The next free number of a year: count within the year, and as people read it.
pub fn next(connection: &Connection, year: i16) -> Result<(i64, String), StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT last FROM numbers WHERE year = ?1")?
        .query_row([year], |row| row.get(0))
        .optional()?;
    let next = last.unwrap_or(0) + 1;
    Ok((next, text(year, next)))
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
