//! A city of a few lines and a server of a few more, for the device's tests: real HTTP, real
//! frames, the core's own rules; no disk, no limits, one process.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event as SseEvent, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use mend_core::api::{
    Accepted, Account, Answers, Change, ChangesPage, CommandAnswer, ME, Named, Nonce, Notice,
    NoticesPage, NoticesRead, OpenSession, Problem, Session, Snapshot, WireEvent, me_scope,
};
use mend_core::apply::apply;
use mend_core::city::{City, CityPack};
use mend_core::command::{CommandBody, VerifyPhoto};
use mend_core::decide::{Command, Context, Role, Speaker, SpeakerAccount, decide};
use mend_core::dispatch::{Facts, dispatch};
use mend_core::event::{Content, Event};
use mend_core::frame;
use mend_core::id::{
    CommandId, ContentId, PhotoHash, Principal, SubjectId, SubjectKind, SubjectRef,
};
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::subject::SubjectState;
use mend_core::time::{Timestamp, occurred_at};
use mend_core::view::{Reader, notice_kind, redact_state, wire_event};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A town of one square degree around (40.5, 10.5), in UTC.
pub fn pack() -> CityPack {
    let hours = serde_json::json!({"opens": "08:00", "closes": "17:00"});
    let square = serde_json::json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": "all", "name": "All"},
         "geometry": {"type": "Polygon", "coordinates":
            [[[10.0, 40.0], [11.0, 40.0], [11.0, 41.0], [10.0, 41.0], [10.0, 40.0]]]}}]});
    let pack: CityPack = serde_json::from_value(serde_json::json!({
        "format": 2,
        "id": "0193c5a0-0000-7000-8000-000000000001",
        "version": "",
        "name": "Sample",
        "emergency_number": "112",
        "service_line": "555 0100",
        // TZif of UTC, as zic writes it.
        "time_zone": {"name": "UTC", "tzif": "VFppZjIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAQAAAAAAABVVEMAVFppZjIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAQAAAAAAABVVEMAClVUQzAK"},
        "languages": ["en"],
        "services": [{
            "code": "pothole", "department": "streets", "priority": "high",
            "sla": {"range": {"response_days": 5, "resolution_days": 10}},
            "photo": "asked", "public": "at_once",
            "questions": [
                {"code": "where", "kind": {"choice": ["lane", "path"]}, "required": true, "public": "at_once"},
                {"code": "more", "kind": "text", "public": "never"}]
        }],
        "departments": [{"code": "streets", "name": "Streets"}],
        "unrouted_department": "streets",
        "crews": [{"code": "streets-1", "name": "Streets Crew 1", "department": "streets"}],
        "routes": [{"code": "holes", "services": ["pothole"], "to": {"crew": "streets-1"}}],
        "calendar": {
            "hours": {"monday": hours, "tuesday": hours, "wednesday": hours, "thursday": hours, "friday": hours},
            "holidays": []},
        "zones": {"area": square, "city": square},
        "gazetteer": {
            "streets": [{"name": "Kestrel Street",
                "segments": [{"line": [{"lat": 40.5, "lon": 10.0}, {"lat": 40.5, "lon": 10.1}]}]}],
            "addresses": [{"street": 0, "number": "214", "at": {"lat": 40.5001, "lon": 10.02}}]},
        "strings": {}
    }))
    .unwrap();
    pack.sealed().unwrap()
}

struct Row {
    subject: SubjectRef,
    from_version: u32,
    change: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Enter,
    Events,
}

