//! Rules of `decide` and `apply` against a small catalogue, without a city.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;

use mend_core::apply::apply;
use mend_core::catalogue::{
    Answer, Catalogue, PlaceNeed, Priority, Question, QuestionKind, Service, Sla,
    Visibility as Public, Wanted,
};
use mend_core::command::{
    AddNote, AddPhotos, Assign, CommandBody, Complete, Hold, Merge, PhotoRef, Reopen, Report,
    Resume, Start, Tick, VerifyPhoto, Withdraw,
};
use mend_core::decide::{Command, Context, Decision, Role, Speaker, SpeakerAccount, decide};
use mend_core::event::{
    Actor, ClockKind, Closing, Content, Event, EventBody, HoldReason, Outcome, PhotoRole,
    Visibility,
};
use mend_core::id::{CommandId, Origin, OwnerHash, PhotoHash, Principal, SubjectId, SubjectRef};
use mend_core::location::{Location, LocationSource, Point};
use mend_core::refusal::RefusalCode;
use mend_core::subject::{OrderStatus, RequestStatus, SubjectState};
use mend_core::time::Timestamp;
use mend_core::tracking::TrackingCode;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn catalogue() -> Catalogue {
    Catalogue {
        services: vec![Service {
            code: "pothole".into(),
            department: "streets".into(),
            alternatives: Vec::new(),
            priority: Priority::High,
            sla: Sla::Range { response_days: 5, resolution_days: 10 },
            sla_at: BTreeMap::new(),
            questions: vec![
                Question {
                    code: "where".into(),
                    kind: QuestionKind::Choice(vec!["lane".into()]),
                    required: true,
                    public: Public::AtOnce,
                    raises: Vec::new(),
                    emergency: false,
                },
                Question {
                    code: "plate".into(),
                    kind: QuestionKind::Plate,
                    required: false,
                    public: Public::Never,
                    raises: Vec::new(),
                    emergency: false,
                },
            ],
            photo: Wanted::Asked,
            place: PlaceNeed::Point,
            asset_kinds: Vec::new(),
            public: Public::AtOnce,
        }],
    }
}

fn resident() -> Speaker {
    Speaker::Key { key: Principal([1; 32]), account: None }
}

fn crew(code: &str) -> Speaker {
    let account = SpeakerAccount { role: Role::Crew, crew: Some(code.into()) };
    Speaker::Key { key: Principal([2; 32]), account: Some(account) }
}

fn dispatcher() -> Speaker {
    let account = SpeakerAccount { role: Role::Dispatcher, crew: None };
    Speaker::Key { key: Principal([3; 32]), account: Some(account) }
}

fn report() -> Report {
    Report {
        service_code: "pothole".into(),
        pack_version: "00".into(),
        location: Location {
            point: Point::new(44.63, -124.05).unwrap(),
            source: LocationSource::Address,
            accuracy_m: None,
            fix_age_s: None,
            label: "214 Kestrel Street".into(),
            asset: None,
        },
        answers: BTreeMap::from([("where".into(), Answer::Choice("lane".into()))]),
        description: "Deep".into(),
        photos: Vec::new(),
        dropped: Vec::new(),
        earlier: Vec::new(),
        tracking_code: TrackingCode::from_random(7),
        owner: OwnerHash([9; 32]),
    }
}

/// Decides one command; `inside` and ids as most tests want them.
fn run(
    speaker: &Speaker,
    view: Option<&SubjectState>,
    subject: SubjectRef,
    body: CommandBody,
) -> Result<Decision, RefusalCode> {
    run_at(speaker, view, subject, body, view.map_or(0, SubjectState::version), true)
}

fn run_at(
    speaker: &Speaker,
    view: Option<&SubjectState>,
    subject: SubjectRef,
    body: CommandBody,
    based_on: u32,
    inside_city: bool,
) -> Result<Decision, RefusalCode> {
    let context = Context {
        speaker,
        catalogue: &catalogue(),
        pack_version: "00",
        crews: &["streets-1".to_owned(), "streets-2".to_owned()],
        recorded_at: NOW,
        occurred_at: NOW,
        inside_city,
        other: None,
        due: &[],
    };
    let id = CommandId::from_bytes([8; 16]);
    let command = Command { id, subject, based_on, supersedes: None, body };
    decide(&context, view, &command).map_err(|refusal| refusal.code)
}

