//! A running server and the people around it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use ed25519_dalek::SigningKey;
use mend_core::api::*;
use mend_core::catalogue::Answer;
use mend_core::command::{CommandBody, Complete, PhotoRef, Report, Start, TYPE_OPEN_SESSION};
use mend_core::event::{Outcome, PhotoRole};
use mend_core::frame::{Head, batch, seal};
use mend_core::id::*;
use mend_core::location::{Location, LocationSource, Point};
use mend_core::refusal::RefusalCode;
use mend_core::subject::SubjectState;
use mend_core::time::Timestamp;
use mend_core::tracking::TrackingCode;
use mend_server::{Clock, Config, Limits, Running, start};
use reqwest::{Body, Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// 2026-11-25, a Wednesday, ten in the morning in Port Alder.
pub const MORNING: Timestamp = Timestamp(1_795_629_600_000);
/// In the zone whose potholes go to streets-1.
pub const OLD_MILL: (f64, f64) = (44.629, -124.049);
/// In the zone whose potholes go to streets-2.
pub const HARBOR: (f64, f64) = (44.629, -124.058);
/// In the zone whose potholes wait on the board.
pub const BEACON_HILL: (f64, f64) = (44.630, -124.040);

static COUNT: AtomicU64 = AtomicU64::new(1);

/// A number that no other call in this process gets.
pub fn unique() -> u64 {
    COUNT.fetch_add(1, Ordering::Relaxed)
}

fn ten_bytes() -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&unique().to_be_bytes());
    bytes
}

pub fn city_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cities/port-alder")
}

/// A server with its data folder and its clock.
pub struct Town {
    pub running: Running,
    pub folder: Arc<TempDir>,
    pub clock: Clock,
    pub client: Client,
    /// So many of the next commits fail.
    pub failing: Arc<AtomicI32>,
    pub city: CityView,
}

impl Town {
    pub async fn new() -> Self {
        Self::on(Arc::new(tempfile::tempdir().unwrap()), Clock::starting_at(MORNING)).await
    }

    pub async fn on(folder: Arc<TempDir>, clock: Clock) -> Self {
        Self::listening(folder, clock, Ipv4Addr::LOCALHOST).await
    }

    pub async fn listening(folder: Arc<TempDir>, clock: Clock, address: Ipv4Addr) -> Self {
        let listen = (address, 0).into();
        Self::with(folder, clock, |config| Config { listen, ..config }).await
    }

