//! Crews and dispatchers: sign-in, orders, work done without a network.

use mend_core::api::{Change, CommandAnswer, NoticeKind, NoticesPage};
use mend_core::command::{AddNote, Assign, CommandBody, Start};
use mend_core::event::Visibility;
use mend_core::id::SubjectId;
use mend_core::refusal::RefusalCode;
use mend_core::subject::{OrderStatus, RequestStatus, SubjectState};
use mend_core::time::DAY_MS;

use crate::support::*;

const HOUR: i64 = 3_600_000;

fn assign(dispatcher: &Key, town: &Town, order: SubjectId, crew: &str, based_on: u32) -> Said {
    let body = CommandBody::Assign(Assign { crew: crew.into() });
    dispatcher.say_with(town, order, &body, |head| head.based_on = based_on)
}

#[tokio::test]
async fn a_report_reaches_its_crew_and_the_work_its_reporter() {
    let town = Town::new().await;
    let resident = Key::new();
    let reported = town.reported(&resident, OLD_MILL).await;
    let request = town.subject_request(&reported.token, reported.said.subject).await;
    assert_eq!(request.department.as_deref(), Some("streets"));
    assert_eq!(request.crew.as_deref(), Some("streets-1"));
    assert_eq!(request.status, RequestStatus::Assigned);
    // Wednesday at ten; ten business days, none of them a holiday: Wednesday two weeks on at five.
    let due = request.promise.unwrap().resolution_due;
    assert_eq!(due.0 - MORNING.0, 14 * DAY_MS + 7 * HOUR);

    let (crew, session) = town.signed_in("streets-1").await;
    assert_eq!(session.scopes, ["me", "crew:streets-1"]);
    let page = town.changes(&session.token, "crew:streets-1", 0).await;
    let [Change::Enter(snapshot)] = page.rows.as_slice() else { panic!("{:?}", page.rows) };
    let SubjectState::WorkOrder(order) = &snapshot.state else { panic!("a crew needs no request") };
    assert_eq!((order.id, order.due), (reported.order, Some(due)));
    assert!(snapshot.content.contains_key(&order.place));
    assert!(snapshot.content.contains_key(&order.description.unwrap()));

    town.accepted(&crew.start(&town, order.id)).await;
    town.accepted(&crew.complete(&town, order.id, Vec::new())).await;
    let request = town.subject_request(&reported.token, reported.said.subject).await;
    assert_eq!(request.status, RequestStatus::Resolved);
    let notices: NoticesPage = town.get(&reported.token, "/v1/notices?after=0").await;
    let told: Vec<_> =
        notices.notices.iter().map(|n| (n.seq, n.kind, n.by.as_deref(), n.read)).collect();
    assert_eq!(
        told,
        [
            (1, NoticeKind::Received, Some("Streets"), false),
            (2, NoticeKind::Assigned, Some("Streets Crew 1"), false),
            (3, NoticeKind::Started, Some("Streets Crew 1"), false),
            (4, NoticeKind::Resolved, Some("Streets Crew 1"), false),
        ]
    );
    assert_eq!(notices.unread, 4);
    assert_eq!(notices.notices[0].number, request.number.unwrap());
}

#[tokio::test]
async fn an_order_assigned_behind_a_crews_cursor_enters_with_its_whole_past() {
    let town = Town::new().await;
    let resident = Key::new();
    // This one waits on the board while the crew reads on.
    let waiting = town.reported(&resident, BEACON_HILL).await;
    town.reported(&resident, OLD_MILL).await;
    let (_, session) = town.signed_in("streets-1").await;
    let cursor = town.changes(&session.token, "crew:streets-1", 0).await.next;
    assert!(cursor > 0);
    town.reported(&resident, OLD_MILL).await;
    let cursor = town.changes(&session.token, "crew:streets-1", cursor).await.next;

    let (dispatcher, desk) = town.signed_in("dispatcher").await;
    let order = town.subject_order(&desk.token, waiting.order).await;
    assert_eq!(order.status, OrderStatus::Unassigned);
    town.accepted(&assign(&dispatcher, &town, order.id, "streets-1", order.version)).await;

    let page = town.changes(&session.token, "crew:streets-1", cursor).await;
    let [Change::Enter(snapshot)] = page.rows.as_slice() else { panic!("{:?}", page.rows) };
    assert_eq!(snapshot.state.subject().id, waiting.order);
    assert_eq!(
        snapshot.events.len(),
        snapshot.state.version() as usize,
        "every event since the first"
    );
    assert!(town.changes(&session.token, "crew:streets-1", page.next).await.rows.is_empty());
}

