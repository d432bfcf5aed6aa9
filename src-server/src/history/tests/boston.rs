//! The plan beside Boston's own records, where this machine has them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use jiff::civil::DateTime;

use super::super::days::HOUR_MS;
use super::super::shape::{self, SHAPES};
use super::{ALL, CITY, PLAN, RECORDS, UNTIL, mended};
use mend_core::time::DAY_MS;

/// Boston's types for each service: those that `shape.rs` names.
const TYPES: [(&str, &[&str]); 12] = [
    (
        "pothole",
        &[
            "Request for Pothole Repair",
            "Sidewalk Repair (Make Safe)",
            "Roadway Repair",
            "BWSC Pothole",
        ],
    ),
    (
        "streetlight",
        &["Street Light Outages", "General Lighting Request", "Street Light Knock Downs"],
    ),
    ("graffiti", &["Graffiti Removal", "PWD Graffiti"]),
    ("abandoned_vehicle", &["Abandoned Vehicles"]),
    ("illegal_dumping", &["Illegal Dumping", "Trash on Vacant Lot", "Construction Debris"]),
    ("tree", &["Tree Maintenance Requests", "Tree Emergencies", "Tree in Park"]),
    (
        "code_violation",
        &[
            "Improper Storage of Trash (Barrels)",
            "Poor Conditions of Property",
            "Unsatisfactory Living Conditions",
            "Unsafe Dangerous Conditions",
            "Working Beyond Hours",
            "Work w/out Permit",
            "Illegal Occupancy",
            "Overflowing or Un-kept Dumpster",
            "Maintenance Complaint - Residential",
        ],
    ),
    ("missed_trash", &["CE Collection", "Missed Trash/Recycling/Yard Waste/Bulk Item"]),
    (
        "water_leak",
        &[
            "Fire Hydrant",
            "Catchbasin",
            "Watermain Break",
            "BWSC General Request",
            "Utility Casting Repair",
            "No Utilities Residential - Water",
        ],
    ),
    ("sign", &["Sign Repair", "Missing Sign"]),
    ("park_maintenance", &["Ground Maintenance", "Parks General Request", "Equipment Repair"]),
    (
        "other",
        &[
            "Public Works General Request",
            "Transportation General Request",
            "Pick up Dead Animal",
            "Animal Generic Request",
            "General Comments For a Program or Policy",
        ],
    ),
];

/// A record of Boston's.
struct Row {
    service: &'static str,
    kind: String,
    opened: DateTime,
    lasts_h: Option<f64>,
}

fn instant(text: &str) -> Option<DateTime> {
    ["%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S"]
        .into_iter()
        .find_map(|form| DateTime::strptime(form, text).ok())
}

fn rows(file: impl std::io::Read) -> Vec<Row> {
    let services: BTreeMap<&str, &'static str> = TYPES
        .iter()
        .flat_map(|(service, types)| types.iter().map(|kind| (*kind, *service)))
        .collect();
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (kind, opened, closed) = (column("TYPE"), column("OPEN_DT"), column("CLOSED_DT"));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        let Some(service) = services.get(&record[kind]) else { continue };
        let Some(opened) = instant(&record[opened]) else { continue };
        let lasts_h = instant(&record[closed])
            .map(|closed| closed.duration_since(opened).as_secs_f64() / 3_600.0);
        // Written down by whoever had mended it.
        if lasts_h.is_some_and(|hours| hours <= 1.0 / 6.0) {
            continue;
        }
        rows.push(Row { service, kind: record[kind].to_owned(), opened, lasts_h });
    }
    rows
}

/// The records of 2015, and the sample of ten years. None where they are not.
fn boston() -> Option<(Vec<Row>, Vec<Row>)> {
    let dir = std::env::var_os("MEND_REFERENCE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let dir = dir.join("boston/records");
    let Ok(year) = File::open(dir.join("boston311_2015_jan-oct.csv.gz")) else {
        println!("passed over: no Boston records in {}", dir.display());
        return None;
    };
    let sample = File::open(dir.join("boston311_2015-2024_sample_dev.csv")).unwrap();
    Some((rows(flate2::read::GzDecoder::new(year)), rows(sample)))
}

/// Half the sum of the differences of two lists of shares: 0 for the same, 1 for nothing in common.
fn variation(a: &[f64], b: &[f64]) -> f64 {
    let (all_a, all_b): (f64, f64) = (a.iter().sum(), b.iter().sum());
    a.iter().zip(b).map(|(x, y)| (x / all_a - y / all_b).abs()).sum::<f64>() / 2.0
}

fn counted(size: usize, places: impl Iterator<Item = usize>) -> Vec<f64> {
    let mut counts = vec![0.0; size];
    places.for_each(|place| counts[place] += 1.0);
    counts
}

/// How much each type counts within all: its rows in the sample, or what its rows of 2015 would be
/// there.
fn weights(year: &[Row], sample: &[Row]) -> BTreeMap<&'static str, f64> {
    let count = |rows: &[Row], kind: &str| rows.iter().filter(|r| r.kind == kind).count() as f64;
    let scale = sample.len() as f64 / year.len() as f64;
    let types = TYPES.iter().flat_map(|(_, types)| types.iter());
    types
        .map(|kind| {
            let of = count(sample, kind);
            (*kind, if of > 0.0 { of } else { count(year, kind) * scale })
        })
        .collect()
}

fn weekday(at: DateTime) -> usize {
    at.date().weekday().to_monday_zero_offset() as usize
}

