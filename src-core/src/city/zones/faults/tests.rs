//! Faults of shapes and layers, each planted in a small map; and one large layer.

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Line, LineString, Polygon};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::city::sample;

type Ring = Vec<(f64, f64)>;

fn polygon(outer: &Ring, holes: &[Ring]) -> Polygon<f64> {
    let line = |ring: &Ring| LineString::from(ring.clone());
    Polygon::new(line(outer), holes.iter().map(line).collect())
}

fn problem(outer: &[(f64, f64)], holes: &[&[(f64, f64)]]) -> Option<Crossing> {
    let holes: Vec<Ring> = holes.iter().map(|hole| hole.to_vec()).collect();
    crossing::crossing(&polygon(&outer.to_vec(), &holes))
}

const SQUARE: [(f64, f64); 4] = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)];

#[test]
fn rings_that_are_sound() {
    let l_shape = [(0.0, 0.0), (9.0, 0.0), (9.0, 3.0), (3.0, 3.0), (3.0, 9.0), (0.0, 9.0)];
    assert_eq!(problem(&l_shape, &[]), None);
    let hole = [(0.0, 4.0), (2.0, 3.0), (2.0, 5.0)];
    let other = [(2.0, 5.0), (4.0, 6.0), (3.0, 8.0)];
    assert_eq!(problem(&SQUARE, &[&hole, &other]), None, "rings may touch at points");
    let in_line = [(0.0, 0.0), (4.0, 0.0), (5.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)];
    assert_eq!(problem(&in_line, &[]), None);
}

#[test]
fn rings_that_are_not() {
    let at = |x, y| Coord { x, y };
    let bow = [(0.0, 0.0), (8.0, 8.0), (8.0, 0.0), (0.0, 8.0)];
    assert_eq!(problem(&bow, &[]), Some(Crossing::Itself(at(4.0, 4.0))));
    let eight = [(0.0, 0.0), (4.0, 4.0), (8.0, 8.0), (8.0, 0.0), (4.0, 4.0), (0.0, 8.0)];
    assert_eq!(problem(&eight, &[]), Some(Crossing::Itself(at(4.0, 4.0))));
    let spike =
        [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (4.0, 9.0), (4.0, 12.0), (4.0, 9.0), (0.0, 9.0)];
    assert_eq!(problem(&spike, &[]), Some(Crossing::Spike(at(4.0, 12.0))));
    assert_eq!(
        problem(&[(1.0, 1.0), (1.0, 1.0), (1.0, 1.0)], &[]),
        Some(Crossing::Spike(at(1.0, 1.0)))
    );
    let shared = [(9.0, 2.0), (9.0, 5.0), (5.0, 5.0)];
    assert!(matches!(problem(&SQUARE, &[&shared]), Some(Crossing::Rings(_))), "along a border");
    let across = [(7.0, 2.0), (12.0, 3.0), (7.0, 4.0)];
    assert!(matches!(problem(&SQUARE, &[&across]), Some(Crossing::Rings(_))));
    let outside = [(12.0, 2.0), (14.0, 3.0), (12.0, 4.0)];
    assert_eq!(problem(&SQUARE, &[&outside]), Some(Crossing::Hole(at(12.0, 2.0))));
    let hole = [(1.0, 1.0), (8.0, 1.0), (8.0, 8.0), (1.0, 8.0)];
    let within = [(2.0, 2.0), (3.0, 2.0), (3.0, 3.0)];
    assert_eq!(problem(&SQUARE, &[&hole, &within]), Some(Crossing::Hole(at(2.0, 2.0))));
}

