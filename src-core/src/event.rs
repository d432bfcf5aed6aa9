//! Events: what happened, for ever. They carry no personal data and no free text, only the id of a
//! [`Content`] row, which can be erased.
//!
//! Each body has a type and a version. What a shipped version means never changes: it may get a
//! member that can be left out, and nothing else. [`upcast`] lifts older versions. Golden files in `src-core/golden/` hold one of each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Priority;
use crate::id::{ContentId, EventId, OwnerHash, PhotoHash, Principal, SubjectId, SubjectRef};
use crate::location::{AssetRef, Location};
use crate::time::Timestamp;
use crate::tracking::TrackingCode;

/// Something that happened to one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Follows from the command's id and the event's place in it.
    pub id: EventId,
    /// To what.
    pub subject: SubjectRef,
    /// Dense for each subject, from 1.
    pub version: u32,
    /// Who did it.
    pub actor: Actor,
    /// The key that signed it. Removed for readers whose key it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Principal>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When the server recorded it.
    pub recorded_at: Timestamp,
    /// Version of the body's type.
    pub type_version: u16,
    /// What.
    #[serde(flatten)]
    pub body: EventBody,
}

/// Work recorded this long after it happened is marked "reported later".
pub const REPORTED_LATER_MS: i64 = 5 * 60 * 1000;

impl Event {
    /// When a report or reopening counts as arrived: intake clocks start when the server records,
    /// but for what is taken over from elsewhere, when it happened.
    pub fn arrival(&self) -> Timestamp {
        match self.actor {
            Actor::Import => self.occurred_at,
            _ => self.recorded_at,
        }
    }

    /// Whether it was recorded well after it happened.
    pub fn reported_later(&self) -> bool {
        // What is taken over from elsewhere is no news that came late.
        self.actor != Actor::Import
            && self.recorded_at.0.saturating_sub(self.occurred_at.0) > REPORTED_LATER_MS
    }
}

/// Who did it, as everyone may know: a crew or a role, never a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Actor {
    /// Someone without an account.
    Resident,
    /// A member of this crew.
    Crew {
        /// Which.
        crew: String,
    },
    /// A dispatcher.
    Dispatcher,
    /// The city's rules.
    City,
    /// The server itself.
    System,
    /// Records of the time before, taken over from elsewhere. They are recorded when they are
    /// taken over, and everything about them counts when it happened.
    Import,
}

/// Dates the city stands by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Someone will have looked by then.
    pub response_due: Timestamp,
    /// It will be mended by then.
    pub resolution_due: Timestamp,
}

/// Which promise or deadline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// Until a person of the city responds.
    Response,
    /// Until it is resolved.
    Resolution,
    /// Until a resolved request is closed.
    Closing,
    /// Until a named photo that has not come is missed.
    Photos,
}

/// Why work waits. The words are in the language files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// Parts or materials are on their way.
    Parts,
    /// It cannot be done in this weather or season.
    Weather,
    /// Someone else must do their part first: a utility, a contractor, another city.
    OtherParty,
    /// The place cannot be reached, or someone must open it.
    Access,
    /// The resident is asked for something.
    Resident,
    /// Something else, said in a note.
    Other,
}

/// How a request was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Closing {
    /// It was mended, and nobody reopened it for 28 days.
    Mended,
    /// Someone had reported the same before; that request goes on.
    Duplicate {
        /// Which.
        of: SubjectId,
    },
    /// The reporter took it back before work began.
    Withdrawn,
}

/// Something that a rule looked at when it decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The service.
    Service(String),
    /// Layer, and the zone in it.
    Zone(String, String),
    /// The request was at least this urgent.
    AtLeast(Priority),
    /// Question, and its answer: a choice, `yes` or `no`.
    Answer(String, String),
    /// Kind and owner of the asset that the report names.
    Asset(String, String),
    /// The local time of the arrival, `Thu 17:42`.
    Time(String),
}

/// Who may read a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone who may see the subject.
    Public,
    /// Staff.
    Internal,
}

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoRole {
    /// The problem.
    Before,
    /// The finished work.
    After,
}

/// What came of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is mended.
    Mended,
    /// It is safe for now; a lasting repair follows.
    MadeSafe,
}

/// An answer without free text: that went into content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedAnswer {
    /// One of the question's choices.
    Choice(String),
    /// Yes or no.
    Flag(bool),
    /// Free text, in this content row.
    Text(ContentId),
}