    /// A server that takes no more than this.
    pub async fn limited(limits: Limits) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let clock = Clock::starting_at(MORNING);
        Self::with(folder, clock, |config| Config { limits, ..config }).await
    }

    pub async fn with(
        folder: Arc<TempDir>,
        clock: Clock,
        change: impl FnOnce(Config) -> Config,
    ) -> Self {
        let failing = Arc::new(AtomicI32::new(0));
        let fault = failing.clone();
        let config = change(Config {
            clock: clock.clone(),
            commit_fault: Some(Arc::new(move || fault.fetch_sub(1, Ordering::SeqCst) > 0)),
            ..Config::new(city_dir(), folder.path().join("data"))
        });
        let mut running = start(config).await.unwrap();
        // What listens everywhere is called where it is nearest.
        running.addr.set_ip(Ipv4Addr::LOCALHOST.into());
        // A second call finds the first one's provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/v1/services", running.addr);
        let city = client.get(url).send().await.unwrap().json().await.unwrap();
        Self { running, folder, clock, client, failing, city }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The same data folder, served anew.
    pub async fn restarted(self) -> Self {
        let (folder, clock) = (self.folder.clone(), self.clock.clone());
        self.running.shutdown().await;
        Self::on(folder, clock).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.addr)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// A piece of a photo, by the address of the photo.
    pub fn piece(&self, path: &str, offset: u64, bytes: impl Into<Body>) -> RequestBuilder {
        self.request(Method::PATCH, path)
            .header("tus-resumable", "1.0.0")
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset)
            .body(bytes)
    }

    pub async fn get<T: DeserializeOwned>(&self, token: &str, path: &str) -> T {
        let response = self.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a batch and returns its answers.
    pub async fn send(&self, frames: &[&Said]) -> Vec<CommandAnswer> {
        let body = batch(frames.iter().map(|said| said.bytes.as_slice()));
        self.send_bytes(body).await
    }

    pub async fn send_bytes(&self, body: Vec<u8>) -> Vec<CommandAnswer> {
        let response = self.request(Method::POST, "/v1/commands").body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.json::<Answers>().await.unwrap().answers
    }

    /// Sends one frame that is accepted.
    pub async fn accepted(&self, said: &Said) -> Accepted {
        match self.send(&[said]).await.pop() {
            Some(CommandAnswer::Accepted(accepted)) => accepted,
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// Sends one frame that is refused.
    pub async fn refused(&self, said: &Said) -> RefusalCode {
        match self.send(&[said]).await.pop() {
            Some(CommandAnswer::Refused { refusal, .. }) => refusal.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Sends one frame that is to be sent again.
    pub async fn retried(&self, said: &Said) -> String {
        match self.send(&[said]).await.pop() {
            Some(CommandAnswer::Retry { code }) => code,
            other => panic!("not to be tried again: {other:?}"),
        }
    }

    /// A report that was accepted, with its request and order as staff see them.
    pub async fn reported(&self, by: &Key, at: (f64, f64)) -> Reported {
        let said = by.report(self, at);
        let accepted = self.accepted(&said).await;
        let session = by.session(self).await;
        let request = self.subject_request(&session.token, said.subject).await;
        Reported {
            by: by.clone(),
            said,
            accepted,
            order: request.order.unwrap(),
            token: session.token,
        }
    }

    pub async fn subject_request(
        &self,
        token: &str,
        id: SubjectId,
    ) -> mend_core::subject::ServiceRequest {
        let path = format!("/v1/subjects/service_request/{id}");
        match self.get::<Snapshot>(token, &path).await.state {
            SubjectState::ServiceRequest(request) => request,
            SubjectState::WorkOrder(_) => panic!("not a request"),
        }
    }

    pub async fn subject_order(&self, token: &str, id: SubjectId) -> mend_core::subject::WorkOrder {
        let path = format!("/v1/subjects/work_order/{id}");
        match self.get::<Snapshot>(token, &path).await.state {
            SubjectState::WorkOrder(order) => order,
            SubjectState::ServiceRequest(_) => panic!("not an order"),
        }
    }

    pub async fn changes(&self, token: &str, scope: &str, after: i64) -> ChangesPage {
        self.get(token, &format!("/v1/changes?scope={scope}&after={after}")).await
    }

    /// The demo password of an account.
    pub fn password(&self, name: &str) -> String {
        let found = self.running.demo_accounts.iter().find(|account| account.name == name);
        found.unwrap().password.clone()
    }

    /// A key signed in to a demo account.
    pub async fn signed_in(&self, name: &str) -> (Key, Session) {
        let key = Key::new();
        let session = key.sign_in(self, name).await;
        (key, session)
    }

    /// How many events a request has become: what "exactly one effect" is counted by.
    pub async fn version(&self, reported: &Reported) -> u32 {
        self.subject_request(&reported.token, reported.said.subject).await.version
    }
}

/// A report with what came of it.
pub struct Reported {
    pub by: Key,
    pub said: Said,
    pub accepted: Accepted,
    pub order: SubjectId,
    pub token: String,
}

/// A sealed command.
#[derive(Clone)]
pub struct Said {
    pub id: CommandId,
    pub subject: SubjectId,
    pub bytes: Vec<u8>,
}

/// An installation's key.
#[derive(Clone)]
pub struct Key {
    pub signing: SigningKey,
}

pub fn new_subject() -> SubjectId {
    SubjectId::v7(MORNING, ten_bytes())
}

/// The version of the pack that a device of this day has seen.
static PACK_VERSION: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| mend_server::city::load(&city_dir()).unwrap().version);

pub fn report_body(at: (f64, f64)) -> Report {
    Report {
        service_code: "pothole".into(),
        pack_version: PACK_VERSION.clone(),
        location: Location {
            point: Point::new(at.0, at.1).unwrap(),
            source: LocationSource::Pin,
            accuracy_m: None,
            fix_age_s: None,
            asset: None,
            label: "214 Kestrel Street".into(),
        },
        answers: [("where".to_owned(), Answer::Choice("bike_lane".into()))].into(),
        description: "Deep, and growing".into(),
        photos: Vec::new(),
        dropped: Vec::new(),
        earlier: Vec::new(),
        tracking_code: TrackingCode::from_random(unique().wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        owner: OwnerHash([3; 32]),
    }
}

impl Key {
    pub fn new() -> Self {
        let mut seed = [9; 32];
        seed[..8].copy_from_slice(&unique().to_be_bytes());
        Self { signing: SigningKey::from_bytes(&seed) }
    }

    pub fn principal(&self) -> Principal {
        Principal(self.signing.verifying_key().to_bytes())
    }

    pub fn head(&self, town: &Town, subject: SubjectId, body: &CommandBody) -> Head {
        let (type_, version) = body.type_and_version();
        Head {
            city: town.city.id,
            key: self.principal(),
            command: CommandId::v7(MORNING, ten_bytes()),
            subject,
            based_on: 0,
            previous: None,
            supersedes: None,
            device_clock: town.clock.now(),
            server_seen: None,
            offset_ms: 0,
            type_,
            version,
        }
    }

    pub fn seal(&self, head: &Head, body: &[u8]) -> Said {
        let bytes = seal(head, body, &self.signing).unwrap();
        Said { id: head.command, subject: head.subject, bytes }
    }

    pub fn say(&self, town: &Town, subject: SubjectId, body: &CommandBody) -> Said {
        self.say_with(town, subject, body, |_| {})
    }

    pub fn say_with(
        &self,
        town: &Town,
        subject: SubjectId,
        body: &CommandBody,
        change: impl FnOnce(&mut Head),
    ) -> Said {
        let mut head = self.head(town, subject, body);
        change(&mut head);
        self.seal(&head, &body.to_json().unwrap())
    }

    pub fn report(&self, town: &Town, at: (f64, f64)) -> Said {
        self.report_as(town, report_body(at))
    }

    pub fn report_as(&self, town: &Town, report: Report) -> Said {
        self.say(town, new_subject(), &CommandBody::Report(Box::new(report)))
    }

    pub fn start(&self, town: &Town, order: SubjectId) -> Said {
        self.say(town, order, &CommandBody::Start(Start {}))
    }

    pub fn complete(&self, town: &Town, order: SubjectId, photos: Vec<PhotoRef>) -> Said {
        self.say(town, order, &complete_body(photos))
    }

    pub async fn nonce(&self, town: &Town) -> String {
        let response = town.request(Method::POST, "/v1/session/nonce").send().await.unwrap();
        response.json::<Nonce>().await.unwrap().nonce
    }

    pub fn open_frame(&self, town: &Town, open: &OpenSession) -> Said {
        let mut head =
            self.head(town, SubjectId::from_bytes([0; 16]), &CommandBody::Start(Start {}));
        (head.type_, head.version) = (TYPE_OPEN_SESSION, 1);
        self.seal(&head, &serde_json::to_vec(open).unwrap())
    }

    pub async fn try_open(&self, town: &Town, account: Option<(&str, &str)>) -> Response {
        let open = OpenSession {
            nonce: self.nonce(town).await,
            name: account.map(|(name, _)| name.to_owned()),
            password: account.map(|(_, password)| password.to_owned()),
        };
        let frame = self.open_frame(town, &open);
        town.request(Method::POST, "/v1/session").body(frame.bytes).send().await.unwrap()
    }

    pub async fn session(&self, town: &Town) -> Session {
        let response = self.try_open(town, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    pub async fn sign_in(&self, town: &Town, name: &str) -> Session {
        let response = self.try_open(town, Some((name, &town.password(name)))).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }
}

pub fn complete_body(photos: Vec<PhotoRef>) -> CommandBody {
    CommandBody::Complete(Complete {
        outcome: Outcome::Mended,
        note: "Filled and rolled".into(),
        photos,
    })
}

/// A clean JPEG, unlike any other.
pub fn jpeg() -> Vec<u8> {
    let n = unique();
    let pixel = |x: u32, y: u32| image::Rgb([(x * 3) as u8, (y * 5) as u8, (n % 251) as u8]);
    let image = image::RgbImage::from_fn(64 + (n % 32) as u32, 48, pixel);
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

pub fn photo_ref(bytes: &[u8], role: PhotoRole) -> PhotoRef {
    PhotoRef { hash: PhotoHash(Sha256::digest(bytes).into()), bytes: bytes.len() as u64, role }
}

pub async fn problem(response: Response) -> Problem {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status();
    let problem: Problem = response.json().await.unwrap();
    assert_eq!(problem.status, status.as_u16());
    assert!(!problem.detail.is_empty());
    problem
}