proptest! {
    /// Against all pairs of edges, as `geo` meets them.
    #[test]
    fn rings_cross_as_all_pairs_of_edges_say(
        corners in prop::collection::vec((0_i32..12, 0_i32..12), 3..14),
        fine in any::<bool>(),
    ) {
        let degrees = |(x, y): (i32, i32)| {
            let (x, y) = (f64::from(x), f64::from(y));
            if fine { (x * 0.0001 - 71.0589, y * 0.0001 + 42.3601) } else { (x, y) }
        };
        let mut ring: Ring = corners.into_iter().map(degrees).collect();
        ring.dedup();
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        let lines: Vec<Line<f64>> =
            LineString::from(ring.iter().chain(ring.first()).copied().collect::<Ring>()).lines().collect();
        let mut sound = lines.len() >= 3;
        for (i, a) in lines.iter().enumerate() {
            for (j, b) in lines.iter().enumerate().skip(i + 1) {
                let beside = j == i + 1 || (i == 0 && j == lines.len() - 1);
                match line_intersection(*a, *b) {
                    None => {}
                    Some(LineIntersection::SinglePoint { .. }) if beside => {}
                    Some(_) => sound = false,
                }
            }
        }
        prop_assert_eq!(crossing::crossing(&polygon(&ring, &[])).is_none(), sound);
    }
}

// Below: layers. The city is a square around 42.3, -71.0; a ten-thousandth of a degree there is
// 11 m north and 8 m east.

const WEST: f64 = -71.0;
const SOUTH: f64 = 42.3;

/// A rectangle by its corners, in ten-thousandths of a degree from the city's corner.
fn block(code: &str, (w, s): (f64, f64), (e, n): (f64, f64), more: Value) -> Value {
    let at = |x: f64, y: f64| [WEST + x * 1e-4, SOUTH + y * 1e-4];
    zone(code, &[at(w, s), at(e, s), at(e, n), at(w, n), at(w, s)], more)
}

