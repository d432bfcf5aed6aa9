//! Every JSON shape that crosses a border: HTTP between device and server (first half), and IPC
//! between the app and its interface (second half). Times are milliseconds UTC
//! ([`Timestamp`]); places are (lat, lon) degrees; words are codes that `locales/` turns into
//! sentences.
//!
//! # HTTP (`/v1`)
//! | endpoint | who | body → answer |
//! |---|---|---|
//! | `GET /health` | all | → [`Health`] |
//! | `GET /v1/city` (`ETag`, `If-None-Match`) | all | → the city pack |
//! | `GET /v1/services` | all | → [`CityView`]: what a browser shows before it has the pack |
//! | `POST /v1/session/nonce` | all | → [`Nonce`] |
//! | `POST /v1/session` | a signed OpenSession frame, `application/octet-stream` | → [`Session`] |
//! | `DELETE /v1/session` | bearer | → 204 |
//! | `POST /v1/commands` | frames, each behind a big-endian u32 length | → [`Answers`] |
//! | `PUT /v1/photos/{kind}/{subject}/{hash}` | bearer; JPEG bytes | → [`PhotoAnswer`] |
//! | `GET /v1/photos/{kind}/{subject}/{hash}` | bearer who sees the subject | → JPEG |
//! | `GET /v1/changes?scope=S&after=N` | bearer with the scope | → [`ChangesPage`] |
//! | `GET /v1/changes/stream?at=S@N&at=…` | bearer | SSE `changes`, data a [`ChangesPage`] |
//! | `GET /v1/subjects/{kind}/{id}` | bearer who sees it | → [`Snapshot`] |
//! | `GET /v1/notices?after=N` | bearer | → [`NoticesPage`] |
//! | `POST /v1/notices/read` | bearer; [`NoticesRead`] | → [`NoticesPage`] without rows |
//! | `GET /v1/track/{code}` | all, limited | → [`Tracked`] |
//!
//! Errors are RFC 9457 problem+json with a member `code` ([`Problem`]).
//!
//! # IPC (Tauri commands of the app; arguments by these names, answer or [`Failure`])
//! | command | arguments | answer |
//! |---|---|---|
//! | `city` | | `Option<CityView>` (none: never connected yet) |
//! | `status` | | [`Status`] |
//! | `report_draft` | | [`ReportDraft`], the unfinished one or a new one |
//! | `save_report_draft` | `draft: ReportDraft` | `()` |
//! | `discard_report_draft` | `id` | `()` |
//! | `photo_begin` | `draft: DraftId`, `bytes: u64` | `u32`, an upload number |
//! | `photo_piece` | `upload: u32`, `data: String` (base64) | `()` |
//! | `photo_finish` | `upload: u32` | [`DraftPhoto`], added to the draft |
//! | `photo_remove` | `draft`, `hash` | `()` |
//! | `search_places` | `text` | `Vec<PlaceCandidate>` |
//! | `near_places` | `point: Point` | `Vec<PlaceCandidate>` |
//! | `preview` | `service_code: Option<String>`, `point` | [`Preview`] |
//! | `send_report` | `draft: DraftId` | [`Receipt`] |
//! | `my_reports` | | `Vec<ReportSummary>`, newest first, drafts and waiting ones too |
//! | `request` | `id: SubjectId` | [`RequestPage`] |
//! | `notices` | | [`NoticesView`] |
//! | `read_notices` | `up_to: i64` | `()` |
//! | `outbox` | | `Vec<OutboxItem>`, oldest first |
//! | `retry_now` | | `()` |
//! | `discard_outbox_item` | `command: CommandId` | `()` |
//! | `accounts` | | `Vec<Account>` signed in on this installation |
//! | `sign_in` | `name`, `password` | [`Account`] |
//! | `sign_out` | `name` | `()` |
//! | `today` | | [`Today`] |
//! | `order` | `id: SubjectId` | [`OrderPage`] |
//! | `start_order` | `id` | `()` |
//! | `completion_draft` | `order: SubjectId` | [`CompletionDraft`] |
//! | `save_completion_draft` | `draft: CompletionDraft` | `()` |
//! | `complete_order` | `draft: DraftId` | `()` |
//!
//! Photos are shown from `mend://localhost/photos/<hash>` (thumbnail: `?thumb`). Whenever
//! anything that these answers hold has changed, the window gets the event `changed`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Answer, Priority, Service};
use crate::event::{Content, Event, Outcome};
use crate::id::{
    CityId, CommandId, ContentId, DraftId, PhotoHash, Principal, SubjectId, SubjectRef,
};
use crate::location::{Location, Point};
use crate::refusal::Refusal;
use crate::subject::{RequestStatus, ServiceRequest, WorkOrder};
use crate::time::Timestamp;
use crate::tracking::TrackingCode;

