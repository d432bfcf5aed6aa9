//! The two tables of subjects, as one: by kind.

use mend_core::id::{SubjectId, SubjectKind, SubjectRef};
use mend_core::subject::SubjectState;
use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, bad_row, orders, requests};

/// A kind as tables hold it. Part of the database: never renumbered.
pub const fn code(kind: SubjectKind) -> i64 {
    match kind {
        SubjectKind::ServiceRequest => 1,
        SubjectKind::WorkOrder => 2,
    }
}

/// The kind with this number.
pub fn kind(code: i64) -> Result<SubjectKind, StoreError> {
    match code {
        1 => Ok(SubjectKind::ServiceRequest),
        2 => Ok(SubjectKind::WorkOrder),
        other => Err(bad_row("events", format!("subject kind {other}"))),
    }
}

const fn table(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::ServiceRequest => "requests",
        SubjectKind::WorkOrder => "orders",
    }
}

/// The subject as it stands.
pub fn get(
    connection: &Connection,
    subject: SubjectRef,
) -> Result<Option<SubjectState>, StoreError> {
    let table = table(subject.kind);
    let state: Option<String> = connection
        .prepare_cached(&format!("SELECT state FROM {table} WHERE id = ?1"))?
        .query_row([subject.id.as_bytes()], |row| row.get(0))
        .optional()?;
    state.map(|state| serde_json::from_str(&state).map_err(|e| bad_row(table, e))).transpose()
}

/// What kind of subject has this id, if any. An id is never used for two.
pub fn kind_of(connection: &Connection, id: SubjectId) -> Result<Option<SubjectKind>, StoreError> {
    for kind in [SubjectKind::ServiceRequest, SubjectKind::WorkOrder] {
        let sql = format!("SELECT 1 FROM {} WHERE id = ?1", table(kind));
        if connection.prepare_cached(&sql)?.exists([id.as_bytes()])? {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}

/// Writes the subject as it stands.
pub fn put(connection: &Connection, state: &SubjectState) -> Result<(), StoreError> {
    match state {
        SubjectState::ServiceRequest(request) => requests::put(connection, request, state),
        SubjectState::WorkOrder(order) => orders::put(connection, order, state),
    }
}
