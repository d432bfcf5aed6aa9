//! Making the index from a pack, in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mend_core::city::gazetteer::houses::{self, OFFSET_M, PlacedRange, Side};
use mend_core::city::gazetteer::words::{NameWords, asset_words, name_words};
use mend_core::city::pack::{Address, CityPack, Street};
use mend_core::location::{METRES_PER_DEGREE, Point};
use rusqlite::{Connection, Statement, Transaction};

use crate::rows;

/// Corners of the same two streets that are nearer to each other than this are one: the sides of a
/// wide street, or a place. Metres.
const ONE_CORNER_M: f64 = 50.0;

/// Streets, corners and assets have their ids in the order in which they are to be found when
/// nothing else tells them apart: by name, and assets by kind and number. Full text gives rows in
/// the order of their ids, so that the first ones are also the cheapest.
const SCHEMA: &str = "
CREATE TABLE street (id INTEGER PRIMARY KEY, name TEXT NOT NULL, lat REAL, lon REAL);
CREATE VIRTUAL TABLE street_words USING fts5(first, words, content='', columnsize=0,
    tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');

-- Houses that have a point of their own. spelled: the number in small letters.
CREATE TABLE house (id INTEGER PRIMARY KEY, street INTEGER NOT NULL, number TEXT NOT NULL,
    spelled TEXT NOT NULL, value INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL);
CREATE VIRTUAL TABLE house_at USING rtree(id, south, north, west, east);

-- Sides of segments with their range of house numbers. `at_begin` and `at_end` as in the pack;
-- line: latitudes and longitudes, little-endian; shared: whether `elsewhere` has rows of it.
CREATE TABLE side (id INTEGER PRIMARY KEY, street INTEGER NOT NULL, low INTEGER NOT NULL,
    high INTEGER NOT NULL, at_begin INTEGER NOT NULL, at_end INTEGER NOT NULL,
    is_left INTEGER NOT NULL, shared INTEGER NOT NULL, line BLOB NOT NULL);
CREATE VIRTUAL TABLE side_at USING rtree(id, south, north, west, east);
CREATE VIRTUAL TABLE side_numbers USING rtree_i32(id, low, high);
CREATE TABLE elsewhere (side INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (side, number)) WITHOUT ROWID;

-- a is before b by name.
CREATE TABLE corner (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL,
    lat REAL NOT NULL, lon REAL NOT NULL);
CREATE VIRTUAL TABLE corner_words USING fts5(first, words, content='', columnsize=0,
    tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');

CREATE TABLE asset (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT NOT NULL,
    lat REAL NOT NULL, lon REAL NOT NULL);
CREATE VIRTUAL TABLE asset_words USING fts5(words, content='', columnsize=0,
    tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');
CREATE VIRTUAL TABLE asset_at USING rtree(id, south, north, west, east);

-- The highest house number on a range; the boxes around all addresses and around all assets.
CREATE TABLE highest (number INTEGER NOT NULL);
CREATE TABLE bounds (what TEXT NOT NULL, south REAL, north REAL, west REAL, east REAL);
";

/// Once all rows are in, an index is made faster than row by row.
const FINISH: &str = "
CREATE INDEX house_by_street ON house (street, spelled);
CREATE INDEX house_by_number ON house (spelled, street);
CREATE INDEX side_by_street ON side (street, low);
CREATE INDEX corner_by_a ON corner (a);
CREATE INDEX corner_by_b ON corner (b);
CREATE UNIQUE INDEX asset_by_number ON asset (kind, number);
INSERT INTO highest SELECT coalesce(max(high), 0) FROM side;
INSERT INTO bounds SELECT 'address', min(south), max(north), min(west), max(east)
    FROM (SELECT * FROM house_at UNION ALL SELECT * FROM side_at);
INSERT INTO bounds SELECT 'asset', min(south), max(north), min(west), max(east) FROM asset_at;
";

/// Fills an empty database.
pub(crate) fn make(index: &mut Connection, pack: &CityPack) -> rusqlite::Result<()> {
    index.set_prepared_statement_cache_capacity(64);
    let tx = index.transaction()?;
    tx.execute_batch(SCHEMA)?;
    let mut by_name: Vec<(usize, &Street)> = pack.gazetteer.streets.iter().enumerate().collect();
    by_name.sort_by_key(|(_, street)| street.name.as_str());
    let mut houses: HashMap<usize, Vec<&Address>> = HashMap::new();
    for address in &pack.gazetteer.addresses {
        houses.entry(address.street as usize).or_default().push(address);
    }
    {
        let mut streets = Streets::new(&tx)?;
        for ((at, street), id) in by_name.iter().zip(1..) {
            streets.add(id, street, houses.get(at).map_or(&[], Vec::as_slice))?;
        }
    }
    corners(&tx, &by_name)?;
    assets(&tx, pack)?;
    for table in ["street_words", "corner_words", "asset_words"] {
        tx.execute(&format!("INSERT INTO {table} ({table}) VALUES ('optimize')"), [])?;
    }
    tx.execute_batch(FINISH)?;
    tx.commit()
}

struct Streets<'tx> {
    street: Statement<'tx>,
    words: Statement<'tx>,
    house: Statement<'tx>,
    house_at: Statement<'tx>,
    side: Statement<'tx>,
    side_at: Statement<'tx>,
    side_numbers: Statement<'tx>,
    elsewhere: Statement<'tx>,
    houses: i64,
    sides: i64,
}

impl<'tx> Streets<'tx> {
    fn new(tx: &'tx Transaction<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            street: tx.prepare("INSERT INTO street VALUES (?1, ?2, ?3, ?4)")?,
            words: tx
                .prepare("INSERT INTO street_words (rowid, first, words) VALUES (?1, ?2, ?3)")?,
            house: tx.prepare("INSERT INTO house VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?,
            house_at: tx.prepare("INSERT INTO house_at VALUES (?1, ?2, ?2, ?3, ?3)")?,
            side: tx.prepare("INSERT INTO side VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?,
            side_at: tx.prepare("INSERT INTO side_at VALUES (?1, ?2, ?3, ?4, ?5)")?,
            side_numbers: tx.prepare("INSERT INTO side_numbers VALUES (?1, ?2, ?3)")?,
            elsewhere: tx.prepare("INSERT INTO elsewhere VALUES (?1, ?2)")?,
            houses: 0,
            sides: 0,
        })
    }

    fn add(&mut self, id: i64, street: &Street, houses: &[&Address]) -> rusqlite::Result<()> {
        let NameWords { first, all } = name_words(&street.name);
        self.words.execute((id, first.join(" "), all.join(" ")))?;
        let middle = middle(street, houses);
        self.street.execute((id, &street.name, middle.map(Point::lat), middle.map(Point::lon)))?;
        for address in houses {
            self.house(id, address)?;
        }
        let numbers: BTreeSet<u32> =
            houses.iter().filter_map(|address| address.number.parse().ok()).collect();
        for placed in houses::placed(street, &numbers) {
            self.side(id, &placed)?;
        }
        Ok(())
    }

    fn house(&mut self, street: i64, address: &Address) -> rusqlite::Result<()> {
        self.houses += 1;
        let value = i64::try_from(houses::value(&address.number)).unwrap_or(i64::MAX);
        let (lat, lon) = (address.at.lat(), address.at.lon());
        let spelled = address.number.to_ascii_lowercase();
        self.house.execute((self.houses, street, &address.number, spelled, value, lat, lon))?;
        self.house_at.execute((self.houses, lat, lon))?;
        Ok(())
    }

    fn side(&mut self, street: i64, placed: &PlacedRange<'_>) -> rusqlite::Result<()> {
        self.sides += 1;
        let (id, range) = (self.sides, &placed.range);
        let (low, high) = range.bounds();
        let [at_begin, at_end] = range.ends();
        self.side.execute((
            id,
            street,
            low,
            high,
            at_begin,
            at_end,
            range.side() == Side::Left,
            !placed.elsewhere.is_empty(),
            rows::line_bytes(range.line()),
        ))?;
        let bounds = Bounds::around(range.line());
        self.side_at.execute((id, bounds.south, bounds.north, bounds.west, bounds.east))?;
        // Farther up, no house number of a pack is found by its value.
        let narrow = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        self.side_numbers.execute((id, narrow(low), narrow(high)))?;
        for number in &placed.elsewhere {
            self.elsewhere.execute((id, number))?;
        }
        Ok(())
    }
}

/// A box around a line and the houses beside it, degrees.
struct Bounds {
    south: f64,
    north: f64,
    west: f64,
    east: f64,
}

impl Bounds {
    fn around(line: &[Point]) -> Self {
        let mut bounds = Self {
            south: f64::INFINITY,
            north: f64::NEG_INFINITY,
            west: f64::INFINITY,
            east: f64::NEG_INFINITY,
        };
        for point in line {
            bounds.south = bounds.south.min(point.lat());
            bounds.north = bounds.north.max(point.lat());
            bounds.west = bounds.west.min(point.lon());
            bounds.east = bounds.east.max(point.lon());
        }
        // A metre more, for what is lost in rounding.
        let lat = (OFFSET_M + 1.0) / METRES_PER_DEGREE;
        let lon = lat / bounds.south.abs().max(bounds.north.abs()).to_radians().cos().max(1e-6);
        bounds.south -= lat;
        bounds.north += lat;
        bounds.west -= lon;
        bounds.east += lon;
        bounds
    }
}

/// A point on the street and not beside it: the middle of the segment that lies half way along
/// all segments. Without segments, the middle one of its houses.
fn middle(street: &Street, houses: &[&Address]) -> Option<Point> {
    let lines = || street.segments.iter().map(|segment| segment.line.as_slice());
    let mut left = lines().map(houses::length).sum::<f64>() / 2.0;
    let line = lines().find(|line| {
        left -= houses::length(line);
        left <= 0.0
    });
    let on_line = line.or(lines().next()).and_then(houses::middle);
    on_line.or_else(|| {
        let mut houses: Vec<_> = houses.iter().collect();
        houses.sort_by_key(|house| (houses::value(&house.number), &house.number));
        houses.get(houses.len() / 2).map(|house| house.at)
    })
}

/// Where segments of two streets share an end.
fn corners(tx: &Transaction<'_>, by_name: &[(usize, &Street)]) -> rusqlite::Result<()> {
    // Ends are shared to the last digit, so their bits tell them apart.
    let mut meeting: BTreeMap<(u64, u64), (Point, BTreeSet<i64>)> = BTreeMap::new();
    for ((_, street), id) in by_name.iter().zip(1..) {
        for segment in &street.segments {
            for end in [segment.line.first(), segment.line.last()].into_iter().flatten() {
                let bits = (end.lat().to_bits(), end.lon().to_bits());
                meeting.entry(bits).or_insert((*end, BTreeSet::new())).1.insert(id);
            }
        }
    }
    let mut corners: BTreeMap<(i64, i64), Vec<Point>> = BTreeMap::new();
    for (at, streets) in meeting.values() {
        let streets: Vec<i64> = streets.iter().copied().collect();
        for (i, a) in streets.iter().enumerate() {
            for b in &streets[i + 1..] {
                let known = corners.entry((*a, *b)).or_default();
                if known.iter().all(|other| other.distance_m(*at) >= ONE_CORNER_M) {
                    known.push(*at);
                }
            }
        }
    }
    let words: Vec<NameWords> = by_name.iter().map(|(_, s)| name_words(&s.name)).collect();
    let of = |id: i64| usize::try_from(id - 1).ok().and_then(|at| words.get(at));
    let mut corner = tx.prepare("INSERT INTO corner VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut corner_words =
        tx.prepare("INSERT INTO corner_words (rowid, first, words) VALUES (?1, ?2, ?3)")?;
    let all = corners.into_iter().flat_map(|(pair, at)| at.into_iter().map(move |at| (pair, at)));
    for (((a, b), at), id) in all.zip(1i64..) {
        corner.execute((id, a, b, at.lat(), at.lon()))?;
        if let (Some(a), Some(b)) = (of(a), of(b)) {
            let both = |a: &[String], b: &[String]| [a, b].concat().join(" ");
            corner_words.execute((id, both(&a.first, &b.first), both(&a.all, &b.all)))?;
        }
    }
    Ok(())
}

fn assets(tx: &Transaction<'_>, pack: &CityPack) -> rusqlite::Result<()> {
    let mut sorted: Vec<_> = pack.gazetteer.assets.iter().collect();
    sorted.sort_by_key(|asset| (asset.kind.as_str(), asset.number.as_str()));
    // Twice the same is a fault of the pack that `check` names; the first one counts.
    sorted.dedup_by_key(|asset| (asset.kind.as_str(), asset.number.as_str()));
    let mut asset = tx.prepare("INSERT INTO asset VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut asset_text = tx.prepare("INSERT INTO asset_words (rowid, words) VALUES (?1, ?2)")?;
    let mut asset_at = tx.prepare("INSERT INTO asset_at VALUES (?1, ?2, ?2, ?3, ?3)")?;
    for (row, id) in sorted.into_iter().zip(1i64..) {
        let (lat, lon) = (row.at.lat(), row.at.lon());
        asset.execute((id, &row.kind, &row.number, lat, lon))?;
        asset_text.execute((id, asset_words(&row.kind, &row.number).join(" ")))?;
        asset_at.execute((id, lat, lon))?;
    }
    Ok(())
}
