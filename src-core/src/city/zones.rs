//! Which zones a place lies in.
//!
//! A point on the border of several zones belongs to exactly one: the first, in the order of the
//! layer's file, whose polygon covers it. Borders count as covered, also the border of a hole.
//! Zones that share an edge with the same two end points leave no gap and no overlap, because the
//! side of a line on which a point lies is computed exactly.

use std::collections::BTreeMap;

use geo::{BoundingRect, Coord, Intersects, LineString, MultiPolygon, Polygon, Rect, Validation};
use geojson::{Feature, FeatureCollection, GeometryValue};

use super::check::{Fault, Faults, Part};
use super::pack::{CityPack, OUTLINE};

/// All zones of a city, ready to be asked.
#[derive(Debug, Clone)]
pub struct Zones {
    layers: BTreeMap<String, Vec<Zone>>,
}

#[derive(Debug, Clone)]
struct Zone {
    code: String,
    name: String,
    parts: Vec<(Rect<f64>, Polygon<f64>)>,
}

impl Zone {
    fn covers(&self, at: Coord<f64>) -> bool {
        self.parts.iter().any(|(bounds, polygon)| bounds.intersects(&at) && polygon.intersects(&at))
    }
}

impl Zones {
    /// Builds the zones of a checked pack; features that are no zones are left out.
    pub(super) fn new(layers: &BTreeMap<String, FeatureCollection>) -> Self {
        let layers = layers
            .iter()
            .map(|(layer, collection)| {
                (layer.clone(), collection.features.iter().filter_map(zone).collect())
            })
            .collect();
        Self { layers }
    }

    /// Layer to zone code for the place at `lat`, `lon` (degrees WGS84). Layers in which it lies
    /// in no zone are left out, and so is the city's outline, which is no zone.
    pub fn locate(&self, lat: f64, lon: f64) -> BTreeMap<String, String> {
        let at = Coord { x: lon, y: lat };
        self.layers
            .iter()
            .filter(|(layer, _)| *layer != OUTLINE)
            .filter_map(|(layer, zones)| {
                let zone = zones.iter().find(|zone| zone.covers(at))?;
                Some((layer.clone(), zone.code.clone()))
            })
            .collect()
    }

    /// Whether the place at `lat`, `lon` (degrees WGS84) is inside the city: in its outline, or,
    /// where the city has no outline, in any zone. False for numbers that are no place.
    pub fn contains(&self, lat: f64, lon: f64) -> bool {
        let at = Coord { x: lon, y: lat };
        match self.layers.get(OUTLINE) {
            Some(outline) => outline.iter().any(|zone| zone.covers(at)),
            None => self.layers.values().flatten().any(|zone| zone.covers(at)),
        }
    }

    /// The name of a zone, as people read it.
    pub fn name(&self, layer: &str, code: &str) -> Option<&str> {
        let zone = self.layers.get(layer)?.iter().find(|zone| zone.code == code)?;
        Some(&zone.name)
    }
}

fn zone(feature: &Feature) -> Option<Zone> {
    let parts = shape(feature).ok()?.0.into_iter();
    Some(Zone {
        code: text(feature, "code")?.to_owned(),
        name: text(feature, "name")?.to_owned(),
        parts: parts.filter_map(|polygon| Some((polygon.bounding_rect()?, polygon))).collect(),
    })
}

/// A property of a feature that is a text.
pub(super) fn text<'a>(feature: &'a Feature, key: &str) -> Option<&'a str> {
    feature.properties.as_ref()?.get(key)?.as_str()
}

/// Number of positions in a shape.
pub(super) fn count_positions(shape: &MultiPolygon<f64>) -> usize {
    shape
        .iter()
        .map(|p| p.exterior().0.len() + p.interiors().iter().map(|r| r.0.len()).sum::<usize>())
        .sum()
}

/// The polygons of a feature, or what is wrong with them (the end of a sentence).
pub(super) fn shape(feature: &Feature) -> Result<MultiPolygon<f64>, &'static str> {
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

