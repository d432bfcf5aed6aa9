//! Locating, against a test of all polygons in the order of the file.

use std::sync::LazyLock;

use geo::{Intersects, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

type Layers = BTreeMap<String, FeatureCollection>;
/// Rings, the outer one first, of (lon, lat).
type Rings = Vec<Vec<(f64, f64)>>;

const DAY: Date = jiff::civil::date(2026, 11, 23);

fn layers(json: Value) -> Layers {
    serde_json::from_value(json).unwrap()
}

/// Two halves of a square with a slanted shared border, the left one with a hole; and a layer
/// of one multipolygon with two islands.
fn sample() -> Value {
    json!({
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
    })
}

static SAMPLE: LazyLock<Zones> = LazyLock::new(|| Zones::new(&layers(sample())));

fn codes(lat: f64, lon: f64) -> Vec<(String, String)> {
    SAMPLE.locate(lat, lon, DAY).into_iter().collect()
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
    assert_eq!(codes(f64::NEG_INFINITY, f64::NAN), []);
    assert!(SAMPLE.contains(40.5, 10.1), "without an outline, any zone is the city");
    assert!(!SAMPLE.contains(40.5, f64::NAN));
    assert_eq!(SAMPLE.name("half", "left"), Some("Left"));
    assert_eq!(SAMPLE.name("half", "both"), None);
}

#[test]
fn a_border_belongs_to_the_first_in_file_order() {
    assert_eq!(codes(40.0, 10.3), [pair("half", "left")], "an end of the shared border");
    assert_eq!(codes(41.0, 10.7), [pair("half", "left")]);
    assert_eq!(codes(40.2, 10.15)[0], pair("half", "left"), "the border of a hole");
    let mut turned = sample();
    turned["half"]["features"].as_array_mut().unwrap().reverse();
    assert_eq!(Zones::new(&layers(turned)).locate(40.0, 10.3, DAY)["half"], "right");
}

#[test]
fn with_an_outline_only_the_outline_counts() {
    let mut json = sample();
    json["city"] = json["isle"].take();
    json.as_object_mut().unwrap().remove("isle");
    let zones = Zones::new(&layers(json));
    assert!(zones.contains(40.1, 10.1));
    assert!(!zones.contains(40.5, 10.1), "in a zone, and not in the outline");
    assert!(!zones.locate(40.1, 10.1, DAY).contains_key("city"));
    assert_eq!(zones.layer("city"), None);
}

#[test]
fn what_is_beyond_has_a_name_and_a_number() {
    let mut json = sample();
    json["beyond"] =
        square("eastmere", 11.0, 40.0, 12.0, 41.0, json!({"service_line": "555 0142"}));
    let zones = Zones::new(&layers(json));
    let beyond = zones.beyond(40.5, 11.5).unwrap();
    assert_eq!((beyond.code.as_str(), beyond.service_line.as_str()), ("eastmere", "555 0142"));
    assert_eq!(zones.beyond(40.5, 13.0), None);
    assert_eq!(zones.beyond(f64::NAN, 11.5), None);
    assert!(!zones.contains(40.5, 11.5), "what is beyond is not the city");
    assert_eq!(zones.locate(40.5, 11.5, DAY), BTreeMap::new());
    assert_eq!(SAMPLE.beyond(40.5, 11.5), None);
}

#[test]
fn a_zone_holds_from_its_first_to_its_last_date() {
    let mut old =
        square("a", 10.0, 40.0, 11.0, 41.0, json!({"name": "Old A", "until": "2026-06-30"}));
    let new = square("a", 10.5, 40.0, 11.0, 41.0, json!({"name": "New A", "from": "2026-07-01"}));
    old["features"].as_array_mut().unwrap().push(new["features"][0].clone());
    let zones = Zones::new(&layers(json!({"area": old})));
    let at = |lon, day: &str| zones.locate(40.5, lon, day.parse().unwrap()).remove("area");
    assert_eq!(at(10.2, "2026-06-30").as_deref(), Some("a"), "the last day counts");
    assert_eq!(at(10.2, "2026-07-01"), None);
    assert_eq!(at(10.7, "2026-07-01").as_deref(), Some("a"), "the first day counts");
    assert_eq!(at(10.7, "1950-01-01").as_deref(), Some("a"));
    assert_eq!(zones.name("area", "a"), Some("New A"));
    assert!(zones.contains(40.5, 10.2), "whether a place is the city's does not change by date");
}

#[test]
fn periods_that_cannot_be() {
    let of = |from: Value, until: Value| {
        let all = square("a", 10.0, 40.0, 11.0, 41.0, json!({"from": from, "until": until}));
        let collection: FeatureCollection = serde_json::from_value(all).unwrap();
        period(&collection.features[0])
    };
    assert!(of(json!("2026-01-01"), json!("2026-01-01")).is_ok());
    assert_eq!(of(Value::Null, Value::Null), Ok(Period::default()));
    assert!(of(json!("2026-01-02"), json!("2026-01-01")).is_err());
    for bad in [json!("2026-02-30"), json!(20260101), json!("2026-01-01T00:00"), json!("soon")] {
        assert!(of(bad.clone(), Value::Null).is_err(), "{bad}");
        assert!(of(Value::Null, bad.clone()).is_err(), "{bad}");
    }
    let period =
        |from: &str, until: &str| Period { from: from.parse().ok(), until: until.parse().ok() };
    let all = [period("", ""), period("", "2026-06-30"), period("2026-06-30", "2026-06-30")];
    for a in &all {
        assert!(all.iter().all(|b| a.overlaps(b)));
        assert_eq!(a.overlaps(&period("2026-07-01", "")), a.until.is_none());
    }
}

#[test]
fn what_is_located_into_numbers_reads_the_same() {
    let mut located = Located::default();
    for (lat, lon) in [(40.85, 10.85), (40.15, 10.15), (50.0, 10.0), (40.5, 10.1)] {
        SAMPLE.locate_into(lat, lon, DAY, &mut located);
        let named: Vec<_> = SAMPLE.named(&located).map(|(layer, code)| pair(layer, code)).collect();
        assert_eq!(named, codes(lat, lon));
        for (layer, code) in &named {
            assert_eq!(SAMPLE.zone_in(layer, &located), Some(code.as_str()));
            let number = located.zone(SAMPLE.layer(layer).unwrap()).unwrap();
            assert_eq!(SAMPLE.codes(SAMPLE.layer(layer).unwrap()).nth(number), Some(code.as_str()));
        }
    }
}

fn square(code: &str, west: f64, south: f64, east: f64, north: f64, more: Value) -> Value {
    let ring = vec![(west, south), (east, south), (east, north), (west, north)];
    json!({"type": "FeatureCollection", "features": [feature(code, &[vec![ring]], more)]})
}

fn feature(code: &str, parts: &[Rings], more: Value) -> Value {
    let mut properties = json!({"code": code, "name": code});
    for (key, value) in more.as_object().into_iter().flatten() {
        properties[key] = value.clone();
    }
    let closed = |ring: &Vec<(f64, f64)>| -> Vec<[f64; 2]> {
        ring.iter().chain(ring.first()).map(|&(x, y)| [x, y]).collect()
    };
    let coordinates: Vec<Vec<Vec<[f64; 2]>>> =
        parts.iter().map(|rings| rings.iter().map(closed).collect()).collect();
    json!({"type": "Feature", "properties": properties,
        "geometry": {"type": "MultiPolygon", "coordinates": coordinates}})
}

// Below: everything against the plain test of all polygons.

/// A zone as the tests make it.
#[derive(Debug, Clone)]
struct Made {
    code: String,
    parts: Vec<Rings>,
    from: Option<&'static str>,
    until: Option<&'static str>,
}

impl Made {
    fn json(&self) -> Value {
        feature(&self.code, &self.parts, json!({"from": self.from, "until": self.until}))
    }

    fn covers(&self, lat: f64, lon: f64) -> bool {
        let line = |ring: &Vec<(f64, f64)>| LineString::from(ring.clone());
        let parts = self
            .parts
            .iter()
            .map(|rings| Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect()));
        MultiPolygon(parts.collect()).intersects(&Coord { x: lon, y: lat })
    }

    fn holds(&self, day: &str) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

const DATES: [&str; 4] = ["2024-12-31", "2025-01-01", "2025-07-01", "2026-02-28"];

fn brute(made: &[Made], lat: f64, lon: f64, day: &str) -> Option<String> {
    made.iter().find(|zone| zone.holds(day) && zone.covers(lat, lon)).map(|zone| zone.code.clone())
}

/// Two layers, to see that they do not mix: one as made, one turned around.
fn built(made: &[Made], cells: Option<usize>) -> Zones {
    let features: Vec<Value> = made.iter().map(Made::json).collect();
    let turned: Vec<Value> = features.iter().rev().cloned().collect();
    let zones = Zones::new(&layers(json!({
        "area": {"type": "FeatureCollection", "features": features},
        "turned": {"type": "FeatureCollection", "features": turned}})));
    match cells {
        Some(cells) => zones.clone().with_cells(cells).unwrap_or(zones),
        None => zones,
    }
}

/// Points that are worth asking: vertices, on edges as exactly as numbers go, level with vertices,
/// next to them by one digit, and anywhere.
fn points(made: &[Made], anywhere: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut points = anywhere.to_vec();
    let rings = made.iter().flat_map(|zone| &zone.parts).flatten();
    for ring in rings {
        for (i, &(x, y)) in ring.iter().enumerate() {
            let (p, q) = ring[(i + 1) % ring.len()];
            let (share, _) = anywhere[i % anywhere.len()];
            let share = share.abs().fract();
            points.extend([
                (x, y),
                (x.next_up(), y),
                (x, y.next_down()),
                (x - 0.01, y),
                (x, p),
                ((x + p) / 2.0, (y + q) / 2.0),
                (x + (p - x) * share, y + (q - y) * share),
            ]);
        }
    }
    points
}

fn check(made: &[Made], zones: &Zones, anywhere: &[(f64, f64)]) -> Result<(), TestCaseError> {
    let turned: Vec<Made> = made.iter().rev().cloned().collect();
    for (i, (lon, lat)) in points(made, anywhere).into_iter().enumerate() {
        let day = DATES[i % DATES.len()];
        let found = zones.locate(lat, lon, day.parse().unwrap());
        prop_assert_eq!(found.get("area").cloned(), brute(made, lat, lon, day), "{} {}", lat, lon);
        let other = found.get("turned").cloned();
        prop_assert_eq!(other, brute(&turned, lat, lon, day), "turned: {} {}", lat, lon);
        let inside = made.iter().any(|zone| zone.covers(lat, lon));
        prop_assert_eq!(zones.contains(lat, lon), inside, "contains: {} {}", lat, lon);
    }
    Ok(())
}

/// From lattice steps to degrees: plain numbers, decimal fractions, and a very small city.
fn degrees(scale: u8, (x, y): (i16, i16)) -> (f64, f64) {
    let (x, y) = (f64::from(x), f64::from(y));
    match scale {
        0 => (x / 8.0, y / 8.0),
        1 => (x * 0.0001 - 71.0589, y * 0.0001 + 42.3601),
        2 => (x * 1e-7 + 151.2, y * 1e-7 - 33.87),
        _ => (x * 1e-13 + 151.2, y * 1e-13 - 33.87),
    }
}

fn dates() -> impl Strategy<Value = (Option<&'static str>, Option<&'static str>)> {
    prop_oneof![
        3 => Just((None, None)),
        1 => (0..4_usize).prop_map(|i| (Some(DATES[i]), None)),
        1 => (0..4_usize).prop_map(|i| (None, Some(DATES[i]))),
        1 => (0..4_usize, 0..4_usize)
            .prop_map(|(i, j)| (Some(DATES[i.min(j)]), Some(DATES[i.max(j)]))),
    ]
}

/// Rings of any form, also such that cross themselves, with holes of any form.
fn anything() -> impl Strategy<Value = (u8, Vec<Made>)> {
    let ring = prop::collection::vec((0_i16..24, 0_i16..24), 3..12);
    let tall = prop::collection::vec((0_i16..24, prop_oneof![Just(0_i16), Just(23)]), 20..60);
    let ring = prop_oneof![4 => ring, 1 => tall];
    let part = prop::collection::vec(ring, 1..4);
    let zone = (prop::collection::vec(part, 1..4), dates(), 0_u8..6);
    (0_u8..4, prop::collection::vec(zone, 1..7)).prop_map(|(scale, zones)| {
        let made = zones.into_iter().map(|(parts, (from, until), code)| Made {
            code: format!("z{code}"),
            parts: parts
                .into_iter()
                .map(|rings| {
                    let degrees = |ring: Vec<_>| ring.into_iter().map(|at| degrees(scale, at));
                    rings.into_iter().map(|ring| degrees(ring).collect()).collect()
                })
                .collect(),
            from,
            until,
        });
        (scale, made.collect())
    })
}

/// Fields with slanted shared borders, some in two zones' files at once, some with a pond.
fn fields() -> impl Strategy<Value = (u8, Vec<Made>)> {
    let corners = prop::collection::vec((-30_i16..=30, -30_i16..=30), 36);
    let owners = prop::collection::vec((0_usize..6, any::<bool>()), 25);
    (0_u8..4, corners, owners).prop_map(|(scale, moved, owners)| {
        let corner = |row: usize, col: usize| {
            let (x, y) = moved[row * 6 + col];
            degrees(scale, (col as i16 * 100 + x, row as i16 * 100 + y))
        };
        let middle = |row: usize, col: usize, (x, y)| {
            degrees(scale, (col as i16 * 100 + 50 + x, row as i16 * 100 + 50 + y))
        };
        let mut made: Vec<Made> = (0..6)
            .map(|i| Made { code: format!("z{i}"), parts: Vec::new(), from: None, until: None })
            .collect();
        for (i, &(owner, pond)) in owners.iter().enumerate() {
            let (row, col) = (i / 5, i % 5);
            let mut rings = vec![vec![
                corner(row, col),
                corner(row, col + 1),
                corner(row + 1, col + 1),
                corner(row + 1, col),
            ]];
            if pond {
                rings.push(vec![
                    middle(row, col, (-8, -8)),
                    middle(row, col, (9, -7)),
                    middle(row, col, (0, 10)),
                ]);
            }
            made[owner].parts.push(rings);
        }
        made.retain(|zone| !zone.parts.is_empty());
        (scale, made)
    })
}

fn anywhere() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((-40.0..640.0, -40.0..640.0), 20)
}

