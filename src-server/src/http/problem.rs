//! Errors as RFC 9457 problem+json: a stable code for programs, a sentence for people.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mend_core::api;
use mend_core::refusal::RefusalCode;

use super::sentences;
use crate::auth::limits::TooMany;
use crate::photos::{BadPhoto, BadPiece};
use crate::store::StoreError;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal $status:ident $title:literal,)*) => {
        /// Every code of an HTTP error. Its sentence is `refusal-<text>` in
        /// `locales/*/refusals.ftl`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them.
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }

            const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }
        }
    };
}

codes! {
    /// No such page, or not for this reader.
    NotFound = "not_found" NOT_FOUND "This does not exist, or not for you.",
    /// The path is there, the method is not.
    MethodNotAllowed = "method_not_allowed" METHOD_NOT_ALLOWED "This address does not take this method.",
    /// The reader is known and may not.
    NotAllowed = "not_allowed" FORBIDDEN "You may not do this.",
    /// No session.
    SignInNeeded = "sign_in_needed" UNAUTHORIZED "A session is needed.",
    /// A session that has ended.
    SessionExpired = "session_expired" UNAUTHORIZED "The session has ended. Open a new one.",
    /// A nonce that is used or too old.
    NonceExpired = "nonce_expired" UNAUTHORIZED "The nonce was used or is too old. Ask for a new one.",
    /// Name or password do not fit.
    WrongPassword = "wrong_password" UNAUTHORIZED "Name and password do not fit.",
    /// The key belongs to another account.
    AccountDiffers = "account_differs" CONFLICT "This key belongs to another account.",
    /// Too many guesses.
    TooManyAttempts = "too_many_attempts" TOO_MANY_REQUESTS "Too many tries. Wait a little.",
    /// The address in the request is not one of this server's.
    HostNotAllowed = "host_not_allowed" MISDIRECTED_REQUEST "This server does not answer under this name.",
    /// A page of another origin asks.
    OriginNotAllowed = "origin_not_allowed" FORBIDDEN "Pages from elsewhere may not ask this server.",
    /// A parameter that is none.
    BadRequest = "bad_request" BAD_REQUEST "The request cannot be read.",
    /// Longer than this endpoint reads.
    BodyTooLarge = "body_too_large" PAYLOAD_TOO_LARGE "The request is too long.",
    /// The connection was cut.
    BodyCut = "body_cut" BAD_REQUEST "The request ended too early. Send it again.",
    /// No frame.
    BadFrame = "bad_frame" BAD_REQUEST "This is not a command frame.",
    /// A signature that does not fit.
    BadSignature = "bad_signature" BAD_REQUEST "The signature does not fit.",
    /// Another city's frame.
    WrongCity = "wrong_city" UNPROCESSABLE_ENTITY "This was made for another city.",
    /// A frame that opens no session.
    UnknownCommand = "unknown_command" UNPROCESSABLE_ENTITY "This program does not know this command.",
    /// Longer than a photo may be.
    PhotoTooLarge = "photo_too_large" PAYLOAD_TOO_LARGE "The photo is too large.",
    /// Other bytes than were named.
    PhotoWrongHash = "photo_wrong_hash" UNPROCESSABLE_ENTITY "These are not the bytes that were named.",
    /// No JPEG.
    NotAPhoto = "photo_not_image" UNPROCESSABLE_ENTITY "This is not a whole JPEG photo.",
    /// Over the limit of pixels.
    PhotoTooManyPixels = "photo_too_many_pixels" UNPROCESSABLE_ENTITY "The photo has too many pixels.",
    /// More than the picture.
    PhotoHasMetadata = "photo_has_metadata" UNPROCESSABLE_ENTITY "The photo carries metadata.",
    /// A piece of an upload that begins elsewhere than where the last one ended.
    UploadOffset = "upload_offset" CONFLICT "The upload goes on at another offset.",
    /// A piece of an upload of another type than tus has.
    UploadType = "upload_type" UNSUPPORTED_MEDIA_TYPE "A piece is of type application/offset+octet-stream.",
    /// Another version of tus than 1.0.0.
    UploadVersion = "upload_version" PRECONDITION_FAILED "Uploads go by tus 1.0.0.",
    /// Not eight symbols of the alphabet.
    TrackingMalformed = "bad_code" BAD_REQUEST "This is not a tracking code.",
    /// The check symbol does not fit.
    TrackingMistyped = "code_mistyped" BAD_REQUEST "One letter or digit of the code is wrong.",
    /// Commands faster than a key or an address may send them.
    TooFast = "too_fast" TOO_MANY_REQUESTS "Too many commands at once. Send them again soon.",
    /// Too much waits.
    Busy = "busy" SERVICE_UNAVAILABLE "The server is busy. Try again soon.",
    /// The store failed.
    ServerFailed = "server_failed" SERVICE_UNAVAILABLE "The server could not read or keep this. Try again soon.",
}