// ---------------------------------------------------------------- HTTP

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`, or the server would not have answered.
    pub status: String,
    /// The program's version.
    pub version: String,
    /// The server's clock.
    pub now: Timestamp,
}

/// Something to sign, once, within five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nonce {
    /// 32 random bytes, hexadecimal.
    pub nonce: String,
    /// The server's clock, for the device's offset.
    pub now: Timestamp,
}

/// Body of an OpenSession frame. Name and password only to bind a staff account to the key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// As given by `POST /v1/session/nonce`.
    pub nonce: String,
    /// The staff account's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for OpenSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenSession").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A right to read, for 24 hours.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Sent as `Authorization: Bearer …`.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The server's clock.
    pub now: Timestamp,
    /// The staff account bound to this key, if any.
    pub account: Option<Account>,
    /// The feeds that this session may read: `me`, `crew:CODE`, `department:CODE`, `city`.
    pub scopes: Vec<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// A staff account as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What one signs in with.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The crew it belongs to, for the role crew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew: Option<Named>,
    /// The sign-in holds until then; afterwards work is kept and sent after the next one.
    pub valid_until: Timestamp,
}

/// What a staff account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works orders of one crew.
    Crew,
    /// Assigns orders.
    Dispatcher,
}

/// A code with the name that people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Stable, in rules and addresses.
    pub code: String,
    /// For people.
    pub name: String,
}

/// `POST /v1/commands`: one answer for each frame, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The server's clock.
    pub now: Timestamp,
    /// In the order of the frames.
    pub answers: Vec<CommandAnswer>,
}

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum CommandAnswer {
    /// It happened; recorded for ever. The same bytes get the same answer again.
    Accepted(Accepted),
    /// It did not and will not as it stands. Decided afresh each time.
    Refused {
        /// Why, and what to do.
        refusal: Refusal,
        /// The first answer, when this id was already used for other bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Accepted>,
    },
    /// Not now; send the same bytes again.
    Retry {
        /// `busy`, `store_failed` or `sign_in_needed`.
        code: String,
    },
}

/// An accepted command's first answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The command.
    pub command: CommandId,
    /// Its subject.
    pub subject: SubjectRef,
    /// The subject's version after it.
    pub version: u32,
    /// When the server recorded it.
    pub recorded_at: Timestamp,
    /// The public number of a new request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// `PUT` of a photo: stored and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoAnswer {
    /// The bytes on the server are the bytes that were named, and are a photo.
    pub verified: bool,
}

/// Rows of one feed. An empty page with `next` equal to `after` means: nothing new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// The feed: `me`, `crew:CODE`, …
    pub scope: String,
    /// Read on after this.
    pub next: i64,
    /// There is more at once.
    pub more: bool,
    /// The server's clock.
    pub now: Timestamp,
    /// In feed order, each subject once.
    pub rows: Vec<Change>,
}

/// What a feed says of one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The reader sees it from now on.
    Enter(Box<Snapshot>),
    /// It moved from `from_version` on; a reader who has another version asks for a snapshot.
    Events {
        /// Which.
        subject: SubjectRef,
        /// The version before the first of `events`.
        from_version: u32,
        /// Dense: one for each version.
        events: Vec<WireEvent>,
        /// What they point to, as far as this reader may see it.
        content: BTreeMap<ContentId, Content>,
    },
    /// The reader sees it no longer.
    Leave {
        /// Which.
        subject: SubjectRef,
    },
}

/// One subject as one reader may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The state after all `events`.
    pub state: SubjectState,
    /// Every event since the first, hidden ones as such.
    pub events: Vec<WireEvent>,
    /// What state and events point to, as far as this reader may see it.
    pub content: BTreeMap<ContentId, Content>,
}

/// A subject's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SubjectState {
    /// A resident's report.
    ServiceRequest(ServiceRequest),
    /// A crew's task.
    WorkOrder(WorkOrder),
}

/// An event on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WireEvent {
    /// One that this reader may see.
    Seen(Box<Event>),
    /// One that this reader may not; it only moves the version.
    Hidden {
        /// The version it made.
        hidden: u32,
    },
    /// Something newer than this program: kept as it came.
    Newer(serde_json::Value),
}

/// A notice: something happened to what the reader follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Rising.
    pub seq: i64,
    /// The request.
    pub request: SubjectId,
    /// What happened: `received`, `assigned`, `started`, `resolved`.
    pub kind: NoticeKind,
    /// The service, for the sentence.
    pub service_code: String,
    /// The request's number.
    pub number: String,
    /// Who did it: a crew's or department's name, never a person's.
    pub by: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// Whether it was read.
    pub read: bool,
}

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The city has the report.
    Received,
    /// A crew has it.
    Assigned,
    /// Work has begun.
    Started,
    /// It is mended.
    Resolved,
}

/// `GET /v1/notices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesPage {
    /// Oldest first.
    pub notices: Vec<Notice>,
    /// How many are unread in all.
    pub unread: u32,
    /// All up to this seq are read.
    pub read_up_to: i64,
}

