//! The store itself: any sequence of commands, then `rebuild` makes the same read tables.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mend_core::api::{CommandAnswer, NoticeKind};
use mend_core::catalogue::Answer;
use mend_core::city::City;
use mend_core::command::{
    AddNote, AddPhotos, Assign, CommandBody, Complete, Hold, Merge, PhotoRef, Reopen, Report,
    Resume, Start, VerifyPhoto, Withdraw,
};
use mend_core::decide::Role;
use mend_core::event::{ClockKind, Content, HoldReason, Outcome, PhotoRole, Visibility};
use mend_core::id::{CommandId, OwnerHash, PhotoHash, Principal, SubjectId, SubjectRef};
use mend_core::location::{Location, LocationSource, Point};
use mend_core::subject::{ServiceRequest, SubjectState};
use mend_core::time::{DAY_MS, Timestamp};
use mend_core::tracking::TrackingCode;
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::{Options, SqliteStore, clocks, commands, content, notices, subjects};
use crate::intake::photo::verified;
use crate::store::{AccountRow, Origin, Prepared, Signed, Store, scopes};
use crate::ticker;

const START: Timestamp = Timestamp(1_795_629_600_000);
const RESIDENTS: u8 = 3;
const CREWS: [&str; 2] = ["streets-1", "streets-2"];

/// Something that somebody does to one of the reports made so far.
#[derive(Debug, Clone)]
enum Act {
    Report { by: u8, service: usize, place: usize, photos: u8 },
    Note { who: Who, internal: bool },
    Photos { who: Who },
    Assign { crew: usize, stale: bool },
    Start { who: Who },
    Complete { who: Who, photo: bool },
    Hold { who: Who },
    Resume { who: Who },
    Reopen { who: Who },
    Merge { into: prop::sample::Index, stale: bool },
    Amend { service: usize, place: usize, photos: u8, drop: bool },
    Withdraw { who: Who },
    Verify { on_order: bool },
    Again,
    Wait { hours: i64 },
}

#[derive(Debug, Clone, Copy)]
enum Who {
    Resident(u8),
    Crew(usize),
    Dispatcher,
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        (0..RESIDENTS).prop_map(Who::Resident),
        (0..CREWS.len()).prop_map(Who::Crew),
        Just(Who::Dispatcher),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..RESIDENTS, 0..3usize, 0..3usize, 0..3u8).prop_map(|(by, service, place, photos)| {
            Act::Report { by, service, place, photos }
        }),
        2 => (who(), any::<bool>()).prop_map(|(who, internal)| Act::Note { who, internal }),
        1 => who().prop_map(|who| Act::Photos { who }),
        2 => (0..CREWS.len(), any::<bool>()).prop_map(|(crew, stale)| Act::Assign { crew, stale }),
        2 => who().prop_map(|who| Act::Start { who }),
        2 => (who(), any::<bool>()).prop_map(|(who, photo)| Act::Complete { who, photo }),
        2 => who().prop_map(|who| Act::Hold { who }),
        1 => who().prop_map(|who| Act::Resume { who }),
        1 => who().prop_map(|who| Act::Reopen { who }),
        1 => (any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(into, stale)| Act::Merge { into, stale }),
        2 => (0..3usize, 0..3usize, 0..2u8, any::<bool>()).prop_map(
            |(service, place, photos, drop)| Act::Amend { service, place, photos, drop }
        ),
        1 => who().prop_map(|who| Act::Withdraw { who }),
        2 => any::<bool>().prop_map(|on_order| Act::Verify { on_order }),
        1 => Just(Act::Again),
        1 => (1..200i64).prop_map(|hours| Act::Wait { hours }),
    ]
}

pub(super) static CITY: LazyLock<Arc<City>> = LazyLock::new(|| {
    let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cities/port-alder");
    Arc::new(City::from_pack(crate::city::load(&city).unwrap()).unwrap())
});

/// A store with a city of people.
struct Scene {
    store: SqliteStore,
    _folder: tempfile::TempDir,
    now: Timestamp,
    count: u64,
    requests: Vec<SubjectId>,
    /// Who reported each, and the newest wording.
    reports: BTreeMap<SubjectId, (u8, CommandId, Report)>,
    last: Option<Prepared>,
}

