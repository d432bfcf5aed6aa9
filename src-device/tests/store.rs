//! The store under the device: all or nothing, the same after opening again, and feeds that bring
//! what this program does not know.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

mod common;

use mend_core::api::{Change, ChangesPage, FlowStep, ReportDraft, Snapshot, WireEvent, me_scope};
use mend_core::apply::apply;
use mend_core::catalogue::Answer;
use mend_core::city::City;
use mend_core::event::{Actor, Content, Event, EventBody};
use mend_core::id::{CommandId, DraftId, Origin, OwnerHash, SubjectId, SubjectRef};
use mend_core::location::{Location, LocationSource, Point};
use mend_core::subject::SubjectState;
use mend_core::time::Timestamp;
use mend_core::tracking::TrackingCode;
use mend_device::DeviceError;
use mend_device::feed::{apply_page, keep_snapshot};
use mend_device::keys::{Author, owner_hash, owner_secret};
use mend_device::outbox::{Act, send_report};
use mend_device::store::{Clock, DraftBody, Installation, Store, StoreError};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn place() -> Location {
    Location {
        point: Point::new(40.5, 10.5).unwrap(),
        source: LocationSource::Pin,
        accuracy_m: None,
        fix_age_s: None,
        asset: None,
        label: String::new(),
    }
}

fn draft(n: u8) -> ReportDraft {
    ReportDraft {
        id: DraftId::from_bytes([n; 16]),
        step: FlowStep::Review,
        photos: Vec::new(),
        place: Some(place()),
        place_text: String::new(),
        service_code: Some("pothole".into()),
        answers: [("where".to_owned(), Answer::Choice("lane".into()))].into(),
        description: format!("Hole {n}"),
        saved_at: NOW,
        edits: None,
    }
}

#[test]
fn a_send_that_fails_leaves_the_draft_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("device.sqlite");
    let mut store = Store::open(&path).unwrap();
    let city = City::from_pack(common::pack()).unwrap();
    let authors = [Author::resident(&[7; 32])];
    // The second command takes the first one's id, so that the store refuses it at its last step,
    // as a full disk would.
    let act = Act {
        city: &city,
        authors: &authors,
        author: &authors[0],
        now: NOW,
        clock: Clock::default(),
        random: [3; 32],
    };
    for n in [1, 2] {
        store.write::<_, StoreError>(|t| t.add_draft(&DraftBody::Report(draft(n)))).unwrap();
    }
    let sent = store.write(|t| send_report(t, &act, &[9; 32], draft(1).id)).unwrap();
    let (receipt, first) = (sent.receipt, sent.row);
    let mut random = [4; 32];
    random[..10].copy_from_slice(&act.random[..10]);
    let act = Act { random, ..act };
    let failed = store.write(|t| send_report(t, &act, &[9; 32], draft(2).id));
    assert!(matches!(failed, Err(DeviceError::Store(StoreError::Sqlite(_)))), "{failed:?}");
    drop(store);

    let mut store = Store::open(&path).unwrap();
    let (outbox, kept, gone) = store
        .read::<_, StoreError>(|t| Ok((t.outbox()?, t.draft(draft(2).id)?, t.draft(draft(1).id)?)))
        .unwrap();
    assert_eq!(outbox, [first], "the same after opening again");
    assert_eq!(kept, Some(DraftBody::Report(draft(2))));
    assert_eq!(gone, None);
    let frame = outbox[0].opened().unwrap();
    assert_eq!(mend_core::frame::open(&outbox[0].frame).unwrap(), frame);
    assert_eq!(frame.head.subject, receipt.request);
    let report: mend_core::command::Report = serde_json::from_slice(&frame.body).unwrap();
    assert_eq!(report.owner, owner_hash(&owner_secret(&[9; 32], receipt.request)));
    assert_eq!(outbox[0].label, "40.50000, 10.50000", "a place without words is its coordinates");
}

