//! The clocks of a request: when something is to be said of its promise, and when it is closed.
//!
//! A clock warns when 75 and 90 per cent of the promised time are over, and when all of it is. It
//! stops for good when what was promised is done; what came due at that very instant or later is
//! not said. While work waits nothing new comes due, but what had come due before is still said,
//! so that a stop of the server hides no breach. Everything follows from the request and the
//! calendar alone, so that it can be asked again at any time.

use std::collections::BTreeSet;

use super::calendar::{Calendar, Waits};
use crate::catalogue::Sla;
use crate::command::Tick;
use crate::decide::missed_at;
use crate::event::ClockKind;
use crate::subject::{RequestStatus, ServiceRequest};
use crate::time::{DAY_MS, Timestamp};

/// How long after it was resolved a request is closed: 28 days of 24 hours.
pub const CLOSE_AFTER_MS: i64 = 28 * DAY_MS;

/// Shares of the promised time that are said; the last is the due date itself.
const PERCENTS: [u8; 2] = [75, 90];
const BREACH: u8 = 100;

/// Something that comes to its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueTick {
    /// What is said then.
    pub tick: Tick,
    /// When.
    pub at: Timestamp,
}

/// What is still to be said of a request, in the order of time.
pub(super) fn ticks(calendar: &Calendar, request: &ServiceRequest) -> Vec<DueTick> {
    // Nothing is said of what is over.
    if request.status == RequestStatus::Closed {
        return Vec::new();
    }
    let mut ticks = warnings(calendar, request);
    if let (RequestStatus::Resolved, Some(resolved)) = (request.status, request.resolved_at) {
        let at = resolved.plus_ms(CLOSE_AFTER_MS);
        let tick = Tick { clock: ClockKind::Closing, percent: BREACH, due: at };
        ticks.push(DueTick { tick, at });
    }
    ticks.extend(photos(request));
    ticks.sort_by_key(|due| (due.at, due.tick.clock, due.tick.percent));
    ticks
}

/// When photos that have not come are missed: those that were named together at once.
fn photos(request: &ServiceRequest) -> impl Iterator<Item = DueTick> + '_ {
    let times: BTreeSet<Timestamp> =
        request.photos.iter().filter_map(|photo| missed_at(request, photo)).collect();
    times
        .into_iter()
        .filter(|at| request.imported_at.is_none_or(|imported| *at > imported))
        .map(|at| DueTick { tick: Tick { clock: ClockKind::Photos, percent: BREACH, due: at }, at })
}

fn warnings(calendar: &Calendar, request: &ServiceRequest) -> Vec<DueTick> {
    // The SLA as it was promised, not as the city's rules have it now.
    let sla = request.sla.as_deref().and_then(|sla| sla.parse::<Sla>().ok());
    let (Some(promise), Some(sla)) = (request.promise, sla) else {
        return Vec::new();
    };
    let ended = request.resolved_at;
    let responded = request.responded_at.into_iter().chain(ended).min();
    [
        (ClockKind::Response, promise.response_due, responded),
        (ClockKind::Resolution, promise.resolution_due, ended),
    ]
    .into_iter()
    // A date before its time began was promised before the request was reopened.
    .filter(|(_, due, _)| *due > request.clock_start)
    .flat_map(|(clock, due, stopped)| {
        let (waits, waits_from) = counted(request, due);
        let [most, nearly] = calendar.shares(sla, request.clock_start, due, &waits, PERCENTS);
        let [first, second] = PERCENTS;
        [(first, most), (second, nearly), (BREACH, due)]
            .map(|(percent, at)| DueTick { tick: Tick { clock, percent, due }, at })
            .into_iter()
            .filter(move |due| stopped.is_none_or(|stopped| due.at < stopped))
            .filter(move |due| waits_from.is_none_or(|from| due.at <= from))
    })
    .filter(|due| request.imported_at.is_none_or(|imported| due.at > imported))
    .filter(|due| {
        !request
            .warnings
            .iter()
            .any(|said| said.clock == due.tick.clock && said.percent == due.tick.percent)
    })
    .collect()
}

/// The waits that a promise counts with, and the instant after which it does not hold. A wait
/// moves the dates when work goes on; one that lasts, or that ended because the work was done, has
/// not moved them, nor has one in which the date would have passed.
fn counted(request: &ServiceRequest, due: Timestamp) -> (Waits, Option<Timestamp>) {
    let all = Waits::new(&request.pauses);
    let mut before = all.clone();
    match before.pop() {
        Some(last)
            if last.until.is_none_or(|until| {
                request.resolved_at.is_some_and(|end| end <= until)
                    || (last.from < due && due <= until)
            }) =>
        {
            (before, Some(last.from))
        }
        _ => (all, None),
    }
}

#[cfg(test)]
pub(super) mod tests;
