//! What makes Port Alder a city and not noise. Each rule is a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::OnceLock,
};

use geo::{Area, Contains, Coord, Intersects, LineString, Point, Polygon, Relate};
use mend_demo_city::{
    City,
    files::files,
    frame::{self, METRES_PER_LAT, METRES_PER_LON},
    names::{QUARTERS, SPARE},
    network::Kind,
    plan::MAINS,
    plane::{Pt, along, crossing, distance, length},
    streets::{Segment, house},
    zones::Zone,
};

fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(City::new)
}

fn street(segment: &Segment) -> &'static str {
    &city().streets.names[segment.street]
}

/// The polygon as the file has it: corners on the grid of millionths of a degree.
fn polygons(zone: &Zone) -> Vec<Polygon> {
    let ring = |ring: &Vec<Pt>| -> LineString {
        ring.iter()
            .map(|p| {
                let m = frame::micro(*p);
                Coord { x: m.lon as f64 / 1e6, y: m.lat as f64 / 1e6 }
            })
            .collect()
    };
    zone.polygons
        .iter()
        .map(|rings| Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect()))
        .collect()
}

fn point(p: Pt) -> Point {
    Point::new(frame::LON + p.x / METRES_PER_LON, frame::LAT + p.y / METRES_PER_LAT)
}

/// Every house: its segment, number, place.
fn houses() -> impl Iterator<Item = (&'static Segment, u32, Pt)> {
    city().streets.segments.iter().flat_map(|s| {
        [(s.left, true), (s.right, false)]
            .into_iter()
            .filter_map(|(r, left)| r.map(|r| (r, left)))
            .flat_map(move |(range, left)| {
                (range.0..=range.1).step_by(2).map(move |n| (s, n, house(&s.line, range, left, n)))
            })
    })
}

#[test]
fn the_committed_files_are_what_the_generator_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cities/port-alder");
    for file in files(city()) {
        let there = std::fs::read_to_string(folder.join(file.path)).unwrap_or_default();
        assert!(
            there == file.text,
            "{} is not what the generator makes: cargo xtask demo-city writes it",
            file.path
        );
    }
}

#[test]
fn the_same_city_every_time_and_small() {
    let (first, second) = (files(city()), files(&City::new()));
    for (a, b) in first.iter().zip(&second) {
        assert!(a.text == b.text, "{}", a.path);
    }
    let total: usize = first.iter().map(|f| f.text.len()).sum();
    assert!(total < 1_200_000, "{total}");
    let assets = first.iter().find(|f| f.path == "assets.csv").unwrap();
    assert!(assets.text.len() < 250_000 && city().assets.len() <= 5000);
}

#[test]
fn a_town_of_some_size() {
    let n = city().streets.segments.len();
    assert!((1350..=1650).contains(&n), "{n}");
    assert!((350..=500).contains(&city().streets.names.len()), "{}", city().streets.names.len());
    assert!((22..=26).contains(&city().zones.neighborhoods.len()));
    assert!((12..=20).contains(&city().zones.parks.len()), "{}", city().zones.parks.len());
    let bridges: Vec<&Segment> = city().streets.segments.iter().filter(|s| s.bridge).collect();
    assert!((4..=6).contains(&bridges.len()), "{}", bridges.len());
}

#[test]
fn what_other_tests_rely_on() {
    let zone = |code: &str| city().zones.neighborhoods.iter().find(|z| z.code == code).unwrap();
    for (code, lat, lon) in [
        ("old_mill", 44.629, -124.049),
        ("harbor", 44.629, -124.058),
        ("beacon_hill", 44.630, -124.040),
    ] {
        let p = frame::board(lat, lon);
        assert!(zone(code).contains(p), "{code}");
        assert!(!city().terrain.wet(p), "{code}");
        assert!(city().zones.city[0].contains(p));
    }
    let kestrel = frame::board(44.631_732, -124.051_676);
    let found: Vec<Pt> = houses()
        .filter(|(s, n, _)| street(s) == "Kestrel Street" && *n == 214)
        .map(|h| h.2)
        .collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].to(kestrel) < 40.0, "{}", found[0].to(kestrel));
    assert!(zone("old_mill").contains(found[0]));
    for name in ["Ropewalk Lane", "Fulmar Street", "Sail Loft Lane"] {
        assert!(city().streets.names.iter().any(|n| n == name), "{name}");
    }
}

