//! Rows of the index as places.

use mend_core::city::gazetteer::houses::{self, HouseRange, Side};
use mend_core::city::{Place, PlaceKind};
use mend_core::location::{AssetRef, Point};
use rusqlite::types::Type;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

/// A line as it is kept: latitude and longitude of each point, little-endian.
pub(crate) fn line_bytes(line: &[Point]) -> Vec<u8> {
    line.iter().flat_map(|point| [point.lat(), point.lon()]).flat_map(f64::to_le_bytes).collect()
}

fn line(bytes: &[u8]) -> Option<Vec<Point>> {
    let numbers = bytes.chunks_exact(8).map(|n| n.try_into().map(f64::from_le_bytes));
    let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().ok()?;
    numbers.chunks_exact(2).map(|pair| Point::new(pair[0], pair[1]).ok()).collect()
}

fn damaged(column: usize, of: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, of, "the index is damaged".into())
}

/// A point from two columns.
pub(crate) fn point(row: &Row<'_>, column: usize) -> rusqlite::Result<Point> {
    Point::new(row.get(column)?, row.get(column + 1)?).map_err(|_| damaged(column, Type::Real))
}

/// A house, known enough to be ordered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct House {
    /// The street's id.
    pub street: i64,
    /// Its leading digits, for the order.
    pub value: u64,
    /// As it is written.
    pub number: String,
    pub at: Point,
}

impl House {
    /// Reads [`HOUSE`].
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let number: String = row.get(1)?;
        let value = houses::value(&number);
        Ok(Self { street: row.get(0)?, value, number, at: point(row, 2)? })
    }
}

/// Columns of a house.
pub(crate) const HOUSE: &str = "SELECT h.street, h.number, h.lat, h.lon FROM house h";

/// A side of a segment.
#[derive(Debug)]
pub(crate) struct SideRow {
    pub id: i64,
    /// The street's id.
    pub street: i64,
    pub range: HouseRange<Vec<Point>>,
    shared: bool,
}

/// Columns of a side.
pub(crate) const SIDE: &str =
    "SELECT s.id, s.street, s.at_begin, s.at_end, s.is_left, s.shared, s.line FROM side s";

impl SideRow {
    /// Reads [`SIDE`].
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let ends = [row.get(2)?, row.get(3)?];
        let side = if row.get(4)? { Side::Left } else { Side::Right };
        let line = line(row.get_ref(6)?.as_blob()?);
        let range = line.and_then(|line| HouseRange::new(line, side, ends));
        Ok(Self {
            id: row.get(0)?,
            street: row.get(1)?,
            range: range.ok_or_else(|| damaged(6, Type::Blob))?,
            shared: row.get(5)?,
        })
    }

    /// A distance in metres that no house of this side is nearer than: none is farther from the
    /// beginning of the line than its end, on the way there, and its own step to the side.
    pub(crate) fn least(&self, from: Point) -> f64 {
        let first = self.range.line().first();
        let reach = self.range.length() + houses::OFFSET_M + 1.0;
        first.map_or(0.0, |first| from.distance_m(*first) - reach)
    }

    /// The house with this number, if it stands here and nowhere else.
    pub(crate) fn house(&self, index: &Connection, number: u32) -> rusqlite::Result<Option<House>> {
        let Some(at) = self.range.place(number) else { return Ok(None) };
        if self.shared {
            let sql = "SELECT 1 FROM elsewhere WHERE side = ?1 AND number = ?2";
            if index.prepare_cached(sql)?.exists((self.id, number))? {
                return Ok(None);
            }
        }
        let value = u64::from(number);
        Ok(Some(House { street: self.street, value, number: number.to_string(), at }))
    }
}

/// Reads all rows of a statement.
pub(crate) fn all<T>(
    mut query: CachedStatement<'_>,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    query.query_map(params, read)?.collect()
}

/// A street's name.
pub(crate) fn street_name(index: &Connection, id: i64) -> rusqlite::Result<String> {
    index.prepare_cached("SELECT name FROM street WHERE id = ?1")?.query_row([id], |row| row.get(0))
}

/// A house as a place.
pub(crate) fn address(index: &Connection, house: House) -> rusqlite::Result<Place> {
    let street = street_name(index, house.street)?;
    Ok(Place {
        kind: PlaceKind::Address,
        label: format!("{} {street}", house.number),
        point: house.at,
        street: Some(street),
        asset: None,
        instead_of: None,
        distance_m: None,
    })
}

/// An asset as a place, without where it stands in words.
pub(crate) fn asset(kind: String, number: String, at: Point) -> Place {
    Place {
        kind: PlaceKind::Asset,
        label: number.clone(),
        point: at,
        street: None,
        asset: Some(AssetRef { kind, number }),
        instead_of: None,
        distance_m: None,
    }
}

/// The asset with this kind and number.
pub(crate) fn asset_named(
    index: &Connection,
    kind: &str,
    number: &str,
) -> rusqlite::Result<Option<Place>> {
    let sql = "SELECT kind, number, lat, lon FROM asset WHERE kind = ?1 AND number = ?2";
    let read = |row: &Row<'_>| Ok(asset(row.get(0)?, row.get(1)?, point(row, 2)?));
    index.prepare_cached(sql)?.query_row((kind, number), read).optional()
}
