//! Table `requests`: a reading of the log, made again by `rebuild`.

use mend_core::id::SubjectId;
use mend_core::subject::{RequestStatus, ServiceRequest, SubjectState};
use mend_core::tracking::TrackingCode;
use rusqlite::Connection;

use super::{StoreError, bad_row, json};

pub const CREATE: &str = "
CREATE TABLE requests (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    tracking_code TEXT NOT NULL,
    number TEXT UNIQUE,
    status TEXT NOT NULL,
    department TEXT,
    crew TEXT,
    received_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_tracking_code ON requests (tracking_code);
CREATE INDEX requests_department ON requests (department, status);";

/// The same with row numbers. A table without them keeps only a quarter of a page beside its key and
/// gives each longer row a page of its own.
pub const WITH_ROWS: &str = "
ALTER TABLE requests RENAME TO requests_1;
DROP INDEX requests_tracking_code;
DROP INDEX requests_department;
CREATE TABLE requests (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    tracking_code TEXT NOT NULL,
    number TEXT UNIQUE,
    status TEXT NOT NULL,
    department TEXT,
    crew TEXT,
    received_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;
INSERT INTO requests SELECT * FROM requests_1;
DROP TABLE requests_1;
CREATE INDEX requests_tracking_code ON requests (tracking_code);
CREATE INDEX requests_department ON requests (department, status);";

/// The time is that at which it was resolved; a closing comes later.
pub const ENDED: &str = "ALTER TABLE requests RENAME COLUMN closed_at TO ended_at;";

const fn status(status: RequestStatus) -> &'static str {
    match status {
        RequestStatus::Received => "received",
        RequestStatus::Assigned => "assigned",
        RequestStatus::InProgress => "in_progress",
        RequestStatus::OnHold => "on_hold",
        RequestStatus::Resolved => "resolved",
        RequestStatus::Closed => "closed",
        RequestStatus::Reopened => "reopened",
    }
}

pub fn put(
    connection: &Connection,
    request: &ServiceRequest,
    state: &SubjectState,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO requests (id, version, state, tracking_code, number, status, department,
                 crew, received_at, ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state,
                 number = excluded.number, status = excluded.status,
                 department = excluded.department, crew = excluded.crew,
                 ended_at = excluded.ended_at",
        )?
        .execute((
            request.id.as_bytes(),
            request.version,
            json("requests", state)?,
            request.tracking_code.to_string(),
            &request.number,
            status(request.status),
            &request.department,
            &request.crew,
            request.received_at.0,
            request.resolved_at.or(request.closed.map(|closed| closed.at)).map(|at| at.0),
        ))?;
    Ok(())
}

/// Every request that is not closed yet.
pub fn each_not_closed(
    connection: &Connection,
    mut each: impl FnMut(SubjectState) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT state FROM requests WHERE status != 'closed'")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let state: String = row.get(0)?;
        each(serde_json::from_str(&state).map_err(|e| bad_row("requests", e))?)?;
    }
    Ok(())
}

/// All requests with this code, oldest first.
pub fn tracked(connection: &Connection, code: TrackingCode) -> Result<Vec<SubjectId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM requests WHERE tracking_code = ?1 ORDER BY received_at LIMIT 10",
    )?;
    let ids = statement
        .query_map([code.to_string()], |row| row.get(0).map(SubjectId::from_bytes))?
        .collect::<Result<_, _>>()?;
    Ok(ids)
}
