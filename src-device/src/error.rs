//! Why the device cannot do what a person asked: always a code with facts, never a sentence.

use std::collections::BTreeMap;

use mend_core::api::Failure;
use mend_core::refusal::{Refusal, RefusalCode};

use crate::photo::PhotoError;
use crate::store::StoreError;
use crate::transport::TransportError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A photo that cannot be taken.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// What the person asked for breaks a rule; the same that the server would say.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The server could not be asked, or said no.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// No city was ever reached from this device.
    #[error("no city is known yet")]
    NoCity,
    /// The draft was sent or discarded meanwhile.
    #[error("the draft is no longer there")]
    DraftGone,
    /// The upload was never begun, or is finished.
    #[error("the upload is no longer there")]
    UploadGone,
    /// A piece of an upload that is no base64, or more bytes than announced.
    #[error("the upload does not fit what was announced")]
    BadPiece,
    /// A report without a place.
    #[error("the report has no place")]
    MissingPlace,
    /// A report without a service.
    #[error("the report has no service")]
    MissingService,
    /// Only what was refused, and what waits behind it, can be given up.
    #[error("this is still on its way")]
    NotRefused,
    /// The city has it, so that it is not written anew.
    #[error("the city has this already")]
    Answered,
    /// A report on its way would become a draft, and another one is not finished.
    #[error("another report is not finished")]
    DraftExists,
    /// The address of the server is none.
    #[error("{0:?} is not the address of a server")]
    BadServer(String),
    /// A file could not be read or written.
    #[error("a file could not be read or written: {0}")]
    Disk(#[from] std::io::Error),
    /// The system gave no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// A part of the device broke off.
    #[error("internal: {0}")]
    Internal(String),
}

impl DeviceError {
    /// Stable code; the interface has a sentence for each.
    pub fn code(&self) -> String {
        match self {
            Self::Store(error) => error.code().to_owned(),
            Self::Photo(error) => error.code().to_owned(),
            Self::Refused(refusal) => refusal.code.as_str().to_owned(),
            Self::Transport(error) => error.code().to_owned(),
            Self::NoCity => "no_city".to_owned(),
            Self::DraftGone => "draft_gone".to_owned(),
            Self::UploadGone => "upload_gone".to_owned(),
            Self::BadPiece => "bad_piece".to_owned(),
            Self::MissingPlace => "missing_place".to_owned(),
            Self::MissingService => "missing_service".to_owned(),
            Self::NotRefused => "not_refused".to_owned(),
            Self::Answered => "answered".to_owned(),
            Self::DraftExists => "draft_exists".to_owned(),
            Self::BadServer(_) => "bad_server".to_owned(),
            Self::Disk(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                "disk_full".to_owned()
            }
            Self::Disk(_) => "disk_failed".to_owned(),
            Self::Random(_) | Self::Internal(_) => "internal".to_owned(),
        }
    }

    fn params(&self) -> BTreeMap<String, String> {
        match self {
            Self::Photo(error) => {
                error.params().into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
            }
            Self::Refused(refusal) => refusal.params.clone(),
            _ => BTreeMap::new(),
        }
    }
}

impl From<RefusalCode> for DeviceError {
    fn from(code: RefusalCode) -> Self {
        Self::Refused(code.into())
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        Self { code: error.code(), params: error.params() }
    }
}

/// Fresh random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], DeviceError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
