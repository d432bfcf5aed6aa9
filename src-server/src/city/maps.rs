//! The GeoJSON files of a city's folder: zones and streets.

use std::collections::BTreeMap;

use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, Position};
use mend_core::city::Part;
use mend_core::city::pack::Street;
use mend_core::location::Point;
use serde_json::{Map, Value};

use super::folder::{DATA_BYTES, Folder};

/// Zones by layer, each feature with no more than its code, its name and its shape.
pub(super) fn zones(folder: &mut Folder) -> Option<BTreeMap<String, FeatureCollection>> {
    let mut layers = BTreeMap::new();
    for name in folder.names("zones") {
        let file = format!("zones/{name}");
        let Some(layer) = name.strip_suffix(".geojson") else {
            let remedy = "Name it LAYER.geojson, or remove it.";
            folder.problem(&file, None, "This is no layer of zones.", remedy);
            continue;
        };
        let (collection, lines) = collection(folder, &file)?;
        folder.remember(Part::Zone(layer.to_owned()), &file, None, lines);
        layers.insert(layer.to_owned(), collection.features.into_iter().map(slim).collect());
    }
    Some(layers)
}

/// Streets with their lines.
pub(super) fn streets(folder: &mut Folder) -> Option<Vec<Street>> {
    let file = "streets.geojson";
    let (collection, lines) = collection(folder, file)?;
    let mut streets = Vec::new();
    for (i, feature) in collection.features.iter().enumerate() {
        let line = lines.get(i).copied();
        let name = feature.property("name").and_then(Value::as_str).unwrap_or_default();
        match street_line(feature) {
            Some(points) => streets.push(Street { name: name.to_owned(), line: points }),
            None => folder.problem(
                file,
                line,
                format!("The street {name:?} is no line on earth."),
                "Write a LineString of two or more [longitude, latitude].",
            ),
        }
    }
    folder.remember(Part::Street, file, None, lines);
    Some(streets)
}

fn street_line(feature: &Feature) -> Option<Vec<Point>> {
    let Some(GeometryValue::LineString { coordinates }) =
        feature.geometry.as_ref().map(|geometry| &geometry.value)
    else {
        return None;
    };
    let points = coordinates
        .iter()
        .map(|position| match position.as_slice() {
            [lon, lat, ..] => Point::new(rounded(*lat), rounded(*lon)).ok(),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    (points.len() >= 2).then_some(points)
}

/// A feature collection and the line on which each feature begins.
fn collection(folder: &mut Folder, file: &str) -> Option<(FeatureCollection, Vec<u32>)> {
    let text = folder.text(file, DATA_BYTES)?;
    match serde_json::from_str(&text) {
        Ok(collection) => Some((collection, feature_lines(&text))),
        Err(error) => {
            let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
            let what = format!("This is no GeoJSON FeatureCollection: {error}.");
            folder.problem(file, line, what, "Export the file again as GeoJSON (RFC 7946).");
            None
        }
    }
}

/// The lines on which the objects of the outermost object's arrays begin. In a feature collection
/// these are the features: a bounding box holds no objects. The text is known to be JSON.
fn feature_lines(text: &str) -> Vec<u32> {
    let (mut lines, mut line, mut depth) = (Vec::new(), 1, 0);
    let (mut quoted, mut escaped) = (false, false);
    // Brackets and braces alone tell the depth; what opened it does not matter beyond the second.
    let mut second = b' ';
    for byte in text.bytes() {
        match byte {
            b'\n' => line += 1,
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                match depth {
                    2 => second = byte,
                    3 if byte == b'{' && second == b'[' => lines.push(line),
                    _ => {}
                }
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    lines
}

/// Seven decimals are a centimetre. A number of so few digits is the same in every program that
/// reads it, so that the pack's hash and borders are, too.
pub(super) fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

fn slim(feature: Feature) -> Feature {
    let mut properties = Map::new();
    for key in ["code", "name"] {
        if let Some(value) = feature.property(key) {
            properties.insert(key.to_owned(), value.clone());
        }
    }
    let geometry = feature.geometry.map(|geometry| {
        Geometry::new(match geometry.value {
            GeometryValue::Polygon { coordinates } => {
                GeometryValue::Polygon { coordinates: rings(coordinates) }
            }
            GeometryValue::MultiPolygon { coordinates } => GeometryValue::MultiPolygon {
                coordinates: coordinates.into_iter().map(rings).collect(),
            },
            // Whatever it is, it is no zone; the check says so.
            other => other,
        })
    });
    Feature { geometry, properties: Some(properties), ..Feature::default() }
}

fn rings(rings: Vec<Vec<Position>>) -> Vec<Vec<Position>> {
    let flat = |position: Position| {
        let numbers: Vec<f64> = position.as_slice().iter().take(2).map(|d| rounded(*d)).collect();
        Position::from(numbers)
    };
    rings.into_iter().map(|ring| ring.into_iter().map(flat).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_found_by_line() {
        let text = r#"{"type": "FeatureCollection", "name": "a \" { [",
 "crs": {"properties": {"a": [{}]}},
 "bbox": [1, 2, 3, 4],
 "features": [
  {"type": "Feature", "properties": {"list": [{}]},
   "geometry": null}, {
   "type": "Feature"
  }
 ]
}"#;
        assert_eq!(feature_lines(text), [5, 6]);
    }

    #[test]
    fn seven_decimals_survive_json() {
        for degrees in [-124.050_123_456_789, 44.63, -0.1, 179.999_999_949] {
            let short = rounded(degrees);
            let json = serde_json::to_string(&short).unwrap();
            assert!(json.split('.').nth(1).is_none_or(|fraction| fraction.len() <= 7), "{json}");
            assert_eq!(serde_json::from_str::<f64>(&json).unwrap().to_bits(), short.to_bits());
        }
    }
}
