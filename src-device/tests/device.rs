//! The device against a server that goes away, loses answers and refuses: nothing is lost, nothing
//! happens twice, and everything that waits says why.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

mod common;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Server, large_photo, photo};
use mend_core::api::{Delivery, FlowStep, NoticeKind, ReportDraft, StepKind};
use mend_core::catalogue::Answer;
use mend_core::id::{CommandId, DraftId, PhotoHash, SubjectKind};
use mend_core::location::{Location, LocationSource, Point};
use mend_core::photo_hint::NoHint;
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::subject::{OrderStatus, RequestStatus, SubjectState};
use mend_core::time::Timestamp;
use mend_device::photo::PhotoSize;
use mend_device::{Device, DeviceError};

/// Asks again and again until it is so.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn open(dir: &Path, server: &Server) -> Device {
    Device::open(dir, &server.url()).await.unwrap()
}

/// A device that has met the city.
async fn met(dir: &Path, server: &Server) -> Device {
    let device = open(dir, server).await;
    until("the city", || async { device.city().await.unwrap() }).await;
    device
}

/// What a kill leaves: the files as they are now, without a word to the process that has them.
fn killed(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_dir(dir, copy.path());
    copy
}

fn copy_dir(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn add_photo(
    device: &Device,
    draft: DraftId,
    bytes: &[u8],
) -> Result<PhotoHash, DeviceError> {
    let upload = device.photo_begin(draft, bytes.len() as u64).await?;
    for piece in bytes.chunks(3000) {
        device.photo_piece(upload, &STANDARD.encode(piece)).await?;
    }
    Ok(device.photo_finish(upload).await?.hash)
}

fn kestrel_street() -> Location {
    Location {
        point: Point::new(40.5001, 10.02).unwrap(),
        source: LocationSource::Address,
        accuracy_m: None,
        fix_age_s: None,
        asset: None,
        label: "214 Kestrel Street".into(),
    }
}

/// Fills in everything that a report needs.
async fn fill_in(device: &Device, words: &str) -> ReportDraft {
    let mut draft = device.report_draft().await.unwrap();
    draft.place = Some(kestrel_street());
    draft.service_code = Some("pothole".into());
    draft.answers.insert("where".into(), Answer::Choice("lane".into()));
    draft.description = words.into();
    draft.step = FlowStep::Review;
    device.save_report_draft(draft.clone()).await.unwrap();
    draft
}

async fn report(device: &Device, words: &str) -> mend_core::id::SubjectId {
    let draft = fill_in(device, words).await;
    device.send_report(draft.id).await.unwrap().request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_of_a_draft_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::away().await;
    let device = open(dir.path(), &server).await;
    let mut draft = device.report_draft().await.unwrap();
    let compare = async |expected: &ReportDraft| {
        let copy = killed(dir.path());
        let again = open(copy.path(), &server).await;
        assert_eq!(again.report_draft().await.unwrap(), *expected);
        for photo in &expected.photos {
            let bytes = again.photo_bytes(photo.hash, PhotoSize::Full).await.unwrap();
            assert_eq!(bytes.unwrap().len() as u64, photo.bytes);
        }
        again.close().await;
    };
    compare(&draft).await;

    add_photo(&device, draft.id, &photo(10, None)).await.unwrap();
    add_photo(&device, draft.id, &photo(20, None)).await.unwrap();
    draft = device.report_draft().await.unwrap();
    assert_eq!(draft.photos.len(), 2);
    compare(&draft).await;

    draft.step = FlowStep::Place;
    draft.place_text = "214 Kes".into();
    device.save_report_draft(draft.clone()).await.unwrap();
    draft = device.report_draft().await.unwrap();
    assert_eq!(draft.place_text, "214 Kes");
    compare(&draft).await;

    draft.place = Some(kestrel_street());
    draft.service_code = Some("pothole".into());
    draft.answers.insert("where".into(), Answer::Choice("lane".into()));
    draft.description = "Worse after rain".into();
    device.save_report_draft(draft.clone()).await.unwrap();
    draft = device.report_draft().await.unwrap();
    compare(&draft).await;

    device.photo_remove(draft.id, draft.photos[0].hash).await.unwrap();
    let gone = draft.photos.remove(0).hash;
    compare(&draft).await;
    assert_eq!(device.photo_bytes(gone, PhotoSize::Full).await.unwrap(), None);

    device.discard_report_draft(draft.id).await.unwrap();
    assert_ne!(device.report_draft().await.unwrap().id, draft.id);
    // A save that comes late does not bring it back.
    assert_eq!(device.save_report_draft(draft).await.unwrap_err().code(), "draft_gone");
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_give_a_hint_and_are_clean() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::here().await;
    let device = met(dir.path(), &server).await;
    let draft = device.report_draft().await.unwrap().id;
    add_photo(&device, draft, &photo(1, Some((40_500, 10_020)))).await.unwrap();
    let kept = device.report_draft().await.unwrap().photos.remove(0);
    let hint = kept.hint.unwrap();
    assert_eq!((hint.label.as_str(), hint.is_address), ("214 Kestrel Street", true));
    assert!((hint.point.lat() - 40.5).abs() < 1e-9);
    let bytes = device.photo_bytes(kept.hash, PhotoSize::Full).await.unwrap().unwrap();
    assert_eq!(mend_core::photo_hint::read(&bytes), Err(NoHint::NoExif));
    assert!(device.photo_bytes(kept.hash, PhotoSize::Thumb).await.unwrap().is_some());

    let code = async |bytes: &[u8]| add_photo(&device, draft, bytes).await.unwrap_err().code();
    assert_eq!(code(b"no photo at all").await, "photo_not_image");
    let whole = photo(2, None);
    assert_eq!(code(&whole[..whole.len() / 2]).await, "photo_truncated");
    assert_eq!(device.photo_begin(draft, 40_000_001).await.unwrap_err().code(), "photo_too_large");
    for shade in 3..12 {
        add_photo(&device, draft, &photo(shade, None)).await.unwrap();
    }
    assert_eq!(code(&photo(99, None)).await, "too_many_photos");
    assert_eq!(device.report_draft().await.unwrap().photos.len(), 10);
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_said_and_the_draft_stays() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::here().await;
    let device = met(dir.path(), &server).await;
    let sound = fill_in(&device, "A hole").await;
    let try_with = async |change: &dyn Fn(&mut ReportDraft)| {
        let mut draft = sound.clone();
        change(&mut draft);
        device.save_report_draft(draft.clone()).await.unwrap();
        let code = device.send_report(draft.id).await.unwrap_err().code();
        let kept = device.report_draft().await.unwrap();
        assert_eq!((kept.id, kept.description), (draft.id, draft.description), "{code}");
        assert!(device.outbox().await.unwrap().is_empty(), "{code}");
        code
    };
    assert_eq!(try_with(&|d| d.place = None).await, "missing_place");
    assert_eq!(try_with(&|d| d.service_code = None).await, "missing_service");
    assert_eq!(try_with(&|d| d.service_code = Some("moon".into())).await, "unknown_service");
    assert_eq!(try_with(&|d| d.answers.clear()).await, "missing_answer");
    assert_eq!(try_with(&|d| d.description = "ä".repeat(10_000)).await, "text_too_long");
    let outside = Point::new(52.5, 13.4).unwrap();
    assert_eq!(try_with(&|d| d.place.as_mut().unwrap().point = outside).await, "outside_city");
    assert!(!device.preview(Some("pothole"), outside).await.unwrap().inside);
    let preview = device.preview(Some("pothole"), kestrel_street().point).await.unwrap();
    assert!(preview.inside && preview.promise.is_some());
    assert_eq!(device.search_places("0, 0").await.unwrap_err().code(), "bad_position");
    assert_eq!(device.search_places("214 kes").await.unwrap()[0].label, "214 Kestrel Street");
    assert_eq!(device.near_places(kestrel_street().point).await.unwrap().len(), 1);
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_contact_a_draft_waits_for_its_city() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::away().await;
    let device = open(dir.path(), &server).await;
    let draft = fill_in(&device, "A hole").await;
    assert_eq!(device.city().await.unwrap(), None);
    assert_eq!(device.send_report(draft.id).await.unwrap_err().code(), "no_city");
    until("offline", || async {
        (device.status().await.unwrap().online == Some(false)).then_some(())
    })
    .await;
    server.come().await;
    device.retry_now().await.unwrap();
    until("the city", || async { device.city().await.unwrap() }).await;
    device.send_report(draft.id).await.unwrap();
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_without_network_arrives_once_and_comes_back_with_a_promise() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::here().await;
    let device = met(dir.path(), &server).await;
    device.close().await;
    server.go().await;

    let device = open(dir.path(), &server).await;
    let draft = device.report_draft().await.unwrap().id;
    let hash = add_photo(&device, draft, &photo(7, None)).await.unwrap();
    let draft = fill_in(&device, "A hole").await;
    let receipt = device.send_report(draft.id).await.unwrap();
    let reports = device.my_reports().await.unwrap();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(reports[0].request, Some(receipt.request));
    assert_eq!(reports[0].tracking_code, Some(receipt.tracking_code));
    assert_eq!(reports[0].place, "214 Kestrel Street");
    assert_eq!(reports[0].photo, Some(hash));
    assert_eq!((reports[0].status, reports[0].promise), (None, None), "only the city can say");
    until("waiting", || async {
        let reports = device.my_reports().await.unwrap();
        (reports[0].delivery == Delivery::Waiting).then_some(())
    })
    .await;

    // Killed while it waits, and opened again.
    let copy = killed(dir.path());
    device.close().await;
    let device = open(copy.path(), &server).await;
    assert_eq!(device.my_reports().await.unwrap().len(), 1);
    assert_eq!(device.status().await.unwrap().waiting, 2, "the words and a photo");
    assert!(device.photo_bytes(hash, PhotoSize::Full).await.unwrap().is_some());

    // The first answer is lost on its way back.
    server.world().lose_answers = 1;
    server.come().await;
    device.retry_now().await.unwrap();
    let done = until("received", || async {
        let report = device.my_reports().await.unwrap().remove(0);
        (report.delivery == Delivery::Received && report.promise.is_some()).then_some(report)
    })
    .await;
    assert_eq!(done.number.as_deref(), Some("26-000001"));
    assert_eq!(done.status, Some(RequestStatus::Assigned));
    {
        let world = server.world();
        assert!(world.arrived.len() >= 2, "the lost answer was asked for again");
        assert!(world.arrived.windows(2).all(|w| w[0] == w[1]), "with the same bytes");
        assert_eq!(world.photos.len(), 1);
        let sent = &world.photos[&hash];
        assert_eq!(mend_core::photo_hint::read(sent), Err(NoHint::NoExif));
    }
    assert_eq!(server.subjects(SubjectKind::ServiceRequest).len(), 1);
    let page = device.request(receipt.request).await.unwrap();
    assert_eq!(page.with.as_deref(), Some("Streets Crew 1"));
    assert_eq!(page.before, [hash]);
    assert_eq!(page.steps.last().unwrap().kind, StepKind::Received);
    let status = until("nothing waits", || async {
        let status = device.status().await.unwrap();
        (status.waiting == 0 && status.unread > 0).then_some(status)
    })
    .await;
    assert_eq!((status.online, status.needs_you), (Some(true), 0));
    assert!(device.outbox().await.unwrap().is_empty());

    // Opened once more, with the feed read to its end: the same.
    let page = until("the last event", || async {
        let page = device.request(receipt.request).await.unwrap();
        (page.summary.moved_at == server.last_recorded(receipt.request)).then_some(page)
    })
    .await;
    let before = device.my_reports().await.unwrap();
    device.close().await;
    let device = open(copy.path(), &server).await;
    assert_eq!(device.my_reports().await.unwrap(), before);
    assert_eq!(device.request(receipt.request).await.unwrap(), page);
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crews_work_without_network_reaches_the_resident() {
    let mut server = Server::here().await;
    let home = tempfile::tempdir().unwrap();
    let resident = met(home.path(), &server).await;
    let draft = resident.report_draft().await.unwrap().id;
    let before = add_photo(&resident, draft, &photo(7, None)).await.unwrap();
    let request = report(&resident, "A hole").await;
    until("the photo", || async { (server.world().photos.len() == 1).then_some(()) }).await;

    let depot = tempfile::tempdir().unwrap();
    let crew = met(depot.path(), &server).await;
    assert_eq!(crew.today().await.unwrap_err().code(), "sign_in_needed");
    assert_eq!(crew.sign_in("mara", "wrong").await.unwrap_err().code(), "wrong_password");
    let account = crew.sign_in("mara", "right").await.unwrap();
    assert_eq!(crew.accounts().await.unwrap(), [account]);
    let order = until("an order with its photo", || async {
        let today = crew.today().await.unwrap();
        today.orders.into_iter().find(|order| order.photo == Some(before))
    })
    .await;
    assert_eq!((order.status, order.number.as_str()), (OrderStatus::Assigned, "26-000001"));

    server.go().await;
    crew.start_order(order.id).await.unwrap();
    let page = crew.order(order.id).await.unwrap();
    assert_eq!(page.summary.status, OrderStatus::Started);
    assert_eq!(page.description, "A hole");
    assert_eq!(page.answers["where"], Answer::Choice("lane".into()));
    let mut draft = crew.completion_draft(order.id).await.unwrap();
    let after = add_photo(&crew, draft.id, &photo(200, None)).await.unwrap();
    draft.note = "Filled and rolled".into();
    crew.save_completion_draft(draft.clone()).await.unwrap();

    // Killed in the middle of writing it down.
    let copy = killed(depot.path());
    crew.close().await;
    let crew = open(copy.path(), &server).await;
    let kept = crew.completion_draft(order.id).await.unwrap();
    assert_eq!((kept.note.as_str(), kept.photos.len()), ("Filled and rolled", 1));
    crew.complete_order(kept.id).await.unwrap();
    assert_eq!(crew.complete_order(kept.id).await.unwrap_err().code(), "draft_gone");
    let page = crew.order(order.id).await.unwrap();
    assert_eq!(page.summary.status, OrderStatus::Completed);
    assert_eq!((page.after.as_slice(), page.before.as_slice()), (&[after][..], &[before][..]));
    assert_eq!(page.notes[0].note.as_deref(), Some("Filled and rolled"));
    let actions: Vec<_> = crew.outbox().await.unwrap();
    assert_eq!(
        actions.iter().map(|item| item.action.as_str()).collect::<Vec<_>>(),
        ["start", "complete"]
    );
    assert!(actions.iter().all(|item| item.account.as_deref() == Some("mara")));
    assert!(actions.iter().all(|item| item.place == "214 Kestrel Street"));

    server.come().await;
    crew.retry_now().await.unwrap();
    resident.retry_now().await.unwrap();
    let page = until("mended, with the photo", || async {
        let page = resident.request(request).await.unwrap();
        (page.after == [after]).then_some(page)
    })
    .await;
    assert_eq!(page.summary.status, Some(RequestStatus::Resolved));
    let resolved = page.steps.iter().find(|step| step.kind == StepKind::Resolved).unwrap();
    assert_eq!(resolved.by.as_deref(), Some("Streets Crew 1"));
    assert_eq!(resolved.note.as_deref(), Some("Filled and rolled"));
    assert_eq!(resolved.photos, [after]);
    let notices = until("the notice", || async {
        let notices = resident.notices().await.unwrap();
        notices.notices.iter().any(|n| n.kind == NoticeKind::Resolved).then_some(notices)
    })
    .await;
    let newest = notices.notices[0].seq;
    assert!(notices.unread > 0);
    resident.read_notices(newest).await.unwrap();
    assert_eq!(resident.notices().await.unwrap().unread, 0);
    until("the server knows", || async { (server.world().read_up_to == newest).then_some(()) })
        .await;

    // Signing out takes the crew's orders off this device, and nothing of the resident's.
    until("all there", || async { crew.outbox().await.unwrap().is_empty().then_some(()) }).await;
    crew.sign_out("mara").await.unwrap();
    assert_eq!(crew.order(order.id).await.unwrap_err().code(), "not_found");
    assert!(crew.accounts().await.unwrap().is_empty());
    crew.close().await;
    resident.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_report_needs_a_person_and_blocks_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::here().await;
    let device = met(dir.path(), &server).await;
    server.world().refuse = Some((1, Refusal::new(RefusalCode::OutsideCity)));
    let bad = report(&device, "One").await;
    until("refused", || async {
        let page = device.request(bad).await.unwrap();
        matches!(page.summary.delivery, Delivery::NeedsYou { .. }).then_some(())
    })
    .await;
    server.world().refuse = None;
    let good = report(&device, "Two").await;
    until("the other one", || async {
        let page = device.request(good).await.unwrap();
        (page.summary.delivery == Delivery::Received).then_some(())
    })
    .await;
    let page = device.request(bad).await.unwrap();
    let refusal = Refusal::new(RefusalCode::OutsideCity);
    assert_eq!(page.summary.delivery, Delivery::NeedsYou { refusal });
    assert_eq!(page.description, "One", "its words are still there");
    assert_eq!(device.status().await.unwrap().needs_you, 1);

    let item = device.outbox().await.unwrap().remove(0);
    device.discard_outbox_item(item.command).await.unwrap();
    assert_eq!(device.request(bad).await.unwrap_err().code(), "not_found");
    assert!(device.outbox().await.unwrap().is_empty());
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_behind_a_refusal_says_so_and_goes_when_it_is_gone() {
    let mut server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    report(&device, "A hole").await;
    device.sign_in("mara", "right").await.unwrap();
    let order = until("an order", || async { device.today().await.unwrap().orders.pop() }).await.id;
    server.go().await;
    device.start_order(order).await.unwrap();
    let draft = device.completion_draft(order).await.unwrap();
    device.complete_order(draft.id).await.unwrap();
    let outbox = device.outbox().await.unwrap();
    let (start, complete) = (outbox[0].command, outbox[1].command);
    let refused = device.discard_outbox_item(start).await.unwrap_err();
    assert_eq!(refused.code(), "not_refused", "it may have arrived");

    let refusal = Refusal::new(RefusalCode::NotAllowed);
    server.world().refuse = Some((5, refusal.clone()));
    server.come().await;
    device.retry_now().await.unwrap();
    until("refused", || async {
        let outbox = device.outbox().await.unwrap();
        (outbox[0].delivery == Delivery::NeedsYou { refusal: refusal.clone() }).then_some(())
    })
    .await;
    let outbox = device.outbox().await.unwrap();
    assert_eq!(outbox[1].command, complete);
    assert_eq!(outbox[1].delivery, Delivery::Blocked { by: start });
    let types = |server: &Server| -> Vec<u16> {
        let world = server.world();
        world.arrived.iter().map(|f| mend_core::frame::open(f).unwrap().head.type_).collect()
    };
    assert!(!types(&server).contains(&6), "the completion waits for its start");

    device.discard_outbox_item(start).await.unwrap();
    until("completed", || async {
        let page = device.order(order).await.unwrap();
        (page.summary.status == OrderStatus::Completed
            && page.summary.delivery == Delivery::Received)
            .then_some(())
    })
    .await;
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_needs_a_sign_in_goes_afterwards_with_the_same_bytes() {
    let server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    report(&device, "A hole").await;
    device.sign_in("mara", "right").await.unwrap();
    let order = until("an order", || async { device.today().await.unwrap().orders.pop() }).await.id;
    server.world().sign_in_needed = true;
    device.start_order(order).await.unwrap();
    until("sign-in needed", || async {
        let outbox = device.outbox().await.unwrap();
        (outbox.first()?.delivery == Delivery::SignInNeeded).then_some(())
    })
    .await;
    assert_eq!(device.today().await.unwrap().orders.len(), 1, "the crew goes on");
    assert!(device.status().await.unwrap().sign_in_needed, "work waits for it");
    let first = server.world().arrived.last().unwrap().clone();
    device.sign_in("mara", "right").await.unwrap();
    until("there", || async { device.outbox().await.unwrap().is_empty().then_some(()) }).await;
    assert_eq!(*server.world().arrived.last().unwrap(), first);
    assert!(!device.status().await.unwrap().sign_in_needed);
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_has_run_out_is_said_although_nothing_waits() {
    let server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    device.sign_in("mara", "right").await.unwrap();
    assert!(!device.status().await.unwrap().sign_in_needed);
    device.close().await;

    server.world().sign_in_needed = true;
    let device = open(dir.path(), &server).await;
    let status = until("said", || async {
        let status = device.status().await.unwrap();
        status.sign_in_needed.then_some(status)
    })
    .await;
    assert_eq!(status.problem, None, "the city works as it should");
    assert_eq!(device.accounts().await.unwrap().len(), 1, "nothing is taken away");
    device.sign_in("mara", "right").await.unwrap();
    until("no longer", || async { (!device.status().await.unwrap().sign_in_needed).then_some(()) })
        .await;

    // Whoever signs out is not asked to sign in.
    device.close().await;
    server.world().sign_in_needed = true;
    let device = open(dir.path(), &server).await;
    until("said again", || async { device.status().await.unwrap().sign_in_needed.then_some(()) })
        .await;
    device.sign_out("mara").await.unwrap();
    until("signed out", || async {
        (!device.status().await.unwrap().sign_in_needed).then_some(())
    })
    .await;
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_the_server_will_not_have_is_said() {
    let server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    server.world().refuse_photos = Some("photo_too_large");
    let draft = device.report_draft().await.unwrap().id;
    add_photo(&device, draft, &photo(1, None)).await.unwrap();
    let request = report(&device, "A hole").await;
    until("said", || async {
        let page = device.request(request).await.unwrap();
        let refusal = Refusal::new(RefusalCode::PhotoTooLarge);
        (page.summary.delivery == Delivery::NeedsYou { refusal }).then_some(())
    })
    .await;
    assert_eq!(server.subjects(SubjectKind::ServiceRequest).len(), 1, "the words are there");
    // A person asks again, and now it is taken.
    server.world().refuse_photos = None;
    device.retry_now().await.unwrap();
    until("received", || async {
        let page = device.request(request).await.unwrap();
        (page.summary.delivery == Delivery::Received).then_some(())
    })
    .await;
    device.close().await;
}

/// A report with one photo that the city has refused.
async fn refused_report(
    device: &Device,
    server: &Server,
) -> (mend_core::id::SubjectId, CommandId, PhotoHash) {
    server.world().refuse = Some((1, Refusal::new(RefusalCode::OutsideCity)));
    let draft = device.report_draft().await.unwrap().id;
    let photo = add_photo(device, draft, &photo(7, None)).await.unwrap();
    let request = report(device, "A hole").await;
    let item = until("refused", || async {
        let item = device.outbox().await.unwrap().into_iter().find(|i| i.subject.id == request)?;
        matches!(item.delivery, Delivery::NeedsYou { .. }).then_some(item)
    })
    .await;
    assert!(!item.accepted);
    server.world().refuse = None;
    (request, item.command, photo)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_report_is_put_right_and_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::here().await;
    let device = met(dir.path(), &server).await;
    let (old, command, photo) = refused_report(&device, &server).await;
    // A draft that was opened and left empty is in nobody's way.
    device.report_draft().await.unwrap();

    let draft = device.edit_report(command).await.unwrap();
    assert_eq!(device.report_draft().await.unwrap(), draft);
    assert_eq!(device.edit_report(command).await.unwrap(), draft, "asked twice it is the same");
    assert_eq!((draft.step, draft.description.as_str()), (FlowStep::Review, "A hole"));
    assert_eq!(draft.place, Some(kestrel_street()));
    assert_eq!(draft.service_code.as_deref(), Some("pothole"));
    assert_eq!(draft.answers["where"], Answer::Choice("lane".into()));
    assert_eq!(draft.photos.len(), 1);
    assert_eq!((draft.photos[0].hash, draft.photos[0].width), (photo, 320));
    let code = draft.edits.as_ref().unwrap().tracking_code;
    // Until it is sent, what was refused stays in sight.
    assert_eq!(device.status().await.unwrap().needs_you, 1);

    // A kill after it takes nothing: the draft has the photo.
    let copy = killed(dir.path());
    let again = open(copy.path(), &server).await;
    assert_eq!(again.report_draft().await.unwrap(), draft);
    assert!(again.photo_bytes(photo, PhotoSize::Full).await.unwrap().is_some());
    again.close().await;

    let receipt = device.send_report(draft.id).await.unwrap();
    assert_eq!((receipt.request, receipt.tracking_code), (old, code), "the receipt stays good");
    until("received", || async {
        let page = device.request(old).await.unwrap();
        (page.summary.delivery == Delivery::Received).then_some(())
    })
    .await;
    assert_eq!(server.subjects(SubjectKind::ServiceRequest).len(), 1);
    assert_eq!(server.world().photos.len(), 1);
    assert_eq!(device.edit_report(command).await.unwrap_err().code(), "not_found");
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_on_its_way_is_changed_and_sent_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::here().await;
    let device = met(dir.path(), &server).await;
    server.go().await;
    let draft = device.report_draft().await.unwrap().id;
    let dropped = add_photo(&device, draft, &photo(7, None)).await.unwrap();
    let request = report(&device, "A hole").await;
    let code = device.request(request).await.unwrap().summary.tracking_code;
    for words in ["A deep hole", "A deep hole, with water"] {
        let item = device.outbox().await.unwrap().pop().unwrap();
        let mut draft = device.edit_report(item.command).await.unwrap();
        draft.description = words.into();
        device.save_report_draft(draft.clone()).await.unwrap();
        if words.ends_with("water") {
            device.photo_remove(draft.id, dropped).await.unwrap();
        }
        let receipt = device.send_report(draft.id).await.unwrap();
        assert_eq!((receipt.request, Some(receipt.tracking_code)), (request, code));
        assert_eq!(device.outbox().await.unwrap().len(), 1, "one takes the other's place");
        assert_eq!(device.request(request).await.unwrap().description, words);
    }
    assert!(device.photo_bytes(dropped, PhotoSize::Full).await.unwrap().is_none(), "left out");
    server.come().await;
    until("received", || async {
        let page = device.request(request).await.unwrap();
        (page.summary.delivery == Delivery::Received).then_some(())
    })
    .await;
    assert_eq!(server.subjects(SubjectKind::ServiceRequest).len(), 1);
    assert_eq!(device.request(request).await.unwrap().description, "A deep hole, with water");
    let item = device.my_reports().await.unwrap().pop().unwrap();
    assert_eq!(item.request, Some(request));
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_taken_back_also_without_network() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::here().await;
    let device = met(dir.path(), &server).await;
    server.go().await;
    let request = report(&device, "A hole").await;
    device.withdraw(request).await.unwrap();
    assert_eq!(device.outbox().await.unwrap().len(), 2);
    server.come().await;
    // The device lays its own word over the city's at once; the step is the city's.
    until("withdrawn", || async {
        let page = device.request(request).await.unwrap();
        (page.steps.first()?.kind == StepKind::Withdrawn).then_some(page.summary.status)
    })
    .await
    .filter(|status| *status == RequestStatus::Closed)
    .unwrap();
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_city_has_becomes_no_draft_and_no_other_draft_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::here().await;
    let device = met(dir.path(), &server).await;
    let (old, command, _) = refused_report(&device, &server).await;
    let other = fill_in(&device, "Another hole").await;
    assert_eq!(device.edit_report(command).await.unwrap_err().code(), "draft_exists");
    let kept = device.report_draft().await.unwrap();
    assert_eq!((kept.id, kept.description.as_str()), (other.id, "Another hole"));
    assert_eq!(device.request(old).await.unwrap().description, "A hole");

    let receipt = device.send_report(other.id).await.unwrap();
    let accepted = until("accepted", || async {
        let page = device.request(receipt.request).await.unwrap();
        (page.summary.delivery == Delivery::Received).then_some(())?;
        server.command_of(receipt.request)
    })
    .await;
    assert_eq!(device.edit_report(accepted).await.unwrap_err().code(), "answered");
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_a_refused_photo_leaves_those_that_wait() {
    let server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    server.world().refuse_photos = Some("photo_too_large");
    let draft = device.report_draft().await.unwrap().id;
    add_photo(&device, draft, &photo(1, None)).await.unwrap();
    let request = report(&device, "A hole").await;
    until("refused", || async { (device.status().await.unwrap().needs_you == 1).then_some(()) })
        .await;
    let item = device.outbox().await.unwrap().remove(0);
    assert!(item.accepted);
    device.discard_outbox_item(item.command).await.unwrap();
    until("nothing left", || async { device.outbox().await.unwrap().is_empty().then_some(()) })
        .await;
    assert_eq!(device.status().await.unwrap().needs_you, 0);
    let page = device.request(request).await.unwrap();
    assert_eq!(page.summary.delivery, Delivery::Received, "the report itself stays");
    assert!(page.before.is_empty(), "what the city will never show is not shown here");
    assert!(page.steps.iter().all(|step| step.photos.is_empty()));

    let draft = device.report_draft().await.unwrap().id;
    let first = add_photo(&device, draft, &photo(2, None)).await.unwrap();
    let second = add_photo(&device, draft, &photo(3, None)).await.unwrap();
    let third = add_photo(&device, draft, &photo(4, None)).await.unwrap();
    {
        let mut world = server.world();
        world.refuse_photos = None;
        world.refuse_photo = Some(first);
        world.photos_left = Some(1);
    }
    report(&device, "Another").await;
    until("one refused, one sent, one waiting", || async {
        let status = device.status().await.unwrap();
        let sent = server.world().photos.contains_key(&second);
        (sent && status.needs_you == 1 && status.waiting == 2).then_some(())
    })
    .await;
    let item = device.outbox().await.unwrap().remove(0);
    device.discard_outbox_item(item.command).await.unwrap();
    let status = device.status().await.unwrap();
    assert_eq!((status.needs_you, status.waiting), (0, 1), "the third one still waits");
    // Also after a restart.
    let copy = killed(dir.path());
    device.close().await;
    server.world().photos_left = None;
    let device = open(copy.path(), &server).await;
    until("the third photo", || async { server.world().photos.get(&third).map(|_| ()) }).await;
    until("all there", || async { device.outbox().await.unwrap().is_empty().then_some(()) }).await;
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_no_is_not_called_offline() {
    let server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    until("online", || async {
        (device.status().await.unwrap().online == Some(true)).then_some(())
    })
    .await;
    assert_eq!(device.status().await.unwrap().problem, None);
    for problem in [(421, "host_not_allowed"), (413, "body_too_large"), (400, "body_cut")] {
        server.world().problem = Some(problem);
        let request = report(&device, "A hole").await;
        let status = until("said", || async {
            let status = device.status().await.unwrap();
            status.problem.is_some().then_some(status)
        })
        .await;
        assert_eq!(status.problem.as_deref(), Some(problem.1));
        assert_eq!(status.online, Some(true), "{problem:?}");
        assert_eq!(status.waiting, 1);
        server.world().problem = None;
        device.retry_now().await.unwrap();
        until("sent", || async {
            let page = device.request(request).await.unwrap();
            (page.summary.delivery == Delivery::Received).then_some(())
        })
        .await;
        until("no problem", || async {
            device.status().await.unwrap().problem.is_none().then_some(())
        })
        .await;
    }
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_when_is_asked_no_sooner() {
    let server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let now = move || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp(since.as_millis() as i64 + clock.load(Ordering::SeqCst))
    };
    let device = Device::open_with(dir.path(), &server.url(), Arc::new(now)).await.unwrap();
    until("the city", || async { device.city().await.unwrap() }).await;
    {
        let mut world = server.world();
        (world.problem, world.retry_after) = (Some((503, "busy")), Some(600));
    }
    report(&device, "A hole").await;
    until("turned away", || async { (server.world().turned_away == 1).then_some(()) }).await;
    // Whatever happens here, and however impatient a person is.
    report(&device, "Another").await;
    for _ in 0..20 {
        device.retry_now().await.unwrap();
        assert_eq!(device.status().await.unwrap().waiting, 2);
    }
    assert_eq!(server.world().turned_away, 1);
    server.world().problem = None;
    ahead.store(700_000, Ordering::SeqCst);
    device.retry_now().await.unwrap();
    until("both sent", || async { (device.status().await.unwrap().waiting == 0).then_some(()) })
        .await;
    assert_eq!(server.world().turned_away, 1);
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_on_where_the_city_says() {
    let mut server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    let draft = device.report_draft().await.unwrap().id;
    let hash = add_photo(&device, draft, &large_photo()).await.unwrap();
    server.world().photos_left = Some(0);
    let request = report(&device, "A hole").await;
    until("the words", || async {
        let page = device.request(request).await.unwrap();
        let words = Delivery::WordsReceived { photos_done: 0, photos: 1 };
        (page.summary.delivery == words && server.world().offsets_asked > 0).then_some(())
    })
    .await;
    // The city gives up the pieces after the first one: the second one is told to go elsewhere.
    {
        let mut world = server.world();
        (world.photos_left, world.forget_pieces) = (None, true);
    }
    until("the photo", || async {
        device.retry_now().await.unwrap();
        let page = device.request(request).await.unwrap();
        (page.summary.delivery == Delivery::Received).then_some(())
    })
    .await;
    assert!(!server.world().forget_pieces, "it came in one piece");
    let kept = device.photo_bytes(hash, PhotoSize::Full).await.unwrap();
    assert_eq!(server.world().photos.get(&hash), kept.as_ref());
    server.go().await;
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_opens_another_session_when_its_own_has_ended() {
    let server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    until("online", || async {
        (device.status().await.unwrap().online == Some(true)).then_some(())
    })
    .await;
    let draft = device.report_draft().await.unwrap().id;
    add_photo(&device, draft, &photo(1, None)).await.unwrap();
    // The words need no session, so the photo is the first to meet that it has ended.
    server.end_sessions();
    let request = report(&device, "A hole").await;
    until("received", || async {
        let status = device.status().await.unwrap();
        assert_eq!((status.online, status.problem), (Some(true), None));
        assert!(!status.sign_in_needed, "a resident signs in nowhere");
        let page = device.request(request).await.unwrap();
        (page.summary.delivery == Delivery::Received).then_some(())
    })
    .await;
    assert!(server.world().expired_uploads <= 1, "once, and then with a fresh session");
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_a_feed_is_asked_for_anew() {
    let mut server = Server::here().await;
    let dir = tempfile::tempdir().unwrap();
    let device = met(dir.path(), &server).await;
    let request = report(&device, "A hole").await;
    until("known", || async { device.request(request).await.unwrap().summary.promise }).await;
    server.go().await;

    // Two things happen while the device is away, and the feed tells only of the second.
    server.come().await;
    let other = tempfile::tempdir().unwrap();
    let crew = met(other.path(), &server).await;
    crew.sign_in("mara", "right").await.unwrap();
    let order = until("an order", || async { crew.today().await.unwrap().orders.pop() }).await.id;
    device.close().await;
    crew.start_order(order).await.unwrap();
    until("started", || async {
        let state = server.subjects(SubjectKind::ServiceRequest).remove(0);
        let SubjectState::ServiceRequest(request) = state else { unreachable!() };
        request.started_at
    })
    .await;
    let reporter = {
        let SubjectState::ServiceRequest(request) =
            server.subjects(SubjectKind::ServiceRequest).remove(0)
        else {
            unreachable!()
        };
        mend_core::api::me_scope(request.reporter.unwrap())
    };
    server.skip_a_row(&reporter);
    let draft = crew.completion_draft(order).await.unwrap();
    crew.complete_order(draft.id).await.unwrap();
    until("completed", || async { crew.outbox().await.unwrap().is_empty().then_some(()) }).await;

    let device = open(dir.path(), &server).await;
    let page = until("resolved", || async {
        let page = device.request(request).await.unwrap();
        (page.summary.status == Some(RequestStatus::Resolved)).then_some(page)
    })
    .await;
    let kinds: Vec<_> = page.steps.iter().rev().map(|step| step.kind).collect();
    assert_eq!(
        kinds,
        [StepKind::Received, StepKind::Assigned, StepKind::Started, StepKind::Resolved]
    );
    device.close().await;
    crew.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for address in ["", "not an address", "ftp://example.org", "file:///etc"] {
        let error = Device::open(dir.path(), address).await.unwrap_err();
        assert_eq!(error.code(), "bad_server", "{address:?}");
    }
}