fn key(who: Who) -> Principal {
    Principal(match who {
        Who::Resident(n) => [n + 1; 32],
        Who::Crew(n) => [n as u8 + 100; 32],
        Who::Dispatcher => [200; 32],
    })
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open(Options {
            folder: folder.path().to_owned(),
            city: CITY.clone(),
            demo_allowed: true,
            fresh_mac_key: [1; 32],
            commit_fault: None,
        })
        .unwrap();
        let crews = CREWS.iter().enumerate().map(|(n, crew)| {
            (Who::Crew(n), (*crew).to_owned(), Role::Crew, Some((*crew).to_owned()))
        });
        let dispatcher = (Who::Dispatcher, "dispatcher".to_owned(), Role::Dispatcher, None);
        for (who, name, role, crew) in crews.chain([dispatcher]) {
            let account = AccountRow {
                name: name.clone(),
                role,
                crew,
                password_hash: "x".into(),
                demo: true,
            };
            store.put_account(&account).unwrap();
            // Some sign-ins run out on the way.
            store.bind(key(who), &name, START.plus_ms(40 * DAY_MS)).unwrap();
        }
        Self {
            store,
            _folder: folder,
            now: START,
            count: 0,
            requests: Vec::new(),
            reports: BTreeMap::new(),
            last: None,
        }
    }

    fn unique(&mut self) -> [u8; 10] {
        self.count += 1;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.count.to_be_bytes());
        bytes
    }

    fn photo(&mut self, role: PhotoRole) -> PhotoRef {
        let mut hash = [0; 32];
        hash[..10].copy_from_slice(&self.unique());
        PhotoRef { hash: PhotoHash(hash), bytes: 9, role }
    }

    fn prepared(
        &mut self,
        who: Who,
        subject: SubjectId,
        based_on: u32,
        body: CommandBody,
    ) -> Prepared {
        let (inside_city, zones) = match &body {
            CommandBody::Report(report) => {
                let point = report.location.point;
                (CITY.contains(point), CITY.locate(point, self.now))
            }
            _ => (false, Default::default()),
        };
        let id = CommandId::v7(self.now, self.unique());
        let mut mac = [0; 32];
        mac[..16].copy_from_slice(id.as_bytes());
        Prepared {
            id,
            subject,
            kind: body.kind(),
            based_on,
            supersedes: None,
            origin: Origin::Signed(Box::new(Signed {
                key: key(who),
                mac,
                previous: None,
                device_clock: self.now.plus_ms(-3_600_000),
                server_seen: None,
                offset_ms: 0,
            })),
            arrival: self.now,
            body: Ok(body),
            inside_city,
            zones,
            asset: None,
        }
    }

    /// What the ticker would say now.
    fn ticks(&self) -> Vec<Prepared> {
        let mut ticks = Vec::new();
        for id in clocks::due(self.store.connection(), self.now, 1_000).unwrap() {
            let state = subjects::get(self.store.connection(), SubjectRef::request(id)).unwrap();
            let Some(SubjectState::ServiceRequest(request)) = state else { panic!("no request") };
            let due = ticker::due(&CITY, &request, self.now);
            assert!(!due.is_empty(), "a clock that has come to its time has something to say");
            ticks.extend(due);
        }
        ticks
    }

    fn report(&mut self, by: u8, service: usize, place: usize, photos: u8) -> Prepared {
        let report = self.wording(service, place, photos);
        let subject = SubjectId::v7(self.now, self.unique());
        let body = CommandBody::Report(Box::new(report.clone()));
        let prepared = self.prepared(Who::Resident(by), subject, 0, body);
        self.reports.insert(subject, (by, prepared.id, report));
        prepared
    }

    /// The same report in other words.
    fn amendment(&mut self, subject: SubjectId, new: Report, drop: bool) -> Option<Prepared> {
        let (by, older, old) = self.reports.get(&subject)?.clone();
        let mut earlier = old.earlier;
        earlier.push(older);
        let direct = earlier.pop();
        let dropped = old.photos.iter().map(|photo| photo.hash).filter(|_| drop).collect();
        let (tracking_code, owner) = (old.tracking_code, old.owner);
        let report = Report { dropped, earlier: earlier.clone(), tracking_code, owner, ..new };
        let body = CommandBody::Report(Box::new(report.clone()));
        let prepared =
            Prepared { supersedes: direct, ..self.prepared(Who::Resident(by), subject, 0, body) };
        earlier.extend(direct);
        self.reports.insert(subject, (by, prepared.id, Report { earlier, ..report }));
        Some(prepared)
    }

    fn wording(&mut self, service: usize, place: usize, photos: u8) -> Report {
        let (service, question) = [
            ("pothole", Some(("where", "bike_lane"))),
            ("graffiti", Some(("surface", "wall"))),
            ("streetlight", None),
        ][service];
        let (lat, lon) = [(44.629, -124.049), (44.629, -124.058), (44.630, -124.040)][place];
        Report {
            service_code: service.into(),
            pack_version: "0".into(),
            location: Location {
                point: Point::new(lat, lon).unwrap(),
                source: LocationSource::Pin,
                accuracy_m: None,
                fix_age_s: None,
                asset: None,
                label: "Here".into(),
            },
            answers: question
                .map(|(code, choice)| (code.to_owned(), Answer::Choice(choice.into())))
                .into_iter()
                .collect(),
            description: "Broken".into(),
            photos: (0..photos).map(|_| self.photo(PhotoRole::Before)).collect(),
            dropped: Vec::new(),
            earlier: Vec::new(),
            tracking_code: TrackingCode::from_random(self.count),
            owner: OwnerHash([1; 32]),
        }
    }

    fn order_of(&self, request: SubjectId) -> Option<(SubjectId, u32)> {
        let connection = self.store.connection();
        match subjects::get(connection, SubjectRef::request(request)).unwrap()? {
            SubjectState::ServiceRequest(request) => {
                let order = SubjectRef::order(request.order?);
                Some((order.id, subjects::get(connection, order).unwrap()?.version()))
            }
            SubjectState::WorkOrder(_) => None,
        }
    }

    /// The command for an act on the request chosen by `pick`; none if there is nothing to do it to.
    fn command(&mut self, act: &Act, pick: prop::sample::Index) -> Option<Prepared> {
        if let Act::Report { by, service, place, photos } = act {
            let prepared = self.report(*by, *service, *place, *photos);
            self.requests.push(prepared.subject);
            return Some(prepared);
        }
        if matches!(act, Act::Again) {
            return self.last.clone();
        }
        let request = *self.requests.get(pick.index(self.requests.len().max(1)))?;
        let order = self.order_of(request);
        let target = |who: Who| match who {
            Who::Resident(_) | Who::Dispatcher => Some(request),
            Who::Crew(_) => order.map(|(order, _)| order),
        };
        Some(match act {
            Act::Note { who, internal } => {
                let visibility = if *internal { Visibility::Internal } else { Visibility::Public };
                let body = CommandBody::AddNote(AddNote { text: "Words".into(), visibility });
                self.prepared(*who, target(*who)?, 0, body)
            }
            Act::Photos { who } => {
                let role =
                    if matches!(who, Who::Crew(_)) { PhotoRole::After } else { PhotoRole::Before };
                let body = CommandBody::AddPhotos(AddPhotos { photos: vec![self.photo(role)] });
                self.prepared(*who, target(*who)?, 0, body)
            }
            Act::Assign { crew, stale } => {
                let (order, version) = order?;
                let body = CommandBody::Assign(Assign { crew: CREWS[*crew].into() });
                self.prepared(Who::Dispatcher, order, version - u32::from(*stale), body)
            }
            Act::Start { who } => self.prepared(*who, order?.0, 0, CommandBody::Start(Start {})),
            Act::Complete { who, photo } => {
                let photos = if *photo { vec![self.photo(PhotoRole::After)] } else { Vec::new() };
                let body = CommandBody::Complete(Complete {
                    outcome: Outcome::Mended,
                    note: "Done".into(),
                    photos,
                });
                self.prepared(*who, order?.0, 0, body)
            }
            Act::Hold { who } => {
                let body = Hold { reason: HoldReason::Parts, note: "Waiting".into() };
                self.prepared(*who, order?.0, 0, CommandBody::Hold(body))
            }
            Act::Resume { who } => self.prepared(*who, order?.0, 0, CommandBody::Resume(Resume {})),
            Act::Reopen { who } => {
                let body = CommandBody::Reopen(Reopen { note: "Again".into() });
                self.prepared(*who, request, 0, body)
            }
            Act::Merge { into, stale } => {
                let into = *self.requests.get(into.index(self.requests.len()))?;
                let state = subjects::get(self.store.connection(), SubjectRef::request(request))
                    .unwrap()?;
                let body = CommandBody::Merge(Merge { into });
                let version = state.version() - u32::from(*stale);
                self.prepared(Who::Dispatcher, request, version, body)
            }
            Act::Amend { service, place, photos, drop } => {
                let new = self.wording(*service, *place, *photos);
                self.amendment(request, new, *drop)?
            }
            Act::Withdraw { who } => {
                let body = CommandBody::Withdraw(Withdraw { note: String::new() });
                self.prepared(*who, request, 0, body)
            }
            Act::Verify { on_order } => {
                let subject = if *on_order {
                    SubjectRef::order(order?.0)
                } else {
                    SubjectRef::request(request)
                };
                let state = subjects::get(self.store.connection(), subject).unwrap()?;
                let photo = state.photos().iter().find(|photo| !photo.verified)?;
                verified(subject, VerifyPhoto { hash: photo.hash, width: 1, height: 1 }, self.now)
            }
            Act::Report { .. } | Act::Again | Act::Wait { .. } => return None,
        })
    }
}

