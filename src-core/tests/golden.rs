//! One golden file for each command and event version ever shipped. A file is never edited: what it
//! says lies in logs and outboxes. `MEND_NEW_GOLDEN=1 cargo test -p mend-core --test golden` writes
//! those that are missing and touches no other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use ed25519_dalek::SigningKey;
use mend_core::catalogue::{Answer, Priority};
use mend_core::command::{
    AddNote, AddPhotos, Assign, CommandBody, Complete, Hold, Merge, PhotoRef, Reopen, Report,
    Resume, Start, Tick, VerifyPhoto, Withdraw,
};
use mend_core::event::{
    ClockKind, Closing, Content, EventBody, HoldReason, Outcome, PhotoRole, Promise, Reason,
    RecordedAnswer, Visibility, stored_body, upcast,
};
use mend_core::frame::{self, Head};
use mend_core::id::{
    CityId, CommandId, ContentId, Origin, OwnerHash, PhotoHash, Principal, SubjectId,
};
use mend_core::location::{AssetRef, Location, LocationSource, Point};
use mend_core::time::Timestamp;
use mend_core::tracking::TrackingCode;

fn golden(name: &str, now: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if !path.exists() && std::env::var_os("MEND_NEW_GOLDEN").is_some() {
        std::fs::write(&path, format!("{now}\n")).unwrap();
    }
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("{} is missing; see the head of this file", path.display()));
    text.trim_end().to_owned()
}

fn location() -> Location {
    Location {
        point: Point::new(44.63, -124.05).unwrap(),
        source: LocationSource::Photo,
        accuracy_m: Some(6.0),
        fix_age_s: Some(30),
        label: "214 Kestrel Street".into(),
        asset: None,
    }
}

fn photo(role: PhotoRole) -> PhotoRef {
    PhotoRef { hash: PhotoHash([0xab; 32]), bytes: 123_456, role }
}

fn commands() -> Vec<CommandBody> {
    vec![
        CommandBody::Report(Box::new(Report {
            service_code: "pothole".into(),
            pack_version: "0123456789abcdef".into(),
            location: location(),
            answers: BTreeMap::from([
                ("where".into(), Answer::Choice("driving_lane".into())),
                ("hazard".into(), Answer::Flag(true)),
                ("more".into(), Answer::Text("By the bus stop".into())),
            ]),
            description: "Deep hole where the bus turns in".into(),
            photos: vec![photo(PhotoRole::Before)],
            dropped: Vec::new(),
            earlier: Vec::new(),
            tracking_code: TrackingCode::from_random(0x1_2345_6789),
            owner: OwnerHash([0xcd; 32]),
        })),
        CommandBody::AddNote(AddNote {
            text: "Worse after rain".into(),
            visibility: Visibility::Public,
        }),
        CommandBody::AddPhotos(AddPhotos { photos: vec![photo(PhotoRole::Before)] }),
        CommandBody::Assign(Assign { crew: "streets-1".into() }),
        CommandBody::Start(Start {}),
        CommandBody::Complete(Complete {
            outcome: Outcome::Mended,
            note: "Cut square, filled, sealed".into(),
            photos: vec![photo(PhotoRole::After)],
        }),
        CommandBody::Hold(Hold { reason: HoldReason::Parts, note: "The lamp is on order".into() }),
        CommandBody::Resume(Resume {}),
        CommandBody::Reopen(Reopen { note: "It is open again".into() }),
        CommandBody::Merge(Merge { into: SubjectId::from_bytes([9; 16]) }),
        CommandBody::Withdraw(Withdraw { note: "It was the wrong street".into() }),
    ]
}

