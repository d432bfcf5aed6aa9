//! Table `feeds`: for each scope, which subject moved, in an order of its own. Rows hold no
//! content: snapshots and events are read, and redacted, when someone fetches them.

use std::collections::BTreeMap;

use mend_core::api::{Change, Snapshot};
use mend_core::id::{SubjectId, SubjectRef};
use mend_core::planted::{self, Bug};
use mend_core::subject::SubjectState;
use mend_core::time::{DAY_MS, Timestamp};
use mend_core::view::{Reader, redact_state};
use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, content, events, members, subjects};
use crate::store::{Page, scopes};

pub const CREATE: &str = "
CREATE TABLE feeds (
    scope TEXT NOT NULL,
    seq INTEGER NOT NULL,
    subject BLOB NOT NULL,
    subject_kind INTEGER NOT NULL,
    from_version INTEGER NOT NULL,
    version INTEGER NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('enter', 'change', 'leave')),
    PRIMARY KEY (scope, seq)
) STRICT, WITHOUT ROWID;";

/// Most subjects in one page.
const PAGE: usize = 200;
/// Most rows looked at for one page.
const WINDOW: i64 = 1_000;
/// A first read leaves out what was closed longer ago.
const FIRST_READ_DAYS: i64 = 30;

const ENTER: &str = "enter";

/// Tells every feed that a subject was in, is in, or both.
pub fn record(
    connection: &Connection,
    before: Option<&SubjectState>,
    after: &SubjectState,
) -> Result<(), StoreError> {
    let subject = after.subject();
    let from = before.map_or(0, SubjectState::version);
    let was = before.map(scopes::of).unwrap_or_default();
    let is = scopes::of(after);
    for scope in is.union(&was) {
        let change = match (was.contains(scope), is.contains(scope)) {
            (true, true) => "change",
            (false, _) => ENTER,
            (true, false) => "leave",
        };
        let seq = head(connection, scope)? + 1;
        connection
            .prepare_cached(
                "INSERT INTO feeds (scope, seq, subject, subject_kind, from_version, version, change)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                scope,
                seq,
                subject.id.as_bytes(),
                subjects::code(subject.kind),
                from,
                after.version(),
                change,
            ))?;
        match change {
            ENTER => members::enter(connection, scope, subject, seq)?,
            "leave" => members::leave(connection, scope, subject)?,
            _ => {}
        }
    }
    Ok(())
}

/// The newest row of a feed; 0 for none.
fn head(connection: &Connection, scope: &str) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT seq FROM feeds WHERE scope = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([scope], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// A subject as `reader` may have it.
pub fn snapshot(
    connection: &Connection,
    subject: SubjectRef,
    reader: Reader,
) -> Result<Option<Snapshot>, StoreError> {
    let Some(state) = subjects::get(connection, subject)? else {
        return Ok(None);
    };
    let stored = events::of(connection, subject, 0, state.version())?;
    let (events, content) = wire(connection, &stored, reader)?;
    Ok(Some(Snapshot { state: redact_state(state, reader), events, content }))
}

type Wired =
    (Vec<mend_core::api::WireEvent>, BTreeMap<mend_core::id::ContentId, mend_core::event::Content>);

/// Events as `reader` may have them, with what those that they may see point to.
fn wire(
    connection: &Connection,
    stored: &[events::Stored],
    reader: Reader,
) -> Result<Wired, StoreError> {
    let events: Vec<_> = stored.iter().map(|event| event.wire(reader)).collect();
    let ids = events.iter().flat_map(|event| match event {
        mend_core::api::WireEvent::Seen(event) => event.body.content(),
        _ => Vec::new(),
    });
    let content = content::get(connection, ids)?;
    Ok((events, content))
}

/// Rows of a feed after `after`.
pub fn page(
    connection: &Connection,
    scope: &str,
    reader: Reader,
    after: i64,
    now: Timestamp,
) -> Result<Page, StoreError> {
    let head = head(connection, scope)?;
    // A cursor from before a backup was restored lies beyond the end: that reader begins anew.
    if after <= 0 || after > head {
        first_page(connection, scope, reader, now, head)
    } else {
        next_page(connection, scope, reader, after, head)
    }
}

/// One snapshot for each subject that is in the feed now. A long feed goes on, after the last of
/// these, row by row: every subject that entered later has its own row there.
fn first_page(
    connection: &Connection,
    scope: &str,
    reader: Reader,
    now: Timestamp,
    head: i64,
) -> Result<Page, StoreError> {
    let since = now.plus_ms(-FIRST_READ_DAYS * DAY_MS);
    let mut current = members::current(connection, scope, since, PAGE + 1)?;
    let more = current.len() > PAGE;
    current.truncate(PAGE);
    let next = if more { current.last().map_or(head, |(entered, _)| *entered) } else { head };
    let mut rows = Vec::with_capacity(current.len());
    for (_, subject) in current {
        if let Some(snapshot) = snapshot(connection, subject, reader)? {
            rows.push(Change::Enter(Box::new(snapshot)));
        }
    }
    Ok(Page { rows, next, more })
}

/// What the rows of one page say of one subject.
struct Moved {
    from: u32,
    to: u32,
    last: i64,
    entered: bool,
}

fn next_page(
    connection: &Connection,
    scope: &str,
    reader: Reader,
    after: i64,
    head: i64,
) -> Result<Page, StoreError> {
    let mut moved: BTreeMap<SubjectRef, Moved> = BTreeMap::new();
    let mut next = after;
    {
        let mut statement = connection.prepare_cached(
            "SELECT seq, subject_kind, subject, from_version, version, change FROM feeds
             WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        )?;
        let past = i64::from(planted::is(Bug::CursorSkipsRow));
        let mut rows = statement.query((scope, after + past, WINDOW))?;
        while let Some(row) = rows.next()? {
            let kind = subjects::kind(row.get(1)?)?;
            let subject = SubjectRef { kind, id: SubjectId::from_bytes(row.get(2)?) };
            if moved.len() == PAGE && !moved.contains_key(&subject) {
                break;
            }
            next = row.get(0)?;
            let entered = row.get::<_, String>(5)? == ENTER;
            let to = row.get(4)?;
            let from = row.get(3)?;
            let entry =
                moved.entry(subject).or_insert(Moved { from, to, last: next, entered: false });
            entry.to = to;
            entry.last = next;
            entry.entered |= entered;
        }
    }
    let mut ordered: Vec<_> = moved.into_iter().collect();
    ordered.sort_by_key(|(_, moved)| moved.last);
    let mut rows = Vec::with_capacity(ordered.len());
    for (subject, moved) in ordered {
        rows.extend(change(connection, scope, reader, subject, &moved)?);
    }
    Ok(Page { rows, next, more: next < head })
}

fn change(
    connection: &Connection,
    scope: &str,
    reader: Reader,
    subject: SubjectRef,
    moved: &Moved,
) -> Result<Option<Change>, StoreError> {
    // Who may see it is asked now, not when the row was written.
    if !members::is_member(connection, scope, subject)? {
        let leave = Change::Leave { subject };
        return Ok(Some(leave).filter(|_| !planted::is(Bug::LeaveLost)));
    }
    if moved.entered {
        let snapshot = snapshot(connection, subject, reader)?;
        return Ok(snapshot.map(|snapshot| Change::Enter(Box::new(snapshot))));
    }
    let stored = events::of(connection, subject, moved.from, moved.to)?;
    let (events, content) = wire(connection, &stored, reader)?;
    Ok(Some(Change::Events { subject, from_version: moved.from, events, content }))
}
