//! The files of `cities/port-alder` that come from the geometry: names and contents.

use std::fmt::Write as _;

use crate::{
    City,
    frame::micro,
    network::Kind,
    plane::{Pt, centroid, curve, inside, length, part, pt, simplify},
    streets::Range,
    zones::Zone,
};

/// A file: its path within the city's folder, and what it holds.
pub struct File {
    /// Path, with slashes.
    pub path: &'static str,
    /// Contents.
    pub text: String,
}

/// All files, in a fixed order. The same bytes on every machine.
#[must_use]
pub fn files(city: &City) -> Vec<File> {
    let z = &city.zones;
    vec![
        File { path: "streets.geojson", text: streets(city) },
        File { path: "assets.csv", text: assets(city) },
        File { path: "zones/city.geojson", text: zones(&z.city) },
        File { path: "zones/neighborhood.geojson", text: zones(&z.neighborhoods) },
        File { path: "zones/district.geojson", text: zones(&z.districts) },
        File { path: "zones/maintenance.geojson", text: zones(&z.maintenance) },
        File { path: "zones/collection.geojson", text: zones(&z.collection) },
        File { path: "zones/park.geojson", text: zones(&z.parks) },
        File { path: "zones/beyond.geojson", text: zones(&z.beyond) },
        File { path: "basemap/land.geojson", text: land(city) },
        File { path: "basemap/water.geojson", text: water(city) },
        File { path: "basemap/parks.geojson", text: parks(city) },
        File { path: "basemap/roads.geojson", text: roads() },
        File { path: "basemap/places.geojson", text: places(city) },
    ]
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n"))
}

fn degrees(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", millionths.abs() / 1_000_000, millionths.abs() % 1_000_000)
}

fn position(p: Pt) -> String {
    let m = micro(p);
    format!("[{},{}]", degrees(m.lon), degrees(m.lat))
}

/// Positions, without those that the rounding made one.
fn positions(line: &[Pt]) -> String {
    let mut out: Vec<String> = line.iter().map(|p| position(*p)).collect();
    out.dedup();
    out.join(",")
}

fn ring(ring: &[Pt]) -> String {
    let mut line: Vec<Pt> = ring.to_vec();
    line.extend(ring.first());
    format!("[{}]", positions(&line))
}

fn polygons(polygons: &[Vec<Vec<Pt>>]) -> String {
    let one = |rings: &Vec<Vec<Pt>>| {
        format!("[{}]", rings.iter().map(|r| ring(r)).collect::<Vec<_>>().join(","))
    };
    match polygons {
        [only] => format!("{{\"type\":\"Polygon\",\"coordinates\":{}}}", one(only)),
        many => format!(
            "{{\"type\":\"MultiPolygon\",\"coordinates\":[{}]}}",
            many.iter().map(one).collect::<Vec<_>>().join(",")
        ),
    }
}

fn feature(properties: &str, geometry: &str) -> String {
    format!("{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{geometry}}}")
}

/// The word for a kind of street.
#[must_use]
pub fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Main => "main",
        Kind::Street | Kind::Border => "street",
        Kind::Lane => "lane",
        Kind::Path => "path",
    }
}

fn streets(city: &City) -> String {
    let range = |side: &str, range: Option<Range>| {
        range.map_or(String::new(), |(from, to)| format!(",\"{side}\":[{from},{to}]"))
    };
    let features: Vec<String> = city
        .streets
        .segments
        .iter()
        .map(|s| {
            let mut properties = format!(
                "\"name\":\"{}\",\"class\":\"{}\"",
                city.streets.names[s.street],
                class(s.kind)
            );
            properties += &range("left", s.left);
            properties += &range("right", s.right);
            if s.bridge {
                properties += ",\"bridge\":true";
            }
            feature(
                &properties,
                &format!("{{\"type\":\"LineString\",\"coordinates\":[{}]}}", positions(&s.line)),
            )
        })
        .collect();
    collection(&features)
}

fn assets(city: &City) -> String {
    let mut out = String::from("kind,number,lat,lon,owner\n");
    for a in &city.assets {
        let _ = writeln!(
            out,
            "{},{},{},{},{}",
            a.kind,
            a.number,
            degrees(a.at.lat),
            degrees(a.at.lon),
            a.owner
        );
    }
    out
}

fn zones(zones: &[Zone]) -> String {
    let features: Vec<String> = zones
        .iter()
        .map(|z| {
            let mut properties = format!("\"code\":\"{}\",\"name\":\"{}\"", z.code, z.name);
            if let Some(call) = z.service_line {
                let _ = write!(properties, ",\"service_line\":\"{call}\"");
            }
            feature(&properties, &polygons(&z.polygons))
        })
        .collect();
    collection(&features)
}

fn area_feature(kind: &str, name: &str, of: &[Pt]) -> String {
    let name = if name.is_empty() { String::new() } else { format!(",\"name\":\"{name}\"") };
    feature(&format!("\"kind\":\"{kind}\"{name}"), &polygons(&[vec![of.to_vec()]]))
}

