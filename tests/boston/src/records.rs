//! The requests of January to October 2015.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use mend_core::location::Point;
use mend_core::time::Timestamp;

/// Where rows stand whose place nobody said: City Hall, to four decimals. Latitude, longitude.
pub const NOWHERE: (f64, f64) = (42.3594, -71.0587);

/// One request.
#[derive(Debug, Clone)]
pub struct Record {
    /// Boston's number for it, decimal digits.
    pub id: String,
    /// Its type, an index into [`Records::types`].
    pub service: usize,
    /// The queue that it stood in when the data was taken, an index into [`Records::queues`].
    pub queue: usize,
    /// None where there are no coordinates.
    pub at: Option<Point>,
    /// Local time in Boston, whole seconds.
    pub opened: DateTime,
    /// The same as an instant. A time that the clocks skip counts as much later; one that they
    /// show twice, the first time.
    pub opened_at: Timestamp,
    /// By when it should be done: local time.
    pub target: Option<DateTime>,
    /// The same as an instant.
    pub target_at: Option<Timestamp>,
    /// The police district as the record writes it; may be empty.
    pub police_label: String,
    /// The ward as the record writes it; may be empty.
    pub ward_label: String,
}

/// All requests, in the order of the file.
#[derive(Debug, Clone)]
pub struct Records {
    /// The requests.
    pub rows: Vec<Record>,
    /// What Boston calls its services.
    pub types: Vec<String>,
    /// What Boston calls its queues.
    pub queues: Vec<String>,
}

impl Record {
    /// Whether the row belongs to the fifth that rules are measured on: those whose number, its
    /// digits hashed with FNV-1a (64 bits), is divisible by five.
    pub fn is_held_out(&self) -> bool {
        fnv(self.id.as_bytes()).is_multiple_of(5)
    }

    /// Whether the row stands on [`NOWHERE`].
    pub fn is_nowhere(&self) -> bool {
        self.at.is_some_and(|at| (at.lat(), at.lon()) == NOWHERE)
    }
}

/// FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo).
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Reads the requests in `folder`.
///
/// # Errors
/// A file or a column is missing, or a row has no readable time.
pub fn read(folder: &Path) -> Result<Records> {
    let file = folder.join("records/boston311_2015_jan-oct.csv.gz");
    let file = File::open(&file).with_context(|| file.display().to_string())?;
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let header = reader.byte_headers()?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|h| h == name.as_bytes());
        found.with_context(|| format!("the records have no column {name}"))
    };
    let [id, service, queue, opened, target, lat, lon, police, ward] = [
        column("CASE_ENQUIRY_ID")?,
        column("TYPE")?,
        column("QUEUE")?,
        column("OPEN_DT")?,
        column("TARGET_DT")?,
        column("LATITUDE")?,
        column("LONGITUDE")?,
        column("police_district")?,
        column("ward")?,
    ];
    let zone = TimeZone::get("America/New_York")?;
    let instant = |local| instant(&zone, local);
    let (mut types, mut queues) = (Names::default(), Names::default());
    let mut rows = Vec::new();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? {
        let opened_text = &row[opened];
        let opened = time(opened_text).with_context(|| format!("no time: {opened_text:?}"))?;
        let target = match &row[target] {
            "" => None,
            text => Some(time(text).with_context(|| format!("no time: {text:?}"))?),
        };
        let point = || Point::new(row[lat].parse().ok()?, row[lon].parse().ok()?).ok();
        rows.push(Record {
            id: row[id].to_owned(),
            service: types.index(&row[service]),
            queue: queues.index(&row[queue]),
            at: point(),
            opened,
            opened_at: instant(opened)?,
            target,
            target_at: target.map(instant).transpose()?,
            police_label: row[police].to_owned(),
            ward_label: row[ward].to_owned(),
        });
    }
    ensure!(!rows.is_empty(), "there are no records");
    Ok(Records { rows, types: types.names, queues: queues.names })
}

/// The instant of a local time, as [`Record::opened_at`] says.
pub(crate) fn instant(zone: &TimeZone, local: DateTime) -> Result<Timestamp> {
    Ok(Timestamp(zone.to_ambiguous_timestamp(local).compatible()?.as_millisecond()))
}

/// Reads `01/31/2015 12:20:09 AM`.
fn time(text: &str) -> Option<DateTime> {
    let (day, clock) = text.split_once(' ')?;
    let (clock, half) = clock.split_once(' ')?;
    let [month, day, year] = numbers(day, '/')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let hour = hour % 12 + if half == "PM" { 12 } else { 0 };
    let small = |n: i16| i8::try_from(n).ok();
    let date = jiff::civil::Date::new(year, small(month)?, small(day)?).ok()?;
    let time = jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some(date.to_datetime(time))
}

fn numbers(text: &str, between: char) -> Option<[i16; 3]> {
    let mut parts = text.split(between).map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// Names in the order in which they came.
#[derive(Default)]
struct Names {
    names: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Names {
    fn index(&mut self, name: &str) -> usize {
        let name = name.trim();
        if let Some(index) = self.known.get(name) {
            return *index;
        }
        self.known.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }
}

/// The first local date of the last two months, by which the split by time divides.
pub const AUTUMN: jiff::civil::Date = date(2015, 9, 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_and_noon_are_twelve() {
        let at = |text| time(text).unwrap().to_string();
        assert_eq!(at("01/02/2015 12:20:09 AM"), "2015-01-02T00:20:09");
        assert_eq!(at("12/31/2015 12:00:00 PM"), "2015-12-31T12:00:00");
        assert_eq!(at("06/07/2015 11:59:59 PM"), "2015-06-07T23:59:59");
        assert_eq!(time("13/01/2015 01:00:00 AM"), None);
        assert_eq!(time("2015-01-01"), None);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