/// `POST /v1/notices/read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesRead {
    /// Mark all up to this seq.
    pub up_to: i64,
}

/// `GET /v1/track/{code}`: mostly one; all that share the code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tracked {
    /// What is public of each.
    pub requests: Vec<PublicRequest>,
}

/// What anyone with the code may know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublicRequest {
    /// 26-000123.
    pub number: String,
    /// Which service.
    pub service_code: String,
    /// The place in words, once it is public.
    pub place: Option<String>,
    /// Where it stands.
    pub status: RequestStatus,
    /// The city's promise.
    pub promise: Option<Promise>,
    /// Public steps, oldest first.
    pub steps: Vec<Step>,
}

/// RFC 9457 with a stable code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `about:blank` unless there is a page about it.
    #[serde(rename = "type")]
    pub type_: String,
    /// Short.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// A sentence for people: what happened, what to do.
    pub detail: String,
    /// Stable, for programs.
    pub code: String,
}

// ---------------------------------------------------------------- shared by both

/// Dates the city stands by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Someone will have looked by then.
    pub response_due: Timestamp,
    /// It will be mended by then.
    pub resolution_due: Timestamp,
}

/// One step of a request's life, for a timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What happened.
    pub kind: StepKind,
    /// When it happened.
    pub at: Timestamp,
    /// Recorded well after it happened (offline work).
    pub reported_later: bool,
    /// Crew or department by name; none: the resident or the city itself.
    pub by: Option<String>,
    /// A public note with it.
    pub note: Option<String>,
    /// Photos with it (only those that can be shown).
    pub photos: Vec<PhotoHash>,
}

/// What a step tells. `Newer` is something that this program does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The words have arrived.
    Received,
    /// A crew has it.
    Assigned,
    /// Work has begun.
    Started,
    /// It is mended.
    Resolved,
    /// Someone wrote something.
    Note,
    /// Photos came.
    Photos,
    /// Something newer.
    Newer,
}

