//! Promised time: warnings, holds, late news, closing and reopening.

use std::time::{Duration, Instant};

use mend_core::api::{Change, NoticeKind, NoticesPage, Snapshot, WireEvent};
use mend_core::command::{CommandBody, Hold, Merge, Reopen, Resume};
use mend_core::event::{ClockKind, Closing, Event, EventBody, HoldReason};
use mend_core::id::SubjectId;
use mend_core::refusal::RefusalCode;
use mend_core::subject::{OrderStatus, RequestStatus};
use mend_core::time::{DAY_MS, Timestamp};

use crate::support::*;

const HOUR: i64 = 3_600_000;

async fn events(town: &Town, token: &str, id: SubjectId) -> Vec<Event> {
    let path = format!("/v1/subjects/service_request/{id}");
    let snapshot: Snapshot = town.get(token, &path).await;
    let seen = snapshot.events.into_iter().filter_map(|event| match event {
        WireEvent::Seen(event) => Some(*event),
        _ => None,
    });
    seen.collect()
}

/// The warnings of a request, as staff see them, with the instants at which they happened.
async fn warnings(town: &Town, token: &str, id: SubjectId) -> Vec<(ClockKind, u8, Timestamp)> {
    let warned = events(town, token, id).await.into_iter().filter_map(|event| match event.body {
        EventBody::Warned { clock, percent, .. } => Some((clock, percent, event.occurred_at)),
        _ => None,
    });
    warned.collect()
}

/// Waits until the server has said what `wanted` looks for.
pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "it did not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn hold(crew: &Key, town: &Town, order: SubjectId) -> Said {
    let body = Hold { reason: HoldReason::Parts, note: "Asphalt comes on Monday".into() };
    crew.say(town, order, &CommandBody::Hold(body))
}

#[tokio::test]
async fn every_share_of_a_promise_is_warned_of_once_also_after_a_stop() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let id = reported.said.subject;
    let (_, staff) = town.signed_in("dispatcher").await;
    assert_eq!(warnings(&town, &staff.token, id).await, []);

    // Five business days for the response: over on Wednesday in a week, at five.
    town.clock.advance(7 * DAY_MS + 8 * HOUR);
    let (_, staff) = town.signed_in("dispatcher").await;
    let first = until(async || {
        let found = warnings(&town, &staff.token, id).await;
        (found.len() >= 3).then_some(found)
    })
    .await;
    let shares: Vec<_> = first.iter().map(|(clock, percent, _)| (*clock, *percent)).collect();
    assert_eq!(shares, [75, 90, 100].map(|percent| (ClockKind::Response, percent)));
    let promise = town.subject_request(&staff.token, id).await.promise.unwrap();
    assert_eq!(first[2].2, promise.response_due, "a breach happens when the promise ends");

    // The server stops while the resolution falls due, and catches up once.
    let (folder, clock) = (town.folder.clone(), town.clock.clone());
    town.running.shutdown().await;
    clock.advance(30 * DAY_MS);
    let mut town = Town::on(folder, clock).await;
    for _ in 0..2 {
        let (_, staff) = town.signed_in("dispatcher").await;
        let all = until(async || {
            let found = warnings(&town, &staff.token, id).await;
            (found.len() >= 6).then_some(found)
        })
        .await;
        assert_eq!(all.len(), 6, "each once: {all:?}");
        assert_eq!(all[5], (ClockKind::Resolution, 100, promise.resolution_due));
        assert!(all.is_sorted_by_key(|(_, _, at)| *at));
        town = town.restarted().await;
    }
    // The reporter reads the dates; the city's own warnings are not for them.
    let mine = reported_events(&town, &reported).await;
    assert!(!mine.iter().any(|event| matches!(event.body, EventBody::Warned { .. })));
}

/// The events of a request as its reporter sees them, over a new session.
async fn reported_events(town: &Town, reported: &Reported) -> Vec<Event> {
    let session = reported.by.session(town).await;
    events(town, &session.token, reported.said.subject).await
}

#[tokio::test]
async fn a_hold_stops_the_clocks_and_moves_the_dates() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let id = reported.said.subject;
    let first = town.subject_request(&reported.token, id).await.promise.unwrap();
    let (crew, _) = town.signed_in("streets-1").await;
    town.accepted(&hold(&crew, &town, reported.order)).await;
    let held = town.subject_request(&reported.token, id).await;
    assert_eq!((held.status, held.held_for), (RequestStatus::OnHold, Some(HoldReason::Parts)));
    assert!(held.responded_at.is_some(), "saying why it waits is a response");
    let notices: NoticesPage = town.get(&reported.token, "/v1/notices?after=0").await;
    assert!(notices.notices.iter().any(|notice| notice.kind == NoticeKind::OnHold));

    // Held on Wednesday, gone on with a week later: five closings do not count.
    town.clock.advance(7 * DAY_MS);
    let (crew, session) = town.signed_in("streets-1").await;
    let resume = crew.say(&town, reported.order, &CommandBody::Resume(Resume {}));
    town.accepted(&resume).await;
    let resumed = town.subject_request(&session_of(&town, &reported).await, id).await;
    assert_eq!(resumed.status, RequestStatus::Assigned);
    let moved = resumed.promise.unwrap();
    assert_eq!(moved.resolution_due.0 - first.resolution_due.0, 7 * DAY_MS);
    let order = town.subject_order(&session.token, reported.order).await;
    assert_eq!(order.due, Some(moved.resolution_due), "the crew works by the same date");

    // Nothing was warned of while it waited: of ten days not one is over.
    let (_, staff) = town.signed_in("dispatcher").await;
    assert_eq!(warnings(&town, &staff.token, id).await, []);
}

