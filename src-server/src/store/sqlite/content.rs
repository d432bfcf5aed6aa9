//! Table `content`: personal data and free text, which events only point to. A row can go, and
//! everything else stays.

use std::collections::BTreeMap;

use mend_core::event::Content;
use mend_core::id::{ContentId, SubjectRef};
use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, bad_row, json, subjects};

pub const CREATE: &str = "
CREATE TABLE content (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    subject_kind INTEGER NOT NULL,
    subject BLOB NOT NULL,
    class TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX content_subject ON content (subject);";

pub fn insert(
    connection: &Connection,
    subject: SubjectRef,
    id: ContentId,
    content: &Content,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO content (id, subject_kind, subject, class, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            id.as_bytes(),
            subjects::code(subject.kind),
            subject.id.as_bytes(),
            content.class(),
            json("content", content)?,
        ))?;
    Ok(())
}

/// Whether there is a row of this id already.
pub fn exists(connection: &Connection, id: ContentId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM content WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.exists([id.as_bytes()])?)
}

/// Those of `ids` that are there.
pub fn get(
    connection: &Connection,
    ids: impl IntoIterator<Item = ContentId>,
) -> Result<BTreeMap<ContentId, Content>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT body FROM content WHERE id = ?1")?;
    let mut found = BTreeMap::new();
    for id in ids {
        let body: Option<String> =
            statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?;
        if let Some(body) = body {
            let content = serde_json::from_str(&body).map_err(|e| bad_row("content", e))?;
            found.insert(id, content);
        }
    }
    Ok(found)
}
