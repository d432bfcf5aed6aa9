//! The two subjects, as the sum of their events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Priority;
use crate::event::{Outcome, PhotoRole, Promise, RecordedAnswer};
use crate::id::{ContentId, OwnerHash, PhotoHash, Principal, SubjectId};
use crate::time::Timestamp;
use crate::tracking::TrackingCode;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// The words have arrived.
    Received,
    /// A crew has it.
    Assigned,
    /// Work has begun.
    InProgress,
    /// It is mended.
    Resolved,
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
    /// The work order.
    pub order: Option<SubjectId>,
    /// Named photos, in order.
    pub photos: Vec<Photo>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// When the words arrived.
    pub received_at: Timestamp,
    /// When work began.
    pub started_at: Option<Timestamp>,
    /// When it was mended.
    pub resolved_at: Option<Timestamp>,
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
    /// Done.
    Completed,
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
