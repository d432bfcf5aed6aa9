//! Signed frames: what the app and a browser send.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use mend_core::city::City;
use mend_core::command::CommandBody;
use mend_core::frame::{self, BadFrame};
use mend_core::location::Location;
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::time::Timestamp;
use sha2::Sha256;

use crate::store::{Origin, Prepared, Signed};

/// Opens one frame: signature, city, body, place. All that can be done without the store and in
/// parallel.
///
/// # Errors
/// A refusal for bytes that nobody has said: no frame, a wrong signature, another city's. A body
/// that says nothing sensible is no error here; see [`Prepared::body`].
pub fn prepare(
    city: &City,
    mac_key: &[u8; 32],
    bytes: &[u8],
    arrival: Timestamp,
) -> Result<Prepared, Refusal> {
    let frame = frame::open(bytes).map_err(refusal)?;
    let head = frame.head;
    if head.city != city.id() {
        return Err(RefusalCode::WrongCity.into());
    }
    let body = CommandBody::from_json(head.type_, head.version, &frame.body);
    let (inside_city, zones, asset) = match &body {
        Ok(CommandBody::Report(report)) => {
            let Location { point, asset, .. } = &report.location;
            let asset = asset.as_ref().and_then(|asset| city.known_asset(asset));
            (city.contains(*point), city.locate(*point, arrival), asset)
        }
        _ => (false, BTreeMap::new(), None),
    };
    Ok(Prepared {
        id: head.command,
        subject: head.subject,
        kind: body.as_ref().ok().and_then(CommandBody::kind),
        based_on: head.based_on,
        supersedes: head.supersedes,
        origin: Origin::Signed(Box::new(Signed {
            key: head.key,
            mac: mac(mac_key, bytes),
            previous: head.previous,
            device_clock: head.device_clock,
            server_seen: head.server_seen,
            offset_ms: head.offset_ms,
        })),
        arrival,
        body,
        inside_city,
        zones,
        asset,
    })
}

/// What is said to bytes that are no frame.
pub fn refusal(bad: BadFrame) -> Refusal {
    match bad {
        BadFrame::Malformed => RefusalCode::BadFrame.into(),
        BadFrame::Signature => RefusalCode::BadSignature.into(),
    }
}

/// A keyed hash of a frame: bodies hold personal data, and a bare hash of a short text can be
/// guessed.
fn mac(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    // A key shorter than a block is filled up with zeros (RFC 2104, section 2).
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}
