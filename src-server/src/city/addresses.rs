//! `addresses.csv` of a city's folder: `number,street,lat,lon`, one address a line.

use std::collections::HashMap;

use mend_core::city::Part;
use mend_core::city::pack::{Address, Street};
use mend_core::location::Point;
use serde::Deserialize;

use super::folder::{DATA_BYTES, Folder};
use super::maps::rounded;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: String,
    street: String,
    lat: f64,
    lon: f64,
}

/// The addresses, each in one of `streets`.
pub(super) fn read(folder: &mut Folder, streets: &[Street]) -> Option<Vec<Address>> {
    let file = "addresses.csv";
    let text = folder.text(file, DATA_BYTES)?;
    let streets: HashMap<&str, u32> =
        streets.iter().zip(0..).map(|(street, i)| (street.name.as_str(), i)).collect();
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let (mut addresses, mut lines) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let (row, line) = match record.and_then(|record| {
            let line = record.position().map(csv::Position::line);
            Ok((record.deserialize::<Row>(Some(&headers))?, line))
        }) {
            Ok(found) => found,
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                let what = format!("The address cannot be read: {error}.");
                folder.problem(file, narrow(line), what, "Write number,street,lat,lon.");
                continue;
            }
        };
        let line = narrow(line);
        let Some(street) = streets.get(row.street.as_str()) else {
            let what = format!("There is no street {:?}.", row.street);
            folder.problem(file, line, what, "Write a name that is in streets.geojson.");
            continue;
        };
        match Point::new(rounded(row.lat), rounded(row.lon)) {
            Ok(at) => {
                addresses.push(Address { street: *street, number: row.number, at });
                lines.push(line.unwrap_or(1));
            }
            Err(error) => {
                let what = format!("The address has no place: {error}.");
                folder.problem(file, line, what, "Write latitude, then longitude, in degrees.");
            }
        }
    }
    folder.remember(Part::Address, file, None, lines);
    Some(addresses)
}

fn narrow(line: Option<u64>) -> Option<u32> {
    line.and_then(|line| u32::try_from(line).ok())
}