fn zone(code: &str, ring: &[[f64; 2]], more: Value) -> Value {
    let mut properties = json!({"code": code, "name": code});
    for (key, value) in more.as_object().into_iter().flatten() {
        properties[key] = value.clone();
    }
    json!({"type": "Feature", "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]}})
}

fn plain(code: &str, from: (f64, f64), to: (f64, f64)) -> Value {
    block(code, from, to, json!({}))
}

fn city(layers: Value) -> CityPack {
    let mut pack = sample::pack();
    pack.gazetteer = Default::default();
    pack.zones.clear();
    for (layer, features) in layers.as_object().unwrap() {
        let collection = json!({"type": "FeatureCollection", "features": features});
        pack.zones.insert(layer.clone(), serde_json::from_value(collection).unwrap());
    }
    pack
}

fn outline() -> Value {
    json!([plain("all", (0.0, 0.0), (100.0, 100.0))])
}

fn said(faults: &[Fault]) -> Vec<(Option<usize>, &str)> {
    assert!(faults.iter().all(|f| f.what.ends_with('.') && f.remedy.ends_with('.')), "{faults:?}");
    faults.iter().map(|fault| (fault.item, fault.what.as_str())).collect()
}

#[test]
fn a_layer_that_covers_the_city_once_is_sound() {
    let pack = city(json!({"city": outline(), "area": [
        plain("a", (0.0, 0.0), (40.0, 100.0)), plain("b", (40.0, 0.0), (100.0, 100.0))]}));
    assert_eq!(map_faults(&pack), []);
    // Borders that were drawn twice and are half a metre apart, or less, are as good as one.
    let pack = city(json!({"city": outline(), "area": [
        plain("a", (0.0, 0.0), (39.95, 100.0)), plain("b", (40.0, 0.0), (70.05, 100.0)),
        plain("c", (70.0, 0.0), (100.0, 100.0))]}));
    assert_eq!(map_faults(&pack), []);
}

#[test]
fn zones_that_overlap_are_named_with_the_place() {
    let pack = city(json!({"city": outline(), "area": [
        plain("a", (0.0, 0.0), (41.0, 100.0)), plain("b", (40.0, 0.0), (100.0, 100.0))]}));
    let faults = map_faults(&pack);
    let what = "The zones \"a\" and \"b\" overlap by 9144 m² around 42.30500, -70.99595.";
    assert_eq!(said(&faults), [(Some(1), what)]);
    assert_eq!(faults[0].part, Part::Zone("area".into()));
    assert_eq!(layer_faults(&pack), faults);
    let twice = city(json!({"area": [
        plain("a", (0.0, 0.0), (40.0, 40.0)), plain("b", (0.0, 0.0), (40.0, 40.0)),
        plain("c", (5.0, 5.0), (10.0, 10.0))]}));
    let faults = layer_faults(&twice);
    let pairs: Vec<_> = faults.iter().map(|fault| &fault.what[10..20]).collect();
    assert_eq!(pairs, ["\"a\" and \"b", "\"a\" and \"c", "\"b\" and \"c"]);
}

#[test]
fn zones_that_follow_each_other_do_not_overlap() {
    let with = |until: &str, from: &str| {
        let pack = city(json!({"city": outline(), "area": [
            block("a", (0.0, 0.0), (100.0, 100.0), json!({"until": until})),
            block("b", (0.0, 0.0), (50.0, 100.0), json!({"from": from})),
            block("c", (50.0, 0.0), (100.0, 100.0), json!({"from": from}))]}));
        map_faults(&pack).into_iter().map(|fault| (fault.item, fault.what)).collect::<Vec<_>>()
    };
    assert_eq!(with("2026-06-30", "2026-07-01"), []);
    let found = with("2026-07-01", "2026-07-01");
    assert_eq!(found.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [Some(1), Some(2)]);
    // A day without zones is a day without rules, not a gap in a map: the layer begins again.
    assert_eq!(with("2026-06-30", "2026-07-02"), []);
}

#[test]
fn parts_of_the_city_in_no_zone_are_named() {
    let area =
        json!([plain("a", (0.0, 0.0), (100.0, 50.0)), plain("b", (0.0, 50.0), (100.0, 98.0))]);
    let mut pack = city(json!({"city": outline(), "area": area}));
    let what =
        "0.02 km² of the city around 42.30990, -70.99500 lie in no zone of the layer \"area\".";
    assert_eq!(said(&map_faults(&pack)), [(None, what)]);
    pack.partial_layers.insert("area".into());
    assert_eq!(map_faults(&pack), []);
    pack.partial_layers.clear();
    pack.zones.remove("city");
    assert_eq!(map_faults(&pack), [], "without an outline, the zones are the city");
}

#[test]
fn a_gap_that_begins_on_a_date_says_so() {
    let pack = city(json!({"city": outline(), "area": [
        plain("a", (0.0, 0.0), (100.0, 50.0)),
        block("b", (0.0, 50.0), (100.0, 100.0), json!({"until": "2026-12-31"}))]}));
    let faults = map_faults(&pack);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].what.ends_with("the layer \"area\" from 2027-01-01 on."), "{faults:?}");
}

#[test]
fn shapes_are_named_with_the_place() {
    let at = |x: f64, y: f64| [WEST + x * 1e-4, SOUTH + y * 1e-4];
    let bow = [at(0.0, 0.0), at(8.0, 8.0), at(8.0, 0.0), at(0.0, 8.0), at(0.0, 0.0)];
    let pack = city(json!({"city": outline(), "area": [zone("a", &bow, json!({}))]}));
    let faults = map_faults(&pack);
    assert_eq!(said(&faults), [(Some(0), "The zone \"a\" meets itself at 42.30040, -70.99960.")]);
    let mut parts = plain("b", (0.0, 0.0), (50.0, 50.0));
    let other = plain("b", (40.0, 0.0), (60.0, 50.0));
    parts["geometry"] = json!({"type": "MultiPolygon", "coordinates":
        [parts["geometry"]["coordinates"], other["geometry"]["coordinates"]]});
    let pack = city(json!({"area": [parts]}));
    let what = "The zone \"b\" has parts that overlap at 42.30250, -70.99550.";
    assert_eq!(said(&shape_faults(&pack)), [(Some(0), what)]);
}

