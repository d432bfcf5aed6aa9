//! The frame: a command's bytes, made once and sent unchanged for ever.
//!
//! Big-endian throughout:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 3 | magic `MF1` |
//! | 3 | 16 | city id |
//! | 19 | 32 | Ed25519 public key |
//! | 51 | 16 | command id (UUIDv7) |
//! | 67 | 16 | subject id |
//! | 83 | 4 | based on: the version of the subject that the person saw; 0 for none |
//! | 87 | 16 | this key's previous command on the subject; zeros for none |
//! | 103 | 16 | the command that this one supersedes; zeros for none |
//! | 119 | 8 | the device's clock, ms |
//! | 127 | 8 | the newest server time that the device had seen, ms; 0 for none |
//! | 135 | 4 | measured offset, server minus device, ms |
//! | 139 | 2 | type |
//! | 141 | 2 | version of the type |
//! | 143 | 4 | length of the body |
//! | 147 | n | body, JSON, at most 64 KiB |
//! | 147+n | 64 | Ed25519 signature over `mend/command/1\0` and all bytes before it |
//!
//! A batch is frames, each behind a u32 length; at most 100 frames and 1 MiB. Signatures are
//! verified strictly (no small-order keys, canonical encodings only): RFC 8032 with the checks of
//! "Taming the many EdDSAs" (Chalkias et al., 2020).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::id::{CityId, CommandId, Principal, SubjectId};
use crate::refusal::RefusalCode;
use crate::time::Timestamp;

const MAGIC: &[u8; 3] = b"MF1";
const DOMAIN: &[u8] = b"mend/command/1\0";
const HEAD: usize = 147;
const SIGNATURE: usize = 64;

/// Most bytes of a body.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Most bytes of a frame.
pub const FRAME_LIMIT: usize = HEAD + BODY_LIMIT + SIGNATURE;
/// Most frames of a batch.
pub const BATCH_FRAMES: usize = 100;
/// Most bytes of a batch.
pub const BATCH_LIMIT: usize = 1 << 20;

/// What a frame says beside its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// For which city.
    pub city: CityId,
    /// Who speaks.
    pub key: Principal,
    /// Which command.
    pub command: CommandId,
    /// About what.
    pub subject: SubjectId,
    /// The version that the person saw; 0 for none.
    pub based_on: u32,
    /// This key's previous command on the subject.
    pub previous: Option<CommandId>,
    /// The unanswered command that this one takes the place of.
    pub supersedes: Option<CommandId>,
    /// The device's clock when the person acted.
    pub device_clock: Timestamp,
    /// The newest server time that the device had seen.
    pub server_seen: Option<Timestamp>,
    /// Server minus device, in milliseconds, as measured.
    pub offset_ms: i32,
    /// Type of the body.
    pub type_: u16,
    /// Version of the type.
    pub version: u16,
}

/// A frame whose signature fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it says.
    pub head: Head,
    /// JSON, not yet understood.
    pub body: Vec<u8>,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// Too short, too long, wrong magic, or lengths that do not add up.
    #[error("not a command frame")]
    Malformed,
    /// The signature does not fit, or the key is no key.
    #[error("the signature does not fit")]
    Signature,
}

impl From<BadFrame> for RefusalCode {
    fn from(bad: BadFrame) -> Self {
        match bad {
            BadFrame::Malformed => Self::BadFrame,
            BadFrame::Signature => Self::BadSignature,
        }
    }
}

const fn to_id(id: Option<CommandId>) -> [u8; 16] {
    match id {
        Some(id) => *id.as_bytes(),
        None => [0; 16],
    }
}

fn from_id(bytes: [u8; 16]) -> Option<CommandId> {
    (bytes != [0; 16]).then(|| CommandId::from_bytes(bytes))
}

fn signed_message(unsigned: &[u8]) -> Vec<u8> {
    [DOMAIN, unsigned].concat()
}

/// The frame's bytes, signed. `head.key` is taken from `key`.
///
/// # Errors
/// [`BadFrame::Malformed`] if the body is longer than [`BODY_LIMIT`].
pub fn seal(head: &Head, body: &[u8], key: &SigningKey) -> Result<Vec<u8>, BadFrame> {
    if body.len() > BODY_LIMIT {
        return Err(BadFrame::Malformed);
    }
    let length = u32::try_from(body.len()).map_err(|_| BadFrame::Malformed)?;
    let mut out = Vec::with_capacity(HEAD + body.len() + SIGNATURE);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(head.city.as_bytes());
    out.extend_from_slice(key.verifying_key().as_bytes());
    out.extend_from_slice(head.command.as_bytes());
    out.extend_from_slice(head.subject.as_bytes());
    out.extend_from_slice(&head.based_on.to_be_bytes());
    out.extend_from_slice(&to_id(head.previous));
    out.extend_from_slice(&to_id(head.supersedes));
    out.extend_from_slice(&head.device_clock.0.to_be_bytes());
    out.extend_from_slice(&head.server_seen.map_or(0, |t| t.0).to_be_bytes());
    out.extend_from_slice(&head.offset_ms.to_be_bytes());
    out.extend_from_slice(&head.type_.to_be_bytes());
    out.extend_from_slice(&head.version.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(body);
    let signature = key.sign(&signed_message(&out));
    out.extend_from_slice(&signature.to_bytes());
    Ok(out)
}

/// Takes fixed fields off the front of a frame.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadFrame> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(BadFrame::Malformed)?;
        self.0 = rest;
        Ok(*head)
    }
}