fn events() -> Vec<EventBody> {
    let content = |n| ContentId::from_bytes([n; 16]);
    let answers = BTreeMap::from([
        ("where".to_owned(), RecordedAnswer::Choice("driving_lane".into())),
        ("hazard".to_owned(), RecordedAnswer::Flag(true)),
        ("more".to_owned(), RecordedAnswer::Text(content(3))),
    ]);
    let zones = BTreeMap::from([("neighborhood".to_owned(), "old_mill".to_owned())]);
    let promise = Promise {
        response_due: Timestamp(1_764_291_600_000),
        resolution_due: Timestamp(1_764_896_400_000),
    };
    vec![
        EventBody::Reported {
            service_code: "pothole".into(),
            pack: "0123456789abcdef".into(),
            place: content(1),
            description: Some(content(2)),
            answers: answers.clone(),
            tracking_code: TrackingCode::from_random(0x1_2345_6789),
            owner: OwnerHash([0xcd; 32]),
        },
        EventBody::Located { zones, asset: None },
        EventBody::Numbered { number: "26-000123".into() },
        EventBody::Prioritised { priority: Priority::High, rule: "service_priority".into() },
        EventBody::Routed {
            department: "streets".into(),
            rule: "old_mill".into(),
            because: Vec::new(),
        },
        EventBody::Promised { promise, sla: "business_days 5-10".into() },
        EventBody::Ordered { order: SubjectId::from_bytes([4; 16]) },
        EventBody::Opened {
            request: SubjectId::from_bytes([5; 16]),
            number: "26-000123".into(),
            service_code: "pothole".into(),
            priority: Priority::High,
            department: "streets".into(),
            place: content(1),
            description: Some(content(2)),
            answers,
            due: Some(promise.resolution_due),
        },
        EventBody::Assigned { crew: "streets-1".into(), rule: Some("old_mill".into()) },
        EventBody::Started {},
        EventBody::NoteAdded { text: content(6), visibility: Visibility::Internal },
        EventBody::PhotoAdded { hash: PhotoHash([0xab; 32]), role: PhotoRole::After },
        EventBody::PhotoVerified { hash: PhotoHash([0xab; 32]) },
        EventBody::Completed { outcome: Outcome::Mended, note: Some(content(7)), flagged: true },
        EventBody::Resolved { outcome: Outcome::MadeSafe, note: None },
        EventBody::Held { reason: HoldReason::Parts, note: Some(content(8)) },
        EventBody::Resumed {},
        EventBody::Warned {
            clock: ClockKind::Resolution,
            percent: 75,
            due: promise.resolution_due,
        },
        EventBody::Reopened { note: Some(content(9)) },
        EventBody::Closed(Closing::Duplicate { of: SubjectId::from_bytes([5; 16]) }),
        EventBody::Cancelled {},
        EventBody::Amended {
            service_code: "pothole".into(),
            pack: "0123456789abcdef".into(),
            place: content(1),
            description: Some(content(2)),
            answers: BTreeMap::from([("hazard".to_owned(), RecordedAnswer::Flag(true))]),
            dropped: vec![PhotoHash([0xab; 32])],
        },
        EventBody::Unassigned {},
        EventBody::PhotosMissing { hashes: vec![PhotoHash([0xab; 32])] },
    ]
}

/// Shapes that a shipped version got later, by a member that can be left out.
fn events_with_more() -> Vec<(&'static str, EventBody)> {
    let asset = AssetRef { kind: "streetlight".into(), number: "SL-00412".into() };
    let zones = BTreeMap::from([("neighborhood".to_owned(), "old_mill".to_owned())]);
    let because = vec![
        Reason::Service("streetlight".into()),
        Reason::Zone("neighborhood".into(), "old_mill".into()),
        Reason::AtLeast(Priority::High),
        Reason::Answer("where".into(), "driving_lane".into()),
        Reason::Asset("streetlight".into(), "alder_power".into()),
        Reason::Time("Thu 17:42".into()),
    ];
    vec![
        ("asset", EventBody::Located { zones, asset: Some(asset) }),
        (
            "because",
            EventBody::Routed { department: "streets".into(), rule: "old_mill".into(), because },
        ),
        ("mended", EventBody::Closed(Closing::Mended)),
        ("withdrawn", EventBody::Closed(Closing::Withdrawn)),
    ]
}

#[test]
fn commands_are_read_as_they_were_written() {
    for body in commands() {
        let (type_, version) = body.type_and_version();
        let now = String::from_utf8(body.to_json().unwrap()).unwrap();
        let stored = golden(&format!("command-{}-{version}.json", body.name()), &now);
        assert_eq!(stored, now, "a shipped command may never change");
        assert_eq!(CommandBody::from_json(type_, version, stored.as_bytes()).unwrap(), body);
    }
}