fn swap(feature: &mut Value) {
    for position in feature["geometry"]["coordinates"][0].as_array_mut().unwrap() {
        position.as_array_mut().unwrap().reverse();
    }
}

#[test]
fn swapped_coordinates_are_recognised() {
    let mut swapped = plain("a", (0.0, 0.0), (100.0, 100.0));
    swap(&mut swapped);
    let pack = city(json!({"city": outline(), "area": [swapped]}));
    let what =
        "The zone \"a\" has its coordinates swapped: it should lie around 42.30500, -70.99500.";
    assert_eq!(said(&map_faults(&pack)), [(Some(0), what)], "and nothing of a gap");

    // Sydney, whose longitude is no latitude at all; and the outline itself is turned around, but
    // the streets are not.
    let mut turned =
        zone("all", &[[151.2, -33.9], [151.3, -33.9], [151.3, -33.8], [151.2, -33.9]], json!({}));
    swap(&mut turned);
    let mut pack = city(json!({"city": [turned]}));
    assert_eq!(swapped_faults(&pack), [], "nobody knows where the city is");
    pack.gazetteer.addresses.push(
        serde_json::from_value(
            json!({"street": 0, "number": "1", "at": {"lat": -33.87, "lon": 151.21}}),
        )
        .unwrap(),
    );
    assert_eq!(said(&swapped_faults(&pack)).len(), 1);
    assert!(swapped_faults(&city(json!({"city": outline(), "area": outline()}))).is_empty());

    // Where latitude and longitude are alike, what lies in the city is not swapped.
    let ring = [[10.0, 10.2], [10.1, 10.2], [10.1, 10.3], [10.0, 10.2]];
    assert_eq!(swapped_faults(&city(json!({"city": [zone("all", &ring, json!({}))]}))), []);
}

/// A city of 70 by 72 zones whose borders wind.
fn large() -> CityPack {
    const COLS: usize = 70;
    const ROWS: usize = 72;
    let wind = |i: usize, j: usize| {
        let edge = i == 0 || j == 0 || i == COLS * 4 || j == ROWS * 4;
        let swing = if edge { 0.0 } else { ((i * 7 + j * 13) % 5) as f64 * 0.1 - 0.2 };
        let at = |k: usize| k as f64 + swing;
        [WEST + at(i) * 1e-4, SOUTH + at(j) * 1e-4]
    };
    let mut zones = Vec::new();
    for row in 0..ROWS {
        for col in 0..COLS {
            let (x, y) = (col * 4, row * 4);
            let mut ring = Vec::new();
            ring.extend((0..4).map(|k| wind(x + k, y)));
            ring.extend((0..4).map(|k| wind(x + 4, y + k)));
            ring.extend((0..4).map(|k| wind(x + 4 - k, y + 4)));
            ring.extend((0..4).map(|k| wind(x, y + 4 - k)));
            ring.push(wind(x, y));
            zones.push(zone(&format!("z{row}-{col}"), &ring, json!({})));
        }
    }
    let far = (COLS as f64 * 4.0, ROWS as f64 * 4.0);
    city(json!({"city": [plain("all", (0.0, 0.0), far)], "area": zones}))
}

#[test]
fn a_layer_of_five_thousand_zones_is_looked_through() {
    let mut pack = large();
    assert_eq!(pack.zones["area"].features.len(), 5_040);
    assert_eq!(map_faults(&pack), []);
    // One zone grows into the next, and one goes.
    let layer = pack.zones.get_mut("area").unwrap();
    let grown = plain("z7-9", (35.0, 28.0), (40.0, 32.0));
    layer.features[7 * 70 + 9] = serde_json::from_value(grown).unwrap();
    layer.features.remove(3_000);
    let faults = map_faults(&pack);
    let all = said(&faults);
    assert!(all.iter().any(|(_, what)| what.contains("\"z7-8\" and \"z7-9\" overlap")), "{all:?}");
    assert!(
        all.iter().any(|(item, what)| item.is_none() && what.contains("lie in no zone")),
        "{all:?}"
    );
}
