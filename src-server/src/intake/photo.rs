//! Verified photos: the server's own word that bytes are here and are what was named.

use std::collections::BTreeMap;

use mend_core::command::{CommandBody, VerifyPhoto};
use mend_core::id::{CommandId, SubjectRef};
use mend_core::time::Timestamp;

use crate::store::{Origin, Prepared};

/// The system's command that this photo of this subject is verified. Its id follows from both, so
/// it happens once.
pub fn verified(subject: SubjectRef, photo: VerifyPhoto, arrival: Timestamp) -> Prepared {
    Prepared {
        id: CommandId::photo_verified(subject.id, photo.hash),
        subject: subject.id,
        kind: Some(subject.kind),
        based_on: 0,
        supersedes: None,
        origin: Origin::System,
        arrival,
        body: Ok(CommandBody::VerifyPhoto(photo)),
        inside_city: false,
        zones: BTreeMap::new(),
        asset: None,
    }
}