/// What the server knows, and what it is told to do wrong.
pub struct World {
    pub city: City,
    states: HashMap<SubjectId, SubjectState>,
    events: HashMap<SubjectId, Vec<Event>>,
    content: BTreeMap<ContentId, Content>,
    accepted: HashMap<CommandId, (Vec<u8>, Accepted)>,
    feeds: HashMap<String, Vec<Row>>,
    accounts: HashMap<Principal, Account>,
    sessions: HashMap<String, (Principal, Vec<String>)>,
    pub notices: Vec<(Principal, Notice)>,
    pub read_up_to: i64,
    pub photos: HashMap<PhotoHash, Vec<u8>>,
    /// What has come of each photo of each subject.
    pieces: HashMap<(SubjectId, PhotoHash), Vec<u8>>,
    /// How often a device asked how much is here.
    pub offsets_asked: u32,
    /// After the next piece that is not the last, all pieces are given up.
    pub forget_pieces: bool,
    /// Every frame that arrived, in order, with doubles.
    pub arrived: Vec<Vec<u8>>,
    /// So many batches are taken in and recorded, and their answers are lost.
    pub lose_answers: u32,
    /// Commands of this type are refused.
    pub refuse: Option<(u16, Refusal)>,
    /// Photos are refused with this code.
    pub refuse_photos: Option<&'static str>,
    /// This photo is refused.
    pub refuse_photo: Option<PhotoHash>,
    /// Only so many photos more are taken; the others find the server too busy.
    pub photos_left: Option<u32>,
    /// Batches of commands get this HTTP problem.
    pub problem: Option<(u16, &'static str)>,
    /// With it, so many seconds to wait.
    pub retry_after: Option<u64>,
    /// How often that was said.
    pub turned_away: u32,
    /// How many uploads came with a session that has ended.
    pub expired_uploads: u32,
    /// Staff accounts are treated as signed out.
    pub sign_in_needed: bool,
    numbers: u32,
    nonces: u32,
}

/// The server, which can go away and come back at the same address.
pub struct Server {
    pub world: Arc<Mutex<World>>,
    changed: watch::Sender<u64>,
    address: SocketAddr,
    task: Option<JoinHandle<()>>,
}

#[derive(Clone)]
struct App {
    world: Arc<Mutex<World>>,
    changed: watch::Sender<u64>,
}

impl App {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis() as i64)
}

fn problem(status: u16, code: &str) -> Response {
    let problem = Problem {
        type_: "about:blank".into(),
        title: code.into(),
        status,
        detail: String::new(),
        code: code.into(),
    };
    (StatusCode::from_u16(status).unwrap(), Json(problem)).into_response()
}

impl Server {
    /// A server that has an address and is not there yet.
    pub async fn away() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let world = World {
            city: City::from_pack(pack()).unwrap(),
            states: HashMap::new(),
            events: HashMap::new(),
            content: BTreeMap::new(),
            accepted: HashMap::new(),
            feeds: HashMap::new(),
            accounts: HashMap::new(),
            sessions: HashMap::new(),
            notices: Vec::new(),
            read_up_to: 0,
            photos: HashMap::new(),
            pieces: HashMap::new(),
            offsets_asked: 0,
            forget_pieces: false,
            arrived: Vec::new(),
            lose_answers: 0,
            refuse: None,
            refuse_photos: None,
            refuse_photo: None,
            photos_left: None,
            problem: None,
            retry_after: None,
            turned_away: 0,
            expired_uploads: 0,
            sign_in_needed: false,
            numbers: 0,
            nonces: 0,
        };
        Self {
            world: Arc::new(Mutex::new(world)),
            changed: watch::Sender::new(0),
            address,
            task: None,
        }
    }

    pub async fn here() -> Self {
        let mut server = Self::away().await;
        server.come().await;
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub async fn come(&mut self) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(64).unwrap();
        let app = App { world: Arc::clone(&self.world), changed: self.changed.clone() };
        let router = Router::new()
            .route("/v1/city", get(city))
            .route("/v1/session/nonce", post(nonce))
            .route("/v1/session", post(session).delete(|| async { StatusCode::NO_CONTENT }))
            .route("/v1/commands", post(commands))
            .route(
                "/v1/photos/{kind}/{subject}/{hash}",
                get(get_photo).head(photo_offset).patch(photo_piece),
            )
            .route("/v1/changes", get(changes))
            .route("/v1/changes/stream", get(stream))
            .route("/v1/subjects/{kind}/{id}", get(subject))
            .route("/v1/notices", get(notices))
            .route("/v1/notices/read", post(read_notices))
            .with_state(app);
        self.task = Some(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }));
    }

    /// Gone: connections are cut, new ones refused. What it knows, it knows when it is back.
    pub async fn go(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
        // axum serves each connection in a task of its own; ending the streams ends the rest.
        self.world().sessions.clear();
        self.changed.send_modify(|n| *n += 1);
    }

    /// Every session ends; streams that are open notice at their next word.
    pub fn end_sessions(&self) {
        self.world().sessions.clear();
    }

    /// Leaves a feed row out: the reader meets a gap. Gives the subject.
    pub fn skip_a_row(&self, scope: &str) {
        self.world().feeds.get_mut(scope).unwrap().pop();
    }

    /// When the last event of a subject was recorded.
    pub fn last_recorded(&self, subject: SubjectId) -> Timestamp {
        self.world().events[&subject].last().unwrap().recorded_at
    }

    /// A command that was accepted for this subject.
    pub fn command_of(&self, subject: SubjectId) -> Option<CommandId> {
        let world = self.world();
        world.accepted.values().find(|(_, a)| a.subject.id == subject).map(|(_, a)| a.command)
    }

    pub fn subjects(&self, kind: SubjectKind) -> Vec<SubjectState> {
        let world = self.world();
        world.states.values().filter(|s| s.subject().kind == kind).cloned().collect()
    }
}

