//! Places as people name them: what can be said of them without an index.
//!
//! Where a house number stands on its street ([`houses`]), by which words a name is found and how
//! a typed text may be read ([`words`]), typed coordinates ([`coordinates`]). The search itself is
//! the crate `mend-places`, which makes an index of a city's pack from these.

use crate::api::PlaceCandidate;
pub use crate::api::PlaceKind;
use crate::location::{AssetRef, Point};

pub mod coordinates;
pub mod houses;
pub mod words;

/// A place that may be meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What it is.
    pub kind: PlaceKind,
    /// In words: "214 Kestrel Street".
    pub label: String,
    /// Where.
    pub point: Point,
    /// The street's name, if it has one.
    pub street: Option<String>,
    /// Which asset, if it is one.
    pub asset: Option<AssetRef>,
    /// The house number that was asked for, if the street has none like it and this house is the
    /// nearest by number.
    pub instead_of: Option<String>,
    /// Metres from the point that was asked about, if one was.
    pub distance_m: Option<f64>,
}

impl From<Place> for PlaceCandidate {
    fn from(place: Place) -> Self {
        Self {
            label: place.label,
            point: place.point,
            distance_m: place.distance_m,
            is_address: place.kind == PlaceKind::Address,
            kind: place.kind,
            asset: place.asset,
            instead_of: place.instead_of,
        }
    }
}
