//! What is nearest to a point.
//!
//! A window around the point grows until enough is found within its reach, so that what lies in
//! it and nearer than its edge cannot be beaten by anything outside.

use std::cmp::Ordering;

use mend_core::city::Place;
use mend_core::location::{METRES_PER_DEGREE, Point};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::PlacesError;
use crate::rows::{self, HOUSE, House, SIDE, SideRow};

/// Half the side of the first window, in metres.
const FIRST_M: f64 = 60.0;
/// Half way around the earth, in metres: nothing is farther away.
const FARTHEST_M: f64 = 20_100_000.0;

/// The addresses nearest to a point, nearest first; equally near ones by street and number.
pub(crate) fn addresses(
    index: &Connection,
    from: Point,
    limit: usize,
) -> Result<Vec<Place>, PlacesError> {
    let order =
        |a: &House, b: &House| (a.street, a.value, &a.number).cmp(&(b.street, b.value, &b.number));
    let found = nearest(index, "address", from, limit, order, |window| {
        let mut near = Vec::new();
        let mut best = Best { limit, reach: window.reach, distances: Vec::new() };
        let houses = format!("{HOUSE} JOIN house_at w ON w.id = h.id {INSIDE}");
        let houses = rows::all(index.prepare_cached(&houses)?, window.params(), House::read)?;
        for house in houses {
            let distance = from.distance_m(house.at);
            best.add(distance);
            near.push((distance, house));
        }
        let sides = format!("{SIDE} JOIN side_at w ON w.id = s.id {INSIDE}");
        let sides = rows::all(index.prepare_cached(&sides)?, window.params(), SideRow::read)?;
        let mut sides: Vec<_> = sides.into_iter().map(|side| (side.least(from), side)).collect();
        sides.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (least, side) in &sides {
            if *least > best.reach {
                break;
            }
            for number in side.range.numbers() {
                let distance = side.range.place(number).map(|at| from.distance_m(at));
                // Most numbers of a side are out of reach, and need no look at the index.
                let Some(distance) = distance.filter(|metres| *metres <= best.reach) else {
                    continue;
                };
                if let Some(house) = side.house(index, number)? {
                    best.add(distance);
                    near.push((distance, house));
                }
            }
        }
        Ok(near)
    })?;
    let place = |(distance, house)| -> Result<Place, PlacesError> {
        Ok(Place { distance_m: Some(distance), ..rows::address(index, house)? })
    };
    found.into_iter().map(place).collect()
}

/// The least distances found so far: what is farther away than the last of them is not needed.
struct Best {
    limit: usize,
    /// Metres.
    reach: f64,
    /// Rising, at most `limit`.
    distances: Vec<f64>,
}

impl Best {
    fn add(&mut self, distance: f64) {
        let at = self.distances.partition_point(|known| *known <= distance);
        self.distances.insert(at, distance);
        self.distances.truncate(self.limit);
        if let Some(last) = self.distances.last().filter(|_| self.distances.len() == self.limit) {
            self.reach = self.reach.min(*last);
        }
    }
}

/// The assets nearest to a point, nearest first; equally near ones by kind and number.
pub(crate) fn assets(
    index: &Connection,
    from: Point,
    kinds: &[String],
    limit: usize,
) -> Result<Vec<Place>, PlacesError> {
    let order = |a: &(i64, Place), b: &(i64, Place)| a.0.cmp(&b.0);
    let found = nearest(index, "asset", from, limit, order, |window| {
        let sql = format!(
            "SELECT a.id, a.kind, a.number, a.lat, a.lon
             FROM asset a JOIN asset_at w ON w.id = a.id {INSIDE}"
        );
        let read = |row: &Row<'_>| {
            let at = rows::point(row, 3)?;
            Ok((row.get(0)?, rows::asset(row.get(1)?, row.get(2)?, at)))
        };
        let all = rows::all(index.prepare_cached(&sql)?, window.params(), read)?;
        let wanted = |place: &Place| {
            kinds.is_empty() || place.asset.as_ref().is_some_and(|a| kinds.contains(&a.kind))
        };
        let near = all.into_iter().filter(|(_, place)| wanted(place));
        Ok(near.map(|(id, place)| (from.distance_m(place.point), (id, place))).collect())
    })?;
    Ok(found
        .into_iter()
        .map(|(distance, (_, place))| Place { distance_m: Some(distance), ..place })
        .collect())
}

