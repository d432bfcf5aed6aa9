//! Exactly once, through everything that a network does to a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mend_core::api::{Answers, CommandAnswer, NoticeKind, NoticesPage, StepKind, Tracked};
use mend_core::command::{AddNote, CommandBody};
use mend_core::event::Visibility;
use mend_core::frame::batch;
use mend_core::id::CityId;
use mend_core::refusal::RefusalCode;
use mend_core::subject::{OrderStatus, RequestStatus};
use mend_server::{Clock, Config};
use reqwest::Method;

use crate::support::*;

fn code(answer: &CommandAnswer) -> &'static str {
    match answer {
        CommandAnswer::Accepted(_) => "accepted",
        CommandAnswer::Refused { refusal, .. } => refusal.code.as_str(),
        CommandAnswer::Retry { .. } => "retry",
    }
}

#[tokio::test]
async fn doubled_delivery_has_one_effect() {
    let town = Town::new().await;
    let key = Key::new();
    let said = key.report(&town, OLD_MILL);
    let answers = town.send(&[&said, &said]).await;
    assert_eq!(answers[0], answers[1], "in one batch");
    assert_eq!(town.send(&[&said]).await[0], answers[0], "and in another");
    let session = key.session(&town).await;
    let page = town.changes(&session.token, "me", 0).await;
    assert_eq!(page.rows.len(), 1);
    // The next report gets the next number: none was spent on a double.
    let CommandAnswer::Accepted(first) = &answers[0] else { panic!() };
    let second = town.accepted(&key.report(&town, OLD_MILL)).await;
    assert_eq!(first.number.as_deref(), Some("26-000001"));
    assert_eq!(second.number.as_deref(), Some("26-000002"));
}

#[tokio::test]
async fn a_lost_acknowledgement_is_made_good_also_after_a_restart() {
    let town = Town::new().await;
    let key = Key::new();
    let said = key.report(&town, OLD_MILL);
    // The answer is lost: the connection's body is never read.
    drop(
        town.request(Method::POST, "/v1/commands")
            .body(batch([said.bytes.as_slice()]))
            .send()
            .await
            .unwrap(),
    );
    town.clock.advance(3_600_000);
    let again = town.accepted(&said).await;
    assert!(again.recorded_at.0 < MORNING.0 + 3_600_000, "the first answer, not a new one");
    let town = town.restarted().await;
    assert_eq!(town.accepted(&said).await, again);
    let session = key.session(&town).await;
    assert_eq!(town.changes(&session.token, "me", 0).await.rows.len(), 1);
}

#[tokio::test]
async fn many_at_once_with_the_same_bytes_have_one_effect() {
    let town = Town::new().await;
    let key = Key::new();
    let said = key.report(&town, OLD_MILL);
    let sends = (0..16).map(|_| async { town.send(&[&said]).await });
    let all = futures_util::future::join_all(sends).await;
    assert!(all.iter().all(|answers| answers == &all[0]));
    let next = town.accepted(&key.report(&town, OLD_MILL)).await;
    assert_eq!(next.number.as_deref(), Some("26-000002"));
}

#[tokio::test]
async fn completion_that_overtakes_start_ends_completed_and_once() {
    let town = Town::new().await;
    let resident = Key::new();
    let report = report_body(OLD_MILL);
    let track = format!("/v1/track/{}", report.tracking_code);
    let said = resident.report_as(&town, report);
    let accepted = town.accepted(&said).await;
    let token = resident.session(&town).await.token;
    let order = town.subject_request(&token, said.subject).await.order.unwrap();
    let reported = Reported { by: resident.clone(), said, accepted, order, token };
    let (crew, session) = town.signed_in("streets-1").await;
    let start = crew.start(&town, reported.order);
    let complete = crew.complete(&town, reported.order, Vec::new());
    town.accepted(&complete).await;
    let done = town.version(&reported).await;
    // True, and changes nothing any more.
    let late = town.accepted(&start).await;
    let first = town.accepted(&complete).await;
    let order = town.subject_order(&session.token, reported.order).await;
    assert_eq!((order.status, order.version), (OrderStatus::Completed, first.version));
    assert_eq!(late.version, first.version);
    assert!(order.started_at.is_some(), "completing says that work had begun");
    let request = town.subject_request(&reported.token, reported.said.subject).await;
    assert_eq!(request.status, RequestStatus::Resolved);
    assert_eq!(request.version, done, "nor does it happen to the request");
    let notices: NoticesPage = town.get(&reported.token, "/v1/notices").await;
    let told: Vec<_> = notices.notices.iter().map(|notice| notice.kind).collect();
    // Each once: the completion says that work had begun, and the late start says it no more.
    use NoticeKind::{Assigned, Received, Resolved, Started};
    assert_eq!(told, [Received, Assigned, Started, Resolved]);
    let tracked: Tracked = town.get("", &track).await;
    let [request] = tracked.requests.as_slice() else { panic!("{tracked:?}") };
    let steps: Vec<_> = request.steps.iter().map(|step| step.kind).collect();
    assert_eq!(
        steps,
        [StepKind::Received, StepKind::Assigned, StepKind::Started, StepKind::Resolved]
    );
}