#[test]
fn no_street_in_water_but_bridges_and_they_cross_the_river_squarely() {
    let city = city();
    for s in &city.streets.segments {
        let total = length(&s.line);
        let steps = (total / 2.0).ceil() as usize;
        let wet: Vec<Pt> = (0..=steps)
            .map(|k| along(&s.line, total * k as f64 / steps as f64).0)
            .filter(|p| city.terrain.wet(*p))
            .collect();
        assert_eq!(s.bridge, !wet.is_empty(), "{}", street(s));
        if let (Some(first), Some(last)) = (wet.first(), wet.last()) {
            assert!(first.to(*last) < 230.0, "{} is {} m over water", street(s), first.to(*last));
            let middle = *first + (*last - *first) * 0.5;
            let river = &city.terrain.middle;
            let at = mend_demo_city::plane::project(river, middle);
            let flow = (along(river, at + 60.0).0 - along(river, at - 60.0).0).unit();
            let slant = flow.dot((*last - *first).unit()).abs();
            assert!(slant < 0.30, "{} crosses at a slant of {slant:.2}", street(s));
        }
    }
}

#[test]
fn numbers_rise_along_each_street_odd_and_even_by_side_and_never_twice() {
    let mut highest: BTreeMap<(usize, bool), u32> = BTreeMap::new();
    let mut any = 0;
    for s in &city().streets.segments {
        for (range, left) in [(s.left, true), (s.right, false)] {
            let Some((from, to)) = range else { continue };
            assert!(from < to, "{} {from} {to}", street(s));
            assert_eq!((from % 2 == 1, to % 2 == 1), (left, left), "{}", street(s));
            // Segments stand in the order of their street: each range above all before it.
            let before = highest.entry((s.street, left)).or_default();
            assert!(from > *before, "{} {from} after {before}", street(s));
            *before = to;
            any += 1;
        }
    }
    assert!(any > 1500, "{any}");
    let numbers: BTreeSet<(usize, u32)> = houses().map(|(s, n, _)| (s.street, n)).collect();
    assert_eq!(numbers.len(), houses().count(), "no number twice");
}

#[test]
fn a_name_is_one_street_and_its_segments_follow_one_another() {
    let streets = &city().streets;
    let unique: BTreeSet<&String> = streets.names.iter().collect();
    assert_eq!(unique.len(), streets.names.len());
    for pair in streets.segments.windows(2) {
        if pair[0].street == pair[1].street {
            assert_eq!(pair[0].ends.1, pair[1].ends.0, "{}", street(&pair[0]));
            assert_eq!(pair[0].line.last(), pair[1].line.first(), "{}", street(&pair[0]));
        }
    }
    let runs = 1 + streets.segments.windows(2).filter(|w| w[0].street != w[1].street).count();
    assert_eq!(runs, streets.names.len(), "each street stands together");
}