fn scaled(scale: u8, points: &[(f64, f64)], size: f64) -> Vec<(f64, f64)> {
    let (x0, y0) = degrees(scale, (0, 0));
    let (x1, y1) = degrees(scale, (1, 1));
    let at = |(x, y): &(f64, f64)| (x0 + x * size * (x1 - x0), y0 + y * size * (y1 - y0));
    points.iter().map(at).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_shapes_are_located_as_all_polygons_say(
        (scale, made) in anything(), anywhere in anywhere(),
        cells in prop::option::of(1_usize..3_000),
    ) {
        let zones = built(&made, cells);
        check(&made, &zones, &scaled(scale, &anywhere, 0.04))?;
    }

    #[test]
    fn fields_are_located_as_all_polygons_say(
        (scale, made) in fields(), anywhere in anywhere(),
        cells in prop::option::of(1_usize..3_000),
    ) {
        let zones = built(&made, cells);
        check(&made, &zones, &scaled(scale, &anywhere, 1.0))?;
    }

    #[test]
    fn every_point_of_the_square_lies_in_exactly_one_half(
        lat in 40.0f64..=41.0, lon in 10.0f64..=11.0, on_border in any::<bool>(),
    ) {
        // The border by interpolation: rounding puts such points on either side, never in a gap.
        let lon = if on_border { 10.3 + (lat - 40.0) * 0.4 } else { lon };
        let in_hole = (40.1..40.2).contains(&lat) && (10.1..10.2).contains(&lon);
        let found = SAMPLE.locate(lat, lon, DAY).remove("half");
        prop_assert!(found.is_some() || in_hole);
        // A point that both cover lies on the border, and then the first in the file has it.
        let at = Coord { x: lon, y: lat };
        let covering = SAMPLE.layers[0].zones.iter().filter(|zone| zone.covers(at)).count();
        prop_assert!(covering <= 1 || found.as_deref() == Some("left"));
    }
}