#[tokio::test]
async fn a_note_that_overtakes_its_report_is_refused_and_then_accepted() {
    let town = Town::new().await;
    let key = Key::new();
    let report = key.report(&town, OLD_MILL);
    let note = CommandBody::AddNote(AddNote {
        text: "Worse after rain".into(),
        visibility: Visibility::Public,
    });
    let note = key.say_with(&town, report.subject, &note, |head| head.previous = Some(report.id));
    assert_eq!(town.refused(&note).await, RefusalCode::NotFound);
    town.accepted(&report).await;
    let version = town.accepted(&note).await.version;
    assert_eq!(town.accepted(&note).await.version, version);
}

#[tokio::test]
async fn a_bad_frame_spoils_only_its_own_answer() {
    let town = Town::new().await;
    let key = Key::new();
    let (first, last) = (key.report(&town, OLD_MILL), key.report(&town, HARBOR));
    let mut tampered = key.report(&town, OLD_MILL).bytes;
    let at = tampered.len() - 100;
    tampered[at] ^= 1;
    let other_city = key.say_with(
        &town,
        new_subject(),
        &CommandBody::Report(Box::new(report_body(OLD_MILL))),
        |head| head.city = CityId::from_bytes([5; 16]),
    );
    let newer = key.say_with(
        &town,
        new_subject(),
        &CommandBody::Report(Box::new(report_body(OLD_MILL))),
        |head| head.version = 9,
    );
    let mut unknown = key.head(&town, new_subject(), &complete_body(Vec::new()));
    unknown.type_ = 4_000;
    let unknown = key.seal(&unknown, b"{}");
    let body = batch([
        first.bytes.as_slice(),
        b"no frame at all",
        &tampered,
        &other_city.bytes,
        &newer.bytes,
        &unknown.bytes,
        &last.bytes,
    ]);
    let answers = town.send_bytes(body).await;
    let codes: Vec<_> = answers.iter().map(code).collect();
    assert_eq!(
        codes,
        [
            "accepted",
            "bad_frame",
            "bad_signature",
            "wrong_city",
            "unknown_command",
            "unknown_command",
            "accepted"
        ]
    );
}

#[tokio::test]
async fn a_batch_that_cannot_be_taken_apart_is_a_problem() {
    let town = Town::new().await;
    let post = |body: Vec<u8>| town.request(Method::POST, "/v1/commands").body(body).send();
    let cut = problem(post(vec![0, 0, 1, 0, 7]).await.unwrap()).await;
    assert_eq!((cut.status, cut.code.as_str()), (400, "bad_frame"));
    let long = problem(post(vec![0; (1 << 20) + 1]).await.unwrap()).await;
    assert_eq!((long.status, long.code.as_str()), (413, "body_too_large"));
    assert!(town.send_bytes(Vec::new()).await.is_empty());
}

