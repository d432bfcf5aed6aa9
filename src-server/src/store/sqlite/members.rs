//! Table `members`: which subjects are in which feed now. Written with the feed rows; a first read
//! of a feed starts here instead of at the beginning of time.

use mend_core::id::{SubjectId, SubjectRef};
use mend_core::time::Timestamp;
use rusqlite::Connection;

use super::{StoreError, subjects};

pub const CREATE: &str = "
CREATE TABLE members (
    scope TEXT NOT NULL,
    subject BLOB NOT NULL,
    subject_kind INTEGER NOT NULL,
    entered INTEGER NOT NULL,
    PRIMARY KEY (scope, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_entered ON members (scope, entered);";

/// The subject is in the feed since its row `entered`.
pub fn enter(
    connection: &Connection,
    scope: &str,
    subject: SubjectRef,
    entered: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO members (scope, subject, subject_kind, entered)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((scope, subject.id.as_bytes(), subjects::code(subject.kind), entered))?;
    Ok(())
}

/// The subject is in the feed no longer.
pub fn leave(connection: &Connection, scope: &str, subject: SubjectRef) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM members WHERE scope = ?1 AND subject = ?2")?
        .execute((scope, subject.id.as_bytes()))?;
    Ok(())
}

pub fn is_member(
    connection: &Connection,
    scope: &str,
    subject: SubjectRef,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM members WHERE scope = ?1 AND subject = ?2")?
        .exists((scope, subject.id.as_bytes()))?)
}

/// The first `limit` subjects of the feed that are open or were closed at or after `since`, in
/// the order in which they entered, each with the row by which it did.
pub fn current(
    connection: &Connection,
    scope: &str,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<(i64, SubjectRef)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT m.entered, m.subject_kind, m.subject FROM members m
         LEFT JOIN requests r ON m.subject_kind = 1 AND r.id = m.subject
         LEFT JOIN orders o ON m.subject_kind = 2 AND o.id = m.subject
         WHERE m.scope = ?1 AND coalesce(r.ended_at, o.ended_at, ?2) >= ?2
         ORDER BY m.entered LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query((scope, since.0, limit))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = subjects::kind(row.get(1)?)?;
        found.push((row.get(0)?, SubjectRef { kind, id: SubjectId::from_bytes(row.get(2)?) }));
    }
    Ok(found)
}
