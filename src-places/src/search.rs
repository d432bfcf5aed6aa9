//! Finding places by words; the order is told at the head of the crate.

mod corners;
mod numbers;
mod question;

use std::cmp::Ordering;
use std::collections::HashSet;

use mend_core::city::gazetteer::coordinates::coordinates;
use mend_core::city::gazetteer::words::MAX_QUERY_CHARS;
use mend_core::city::{Place, PlaceKind};
use mend_core::location::Point;
use question::{Exactness, Question, Streets, expression};
use rusqlite::{Connection, Row};

use crate::PlacesError;
use crate::rows::{self, House};

pub(crate) fn search(
    index: &Connection,
    text: &str,
    near: Option<Point>,
    limit: usize,
) -> Result<Vec<Place>, PlacesError> {
    let text: String = text.chars().take(MAX_QUERY_CHARS).collect();
    let mut found = Found { index, near, limit, hits: Vec::new(), seen: HashSet::new() };
    if let Some(point) = coordinates(&text) {
        found.add(Key::new(0, PlaceKind::Coordinates), Hit::Coordinates(point?))?;
        return found.places();
    }
    let question = Question::new(index, &text)?;
    for exactness in [Exactness::Whole, Exactness::Begun] {
        for numbered in &question.numbered {
            found.houses_with(numbered, exactness)?;
        }
        found.streets(&question, exactness)?;
        found.corners(&question, exactness)?;
        found.assets(&question, exactness)?;
        if found.enough() {
            return found.places();
        }
    }
    for numbered in &question.numbered {
        found.houses_begun(numbered)?;
    }
    if !found.enough() {
        for numbered in &question.numbered {
            found.houses_instead(numbered)?;
        }
        found.houses_of(&question)?;
    }
    found.places()
}

/// What was found, enough to order it and to tell whether it was found before.
#[derive(Debug, Clone)]
enum Hit {
    Coordinates(Point),
    House { house: House, instead_of: Option<String> },
    Street(i64),
    Corner(i64),
    Asset(i64),
}

/// The order, best first.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    step: u8,
    kind: PlaceKind,
    rank: u32,
    distance: f64,
    id: i64,
    value: u64,
    number: String,
}

impl Key {
    fn new(step: u8, kind: PlaceKind) -> Self {
        Self { step, kind, rank: 0, distance: 0.0, id: 0, value: 0, number: String::new() }
    }

    fn order(&self, other: &Self) -> Ordering {
        let after = (self.id, self.value, &self.number);
        (self.step, self.kind, self.rank)
            .cmp(&(other.step, other.kind, other.rank))
            .then(self.distance.total_cmp(&other.distance))
            .then(after.cmp(&(other.id, other.value, &other.number)))
    }
}

struct Found<'i> {
    index: &'i Connection,
    near: Option<Point>,
    limit: usize,
    hits: Vec<(Key, Hit)>,
    seen: HashSet<(PlaceKind, i64, String)>,
}