#[test]
fn an_error_after_the_last_step_undoes_all_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("device.sqlite")).unwrap();
    let city = City::from_pack(common::pack()).unwrap();
    let authors = [Author::resident(&[7; 32])];
    let act = Act {
        city: &city,
        authors: &authors,
        author: &authors[0],
        now: NOW,
        clock: Clock::default(),
        random: [3; 32],
    };
    store.write::<_, StoreError>(|t| t.add_draft(&DraftBody::Report(draft(1)))).unwrap();
    let failed: Result<(), DeviceError> = store.write(|t| {
        send_report(t, &act, &[9; 32], draft(1).id)?;
        Err(DeviceError::Store(StoreError::Full))
    });
    assert_eq!(failed.unwrap_err().code(), "disk_full");
    let (outbox, kept) =
        store.read::<_, StoreError>(|t| Ok((t.outbox()?, t.draft(draft(1).id)?))).unwrap();
    assert!(outbox.is_empty());
    assert_eq!(kept, Some(DraftBody::Report(draft(1))));
}

#[test]
fn the_installation_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("device.sqlite");
    let first = Installation { secret: [1; 32], seed: [2; 32] };
    let other = Installation { secret: [3; 32], seed: [4; 32] };
    for fresh in [&first, &other] {
        let mut store = Store::open(&path).unwrap();
        assert_eq!(store.write(|t| t.installation(fresh)).unwrap(), first);
    }
}

fn subject() -> SubjectRef {
    SubjectRef::request(SubjectId::from_bytes([5; 16]))
}

fn event(version: u32, body: EventBody) -> Event {
    let id = Origin { key: None, command: CommandId::from_bytes([version as u8; 16]) }.event(0);
    Event {
        id,
        subject: subject(),
        version,
        actor: Actor::City,
        by: None,
        occurred_at: NOW,
        recorded_at: NOW,
        type_version: 1,
        body,
    }
}

fn seen(version: u32, body: EventBody) -> WireEvent {
    WireEvent::Seen(Box::new(event(version, body)))
}

fn snapshot() -> Snapshot {
    let place_id = Origin { key: None, command: CommandId::from_bytes([1; 16]) }.content(0);
    let reported = event(
        1,
        EventBody::Reported {
            service_code: "pothole".into(),
            pack: "0".into(),
            place: place_id,
            description: None,
            answers: Default::default(),
            tracking_code: TrackingCode::from_random(1),
            owner: OwnerHash([0; 32]),
        },
    );
    Snapshot {
        state: apply(None, &reported).unwrap(),
        events: vec![WireEvent::Seen(Box::new(reported))],
        content: [(place_id, Content::Place(place()))].into(),
    }
}

fn page(next: i64, rows: Vec<Change>) -> ChangesPage {
    ChangesPage { scope: "me:x".into(), next, more: false, now: NOW, rows }
}

fn events(from_version: u32, events: Vec<WireEvent>) -> Change {
    Change::Events { subject: subject(), from_version, events, content: Default::default() }
}

#[test]
fn a_feed_keeps_what_it_hides_and_what_is_newer() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("device.sqlite")).unwrap();
    let key = Author::resident(&[7; 32]).key();
    let newer: WireEvent = serde_json::from_value(serde_json::json!({
        "id": "x", "version": 3, "type": "blessed", "body": {"by": "the mayor"},
        "occurred_at": 1, "recorded_at": 2
    }))
    .unwrap();
    assert!(matches!(newer, WireEvent::Newer(_)));
    let numbered = seen(4, EventBody::Numbered { number: "26-000001".into() });
    let all = vec![WireEvent::Hidden { hidden: 2 }, newer, numbered];
    store
        .write::<_, StoreError>(|t| {
            apply_page(t, key, &page(1, vec![Change::Enter(Box::new(snapshot()))]))?;
            apply_page(t, key, &page(2, vec![events(1, all.clone())]))?;
            // Told twice, as after a kill between page and cursor.
            apply_page(t, key, &page(2, vec![events(1, all.clone())]))
        })
        .unwrap();
    let (kept, row, cursor, gaps) = store
        .read::<_, StoreError>(|t| {
            let id = subject().id;
            Ok((t.events(id)?, t.subject(id)?, t.cursor(key, "me:x")?, t.gaps("me:x")?))
        })
        .unwrap();
    assert_eq!(kept.len(), 4);
    assert_eq!(kept[1..], all[..]);
    let SubjectState::ServiceRequest(request) = row.unwrap().state else { unreachable!() };
    assert_eq!((request.version, request.number.as_deref()), (4, Some("26-000001")));
    assert_eq!((cursor, gaps), (2, Vec::new()));
}