#[test]
fn memory_stays_bounded_however_zones_lie_on_each_other() {
    // Three hundred dated zones, each over the whole city: no cell could hold them all.
    let made: Vec<Made> = (0..300)
        .map(|i| Made {
            code: format!("z{i}"),
            parts: vec![vec![vec![(10.0, 40.0), (11.0, 40.0), (11.0, 41.0), (10.0, 41.0)]]],
            from: Some("2025-01-01"),
            until: None,
        })
        .collect();
    let zones = built(&made, None);
    assert!(zones.index_bytes() <= 2 * 52 * 1_024, "{}", zones.index_bytes());
    assert!(zones.clone().with_cells(1_024).is_none(), "refused while it is built");
    assert_eq!(zones.locate(40.5, 10.5, DAY)["area"], "z0");
    assert_eq!(zones.locate(40.5, 10.5, DAY)["turned"], "z299");
}

#[test]
fn shapes_without_extent_are_no_trouble() {
    let flat = |ring: Vec<(f64, f64)>| Made {
        code: "flat".to_owned(),
        parts: vec![vec![ring]],
        from: None,
        until: None,
    };
    let point = flat(vec![(10.0, 40.0), (10.0, 40.0), (10.0, 40.0)]);
    let line = flat(vec![(10.0, 40.0), (11.0, 40.0), (10.5, 40.0)]);
    let post = flat(vec![(10.0, 40.0), (10.0, 41.0), (10.0, 40.5)]);
    for made in
        [vec![point.clone()], vec![line.clone()], vec![post.clone()], vec![point, line, post]]
    {
        check(&made, &built(&made, None), &[(10.25, 40.0), (10.0, 40.25), (10.2, 40.2)]).unwrap();
    }
    let none = Zones::new(&layers(json!({"area": {"type": "FeatureCollection", "features": []}})));
    assert_eq!(none.locate(40.0, 10.0, DAY), BTreeMap::new());
    assert!(!none.contains(40.0, 10.0));
}