#[test]
fn names_follow_the_themes_of_their_quarters() {
    let words: Vec<BTreeSet<&str>> =
        QUARTERS.iter().map(|q| q.theme.split(' ').collect()).collect();
    let spare: BTreeSet<&str> = SPARE.split(' ').collect();
    let fixed: BTreeSet<&str> = mend_demo_city::names::FIXED.iter().map(|f| f.0).collect();
    let dead = dead_ends();
    let (mut themed, mut all) = (0, 0);
    for (i, name) in city().streets.names.iter().enumerate() {
        let mine: Vec<&Segment> =
            city().streets.segments.iter().filter(|s| s.street == i).collect();
        let (stem, suffix) = name.rsplit_once(' ').unwrap();
        if mine[0].kind == Kind::Main {
            assert!(MAINS.iter().any(|m| m.name == name), "{name}");
            continue;
        }
        assert!(["Street", "Lane", "Avenue", "Way", "Court"].contains(&suffix), "{name}");
        assert_eq!(suffix == "Lane", mine[0].kind == Kind::Lane, "{name}");
        if suffix == "Court" {
            let ends = [mine[0].ends.0, mine[mine.len() - 1].ends.1];
            assert!(ends.iter().any(|n| dead.contains(n)), "{name} is no dead end");
        }
        if fixed.contains(name.as_str()) {
            continue;
        }
        all += 1;
        // The theme of a quarter that the street touches.
        let touched = QUARTERS.iter().enumerate().filter(|(q, _)| {
            mine.iter().any(|s| {
                city().zones.neighborhoods[*q].contains(along(&s.line, length(&s.line) / 2.0).0)
            })
        });
        let themed_here = touched.into_iter().any(|(q, _)| words[q].contains(stem));
        assert!(themed_here || spare.contains(stem), "{name}");
        themed += usize::from(themed_here);
    }
    assert!(themed * 100 >= all * 95, "{themed} of {all}");
    // No word in two themes: a name tells the quarter.
    let mut seen = BTreeSet::new();
    for word in words.iter().flatten() {
        assert!(seen.insert(*word), "{word} is in two themes");
    }
}

fn dead_ends() -> BTreeSet<usize> {
    let mut degree: BTreeMap<usize, usize> = BTreeMap::new();
    for s in &city().streets.segments {
        *degree.entry(s.ends.0).or_default() += 1;
        *degree.entry(s.ends.1).or_default() += 1;
    }
    degree.into_iter().filter(|(_, n)| *n == 1).map(|(node, _)| node).collect()
}

#[test]
fn the_streets_hang_together() {
    let segments = &city().streets.segments;
    let mut reached = BTreeSet::from([segments[0].ends.0]);
    loop {
        let before = reached.len();
        for s in segments {
            if reached.contains(&s.ends.0) || reached.contains(&s.ends.1) {
                reached.extend([s.ends.0, s.ends.1]);
            }
        }
        if reached.len() == before {
            break;
        }
    }
    assert!(segments.iter().all(|s| reached.contains(&s.ends.0)));
}

#[test]
fn streets_meet_only_at_junctions_and_junctions_keep_their_distance() {
    let segments = &city().streets.segments;
    for (i, a) in segments.iter().enumerate() {
        for b in &segments[i + 1..] {
            for v in a.line.windows(2) {
                for w in b.line.windows(2) {
                    let Some((t, _)) = crossing(v[0], v[1], w[0], w[1]) else { continue };
                    let at = v[0] + (v[1] - v[0]) * t;
                    let ends = [a.line[0], a.line[a.line.len() - 1]];
                    let others = [b.line[0], b.line[b.line.len() - 1]];
                    assert!(
                        ends.iter().any(|p| others.contains(p) && p.to(at) < 0.5),
                        "{} crosses {} at {at:?}",
                        street(a),
                        street(b)
                    );
                }
            }
        }
    }
    let junctions: BTreeSet<usize> = segments.iter().flat_map(|s| [s.ends.0, s.ends.1]).collect();
    let places: Vec<Pt> = junctions.iter().map(|n| city().network.nodes[*n]).collect();
    for (i, p) in places.iter().enumerate() {
        for q in &places[i + 1..] {
            assert!(p.to(*q) >= 8.0, "{p:?} and {q:?} are {:.1} m apart", p.to(*q));
        }
    }
}

