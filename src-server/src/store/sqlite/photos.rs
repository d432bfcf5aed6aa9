//! Table `photos`: who may upload which photo for which subject, because an accepted command of
//! theirs names it. The bytes lie in files, found by hash.

use mend_core::command::PhotoRef;
use mend_core::id::{PhotoHash, Principal, SubjectRef};
use rusqlite::{Connection, OptionalExtension as _};

use super::{StoreError, subjects};

pub const CREATE: &str = "
CREATE TABLE photos (
    subject BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    key BLOB NOT NULL,
    subject_kind INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (subject, hash, key)
) STRICT, WITHOUT ROWID;";

pub fn name(
    connection: &Connection,
    subject: SubjectRef,
    photo: &PhotoRef,
    key: Principal,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO photos (subject, hash, key, subject_kind, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            subject.id.as_bytes(),
            photo.hash.0,
            key.0,
            subjects::code(subject.kind),
            i64::try_from(photo.bytes).unwrap_or(i64::MAX),
        ))?;
    Ok(())
}

pub fn named(
    connection: &Connection,
    subject: SubjectRef,
    hash: PhotoHash,
    key: Principal,
) -> Result<Option<u64>, StoreError> {
    let bytes: Option<i64> = connection
        .prepare_cached(
            "SELECT bytes FROM photos
             WHERE subject = ?1 AND hash = ?2 AND key = ?3 AND subject_kind = ?4",
        )?
        .query_row((subject.id.as_bytes(), hash.0, key.0, subjects::code(subject.kind)), |row| {
            row.get(0)
        })
        .optional()?;
    Ok(bytes.map(|bytes| u64::try_from(bytes).unwrap_or(0)))
}