async fn session_of(town: &Town, reported: &Reported) -> String {
    reported.by.session(town).await.token
}

#[tokio::test]
async fn work_done_in_time_is_not_late_because_news_of_it_was() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let id = reported.said.subject;
    let (crew, _) = town.signed_in("streets-1").await;
    let due = town.subject_request(&reported.token, id).await.promise.unwrap().resolution_due;
    // Done in a cellar a day before the date, told of two days after it.
    let started = crew.start(&town, reported.order);
    let done = crew.say_with(&town, reported.order, &complete_body(Vec::new()), |head| {
        head.device_clock = due.plus_ms(-DAY_MS);
        head.server_seen = Some(MORNING);
        head.previous = Some(started.id);
    });
    town.clock.advance(due.0 - MORNING.0 + 2 * DAY_MS);
    let (_, staff) = town.signed_in("dispatcher").await;
    until(async || {
        let found = warnings(&town, &staff.token, id).await;
        found.iter().any(|w| (w.0, w.1) == (ClockKind::Resolution, 100)).then_some(())
    })
    .await;
    // The sign-in ran out on the way; with a new one the same key sends the same bytes.
    crew.sign_in(&town, "streets-1").await;
    town.accepted(&started).await;
    town.accepted(&done).await;
    let request = town.subject_request(&staff.token, id).await;
    assert!(request.resolved_at.unwrap() < due, "what was promised was kept");
    assert_eq!(request.status, RequestStatus::Resolved);
}

#[tokio::test]
async fn what_is_mended_closes_after_28_days_and_can_be_reopened_until_then() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let id = reported.said.subject;
    let reopen = |town: &Town| {
        let body = CommandBody::Reopen(Reopen { note: "It is open again".into() });
        reported.by.say(town, id, &body)
    };
    let (crew, crew_session) = town.signed_in("streets-1").await;
    town.accepted(&crew.complete(&town, reported.order, Vec::new())).await;
    let before = town.changes(&crew_session.token, "crew:streets-1", 0).await.next;

    town.clock.advance(27 * DAY_MS);
    town.accepted(&reopen(&town)).await;
    let (_, staff) = town.signed_in("dispatcher").await;
    let request = town.subject_request(&staff.token, id).await;
    assert_eq!(request.status, RequestStatus::Reopened);
    let promise = request.promise.unwrap();
    assert!(promise.resolution_due > town.clock.now(), "a new time is promised");
    let order = town.subject_order(&staff.token, reported.order).await;
    assert_eq!(order.status, OrderStatus::Assigned, "the crew that had it has it");
    assert_eq!(order.due, Some(promise.resolution_due));
    let crew_session = crew.sign_in(&town, "streets-1").await;
    let page = town.changes(&crew_session.token, "crew:streets-1", before).await;
    assert!(
        page.rows.iter().any(|row| matches!(row, Change::Events { .. })),
        "and its feed says so"
    );
    let page = town.changes(&staff.token, "city", 0).await;
    assert!(!page.rows.is_empty(), "and so does the desk's");

    town.accepted(&crew.complete(&town, reported.order, Vec::new())).await;
    town.clock.advance(28 * DAY_MS + HOUR);
    let (_, staff) = town.signed_in("dispatcher").await;
    let closed = until(async || town.subject_request(&staff.token, id).await.closed).await;
    assert_eq!(closed.closing, Closing::Mended);
    assert_eq!(town.refused(&reopen(&town)).await, RefusalCode::AlreadyClosed);
}

#[tokio::test]
async fn a_duplicate_ends_and_its_order_with_it() {
    let town = Town::new().await;
    let first = town.reported(&Key::new(), OLD_MILL).await;
    let second = town.reported(&Key::new(), OLD_MILL).await;
    let (dispatcher, staff) = town.signed_in("dispatcher").await;
    let version = town.version(&second).await;
    let merge = |into, based_on| {
        let body = CommandBody::Merge(Merge { into });
        dispatcher.say_with(&town, second.said.subject, &body, |head| head.based_on = based_on)
    };
    let unknown = new_subject();
    assert_eq!(town.refused(&merge(unknown, version)).await, RefusalCode::NotFound);
    town.accepted(&merge(first.said.subject, version)).await;
    let request = town.subject_request(&second.token, second.said.subject).await;
    assert_eq!(request.status, RequestStatus::Closed);
    assert_eq!(request.closed.unwrap().closing, Closing::Duplicate { of: first.said.subject });
    let order = town.subject_order(&staff.token, second.order).await;
    assert_eq!(order.status, OrderStatus::Cancelled);
    let notices: NoticesPage = town.get(&second.token, "/v1/notices?after=0").await;
    assert_eq!(notices.notices.last().unwrap().kind, NoticeKind::Duplicate);
    // No circle: the one that goes on cannot lead to the one that ended.
    let body = CommandBody::Merge(Merge { into: second.said.subject });
    let version = town.version(&first).await;
    let circle =
        dispatcher.say_with(&town, first.said.subject, &body, |head| head.based_on = version);
    assert_eq!(town.refused(&circle).await, RefusalCode::BadBody);
    // A crew that was on its way all the same: its work is kept and flagged.
    let (crew, _) = town.signed_in("streets-1").await;
    town.accepted(&crew.complete(&town, second.order, Vec::new())).await;
    let order = town.subject_order(&staff.token, second.order).await;
    assert!(order.flagged);
    let request = town.subject_request(&second.token, second.said.subject).await;
    assert_eq!(request.status, RequestStatus::Closed);
}