/// What happened. The JSON members `type` and `body` are the log's columns of the same names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "snake_case")]
pub enum EventBody {
    /// A resident's words arrived. Opens a ServiceRequest.
    Reported {
        /// Which service.
        service_code: String,
        /// Version of the pack that the person saw (first 16 hexadecimal digits).
        pack: String,
        /// Where: a [`Content::Place`].
        place: ContentId,
        /// In the person's words: a [`Content::Text`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<ContentId>,
        /// Answers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        answers: BTreeMap<String, RecordedAnswer>,
        /// The short code.
        tracking_code: TrackingCode,
        /// Hash of the owner secret.
        owner: OwnerHash,
    },
    /// The zones that the place lies in, by layer.
    Located {
        /// Layer → zone code.
        zones: BTreeMap<String, String>,
        /// The asset that the report names, if the city has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asset: Option<AssetRef>,
    },
    /// The public number.
    Numbered {
        /// 26-000123.
        number: String,
    },
    /// How urgent, and by which rule.
    Prioritised {
        /// How urgent.
        priority: Priority,
        /// The rule's code.
        rule: String,
    },
    /// To whom, and by which rule.
    Routed {
        /// The department that owns it.
        department: String,
        /// The rule's code.
        rule: String,
        /// What the rule looked at.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        because: Vec<Reason>,
    },
    /// By when.
    Promised {
        /// Both dates.
        #[serde(flatten)]
        promise: Promise,
        /// The SLA that justifies them, as city folders write it: `5-10 business days`.
        sla: String,
    },
    /// A work order was opened for this request.
    Ordered {
        /// Which.
        order: SubjectId,
    },
    /// Opens a WorkOrder, with all that a crew's device needs without the request.
    Opened {
        /// For which request.
        request: SubjectId,
        /// Its number.
        number: String,
        /// Its service.
        service_code: String,
        /// How urgent.
        priority: Priority,
        /// The owning department.
        department: String,
        /// Where.
        place: ContentId,
        /// In the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<ContentId>,
        /// Answers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        answers: BTreeMap<String, RecordedAnswer>,
        /// To be done by then, if the city promised a date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// A crew has it.
    Assigned {
        /// Which.
        crew: String,
        /// The rule's code; none: a dispatcher did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    },
    /// Work has begun.
    Started {},
    /// Someone wrote something.
    NoteAdded {
        /// What.
        text: ContentId,
        /// Who may read it.
        visibility: Visibility,
    },
    /// A photo was named; its bytes follow.
    PhotoAdded {
        /// Which.
        hash: PhotoHash,
        /// What it shows.
        role: PhotoRole,
    },
    /// A photo's bytes are here.
    PhotoVerified {
        /// Which.
        hash: PhotoHash,
    },
    /// The order is done.
    Completed {
        /// What came of it.
        outcome: Outcome,
        /// For the resident.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<ContentId>,
        /// The crew had lost the order meanwhile, or it was completed already: recorded all the
        /// same, and a dispatcher should look.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        flagged: bool,
    },
    /// The request is resolved.
    Resolved {
        /// What came of it.
        outcome: Outcome,
        /// The crew's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<ContentId>,
    },
    /// Work waits, and the clocks with it.
    Held {
        /// Why.
        reason: HoldReason,
        /// In the crew's words, for the resident.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<ContentId>,
    },
    /// Work goes on, and so do the clocks.
    Resumed {},
    /// Part of the time until a promise is over, or all of it.
    Warned {
        /// Which promise.
        clock: ClockKind,
        /// Per cent of the time that are over: 75, 90, or 100 for a breach.
        percent: u8,
        /// What was promised then.
        due: Timestamp,
    },
    /// It is not mended after all.
    Reopened {
        /// In the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<ContentId>,
    },
    /// The request is closed.
    Closed(Closing),
    /// The order is not to be worked any more.
    Cancelled {},
    /// The reporter's newer words take the place of the older: no crew had started. The city
    /// answers them anew. The older ones stay where they are, in the log and in content.
    Amended {
        /// Which service.
        service_code: String,
        /// Version of the pack that the person saw (first 16 hexadecimal digits).
        pack: String,
        /// Where: a [`Content::Place`].
        place: ContentId,
        /// In the person's words: a [`Content::Text`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<ContentId>,
        /// Answers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        answers: BTreeMap<String, RecordedAnswer>,
        /// Photos of the older words that the newer ones leave out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        dropped: Vec<PhotoHash>,
    },
    /// No crew has it any more; it stands on its department's board.
    Unassigned {},
    /// Named photos have not come within seven days.
    PhotosMissing {
        /// Which.
        hashes: Vec<PhotoHash>,
    },
}

impl EventBody {
    /// The stable name and the present version.
    pub const fn type_and_version(&self) -> (&'static str, u16) {
        match self {
            Self::Reported { .. } => ("reported", 1),
            Self::Located { .. } => ("located", 1),
            Self::Numbered { .. } => ("numbered", 1),
            Self::Prioritised { .. } => ("prioritised", 1),
            Self::Routed { .. } => ("routed", 1),
            Self::Promised { .. } => ("promised", 1),
            Self::Ordered { .. } => ("ordered", 1),
            Self::Opened { .. } => ("opened", 1),
            Self::Assigned { .. } => ("assigned", 1),
            Self::Started {} => ("started", 1),
            Self::NoteAdded { .. } => ("note_added", 1),
            Self::PhotoAdded { .. } => ("photo_added", 1),
            Self::PhotoVerified { .. } => ("photo_verified", 1),
            Self::Completed { .. } => ("completed", 1),
            Self::Resolved { .. } => ("resolved", 1),
            Self::Held { .. } => ("held", 1),
            Self::Resumed {} => ("resumed", 1),
            Self::Warned { .. } => ("warned", 1),
            Self::Reopened { .. } => ("reopened", 1),
            Self::Closed(_) => ("closed", 1),
            Self::Cancelled {} => ("cancelled", 1),
            Self::Amended { .. } => ("amended", 1),
            Self::Unassigned {} => ("unassigned", 1),
            Self::PhotosMissing { .. } => ("photos_missing", 1),
        }
    }

    /// The content rows that it points to.
    pub fn content(&self) -> Vec<ContentId> {
        fn of<'a>(
            place: &'a ContentId,
            description: &'a Option<ContentId>,
            answers: &'a BTreeMap<String, RecordedAnswer>,
        ) -> Vec<ContentId> {
            let texts = answers.values().filter_map(|answer| match answer {
                RecordedAnswer::Text(id) => Some(*id),
                _ => None,
            });
            std::iter::once(*place).chain(*description).chain(texts).collect()
        }
        match self {
            Self::Reported { place, description, answers, .. }
            | Self::Amended { place, description, answers, .. }
            | Self::Opened { place, description, answers, .. } => of(place, description, answers),
            Self::NoteAdded { text, .. } => vec![*text],
            Self::Completed { note, .. }
            | Self::Resolved { note, .. }
            | Self::Held { note, .. }
            | Self::Reopened { note } => note.iter().copied().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a reader who is no staff may see it.
    pub const fn public(&self) -> bool {
        // Whether the city is late can be read from the promise; its warnings are for its own people.
        !matches!(
            self,
            Self::NoteAdded { visibility: Visibility::Internal, .. } | Self::Warned { .. }
        )
    }
}

/// A stored body that this program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event type {type_} version {version} is newer than this program")]
pub struct UnknownEvent {
    /// As stored.
    pub type_: String,
    /// As stored.
    pub version: u16,
}

/// Reads a stored body of any version ever shipped and lifts it to the present one.
///
/// # Errors
/// [`UnknownEvent`] for what a newer program wrote.
pub fn upcast(type_: &str, version: u16, body: &str) -> Result<EventBody, UnknownEvent> {
    let unknown = || UnknownEvent { type_: type_.to_owned(), version };
    if version != 1 {
        return Err(unknown());
    }
    let body: serde_json::Value = serde_json::from_str(body).map_err(|_| unknown())?;
    serde_json::from_value(serde_json::json!({ "type": type_, "body": body }))
        .map_err(|_| unknown())
}

/// A body as the log stores it: without the type, which is a column.
///
/// # Errors
/// Never in practice: every body is plain data.
pub fn stored_body(body: &EventBody) -> serde_json::Result<String> {
    let value = serde_json::to_value(body)?;
    serde_json::to_string(value.get("body").unwrap_or(&serde_json::Value::Null))
}

/// Personal data and free text: what events point to, and what can be erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum Content {
    /// Where something is.
    Place(Location),
    /// What someone wrote.
    Text {
        /// In their words.
        text: String,
    },
    /// A vehicle's licence plate.
    Plate {
        /// As someone read it.
        plate: String,
    },
}

impl Content {
    /// The table's column `class`.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Place(_) => "place",
            Self::Text { .. } => "text",
            Self::Plate { .. } => "plate",
        }
    }
}