#[test]
fn no_street_runs_beside_another_and_no_corner_is_a_needle() {
    let segments = &city().streets.segments;
    for (i, a) in segments.iter().enumerate() {
        let total = length(&a.line);
        for b in &segments[i + 1..] {
            let shared = a.ends.0 == b.ends.0
                || a.ends.0 == b.ends.1
                || a.ends.1 == b.ends.0
                || a.ends.1 == b.ends.1;
            if !shared {
                // The middle of a street has room for a house on either side.
                let d = distance(&b.line, along(&a.line, total / 2.0).0);
                assert!(d > 8.0, "{} and {} are {d:.1} m apart", street(a), street(b));
                continue;
            }
            for (n, start) in [(a.ends.0, true), (a.ends.1, false)] {
                if b.ends.0 != n && b.ends.1 != n {
                    continue;
                }
                let leave = |s: &Segment, start: bool| {
                    let total = length(&s.line);
                    let near = (total / 2.0).min(14.0);
                    if start {
                        (along(&s.line, near).0 - s.line[0]).unit()
                    } else {
                        (along(&s.line, total - near).0 - s.line[s.line.len() - 1]).unit()
                    }
                };
                let cos = leave(a, start).dot(leave(b, b.ends.0 == n));
                if a.ends != b.ends && (a.ends.1, a.ends.0) != b.ends {
                    assert!(
                        cos < 0.92,
                        "{} leaves {} at {:.0} degrees",
                        street(a),
                        street(b),
                        cos.acos().to_degrees()
                    );
                }
            }
        }
    }
}

fn quantiles(mut lengths: Vec<f64>) -> [f64; 5] {
    lengths.sort_by(f64::total_cmp);
    [10, 25, 50, 75, 90].map(|q| lengths[lengths.len() * q / 100])
}

fn lengths() -> Vec<f64> {
    city().streets.segments.iter().map(|s| length(&s.line)).collect()
}

#[test]
fn segments_have_lengths_of_streets() {
    let [p10, p25, p50, p75, p90] = quantiles(lengths());
    assert!((18.0..40.0).contains(&p10), "{p10}");
    assert!((35.0..60.0).contains(&p25), "{p25}");
    assert!((62.0..95.0).contains(&p50), "{p50}");
    assert!((100.0..150.0).contains(&p75), "{p75}");
    assert!((165.0..240.0).contains(&p90), "{p90}");
    for s in &city().streets.segments {
        let long = length(&s.line);
        assert!((8.0..1300.0).contains(&long), "{} {long:.0} m", street(s));
    }
}

#[test]
fn segments_are_as_long_and_as_short_as_bostons() {
    let file = std::env::var_os("MEND_REFERENCE_DATA")
        .map(|folder| Path::new(&folder).join("boston/streets/sam_street_segments.csv"))
        .filter(|file| file.is_file());
    let Some(file) = file else {
        println!("passed over: MEND_REFERENCE_DATA has no boston/streets");
        return;
    };
    let mut reader = csv::Reader::from_path(file).unwrap();
    let column = reader.headers().unwrap().iter().position(|h| h == "SHAPESTLength").unwrap();
    // Feet, as the state plane has them.
    let mut boston: Vec<f64> =
        reader.records().map(|row| row.unwrap()[column].parse::<f64>().unwrap() * 0.3048).collect();
    let mut ours = lengths();
    for ((ours, boston), tolerance) in quantiles(ours.clone())
        .into_iter()
        .zip(quantiles(boston.clone()))
        .zip([0.45, 0.30, 0.25, 0.25, 0.20])
    {
        assert!((ours / boston - 1.0).abs() < tolerance, "{ours:.0} m, Boston {boston:.0} m");
    }
    ours.sort_by(f64::total_cmp);
    boston.sort_by(f64::total_cmp);
    let share = |of: &[f64], x: f64| of.partition_point(|l| *l <= x) as f64 / of.len() as f64;
    let apart =
        ours.iter().map(|x| (share(&ours, *x) - share(&boston, *x)).abs()).fold(0.0, f64::max);
    println!("Kolmogorov-Smirnov distance {apart:.3}");
    assert!(apart <= 0.12, "{apart}");
}

