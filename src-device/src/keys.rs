//! Keys: one for the installation, one more for each staff account that signs in on it.

use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use mend_core::api::Account;
use mend_core::decide::{Speaker, SpeakerAccount};
use mend_core::id::{OwnerHash, Principal, SubjectId};
use sha2::{Digest, Sha256};

use crate::store::AccountRow;

/// Someone who acts on this device.
#[derive(Clone)]
pub struct Author {
    /// Signs for them.
    pub signing: SigningKey,
    /// The staff account; none: the resident.
    pub account: Option<Account>,
}

impl std::fmt::Debug for Author {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Author").field("key", &self.key()).finish_non_exhaustive()
    }
}

impl Author {
    /// The resident of this installation.
    pub fn resident(secret: &[u8; 32]) -> Self {
        Self { signing: SigningKey::from_bytes(secret), account: None }
    }

    /// A staff account.
    pub fn staff(row: &AccountRow) -> Self {
        Self { signing: SigningKey::from_bytes(&row.secret), account: Some(row.account.clone()) }
    }

    /// The public half.
    pub fn key(&self) -> Principal {
        Principal(self.signing.verifying_key().to_bytes())
    }

    /// As `decide` takes it. Roles are what the server said at the last sign-in; the server
    /// decides by what they are when the command arrives.
    pub fn speaker(&self) -> Speaker {
        Speaker::Key {
            key: self.key(),
            account: self.account.as_ref().map(|account| SpeakerAccount {
                role: account.role,
                crew: account.crew.as_ref().map(|crew| crew.code.clone()),
            }),
        }
    }
}

/// A request's owner secret: HMAC-SHA256(seed, request id), its first 128 bits. It opens private
/// detail and travels in the receipt's link alone.
pub fn owner_secret(seed: &[u8; 32], request: SubjectId) -> [u8; 16] {
    // HMAC takes a key of any length.
    let mut secret = [0; 16];
    if let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(seed) {
        mac.update(request.as_bytes());
        secret.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    }
    secret
}

/// What the report says of the owner secret.
pub fn owner_hash(secret: &[u8; 16]) -> OwnerHash {
    OwnerHash(Sha256::digest(secret).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_has_its_own_secret_and_it_never_changes() {
        let a = owner_secret(&[1; 32], SubjectId::from_bytes([2; 16]));
        assert_eq!(a, owner_secret(&[1; 32], SubjectId::from_bytes([2; 16])));
        assert_ne!(a, owner_secret(&[1; 32], SubjectId::from_bytes([3; 16])));
        assert_ne!(a, owner_secret(&[4; 32], SubjectId::from_bytes([2; 16])));
        assert_ne!(a, [0; 16]);
        // Links that are out in the world depend on this value: HMAC-SHA256 by RFC 2104.
        assert_eq!(hex::encode(a), "68da5b80de4fa44f51ccce1e245314ed");
    }
}