#[tokio::test]
async fn a_reassigned_order_leaves_one_crew_and_enters_the_other() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let (former, former_session) = town.signed_in("streets-1").await;
    let (_, other_session) = town.signed_in("streets-2").await;
    let at = town.changes(&former_session.token, "crew:streets-1", 0).await.next;
    let (dispatcher, desk) = town.signed_in("dispatcher").await;
    let order = town.subject_order(&desk.token, reported.order).await;
    // Without a network, the former crew goes on.
    let complete = former.complete(&town, order.id, Vec::new());
    town.accepted(&assign(&dispatcher, &town, order.id, "streets-2", order.version)).await;
    let again = assign(&dispatcher, &town, order.id, "streets-1", order.version);
    assert_eq!(town.refused(&again).await, RefusalCode::Conflict);

    let page = town.changes(&former_session.token, "crew:streets-1", at).await;
    assert!(matches!(page.rows.as_slice(), [Change::Leave { subject }] if subject.id == order.id));
    let page = town.changes(&other_session.token, "crew:streets-2", 0).await;
    assert!(matches!(page.rows.as_slice(), [Change::Enter(_)]));
    // Also a first read of the former crew's feed no longer shows it.
    let page = town.changes(&former_session.token, "crew:streets-1", 0).await;
    assert!(page.rows.is_empty());

    town.accepted(&complete).await;
    let order = town.subject_order(&desk.token, reported.order).await;
    assert_eq!((order.status, order.flagged), (OrderStatus::Completed, true));
}

#[tokio::test]
async fn work_done_without_a_network_counts_when_it_happened() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let (crew, session) = town.signed_in("streets-1").await;
    let order = town.subject_order(&session.token, reported.order).await;
    town.clock.advance(HOUR);
    // The device's clock is two hours fast, and it knows.
    let (start_at, done_at) = (town.clock.now(), town.clock.now().plus_ms(2 * HOUR));
    let fast = 2 * HOUR;
    let start = crew.say_with(&town, order.id, &CommandBody::Start(Start {}), |head| {
        head.based_on = order.version;
        head.device_clock = start_at.plus_ms(fast);
        head.offset_ms = -(fast as i32);
    });
    let complete = crew.say_with(&town, order.id, &complete_body(Vec::new()), |head| {
        head.based_on = order.version;
        head.previous = Some(start.id);
        head.device_clock = done_at.plus_ms(fast);
        head.offset_ms = -(fast as i32);
    });
    // Delivered a day later, both at once.
    town.clock.advance(DAY_MS);
    town.send(&[&start, &complete]).await;
    let session = crew.session(&town).await;
    let order = town.subject_order(&session.token, reported.order).await;
    assert_eq!(order.started_at, Some(start_at));
    assert_eq!(order.completed_at, Some(done_at));
}

#[tokio::test]
async fn a_clock_that_lies_is_clamped_to_what_was_seen_and_to_arrival() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let (crew, session) = town.signed_in("streets-1").await;
    let order = town.subject_order(&session.token, reported.order).await;
    town.clock.advance(HOUR);
    let before = crew.say_with(&town, order.id, &CommandBody::Start(Start {}), |head| {
        head.based_on = order.version;
        head.device_clock = MORNING.plus_ms(-30 * DAY_MS);
    });
    let recorded = town.accepted(&before).await.recorded_at;
    let started = town.subject_order(&session.token, order.id).await.started_at.unwrap();
    assert_eq!(started, reported.accepted.recorded_at, "not before the assignment it had seen");
    let after = crew.say_with(&town, order.id, &complete_body(Vec::new()), |head| {
        head.device_clock = recorded.plus_ms(365 * DAY_MS);
    });
    let recorded = town.accepted(&after).await.recorded_at;
    let done = town.subject_order(&session.token, order.id).await.completed_at.unwrap();
    assert_eq!(done, recorded, "not after it arrived");
}

