//! The CSV files of a city's folder, which it may do without: `addresses.csv` with
//! `number,street,lat,lon`, and `assets.csv` with `kind,number,lat,lon,owner`; one thing a line.

use std::collections::HashMap;

use mend_core::city::Part;
use mend_core::city::pack::{Address, Asset, Street};
use mend_core::location::Point;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::folder::{DATA_BYTES, Folder};
use super::maps::rounded;

/// Whose an asset is that names no owner; it may also be written out.
const OWN: &str = "city";

const ADDRESS_COLUMNS: [&str; 4] = ["number", "street", "lat", "lon"];
const ASSET_COLUMNS: [&str; 5] = ["kind", "number", "lat", "lon", "owner"];

#[derive(Deserialize)]
struct AddressRow {
    number: String,
    street: String,
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
struct AssetRow {
    kind: String,
    number: String,
    lat: f64,
    lon: f64,
    owner: String,
}

/// The addresses, each in one of `streets`.
pub(super) fn addresses(folder: &mut Folder, streets: &[Street]) -> Option<Vec<Address>> {
    let file = "addresses.csv";
    let streets: HashMap<&str, u32> =
        streets.iter().zip(0..).map(|(street, i)| (street.name.as_str(), i)).collect();
    let (mut addresses, mut lines) = (Vec::new(), Vec::new());
    for (row, line) in rows::<AddressRow>(folder, file, &ADDRESS_COLUMNS)? {
        let Some(street) = streets.get(row.street.as_str()) else {
            let what = format!("There is no street {:?}.", row.street);
            folder.problem(file, line, what, "Write a name that is in streets.geojson.");
            continue;
        };
        if let Some(at) = point(folder, file, line, row.lat, row.lon) {
            addresses.push(Address { street: *street, number: row.number, at });
            lines.push(line);
        }
    }
    folder.remember(Part::Address, file, None, lines);
    Some(addresses)
}

/// What the city has numbered.
pub(super) fn assets(folder: &mut Folder) -> Option<Vec<Asset>> {
    let file = "assets.csv";
    let (mut assets, mut lines) = (Vec::new(), Vec::new());
    for (row, line) in rows::<AssetRow>(folder, file, &ASSET_COLUMNS)? {
        if let Some(at) = point(folder, file, line, row.lat, row.lon) {
            let owner = Some(row.owner).filter(|owner| !owner.is_empty() && owner != OWN);
            assets.push(Asset { kind: row.kind, number: row.number, at, owner });
            lines.push(line);
        }
    }
    folder.remember(Part::Asset, file, None, lines);
    Some(assets)
}

/// The rows that can be read, each with its line; none at all if there is no such file.
fn rows<T: DeserializeOwned>(
    folder: &mut Folder,
    file: &str,
    columns: &[&str],
) -> Option<Vec<(T, u32)>> {
    let Some(text) = folder.text_if_there(file, DATA_BYTES)? else {
        return Some(Vec::new());
    };
    let remedy = format!("Write a line of {}.", columns.join(","));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    // Said once, not for every line below.
    let stray = headers.iter().find(|header| !columns.contains(header));
    let lacking = columns.iter().find(|column| headers.iter().all(|header| header != **column));
    let what = match (stray, lacking) {
        (Some(stray), _) => format!("The first line has a column {stray:?}."),
        (None, Some(lacking)) => format!("The first line has no column {lacking:?}."),
        (None, None) => String::new(),
    };
    if !what.is_empty() {
        folder.problem(file, 1, what, format!("Write {} there.", columns.join(",")));
        return None;
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let read = record.and_then(|record| {
            let line = record.position().map_or(1, csv::Position::line);
            Ok((record.deserialize::<T>(Some(&headers))?, line))
        });
        match read {
            Ok((row, line)) => rows.push((row, narrow(line))),
            Err(error) => {
                let line = error.position().map(|position| narrow(position.line()));
                folder.problem(file, line, format!("{}.", said(&error)), remedy.as_str());
            }
        }
    }
    Some(rows)
}

/// What is wrong with a line, without the line itself: that is said already.
fn said(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("Column {} cannot be read: {}", field + 1, err.kind()),
            None => format!("The line cannot be read: {}", err.kind()),
        },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("The line has {len} columns, and the first line {expected_len}")
        }
        _ => format!("The line cannot be read: {error}"),
    }
}

fn point(folder: &mut Folder, file: &str, line: u32, lat: f64, lon: f64) -> Option<Point> {
    let error = match Point::new(rounded(lat), rounded(lon)) {
        Ok(at) => return Some(at),
        Err(error) => error,
    };
    let what = if lon.abs() <= 90.0 && lat.abs() > 90.0 {
        "Latitude and longitude are swapped.".to_owned()
    } else {
        format!("There is no such place: {error}.")
    };
    folder.problem(file, line, what, "Write latitude, then longitude, in degrees.");
    None
}

fn narrow(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