/// Zones whose rings cross themselves or each other. Slow on large layers, so it is asked for
/// where a city is made, not wherever a pack is opened.
pub fn shape_faults(pack: &CityPack) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    for (layer, collection) in &pack.zones {
        for (i, feature) in collection.features.iter().enumerate() {
            let Ok(shape) = shape(feature) else { continue };
            if let Err(problem) = shape.check_validation() {
                faults.add(
                    &Part::Zone(layer.clone()),
                    i,
                    format!("The zone's shape is not valid: {problem}."),
                    "Mend the shape in a map editor, so that no ring crosses itself or another.",
                );
            }
        }
    }
    faults.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zones(json: &str) -> Zones {
        let layers: BTreeMap<String, FeatureCollection> = serde_json::from_str(json).unwrap();
        Zones::new(&layers)
    }

    /// Two halves of a square with a slanted shared border, the left one with a hole; and a layer
    /// of one multipolygon with two islands.
    const SAMPLE: &str = r#"{
      "half": {"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"code":"left","name":"Left"},"geometry":{"type":"Polygon","coordinates":[
          [[10,40],[10.3,40],[10.7,41],[10,41],[10,40]],
          [[10.1,40.1],[10.1,40.2],[10.2,40.2],[10.2,40.1],[10.1,40.1]]]}},
        {"type":"Feature","properties":{"code":"right","name":"Right"},"geometry":{"type":"Polygon","coordinates":[
          [[10.3,40],[11,40],[11,41],[10.7,41],[10.3,40]]]}}]},
      "isle": {"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"code":"both","name":"Both"},"geometry":{"type":"MultiPolygon","coordinates":[
          [[[10,40],[10.2,40],[10.2,40.3],[10,40.3],[10,40]]],
          [[[10.8,40.8],[10.9,40.8],[10.9,40.9],[10.8,40.9],[10.8,40.8]]]]}}]}
    }"#;

    fn codes(lat: f64, lon: f64) -> Vec<(String, String)> {
        zones(SAMPLE).locate(lat, lon).into_iter().collect()
    }

    fn pair(layer: &str, code: &str) -> (String, String) {
        (layer.to_owned(), code.to_owned())
    }

    #[test]
    fn holes_islands_and_outside() {
        assert_eq!(codes(40.15, 10.15), [pair("isle", "both")], "in the hole, on the island");
        assert_eq!(codes(40.5, 10.1), [pair("half", "left")]);
        assert_eq!(codes(40.85, 10.85), [pair("half", "right"), pair("isle", "both")]);
        assert_eq!(codes(39.9, 10.1), []);
        assert_eq!(codes(f64::NAN, 10.1), []);
        assert_eq!(codes(40.5, f64::INFINITY), []);
        let zones = zones(SAMPLE);
        assert!(zones.contains(40.5, 10.1), "without an outline, any zone is the city");
        assert!(!zones.contains(40.5, f64::NAN));
        assert_eq!(zones.name("half", "left"), Some("Left"));
    }

    #[test]
    fn a_border_belongs_to_the_first_in_file_order() {
        assert_eq!(codes(40.0, 10.3), [pair("half", "left")], "an end of the shared border");
        assert_eq!(codes(41.0, 10.7), [pair("half", "left")]);
        assert_eq!(codes(40.2, 10.15)[0], pair("half", "left"), "the border of a hole");
        let turned = SAMPLE.replace("\"left\"", "\"x\"").replace("\"right\"", "\"left\"");
        assert_eq!(zones(&turned).locate(40.0, 10.3)["half"], "x");
    }

    #[test]
    fn with_an_outline_only_the_outline_counts() {
        let json = SAMPLE.replace("\"isle\"", "\"city\"");
        let zones = zones(&json);
        assert!(zones.contains(40.1, 10.1));
        assert!(!zones.contains(40.5, 10.1), "in a zone, and not in the outline");
        assert!(!zones.locate(40.1, 10.1).contains_key("city"));
    }

    proptest! {
        #[test]
        fn every_point_of_the_square_lies_in_exactly_one_half(
            lat in 40.0f64..=41.0, lon in 10.0f64..=11.0, on_border in any::<bool>(),
        ) {
            // The border by interpolation: rounding puts such points on either side, never in a gap.
            let lon = if on_border { 10.3 + (lat - 40.0) * 0.4 } else { lon };
            let all = zones(SAMPLE);
            let in_hole = (40.1..40.2).contains(&lat) && (10.1..10.2).contains(&lon);
            let found = all.locate(lat, lon).remove("half");
            prop_assert!(found.is_some() || in_hole);
            // A point that both cover lies on the border, and then the first in the file has it.
            let at = Coord { x: lon, y: lat };
            let covering = all.layers["half"].iter().filter(|zone| zone.covers(at)).count();
            prop_assert!(covering <= 1 || found.as_deref() == Some("left"));
        }
    }
}