#[test]
fn events_are_read_as_they_were_written() {
    let plain = events().into_iter().map(|body| (String::new(), body));
    let more = events_with_more().into_iter().map(|(more, body)| (format!("-{more}"), body));
    for (more, body) in plain.chain(more) {
        let (type_, version) = body.type_and_version();
        let now = stored_body(&body).unwrap();
        let stored = golden(&format!("event-{type_}-{version}{more}.json"), &now);
        assert_eq!(stored, now, "a shipped event may never change");
        assert_eq!(upcast(type_, version, &stored).unwrap(), body);
        let long = matches!(
            body,
            EventBody::Reported { .. } | EventBody::Opened { .. } | EventBody::Amended { .. }
        );
        if !long {
            assert!(stored.len() <= 300, "{type_}: {} bytes", stored.len());
        }
        // No free text, no position: those are content.
        assert!(!stored.contains("Kestrel") && !stored.contains("44.63"), "{stored}");
    }
}

#[test]
fn content_is_read_as_it_was_written() {
    for content in [
        Content::Place(location()),
        Content::Text { text: "Worse after rain".into() },
        Content::Plate { plate: "KLM 482".into() },
    ] {
        let now = serde_json::to_string(&content).unwrap();
        let stored = golden(&format!("content-{}-1.json", content.class()), &now);
        assert_eq!(stored, now, "shipped content may never change");
        assert_eq!(serde_json::from_str::<Content>(&stored).unwrap(), content);
    }
}

#[test]
fn derived_ids_never_change() {
    let command = CommandId::from_bytes([1; 16]);
    let signed = Origin { key: Some(Principal([9; 32])), command };
    let own = Origin { key: None, command };
    let now = format!(
        "{} {} {} {} {}",
        signed.event(0),
        signed.content(1),
        signed.order(0),
        own.event(0),
        CommandId::photo_verified(SubjectId::from_bytes([2; 16]), PhotoHash([3; 32])),
    );
    assert_eq!(golden("derived-ids.txt", &now), now);
    let tick = Tick { clock: ClockKind::Response, percent: 90, due: Timestamp(1_790_000_000_000) };
    let now = format!(
        "{} {} {}",
        CommandId::tick(SubjectId::from_bytes([2; 16]), &tick),
        CommandId::import("history-000001", 2),
        SubjectId::import("history-000001"),
    );
    assert_eq!(golden("derived-ids-2.txt", &now), now);
}

/// Ed25519 is deterministic, so the bytes of a known frame never change.
#[test]
fn frames_never_change() {
    let key = SigningKey::from_bytes(&[7; 32]);
    for body in commands() {
        let (type_, version) = body.type_and_version();
        let head = Head {
            city: CityId::from_bytes([1; 16]),
            key: Principal(key.verifying_key().to_bytes()),
            command: CommandId::from_bytes([2; 16]),
            subject: SubjectId::from_bytes([3; 16]),
            based_on: 4,
            previous: Some(CommandId::from_bytes([5; 16])),
            supersedes: None,
            device_clock: Timestamp(1_790_000_000_000),
            server_seen: Some(Timestamp(1_790_000_000_001)),
            offset_ms: -6,
            type_,
            version,
        };
        let json = body.to_json().unwrap();
        let bytes = frame::seal(&head, &json, &key).unwrap();
        let now = hex::encode(&bytes);
        let stored = golden(&format!("frame-1-{}.hex", body.name()), &now);
        assert_eq!(stored, now, "a shipped frame may never change");
        let frame = frame::open(&hex::decode(&stored).unwrap()).unwrap();
        assert_eq!((frame.head, frame.body), (head, json));
    }
}

#[test]
fn what_is_newer_is_not_guessed_at() {
    assert!(upcast("reported", 2, "{}").is_err());
    assert!(upcast("paid", 1, "{}").is_err());
    assert!(CommandBody::from_json(1, 2, b"{}").is_err());
    assert!(CommandBody::from_json(999, 1, b"{}").is_err());
    let verify =
        CommandBody::VerifyPhoto(VerifyPhoto { hash: PhotoHash([0; 32]), width: 1, height: 1 });
    let (type_, version) = verify.type_and_version();
    let json = verify.to_json().unwrap();
    assert!(
        CommandBody::from_json(type_, version, &json).is_err(),
        "the system's own command never comes in a frame"
    );
}