async fn city(State(app): State<App>, headers: HeaderMap) -> Response {
    let bytes = app.world().city.pack().to_json().unwrap();
    let etag = format!("\"{}\"", app.world().city.version());
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, etag)], bytes).into_response()
}

async fn nonce(State(app): State<App>) -> Json<Nonce> {
    let mut world = app.world();
    world.nonces += 1;
    Json(Nonce { nonce: hex::encode([world.nonces as u8; 32]), now: now() })
}

async fn session(State(app): State<App>, body: Bytes) -> Response {
    let Ok(frame) = frame::open(&body) else { return problem(400, "bad_frame") };
    let asked: OpenSession = serde_json::from_slice(&frame.body).unwrap();
    let key = frame.head.key;
    let mut world = app.world();
    if let Some(name) = asked.name {
        if asked.password.as_deref() != Some("right") {
            return problem(401, "wrong_password");
        }
        world.sign_in_needed = false;
        let account = Account {
            name,
            role: Role::Crew,
            crew: Some(Named { code: "streets-1".into(), name: "Streets Crew 1".into() }),
            valid_until: now().plus_ms(1_000_000_000),
        };
        world.accounts.insert(key, account);
    }
    let account = world.accounts.get(&key).filter(|_| !world.sign_in_needed).cloned();
    let mut scopes = vec![ME.to_owned()];
    if let Some(crew) = account.as_ref().and_then(|account| account.crew.as_ref()) {
        scopes.push(format!("crew:{}", crew.code));
    }
    world.nonces += 1;
    let token = format!("token-{}", world.nonces);
    world.sessions.insert(token.clone(), (key, scopes.clone()));
    let expires_at = now().plus_ms(86_400_000);
    Json(Session { token, expires_at, now: now(), account, scopes }).into_response()
}

