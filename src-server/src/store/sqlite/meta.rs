//! Table `meta`: the city, and the key under which frames are hashed.

use mend_core::id::CityId;
use mend_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, bad_row};

pub const CREATE: &str = "
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;";

fn get(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    Ok(connection.query_row(sql, [name], |row| row.get(0)).optional()?)
}

/// The value of `name`; `fresh` is written and returned if there is none.
fn get_or_put(connection: &Connection, name: &str, fresh: &[u8]) -> Result<Vec<u8>, StoreError> {
    connection
        .execute("INSERT OR IGNORE INTO meta (name, value) VALUES (?1, ?2)", (name, fresh))?;
    Ok(get(connection, name)?.unwrap_or_default())
}

/// Claims a new database for a city, or says whose it is.
pub fn claim(connection: &Connection, city: CityId) -> Result<(), StoreError> {
    let found = get_or_put(connection, "city", city.as_bytes())?;
    if found == city.as_bytes() {
        return Ok(());
    }
    let found = <[u8; 16]>::try_from(found.as_slice())
        .map_or_else(|_| "unknown".to_owned(), |bytes| CityId::from_bytes(bytes).to_string());
    Err(StoreError::OtherCity { found, wanted: city.to_string() })
}

/// The end of the time whose records are taken over from elsewhere, as it was said first.
pub fn history_until(connection: &Connection, now: Timestamp) -> Result<Timestamp, StoreError> {
    let found = get_or_put(connection, "history_until", &now.0.to_be_bytes())?;
    let bytes = found.try_into().map_err(|_| bad_row("meta", "history_until has not 8 bytes"))?;
    Ok(Timestamp(i64::from_be_bytes(bytes)))
}

/// Subjects say more now than they did: the read tables are made again at the next start.
pub const FORGET_RULES: &str = "DELETE FROM meta WHERE name = 'rules';";

/// The version of the rules by which clocks were set last.
pub fn rules(connection: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    get(connection, "rules")
}

/// Notes by which rules the clocks are set.
pub fn set_rules(connection: &Connection, rules: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('rules', ?1)";
    connection.execute(sql, [rules])?;
    Ok(())
}

/// The key under which frames are hashed, made once.
pub fn mac_key(connection: &Connection, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
    get_or_put(connection, "mac_key", &fresh)?
        .try_into()
        .map_err(|_| bad_row("meta", "mac_key has not 32 bytes"))
}