/// What the interface needs of a city before anything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CityView {
    /// Which.
    pub id: CityId,
    /// Its name.
    pub name: String,
    /// Whom to call when someone is in danger.
    pub emergency_number: String,
    /// The city's service line.
    pub service_line: String,
    /// IANA name, for dates.
    pub time_zone: String,
    /// What can be reported.
    pub services: Vec<Service>,
    /// Departments by code.
    pub departments: Vec<Named>,
    /// Crews by code.
    pub crews: Vec<Named>,
}

// ---------------------------------------------------------------- IPC

/// Something that did not work, as a code with facts. The interface makes the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// `refusal-<code>` in `locales/*/refusals.ftl`.
    pub code: String,
    /// Facts for the sentence.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

/// How things stand with the network and the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether the last contact worked; none: not tried yet.
    pub online: Option<bool>,
    /// When the server last answered.
    pub last_contact: Option<Timestamp>,
    /// Commands and photos not yet with the city.
    pub waiting: u32,
    /// Of these, refused: a person must decide.
    pub needs_you: u32,
    /// Unread notices.
    pub unread: u32,
}

/// A report being written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportDraft {
    /// Which.
    pub id: DraftId,
    /// Where the person was in the flow.
    pub step: FlowStep,
    /// Added so far.
    pub photos: Vec<DraftPhoto>,
    /// The confirmed place.
    pub place: Option<Location>,
    /// What is typed in the place field.
    #[serde(default)]
    pub place_text: String,
    /// The chosen service.
    pub service_code: Option<String>,
    /// Answers to its questions.
    pub answers: BTreeMap<String, Answer>,
    /// "Anything else?" At most 5,000 characters when sent.
    pub description: String,
    /// When it was last kept.
    pub saved_at: Timestamp,
}

/// The five parts of the report flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowStep {
    /// Show us the problem.
    Photo,
    /// Where is it?
    Place,
    /// What is it?
    What,
    /// A few details.
    Details,
    /// Check and send.
    Review,
}

/// A photo in a draft: already oriented, shrunk and clean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftPhoto {
    /// Names it.
    pub hash: PhotoHash,
    /// Size of what will be sent.
    pub bytes: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Where the file says that it was taken; to confirm, never silently used.
    pub hint: Option<PlaceCandidate>,
    /// When, as the camera's clock said: `2026-11-19T08:12:00`, no zone.
    pub taken_at: Option<String>,
}

/// A place to choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceCandidate {
    /// In words.
    pub label: String,
    /// Where.
    pub point: Point,
    /// Metres from where the person asked, if they did.
    pub distance_m: Option<f64>,
    /// Whether it is an address or only coordinates.
    pub is_address: bool,
}

/// What can be said before sending, without a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Inside the city.
    pub inside: bool,
    /// What the city would promise if it came now.
    pub promise: Option<Promise>,
}

/// What a resident holds after sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The request.
    pub request: SubjectId,
    /// The short code.
    pub tracking_code: TrackingCode,
}

/// One line of "My reports".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportSummary {
    /// The request; none: a draft.
    pub request: Option<SubjectId>,
    /// The draft, if it is one.
    pub draft: Option<DraftId>,
    /// Which service, once chosen.
    pub service_code: Option<String>,
    /// The place in words.
    pub place: String,
    /// A photo to show.
    pub photo: Option<PhotoHash>,
    /// The short code.
    pub tracking_code: Option<TrackingCode>,
    /// The city's number.
    pub number: Option<String>,
    /// Where it is on its way.
    pub delivery: Delivery,
    /// Where it stands, once the city has it.
    pub status: Option<RequestStatus>,
    /// The city's promise.
    pub promise: Option<Promise>,
    /// When it was sent, or last written.
    pub at: Timestamp,
    /// When it was last moved.
    pub moved_at: Timestamp,
}