/// An error on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    params: BTreeMap<String, String>,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// The problem with this code.
    pub const fn new(code: Code) -> Self {
        Self { code, params: BTreeMap::new(), retry_after_s: None }
    }

    /// The same with one fact more for its sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let title = self.code.title();
        let detail = sentences::english(self.code.as_str(), &self.params)
            .unwrap_or_else(|| title.to_owned());
        let problem = api::Problem {
            type_: "about:blank".to_owned(),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
            code: self.code.as_str().to_owned(),
        };
        let mut response = (status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let soon = match status {
            StatusCode::TOO_MANY_REQUESTS => Some(1),
            StatusCode::SERVICE_UNAVAILABLE if self.code == Code::Busy => Some(1),
            StatusCode::SERVICE_UNAVAILABLE => Some(5),
            _ => None,
        };
        // Whoever is turned away for now hears for how long.
        if let Some(seconds) = self.retry_after_s.or(soon) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Busy) {
            return Self::new(Code::Busy);
        }
        tracing::error!(code = error.code(), %error, "the store failed");
        Self::new(Code::ServerFailed)
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "the photo folder failed");
        Self::new(Code::ServerFailed)
    }
}

impl From<getrandom::Error> for Problem {
    fn from(error: getrandom::Error) -> Self {
        tracing::error!(%error, "no randomness");
        Self::new(Code::ServerFailed)
    }
}

/// A path that is no text when its escapes are resolved.
impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(Code::BadRequest)
    }
}

/// A whole batch that came too fast; the first of it may come after so many seconds.
pub fn too_fast(retry_after_s: u64) -> Problem {
    Problem { retry_after_s: Some(retry_after_s), ..Problem::new(Code::TooFast) }
}

impl From<TooMany> for Problem {
    fn from(too_many: TooMany) -> Self {
        Self {
            retry_after_s: Some(too_many.retry_after_s),
            ..Self::new(Code::TooManyAttempts).with("seconds", too_many.retry_after_s)
        }
    }
}

impl From<BadPhoto> for Problem {
    fn from(bad: BadPhoto) -> Self {
        match bad {
            BadPhoto::WrongHash => Self::new(Code::PhotoWrongHash),
            BadPhoto::NotAPhoto => Self::new(Code::NotAPhoto),
            BadPhoto::TooManyPixels { width, height } => {
                Self::new(Code::PhotoTooManyPixels).with("width", width).with("height", height)
            }
            BadPhoto::HasMetadata => Self::new(Code::PhotoHasMetadata),
        }
    }
}

impl From<BadPiece> for Problem {
    fn from(bad: BadPiece) -> Self {
        Self::new(match bad {
            BadPiece::Version => Code::UploadVersion,
            BadPiece::Type => Code::UploadType,
            BadPiece::Offset => Code::BadRequest,
        })
    }
}

/// The refusals of a frame that should open a session.
pub fn frame_problem(code: RefusalCode) -> Problem {
    Problem::new(match code {
        RefusalCode::BadSignature => Code::BadSignature,
        RefusalCode::WrongCity => Code::WrongCity,
        RefusalCode::UnknownCommand => Code::UnknownCommand,
        _ => Code::BadFrame,
    })
}