/// Real shapes; passed over where the reference data is absent.
#[test]
fn boston_is_located_as_all_polygons_say() {
    let Some(data) = std::env::var_os("MEND_REFERENCE_DATA") else {
        eprintln!(
            "passed over: MEND_REFERENCE_DATA does not name the folder with the reference data"
        );
        return;
    };
    let folder = std::path::Path::new(&data).join("boston/polygons");
    let mut all = Layers::new();
    for file in ["neighborhoods_bpda", "police_districts", "precincts_2022", "zip_codes"] {
        let text = std::fs::read_to_string(folder.join(format!("{file}.geojson"))).unwrap();
        let mut collection: FeatureCollection = serde_json::from_str(&text).unwrap();
        for (i, feature) in collection.features.iter_mut().enumerate() {
            feature.set_property("code", format!("z{i}"));
            feature.set_property("name", format!("Zone {i}"));
        }
        all.insert(file.to_owned(), collection);
    }
    let zones = Zones::new(&all);
    for (layer, collection) in &all {
        let shapes: Vec<_> = collection.features.iter().map(|f| shape(f).unwrap()).collect();
        let corners = shapes.iter().flatten().flat_map(|part| part.exterior().0.iter().copied());
        let corners: Vec<Coord<f64>> = corners.collect();
        // Corners, and places between any two of them: on borders, inside and in the sea.
        for i in 0..250 {
            let (a, b) = (corners[i * 101 % corners.len()], corners[i * 7_919 % corners.len()]);
            for at in [a, (a + b) / 2.0] {
                let first = shapes.iter().position(|shape| shape.intersects(&at));
                let found = zones.locate(at.y, at.x, DAY).remove(layer.as_str());
                assert_eq!(found, first.map(|i| format!("z{i}")), "{layer} {at:?}");
            }
        }
    }
}
