//! Small cities: one of fixed streets, and any number of others.

use mend_core::city::CityPack;
use mend_core::city::pack::{Address, Asset, Places, Segment, Street, StreetClass};
use mend_core::location::Point;
use proptest::prelude::*;

pub fn point(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

/// A pack of which only the places are looked at.
pub fn pack(gazetteer: Places) -> CityPack {
    let mut pack: CityPack = serde_json::from_value(serde_json::json!({
        "format": mend_core::city::pack::FORMAT,
        "id": "0193c5a0-0000-7000-8000-000000000001",
        "version": "", "name": "Sample", "emergency_number": "112", "service_line": "555 0100",
        "time_zone": {"name": "UTC", "tzif": ""}, "languages": ["en"], "services": [],
        "departments": [], "unrouted_department": "", "crews": [], "routes": [],
        "calendar": {"hours": {}, "holidays": []}, "zones": {},
        "gazetteer": {"streets": [], "addresses": []}, "strings": {}
    }))
    .unwrap();
    pack.gazetteer = gazetteer;
    pack.sealed().unwrap()
}

/// A corner of the grid on which the sample's streets run: about 111 m by 119 m.
fn node(row: i32, column: i32) -> Point {
    point(44.63 + f64::from(row) * 0.001, -124.05 + f64::from(column) * 0.0015)
}

pub fn segment(line: &[Point], left: Option<[u32; 2]>, right: Option<[u32; 2]>) -> Segment {
    Segment { line: line.to_vec(), class: StreetClass::Street, left, right, bridge: false }
}

pub fn street(name: &str, segments: Vec<Segment>) -> Street {
    Street { name: name.into(), segments }
}

/// Kestrel Street runs east, Ropewalk Lane crosses it in the north, Fifth Street in a second
/// junction. One house of Kestrel Street, two of O’Brien Street and one of 5th Street have points.
pub fn sample() -> Places {
    let straight = |row: i32, columns: [i32; 2]| [node(row, columns[0]), node(row, columns[1])];
    Places {
        streets: vec![
            street(
                "Kestrel Street",
                vec![
                    segment(&straight(0, [0, 1]), Some([101, 159]), Some([100, 158])),
                    segment(&straight(0, [1, 2]), Some([201, 259]), Some([200, 258])),
                ],
            ),
            street("Ropewalk Lane", vec![segment(&[node(1, 1), node(0, 1)], None, Some([2, 30]))]),
            street("5th Street", vec![segment(&[node(0, 2), node(1, 2)], Some([7, 7]), None)]),
            street("Sail Loft Lane", vec![]),
            street("O’Brien Street", vec![]),
            street("Café Square", vec![segment(&straight(5, [0, 1]), None, None)]),
            street("Loftus Way", vec![segment(&straight(7, [0, 1]), None, None)]),
            street("Nowhere Road", vec![]),
        ],
        addresses: vec![
            Address { street: 0, number: "214".into(), at: point(44.6301, -124.0479) },
            Address { street: 0, number: "21".into(), at: point(44.6302, -124.0503) },
            Address { street: 4, number: "12A".into(), at: point(44.640, -124.05) },
            Address { street: 4, number: "135-141".into(), at: point(44.641, -124.05) },
            Address { street: 3, number: "7".into(), at: point(44.650, -124.05) },
            Address { street: 2, number: "12".into(), at: point(44.6304, -124.0468) },
        ],
        assets: vec![
            asset("streetlight", "SL-00412", point(44.6299, -124.0485)),
            asset("streetlight", "SL-00041", node(0, 2)),
            asset("hydrant", "HY-0412", node(9, 9)),
        ],
    }
}

pub fn asset(kind: &str, number: &str, at: Point) -> Asset {
    Asset { kind: kind.into(), number: number.into(), at, owner: None }
}

const NAMES: [&str; 12] = [
    "Kestrel", "Kes", "Ash", "Hill", "Café", "Cafe", "5th", "12th", "St James", "N Ash", "O’Ash",
    "Sl",
];
const ENDS: [&str; 6] = ["Street", "St", "Lane", "Avenue", "Hill", "Place North"];

fn any_street() -> impl Strategy<Value = Street> {
    let ends = proptest::option::weighted(0.7, (1u32..130, 1u32..130).prop_map(|(a, b)| [a, b]));
    let step = (prop_oneof![Just((0, 1)), Just((1, 0)), Just((0, -1))], ends.clone(), ends);
    let name = (proptest::sample::select(&NAMES[..]), proptest::sample::select(&ENDS[..]));
    let steps = proptest::collection::vec(step, 0..4);
    (name, (0..3, 0..3), steps).prop_map(|((name, end), (row, column), steps)| {
        let mut at = (row, column);
        let mut segments = Vec::new();
        for ((down, right), left, other) in steps {
            let next = (at.0 + down, at.1 + right);
            segments.push(segment(&[node(at.0, at.1), node(next.0, next.1)], left, other));
            at = next;
        }
        street(&format!("{name} {end}"), segments)
    })
}

/// Cities whose streets meet and whose names and numbers are alike.
pub fn any_places() -> impl Strategy<Value = Places> {
    let streets = proptest::collection::vec(any_street(), 1..9).prop_map(|mut streets| {
        streets.sort_by_key(|street| std::cmp::Reverse(street.segments.len()));
        let mut names = std::collections::BTreeSet::new();
        streets.retain(|street| names.insert(street.name.clone()));
        streets
    });
    let house = (0u32..9, (1u32..140, "|a|-9|/2"), (-30i32..60, -30i32..60));
    let houses = proptest::collection::vec(house, 0..12);
    let kinds = proptest::sample::select(
        &[("streetlight", "SL-"), ("catch_basin", "CB"), ("sign", "")][..],
    );
    let asset_of = (kinds, 1u32..130, (-30i32..60, -30i32..60));
    let assets = proptest::collection::vec(asset_of, 0..6);
    let near = |(lat, lon): (i32, i32)| {
        point(44.63 + f64::from(lat) * 0.000_1, -124.05 + f64::from(lon) * 0.000_1)
    };
    (streets, houses, assets).prop_map(move |(streets, houses, assets)| {
        let mut seen = std::collections::BTreeSet::new();
        let count = u32::try_from(streets.len()).unwrap();
        let addresses = houses.into_iter().filter_map(|(street, (value, end), at)| {
            let (street, number) = (street % count, format!("{value}{end}"));
            let fresh = seen.insert((street, number.clone()));
            fresh.then(|| Address { street, number, at: near(at) })
        });
        let addresses = addresses.collect();
        let mut seen = std::collections::BTreeSet::new();
        let assets = assets.into_iter().filter_map(|((kind, begin), number, at)| {
            let number = format!("{begin}{number:05}");
            seen.insert((kind, number.clone())).then(|| asset(kind, &number, near(at)))
        });
        let assets = assets.collect();
        Places { streets, addresses, assets }
    })
}

/// What people type, and what nobody types.
pub fn any_text() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(
        &[
            "kestrel",
            "KES",
            "ash",
            "hill",
            "café",
            "cafe",
            "CAFÉ",
            "5th",
            "12th",
            "st",
            "street",
            "saint",
            "james",
            "n",
            "north",
            "o'ash",
            "oash",
            "lane",
            "ln",
            "avenue",
            "ave",
            "place",
            "sl",
            "cb",
            "streetlight",
            "catch",
            "&",
            "and",
            "at",
            "/",
        ][..],
    );
    let begun = (word, 1usize..12).prop_map(|(word, length)| word.chars().take(length).collect());
    let number = prop_oneof![
        (1u32..140).prop_map(|n| n.to_string()),
        (1u32..140).prop_map(|n| format!("{n:05}")),
        (1u32..140, "[aA]|-9|-|/2").prop_map(|(n, end)| format!("{n}{end}")),
    ];
    let piece = prop_oneof![5 => begun, 2 => number, 1 => "[ -~é]{0,3}"];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces: Vec<String>| pieces.join(" "))
}

pub fn any_point() -> impl Strategy<Value = Point> {
    let near = (-40i32..90, -40i32..90).prop_map(|(lat, lon)| {
        point(44.63 + f64::from(lat) * 0.000_07, -124.05 + f64::from(lon) * 0.000_07)
    });
    let far = (-89.0..89.0f64, 1.0..179.0f64, any::<bool>())
        .prop_map(|(lat, lon, west)| point(lat, if west { -lon } else { lon }));
    prop_oneof![4 => near, 1 => far]
}
