//! Table `events`: the log. Rows are added and never changed.

use mend_core::api::WireEvent;
use mend_core::event::{Event, stored_body, upcast};
use mend_core::id::{CommandId, EventId, Principal, SubjectId, SubjectRef};
use mend_core::time::Timestamp;
use mend_core::view::{Reader, wire_event};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{StoreError, bad_row, json, subjects};

pub const CREATE: &str = "
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL CHECK (length(id) = 16),
    subject_kind INTEGER NOT NULL,
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    type_version INTEGER NOT NULL,
    actor TEXT NOT NULL,
    by BLOB,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    command BLOB NOT NULL,
    UNIQUE (subject, version)
) STRICT;";

const COLUMNS: &str = "id, subject_kind, subject, version, type, type_version, actor, by, \
                       occurred_at, recorded_at, body";

/// An event as it stands in the log.
#[derive(Debug)]
pub enum Stored {
    /// One that this program knows.
    Known(Box<Event>),
    /// One that a newer program wrote.
    Newer {
        /// Of what.
        subject: SubjectRef,
        /// The version it made.
        version: u32,
        /// As it would stand on the wire.
        json: serde_json::Value,
    },
}

impl Stored {
    /// As `reader` may have it.
    pub fn wire(&self, reader: Reader) -> WireEvent {
        match self {
            Self::Known(event) => wire_event(event, reader),
            // Staff alone: nobody here can tell whether it is public.
            Self::Newer { json, .. } if reader == Reader::Staff => WireEvent::Newer(json.clone()),
            Self::Newer { version, .. } => WireEvent::Hidden { hidden: *version },
        }
    }
}

pub fn insert(
    connection: &Connection,
    event: &Event,
    command: CommandId,
) -> Result<(), StoreError> {
    let (type_, _) = event.body.type_and_version();
    let body = stored_body(&event.body).map_err(|e| bad_row("events", e))?;
    connection
        .prepare_cached(
            "INSERT INTO events (id, subject_kind, subject, version, type, type_version, actor, by,
                 occurred_at, recorded_at, body, command)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            event.id.as_bytes(),
            subjects::code(event.subject.kind),
            event.subject.id.as_bytes(),
            event.version,
            type_,
            event.type_version,
            json("events", &event.actor)?,
            event.by.map(|key| key.0),
            event.occurred_at.0,
            event.recorded_at.0,
            body,
            command.as_bytes(),
        ))?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Stored, StoreError> {
    let subject =
        SubjectRef { kind: subjects::kind(row.get(1)?)?, id: SubjectId::from_bytes(row.get(2)?) };
    let id = EventId::from_bytes(row.get(0)?);
    let version = row.get(3)?;
    let type_: String = row.get(4)?;
    let type_version = row.get(5)?;
    let actor: String = row.get(6)?;
    let body: String = row.get(10)?;
    let occurred_at = Timestamp(row.get(8)?);
    let recorded_at = Timestamp(row.get(9)?);
    match (upcast(&type_, type_version, &body), serde_json::from_str(&actor)) {
        (Ok(body), Ok(actor)) => Ok(Stored::Known(Box::new(Event {
            id,
            subject,
            version,
            actor,
            by: row.get::<_, Option<[u8; 32]>>(7)?.map(Principal),
            occurred_at,
            recorded_at,
            type_version: body.type_and_version().1,
            body,
        }))),
        _ => {
            let value = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
            Ok(Stored::Newer {
                subject,
                version,
                json: serde_json::json!({
                    "id": id, "subject": subject, "version": version, "actor": value(&actor),
                    "occurred_at": occurred_at, "recorded_at": recorded_at,
                    "type": type_, "type_version": type_version, "body": value(&body),
                }),
            })
        }
    }
}

/// The subject's events with versions over `after` and up to `up_to`, in order.
pub fn of(
    connection: &Connection,
    subject: SubjectRef,
    after: u32,
    up_to: u32,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events
         WHERE subject = ?1 AND subject_kind = ?2 AND version > ?3 AND version <= ?4 ORDER BY version"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows =
        statement.query((subject.id.as_bytes(), subjects::code(subject.kind), after, up_to))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read(row)?);
    }
    Ok(events)
}

/// Every event in the order of the log.
pub fn each(
    connection: &Connection,
    mut visit: impl FnMut(Stored) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM events ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(read(row)?)?;
    }
    Ok(())
}

/// When a subject's first event happened; none if there is none yet.
pub fn began_at(
    connection: &Connection,
    subject: SubjectRef,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT occurred_at FROM events WHERE subject = ?1 AND subject_kind = ?2 AND version = 1",
        )?
        .query_row((subject.id.as_bytes(), subjects::code(subject.kind)), |row| {
            row.get(0).map(Timestamp)
        })
        .optional()?)
}

/// When a version of a subject was recorded.
pub fn recorded_at(
    connection: &Connection,
    subject: SubjectRef,
    version: u32,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT recorded_at FROM events WHERE subject = ?1 AND subject_kind = ?2 AND version = ?3",
        )?
        .query_row((subject.id.as_bytes(), subjects::code(subject.kind), version), |row| {
            row.get(0).map(Timestamp)
        })
        .optional()?)
}

/// When the newest event was recorded.
pub fn last_recorded(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    Ok(connection
        .query_row("SELECT recorded_at FROM events ORDER BY seq DESC LIMIT 1", [], |row| {
            row.get(0).map(Timestamp)
        })
        .optional()?)
}
