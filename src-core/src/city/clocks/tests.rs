//! Tests of the clocks. Their instants are compared with a slow walk in the calendar's tests.

use std::collections::BTreeMap;

use super::*;
use crate::city::{City, PromiseQuery, sample};
use crate::event::{Closing, Promise};
use crate::id::{ContentId, OwnerHash, SubjectId};
use crate::subject::{Closed, Pause, Warning};
use crate::tracking::TrackingCode;

const HOUR: i64 = 3_600_000;

/// A request that waits for someone, promised at `start`.
pub(in crate::city) fn request(sla: Sla, start: Timestamp, promise: Promise) -> ServiceRequest {
    ServiceRequest {
        id: SubjectId::from_bytes([1; 16]),
        version: 1,
        reporter: None,
        tracking_code: TrackingCode::from_random(1),
        owner: OwnerHash([2; 32]),
        service_code: "pothole".into(),
        place: ContentId::from_bytes([3; 16]),
        description: None,
        answers: BTreeMap::new(),
        status: RequestStatus::Received,
        zones: BTreeMap::new(),
        number: None,
        priority: None,
        department: None,
        crew: None,
        promise: Some(promise),
        sla: Some(sla.to_string()),
        clock_start: start,
        pauses: Vec::new(),
        held_for: None,
        warnings: Vec::new(),
        imported_at: None,
        order: None,
        photos: Vec::new(),
        outcome: None,
        received_at: start,
        responded_at: None,
        started_at: None,
        resolved_at: None,
        closed: None,
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn city() -> City {
    City::from_pack(sample::pack()).unwrap()
}

/// Reported Monday 23 November 2026 at 10:00; the Monday after is a holiday.
fn monday(city: &City, sla: Sla, pauses: &[Pause]) -> ServiceRequest {
    let start = at("2026-11-23T10:00:00-08:00");
    let query = PromiseQuery { sla, start, pauses, zones: &BTreeMap::new() };
    let mut request = request(sla, start, city.promise(&query).unwrap());
    request.pauses = pauses.to_vec();
    request
}

/// Clock, per cent, and local time, `R 75 11-24 12:00`.
fn said(city: &City, request: &ServiceRequest) -> Vec<String> {
    let line = |due: DueTick| {
        let local = city.calendar().local(due.at).strftime("%m-%d %H:%M:%S");
        format!("{:?} {} {local}", due.tick.clock, due.tick.percent)
    };
    city.ticks(request).into_iter().map(line).collect()
}

#[test]
fn warnings_of_days_count_office_time() {
    let city = city();
    let range = Sla::Range { response_days: 1, resolution_days: 3 };
    let mut request = monday(&city, range, &[]);
    // Monday 10 to 17 and Tuesday 8 to 17 are 16 hours; 12 are over on Tuesday at 13:00. With two
    // more days of nine hours each it is 34 hours.
    let all = [
        "Response 75 11-24 13:00:00",
        "Response 90 11-24 15:24:00",
        "Response 100 11-24 17:00:00",
        "Resolution 75 11-26 08:30:00",
        "Resolution 90 11-26 13:36:00",
        "Resolution 100 11-26 17:00:00",
    ];
    assert_eq!(said(&city, &request), all);
    let ticks = city.ticks(&request);
    assert_eq!(ticks[0].tick.due, request.promise.unwrap().response_due);
    assert_eq!(ticks[5].tick.due, ticks[5].at);
    // What was said is not said again.
    request.warnings = vec![
        Warning { clock: ClockKind::Resolution, percent: 75 },
        Warning { clock: ClockKind::Response, percent: 100 },
    ];
    assert_eq!(said(&city, &request), [all[0], all[1], all[4], all[5]]);
    // Nor what was over when the request was taken over.
    request.warnings.clear();
    request.imported_at = Some(at("2026-11-24T15:24:00-08:00"));
    assert_eq!(said(&city, &request), all[2..]);
}

#[test]
fn warnings_of_hours_are_exact_to_the_millisecond() {
    let city = city();
    let mut request = monday(&city, Sla::Hours { response: 24, resolution: 48 }, &[]);
    assert_eq!(said(&city, &request)[0], "Response 75 11-24 04:00:00");
    // A promise of 101 milliseconds is at 75.75 of them, and so the 76th.
    let due = request.clock_start.plus_ms(101);
    request.promise = Some(Promise { response_due: due, resolution_due: due });
    let ms = |due: &DueTick| due.at.0 - request.clock_start.0;
    let found: Vec<i64> = city.ticks(&request).iter().map(ms).collect();
    assert_eq!(found, [76, 76, 91, 91, 101, 101]);
}

#[test]
fn a_clock_stops_at_what_was_promised() {
    let city = city();
    let range = Sla::Range { response_days: 1, resolution_days: 3 };
    let mut request = monday(&city, range, &[]);
    // The answer comes at the last moment: in time.
    request.responded_at = Some(request.promise.unwrap().response_due);
    assert_eq!(
        said(&city, &request)[..2],
        ["Response 75 11-24 13:00:00", "Response 90 11-24 15:24:00"]
    );
    assert_eq!(city.ticks(&request).len(), 5);
    request.responded_at = Some(at("2026-11-23T10:00:00-08:00"));
    assert_eq!(city.ticks(&request).len(), 3);
    request.status = RequestStatus::Resolved;
    request.resolved_at = Some(at("2026-11-26T10:00:00-08:00"));
    // 28 days of 24 hours later.
    assert_eq!(
        said(&city, &request),
        ["Resolution 75 11-26 08:30:00", "Closing 100 12-24 10:00:00"]
    );
    // Resolved counts as answered, if nobody answered before.
    request.responded_at = None;
    request.resolved_at = Some(at("2026-11-24T14:00:00-08:00"));
    assert_eq!(said(&city, &request), ["Response 75 11-24 13:00:00", "Closing 100 12-22 14:00:00"]);
    let closing = city.ticks(&request)[1];
    assert_eq!((closing.tick.due, closing.tick.clock), (closing.at, ClockKind::Closing));
    request.status = RequestStatus::Closed;
    request.closed = Some(Closed { at: closing.at, closing: Closing::Mended });
    assert_eq!(city.ticks(&request), []);
}

#[test]
fn a_request_without_promise_is_only_closed() {
    let city = city();
    let mut request = monday(&city, Sla::Days(2), &[]);
    let promise = request.promise.take();
    assert_eq!(city.ticks(&request), []);
    (request.promise, request.sla) = (promise, Some("as soon as may be".into()));
    assert_eq!(city.ticks(&request), []);
    // Reopened, and nobody could promise anything again.
    request.sla = Some(Sla::Days(2).to_string());
    request.clock_start = at("2026-11-25T17:00:00-08:00");
    assert_eq!(city.ticks(&request), []);
    (request.status, request.resolved_at) = (RequestStatus::Resolved, Some(Timestamp(5)));
    assert_eq!(city.ticks(&request).len(), 1);
    request.status = RequestStatus::Reopened;
    assert_eq!(city.ticks(&request), []);
    request.status = RequestStatus::Resolved;
    // A record that was taken over long after its repair is closed at once.
    request.imported_at = Some(at("2026-11-24T15:24:00-08:00"));
    assert_eq!(city.ticks(&request)[0].at, Timestamp(5 + CLOSE_AFTER_MS));
}

#[test]
fn the_promise_that_stands_counts_and_not_the_rules_of_today() {
    let city = city();
    let mut request = monday(&city, Sla::Hours { response: 1, resolution: 10 }, &[]);
    request.service_code = "comet".into();
    assert_eq!(
        said(&city, &request)[3..],
        [
            "Resolution 75 11-23 17:30:00",
            "Resolution 90 11-23 19:00:00",
            "Resolution 100 11-23 20:00:00",
        ]
    );
}

#[test]
fn nothing_comes_due_while_work_waits() {
    let city = city();
    let sla = Sla::Hours { response: 20, resolution: 100 };
    let mut request = monday(&city, sla, &[]);
    let start = request.clock_start;
    let from = start.plus_ms(80 * HOUR);
    request.responded_at = Some(start);
    request.status = RequestStatus::OnHold;
    request.pauses = vec![Pause { from, until: None }];
    // 75 hours were over before the wait began: a server that stood still then says it now.
    assert_eq!(
        city.ticks(&request).iter().map(|due| due.at).collect::<Vec<_>>(),
        [start.plus_ms(75 * HOUR)]
    );
    request.pauses[0].from = start.plus_ms(70 * HOUR);
    assert_eq!(city.ticks(&request), []);

    // Held again without going on between: one wait, the dates not yet moved.
    let again = start.plus_ms(90 * HOUR);
    request.pauses = vec![
        Pause { from: start.plus_ms(70 * HOUR), until: Some(again) },
        Pause { from: again, until: None },
    ];
    assert_eq!(city.ticks(&request), []);

    // Mended out of the wait: nothing comes due afterwards that did not before, neither by the
    // date, which would have moved, nor by a share of the time that is left without the wait.
    request.pauses.truncate(1);
    for hours in [90, 200] {
        let end = start.plus_ms(hours * HOUR);
        request.pauses[0].until = Some(end);
        (request.status, request.resolved_at) = (RequestStatus::Resolved, Some(end));
        let ticks = city.ticks(&request);
        assert_eq!(
            ticks.iter().map(|due| due.tick.clock).collect::<Vec<_>>(),
            [ClockKind::Closing]
        );
    }

    // Gone on, and the date in the wait was not moved, because nothing could be promised again.
    (request.status, request.resolved_at) = (RequestStatus::InProgress, None);
    request.pauses[0].until = Some(start.plus_ms(110 * HOUR));
    assert_eq!(city.ticks(&request), []);

    // Gone on, with the dates moved by the wait.
    (request.status, request.resolved_at) = (RequestStatus::InProgress, None);
    request.pauses[0].until = Some(start.plus_ms(90 * HOUR));
    let query = PromiseQuery { sla, start, pauses: &request.pauses, zones: &BTreeMap::new() };
    request.promise = city.promise(&query);
    let hours = |due: &DueTick| (due.at.0 - start.0) / HOUR;
    assert_eq!(city.ticks(&request).iter().map(hours).collect::<Vec<_>>(), [95, 110, 120]);
}

#[test]
fn a_breach_right_before_a_wait_is_said() {
    let city = city();
    let mut request = monday(&city, Sla::Hours { response: 1, resolution: 10 }, &[]);
    let due = request.promise.unwrap().resolution_due;
    request.responded_at = Some(request.clock_start);
    request.pauses = vec![Pause { from: due, until: None }];
    request.status = RequestStatus::OnHold;
    assert_eq!(city.ticks(&request).len(), 3, "all of the time was over when the wait began");
    request.pauses[0].from = due.plus_ms(-1);
    assert_eq!(city.ticks(&request).len(), 2);
}
