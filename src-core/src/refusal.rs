//! What is said to a command that cannot be: a code with facts. Sentences live in `locales/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why a command was refused. A code exists only if a person gets another way forward by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which.
    pub code: RefusalCode,
    /// Facts for the sentence, such as `limit` or `question`. Never personal data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Every reason for a refusal. The text is stable and names the sentence
        /// `refusal-<text>` in `locales/*/refusals.ftl`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum RefusalCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
            /// One from a newer server.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl RefusalCode {
            /// All of them, for the test that each has its sentence.
            pub const ALL: &'static [Self] = &[$(Self::$name,)* Self::Unknown];

            /// The stable text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown => "unknown",
                }
            }
        }
    };
}

codes! {
    /// Not a frame, or too long, or cut off.
    BadFrame = "bad_frame",
    /// The signature does not fit the bytes.
    BadSignature = "bad_signature",
    /// The frame was made for another city.
    WrongCity = "wrong_city",
    /// This id was already used for other bytes.
    IdReused = "id_reused",
    /// A command or a version of one that this program does not know.
    UnknownCommand = "unknown_command",
    /// The body does not say what this command must say.
    BadBody = "bad_body",
    /// The city does not have this service.
    UnknownService = "unknown_service",
    /// (0, 0), not a number, or not on earth.
    BadPosition = "bad_position",
    /// The place is not in this city.
    OutsideCity = "outside_city",
    /// A required question was not answered. `question`.
    MissingAnswer = "missing_answer",
    /// The service needs a photo.
    MissingPhoto = "missing_photo",
    /// An answer does not fit its question. `question`.
    BadAnswer = "bad_answer",
    /// Longer than allowed. `limit`, `length`.
    TextTooLong = "text_too_long",
    /// A note without words.
    EmptyText = "empty_text",
    /// More photos than allowed. `limit`.
    TooManyPhotos = "too_many_photos",
    /// A photo larger than allowed. `limit`.
    PhotoTooLarge = "photo_too_large",
    /// The uploaded bytes are not the ones that were named.
    PhotoWrongHash = "photo_wrong_hash",
    /// A photo that still says where or when it was taken.
    PhotoHasMetadata = "photo_has_metadata",
    /// The bytes are no photo.
    PhotoNotImage = "photo_not_image",
    /// More pixels than allowed. `limit`.
    PhotoTooManyPixels = "photo_too_many_pixels",
    /// The device no longer has the photo whole, so that it cannot be sent.
    PhotoLost = "photo_lost",
    /// The subject does not exist, or not for this person.
    NotFound = "not_found",
    /// A subject with this id exists already.
    AlreadyExists = "already_exists",
    /// Only staff may, and this key has no valid sign-in. Kept, and sent again after the next one.
    SignInNeeded = "sign_in_needed",
    /// This person may not do this.
    NotAllowed = "not_allowed",
    /// The order is completed.
    AlreadyCompleted = "already_completed",
    /// The request is closed; what is wrong again is reported again.
    AlreadyClosed = "already_closed",
    /// A crew has begun, so that it can no longer be taken back.
    WorkStarted = "work_started",
    /// The city does not have this crew.
    UnknownCrew = "unknown_crew",
    /// Someone else changed it meanwhile.
    Conflict = "conflict",
}

impl Refusal {
    /// A refusal without facts.
    pub const fn new(code: RefusalCode) -> Self {
        Self { code, params: BTreeMap::new() }
    }

    /// The same with one fact more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self::new(code)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Refusal {}