#[test]
fn neighborhoods_differ_in_density() {
    let mut density: Vec<(f64, &str)> = city()
        .zones
        .neighborhoods
        .iter()
        .map(|z| {
            let n = city()
                .streets
                .segments
                .iter()
                .filter(|s| z.contains(along(&s.line, length(&s.line) / 2.0).0))
                .count();
            assert!(n > 3, "{} has {n} segments", z.code);
            (n as f64 / (z.area() / 1e6), z.code.as_str())
        })
        .collect();
    density.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (low, high) = (density[0], density[density.len() - 1]);
    assert!(high.0 > 5.0 * low.0, "{low:?} {high:?}");
}

#[test]
fn each_layer_covers_the_city_once() {
    let z = &city().zones;
    let outline = &polygons(&z.city[0])[0];
    for layer in [&z.neighborhoods, &z.districts, &z.maintenance, &z.collection] {
        let mut sum = 0.0;
        let mut edges: BTreeMap<(frame::Micro, frame::Micro), usize> = BTreeMap::new();
        for zone in layer {
            assert_eq!(zone.polygons.len(), 1, "{} lies in pieces", zone.code);
            let shape = &polygons(zone)[0];
            sum += shape.unsigned_area();
            for ring in zone.polygons.iter().flatten() {
                for i in 0..ring.len() {
                    let (a, b) = (frame::micro(ring[i]), frame::micro(ring[(i + 1) % ring.len()]));
                    *edges.entry((a, b)).or_default() += 1;
                }
            }
        }
        assert!((sum / outline.unsigned_area() - 1.0).abs() < 1e-9, "{sum}");
        // Each stretch of border has a zone on its other side, or the city ends there: the same
        // points in the other direction.
        let ring = &z.city[0].polygons[0][0];
        let rim: BTreeSet<(frame::Micro, frame::Micro)> = (0..ring.len())
            .map(|i| (frame::micro(ring[i]), frame::micro(ring[(i + 1) % ring.len()])))
            .collect();
        for ((a, b), n) in &edges {
            assert_eq!(*n, 1);
            assert!(edges.contains_key(&(*b, *a)) != rim.contains(&(*a, *b)), "{a:?} {b:?}");
        }
    }
}

#[test]
fn every_address_lies_in_one_zone_of_each_layer() {
    let z = &city().zones;
    let outline = &polygons(&z.city[0])[0];
    for layer in [&z.neighborhoods, &z.districts, &z.maintenance, &z.collection] {
        let shapes: Vec<Polygon> = layer.iter().map(|zone| polygons(zone).remove(0)).collect();
        for (s, n, at) in houses() {
            let p = point(at);
            assert!(outline.contains(&p), "{n} {} is outside", street(s));
            let zones = shapes.iter().filter(|shape| shape.contains(&p)).count();
            let on_border = shapes.iter().filter(|shape| shape.intersects(&p)).count();
            assert!(
                zones == 1 || zones == 0 && on_border > 0,
                "{n} {} is in {zones} zones",
                street(s)
            );
        }
    }
}

#[test]
fn houses_stand_on_dry_ground_and_not_in_parks() {
    for (s, n, at) in houses() {
        assert!(!city().terrain.wet(at), "{n} {} stands in water", street(s));
        assert!(
            !city().zones.parks.iter().any(|p| p.contains(at)),
            "{n} {} stands in a park",
            street(s)
        );
    }
}

