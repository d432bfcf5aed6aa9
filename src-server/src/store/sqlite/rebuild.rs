//! `rebuild`: the read tables, made again from the log.

use std::collections::BTreeMap;

use mend_core::apply::apply;
use mend_core::city::City;
use mend_core::id::SubjectRef;
use mend_core::subject::SubjectState;
use rusqlite::Connection;

use super::events::Stored;
use super::{StoreError, clocks, events, subjects};
use crate::store::Rebuilt;

/// Makes `requests`, `orders` and `clocks` again, in one transaction.
pub fn rebuild(connection: &mut Connection, city: &City) -> Result<Rebuilt, StoreError> {
    let transaction = connection.transaction()?;
    let mut states: BTreeMap<SubjectRef, Option<SubjectState>> = BTreeMap::new();
    let mut count = 0;
    events::each(&transaction, |stored| {
        count += 1;
        match stored {
            Stored::Known(event) => {
                let state = states.entry(event.subject).or_default();
                *state = apply(state.take(), &event);
            }
            // What it means is unknown here; that it happened is not.
            Stored::Newer { subject, version, .. } => {
                if let Some(Some(state)) = states.get_mut(&subject) {
                    state.skip_to(version);
                }
            }
        }
        Ok(())
    })?;
    transaction.execute_batch("DELETE FROM requests; DELETE FROM orders;")?;
    let mut rebuilt = Rebuilt { events: count, requests: 0, orders: 0 };
    for state in states.values().flatten() {
        subjects::put(&transaction, state)?;
        match state {
            SubjectState::ServiceRequest(_) => rebuilt.requests += 1,
            SubjectState::WorkOrder(_) => rebuilt.orders += 1,
        }
    }
    clocks::set_all(&transaction, city)?;
    transaction.commit()?;
    Ok(rebuilt)
}
