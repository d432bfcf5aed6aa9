//! Table `commands`: what was accepted, for ever, with a keyed hash of its bytes and its first
//! answer. Refusals are not here: they are decided afresh each time.

use mend_core::api::Accepted;
use mend_core::id::{CommandId, Principal};
use mend_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, bad_row, json};

pub const CREATE: &str = "
CREATE TABLE commands (
    key BLOB NOT NULL CHECK (length(key) = 32),
    id BLOB NOT NULL CHECK (length(id) = 16),
    mac BLOB NOT NULL,
    occurred_at INTEGER NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (key, id)
) STRICT, WITHOUT ROWID;";

/// A report may be superseded before it arrives. Then its id stands here with the answer of the one
/// that took its place.
pub const SUPERSEDED: &str = "ALTER TABLE commands ADD COLUMN superseded_by BLOB;";

/// The key under which the server's own commands stand; no Ed25519 key that verifies strictly.
pub const SYSTEM: Principal = Principal([0; 32]);

/// What is known of an accepted command.
pub struct Known {
    /// HMAC of its bytes; empty for the server's own.
    pub mac: Vec<u8>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Its first answer.
    pub answer: Accepted,
    /// It never came before the one that took its place: whatever its bytes are, that is its answer.
    pub superseded: bool,
}

/// Ids are looked up per key: another key's id is simply unknown.
pub fn get(
    connection: &Connection,
    key: Principal,
    id: CommandId,
) -> Result<Option<Known>, StoreError> {
    let row: Option<(Vec<u8>, i64, String, bool)> = connection
        .prepare_cached(
            "SELECT mac, occurred_at, answer, superseded_by IS NOT NULL FROM commands
             WHERE key = ?1 AND id = ?2",
        )?
        .query_row((key.0, id.as_bytes()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((mac, occurred_at, answer, superseded)) = row else {
        return Ok(None);
    };
    let answer = serde_json::from_str(&answer).map_err(|e| bad_row("commands", e))?;
    Ok(Some(Known { mac, occurred_at: Timestamp(occurred_at), answer, superseded }))
}

pub fn put(
    connection: &Connection,
    key: Principal,
    mac: &[u8],
    occurred_at: Timestamp,
    answer: &Accepted,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO commands (key, id, mac, occurred_at, answer) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            key.0,
            answer.command.as_bytes(),
            mac,
            occurred_at.0,
            json("commands", answer)?,
        ))?;
    Ok(())
}

/// Answers a command that has not come with the answer of the one that took its place, for ever.
pub fn put_superseded(
    connection: &Connection,
    key: Principal,
    id: CommandId,
    occurred_at: Timestamp,
    answer: &Accepted,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO commands (key, id, mac, occurred_at, answer, superseded_by)
             VALUES (?1, ?2, x'', ?3, ?4, ?5)
             ON CONFLICT (key, id) DO NOTHING",
        )?
        .execute((
            key.0,
            id.as_bytes(),
            occurred_at.0,
            json("commands", answer)?,
            answer.command.as_bytes(),
        ))?;
    Ok(())
}
