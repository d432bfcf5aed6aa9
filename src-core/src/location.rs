//! Where something is, and how well that is known.

use serde::{Deserialize, Deserializer, Serialize};

/// A point on earth: latitude, then longitude, degrees WGS84.
///
/// Invariant: both finite, |lat| ≤ 90, |lon| ≤ 180, and not (0, 0), which is what broken
/// receivers and emptied photos say. Also JSON that says otherwise does not become a `Point`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    lat: f64,
    lon: f64,
}

/// Mean radius of the earth in metres (IUGG, R1).
const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Metres from one degree of latitude to the next, on the sphere that distances are measured on.
pub const METRES_PER_DEGREE: f64 = EARTH_RADIUS_M * std::f64::consts::PI / 180.0;

/// Why two numbers are no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPoint {
    /// NaN or infinite.
    #[error("the position is not a number")]
    NotANumber,
    /// Beyond the poles or the date line.
    #[error("the position is not on earth")]
    OutOfRange,
    /// (0, 0).
    #[error("the position is empty (0, 0)")]
    NullIsland,
}

impl Point {
    /// The point at `lat`, `lon` in degrees.
    ///
    /// # Errors
    /// When the numbers are no place; see [`BadPoint`].
    pub fn new(lat: f64, lon: f64) -> Result<Self, BadPoint> {
        if !lat.is_finite() || !lon.is_finite() {
            return Err(BadPoint::NotANumber);
        }
        if lat.abs() > 90.0 || lon.abs() > 180.0 {
            return Err(BadPoint::OutOfRange);
        }
        // A ten-thousandth of a degree is eleven metres: no city stands there.
        if lat.abs() < 1e-4 && lon.abs() < 1e-4 {
            return Err(BadPoint::NullIsland);
        }
        Ok(Self { lat, lon })
    }

    /// Latitude in degrees.
    pub const fn lat(self) -> f64 {
        self.lat
    }

    /// Longitude in degrees.
    pub const fn lon(self) -> f64 {
        self.lon
    }

    /// Metres to `other` along the sphere of 6,371,008.8 m (haversine).
    pub fn distance_m(self, other: Self) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let dlat = b - a;
        let dlon = (other.lon - self.lon).to_radians();
        let h = (dlat / 2.0).sin().powi(2) + a.cos() * b.cos() * (dlon / 2.0).sin().powi(2);
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // JSON has no NaN: writers put null instead, and that should be called what it is.
        #[derive(Deserialize)]
        struct Raw {
            lat: Option<f64>,
            lon: Option<f64>,
        }
        let raw = Raw::deserialize(d)?;
        Self::new(raw.lat.unwrap_or(f64::NAN), raw.lon.unwrap_or(f64::NAN))
            .map_err(serde::de::Error::custom)
    }
}

/// How a place became known. A person confirmed each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationSource {
    /// The device's receiver.
    Gps,
    /// The position in a photo, offered and confirmed.
    Photo,
    /// A pin on the map.
    Pin,
    /// An address chosen from the city's list.
    Address,
    /// Coordinates typed in.
    Coordinates,
    /// A numbered thing of the city's.
    Asset,
}

/// A numbered thing of the city's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetRef {
    /// A code: `streetlight`.
    pub kind: String,
    /// As it stands on it: "SL-00412".
    pub number: String,
}

/// The place of a report: personal data, so it lives in `content` and never in an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Where.
    pub point: Point,
    /// How that became known.
    pub source: LocationSource,
    /// Radius in metres within which the point lies, where the source says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f32>,
    /// Age of the fix in seconds when the person confirmed the place; over 120 it was stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix_age_s: Option<u32>,
    /// The place in words, as the person saw and confirmed it ("214 Kestrel Street"); ≤ 200 characters.
    #[serde(default)]
    pub label: String,
    /// The asset that the person chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetRef>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_is_refused() {
        let bad = |lat, lon| Point::new(lat, lon).unwrap_err();
        assert_eq!(bad(0.0, 0.0), BadPoint::NullIsland);
        assert_eq!(bad(-0.000_01, 0.000_01), BadPoint::NullIsland);
        assert_eq!(bad(f64::NAN, 3.0), BadPoint::NotANumber);
        assert_eq!(bad(3.0, f64::INFINITY), BadPoint::NotANumber);
        assert_eq!(bad(90.1, 3.0), BadPoint::OutOfRange);
        assert_eq!(bad(3.0, -180.1), BadPoint::OutOfRange);
        assert!(Point::new(0.0, 9.0).is_ok(), "Gabon is a place");
        assert!(serde_json::from_str::<Point>(r#"{"lat":0,"lon":0}"#).is_err());
        assert!(serde_json::from_str::<Point>(r#"{"lat":null,"lon":3}"#).is_err());
    }

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let a = Point::new(44.0, -124.0).unwrap();
        let b = Point::new(45.0, -124.0).unwrap();
        assert!((a.distance_m(b) - 111_195.0).abs() < 10.0);
    }
}
