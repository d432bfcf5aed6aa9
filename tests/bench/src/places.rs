//! Finding addresses while they are typed, in Boston.
//!
//! Two cities: Boston's address points with its streetlights; and Boston's streets as lines, with
//! ranges of house numbers made up in blocks of a hundred, which have eleven times as many houses.
//! What is typed: addresses drawn at random, every keystroke one search, most of them in the usual
//! order and some with the number behind the street. The plain way is an indexed SQLite table of
//! whole addresses and `LIKE 'typed%'`; it finds nothing but beginnings.

use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use fastrand::Rng;
use geojson::{FeatureCollection, GeometryValue};
use mend_core::city::gazetteer::houses::HouseRange;
use mend_core::city::pack::{Address, Asset, CityPack, Places as Gazetteer, Segment, Street};
use mend_core::location::Point;
use mend_places::Places;
use rusqlite::Connection;

use crate::figure::{Figure, median, percentile};
use crate::{Outcome, reference};

/// As many as the interface shows.
const SHOWN: usize = 8;
/// Addresses that are typed.
const TYPED: usize = 2_000;
const BUILDS: usize = 5;

pub fn run() -> Result<Outcome> {
    let boston = match reference::folder("boston") {
        Ok(folder) => folder,
        Err(why) => return Ok(Outcome::PassedOver(why)),
    };
    let mut figures = Vec::new();
    let points = points(&boston)?;
    let labels: Vec<String> = points
        .addresses
        .iter()
        .filter_map(|a| {
            Some(format!("{} {}", a.number, points.streets.get(a.street as usize)?.name))
        })
        .collect();
    measure("places", points, &labels, &mut figures)?;
    let (ranges, labels) = ranges(&boston)?;
    measure("places.ranges", ranges, &labels, &mut figures)?;
    Ok(Outcome::Measured(figures))
}