#[test]
fn volumes_and_rhythms_are_bostons() {
    let Some((year, sample)) = boston() else { return };
    let weights = weights(&year, &sample);
    let known = TYPES.map(|(service, _)| CITY.catalogue().service(service).is_some());
    if !known.iter().all(|known| *known) {
        println!("passed over: the city has not all of the twelve services");
        return;
    }
    let theirs: Vec<f64> =
        TYPES.iter().map(|(_, types)| types.iter().map(|kind| weights[kind]).sum()).collect();
    let place = |code: &str| TYPES.iter().position(|(service, _)| *service == code).unwrap();
    let ours = counted(12, RECORDS.iter().map(|record| place(record.report.service_code.as_str())));
    let services = variation(&theirs, &ours);
    println!("services: {services:.4}");
    assert!(services < 0.02);

    let local: Vec<DateTime> =
        RECORDS.iter().map(|record| CITY.calendar().local(record.at)).collect();
    let months = variation(
        &counted(12, sample.iter().map(|row| row.opened.month() as usize - 1)),
        &counted(12, local.iter().map(|at| at.month() as usize - 1)),
    );
    println!("months: {months:.4}");
    assert!(months < 0.05);

    let mut worst = (0.0_f64, 0.0_f64);
    for (service, _) in TYPES {
        let theirs: Vec<DateTime> =
            year.iter().filter(|row| row.service == service).map(|row| row.opened).collect();
        let ours = RECORDS.iter().zip(&local);
        let ours: Vec<DateTime> = ours
            .filter(|(record, _)| record.report.service_code == service)
            .map(|(_, at)| *at)
            .collect();
        let days = variation(
            &counted(7, theirs.iter().map(|at| weekday(*at))),
            &counted(7, ours.iter().map(|at| weekday(*at))),
        );
        let hours = variation(
            &counted(24, theirs.iter().map(|at| at.hour() as usize)),
            &counted(24, ours.iter().map(|at| at.hour() as usize)),
        );
        println!("{service}: {} records, weekdays {days:.3}, hours {hours:.3}", ours.len());
        // Where there are few records, chance alone makes them differ.
        let chance = 1.0 / (ours.len() as f64).sqrt();
        assert!(days < 0.05 + chance, "{service}: weekdays {days}");
        assert!(hours < 0.03 + 2.0 * chance, "{service}: hours {hours}");
        worst = (worst.0.max(days), worst.1.max(hours));
    }
    println!("worst of a service: weekdays {:.3}, hours {:.3}", worst.0, worst.1);
}

/// Values with weights: those below which the shares lie.
fn quantiles(mut of: Vec<(f64, f64)>, shares: &[f64]) -> Vec<f64> {
    of.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = of.iter().map(|(_, weight)| weight).sum();
    let mut found = Vec::new();
    let mut sum = 0.0;
    for (value, weight) in of {
        sum += weight;
        while found.len() < shares.len() && sum >= shares[found.len()] * all {
            found.push(value);
        }
    }
    found
}

#[test]
fn times_to_close_are_bostons() {
    const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 0.9];
    let Some((year, sample)) = boston() else { return };
    let weights = weights(&year, &sample);
    let mut far = Vec::new();
    for (service, types) in TYPES {
        let both = || year.iter().chain(&sample).filter(|row| row.service == service);
        let mut theirs = Vec::new();
        for kind in types {
            let closed: Vec<f64> =
                both().filter(|row| row.kind == *kind).filter_map(|row| row.lasts_h).collect();
            let weight = weights[kind] / closed.len().max(1) as f64;
            theirs.extend(closed.into_iter().map(|hours| (hours, weight)));
        }
        let theirs = quantiles(theirs, &SHARES);
        // What came in the last half year may be open still; that would make the rest look quick.
        let old = RECORDS.iter().filter(|record| record.at.0 < UNTIL.0 - 240 * DAY_MS);
        let ours: Vec<(f64, f64)> = old
            .filter(|record| record.report.service_code == service)
            .filter_map(|record| Some(((mended(record)?.0 - record.at.0) as f64, 1.0)))
            .map(|(ms, weight)| (ms / HOUR_MS as f64, weight))
            .collect();
        if ours.is_empty() {
            println!("{service}: passed over, the city has no such service");
            continue;
        }
        let ours = quantiles(ours, &SHARES);
        println!("{service}: Boston {theirs:.1?} h, here {ours:.1?} h");
        for ((share, theirs), ours) in SHARES.into_iter().zip(theirs).zip(ours) {
            // Boston's crews end some work at any hour, ours do not: less than a working day is no
            // difference.
            let ratio = (ours / theirs).max(theirs / ours);
            if ratio > 1.6 && (ours - theirs).abs() > 8.0 {
                far.push(format!("{service} at {share}: {theirs:.1} h there, {ours:.1} h here"));
            }
        }
    }
    assert!(far.is_empty(), "{far:?}");
}

#[test]
fn the_table_says_what_the_records_say() {
    let Some((year, sample)) = boston() else { return };
    let weights = weights(&year, &sample);
    let all: f64 = weights.values().sum();
    for (shape, (service, types)) in SHAPES.iter().zip(TYPES) {
        assert_eq!(shape.service, service);
        let share: f64 = types.iter().map(|kind| weights[kind]).sum::<f64>() / all * 1_000.0;
        assert!((share - f64::from(shape.share)).abs() <= 2.0, "{service}: {share}");
        let own = year.iter().filter(|row| row.service == service);
        let hours = counted(24, own.map(|row| row.opened.hour() as usize));
        assert!(variation(&hours, &shape.hours.map(f64::from)) < 0.01, "{service}");
        assert!(shape.lasts_h.is_sorted());
        assert!((shape.lasts_h_at(0.5) - shape.lasts_h[3]).abs() < 1e-6);
    }
    assert_eq!(shape::of("no_such_service").service, "other");
    assert_eq!(ALL as usize, PLAN.arrivals().all().len());
}