async fn commands(State(app): State<App>, body: Bytes) -> Response {
    let turned_away = {
        let mut world = app.world();
        world.turned_away += u32::from(world.problem.is_some());
        world.problem.map(|(status, code)| (status, code, world.retry_after))
    };
    if let Some((status, code, retry_after)) = turned_away {
        let mut said = problem(status, code);
        if let Some(seconds) = retry_after {
            said.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        return said;
    }
    let frames: Vec<Vec<u8>> =
        frame::split(&body).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    let (answers, lost) = {
        let mut world = app.world();
        let answers: Vec<_> = frames.iter().map(|frame| world.take(frame)).collect();
        let lost = world.lose_answers > 0;
        world.lose_answers = world.lose_answers.saturating_sub(1);
        (answers, lost)
    };
    app.changed.send_modify(|n| *n += 1);
    if lost {
        return problem(503, "lost");
    }
    Json(Answers { now: now(), answers }).into_response()
}

impl World {
    fn take(&mut self, bytes: &[u8]) -> CommandAnswer {
        self.arrived.push(bytes.to_vec());
        let frame = match frame::open(bytes) {
            Ok(frame) => frame,
            Err(_) => {
                let refusal = RefusalCode::BadSignature.into();
                return CommandAnswer::Refused { refusal, first: None };
            }
        };
        let id = frame.head.command;
        if let Some((first, answer)) = self.accepted.get(&id) {
            let answer = answer.clone();
            return if first == bytes {
                CommandAnswer::Accepted(answer)
            } else {
                let refusal = RefusalCode::IdReused.into();
                CommandAnswer::Refused { refusal, first: Some(answer) }
            };
        }
        if let Some((type_, refusal)) = &self.refuse
            && *type_ == frame.head.type_
        {
            return CommandAnswer::Refused { refusal: refusal.clone(), first: None };
        }
        if self.sign_in_needed && self.accounts.contains_key(&frame.head.key) {
            return CommandAnswer::Retry { code: "sign_in_needed".into() };
        }
        let body =
            CommandBody::from_json(frame.head.type_, frame.head.version, &frame.body).unwrap();
        let kind = body
            .kind()
            .or_else(|| self.states.get(&frame.head.subject).map(|s| s.subject().kind))
            .unwrap_or(SubjectKind::ServiceRequest);
        let subject = SubjectRef { kind, id: frame.head.subject };
        let account = self.accounts.get(&frame.head.key).map(|account| SpeakerAccount {
            role: account.role,
            crew: account.crew.as_ref().map(|crew| crew.code.clone()),
        });
        let speaker = Speaker::Key { key: frame.head.key, account };
        let happened = occurred_at(
            frame.head.device_clock,
            frame.head.offset_ms,
            frame.head.server_seen,
            now(),
        );
        let (based_on, supersedes) = (frame.head.based_on, frame.head.supersedes);
        let command = Command { id, subject, based_on, supersedes, body };
        match self.commit(&speaker, &command, happened) {
            Ok(version) => {
                let number = match &self.states[&subject.id] {
                    SubjectState::ServiceRequest(request) => request.number.clone(),
                    SubjectState::WorkOrder(_) => None,
                };
                let answer = Accepted { command: id, subject, version, recorded_at: now(), number };
                self.accepted.insert(id, (bytes.to_vec(), answer.clone()));
                if let Some(older) = supersedes {
                    let same = (Vec::new(), answer.clone());
                    self.accepted.entry(older).or_insert(same);
                }
                CommandAnswer::Accepted(answer)
            }
            Err(refusal) => CommandAnswer::Refused { refusal, first: None },
        }
    }

    /// Decide, dispatch, apply, feed.
    fn commit(
        &mut self,
        speaker: &Speaker,
        command: &Command,
        occurred_at: Timestamp,
    ) -> Result<u32, Refusal> {
        let city = self.city.clone();
        let before = self.states.get(&command.subject.id).cloned();
        let inside_city = match &command.body {
            CommandBody::Report(report) => city.contains(report.location.point),
            _ => true,
        };
        let crews: Vec<String> = city.pack().crews.iter().map(|c| c.code.clone()).collect();
        let context = Context {
            speaker,
            catalogue: city.catalogue(),
            pack_version: city.version(),
            crews: &crews,
            recorded_at: now(),
            occurred_at,
            inside_city,
            other: None,
            due: &[],
        };
        let decision = decide(&context, before.as_ref(), command)?;
        self.content.extend(decision.content);
        let state = decision.events.iter().fold(before, apply).unwrap();
        let mut facts = Facts::default();
        if let CommandBody::Report(report) = &command.body {
            self.numbers += 1;
            facts.number = format!("26-{:06}", self.numbers);
            facts.zones = city.locate(report.location.point, now());
        }
        facts.linked = match &state {
            SubjectState::ServiceRequest(request) => request.order,
            SubjectState::WorkOrder(order) => Some(order.request),
        }
        .and_then(|id| self.states.get(&id).cloned());
        let answer = dispatch(&city, &facts, &state, command.id, &decision.events);
        let mut touched: Vec<(SubjectRef, u32)> = Vec::new();
        for event in decision.events.into_iter().chain(answer) {
            let before = self.states.remove(&event.subject.id);
            if !touched.iter().any(|(subject, _)| *subject == event.subject) {
                touched.push((event.subject, before.as_ref().map_or(0, SubjectState::version)));
            }
            if let Some(state) = apply(before, &event) {
                self.states.insert(event.subject.id, state);
            }
            if let Some(SubjectState::ServiceRequest(request)) = self.states.get(&event.subject.id)
                && let Some(kind) = notice_kind(&event, request)
                && let Some(reporter) = request.reporter
            {
                let notice = Notice {
                    seq: self.notices.len() as i64 + 1,
                    request: request.id,
                    kind,
                    service_code: request.service_code.clone(),
                    number: request.number.clone().unwrap_or_default(),
                    by: None,
                    at: event.occurred_at,
                    read: false,
                };
                self.notices.push((reporter, notice));
            }
            self.events.entry(event.subject.id).or_default().push(event);
        }
        for (subject, from_version) in touched {
            let scope = match &self.states[&subject.id] {
                SubjectState::ServiceRequest(request) => request.reporter.map(me_scope),
                SubjectState::WorkOrder(order) => {
                    order.crew.as_ref().map(|crew| format!("crew:{crew}"))
                }
            };
            if let Some(scope) = scope {
                let change = if from_version == 0 { Kind::Enter } else { Kind::Events };
                self.feeds.entry(scope).or_default().push(Row { subject, from_version, change });
            }
        }
        Ok(self.states[&command.subject.id].version())
    }

    fn reader(key: Principal, subject: SubjectRef) -> Reader {
        match subject.kind {
            SubjectKind::ServiceRequest => Reader::Owner(key),
            SubjectKind::WorkOrder => Reader::Staff,
        }
    }

    fn snapshot(&self, key: Principal, subject: SubjectRef) -> Option<Snapshot> {
        let reader = Self::reader(key, subject);
        let state = redact_state(self.states.get(&subject.id)?.clone(), reader);
        let events = self.events[&subject.id].iter().map(|e| wire_event(e, reader)).collect();
        Some(Snapshot { state, events, content: self.content_of(subject, 0) })
    }

    fn content_of(&self, subject: SubjectRef, after: u32) -> BTreeMap<ContentId, Content> {
        self.events[&subject.id]
            .iter()
            .filter(|event| event.version > after)
            .flat_map(|event| event.body.content())
            .filter_map(|id| Some((id, self.content.get(&id)?.clone())))
            .collect()
    }

    fn page(&self, key: Principal, scope: &str, after: i64) -> ChangesPage {
        let kept = if scope == ME { me_scope(key) } else { scope.to_owned() };
        let rows = self.feeds.get(&kept).map_or(&[] as &[Row], Vec::as_slice);
        let at = usize::try_from(after).unwrap();
        // Two rows at once, so that "more" is met.
        let taken: Vec<&Row> = rows.iter().skip(at).take(2).collect();
        let next = after + taken.len() as i64;
        let changes = taken
            .into_iter()
            .map(|row| {
                if row.change == Kind::Enter {
                    return Change::Enter(Box::new(self.snapshot(key, row.subject).unwrap()));
                }
                let reader = Self::reader(key, row.subject);
                let events: Vec<WireEvent> = self.events[&row.subject.id]
                    .iter()
                    .filter(|event| event.version > row.from_version)
                    .map(|event| wire_event(event, reader))
                    .collect();
                Change::Events {
                    subject: row.subject,
                    from_version: row.from_version,
                    events,
                    content: self.content_of(row.subject, row.from_version),
                }
            })
            .collect();
        ChangesPage {
            scope: scope.into(),
            next,
            more: next < rows.len() as i64,
            now: now(),
            rows: changes,
        }
    }

    fn caller(&self, headers: &HeaderMap) -> Option<(Principal, Vec<String>)> {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        self.sessions.get(header.strip_prefix("Bearer ")?).cloned()
    }
}

fn subject_ref(kind: &str, id: &str) -> SubjectRef {
    SubjectRef { kind: kind.parse().unwrap(), id: id.parse().unwrap() }
}

fn upload_offset(status: StatusCode, offset: usize) -> Response {
    (status, [("upload-offset", offset.to_string())]).into_response()
}

async fn photo_offset(
    State(app): State<App>,
    Path((_, id, hash)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let (id, hash): (SubjectId, PhotoHash) = (id.parse().unwrap(), hash.parse().unwrap());
    let mut world = app.world();
    if world.caller(&headers).is_none() {
        world.expired_uploads += 1;
        return problem(401, "session_expired");
    }
    world.offsets_asked += 1;
    upload_offset(StatusCode::OK, world.pieces.get(&(id, hash)).map_or(0, Vec::len))
}

async fn photo_piece(
    State(app): State<App>,
    Path((kind, id, hash)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let hash: PhotoHash = hash.parse().unwrap();
    let subject = subject_ref(&kind, &id);
    assert_eq!(headers["tus-resumable"], "1.0.0");
    assert_eq!(headers["content-type"], "application/offset+octet-stream");
    let at: usize = headers["upload-offset"].to_str().unwrap().parse().unwrap();
    let (answer, here) = {
        let mut world = app.world();
        if world.caller(&headers).is_none() {
            world.expired_uploads += 1;
            return problem(401, "session_expired");
        }
        if world.refuse_photo == Some(hash) {
            return problem(422, "photo_too_large");
        }
        if world.photos_left == Some(0) {
            return problem(503, "busy");
        }
        if let Some(code) = world.refuse_photos {
            return problem(422, code);
        }
        let here = world.pieces.entry((subject.id, hash)).or_default();
        if here.len() != at {
            return upload_offset(StatusCode::CONFLICT, here.len());
        }
        here.extend(&body);
        if <[u8; 32]>::from(Sha256::digest(&here)) != hash.0 {
            let here = here.len();
            if world.forget_pieces {
                world.forget_pieces = false;
                world.pieces.clear();
            }
            return upload_offset(StatusCode::NO_CONTENT, here);
        }
        let bytes = here.clone();
        let here = here.len();
        world.photos_left = world.photos_left.map(|left| left - 1);
        world.photos.insert(hash, bytes);
        let command = Command {
            id: CommandId::photo_verified(subject.id, hash),
            subject,
            based_on: 0,
            supersedes: None,
            body: CommandBody::VerifyPhoto(VerifyPhoto { hash, width: 1, height: 1 }),
        };
        (world.commit(&Speaker::System, &command, now()), here)
    };
    app.changed.send_modify(|n| *n += 1);
    match answer {
        Ok(_) => upload_offset(StatusCode::NO_CONTENT, here),
        Err(refusal) => problem(404, refusal.code.as_str()),
    }
}

async fn get_photo(
    State(app): State<App>,
    Path((_, _, hash)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let world = app.world();
    if world.caller(&headers).is_none() {
        return problem(401, "session_needed");
    }
    match world.photos.get(&hash.parse::<PhotoHash>().unwrap()) {
        Some(bytes) => bytes.clone().into_response(),
        None => problem(404, "not_found"),
    }
}

async fn changes(
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let world = app.world();
    let Some((key, scopes)) = world.caller(&headers) else {
        return problem(401, "session_needed");
    };
    if !scopes.contains(&query["scope"]) {
        return problem(403, "not_allowed");
    }
    Json(world.page(key, &query["scope"], query["after"].parse().unwrap())).into_response()
}

async fn stream(
    State(app): State<App>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let Some((key, _)) = app.world().caller(&headers) else {
        return problem(401, "session_needed");
    };
    let cursors: Vec<(String, i64)> = query
        .iter()
        .map(|(_, at)| {
            let (scope, after) = at.rsplit_once('@').unwrap();
            (scope.to_owned(), after.parse().unwrap())
        })
        .collect();
    let changed = app.changed.subscribe();
    let start = (app, headers, cursors, changed);
    let events = futures_util::stream::unfold(start, move |mut at| async move {
        loop {
            at.3.borrow_and_update();
            {
                let world = at.0.world();
                world.caller(&at.1)?;
                for (scope, after) in &mut at.2 {
                    let page = world.page(key, scope, *after);
                    if page.next > *after {
                        *after = page.next;
                        let event = SseEvent::default().event("changes").json_data(&page).unwrap();
                        drop(world);
                        return Some((Ok::<_, std::convert::Infallible>(event), at));
                    }
                }
            }
            at.3.changed().await.ok()?;
        }
    });
    Sse::new(events).into_response()
}

async fn subject(
    State(app): State<App>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let world = app.world();
    let Some((key, _)) = world.caller(&headers) else {
        return problem(401, "session_needed");
    };
    match world.snapshot(key, subject_ref(&kind, &id)) {
        Some(snapshot) => Json(snapshot).into_response(),
        None => problem(404, "not_found"),
    }
}

async fn notices(
    State(app): State<App>,
    Query(query): Query<HashMap<String, i64>>,
    headers: HeaderMap,
) -> Response {
    let world = app.world();
    let Some((key, _)) = world.caller(&headers) else {
        return problem(401, "session_needed");
    };
    let mine = || world.notices.iter().filter(|(of, _)| *of == key).map(|(_, n)| n);
    let notices = mine().filter(|n| n.seq > query["after"]).cloned().collect();
    let unread = mine().filter(|n| n.seq > world.read_up_to).count() as u32;
    Json(NoticesPage { notices, unread, read_up_to: world.read_up_to }).into_response()
}

async fn read_notices(State(app): State<App>, Json(read): Json<NoticesRead>) -> Response {
    let mut world = app.world();
    world.read_up_to = world.read_up_to.max(read.up_to);
    let read_up_to = world.read_up_to;
    Json(NoticesPage { notices: Vec::new(), unread: 0, read_up_to }).into_response()
}

/// A JPEG that no camera's hand can make small: it is sent in more than one piece.
pub fn large_photo() -> Vec<u8> {
    let mut state = 1_u32;
    let image = image::RgbImage::from_fn(1600, 1200, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    });
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 90).encode_image(&image).unwrap();
    out
}

/// A JPEG of a street, with a position in its EXIF when one is given (degrees, whole numbers).
pub fn photo(shade: u8, at: Option<(u32, u32)>) -> Vec<u8> {
    let image = image::RgbImage::from_fn(320, 240, |x, y| {
        image::Rgb([shade, (x % 256) as u8, (y % 256) as u8])
    });
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 90).encode_image(&image).unwrap();
    let Some((lat, lon)) = at else { return out };
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend(b"\x25\x88\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0");
    tiff.extend(b"\x04\0");
    tiff.extend(b"\x01\0\x02\0\x02\0\0\0N\0\0\0");
    tiff.extend(b"\x02\0\x05\0\x03\0\0\0\x50\0\0\0");
    tiff.extend(b"\x03\0\x02\0\x02\0\0\0E\0\0\0");
    tiff.extend(b"\x04\0\x05\0\x03\0\0\0\x68\0\0\0");
    tiff.extend(b"\0\0\0\0");
    // Thousandths of a degree, then no minutes and no seconds.
    for degrees in [lat, lon] {
        for (n, d) in [(degrees, 1000), (0, 1), (0, 1)] {
            tiff.extend(u32::to_le_bytes(n));
            tiff.extend(u32::to_le_bytes(d));
        }
    }
    let mut with = out[..2].to_vec();
    with.extend(b"\xff\xe1");
    with.extend(u16::to_be_bytes((tiff.len() + 8) as u16));
    with.extend(b"Exif\0\0");
    with.extend(tiff);
    with.extend(&out[2..]);
    with
}
