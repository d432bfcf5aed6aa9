//! The ticker: turns clocks that have come to their time into commands of the system.
//!
//! A command's id follows from request, clock, share and date, so that each warning and closing
//! happens once, whoever asks for it how often. After a stop everything that came to its time
//! meanwhile is caught up, each at the instant at which it was due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mend_core::api::CommandAnswer;
use mend_core::city::City;
use mend_core::command::CommandBody;
use mend_core::id::{CommandId, SubjectKind};
use mend_core::subject::ServiceRequest;
use mend_core::time::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::pool::Readers;
use crate::store::thread::Committer;
use crate::store::{Origin, Prepared, StoreError};

/// How often the clocks are looked at. One look is one read of an index.
const EVERY: Duration = Duration::from_secs(1);
/// Requests that are looked at together.
const BATCH: usize = 50;

/// What the ticker works with.
pub struct Ticker {
    /// The city's calendar.
    pub city: Arc<City>,
    /// The server's clock.
    pub clock: Clock,
    /// The reading half.
    pub readers: Readers,
    /// The way to the writing half.
    pub committer: Committer,
}

impl Ticker {
    /// Ticks until `ended` says so.
    pub async fn run(self, mut ended: watch::Receiver<bool>) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // What the calendar lacks on the first day is said at the start.
        let mut day = self.city.calendar().local_date(self.clock.now());
        loop {
            tokio::select! {
                _ = every.tick() => {}
                // The sender is gone when the server is.
                _ = ended.changed() => return,
            }
            if let Err(error) = self.catch_up().await {
                tracing::error!(code = error.code(), %error, "the clocks could not be read");
            }
            let today = self.city.calendar().local_date(self.clock.now());
            if std::mem::replace(&mut day, today) != today {
                for fault in self.city.holiday_faults(self.clock.now()) {
                    tracing::warn!("the city's calendar: {} {}", fault.what, fault.remedy);
                }
            }
        }
    }

    /// Says everything that has come to its time by now.
    async fn catch_up(&self) -> Result<(), StoreError> {
        let mut limit = BATCH;
        loop {
            let now = self.clock.now();
            let due_requests = self.readers.read(move |reads| reads.due(now, limit)).await?;
            let batch: Vec<Prepared> =
                due_requests.iter().flat_map(|request| due(&self.city, request, now)).collect();
            if batch.is_empty() {
                if let Some(request) = due_requests.first() {
                    tracing::error!(request = %request.id, "a clock is due and says nothing");
                }
                if due_requests.len() < limit {
                    return Ok(());
                }
                // They must not stand before those that have something to say.
                limit *= 2;
                continue;
            }
            let answers = self.committer.commit(batch).await;
            // A failing disk is asked again at the next look, not at once.
            if !answers.iter().any(|answer| matches!(answer, CommandAnswer::Accepted(_))) {
                return Ok(());
            }
        }
    }
}

/// The commands that say what of a request has come to its time by `now`.
pub fn due(city: &City, request: &ServiceRequest, now: Timestamp) -> Vec<Prepared> {
    let due = city.ticks(request).into_iter().filter(|due| due.at <= now);
    due.map(|due| Prepared {
        id: CommandId::tick(request.id, &due.tick),
        subject: request.id,
        kind: Some(SubjectKind::ServiceRequest),
        based_on: 0,
        supersedes: None,
        origin: Origin::System,
        arrival: now,
        body: Ok(CommandBody::Tick(due.tick)),
        inside_city: false,
        zones: BTreeMap::new(),
        asset: None,
    })
    .collect()
}