impl Found<'_> {
    fn enough(&self) -> bool {
        self.hits.len() >= self.limit
    }

    /// Adds what was not found before. What comes in an earlier step is better, so the first time
    /// is the right one.
    fn add(&mut self, key: Key, hit: Hit) -> rusqlite::Result<()> {
        let (id, number) = match &hit {
            Hit::Coordinates(_) => (0, String::new()),
            Hit::House { house, .. } => (house.street, house.number.to_ascii_lowercase()),
            Hit::Street(id) | Hit::Corner(id) | Hit::Asset(id) => (*id, String::new()),
        };
        if !self.seen.insert((key.kind, id, number.clone())) {
            return Ok(());
        }
        let value = if let Hit::House { house, .. } = &hit { house.value } else { 0 };
        let distance = match self.near {
            Some(near) => self.point(&hit)?.map_or(f64::INFINITY, |at| near.distance_m(at)),
            None => 0.0,
        };
        self.hits.push((Key { distance, id, value, number, ..key }, hit));
        Ok(())
    }

    fn point(&self, hit: &Hit) -> rusqlite::Result<Option<Point>> {
        let (table, id) = match hit {
            Hit::Coordinates(point) => return Ok(Some(*point)),
            Hit::House { house, .. } => return Ok(Some(house.at)),
            Hit::Street(id) => ("street", id),
            Hit::Corner(id) => ("corner", id),
            Hit::Asset(id) => ("asset", id),
        };
        let sql = format!("SELECT lat, lon FROM {table} WHERE id = ?1");
        // A street of which nothing is known has no point.
        let read = |row: &Row<'_>| match row.get::<_, Option<f64>>(0)? {
            Some(_) => rows::point(row, 0).map(Some),
            None => Ok(None),
        };
        self.index.prepare_cached(&sql)?.query_row([id], read)
    }

    /// Streets. Steps 0 and 1.
    fn streets(&mut self, question: &Question, exactness: Exactness) -> rusqlite::Result<()> {
        for street in self.first_streets(&question.streets, exactness)? {
            let rank = question.streets.rank(street);
            let key = Key { rank, ..Key::new(exactness as u8, PlaceKind::Street) };
            self.add(key, Hit::Street(street))?;
        }
        Ok(())
    }

    /// The streets that can be shown: with a point, and no more than are needed.
    fn first_streets(&self, streets: &Streets, exactness: Exactness) -> rusqlite::Result<Vec<i64>> {
        let mut list = streets.list(exactness).to_vec();
        if self.near.is_none() {
            // Without distances, the order is known before anything is read.
            list.sort_by_key(|street| (streets.rank(*street), *street));
        }
        let mut shown = Vec::new();
        for street in list {
            if self.near.is_none() && shown.len() >= self.limit {
                break;
            }
            if self.point(&Hit::Street(street))?.is_some() {
                shown.push(street);
            }
        }
        Ok(shown)
    }

    /// Assets. Steps 0 and 1.
    fn assets(&mut self, question: &Question, exactness: Exactness) -> rusqlite::Result<()> {
        if question.words.is_empty() || self.enough() {
            return Ok(());
        }
        // Rows come in the order of their ids, which is the order wanted; with distances, any may
        // be the nearest.
        let limit = if self.near.is_some() { -1 } else { self.limit as i64 };
        let sql =
            "SELECT rowid FROM asset_words WHERE asset_words MATCH ?1 ORDER BY rowid LIMIT ?2";
        let words = expression(&question.words, exactness);
        let found: Vec<i64> =
            rows::all(self.index.prepare_cached(sql)?, (words, limit), |row| row.get(0))?;
        for asset in found {
            self.add(Key::new(exactness as u8, PlaceKind::Asset), Hit::Asset(asset))?;
        }
        Ok(())
    }

    /// The streets in the order in which they are found, as many as places are asked for.
    fn in_order(&self, streets: &Streets) -> rusqlite::Result<Vec<i64>> {
        let mut order = Vec::new();
        for street in &streets.begun {
            let distance = match self.near {
                Some(near) => self
                    .point(&Hit::Street(*street))?
                    .map_or(f64::INFINITY, |at| near.distance_m(at)),
                None => 0.0,
            };
            let begun = !streets.has(Exactness::Whole, *street);
            order.push(((begun, streets.rank(*street)), distance, *street));
        }
        order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        Ok(order.into_iter().map(|(_, _, street)| street).take(self.limit).collect())
    }

    fn places(mut self) -> Result<Vec<Place>, PlacesError> {
        self.hits.sort_by(|a, b| a.0.order(&b.0));
        self.hits.truncate(self.limit);
        let hits = std::mem::take(&mut self.hits);
        hits.into_iter().map(|(key, hit)| self.place(&key, hit)).collect()
    }

    fn place(&self, key: &Key, hit: Hit) -> Result<Place, PlacesError> {
        let point = self.point(&hit)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let plain = |label: String, street: Option<String>| Place {
            kind: key.kind,
            label,
            point,
            street,
            asset: None,
            instead_of: None,
            distance_m: None,
        };
        let place = match hit {
            Hit::Coordinates(_) => plain(format!("{:.5}, {:.5}", point.lat(), point.lon()), None),
            Hit::House { house, instead_of } => {
                Place { instead_of, ..rows::address(self.index, house)? }
            }
            Hit::Street(id) => {
                let name = rows::street_name(self.index, id)?;
                plain(name.clone(), Some(name))
            }
            Hit::Corner(id) => {
                let (a, b) = self.streets_at(id)?;
                let [a, b] = [rows::street_name(self.index, a)?, rows::street_name(self.index, b)?];
                plain(format!("{a} & {b}"), Some(a))
            }
            Hit::Asset(id) => self
                .index
                .prepare_cached("SELECT kind, number FROM asset WHERE id = ?1")?
                .query_row([id], |row| Ok(rows::asset(row.get(0)?, row.get(1)?, point)))?,
        };
        Ok(Place { distance_m: self.near.map(|near| near.distance_m(point)), ..place })
    }
}