fn request() -> SubjectRef {
    SubjectRef::request(SubjectId::from_bytes([4; 16]))
}

fn order_ref() -> SubjectRef {
    SubjectRef::order(SubjectId::from_bytes([5; 16]))
}

fn after(view: Option<SubjectState>, events: &[Event]) -> SubjectState {
    events.iter().fold(view, apply).unwrap()
}

const fn origin() -> Origin {
    Origin { key: None, command: CommandId::from_bytes([6; 16]) }
}

fn event(subject: SubjectRef, version: u32, body: EventBody) -> Event {
    Event {
        id: origin().event(version),
        subject,
        version,
        actor: Actor::City,
        by: None,
        occurred_at: NOW,
        recorded_at: NOW,
        type_version: 1,
        body,
    }
}

/// An order that streets-1 has.
fn order() -> SubjectState {
    let opened = EventBody::Opened {
        request: request().id,
        number: "26-000001".into(),
        service_code: "pothole".into(),
        priority: Priority::High,
        department: "streets".into(),
        place: origin().content(0),
        description: None,
        answers: BTreeMap::new(),
        due: None,
    };
    let assigned = EventBody::Assigned { crew: "streets-1".into(), rule: None };
    after(None, &[event(order_ref(), 1, opened), event(order_ref(), 2, assigned)])
}

fn as_order(state: &SubjectState) -> &mend_core::subject::WorkOrder {
    match state {
        SubjectState::WorkOrder(order) => order,
        SubjectState::ServiceRequest(_) => panic!("not an order"),
    }
}

#[test]
fn a_report_puts_words_and_place_into_content() {
    let body = CommandBody::Report(Box::new(report()));
    let decision = run(&resident(), None, request(), body).unwrap();
    assert_eq!(decision.events.len(), 1);
    assert_eq!(decision.content.len(), 2);
    let log = serde_json::to_string(&decision.events).unwrap();
    assert!(!log.contains("Deep") && !log.contains("Kestrel") && !log.contains("44.63"), "{log}");
    let SubjectState::ServiceRequest(state) = after(None, &decision.events) else { panic!() };
    assert_eq!(state.status, RequestStatus::Received);
    assert_eq!(state.reporter, Some(Principal([1; 32])));
    assert!(matches!(decision.content[0].1, Content::Place(_)));
}

#[test]
fn what_a_report_may_not_say() {
    let refused = |change: fn(&mut Report)| {
        let mut report = report();
        change(&mut report);
        run(&resident(), None, request(), CommandBody::Report(Box::new(report))).unwrap_err()
    };
    assert_eq!(refused(|r| r.service_code = "circus".into()), RefusalCode::UnknownService);
    let mut needs_photo = catalogue();
    needs_photo.services[0].photo = Wanted::Required;
    let speaker = resident();
    let context = Context {
        speaker: &speaker,
        catalogue: &needs_photo,
        pack_version: "00",
        crews: &[],
        recorded_at: NOW,
        occurred_at: NOW,
        inside_city: true,
        other: None,
        due: &[],
    };
    let command = Command {
        id: CommandId::from_bytes([8; 16]),
        subject: request(),
        based_on: 0,
        supersedes: None,
        body: CommandBody::Report(Box::new(report())),
    };
    assert_eq!(decide(&context, None, &command).unwrap_err().code, RefusalCode::MissingPhoto);
    assert_eq!(refused(|r| r.answers.clear()), RefusalCode::MissingAnswer);
    assert_eq!(
        refused(|r| r.answers.extend([("where".into(), Answer::Choice("moon".into()))])),
        RefusalCode::BadAnswer
    );
    assert_eq!(refused(|r| r.description = "x".repeat(5_001)), RefusalCode::TextTooLong);
    assert_eq!(refused(|r| r.location.label = "x".repeat(201)), RefusalCode::TextTooLong);
    let photo = PhotoRef { hash: PhotoHash([1; 32]), bytes: 9, role: PhotoRole::Before };
    fn photos(n: usize, photo: PhotoRef) -> Vec<PhotoRef> {
        vec![photo; n]
    }
    let mut many = report();
    many.photos = photos(11, photo);
    let many = CommandBody::Report(Box::new(many));
    assert_eq!(run(&resident(), None, request(), many).unwrap_err(), RefusalCode::TooManyPhotos);
    let body = CommandBody::Report(Box::new(report()));
    assert_eq!(
        run_at(&resident(), None, request(), body, 0, false).unwrap_err(),
        RefusalCode::OutsideCity
    );
}

