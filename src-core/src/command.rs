//! Commands: what a person claims, no more. Small and additive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Answer;
use crate::event::{ClockKind, HoldReason, Outcome, PhotoRole, Visibility};
use crate::id::{CommandId, OwnerHash, PhotoHash, SubjectId, SubjectKind};
use crate::location::{Location, Point};
use crate::refusal::{Refusal, RefusalCode};
use crate::time::Timestamp;
use crate::tracking::TrackingCode;

/// Most characters of a free text.
pub const TEXT_LIMIT: usize = 5_000;
/// Most characters of a place in words.
pub const LABEL_LIMIT: usize = 200;
/// Most photos of one command.
pub const PHOTO_LIMIT: usize = 10;
/// Most earlier wordings that one report names.
pub const EARLIER_LIMIT: usize = 100;
/// Most bytes of an uploaded photo (already shrunk; the original may have 40 MB).
pub const PHOTO_BYTES_LIMIT: u64 = 8 << 20;

/// A photo that a command names. Its bytes follow by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoRef {
    /// SHA-256 of the bytes that will be uploaded.
    pub hash: PhotoHash,
    /// How many bytes.
    pub bytes: u64,
    /// What it shows.
    pub role: PhotoRole,
}

/// "This is broken, here." The subject is a new ServiceRequest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which service.
    pub service_code: String,
    /// Version of the city pack that the person saw.
    pub pack_version: String,
    /// The confirmed place.
    pub location: Location,
    /// Answers to the service's questions.
    #[serde(default)]
    pub answers: BTreeMap<String, Answer>,
    /// In the person's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Photos to follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoRef>,
    /// Photos of the words that this report takes the place of, and that it leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<PhotoHash>,
    /// When the command that this one supersedes took the place of others in its turn: those, the
    /// oldest first, so that none of them counts when it arrives after this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<CommandId>,
    /// The receipt, made on the device.
    pub tracking_code: TrackingCode,
    /// SHA-256 of the owner secret.
    pub owner: OwnerHash,
}

/// A note on a request or an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddNote {
    /// In the person's words.
    pub text: String,
    /// Who may read it.
    pub visibility: Visibility,
}

/// More photos of a request or an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddPhotos {
    /// At least one.
    pub photos: Vec<PhotoRef>,
}

/// A dispatcher gives an order to a crew. Replaces a value, so it checks `based_on`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assign {
    /// To which crew.
    pub crew: String,
}

/// The crew begins work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {}

/// The crew is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete {
    /// What came of it.
    pub outcome: Outcome,
    /// For the resident, in the crew's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Photos of the finished work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoRef>,
}

/// Work waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
    /// For the resident, in the crew's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Work goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {}

/// It is not mended after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopen {
    /// In the person's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A dispatcher found that someone had reported the same before. Replaces a value, so it checks
/// `based_on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The request that goes on.
    pub into: SubjectId,
}

/// The reporter takes a request back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdraw {
    /// In the person's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The server's clock itself: this much of a promised time is over. Never in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// Which promise.
    pub clock: ClockKind,
    /// Per cent of the time that are over.
    pub percent: u8,
    /// What was promised when the clock was set.
    pub due: Timestamp,
}

/// The server itself: this photo's bytes are here and are what was named. Never in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyPhoto {
    /// Which.
    pub hash: PhotoHash,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// What a command says.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandBody {
    /// Type 1.
    Report(Box<Report>),
    /// Type 2.
    AddNote(AddNote),
    /// Type 3.
    AddPhotos(AddPhotos),
    /// Type 4.
    Assign(Assign),
    /// Type 5.
    Start(Start),
    /// Type 6.
    Complete(Complete),
    /// Type 7.
    Hold(Hold),
    /// Type 8.
    Resume(Resume),
    /// Type 9.
    Reopen(Reopen),
    /// Type 10.
    Merge(Merge),
    /// Type 11.
    Withdraw(Withdraw),
    /// Type 100; only by the system.
    VerifyPhoto(VerifyPhoto),
    /// Type 101; only by the system.
    Tick(Tick),
}

/// The frame type that opens a session. It is no command: nothing is recorded.
pub const TYPE_OPEN_SESSION: u16 = 0x0100;

impl CommandBody {
    /// Type and version as they stand in the frame.
    pub const fn type_and_version(&self) -> (u16, u16) {
        match self {
            Self::Report(_) => (1, 1),
            Self::AddNote(_) => (2, 1),
            Self::AddPhotos(_) => (3, 1),
            Self::Assign(_) => (4, 1),
            Self::Start(_) => (5, 1),
            Self::Complete(_) => (6, 1),
            Self::Hold(_) => (7, 1),
            Self::Resume(_) => (8, 1),
            Self::Reopen(_) => (9, 1),
            Self::Merge(_) => (10, 1),
            Self::Withdraw(_) => (11, 1),
            Self::VerifyPhoto(_) => (100, 1),
            Self::Tick(_) => (101, 1),
        }
    }

