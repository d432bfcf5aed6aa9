//! Table `clocks`: when something of a request comes to its time. Derived from requests and the
//! city's calendar, and written with them; the ticker asks for what is due.

use mend_core::city::City;
use mend_core::event::ClockKind;
use mend_core::id::SubjectId;
use mend_core::subject::{ServiceRequest, SubjectState};
use mend_core::time::Timestamp;
use rusqlite::Connection;

use super::{StoreError, meta, requests};

pub const CREATE: &str = "
CREATE TABLE clocks (
    request BLOB NOT NULL CHECK (length(request) = 16),
    kind INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    PRIMARY KEY (request, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX clocks_next_at ON clocks (next_at);";

/// All kinds, by the numbers that the table holds. Part of the database: never renumbered.
const KINDS: [(ClockKind, i64); 4] = [
    (ClockKind::Response, 1),
    (ClockKind::Resolution, 2),
    (ClockKind::Closing, 3),
    (ClockKind::Photos, 4),
];

/// Sets the clocks of a request as it stands.
pub fn set(
    connection: &Connection,
    city: &City,
    request: &ServiceRequest,
) -> Result<(), StoreError> {
    let ticks = city.ticks(request);
    for (kind, code) in KINDS {
        // The earliest of its kind: when it has been said, the clock is set again.
        match ticks.iter().filter(|due| due.tick.clock == kind).map(|due| due.at).min() {
            Some(at) => connection
                .prepare_cached(
                    "INSERT INTO clocks (request, kind, next_at) VALUES (?1, ?2, ?3)
                     ON CONFLICT (request, kind) DO UPDATE SET next_at = excluded.next_at
                     WHERE next_at != excluded.next_at",
                )?
                .execute((request.id.as_bytes(), code, at.0))?,
            None => connection
                .prepare_cached("DELETE FROM clocks WHERE request = ?1 AND kind = ?2")?
                .execute((request.id.as_bytes(), code))?,
        };
    }
    Ok(())
}

/// Requests with a clock that has come to its time by `now`, the longest waiting first, each once.
pub fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<SubjectId>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT request FROM clocks WHERE next_at <= ?1 ORDER BY next_at, request LIMIT ?2",
    )?;
    let mut found: Vec<SubjectId> = statement
        .query_map((now.0, limit), |row| row.get(0).map(SubjectId::from_bytes))?
        .collect::<Result<_, _>>()?;
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|id| seen.insert(*id));
    Ok(found)
}

/// Sets all clocks again if they were set by other rules: another calendar has other instants.
pub fn adopt_rules(connection: &mut Connection, city: &City) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    let rules = city.version().as_bytes();
    if meta::rules(&transaction)?.as_deref() != Some(rules) {
        set_all(&transaction, city)?;
        meta::set_rules(&transaction, rules)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Sets the clocks of every request.
pub fn set_all(connection: &Connection, city: &City) -> Result<(), StoreError> {
    connection.execute_batch("DELETE FROM clocks;")?;
    requests::each_not_closed(connection, |state| {
        if let SubjectState::ServiceRequest(request) = state {
            set(connection, city, &request)?;
        }
        Ok(())
    })
}
