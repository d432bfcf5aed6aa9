//! What a feature of a zone layer says: its code and name, its shape, and when it holds.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use geojson::{Feature, GeometryValue};
use jiff::civil::Date;

/// From when until when a zone holds: the first and the last local date; none is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first date.
    pub from: Option<Date>,
    /// The last date.
    pub until: Option<Date>,
}

impl Period {
    /// Whether it is always.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it includes the date.
    pub fn includes(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether there is a date in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_by = |a: Option<Date>, b: Option<Date>| match (a, b) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        begins_by(self.from, other.until) && begins_by(other.from, self.until)
    }
}

/// A property of a feature that is a text.
pub fn text<'a>(feature: &'a Feature, key: &str) -> Option<&'a str> {
    feature.properties.as_ref()?.get(key)?.as_str()
}

/// When a zone holds, by its properties `from` and `until`; an error is the end of a sentence.
///
/// # Errors
/// One of them is no date, or the last comes before the first.
pub fn period(feature: &Feature) -> Result<Period, &'static str> {
    let read = |key: &str| match feature.properties.as_ref().and_then(|all| all.get(key)) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(value) => match value.as_str().and_then(date) {
            Some(date) => Ok(Some(date)),
            None => Err("has a from or until that is no date"),
        },
    };
    let period = Period { from: read("from")?, until: read("until")? };
    match period {
        Period { from: Some(from), until: Some(until) } if until < from => {
            Err("ends before it begins")
        }
        _ => Ok(period),
    }
}

fn date(text: &str) -> Option<Date> {
    // Only the one form: a date parser also takes times and week dates.
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| text.parse().ok())?
}

/// Number of positions in a shape.
pub fn count_positions(shape: &MultiPolygon<f64>) -> usize {
    shape
        .iter()
        .map(|p| p.exterior().0.len() + p.interiors().iter().map(|r| r.0.len()).sum::<usize>())
        .sum()
}

/// Hands over each position of a feature's polygons, on earth or not.
pub(super) fn each_position(feature: &Feature, mut take: impl FnMut(Coord<f64>)) {
    let mut rings = |rings: &[Vec<geojson::Position>]| {
        for position in rings.iter().flatten() {
            if let [x, y, ..] = position.as_slice() {
                take(Coord { x: *x, y: *y });
            }
        }
    };
    match feature.geometry.as_ref().map(|geometry| &geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => rings(coordinates),
        Some(GeometryValue::MultiPolygon { coordinates }) => {
            for polygon in coordinates {
                rings(polygon);
            }
        }
        _ => {}
    }
}

/// The polygons of a feature, or what is wrong with them (the end of a sentence).
///
/// # Errors
/// No polygon, a ring that is not closed or too short, a position that is not on earth.
pub fn shape(feature: &Feature) -> Result<MultiPolygon<f64>, &'static str> {
    match feature.geometry.as_ref().map(|geometry| &geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => {
            Ok(MultiPolygon(vec![polygon(coordinates)?]))
        }
        Some(GeometryValue::MultiPolygon { coordinates }) if !coordinates.is_empty() => coordinates
            .iter()
            .map(|rings| polygon(rings))
            .collect::<Result<_, _>>()
            .map(MultiPolygon),
        _ => Err("is not a polygon"),
    }
}

fn polygon(rings: &[Vec<geojson::Position>]) -> Result<Polygon<f64>, &'static str> {
    let mut rings = rings.iter().map(|positions| ring(positions));
    let outer = rings.next().ok_or("has no rings")??;
    Ok(Polygon::new(outer, rings.collect::<Result<_, _>>()?))
}

fn ring(positions: &[geojson::Position]) -> Result<LineString<f64>, &'static str> {
    let coords = positions
        .iter()
        .map(|position| match position.as_slice() {
            [x, y, ..] if x.abs() <= 180.0 && y.abs() <= 90.0 => Ok(Coord { x: *x, y: *y }),
            _ => Err("has a position that is not on earth"),
        })
        .collect::<Result<Vec<_>, _>>()?;
    match coords.as_slice() {
        [first, _, _, .., last] if first == last => Ok(LineString(coords)),
        _ => Err("has a ring that is too short or not closed"),
    }
}
