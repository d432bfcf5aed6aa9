//! The two subjects, as the sum of their events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Priority;
use crate::command::Report;
use crate::event::{ClockKind, Closing, HoldReason, Outcome, PhotoRole, Promise, RecordedAnswer};
use crate::id::{ContentId, OwnerHash, PhotoHash, Principal, SubjectId};
use crate::time::Timestamp;
use crate::tracking::TrackingCode;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// The words have arrived.
    Received,
    /// A crew has it.
    Assigned,
    /// Work has begun.
    InProgress,
    /// Work waits for something, and the clocks with it.
    OnHold,
    /// It is mended.
    Resolved,
    /// Nobody reopened it in time, it is a duplicate, or its reporter took it back.
    Closed,
    /// It was mended, and is not after all. Nobody has it yet.
    Reopened,
}

impl RequestStatus {
    /// Whether the city has still to do with it.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved | Self::Closed)
    }
}

/// A time in which work waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When the hold began.
    pub from: Timestamp,
    /// When it ended; none: it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Part of a promised time that was over, and was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which promise.
    pub clock: ClockKind,
    /// Per cent of the time.
    pub percent: u8,
}

/// A photo of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// Which.
    pub hash: PhotoHash,
    /// What it shows.
    pub role: PhotoRole,
    /// Its bytes are on the server.
    pub verified: bool,
    /// When it was named.
    #[serde(default)]
    pub named_at: Timestamp,
    /// Its bytes had not come seven days after that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
}

/// A resident's report and its life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceRequest {
    /// Which.
    pub id: SubjectId,
    /// How many events it is the sum of.
    pub version: u32,
    /// The reporter's key. Removed for readers whose key it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter: Option<Principal>,
    /// The short code.
    pub tracking_code: TrackingCode,
    /// Hash of the owner secret.
    pub owner: OwnerHash,
    /// Which service.
    pub service_code: String,
    /// Where.
    pub place: ContentId,
    /// In the person's words.
    pub description: Option<ContentId>,
    /// Answers.
    pub answers: BTreeMap<String, RecordedAnswer>,
    /// Where it stands.
    pub status: RequestStatus,
    /// Layer → zone code.
    pub zones: BTreeMap<String, String>,
    /// The public number; none until the city has answered.
    pub number: Option<String>,
    /// How urgent.
    pub priority: Option<Priority>,
    /// The owning department.
    pub department: Option<String>,
    /// The crew that has it.
    pub crew: Option<String>,
    /// The city's promise.
    pub promise: Option<Promise>,
    /// The SLA that justifies it, as the [`crate::event::EventBody::Promised`] event says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<String>,
    /// When the promised time began: at the arrival, or when it was reopened.
    #[serde(default)]
    pub clock_start: Timestamp,
    /// When work waited since then, in order; the last one may last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// Why it waits now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_for: Option<HoldReason>,
    /// What was warned of, for the present promise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Taken over from elsewhere then: what was over by that time is not warned of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Timestamp>,
    /// The work order.
    pub order: Option<SubjectId>,
    /// Named photos, in order.
    pub photos: Vec<Photo>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// When the words arrived.
    pub received_at: Timestamp,
    /// When a person of the city first acted on it: stopped the response clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responded_at: Option<Timestamp>,
    /// When work began.
    pub started_at: Option<Timestamp>,
    /// When it was mended.
    pub resolved_at: Option<Timestamp>,
    /// When and how it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

impl ServiceRequest {
    /// Whether a report names the receipt that this request was opened with.
    pub fn has_receipt_of(&self, report: &Report) -> bool {
        self.tracking_code == report.tracking_code && self.owner == report.owner
    }
}

/// The end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// How.
    #[serde(flatten)]
    pub closing: Closing,
}

/// A crew's task, with all that the crew needs without the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// Which.
    pub id: SubjectId,
    /// How many events it is the sum of.
    pub version: u32,
    /// For which request.
    pub request: SubjectId,
    /// Its number.
    pub number: String,
    /// Its service.
    pub service_code: String,
    /// How urgent.
    pub priority: Priority,
    /// The owning department.
    pub department: String,
    /// The crew that has it.
    pub crew: Option<String>,
    /// Crews that had it before. What they finished in the meantime still counts.
    pub former_crews: Vec<String>,
    /// Where.
    pub place: ContentId,
    /// In the resident's words.
    pub description: Option<ContentId>,
    /// The resident's answers.
    pub answers: BTreeMap<String, RecordedAnswer>,
    /// To be done by then, if the city promised a date.
    pub due: Option<Timestamp>,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_for: Option<HoldReason>,
    /// Named photos, in order.
    pub photos: Vec<Photo>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// When work began.
    pub started_at: Option<Timestamp>,
    /// When it was done.
    pub completed_at: Option<Timestamp>,
    /// Finished by a crew that had lost it meanwhile: a dispatcher should look.
    pub flagged: bool,
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
    /// It waits for something.
    Held,
    /// Done.
    Completed,
    /// Not to be worked any more.
    Cancelled,
}

impl OrderStatus {
    /// Whether there is still something to do.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// A subject's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "a state is held one at a time and passed by reference; a box would cost one allocation each"
)]
pub enum SubjectState {
    /// A resident's report.
    ServiceRequest(ServiceRequest),
    /// A crew's task.
    WorkOrder(WorkOrder),
}