#[test]
fn a_report_is_never_refused_for_its_age() {
    let mut old = report();
    old.pack_version = "11".into();
    old.service_code = "gas_lamp".into();
    old.answers = BTreeMap::from([
        ("where".into(), Answer::Choice("on the moon".into())),
        ("lit".into(), Answer::Flag(true)),
    ]);
    let body = CommandBody::Report(Box::new(old.clone()));
    let decision = run(&resident(), None, request(), body).unwrap();
    let log = serde_json::to_string(&decision.events).unwrap();
    assert!(!log.contains("moon"), "what the city does not know is words, and words are content");
    assert!(
        decision.content.iter().any(|(_, c)| *c == Content::Text { text: "on the moon".into() })
    );
    // But prose does not pass for a code.
    old.service_code = "My neighbour Wanda".into();
    let body = CommandBody::Report(Box::new(old.clone()));
    assert_eq!(run(&resident(), None, request(), body).unwrap_err(), RefusalCode::UnknownService);
    old.service_code = "pothole".into();
    old.answers = BTreeMap::from([("Wanda did it".into(), Answer::Flag(true))]);
    let body = CommandBody::Report(Box::new(old));
    assert_eq!(run(&resident(), None, request(), body).unwrap_err(), RefusalCode::BadAnswer);
}

#[test]
fn a_photo_named_twice_is_one_photo() {
    let photo = PhotoRef { hash: PhotoHash([1; 32]), bytes: 9, role: PhotoRole::Before };
    let mut twice = report();
    twice.photos = vec![photo; 3];
    let body = CommandBody::Report(Box::new(twice));
    let decision = run(&resident(), None, request(), body).unwrap();
    assert_eq!(decision.events.len(), 2);
    let state = after(None, &decision.events);
    let again = CommandBody::AddPhotos(AddPhotos { photos: vec![photo] });
    assert!(run(&resident(), Some(&state), request(), again).unwrap().events.is_empty());
}