#[tokio::test]
async fn an_expired_sign_in_keeps_the_work_until_the_next() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let (crew, _) = town.signed_in("streets-1").await;
    town.clock.advance(14 * DAY_MS + HOUR);
    let start = crew.start(&town, reported.order);
    let note = CommandBody::AddNote(AddNote {
        text: "On our way".into(),
        visibility: Visibility::Internal,
    });
    let note = crew.say(&town, reported.order, &note);
    assert_eq!(town.retried(&start).await, "sign_in_needed");
    assert_eq!(town.retried(&note).await, "sign_in_needed");
    // A session without the password reads only what everyone's would.
    assert_eq!(crew.session(&town).await.scopes, ["me"]);
    crew.sign_in(&town, "streets-1").await;
    let answers = town.send(&[&start, &note]).await;
    assert!(
        answers.iter().all(|answer| matches!(answer, CommandAnswer::Accepted(_))),
        "the same bytes"
    );
}

#[tokio::test]
async fn only_the_right_people_may() {
    let town = Town::new().await;
    let resident = Key::new();
    let reported = town.reported(&resident, OLD_MILL).await;
    let (other, _) = town.signed_in("streets-2").await;
    let (dispatcher, desk) = town.signed_in("dispatcher").await;
    let (crew, _) = town.signed_in("streets-1").await;
    assert_eq!(town.retried(&resident.start(&town, reported.order)).await, "sign_in_needed");
    assert_eq!(town.refused(&other.start(&town, reported.order)).await, RefusalCode::NotFound);
    assert_eq!(
        town.refused(&dispatcher.start(&town, reported.order)).await,
        RefusalCode::NotAllowed
    );
    let version = town.subject_order(&desk.token, reported.order).await.version;
    let take = |key: &Key, crew: &str| assign(key, &town, reported.order, crew, version);
    assert_eq!(town.refused(&take(&crew, "streets-2")).await, RefusalCode::NotAllowed);
    assert_eq!(town.refused(&take(&dispatcher, "moon-1")).await, RefusalCode::UnknownCrew);
    assert_eq!(town.retried(&take(&resident, "streets-2")).await, "sign_in_needed");
    assert_eq!(town.subject_order(&desk.token, reported.order).await.version, version);
}

#[tokio::test]
async fn internal_notes_stay_with_the_staff() {
    let town = Town::new().await;
    let resident = Key::new();
    let reported = town.reported(&resident, OLD_MILL).await;
    let (crew, session) = town.signed_in("streets-1").await;
    let note = CommandBody::AddNote(AddNote {
        text: "Dog behind the gate".into(),
        visibility: Visibility::Internal,
    });
    town.accepted(&crew.say(&town, reported.order, &note)).await;
    let path = |kind, id| format!("/v1/subjects/{kind}/{id}");
    let text = |token: String, path: String| {
        let town = &town;
        async move { town.get::<serde_json::Value>(&token, &path).await.to_string() }
    };
    let theirs = text(session.token, path("work_order", reported.order)).await;
    assert!(theirs.contains("Dog behind the gate"));
    let own = text(reported.token.clone(), path("service_request", reported.said.subject)).await;
    assert!(!own.contains("Dog"), "{own}");
    assert!(own.contains("\"hidden\""), "versions stay dense");
    let (_, desk) = town.signed_in("dispatcher").await;
    let staff = text(desk.token, path("service_request", reported.said.subject)).await;
    assert!(
        !staff.contains(&resident.principal().to_string()),
        "nobody else sees whose key it was"
    );
    assert!(own.contains(&resident.principal().to_string()));
}