/// Reads the fields without looking at the signature: for a device that reads its own outbox.
///
/// # Errors
/// [`BadFrame::Malformed`].
pub fn read(bytes: &[u8]) -> Result<Frame, BadFrame> {
    if bytes.len() > FRAME_LIMIT {
        return Err(BadFrame::Malformed);
    }
    let mut r = Reader(bytes);
    if &r.take::<3>()? != MAGIC {
        return Err(BadFrame::Malformed);
    }
    let head = Head {
        city: CityId::from_bytes(r.take()?),
        key: Principal(r.take()?),
        command: CommandId::from_bytes(r.take()?),
        subject: SubjectId::from_bytes(r.take()?),
        based_on: u32::from_be_bytes(r.take()?),
        previous: from_id(r.take()?),
        supersedes: from_id(r.take()?),
        device_clock: Timestamp(i64::from_be_bytes(r.take()?)),
        server_seen: Some(Timestamp(i64::from_be_bytes(r.take()?))).filter(|t| t.0 != 0),
        offset_ms: i32::from_be_bytes(r.take()?),
        type_: u16::from_be_bytes(r.take()?),
        version: u16::from_be_bytes(r.take()?),
    };
    let length = u32::from_be_bytes(r.take()?) as usize;
    if length > BODY_LIMIT || r.0.len() != length + SIGNATURE {
        return Err(BadFrame::Malformed);
    }
    Ok(Frame { head, body: r.0[..length].to_vec() })
}

/// Reads a frame from outside and verifies its signature.
///
/// # Errors
/// [`BadFrame`].
pub fn open(bytes: &[u8]) -> Result<Frame, BadFrame> {
    let frame = read(bytes)?;
    let (unsigned, signature) = bytes.split_last_chunk::<SIGNATURE>().ok_or(BadFrame::Malformed)?;
    let key = VerifyingKey::from_bytes(&frame.head.key.0).map_err(|_| BadFrame::Signature)?;
    key.verify_strict(&signed_message(unsigned), &Signature::from_bytes(signature))
        .map_err(|_| BadFrame::Signature)?;
    Ok(frame)
}

/// Puts frames into a batch, each behind its length.
pub fn batch<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        // A sealed frame is far below u32::MAX.
        out.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(frame);
    }
    out
}

/// Takes a batch apart. The frames are not looked into: a bad one spoils only its own answer.
///
/// # Errors
/// [`BadFrame::Malformed`] if the batch is over its limits or a length runs past the end.
pub fn split(batch: &[u8]) -> Result<Vec<&[u8]>, BadFrame> {
    if batch.len() > BATCH_LIMIT {
        return Err(BadFrame::Malformed);
    }
    let mut frames = Vec::new();
    let mut rest = batch;
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>().ok_or(BadFrame::Malformed)?;
        let length = u32::from_be_bytes(*length) as usize;
        if frames.len() == BATCH_FRAMES || length > tail.len() {
            return Err(BadFrame::Malformed);
        }
        let (frame, tail) = tail.split_at(length);
        frames.push(frame);
        rest = tail;
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn head() -> Head {
        Head {
            city: CityId::from_bytes([1; 16]),
            key: Principal(key().verifying_key().to_bytes()),
            command: CommandId::from_bytes([2; 16]),
            subject: SubjectId::from_bytes([3; 16]),
            based_on: 4,
            previous: Some(CommandId::from_bytes([5; 16])),
            supersedes: None,
            device_clock: Timestamp(1_790_000_000_000),
            server_seen: Some(Timestamp(1_790_000_000_001)),
            offset_ms: -6,
            type_: 2,
            version: 1,
        }
    }

    proptest! {
        #[test]
        fn any_changed_bit_is_found(body in proptest::collection::vec(any::<u8>(), 0..200), at: prop::sample::Index, bit in 0u8..8) {
            let mut bytes = seal(&head(), &body, &key()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(open(&bytes).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = open(&bytes);
            let _ = split(&bytes);
        }

        #[test]
        fn batches_come_apart_as_they_were(frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let bytes = batch(frames.iter().map(Vec::as_slice));
            let back = split(&bytes).unwrap();
            prop_assert_eq!(back, frames.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
    }

    #[test]
    fn limits_hold() {
        assert_eq!(seal(&head(), &vec![0; BODY_LIMIT + 1], &key()), Err(BadFrame::Malformed));
        let many: Vec<&[u8]> = vec![b"x"; BATCH_FRAMES + 1];
        assert!(split(&batch(many)).is_err());
        assert!(split(&[0, 0, 0, 9, 1]).is_err());
    }
}