#[test]
fn a_place_that_is_none_is_told_apart() {
    let json = CommandBody::Report(Box::new(report())).to_json().unwrap();
    let json = String::from_utf8(json).unwrap();
    let point = r#"{"lat":44.63,"lon":-124.05}"#;
    assert!(json.contains(point));
    for bad in [r#"{"lat":0,"lon":0}"#, r#"{"lat":null,"lon":1}"#, r#"{"lat":"NaN","lon":1}"#, "7"]
    {
        let body = CommandBody::from_json(1, 1, json.replace(point, bad).as_bytes());
        assert_eq!(body.unwrap_err().code, RefusalCode::BadPosition, "{bad}");
    }
    assert_eq!(CommandBody::from_json(1, 1, b"{").unwrap_err().code, RefusalCode::BadBody);
}

#[test]
fn exactly_five_thousand_characters_are_fine() {
    let mut long = report();
    long.description = "ä".repeat(5_000);
    run(&resident(), None, request(), CommandBody::Report(Box::new(long))).unwrap();
}

#[test]
fn only_the_reporter_and_dispatchers_add_to_a_request() {
    let body = CommandBody::Report(Box::new(report()));
    let decision = run(&resident(), None, request(), body).unwrap();
    let state = after(None, &decision.events);
    let note = |visibility| CommandBody::AddNote(AddNote { text: "Worse".into(), visibility });
    let add = |speaker: &Speaker, body| run(speaker, Some(&state), request(), body);
    assert!(add(&resident(), note(Visibility::Public)).is_ok());
    assert!(add(&dispatcher(), note(Visibility::Internal)).is_ok());
    assert_eq!(add(&resident(), note(Visibility::Internal)).unwrap_err(), RefusalCode::NotAllowed);
    let stranger = Speaker::Key { key: Principal([7; 32]), account: None };
    assert_eq!(add(&stranger, note(Visibility::Public)).unwrap_err(), RefusalCode::NotFound);
    let empty =
        CommandBody::AddNote(AddNote { text: " \n".into(), visibility: Visibility::Public });
    assert_eq!(add(&resident(), empty).unwrap_err(), RefusalCode::EmptyText);
    let after_photo = PhotoRef { hash: PhotoHash([1; 32]), bytes: 9, role: PhotoRole::After };
    let fake = CommandBody::AddPhotos(AddPhotos { photos: vec![after_photo] });
    assert_eq!(
        add(&resident(), fake).unwrap_err(),
        RefusalCode::BadBody,
        "only a crew shows finished work"
    );
}

#[test]
fn only_the_crew_that_has_an_order_works_on_it() {
    let order = order();
    let start =
        |speaker: &Speaker| run(speaker, Some(&order), order_ref(), CommandBody::Start(Start {}));
    assert_eq!(start(&crew("streets-1")).unwrap().events.len(), 1);
    assert_eq!(start(&crew("streets-2")).unwrap_err(), RefusalCode::NotFound);
    assert_eq!(start(&resident()).unwrap_err(), RefusalCode::SignInNeeded);
    assert_eq!(start(&dispatcher()).unwrap_err(), RefusalCode::NotAllowed);
}

#[test]
fn assigning_must_have_seen_what_it_replaces() {
    let order = order();
    let assign = |speaker: &Speaker, crew: &str, based_on| {
        let body = CommandBody::Assign(Assign { crew: crew.into() });
        run_at(speaker, Some(&order), order_ref(), body, based_on, true)
    };
    assert!(assign(&dispatcher(), "streets-2", 2).is_ok());
    assert_eq!(assign(&dispatcher(), "streets-2", 1).unwrap_err(), RefusalCode::Conflict);
    assert_eq!(assign(&dispatcher(), "circus", 2).unwrap_err(), RefusalCode::UnknownCrew);
    assert_eq!(assign(&crew("streets-1"), "streets-2", 2).unwrap_err(), RefusalCode::NotAllowed);
    assert_eq!(assign(&resident(), "streets-2", 2).unwrap_err(), RefusalCode::SignInNeeded);
}

#[test]
fn finished_work_is_never_thrown_away() {
    let complete = || {
        let photo = PhotoRef { hash: PhotoHash([1; 32]), bytes: 9, role: PhotoRole::After };
        CommandBody::Complete(Complete {
            outcome: Outcome::Mended,
            note: "Done".into(),
            photos: vec![photo],
        })
    };
    // Reassigned while streets-1 was in the cellar.
    let moved = after(
        Some(order()),
        &[event(order_ref(), 3, EventBody::Assigned { crew: "streets-2".into(), rule: None })],
    );
    let first = run(&crew("streets-1"), Some(&moved), order_ref(), complete()).unwrap();
    let state = after(Some(moved), &first.events);
    assert_eq!(as_order(&state).status, OrderStatus::Completed);
    assert!(as_order(&state).flagged);
    // And streets-2 finished it, too.
    let second = run(&crew("streets-2"), Some(&state), order_ref(), complete()).unwrap();
    assert!(second.content.iter().any(|(_, c)| *c == Content::Text { text: "Done".into() }));
    let late_start =
        run(&crew("streets-1"), Some(&state), order_ref(), CommandBody::Start(Start {})).unwrap();
    assert!(late_start.events.is_empty(), "a start that comes late is true and changes nothing");
}

#[test]
fn only_the_system_verifies_photos() {
    let verify =
        CommandBody::VerifyPhoto(VerifyPhoto { hash: PhotoHash([1; 32]), width: 1, height: 1 });
    let order = order();
    assert_eq!(
        run(&crew("streets-1"), Some(&order), order_ref(), verify.clone()).unwrap_err(),
        RefusalCode::NotAllowed
    );
    assert_eq!(
        run(&Speaker::System, Some(&order), order_ref(), verify).unwrap_err(),
        RefusalCode::NotFound,
        "a photo that nobody named"
    );
}

fn any_body() -> impl Strategy<Value = EventBody> {
    let hash = || PhotoHash([1; 32]);
    prop_oneof![
        Just(EventBody::Started {}),
        Just(EventBody::Assigned { crew: "a".into(), rule: None }),
        Just(EventBody::Assigned { crew: "b".into(), rule: None }),
        Just(EventBody::PhotoAdded { hash: hash(), role: PhotoRole::Before }),
        Just(EventBody::PhotoVerified { hash: hash() }),
        Just(EventBody::Completed { outcome: Outcome::Mended, note: None, flagged: false }),
        Just(EventBody::Resolved { outcome: Outcome::MadeSafe, note: None }),
        Just(EventBody::Numbered { number: "26-000001".into() }),
        Just(EventBody::Held { reason: HoldReason::Weather, note: None }),
        Just(EventBody::Resumed {}),
        Just(EventBody::Reopened { note: None }),
        Just(EventBody::Closed(Closing::Mended)),
        Just(EventBody::Closed(Closing::Withdrawn)),
        Just(EventBody::Unassigned {}),
        Just(EventBody::PhotosMissing { hashes: vec![hash()] }),
        Just(EventBody::Amended {
            service_code: "pothole".into(),
            pack: String::new(),
            place: origin().content(3),
            description: None,
            answers: BTreeMap::new(),
            dropped: vec![hash()],
        }),
        Just(EventBody::Cancelled {}),
        Just(EventBody::Warned { clock: ClockKind::Response, percent: 75, due: NOW }),
    ]
}

proptest! {
    /// `apply` cannot fail, counts every event, and never lets a subject slip back.
    #[test]
    fn apply_takes_anything(bodies in proptest::collection::vec(any_body(), 0..30), on_order: bool) {
        let (mut state, subject) = if on_order {
            (order(), order_ref())
        } else {
            let body = CommandBody::Report(Box::new(report()));
            (after(None, &run(&resident(), None, request(), body).unwrap().events), request())
        };
        for body in bodies {
            let before = state.clone();
            let version = state.version() + 1;
            let again = matches!(body, EventBody::Reopened { .. } | EventBody::Cancelled {});
            state = apply(Some(state), &event(subject, version, body)).unwrap();
            prop_assert_eq!(state.version(), version);
            match (&before, &state) {
                (SubjectState::ServiceRequest(a), SubjectState::ServiceRequest(b)) => {
                    prop_assert!(a.status.is_open() || !b.status.is_open() || again);
                    // It waits while the last pause lasts, and only then; it says why.
                    let waits = b.status == RequestStatus::OnHold;
                    prop_assert_eq!(b.held_for.is_some(), waits);
                    let lasting: Vec<_> = b.pauses.iter().map(|p| p.until.is_none()).collect();
                    prop_assert_eq!(lasting.last().copied().unwrap_or(false), waits);
                    prop_assert!(lasting.iter().filter(|lasts| **lasts).count() <= 1);
                }
                (SubjectState::WorkOrder(a), SubjectState::WorkOrder(b)) => {
                    prop_assert!(
                        a.status != OrderStatus::Completed
                            || b.status == OrderStatus::Completed
                            || again
                    );
                    prop_assert_eq!(b.held_for.is_some(), b.status == OrderStatus::Held);
                }
                _ => prop_assert!(false, "a subject stays what it is"),
            }
        }
    }
}

fn done(state: SubjectState, speaker: &Speaker, body: CommandBody) -> SubjectState {
    let subject = state.subject();
    let decision = run(speaker, Some(&state), subject, body).unwrap();
    after(Some(state), &decision.events)
}

fn hold(note: &str) -> CommandBody {
    CommandBody::Hold(Hold { reason: HoldReason::Parts, note: note.into() })
}

#[test]
fn a_hold_waits_and_whatever_happens_next_goes_on() {
    let crew = crew("streets-1");
    let held = done(order(), &crew, hold("The lamp is on order"));
    assert_eq!(as_order(&held).status, OrderStatus::Held);
    assert_eq!(as_order(&held).held_for, Some(HoldReason::Parts));
    // Held twice is held once; what was written with it is kept.
    let twice = run(&crew, Some(&held), order_ref(), hold("Still waiting")).unwrap();
    assert!(matches!(twice.events[..], [Event { body: EventBody::NoteAdded { .. }, .. }]));
    assert!(run(&crew, Some(&held), order_ref(), hold("")).unwrap().events.is_empty());

    let resumed = done(held.clone(), &dispatcher(), CommandBody::Resume(Resume {}));
    assert_eq!(as_order(&resumed).status, OrderStatus::Assigned);
    let started = done(held.clone(), &crew, CommandBody::Start(Start {}));
    assert_eq!(as_order(&started).status, OrderStatus::Started);
    assert_eq!(as_order(&started).held_for, None);
    let complete = CommandBody::Complete(Complete {
        outcome: Outcome::Mended,
        note: String::new(),
        photos: Vec::new(),
    });
    let finished = run(&crew, Some(&held), order_ref(), complete).unwrap();
    let kinds: Vec<_> = finished.events.iter().map(|e| e.body.type_and_version().0).collect();
    assert_eq!(kinds, ["resumed", "started", "completed"]);
    let idle = run(&crew, Some(&order()), order_ref(), CommandBody::Resume(Resume {}));
    assert!(idle.unwrap().events.is_empty(), "what does not wait cannot go on");
    assert_eq!(
        run(&resident(), Some(&held), order_ref(), hold("")).unwrap_err(),
        RefusalCode::SignInNeeded
    );
}

/// A request that was mended.
fn resolved() -> SubjectState {
    let body = CommandBody::Report(Box::new(report()));
    let state = after(None, &run(&resident(), None, request(), body).unwrap().events);
    let version = state.version();
    let resolved = EventBody::Resolved { outcome: Outcome::Mended, note: None };
    after(Some(state), &[event(request(), version + 1, resolved)])
}

fn as_request(state: &SubjectState) -> &mend_core::subject::ServiceRequest {
    match state {
        SubjectState::ServiceRequest(request) => request,
        SubjectState::WorkOrder(_) => panic!("not a request"),
    }
}

#[test]
fn only_what_is_resolved_is_reopened() {
    let reopen = |note: &str| CommandBody::Reopen(Reopen { note: note.into() });
    let again = done(resolved(), &resident(), reopen("It is open again"));
    assert_eq!(as_request(&again).status, RequestStatus::Reopened);
    assert_eq!((as_request(&again).resolved_at, as_request(&again).outcome), (None, None));
    // The second one adds its words and no second reopening.
    let twice = run(&resident(), Some(&again), request(), reopen("And deeper")).unwrap();
    assert!(matches!(twice.events[..], [Event { body: EventBody::NoteAdded { .. }, .. }]));
    assert_eq!(twice.content.len(), 1);
    let stranger = Speaker::Key { key: Principal([7; 32]), account: None };
    assert_eq!(
        run(&stranger, Some(&resolved()), request(), reopen("")).unwrap_err(),
        RefusalCode::NotFound
    );
    let version = resolved().version();
    let closed = after(
        Some(resolved()),
        &[event(request(), version + 1, EventBody::Closed(Closing::Mended))],
    );
    assert_eq!(
        run(&resident(), Some(&closed), request(), reopen("")).unwrap_err(),
        RefusalCode::AlreadyClosed
    );
}

#[test]
fn a_duplicate_leads_to_a_request_that_goes_on() {
    let into = SubjectId::from_bytes([14; 16]);
    let mut other = as_request(&resolved()).clone();
    other.id = into;
    let merge = |speaker: &Speaker, other: Option<&SubjectState>, into, based_on| {
        let state = resolved();
        let context = Context {
            speaker,
            catalogue: &catalogue(),
            pack_version: "00",
            crews: &[],
            recorded_at: NOW,
            occurred_at: NOW,
            inside_city: true,
            other,
            due: &[],
        };
        let body = CommandBody::Merge(Merge { into });
        let id = CommandId::from_bytes([8; 16]);
        let command = Command { id, subject: request(), based_on, supersedes: None, body };
        decide(&context, Some(&state), &command).map_err(|refusal| refusal.code)
    };
    let known = SubjectState::ServiceRequest(other.clone());
    let version = resolved().version();
    assert!(merge(&dispatcher(), Some(&known), into, version).is_ok());
    assert_eq!(
        merge(&dispatcher(), Some(&known), into, version - 1).unwrap_err(),
        RefusalCode::Conflict
    );
    assert_eq!(
        merge(&resident(), Some(&known), into, version).unwrap_err(),
        RefusalCode::SignInNeeded
    );
    assert_eq!(merge(&dispatcher(), None, into, version).unwrap_err(), RefusalCode::NotFound);
    let itself = resolved();
    assert_eq!(
        merge(&dispatcher(), Some(&itself), request().id, version).unwrap_err(),
        RefusalCode::BadBody
    );
    let closing = Closing::Duplicate { of: request().id };
    other.closed = Some(mend_core::subject::Closed { at: NOW, closing });
    let gone = SubjectState::ServiceRequest(other);
    assert_eq!(
        merge(&dispatcher(), Some(&gone), into, version).unwrap_err(),
        RefusalCode::BadBody,
        "no circles and no chains"
    );
}

#[test]
fn a_plate_is_kept_apart_from_other_words() {
    let mut plated = report();
    plated.answers.insert("plate".into(), Answer::Text(" KLM 482 ".into()));
    let body = CommandBody::Report(Box::new(plated.clone()));
    let decision = run(&resident(), None, request(), body).unwrap();
    let plate = Content::Plate { plate: "KLM 482".into() };
    assert!(decision.content.iter().any(|(_, content)| *content == plate));
    assert!(!serde_json::to_string(&decision.events).unwrap().contains("KLM"));
    plated.answers.insert("plate".into(), Answer::Text("x".repeat(13)));
    let body = CommandBody::Report(Box::new(plated));
    assert_eq!(run(&resident(), None, request(), body).unwrap_err(), RefusalCode::TextTooLong);
}

#[test]
fn only_the_clock_says_that_time_is_over() {
    let tick = Tick { clock: ClockKind::Closing, percent: 100, due: NOW };
    let say = |speaker: &Speaker, due: &[Tick]| {
        let context = Context {
            speaker,
            catalogue: &catalogue(),
            pack_version: "00",
            crews: &[],
            recorded_at: NOW,
            occurred_at: NOW,
            inside_city: false,
            other: None,
            due,
        };
        let id = CommandId::from_bytes([8; 16]);
        let body = CommandBody::Tick(tick);
        let command = Command { id, subject: request(), based_on: 0, supersedes: None, body };
        decide(&context, Some(&resolved()), &command).map_err(|refusal| refusal.code)
    };
    let closed = say(&Speaker::System, &[tick]).unwrap();
    let state = after(Some(resolved()), &closed.events);
    assert_eq!(as_request(&state).status, RequestStatus::Closed);
    assert_eq!(say(&Speaker::System, &[]).unwrap_err(), RefusalCode::NotFound);
    assert_eq!(say(&dispatcher(), &[tick]).unwrap_err(), RefusalCode::NotAllowed);
}

/// A report that says it takes the place of an earlier command.
fn amend(
    speaker: &Speaker,
    view: Option<&SubjectState>,
    report: Report,
) -> Result<Decision, RefusalCode> {
    let context = Context {
        speaker,
        catalogue: &catalogue(),
        pack_version: "00",
        crews: &[],
        recorded_at: NOW,
        occurred_at: NOW,
        inside_city: true,
        other: None,
        due: &[],
    };
    let command = Command {
        id: CommandId::from_bytes([9; 16]),
        subject: request(),
        based_on: 0,
        supersedes: Some(CommandId::from_bytes([8; 16])),
        body: CommandBody::Report(Box::new(report)),
    };
    decide(&context, view, &command).map_err(|refusal| refusal.code)
}

fn kinds(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(|event| event.body.type_and_version().0).collect()
}

fn before(hash: u8) -> PhotoRef {
    PhotoRef { hash: PhotoHash([hash; 32]), bytes: 9, role: PhotoRole::Before }
}

fn reported(report: Report) -> SubjectState {
    let body = CommandBody::Report(Box::new(report));
    after(None, &run(&resident(), None, request(), body).unwrap().events)
}

#[test]
fn newer_words_take_the_place_of_older_ones_until_a_crew_starts() {
    let older = Report { photos: vec![before(1), before(2)], ..report() };
    let newer = Report {
        description: "Deeper than I thought".into(),
        photos: vec![before(2), before(3)],
        dropped: vec![PhotoHash([1; 32])],
        ..report()
    };
    let state = reported(older.clone());
    let changed = amend(&resident(), Some(&state), newer.clone()).unwrap();
    assert_eq!(kinds(&changed), ["amended", "photo_added"]);
    let log = serde_json::to_string(&changed.events).unwrap();
    assert!(!log.contains("Deeper"), "words are content: {log}");
    let state = after(Some(state), &changed.events);
    let hashes: Vec<_> = as_request(&state).photos.iter().map(|photo| photo.hash.0[0]).collect();
    assert_eq!(hashes, [2, 3]);
    assert_ne!(as_request(&state).description, as_request(&reported(older)).description);

    // Once a crew has started, the older words stand and the newer ones are a note.
    let version = state.version() + 1;
    let started = after(Some(state), &[event(request(), version, EventBody::Started {})]);
    let late = Report { photos: vec![before(4)], ..newer };
    let noted = amend(&resident(), Some(&started), late).unwrap();
    assert_eq!(kinds(&noted), ["note_added", "photo_added"]);
    let Content::Text { text } = &noted.content[0].1 else { panic!("a note is text") };
    assert!(text.starts_with("Deeper than I thought\n"), "{text}");
    assert!(text.contains("where: "), "answers are not dropped: {text}");
    let after = after(Some(started), &noted.events);
    assert_eq!(as_request(&after).photos.len(), 3, "nothing is taken away any more");
}

#[test]
fn only_the_reporter_changes_a_report_and_only_by_its_receipt() {
    let state = reported(report());
    let stranger = Speaker::Key { key: Principal([7; 32]), account: None };
    for speaker in [&stranger, &dispatcher()] {
        assert_eq!(amend(speaker, Some(&state), report()).unwrap_err(), RefusalCode::AlreadyExists);
    }
    let other = Report { tracking_code: TrackingCode::from_random(77), ..report() };
    assert_eq!(amend(&resident(), Some(&state), other).unwrap_err(), RefusalCode::AlreadyExists);
    let plain = run(&resident(), Some(&state), request(), CommandBody::Report(Box::new(report())));
    assert_eq!(plain.unwrap_err(), RefusalCode::AlreadyExists, "it does not say that it replaces");
    let faulty = Report { service_code: "circus".into(), ..report() };
    assert_eq!(amend(&resident(), Some(&state), faulty).unwrap_err(), RefusalCode::UnknownService);
    // Of what never came there is nothing to change: it is the report.
    assert_eq!(kinds(&amend(&resident(), None, report()).unwrap()), ["reported"]);
}

#[test]
fn what_is_not_begun_can_be_taken_back() {
    let withdraw = |note: &str| CommandBody::Withdraw(Withdraw { note: note.into() });
    let state = reported(report());
    let withdrawn = done(state.clone(), &resident(), withdraw("Wrong street"));
    assert_eq!(as_request(&withdrawn).status, RequestStatus::Closed);
    assert_eq!(as_request(&withdrawn).closed.unwrap().closing, Closing::Withdrawn);
    let twice = run(&resident(), Some(&withdrawn), request(), withdraw("")).unwrap();
    assert!(twice.events.is_empty());

    let refused = |state: &SubjectState, speaker: &Speaker| {
        run(speaker, Some(state), request(), withdraw("")).unwrap_err()
    };
    let stranger = Speaker::Key { key: Principal([7; 32]), account: None };
    assert_eq!(refused(&state, &stranger), RefusalCode::NotFound);
    assert_eq!(refused(&resolved(), &resident()), RefusalCode::AlreadyCompleted);
    let version = state.version() + 1;
    let started = after(Some(state.clone()), &[event(request(), version, EventBody::Started {})]);
    assert_eq!(refused(&started, &resident()), RefusalCode::WorkStarted);
    let closed = EventBody::Closed(Closing::Mended);
    let closed = after(Some(state), &[event(request(), version, closed)]);
    assert_eq!(refused(&closed, &resident()), RefusalCode::AlreadyClosed);
}
