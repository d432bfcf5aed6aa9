//! From the drawing board to the globe and back.
//!
//! An equirectangular picture around one parallel: over 20 km its error is far below what anyone
//! walks. The two scales are constants, so that no platform's cosine takes part.

use crate::plane::{Pt, pt};

/// Latitude of the board's origin, degrees.
pub const LAT: f64 = 44.63;
/// Longitude of the board's origin, degrees.
pub const LON: f64 = -124.05;
/// Metres in a degree of latitude near 44.63° N (WGS 84).
pub const METRES_PER_LAT: f64 = 111_113.0;
/// Metres in a degree of longitude at 44.63° N (WGS 84).
pub const METRES_PER_LON: f64 = 79_361.0;

/// A place on the globe in millionths of a degree: what the files hold, and exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micro {
    /// Longitude, millionths of a degree.
    pub lon: i64,
    /// Latitude, millionths of a degree.
    pub lat: i64,
}

/// Rounds a point of the board to the files' grid (about 0.1 m).
#[must_use]
pub fn micro(p: Pt) -> Micro {
    Micro {
        lon: ((LON + p.x / METRES_PER_LON) * 1e6).round() as i64,
        lat: ((LAT + p.y / METRES_PER_LAT) * 1e6).round() as i64,
    }
}

/// The point of the board for a latitude and a longitude in degrees.
#[must_use]
pub fn board(lat: f64, lon: f64) -> Pt {
    pt((lon - LON) * METRES_PER_LON, (lat - LAT) * METRES_PER_LAT)
}

/// The nearest point of the files' grid, on the board.
#[must_use]
pub fn snap(p: Pt) -> Pt {
    let m = micro(p);
    board(m.lat as f64 / 1e6, m.lon as f64 / 1e6)
}
