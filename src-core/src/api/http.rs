//! Between device and server. See the table of endpoints in [`crate::api`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Service;
use crate::decide::Role;
use crate::event::{Content, Event, HoldReason, Promise};
use crate::id::{CityId, CommandId, ContentId, PhotoHash, Principal, SubjectId, SubjectRef};
use crate::refusal::Refusal;
use crate::subject::{RequestStatus, SubjectState};
use crate::time::Timestamp;

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
    /// Work waits for something.
    OnHold,
    /// Someone had reported the same before.
    Duplicate,
    /// A photo that was named has not come.
    PhotosMissing,
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
    /// Why it waits, for a step that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_for: Option<HoldReason>,
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
    /// Work waits for something.
    OnHold,
    /// Work goes on.
    Resumed,
    /// It is not mended after all.
    Reopened,
    /// It was mended, and nobody reopened it in time.
    Closed,
    /// Someone had reported the same before; that report goes on.
    Duplicate,
    /// An order is not to be worked any more.
    Cancelled,
    /// Its reporter took it back.
    Withdrawn,
    /// Its reporter changed it.
    Amended,
    /// Photos that were named have not come.
    PhotosMissing,
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

/// The session's own feed, as requests and pages call it.
pub const ME: &str = "me";

/// The same feed where feeds of many keys are kept side by side.
pub fn me_scope(key: Principal) -> String {
    format!("me:{key}")
}