fn measure(
    name: &str,
    gazetteer: Gazetteer,
    labels: &[String],
    figures: &mut Vec<Figure>,
) -> Result<()> {
    let mut random = Rng::with_seed(311);
    let at: Vec<Point> = gazetteer.addresses.iter().map(|address| address.at).collect();
    let pack = pack(gazetteer)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("places.sqlite");
    let mut builds = Vec::new();
    for _ in 0..BUILDS {
        for entry in fs::read_dir(folder.path())? {
            fs::remove_file(entry?.path())?;
        }
        let start = Instant::now();
        drop(Places::open(&file, &pack)?);
        builds.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let start = Instant::now();
    let places = Places::open(&file, &pack)?;
    let opened = start.elapsed().as_secs_f64() * 1000.0;
    let plain_file = folder.path().join("plain.sqlite");
    let (plain, plain_build) = plain(&plain_file, labels)?;

    let typed = keystrokes(labels, &mut random);
    let (mut ours, mut beside) = (Vec::new(), Vec::new());
    for text in &typed {
        ours.push(milliseconds(|| Ok(places.search(text, None, SHOWN)?.len()))?);
        beside.push(milliseconds(|| like(&plain, text))?);
    }
    let whole: Vec<&String> = (0..TYPED).map(|_| &labels[random.usize(..labels.len())]).collect();
    let mut first = 0;
    for label in &whole {
        let found = places.search(label, None, 1)?;
        first += usize::from(found.first().is_some_and(|place| place.label == **label));
    }
    let mut near = Vec::new();
    for _ in 0..TYPED {
        let from = if at.is_empty() { inside(&mut random)? } else { at[random.usize(..at.len())] };
        near.push(milliseconds(|| Ok(places.nearest(from, SHOWN)?.len()))?);
    }
    let size = |path: &Path| -> Result<f64> { Ok(fs::metadata(path)?.len() as f64 / 1_048_576.0) };
    let figure = |part: &str| format!("{name}.{part}");
    figures.extend([
        Figure::alone(&figure("addresses"), labels.len() as f64, ""),
        Figure::alone(&figure("searches"), typed.len() as f64, ""),
        Figure::less(&figure("search_p50"), percentile(&ours, 0.5), percentile(&beside, 0.5), "ms"),
        Figure::less(
            &figure("search_p99"),
            percentile(&ours, 0.99),
            percentile(&beside, 0.99),
            "ms",
        ),
        Figure::less(&figure("search_max"), percentile(&ours, 1.0), percentile(&beside, 1.0), "ms"),
        Figure::alone(&figure("found_first"), first as f64 / whole.len() as f64 * 100.0, "%"),
        Figure::alone(&figure("nearest_p50"), percentile(&near, 0.5), "ms"),
        Figure::alone(&figure("nearest_p99"), percentile(&near, 0.99), "ms"),
        Figure::less(&figure("build"), median(builds), plain_build, "ms"),
        Figure::alone(&figure("open"), opened, "ms"),
        Figure::less(&figure("file"), size(&file)?, size(&plain_file)?, "MiB"),
    ]);
    slowest(&typed, &ours);
    Ok(())
}

fn milliseconds(work: impl FnOnce() -> Result<usize>) -> Result<f64> {
    let start = Instant::now();
    black_box(work()?);
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// What to look at first when the slowest searches become slower.
fn slowest(typed: &[String], times: &[f64]) {
    let slowest = typed.iter().zip(times).max_by(|a, b| a.1.total_cmp(b.1));
    if let Some((text, time)) = slowest {
        println!("  slowest: {text:?}, {time:.2} ms");
    }
}

/// The texts that a search field sees while addresses are typed into it, in small letters.
fn keystrokes(labels: &[String], random: &mut Rng) -> Vec<String> {
    let mut typed = Vec::new();
    for _ in 0..TYPED {
        let label = labels[random.usize(..labels.len())].to_lowercase();
        let street = label.split_once(',').map_or(label.as_str(), |(street, _)| street);
        let text = match street.split_once(' ') {
            Some((number, street)) if random.u8(..10) < 3 => format!("{street} {number}"),
            _ => street.to_owned(),
        };
        // People stop typing when they see it: most often in the middle of the street.
        let length = text.chars().count();
        let stop = random.usize(length.div_ceil(2)..=length);
        typed.extend((1..=stop).map(|end| text.chars().take(end).collect::<String>()));
    }
    random.shuffle(&mut typed);
    typed
}

fn plain(path: &Path, labels: &[String]) -> Result<(Connection, f64)> {
    let start = Instant::now();
    let mut plain = Connection::open(path)?;
    plain.execute_batch("CREATE TABLE address (label TEXT NOT NULL COLLATE NOCASE)")?;
    let tx = plain.transaction()?;
    {
        let mut add = tx.prepare("INSERT INTO address VALUES (?1)")?;
        for label in labels {
            add.execute([label])?;
        }
    }
    tx.execute_batch("CREATE INDEX by_label ON address (label)")?;
    tx.commit()?;
    Ok((plain, start.elapsed().as_secs_f64() * 1000.0))
}

fn like(plain: &Connection, text: &str) -> Result<usize> {
    let sql = format!("SELECT label FROM address WHERE label LIKE ?1 LIMIT {SHOWN}");
    let mut query = plain.prepare_cached(&sql)?;
    let found = query.query_map([format!("{text}%")], |row| row.get::<_, String>(0))?;
    Ok(found.collect::<rusqlite::Result<Vec<_>>>()?.len())
}

/// A point somewhere in Boston.
fn inside(random: &mut Rng) -> Result<Point> {
    let lat = 42.25 + random.f64() * 0.12;
    Ok(Point::new(lat, -71.15 + random.f64() * 0.1)?)
}

fn pack(gazetteer: Gazetteer) -> Result<CityPack> {
    let mut pack: CityPack = serde_json::from_value(serde_json::json!({
        "format": mend_core::city::pack::FORMAT,
        "id": "0193c5a0-0000-7000-8000-000000000001",
        "version": "", "name": "Boston", "emergency_number": "911", "service_line": "311",
        "time_zone": {"name": "", "tzif": ""}, "languages": ["en"], "services": [],
        "departments": [], "unrouted_department": "", "crews": [], "routes": [],
        "calendar": {"hours": {}, "holidays": []}, "zones": {},
        "gazetteer": {"streets": [], "addresses": []}, "strings": {}
    }))?;
    pack.gazetteer = gazetteer;
    Ok(pack.sealed()?)
}

/// Boston's address points, and its streetlights as assets.
fn points(boston: &Path) -> Result<Gazetteer> {
    let mut gazetteer = Gazetteer::default();
    let mut known: HashMap<String, u32> = HashMap::new();
    for row in rows(&boston.join("streets/address_points_derived.csv"))? {
        let row = row?;
        let name = format!("{}, {}", &row["street"], &row["neighborhood"]);
        let next = u32::try_from(gazetteer.streets.len())?;
        let street = *known.entry(name).or_insert_with_key(|name| {
            gazetteer.streets.push(Street { name: name.clone(), segments: Vec::new() });
            next
        });
        let at = Point::new(row["lat"].parse()?, row["lon"].parse()?)?;
        gazetteer.addresses.push(Address { street, number: row["number"].clone(), at });
    }
    for (row, number) in rows(&boston.join("assets/streetlights.csv"))?.zip(1..) {
        let row = row?;
        let at = Point::new(row["lat"].parse()?, row["long"].parse()?)?;
        let (kind, number) = ("streetlight".to_owned(), format!("SL-{number:05}"));
        gazetteer.assets.push(Asset { kind, number, at, owner: None });
    }
    Ok(gazetteer)
}

fn rows(path: &Path) -> Result<impl Iterator<Item = Result<HashMap<String, String>>>> {
    let reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
    Ok(reader.into_deserialize().map(|row| Ok(row?)))
}

/// Boston's streets as lines with made-up ranges, and the addresses on them.
fn ranges(boston: &Path) -> Result<(Gazetteer, Vec<String>)> {
    let path = boston.join("streets/osm_streets.geojson");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut gazetteer = Gazetteer::default();
    let mut known: HashMap<String, usize> = HashMap::new();
    for feature in text.parse::<FeatureCollection>()?.features {
        let name = feature.property("name").and_then(|name| name.as_str()).unwrap_or_default();
        let Some(GeometryValue::LineString { coordinates }) =
            feature.geometry.as_ref().map(|g| &g.value)
        else {
            continue;
        };
        let line = coordinates.iter().map(|at| Point::new(at[1], at[0]));
        let street = *known.entry(name.to_owned()).or_insert_with(|| {
            gazetteer.streets.push(Street { name: name.to_owned(), segments: Vec::new() });
            gazetteer.streets.len() - 1
        });
        let segments = &mut gazetteer.streets[street].segments;
        let block = u32::try_from(segments.len())? * 100;
        segments.push(Segment {
            line: line.collect::<Result<_, _>>()?,
            class: Default::default(),
            left: Some([block + 1, block + 39]),
            right: Some([block + 2, block + 40]),
            bridge: false,
        });
    }
    let labels = gazetteer
        .streets
        .iter()
        .flat_map(|street| {
            let ranges = street.segments.iter().flat_map(HouseRange::of);
            let numbers: Vec<u32> = ranges.flat_map(|range| range.numbers()).collect();
            numbers.into_iter().map(move |number| format!("{number} {}", street.name))
        })
        .collect();
    Ok((gazetteer, labels))
}
