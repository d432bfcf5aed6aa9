//! Table `orders`: a reading of the log, made again by `rebuild`.

use mend_core::subject::{OrderStatus, SubjectState, WorkOrder};
use rusqlite::Connection;

use super::{StoreError, json};

pub const CREATE: &str = "
CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    request BLOB NOT NULL,
    number TEXT NOT NULL,
    status TEXT NOT NULL,
    department TEXT NOT NULL,
    crew TEXT,
    closed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_crew ON orders (crew, status);
CREATE INDEX orders_department ON orders (department, status);";

/// The same with row numbers, for the reason given in [`super::requests::WITH_ROWS`].
pub const WITH_ROWS: &str = "
ALTER TABLE orders RENAME TO orders_1;
DROP INDEX orders_crew;
DROP INDEX orders_department;
CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    request BLOB NOT NULL,
    number TEXT NOT NULL,
    status TEXT NOT NULL,
    department TEXT NOT NULL,
    crew TEXT,
    closed_at INTEGER
) STRICT;
INSERT INTO orders SELECT * FROM orders_1;
DROP TABLE orders_1;
CREATE INDEX orders_crew ON orders (crew, status);
CREATE INDEX orders_department ON orders (department, status);";

/// The time is that at which it was done, or called off, before it is closed.
pub const ENDED: &str = "ALTER TABLE orders RENAME COLUMN closed_at TO ended_at;";

const fn status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Unassigned => "unassigned",
        OrderStatus::Assigned => "assigned",
        OrderStatus::Started => "started",
        OrderStatus::Held => "held",
        OrderStatus::Cancelled => "cancelled",
        OrderStatus::Completed => "completed",
    }
}

pub fn put(
    connection: &Connection,
    order: &WorkOrder,
    state: &SubjectState,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO orders (id, version, state, request, number, status, department, crew,
                 ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state,
                 status = excluded.status, department = excluded.department,
                 crew = excluded.crew, ended_at = excluded.ended_at",
        )?
        .execute((
            order.id.as_bytes(),
            order.version,
            json("orders", state)?,
            order.request.as_bytes(),
            &order.number,
            status(order.status),
            &order.department,
            &order.crew,
            order.completed_at.map(|at| at.0),
        ))?;
    Ok(())
}
