//! The GeoJSON files of a city's folder: zones and streets.

use std::collections::{BTreeMap, HashMap};

use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, Position};
use mend_core::city::Part;
use mend_core::city::pack::{Segment, Street, StreetClass};
use mend_core::location::Point;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::folder::{DATA_BYTES, Folder};

/// Most layers of zones that are read.
const MAX_LAYERS: usize = 20;
/// What the program reads of a zone.
const ZONE_PROPERTIES: [&str; 5] = ["code", "name", "from", "until", "service_line"];

/// Zones by layer, each feature with no more than what is read of it.
pub(super) fn zones(folder: &mut Folder) -> Option<BTreeMap<String, FeatureCollection>> {
    let mut layers = BTreeMap::new();
    let names = folder.names("zones");
    if names.len() > MAX_LAYERS {
        let what = format!("There are {} layers, more than the {MAX_LAYERS} read.", names.len());
        folder.problem("zones", None, what, format!("Keep at most {MAX_LAYERS} layers."));
        return None;
    }
    let mut sound = true;
    for name in names {
        let file = format!("zones/{name}");
        let Some(layer) = name.strip_suffix(".geojson") else {
            let remedy = "Name it LAYER.geojson, or remove it.";
            folder.problem(&file, None, "This is no layer of zones.", remedy);
            continue;
        };
        let Some((collection, lines)) = collection(folder, &file) else {
            sound = false;
            continue;
        };
        folder.remember(Part::Zone(layer.to_owned()), &file, None, lines);
        layers.insert(layer.to_owned(), collection.features.into_iter().map(slim).collect());
    }
    sound.then_some(layers)
}

/// Streets, each with its segments, in the order in which the file first names them.
pub(super) fn streets(folder: &mut Folder) -> Option<Vec<Street>> {
    let file = "streets.geojson";
    let (collection, lines) = collection(folder, file)?;
    let mut streets: Vec<(Street, Vec<u32>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (i, feature) in collection.features.iter().enumerate() {
        let line = lines.get(i).copied();
        let name = feature.property("name").and_then(Value::as_str).unwrap_or_default();
        match segment(feature) {
            Ok(segment) => {
                let index = *known.entry(name.to_owned()).or_insert_with(|| {
                    streets
                        .push((Street { name: name.to_owned(), segments: Vec::new() }, Vec::new()));
                    streets.len() - 1
                });
                streets[index].0.segments.push(segment);
                streets[index].1.push(line.unwrap_or(1));
            }
            Err(fault) => {
                let what = format!("The street {name:?} {}.", fault.what);
                folder.problem(file, line, what, fault.remedy);
            }
        }
    }
    let first = streets.iter().filter_map(|(_, lines)| lines.first().copied()).collect();
    folder.remember(Part::Street, file, None, first);
    let each = streets.iter().flat_map(|(_, lines)| lines.iter().copied()).collect();
    folder.remember(Part::Segment, file, None, each);
    Some(streets.into_iter().map(|(street, _)| street).collect())
}

/// Looks whether what maps are drawn from can be read. It is no part of the pack.
pub(super) fn basemap(folder: &mut Folder) {
    let names = folder.names("basemap");
    let layers: Vec<&String> = names.iter().filter(|name| name.ends_with(".geojson")).collect();
    if layers.is_empty() {
        let what = "There is no base map: maps show neither land nor water.";
        folder.warning("basemap", None, what, "Export land, water and parks as GeoJSON into it.");
    }
    for name in layers.into_iter().take(MAX_LAYERS) {
        // What is wrong with it is said; nothing else is asked of it here.
        let _ = collection(folder, &format!("basemap/{name}"));
    }
}

/// What a segment's feature says that cannot be.
struct SegmentFault {
    /// The end of a sentence.
    what: String,
    remedy: &'static str,
}

fn segment(feature: &Feature) -> Result<Segment, SegmentFault> {
    // A member that is null is a member that is not there: many programs write all they know of.
    let property = |key: &str| feature.property(key).filter(|value| !value.is_null());
    let class = property("class").map_or(Ok(StreetClass::default()), |value| {
        StreetClass::deserialize(value).map_err(|_| SegmentFault {
            what: format!("has the class {value}"),
            remedy: "Write \"main\", \"street\", \"lane\" or \"path\".",
        })
    })?;
    let range = |key: &str| {
        property(key).map(<[u32; 2]>::deserialize).transpose().map_err(|_| SegmentFault {
            what: format!("has house numbers on the {key} that are no range"),
            remedy: "Write two whole numbers: where the line begins, and where it ends.",
        })
    };
    let bridge = property("bridge").map_or(Ok(false), |value| {
        value.as_bool().ok_or_else(|| SegmentFault {
            what: format!("has {value} for its bridge"),
            remedy: "Write true or false.",
        })
    })?;
    Ok(Segment {
        line: street_line(feature)?,
        class,
        left: range("left")?,
        right: range("right")?,
        bridge,
    })
}

fn street_line(feature: &Feature) -> Result<Vec<Point>, SegmentFault> {
    let fault = |what: &str| SegmentFault {
        what: what.to_owned(),
        remedy: "Write a LineString of two or more [longitude, latitude].",
    };
    let Some(GeometryValue::LineString { coordinates }) =
        feature.geometry.as_ref().map(|geometry| &geometry.value)
    else {
        return Err(fault("is no line"));
    };
    if coordinates.len() < 2 {
        return Err(fault("has a line of fewer than two positions"));
    }
    let point = |lat: f64, lon: f64| Point::new(rounded(lat), rounded(lon));
    coordinates
        .iter()
        .map(|position| match position.as_slice() {
            [lon, lat, ..] => point(*lat, *lon).map_err(|error| {
                if lon.abs() <= 90.0 && point(*lon, *lat).is_ok() {
                    fault("has latitude and longitude swapped")
                } else {
                    fault(&format!("is no line on earth: {error}"))
                }
            }),
            _ => Err(fault("has a position of fewer than two numbers")),
        })
        .collect()
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
    for key in ZONE_PROPERTIES {
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
