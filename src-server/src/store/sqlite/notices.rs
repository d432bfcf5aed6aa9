//! Tables `notices` and `notices_read`: what a reporter is told, written with the events that it
//! tells of.

use mend_core::api::{Notice, NoticeKind, NoticesPage};
use mend_core::event::Event;
use mend_core::id::{Principal, SubjectId};
use mend_core::subject::ServiceRequest;
use mend_core::time::Timestamp;
use mend_core::view::notice_kind;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{StoreError, bad_row};

pub const CREATE: &str = "
CREATE TABLE notices (
    key BLOB NOT NULL CHECK (length(key) = 32),
    seq INTEGER NOT NULL,
    request BLOB NOT NULL,
    kind TEXT NOT NULL,
    service_code TEXT NOT NULL,
    number TEXT NOT NULL,
    by TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (key, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE notices_read (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    up_to INTEGER NOT NULL
) STRICT, WITHOUT ROWID;";

/// Most notices in one page.
const PAGE: i64 = 200;

const fn text(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Received => "received",
        NoticeKind::Assigned => "assigned",
        NoticeKind::Started => "started",
        NoticeKind::Resolved => "resolved",
        NoticeKind::OnHold => "on_hold",
        NoticeKind::Duplicate => "duplicate",
        NoticeKind::PhotosMissing => "photos_missing",
    }
}

fn kind(text: &str) -> Result<NoticeKind, StoreError> {
    match text {
        "received" => Ok(NoticeKind::Received),
        "assigned" => Ok(NoticeKind::Assigned),
        "started" => Ok(NoticeKind::Started),
        "resolved" => Ok(NoticeKind::Resolved),
        "on_hold" => Ok(NoticeKind::OnHold),
        "duplicate" => Ok(NoticeKind::Duplicate),
        "photos_missing" => Ok(NoticeKind::PhotosMissing),
        other => Err(bad_row("notices", format!("kind {other}"))),
    }
}

/// Tells the reporter of an event of their request, if it is one to be told of. `by` is the name
/// of the crew or department that did it.
pub fn tell(
    connection: &Connection,
    request: &ServiceRequest,
    event: &Event,
    by: Option<&str>,
) -> Result<(), StoreError> {
    let (Some(key), Some(kind)) = (request.reporter, notice_kind(event, request)) else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO notices (key, seq, request, kind, service_code, number, by, at)
             VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM notices WHERE key = ?1),
                 ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            key.0,
            request.id.as_bytes(),
            text(kind),
            &request.service_code,
            request.number.as_deref().unwrap_or_default(),
            by,
            event.occurred_at.0,
        ))?;
    Ok(())
}

fn read_up_to(connection: &Connection, key: Principal) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT up_to FROM notices_read WHERE key = ?1")?
        .query_row([key.0], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// A key's notices after `after`, oldest first.
pub fn page(
    connection: &Connection,
    key: Principal,
    after: i64,
) -> Result<NoticesPage, StoreError> {
    let read_up_to = read_up_to(connection, key)?;
    let mut statement = connection.prepare_cached(
        "SELECT seq, request, kind, service_code, number, by, at FROM notices
         WHERE key = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let mut rows = statement.query((key.0, after, PAGE))?;
    let mut notices = Vec::new();
    while let Some(row) = rows.next()? {
        notices.push(notice(row, read_up_to)?);
    }
    let unread = connection
        .prepare_cached("SELECT count(*) FROM notices WHERE key = ?1 AND seq > ?2")?
        .query_row((key.0, read_up_to), |row| row.get(0))?;
    Ok(NoticesPage { notices, unread, read_up_to })
}

fn notice(row: &Row<'_>, read_up_to: i64) -> Result<Notice, StoreError> {
    let seq = row.get(0)?;
    Ok(Notice {
        seq,
        request: SubjectId::from_bytes(row.get(1)?),
        kind: kind(&row.get::<_, String>(2)?)?,
        service_code: row.get(3)?,
        number: row.get(4)?,
        by: row.get(5)?,
        at: Timestamp(row.get(6)?),
        read: seq <= read_up_to,
    })
}

/// Marks notices as read, never beyond the newest and never back.
pub fn mark_read(connection: &Connection, key: Principal, up_to: i64) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO notices_read (key, up_to)
         SELECT ?1, min(?2, max(seq)) FROM notices WHERE key = ?1 HAVING max(seq) IS NOT NULL
         ON CONFLICT (key) DO UPDATE SET up_to = max(up_to, excluded.up_to)",
        (key.0, up_to),
    )?;
    Ok(())
}
