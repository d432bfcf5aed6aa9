//! Takes in what a feed says: enter, events, leave. One transaction with the cursor, so that a
//! kill neither loses a row nor reads it twice to another effect.

use mend_core::api::{Change, ChangesPage, Snapshot, WireEvent};
use mend_core::apply::apply;
use mend_core::id::{Principal, SubjectRef};
use mend_core::subject::SubjectState;

use crate::store::{StoreError, Tables};

/// Applies a page that `key` has read. What it cannot continue is marked, and asked for anew; see
/// [`Tables::gaps`].
///
/// # Errors
/// [`StoreError`]; then nothing of the page is kept.
pub fn apply_page(
    tables: Tables<'_>,
    key: Principal,
    page: &ChangesPage,
) -> Result<(), StoreError> {
    #[cfg(feature = "planted")]
    if mend_core::planted::is(mend_core::planted::Bug::CursorApart) {
        tables.keep_cursor(key, &page.scope, page.next)?;
        tables.part(mend_core::planted::Bug::CursorApart)?;
    }
    for row in &page.rows {
        match row {
            Change::Enter(snapshot) => keep_snapshot(tables, &page.scope, snapshot)?,
            Change::Events { subject, from_version, events, content } => {
                let known = tables.subject(subject.id)?.map(|row| row.state);
                let whole = match known {
                    Some(state) => go_on(tables, state, *from_version, events)?,
                    None => false,
                };
                if whole {
                    tables.keep_content(subject.id, content)?;
                }
                tables.enter_scope(*subject, &page.scope, !whole)?;
            }
            Change::Leave { subject } => tables.leave_scope(subject.id, &page.scope)?,
        }
    }
    tables.keep_cursor(key, &page.scope, page.next)?;
    tables.forget_unseen()
}

/// Whether `events` continue the state without a gap; then they are applied.
fn go_on(
    tables: Tables<'_>,
    mut state: SubjectState,
    from_version: u32,
    events: &[WireEvent],
) -> Result<bool, StoreError> {
    if from_version > state.version() {
        return Ok(false);
    }
    let subject = state.subject();
    for (event, place) in events.iter().zip(1..) {
        let Some(version) = event.version().or_else(|| from_version.checked_add(place)) else {
            return Ok(false);
        };
        // Told twice: by two feeds, or after a kill before the cursor was kept.
        if version <= state.version() {
            continue;
        }
        if version != state.version() + 1 {
            return Ok(false);
        }
        state = match event {
            WireEvent::Seen(event) => match apply(Some(state), event) {
                Some(state) => state,
                None => return Ok(false),
            },
            // Versions stay dense, whether or not the event can be read.
            WireEvent::Hidden { .. } | WireEvent::Newer(_) => {
                state.skip_to(version);
                state
            }
        };
        tables.keep_event(subject.id, version, event)?;
    }
    tables.keep_subject(&state)?;
    Ok(true)
}

/// Keeps a snapshot that came by this feed, in the place of whatever was there. An older one than
/// what is kept only says that the feed sees the subject.
///
/// # Errors
/// [`StoreError`].
pub fn keep_snapshot(
    tables: Tables<'_>,
    scope: &str,
    snapshot: &Snapshot,
) -> Result<(), StoreError> {
    let subject = snapshot.state.subject();
    let newer = tables
        .subject(subject.id)?
        .is_none_or(|kept| kept.state.version() <= snapshot.state.version());
    if newer {
        tables.keep_subject(&snapshot.state)?;
        tables.remove_events(subject.id)?;
        for (event, place) in snapshot.events.iter().zip(1..) {
            tables.keep_event(subject.id, event.version().unwrap_or(place), event)?;
        }
        tables.remove_content(subject.id)?;
        tables.keep_content(subject.id, &snapshot.content)?;
    }
    tables.fill_scope(subject, scope)
}

/// The server says that this key does not see the subject: as if it had left.
///
/// # Errors
/// [`StoreError`].
pub fn not_seen(tables: Tables<'_>, scope: &str, subject: SubjectRef) -> Result<(), StoreError> {
    tables.leave_scope(subject.id, scope)?;
    tables.forget_unseen()
}