#[test]
fn a_gap_is_marked_until_a_snapshot_fills_it_and_a_leave_forgets() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("device.sqlite")).unwrap();
    let key = Author::resident(&[7; 32]).key();
    let late = seen(3, EventBody::Numbered { number: "26-000001".into() });
    let gaps = store
        .write::<_, StoreError>(|t| {
            apply_page(t, key, &page(1, vec![Change::Enter(Box::new(snapshot()))]))?;
            apply_page(t, key, &page(2, vec![events(2, vec![late.clone()])]))?;
            t.gaps("me:x")
        })
        .unwrap();
    assert_eq!(gaps, [subject()]);
    let (gaps, version) = store
        .write::<_, StoreError>(|t| {
            let mut snapshot = snapshot();
            snapshot.events.extend([WireEvent::Hidden { hidden: 2 }, late.clone()]);
            snapshot.state.skip_to(3);
            keep_snapshot(t, "me:x", &snapshot)?;
            Ok((t.gaps("me:x")?, t.subject(subject().id)?.unwrap().state.version()))
        })
        .unwrap();
    assert_eq!((gaps, version), (Vec::new(), 3));

    let left = store
        .write::<_, StoreError>(|t| {
            // Another feed sees it too: it stays until that one lets go as well.
            t.enter_scope(subject(), "crew:x", false)?;
            apply_page(t, key, &page(3, vec![Change::Leave { subject: subject() }]))?;
            let first = t.subject(subject().id)?.is_some();
            t.leave_scope(subject().id, "crew:x")?;
            t.forget_unseen()?;
            Ok((first, t.subject(subject().id)?, t.events(subject().id)?, t.content(subject().id)?))
        })
        .unwrap();
    assert_eq!(left, (true, None, Vec::new(), Default::default()));
}

#[test]
fn what_another_feed_still_shows_is_asked_for_anew_when_one_lets_go() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("device.sqlite")).unwrap();
    let key = Author::resident(&[7; 32]).key();
    let next = seen(2, EventBody::Numbered { number: "26-000001".into() });
    // What the staff's feed showed may be more than the resident's does: internal notes.
    for by_sign_out in [false, true] {
        let (gap, still, filled) = store
            .write::<_, StoreError>(|t| {
                apply_page(t, key, &page(1, vec![Change::Enter(Box::new(snapshot()))]))?;
                t.keep_cursor(key, "city", 5)?;
                t.enter_scope(subject(), "city", false)?;
                if by_sign_out {
                    t.keep_only_scopes(key, &["me:x".to_owned()])?;
                } else {
                    t.leave_scope(subject().id, "city")?;
                }
                let gap = t.gaps("me:x")?;
                // Going on without a gap fills nothing.
                apply_page(t, key, &page(2, vec![events(1, vec![next.clone()])]))?;
                let still = t.gaps("me:x")?;
                let mut snapshot = snapshot();
                snapshot.events.push(next.clone());
                snapshot.state.skip_to(2);
                keep_snapshot(t, "me:x", &snapshot)?;
                Ok((gap, still, t.gaps("me:x")?))
            })
            .unwrap();
        assert_eq!((gap, still), (vec![subject()], vec![subject()]), "sign out: {by_sign_out}");
        assert_eq!(filled, Vec::new());
    }
}

#[test]
fn a_page_that_fails_moves_no_cursor() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("device.sqlite")).unwrap();
    let key = Author::resident(&[7; 32]).key();
    let failed: Result<(), StoreError> = store.write(|t| {
        apply_page(t, key, &page(1, vec![Change::Enter(Box::new(snapshot()))]))?;
        Err(StoreError::Full)
    });
    assert!(failed.is_err());
    let (cursor, subjects) =
        store.read::<_, StoreError>(|t| Ok((t.cursor(key, "me:x")?, t.subjects()?))).unwrap();
    assert_eq!((cursor, subjects), (0, Vec::new()));
    assert_ne!(me_scope(key), "me:x");
}