    /// The word for it in lists and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Report(_) => "report",
            Self::AddNote(_) => "add_note",
            Self::AddPhotos(_) => "add_photos",
            Self::Assign(_) => "assign",
            Self::Start(_) => "start",
            Self::Complete(_) => "complete",
            Self::Hold(_) => "hold",
            Self::Resume(_) => "resume",
            Self::Reopen(_) => "reopen",
            Self::Merge(_) => "merge",
            Self::Withdraw(_) => "withdraw",
            Self::VerifyPhoto(_) => "verify_photo",
            Self::Tick(_) => "tick",
        }
    }

    /// The subject kinds that it may name.
    pub const fn takes(&self, kind: SubjectKind) -> bool {
        match self {
            Self::Report(_)
            | Self::Reopen(_)
            | Self::Merge(_)
            | Self::Withdraw(_)
            | Self::Tick(_) => {
                matches!(kind, SubjectKind::ServiceRequest)
            }
            Self::AddNote(_) | Self::AddPhotos(_) | Self::VerifyPhoto(_) => true,
            Self::Assign(_)
            | Self::Start(_)
            | Self::Complete(_)
            | Self::Hold(_)
            | Self::Resume(_) => matches!(kind, SubjectKind::WorkOrder),
        }
    }

    /// The subject kind when the frame alone must say it: a frame carries an id, not a kind. Notes
    /// and photos are looked up.
    pub const fn kind(&self) -> Option<SubjectKind> {
        match self {
            Self::Report(_)
            | Self::Reopen(_)
            | Self::Merge(_)
            | Self::Withdraw(_)
            | Self::Tick(_) => Some(SubjectKind::ServiceRequest),
            Self::Assign(_)
            | Self::Start(_)
            | Self::Complete(_)
            | Self::Hold(_)
            | Self::Resume(_) => Some(SubjectKind::WorkOrder),
            Self::AddNote(_) | Self::AddPhotos(_) | Self::VerifyPhoto(_) => None,
        }
    }

    /// The photos that it names.
    pub fn photos(&self) -> &[PhotoRef] {
        match self {
            Self::Report(report) => &report.photos,
            Self::AddPhotos(add) => &add.photos,
            Self::Complete(complete) => &complete.photos,
            _ => &[],
        }
    }

    /// Writes the body as it is signed.
    ///
    /// # Errors
    /// Never in practice: every body is plain data.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::Report(body) => serde_json::to_vec(body),
            Self::AddNote(body) => serde_json::to_vec(body),
            Self::AddPhotos(body) => serde_json::to_vec(body),
            Self::Assign(body) => serde_json::to_vec(body),
            Self::Start(body) => serde_json::to_vec(body),
            Self::Complete(body) => serde_json::to_vec(body),
            Self::Hold(body) => serde_json::to_vec(body),
            Self::Resume(body) => serde_json::to_vec(body),
            Self::Reopen(body) => serde_json::to_vec(body),
            Self::Merge(body) => serde_json::to_vec(body),
            Self::Withdraw(body) => serde_json::to_vec(body),
            Self::VerifyPhoto(body) => serde_json::to_vec(body),
            Self::Tick(body) => serde_json::to_vec(body),
        }
    }

    /// Reads the body of a frame. Every version ever shipped is lifted to the present one here.
    ///
    /// # Errors
    /// `unknown_command` for types and versions that this program does not know,
    /// `bad_position` for a place that is none, `bad_body` for everything else.
    pub fn from_json(type_: u16, version: u16, json: &[u8]) -> Result<Self, Refusal> {
        fn read<T: for<'de> Deserialize<'de>>(json: &[u8]) -> Result<T, Refusal> {
            serde_json::from_slice(json).map_err(|_| RefusalCode::BadBody.into())
        }
        /// A place that is none is a person's to put right, so it is told apart from the rest.
        fn read_report(json: &[u8]) -> Result<Report, Refusal> {
            let body: serde_json::Value = read(json)?;
            if body.pointer("/location/point").is_some_and(|at| Point::deserialize(at).is_err()) {
                return Err(RefusalCode::BadPosition.into());
            }
            serde_json::from_value(body).map_err(|_| RefusalCode::BadBody.into())
        }
        match (type_, version) {
            (1, 1) => read_report(json).map(Box::new).map(Self::Report),
            (2, 1) => read(json).map(Self::AddNote),
            (3, 1) => read(json).map(Self::AddPhotos),
            (4, 1) => read(json).map(Self::Assign),
            (5, 1) => read(json).map(Self::Start),
            (6, 1) => read(json).map(Self::Complete),
            (7, 1) => read(json).map(Self::Hold),
            (8, 1) => read(json).map(Self::Resume),
            (9, 1) => read(json).map(Self::Reopen),
            (10, 1) => read(json).map(Self::Merge),
            (11, 1) => read(json).map(Self::Withdraw),
            // 100 and above are the system's own and never come from outside.
            _ => Err(Refusal::new(RefusalCode::UnknownCommand)
                .with("type", type_)
                .with("version", version)),
        }
    }
}