#[tokio::test]
async fn the_same_id_with_other_bytes_gets_the_first_answer_beside_the_refusal() {
    let town = Town::new().await;
    let key = Key::new();
    let first = key.report(&town, OLD_MILL);
    let accepted = town.accepted(&first).await;
    let reuse = |key: &Key, body: &CommandBody| {
        key.say_with(&town, new_subject(), body, |head| head.command = first.id)
    };
    let report = CommandBody::Report(Box::new(report_body(HARBOR)));
    let mut broken = key.head(&town, new_subject(), &report);
    broken.command = first.id;
    for other in [reuse(&key, &report), key.seal(&broken, b"not even JSON")] {
        match town.send(&[&other]).await.remove(0) {
            CommandAnswer::Refused { refusal, first } => {
                assert_eq!(refusal.code, RefusalCode::IdReused);
                assert_eq!(first, Some(accepted.clone()));
            }
            answer => panic!("{answer:?}"),
        }
    }
    // Another key's id is simply unknown: its first answer is nobody else's to have, and what
    // follows from it has names of its own.
    let stranger = Key::new();
    town.accepted(&reuse(&stranger, &report)).await;
}

#[tokio::test]
async fn a_subject_that_exists_is_not_reported_again() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let stranger = Key::new();
    for id in [reported.said.subject, reported.order] {
        let body = CommandBody::Report(Box::new(report_body(OLD_MILL)));
        assert_eq!(town.refused(&stranger.say(&town, id, &body)).await, RefusalCode::AlreadyExists);
    }
}

#[tokio::test]
async fn a_commit_that_fails_is_tried_again_and_happens_once() {
    let town = Town::new().await;
    let key = Key::new();
    let (one, two) = (key.report(&town, OLD_MILL), key.report(&town, HARBOR));
    let bad = Key::new().say(&town, new_subject(), &complete_body(Vec::new()));
    town.failing.store(1, Ordering::SeqCst);
    let answers = town.send(&[&one, &bad, &two]).await;
    for answer in &answers {
        assert_eq!(*answer, CommandAnswer::Retry { code: "store_failed".into() });
    }
    let session = key.session(&town).await;
    let page = town.changes(&session.token, "me", 0).await;
    assert_eq!((page.rows.len(), page.next), (0, 0), "nothing of the group is left");
    let answers = town.send(&[&one, &bad, &two]).await;
    let codes: Vec<_> = answers.iter().map(code).collect();
    assert_eq!(codes, ["accepted", "not_found", "accepted"]);
    assert_eq!(town.accepted(&one).await.number.as_deref(), Some("26-000001"));
    assert_eq!(town.accepted(&two).await.number.as_deref(), Some("26-000002"));
}

#[tokio::test]
async fn a_shutdown_commits_what_was_handed_in() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let clock = Clock::starting_at(MORNING);
    // The commit thread says that it is at work and then waits, as it would for a slow disk.
    let (at_work, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let told = std::sync::Mutex::new(told);
    // Not before the server has started: it commits its accounts, too.
    let slow = Arc::new(AtomicBool::new(false));
    let is_slow = slow.clone();
    let slow_disk = move || {
        if !is_slow.load(Ordering::SeqCst) {
            return false;
        }
        at_work.send(()).unwrap();
        // An error means that the test has let go of it.
        let _ = told.lock().unwrap().recv();
        false
    };
    let town = Town::with(folder.clone(), clock.clone(), |config| Config {
        commit_fault: Some(Arc::new(slow_disk)),
        ..config
    })
    .await;
    let key = Key::new();
    let said = key.report(&town, OLD_MILL);
    let (addr, client, url) = (town.running.addr, town.client.clone(), town.url("/v1/commands"));
    let body = batch([said.bytes.as_slice()]);
    slow.store(true, Ordering::SeqCst);
    let sent = tokio::spawn(async move { client.post(url).body(body).send().await });
    begun.recv().await.unwrap();
    let shutdown = tokio::spawn(town.running.shutdown());
    // The shutdown has begun when nobody new is let in.
    while tokio::net::TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!sent.is_finished() && !shutdown.is_finished(), "both wait for the commit");
    drop(go_on);
    let answers = sent.await.unwrap().unwrap().json::<Answers>().await.unwrap().answers;
    let [CommandAnswer::Accepted(accepted)] = answers.as_slice() else { panic!("{answers:?}") };
    shutdown.await.unwrap();
    let town = Town::on(folder, clock).await;
    assert_eq!(&town.accepted(&said).await, accepted);
    let token = key.session(&town).await.token;
    assert_eq!(town.changes(&token, "me", 0).await.rows.len(), 1);
}