/// The end of a query whose R*Tree is `w`: boxes that touch the window.
const INSIDE: &str = "WHERE w.north >= ?1 AND w.south <= ?2 AND (w.east >= ?3 AND w.west <= ?4)";

/// A box of latitudes and longitudes around a point that holds everything within `reach`.
struct Window {
    /// Metres.
    reach: f64,
    south: f64,
    north: f64,
    west: f64,
    east: f64,
}

impl Window {
    fn new(from: Point, reach: f64) -> Self {
        // A thousandth more, for what is lost in rounding.
        let lat = reach * 1.001 / METRES_PER_DEGREE;
        let (south, north) = (from.lat() - lat, from.lat() + lat);
        // The longitudes of a circle on the sphere reach farthest at sin(r) / cos(latitude).
        let spread = lat.to_radians().min(std::f64::consts::FRAC_PI_2).sin()
            / from.lat().to_radians().cos().max(1e-9);
        let around = (-180.0, 180.0);
        let (west, east) = if spread >= 1.0 || south <= -90.0 || north >= 90.0 {
            around
        } else {
            let lon = spread.asin().to_degrees() * 1.001;
            // Over the date line, the plain way is to look at all longitudes.
            let fits = from.lon() - lon >= -180.0 && from.lon() + lon <= 180.0;
            if fits { (from.lon() - lon, from.lon() + lon) } else { around }
        };
        Self { reach, south, north, west, east }
    }

    fn holds(&self, bounds: &Bounds) -> bool {
        self.south <= bounds.south
            && bounds.north <= self.north
            && self.west <= bounds.west
            && bounds.east <= self.east
    }

    fn params(&self) -> [f64; 4] {
        [self.south, self.north, self.west, self.east]
    }
}

/// The `limit` nearest of what `look` finds in a window, with their distance in metres. `look` may
/// leave out what is farther away than the window's reach.
fn nearest<T>(
    index: &Connection,
    what: &str,
    from: Point,
    limit: usize,
    order: impl Fn(&T, &T) -> Ordering,
    mut look: impl FnMut(&Window) -> Result<Vec<(f64, T)>, PlacesError>,
) -> Result<Vec<(f64, T)>, PlacesError> {
    let bounds = Bounds::read(index, what)?;
    let Some(bounds) = bounds.filter(|_| limit > 0) else { return Ok(Vec::new()) };
    let mut step = FIRST_M;
    // Only a beginning: were it wrong, the window would grow once more, or begin too large.
    let base = bounds.away(from);
    loop {
        let mut reach = base + step;
        let mut window = Window::new(from, reach);
        let last = reach >= FARTHEST_M || window.holds(&bounds);
        if last {
            // Whatever there is counts, however far away.
            reach = FARTHEST_M;
            window.reach = reach;
        }
        let mut found = look(&window)?;
        found.retain(|(distance, _)| *distance <= reach);
        if found.len() >= limit || last {
            found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| order(&a.1, &b.1)));
            found.truncate(limit);
            return Ok(found);
        }
        step *= 2.0;
    }
}

/// The box around all addresses, or all assets, degrees.
struct Bounds {
    south: f64,
    north: f64,
    west: f64,
    east: f64,
}

impl Bounds {
    fn read(index: &Connection, what: &str) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT south, north, west, east FROM bounds WHERE what = ?1 AND south NOT NULL";
        let read = |row: &Row<'_>| {
            let [south, north, west, east] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            Ok(Self { south, north, west, east })
        };
        index.prepare_cached(sql)?.query_row([what], read).optional()
    }

    /// About how many metres a point is away; 0 inside.
    fn away(&self, from: Point) -> f64 {
        let lat = from.lat().clamp(self.south, self.north);
        let lon = from.lon().clamp(self.west, self.east);
        Point::new(lat, lon).map_or(0.0, |edge| from.distance_m(edge))
    }
}