fn land(city: &City) -> String {
    let t = &city.terrain;
    let mut features = vec![
        area_feature("land", "", &t.land[0]),
        area_feature("land", "", &t.land[1]),
        area_feature("island", "Heron Island", &t.island),
    ];
    features.extend(t.woods.iter().map(|w| area_feature("wood", "", w)));
    features.extend(t.beaches.iter().map(|b| area_feature("beach", "", b)));
    features.extend(t.piers.iter().map(|b| area_feature("pier", "", b)));
    collection(&features)
}

/// Roads of the county, from the city's edge to the map's.
#[must_use]
pub fn county_roads() -> Vec<(&'static str, Vec<Pt>)> {
    crate::plan::COUNTY_ROADS
        .iter()
        .map(|(name, through)| {
            let main: Vec<Pt> = crate::plan::MAINS
                .iter()
                .filter(|m| m.name == *name)
                .flat_map(|m| m.through.iter().map(|&(x, y)| pt(x, y)))
                .collect();
            let main = curve(&main, 12.0);
            let start = pt(through[0].0, through[0].1);
            // From a little inside the outline, along the main street's own line.
            let flip = main[0].to(start) < main[main.len() - 1].to(start);
            let mut line: Vec<Pt> = if flip { main.into_iter().rev().collect() } else { main };
            let total = length(&line);
            line = part(&line, total - 420.0, total - 70.0);
            line.extend(through.iter().map(|&(x, y)| pt(x, y)));
            (*name, simplify(&curve(&line, 60.0), 2.0))
        })
        .collect()
}

fn roads() -> String {
    let features: Vec<String> = county_roads()
        .iter()
        .map(|(name, line)| {
            feature(
                &format!("\"kind\":\"main\",\"name\":\"{name}\""),
                &format!("{{\"type\":\"LineString\",\"coordinates\":[{}]}}", positions(line)),
            )
        })
        .collect();
    collection(&features)
}

fn water(city: &City) -> String {
    let t = &city.terrain;
    let mut features = vec![
        area_feature("sea", "Lorne Sea", &t.sea),
        area_feature("harbor", "Alder Harbor", &t.harbor),
        feature(
            "\"kind\":\"river\",\"name\":\"Alder River\"",
            &polygons(&[vec![t.river.clone(), t.island.iter().rev().copied().collect()]]),
        ),
    ];
    features.extend(t.ponds.iter().map(|p| area_feature("pond", "", p)));
    collection(&features)
}

fn parks(city: &City) -> String {
    let features: Vec<String> = city
        .zones
        .parks
        .iter()
        .map(|z| {
            feature(&format!("\"kind\":\"park\",\"name\":\"{}\"", z.name), &polygons(&z.polygons))
        })
        .collect();
    collection(&features)
}

/// A label: what it is, its words, and where its middle goes.
pub struct Place {
    /// `town`, `neighborhood`, `water`, `park` or `landmark`.
    pub kind: &'static str,
    /// The words.
    pub name: String,
    /// Middle of the label.
    pub at: Pt,
}

/// The labels of the map.
#[must_use]
pub fn labels(city: &City) -> Vec<Place> {
    let mut out = vec![
        Place { kind: "town", name: "Port Alder".into(), at: pt(-300.0, -250.0) },
        Place { kind: "water", name: "Lorne Sea".into(), at: pt(-2050.0, -1250.0) },
        Place { kind: "water", name: "Alder Harbor".into(), at: pt(-1330.0, 420.0) },
        Place { kind: "water", name: "Alder River".into(), at: pt(900.0, 832.0) },
        Place { kind: "landmark", name: "Port Alder Light".into(), at: pt(-1985.0, 1150.0) },
    ];
    for zone in &city.zones.neighborhoods {
        let Some(ring) = zone.polygons.first().and_then(|p| p.first()) else { continue };
        out.push(Place {
            kind: "neighborhood",
            name: zone.name.clone(),
            at: middle(city, ring, 40.0),
        });
    }
    for park in &city.zones.parks {
        let Some(ring) = park.polygons.first().and_then(|p| p.first()) else { continue };
        let c = centroid(ring);
        let at = if inside(ring, c) { c } else { middle(city, ring, 0.0) };
        out.push(Place { kind: "park", name: park.name.clone(), at });
    }
    out
}

/// The dry point of a ring that lies farthest from its border and from the shore, on a grid.
fn middle(city: &City, ring: &[Pt], dry: f64) -> Pt {
    let (low, high) = crate::plane::bounds(ring);
    let edge = crate::terrain::closed(ring);
    let mut best = (f64::NEG_INFINITY, centroid(ring));
    let step = ((high.x - low.x).max(high.y - low.y) / 40.0).max(5.0);
    let mut y = low.y;
    while y < high.y {
        let mut x = low.x;
        while x < high.x {
            let p = pt(x, y);
            if inside(ring, p) && (dry == 0.0 || city.terrain.dry(p, dry)) {
                let room = crate::plane::distance(&edge, p).min(city.terrain.shore(p) * 2.0);
                if room > best.0 {
                    best = (room, p);
                }
            }
            x += step;
        }
        y += step;
    }
    best.1
}

fn places(city: &City) -> String {
    let features: Vec<String> = labels(city)
        .iter()
        .map(|p| {
            feature(
                &format!("\"kind\":\"{}\",\"name\":\"{}\"", p.kind, p.name),
                &format!("{{\"type\":\"Point\",\"coordinates\":{}}}", position(p.at)),
            )
        })
        .collect();
    collection(&features)
}