/// Every state a report on its way can be in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Delivery {
    /// Still being written.
    Draft,
    /// Kept here; goes by itself when there is a network.
    Waiting,
    /// Its words are on the way.
    Sending,
    /// The words are there, photos follow.
    WordsReceived {
        /// Photos that the city has.
        photos_done: u32,
        /// Photos in all.
        photos: u32,
    },
    /// All of it is there.
    Received,
    /// Refused: a person must decide.
    NeedsYou {
        /// Why, and what to do.
        refusal: Refusal,
    },
    /// Waits behind one that was refused.
    Blocked {
        /// That one.
        by: CommandId,
    },
    /// Goes after the next sign-in.
    SignInNeeded,
}

/// One request as its reporter sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestPage {
    /// The line of the list.
    pub summary: ReportSummary,
    /// Where.
    pub location: Option<Location>,
    /// What was written.
    pub description: String,
    /// Which crew or department has it, by name.
    pub with: Option<String>,
    /// The reporter's photos.
    pub before: Vec<PhotoHash>,
    /// The crew's photos of the finished work.
    pub after: Vec<PhotoHash>,
    /// Public steps, newest first; those not yet answered by the city are left out.
    pub steps: Vec<Step>,
}

/// The notices on this device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticesView {
    /// Newest first.
    pub notices: Vec<Notice>,
    /// How many are unread.
    pub unread: u32,
}

/// One thing on its way to the city.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxItem {
    /// The command.
    pub command: CommandId,
    /// What it is about.
    pub subject: SubjectRef,
    /// `report`, `start`, `complete`, `add_note`, `add_photos`.
    pub action: String,
    /// The service, for the sentence.
    pub service_code: Option<String>,
    /// The place in words.
    pub place: String,
    /// A photo to show.
    pub photo: Option<PhotoHash>,
    /// Where it is on its way.
    pub delivery: Delivery,
    /// When the person did it.
    pub at: Timestamp,
    /// Whose work it is: the staff account's name; none: the resident's.
    pub account: Option<String>,
}

/// A crew's orders of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Today {
    /// The crew.
    pub crew: Named,
    /// Who is signed in.
    pub account: String,
    /// Open orders: started first, then by priority and promise; then those done today.
    pub orders: Vec<OrderSummary>,
}

/// One line of the crew's list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderSummary {
    /// The order.
    pub id: SubjectId,
    /// The request's number.
    pub number: String,
    /// Which service.
    pub service_code: String,
    /// The place in words.
    pub place: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub status: OrderStatus,
    /// To be done by then.
    pub due: Option<Timestamp>,
    /// A photo to show.
    pub photo: Option<PhotoHash>,
    /// What of it waits on this device.
    pub delivery: Delivery,
}

/// Where a work order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Nobody has it.
    Unassigned,
    /// A crew has it.
    Assigned,
    /// Work has begun.
    Started,
    /// Done.
    Completed,
}

/// One order as its crew sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderPage {
    /// The line of the list.
    pub summary: OrderSummary,
    /// Where.
    pub location: Option<Location>,
    /// What the resident said.
    pub description: String,
    /// What the resident answered.
    pub answers: BTreeMap<String, Answer>,
    /// The resident's photos.
    pub before: Vec<PhotoHash>,
    /// The crew's own.
    pub after: Vec<PhotoHash>,
    /// Notes, oldest first.
    pub notes: Vec<Step>,
    /// When work began.
    pub started_at: Option<Timestamp>,
    /// When it was done.
    pub completed_at: Option<Timestamp>,
}

/// A completion being written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompletionDraft {
    /// Which.
    pub id: DraftId,
    /// Of which order.
    pub order: SubjectId,
    /// Photos of the finished work.
    pub photos: Vec<DraftPhoto>,
    /// What came of it.
    pub outcome: Outcome,
    /// For the resident. At most 5,000 characters when sent.
    pub note: String,
    /// When it was last kept.
    pub saved_at: Timestamp,
}

/// The session's own feed, as requests and pages call it.
pub const ME: &str = "me";

/// The same feed where feeds of many keys are kept side by side.
pub fn me_scope(key: Principal) -> String {
    format!("me:{key}")
}
