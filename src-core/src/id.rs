//! Names of things. Every id is 16 bytes shown as a UUID, but for keys and hashes.
//!
//! Core draws no ids. A command brings its own (a UUIDv7 made on the device); what follows from a
//! command is named by a hash of the command's id, so that deciding twice names everything alike.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::command::Tick;
use crate::event::ClockKind;

/// A text that is not the id it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct BadId(pub &'static str);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id with these sixteen bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// A UUIDv7 (RFC 9562, section 5.7) from an instant and ten random bytes, both given.
            pub fn v7(at: crate::time::Timestamp, random: [u8; 10]) -> Self {
                let ms = u64::try_from(at.0).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::parse_str(text).map(Self).map_err(|_| BadId($what))
            }
        }
    };
}

uuid_id!(
    /// A jurisdiction: one city folder, one server, one data folder.
    CityId,
    "city id"
);
uuid_id!(
    /// One act of one person, made once where they act.
    CommandId,
    "command id"
);
uuid_id!(
    /// One event of the log.
    EventId,
    "event id"
);
uuid_id!(
    /// A row of `content`: what may be erased.
    ContentId,
    "content id"
);
uuid_id!(
    /// A ServiceRequest or a WorkOrder.
    SubjectId,
    "subject id"
);
uuid_id!(
    /// Something that a person is still writing on one device; never leaves it.
    DraftId,
    "draft id"
);

/// What kind of thing a [`SubjectId`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A resident's report and its life until it is closed.
    ServiceRequest,
    /// What a crew does about it.
    WorkOrder,
}

impl SubjectKind {
    /// The word in addresses, tables and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceRequest => "service_request",
            Self::WorkOrder => "work_order",
        }
    }
}

impl FromStr for SubjectKind {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        match text {
            "service_request" => Ok(Self::ServiceRequest),
            "work_order" => Ok(Self::WorkOrder),
            _ => Err(BadId("subject kind")),
        }
    }
}

/// A subject with its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubjectRef {
    /// What it is.
    pub kind: SubjectKind,
    /// Which one.
    pub id: SubjectId,
}

impl SubjectRef {
    /// The service request with this id.
    pub const fn request(id: SubjectId) -> Self {
        Self { kind: SubjectKind::ServiceRequest, id }
    }

    /// The work order with this id.
    pub const fn order(id: SubjectId) -> Self {
        Self { kind: SubjectKind::WorkOrder, id }
    }
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let mut bytes = [0; $len];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| BadId($what))?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// An Ed25519 public key: who speaks. Lower-case hexadecimal in JSON.
    Principal,
    32,
    "public key"
);
hex_id!(
    /// The SHA-256 of a photo's bytes as they are uploaded. Lower-case hexadecimal in JSON.
    PhotoHash,
    32,
    "photo hash"
);
hex_id!(
    /// The SHA-256 of a request's owner secret. The secret itself never reaches the server's log.
    OwnerHash,
    32,
    "owner hash"
);

/// A command with the key that signed it: what everything that it brings is named after. Another
/// key that uses the same command id names nothing that this one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Whose command; none for the server's own.
    pub key: Option<Principal>,
    /// Which.
    pub command: CommandId,
}

impl Origin {
    /// Sixteen bytes of `SHA-256("mend/derive/1\0" label "\0" key command index)`, the key as
    /// zeros where there is none, marked as UUIDv8 (RFC 9562, section 5.8).
    fn derive(self, label: &str, index: u32) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(b"mend/derive/1\0");
        hash.update(label.as_bytes());
        hash.update(b"\0");
        hash.update(self.key.map_or([0; 32], |key| key.0));
        hash.update(self.command.as_bytes());
        hash.update(index.to_be_bytes());
        uuid_v8(hash)
    }

    /// The id of the `index`-th event that this command became.
    pub fn event(self, index: u32) -> EventId {
        EventId(self.derive("event", index))
    }

    /// The id of the `index`-th content row that this command brought.
    pub fn content(self, index: u32) -> ContentId {
        ContentId(self.derive("content", index))
    }

    /// The id of the `index`-th work order that this command opened.
    pub fn order(self, index: u32) -> SubjectId {
        SubjectId(self.derive("order", index))
    }
}

impl CommandId {
    /// The id of the `system` command that says: this photo of this subject is verified.
    /// The same photo of the same subject is verified once.
    pub fn photo_verified(subject: SubjectId, photo: PhotoHash) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"mend/photo/1\0");
        hash.update(subject.as_bytes());
        hash.update(photo.0);
        Self(uuid_v8(hash))
    }

    /// The id of the `system` command that says: this much of what was promised is over. For each
    /// clock, share and date it is said once.
    pub fn tick(subject: SubjectId, tick: &Tick) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"mend/tick/1\0");
        hash.update(subject.as_bytes());
        hash.update([
            match tick.clock {
                ClockKind::Response => 1,
                ClockKind::Resolution => 2,
                ClockKind::Closing => 3,
                ClockKind::Photos => 4,
            },
            tick.percent,
        ]);
        hash.update(tick.due.0.to_be_bytes());
        Self(uuid_v8(hash))
    }

    /// The id of the `index`-th command with which the record `name` is taken over from elsewhere:
    /// taking it over again brings nothing new.
    pub fn import(name: &str, index: u32) -> Self {
        Self(imported(b"command", name, index))
    }
}

impl SubjectId {
    /// The id of the request that the record `name`, taken over from elsewhere, becomes.
    pub fn import(name: &str) -> Self {
        Self(imported(b"request", name, 0))
    }
}

fn imported(label: &[u8], name: &str, index: u32) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"mend/import/1\0");
    hash.update(label);
    hash.update(b"\0");
    hash.update(index.to_be_bytes());
    hash.update(name.as_bytes());
    uuid_v8(hash)
}

fn uuid_v8(hash: Sha256) -> Uuid {
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn derived_ids_are_stable_and_apart() {
        let command = CommandId::v7(Timestamp(1_790_000_000_000), [7; 10]);
        let id = Origin { key: Some(Principal([1; 32])), command };
        assert_eq!(id.event(0), id.event(0));
        let other = Origin { key: Some(Principal([2; 32])), command };
        assert_ne!(id.event(0), other.event(0), "another key names other things");
        assert_ne!(id.event(0), id.event(1));
        assert_ne!(id.event(0).0, id.content(0).0);
    }

    #[test]
    fn ids_survive_json() {
        let key = Principal([0xab; 32]);
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text, format!("\"{}\"", "ab".repeat(32)));
        assert_eq!(serde_json::from_str::<Principal>(&text).unwrap(), key);
        assert!(serde_json::from_str::<Principal>("\"abc\"").is_err());
    }
}
