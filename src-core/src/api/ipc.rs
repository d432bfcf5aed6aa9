//! Between the app and its interface. See the table of commands in [`crate::api`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::http::{Named, Notice, Step};
use crate::catalogue::{Answer, Priority};
use crate::event::{Outcome, Promise};
use crate::id::{CommandId, DraftId, PhotoHash, SubjectId, SubjectRef};
use crate::location::{AssetRef, Location, Point};
use crate::refusal::Refusal;
use crate::subject::{OrderStatus, RequestStatus};
use crate::time::Timestamp;
use crate::tracking::TrackingCode;

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
    /// Someone must sign in again: the sign-in of an account here has run out, or work waits for
    /// one.
    pub sign_in_needed: bool,
    /// Why the city, although it was reached, did not take or give something: the code of the
    /// last problem, until the next try works.
    pub problem: Option<String>,
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
    /// The report on its way that this one takes the place of when it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<Box<Edited>>,
}

/// A report on its way that is written anew. It keeps its request and its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// Its command.
    pub command: CommandId,
    /// Commands that it took the place of in its turn, the oldest first.
    pub earlier: Vec<CommandId>,
    /// The request that it opens.
    pub request: SubjectId,
    /// Its short code.
    pub tracking_code: TrackingCode,
    /// Its photos.
    pub photos: Vec<PhotoHash>,
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

/// What a found place is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// A house.
    Address,
    /// A street, at its middle.
    Street,
    /// Where two streets meet.
    Intersection,
    /// A numbered thing of the city's.
    Asset,
    /// Only coordinates.
    #[default]
    Coordinates,
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
    /// Whether it is the address of a house.
    pub is_address: bool,
    /// What it is.
    #[serde(default)]
    pub kind: PlaceKind,
    /// Which asset, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetRef>,
    /// The house number that was typed, where the street has none like it and this house is the
    /// nearest by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// What can be said before sending, without a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Inside the city.
    pub inside: bool,
    /// Whose an outside place is, where the city knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<Neighbor>,
    /// What the city would promise if it came now.
    pub promise: Option<Promise>,
}

/// A place around the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbor {
    /// Its name: "Eastmere".
    pub name: String,
    /// The telephone number to call there.
    pub service_line: String,
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
    /// The city has the words; only photos are left.
    pub accepted: bool,
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