/// Every row of a table, in the order of its key.
pub(super) fn dump(connection: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut statement =
        connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
    let columns = statement.column_count();
    statement
        .query_map([], |row| (0..columns).map(|n| row.get(n)).collect())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

pub(super) fn read_tables(connection: &Connection) -> Vec<Vec<Vec<Value>>> {
    ["requests", "orders", "clocks"].map(|table| dump(connection, table)).into()
}

/// Membership in feeds is what the subjects' states say it is.
fn check_members(connection: &Connection) {
    let mut expected = std::collections::BTreeSet::new();
    for table in ["requests", "orders"] {
        for row in dump(connection, table) {
            let Value::Text(state) = &row[2] else { panic!() };
            let state: SubjectState = serde_json::from_str(state).unwrap();
            for scope in scopes::of(&state) {
                expected.insert((scope, state.subject().id.as_bytes().to_vec()));
            }
        }
    }
    let found = dump(connection, "members").into_iter().map(|row| match (&row[0], &row[1]) {
        (Value::Text(scope), Value::Blob(id)) => (scope.clone(), id.clone()),
        other => panic!("{other:?}"),
    });
    assert_eq!(found.collect::<std::collections::BTreeSet<_>>(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rebuild_makes_the_read_tables_that_are_there(
        acts in prop::collection::vec((act(), any::<prop::sample::Index>()), 1..60),
        group in 1usize..5,
    ) {
        let mut scene = Scene::new();
        let mut waiting = Vec::new();
        let mut accepted = 0;
        for (act, pick) in &acts {
            if let Act::Wait { hours } = act {
                scene.now = scene.now.plus_ms(hours * 3_600_000);
                let ticks = scene.ticks();
                for answer in scene.store.commit(&ticks) {
                    prop_assert!(matches!(answer, CommandAnswer::Accepted(_)), "{:?}", answer);
                }
                prop_assert!(scene.ticks().is_empty(), "each is said once");
            }
            if let Some(command) = scene.command(act, *pick) {
                scene.last = Some(command.clone());
                waiting.push(command);
            }
            if waiting.len() >= group {
                for answer in scene.store.commit(&std::mem::take(&mut waiting)) {
                    if let CommandAnswer::Retry { code } = &answer {
                        prop_assert_eq!(code, "sign_in_needed");
                    }
                    accepted += usize::from(matches!(answer, CommandAnswer::Accepted(_)));
                }
            }
        }
        scene.store.commit(&waiting);
        let before = read_tables(scene.store.connection());
        check_members(scene.store.connection());
        let rebuilt = scene.store.rebuild().unwrap();
        prop_assert_eq!(&read_tables(scene.store.connection()), &before);
        prop_assert_eq!(rebuilt.requests as usize, before[0].len());
        prop_assert!(accepted == 0 || rebuilt.events > 0);
    }
}

fn request_of(scene: &Scene, id: SubjectId) -> ServiceRequest {
    let state = subjects::get(scene.store.connection(), SubjectRef::request(id)).unwrap();
    let Some(SubjectState::ServiceRequest(request)) = state else { panic!("no request") };
    request
}

fn words(scene: &Scene, id: mend_core::id::ContentId) -> String {
    match &content::get(scene.store.connection(), [id]).unwrap()[&id] {
        Content::Text { text } => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// How often an event of this type is in the log.
fn count(scene: &Scene, type_: &str) -> i64 {
    let sql = "SELECT count(*) FROM events WHERE type = ?1";
    scene.store.connection().query_row(sql, [type_], |row| row.get(0)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Wordings of one report, of which each takes the place of the one before, arrive in any
    /// order, some twice, some never before the last one: one request, the last words, and for
    /// each id the same answer for ever.
    #[test]
    fn wordings_arrive_in_any_order(
        wordings in 2usize..5,
        arrivals in prop::collection::vec(any::<prop::sample::Index>(), 1..9),
        started in prop::option::of(0usize..9),
        group in 1usize..4,
    ) {
        let mut scene = Scene::new();
        let first = scene.report(0, 0, 0, 1);
        let id = first.subject;
        let mut commands = vec![first];
        for n in 1..wordings {
            let new = scene.wording(n % 3, n % 3, 1);
            let new = Report { description: format!("Wording {n}"), ..new };
            commands.push(scene.amendment(id, new, true).unwrap());
        }
        let last = commands.len() - 1;
        let mut order: Vec<usize> = arrivals.iter().map(|at| at.index(commands.len())).collect();
        order.push(last);
        order.extend(arrivals.iter().map(|at| at.index(commands.len())));
        let mut answers: BTreeMap<usize, CommandAnswer> = BTreeMap::new();
        let mut begun = false;
        let mut worded_last = false;
        for (step, chunk) in order.chunks(group).enumerate() {
            let batch: Vec<Prepared> = chunk.iter().map(|n| commands[*n].clone()).collect();
            for (n, answer) in chunk.iter().zip(scene.store.commit(&batch)) {
                prop_assert!(matches!(answer, CommandAnswer::Accepted(_)), "{:?}", answer);
                prop_assert_eq!(&answer, answers.entry(*n).or_insert_with(|| answer.clone()));
            }
            worded_last |= chunk.contains(&last);
            if started == Some(step) && !worded_last {
                begun = true;
                let (order, version) = scene.order_of(id).unwrap();
                let assign = CommandBody::Assign(Assign { crew: CREWS[0].into() });
                let assign = scene.prepared(Who::Dispatcher, order, version, assign);
                let start = CommandBody::Start(Start {});
                let start = scene.prepared(Who::Crew(0), order, 0, start);
                for answer in scene.store.commit(&[assign, start]) {
                    prop_assert!(matches!(answer, CommandAnswer::Accepted(_)), "{:?}", answer);
                }
            }
        }
        prop_assert_eq!(count(&scene, "reported"), 1);
        prop_assert_eq!(count(&scene, "ordered"), 1);
        prop_assert_eq!(dump(scene.store.connection(), "requests").len(), 1);
        let request = request_of(&scene, id);
        let newest = format!("Wording {last}");
        if begun {
            prop_assert!(count(&scene, "note_added") > 0);
        } else {
            prop_assert_eq!(words(&scene, request.description.unwrap()), newest);
            // What the city says is what it would say of the last words alone.
            let mut alone = Scene::new();
            let CommandBody::Report(report) = commands[last].body.clone().unwrap() else { panic!() };
            alone.now = scene.now;
            let plain = Report { earlier: Vec::new(), dropped: Vec::new(), ..*report };
            let body = CommandBody::Report(Box::new(plain));
            let plain = alone.prepared(Who::Resident(0), id, 0, body);
            alone.store.commit(&[plain]);
            let expected = request_of(&alone, id);
            prop_assert_eq!(&request.service_code, &expected.service_code);
            prop_assert_eq!(&request.zones, &expected.zones);
            prop_assert_eq!(&request.priority, &expected.priority);
            prop_assert_eq!(&request.department, &expected.department);
            prop_assert_eq!(&request.crew, &expected.crew);
            prop_assert_eq!(&request.status, &expected.status);
            prop_assert_eq!(&request.promise, &expected.promise);
            let order = SubjectRef::order(request.order.unwrap());
            let order = subjects::get(scene.store.connection(), order).unwrap();
            let Some(SubjectState::WorkOrder(order)) = order else { panic!("no order") };
            prop_assert_eq!(order.crew, expected.crew);
            prop_assert_eq!(Some(order.department), expected.department);
            prop_assert_eq!(order.due, expected.promise.map(|promise| promise.resolution_due));
            prop_assert_eq!(Some(order.priority), expected.priority);
            prop_assert_eq!(order.place, request.place);
        }
        check_members(scene.store.connection());
        let before = read_tables(scene.store.connection());
        scene.store.rebuild().unwrap();
        prop_assert_eq!(read_tables(scene.store.connection()), before);
    }
}

#[test]
fn a_photo_that_does_not_come_is_missed_once_and_may_still_come() {
    let mut scene = Scene::new();
    let report = scene.report(0, 0, 0, 2);
    let id = report.subject;
    scene.store.commit(&[report]);
    let photos = request_of(&scene, id).photos;
    let word = VerifyPhoto { hash: photos[0].hash, width: 1, height: 1 };
    scene.store.commit(&[verified(SubjectRef::request(id), word, scene.now)]);
    let about_photos = |scene: &Scene| {
        let ticks = scene.ticks().into_iter();
        let is = |p: &Prepared| matches!(&p.body, Ok(CommandBody::Tick(tick)) if tick.clock == ClockKind::Photos);
        ticks.filter(is).collect::<Vec<_>>()
    };
    scene.now = START.plus_ms(7 * DAY_MS - 1);
    assert!(about_photos(&scene).is_empty());
    scene.now = START.plus_ms(7 * DAY_MS);
    let ticks = about_photos(&scene);
    assert_eq!(ticks.len(), 1);
    scene.store.commit(&ticks);
    assert!(about_photos(&scene).is_empty(), "once");
    let missing: Vec<bool> = request_of(&scene, id).photos.iter().map(|p| p.missing).collect();
    assert_eq!(missing, [false, true]);
    let (order, _) = scene.order_of(id).unwrap();
    let order = subjects::get(scene.store.connection(), SubjectRef::order(order)).unwrap().unwrap();
    assert!(order.photos()[1].missing, "the crew knows, too");
    let told = |scene: &Scene| {
        let page = notices::page(scene.store.connection(), key(Who::Resident(0)), 0).unwrap();
        page.notices.iter().filter(|n| n.kind == NoticeKind::PhotosMissing).count()
    };
    assert_eq!(told(&scene), 1);
    let word = VerifyPhoto { hash: photos[1].hash, width: 1, height: 1 };
    scene.store.commit(&[verified(SubjectRef::request(id), word, scene.now)]);
    let photos = request_of(&scene, id).photos;
    assert!(photos.iter().all(|photo| photo.verified && !photo.missing));
}

#[test]
fn the_systems_key_is_no_key_that_signs() {
    let signer = ed25519_dalek::VerifyingKey::from_bytes(&commands::SYSTEM.0);
    assert!(signer.is_err() || signer.is_ok_and(|key| key.is_weak()));
}

#[test]
fn a_whole_trace_stays_small() {
    let mut scene = Scene::new();
    for place in [0, 1] {
        for _ in 0..500 {
            let report = scene.report(0, 0, place, 1);
            let request = report.subject;
            scene.store.commit(&[report]);
            let (order, _) = scene.order_of(request).unwrap();
            let crew = Who::Crew(place);
            let start = scene.prepared(crew, order, 0, CommandBody::Start(Start {}));
            let body = CommandBody::Complete(Complete {
                outcome: Outcome::Mended,
                note: "Done".into(),
                photos: Vec::new(),
            });
            let complete = scene.prepared(crew, order, 0, body);
            let answers = scene.store.commit(&[start, complete]);
            assert!(answers.iter().all(|answer| matches!(answer, CommandAnswer::Accepted(_))));
        }
    }
    let connection = scene.store.connection();
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let longest = number("SELECT max(length(body)) FROM events WHERE type <> 'opened'");
    assert!(longest <= 300, "an event's body of {longest} bytes");
    // Measured: 9.8 KB with both subjects, all three feeds, notices and answers; of it the log and
    // its content 4.2 KB. Whoever makes a trace longer should know it.
    let each = number("SELECT sum(pgsize) FROM dbstat") / 1000;
    assert!(each <= 10_500, "{each} bytes for each request");
}