#[test]
fn what_lies_beyond_surrounds_the_city_without_gap() {
    let z = &city().zones;
    let shapes: Vec<Polygon> = z.beyond.iter().map(|zone| polygons(zone).remove(0)).collect();
    let outline = polygons(&z.city[0]).remove(0);
    for (i, a) in shapes.iter().enumerate() {
        assert!(geo::Validation::is_valid(a), "{}", z.beyond[i].code);
        assert!(
            !a.relate(&outline).is_overlaps() && a.relate(&outline).is_touches(),
            "{}",
            z.beyond[i].code
        );
        for b in &shapes[i + 1..] {
            let relation = a.relate(b);
            assert!(relation.is_touches() || relation.is_disjoint());
        }
    }
    // A grid of points up to 10 km around: each in the city or in exactly one zone beyond.
    for row in -50..=50 {
        for column in -50..=50 {
            let p = point(mend_demo_city::plane::pt(
                f64::from(column) * 250.3 + 0.7,
                f64::from(row) * 250.7 + 0.3,
            ));
            let n = shapes.iter().chain([&outline]).filter(|s| s.contains(&p)).count();
            assert_eq!(n, 1, "{p:?}");
        }
    }
}

#[test]
fn all_polygons_are_valid() {
    let z = &city().zones;
    for zone in [
        &z.city,
        &z.neighborhoods,
        &z.districts,
        &z.maintenance,
        &z.collection,
        &z.parks,
        &z.beyond,
    ]
    .into_iter()
    .flatten()
    {
        for shape in polygons(zone) {
            assert!(geo::Validation::is_valid(&shape), "{}", zone.code);
        }
    }
    for file in files(city()).iter().filter(|f| f.path.ends_with(".geojson")) {
        let json: geojson::FeatureCollection = file.text.parse().unwrap();
        assert!(!json.features.is_empty(), "{}", file.path);
        assert_eq!(
            file.text.lines().count(),
            json.features.len() + 2,
            "{}: one feature a line",
            file.path
        );
        if file.path.starts_with("basemap/") {
            for feature in json.features {
                let shape: geo::Geometry = feature.geometry.unwrap().try_into().unwrap();
                assert!(
                    geo::Validation::is_valid(&shape),
                    "{} {:?}",
                    file.path,
                    feature.properties
                );
            }
        }
    }
}

#[test]
fn parks_are_dry_or_shores_and_hold_no_other_park() {
    let parks: Vec<(&str, Polygon)> =
        city().zones.parks.iter().map(|z| (z.code.as_str(), polygons(z).remove(0))).collect();
    let outline = polygons(&city().zones.city[0]).remove(0);
    for (i, (code, park)) in parks.iter().enumerate() {
        assert!(outline.contains(park), "{code}");
        assert!(park.unsigned_area() * METRES_PER_LAT * METRES_PER_LON > 900.0, "{code}");
        for (other, shape) in &parks[i + 1..] {
            assert!(!park.intersects(shape), "{code} {other}");
        }
    }
}

#[test]
fn assets_stand_where_they_should() {
    let count = |kind: &str| city().assets.iter().filter(|a| a.kind == kind).count();
    assert!((1600..=2300).contains(&count("streetlight")), "{}", count("streetlight"));
    for (kind, least) in [
        ("hydrant", 150),
        ("catch_basin", 200),
        ("bench", 60),
        ("playground", 6),
        ("restroom", 4),
        ("stop_sign", 200),
        ("traffic_signal", 20),
        ("litter_bin", 100),
        ("street_tree", 400),
    ] {
        assert!(count(kind) >= least, "{kind} {}", count(kind));
    }
    let mut numbers = BTreeSet::new();
    let outline = &city().zones.city[0];
    for a in &city().assets {
        assert!(numbers.insert(&a.number), "{}", a.number);
        let p = frame::board(a.at.lat as f64 / 1e6, a.at.lon as f64 / 1e6);
        assert!(outline.contains(p) && !city().terrain.wet(p), "{}", a.number);
    }
    assert!(city().assets.is_sorted());
    let power = city().assets.iter().filter(|a| a.owner == "alder_power").count();
    assert!(power > 50, "{power}");
    assert!(
        city()
            .assets
            .iter()
            .all(|a| a.owner == "city" || a.owner == "alder_power" && a.kind == "streetlight")
    );
}
