//! Finding places by words; the order is told at the head of the crate.

use std::cmp::Ordering;
use std::collections::HashSet;

use mend_core::city::gazetteer::coordinates::coordinates;
use mend_core::city::gazetteer::words::{MAX_QUERY_CHARS, corner, readings};
use mend_core::city::{Place, PlaceKind};
use mend_core::location::Point;
use rusqlite::{Connection, Row};

use crate::PlacesError;
use crate::rows::{self, HOUSE, House, SIDE, SideRow};

/// Up to so many streets are asked one by one for a house number; of more, the houses with that
/// number are read and their street is looked at.
const FEW_STREETS: usize = 64;
/// When more houses or sides than this have a number that fits, streets are asked one by one until
/// enough is found, however many there are.
const RARE: i64 = 300;
/// Highest house number that is found on a range.
const MAX_NUMBER: u64 = i32::MAX as u64;

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

/// Whether all words typed are whole, or some only begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exactness {
    Whole,
    Begun,
}

/// Words as an expression of full text. They hold letters and digits only, and are quoted all the
/// same, so that none is taken for an operator.
fn expression(words: &[String], exactness: Exactness) -> String {
    let star = if exactness == Exactness::Begun { "*" } else { "" };
    words.iter().map(|word| format!("\"{word}\"{star}")).collect::<Vec<_>>().join(" AND ")
}

/// The same where the first word must begin the name.
fn beginning(words: &[String], exactness: Exactness) -> String {
    let whole = expression(words, exactness);
    match words {
        [] => whole,
        [first, ..] => {
            format!("first : {} AND {whole}", expression(std::slice::from_ref(first), exactness))
        }
    }
}

/// The rows of a table of words that fit.
fn matching(index: &Connection, table: &str, expression: &str) -> rusqlite::Result<Vec<i64>> {
    if expression.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1");
    rows::all(index.prepare_cached(&sql)?, [expression], |row| row.get(0))
}

/// The streets that words may name. Lists rise, so that they can be searched.
#[derive(Debug, Default)]
struct Streets {
    /// By whole words.
    whole: Vec<i64>,
    /// By words that are begun, the whole ones among them.
    begun: Vec<i64>,
    /// Of these, the ones whose name begins with the first word.
    first: Vec<i64>,
}

impl Streets {
    fn new(index: &Connection, words: &[String]) -> rusqlite::Result<Self> {
        let streets = |expression: String| matching(index, "street_words", &expression);
        Ok(Self {
            whole: streets(expression(words, Exactness::Whole))?,
            begun: streets(expression(words, Exactness::Begun))?,
            first: streets(beginning(words, Exactness::Begun))?,
        })
    }

    fn list(&self, exactness: Exactness) -> &[i64] {
        match exactness {
            Exactness::Whole => &self.whole,
            Exactness::Begun => &self.begun,
        }
    }

    fn has(&self, exactness: Exactness, street: i64) -> bool {
        self.list(exactness).binary_search(&street).is_ok()
    }

    /// 0 if the name begins with the first word, 1 otherwise.
    fn rank(&self, street: i64) -> u32 {
        u32::from(self.first.binary_search(&street).is_err())
    }
}

/// A reading with a house number, and the streets that its words may name.
struct Numbered {
    number: String,
    /// No word but the number was typed: the streets are all streets.
    bare: bool,
    streets: Streets,
}

impl Numbered {
    /// The number's value, if a number on a range can look like it.
    fn value(&self) -> Option<u64> {
        let digits = !self.number.starts_with('0');
        self.number.parse().ok().filter(|value| digits && *value <= MAX_NUMBER)
    }

    fn fits(&self, exactness: Exactness, street: i64) -> bool {
        self.bare || self.streets.has(exactness, street)
    }

    fn list(&self, exactness: Exactness) -> &[i64] {
        self.streets.list(exactness)
    }

    fn rank(&self, street: i64) -> u32 {
        if self.bare { 0 } else { self.streets.rank(street) }
    }

    /// The streets to be asked one by one; none: too many.
    fn few(&self, exactness: Exactness) -> Option<&[i64]> {
        let list = self.list(exactness);
        (!self.bare && list.len() <= FEW_STREETS).then_some(list)
    }
}

/// House numbers that are looked for.
struct Wanted {
    /// The number of a house with a point is spelled between this and `to`, both included.
    from: String,
    to: String,
    /// The number of a house on a range lies between one of these, both included.
    values: Vec<(u64, u64)>,
}

/// A text behind every house number that begins with this one.
fn behind(number: &str) -> String {
    format!("{number}{{")
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What was typed, read in every way.
struct Question {
    words: Vec<String>,
    streets: Streets,
    numbered: Vec<Numbered>,
    corner: Option<(Streets, Option<Streets>)>,
}

impl Question {
    fn new(index: &Connection, text: &str) -> rusqlite::Result<Self> {
        let mut words = Vec::new();
        let mut numbered = Vec::new();
        for reading in readings(text) {
            match reading.number {
                None => words = reading.words,
                Some(number) => numbered.push(Numbered {
                    number,
                    bare: reading.words.is_empty(),
                    streets: Streets::new(index, &reading.words)?,
                }),
            }
        }
        let streets = Streets::new(index, &words)?;
        let corner = corner(text).map(|(one, other)| -> rusqlite::Result<_> {
            let other = (!other.is_empty()).then(|| Streets::new(index, &other)).transpose()?;
            Ok((Streets::new(index, &one)?, other))
        });
        Ok(Self { words, streets, numbered, corner: corner.transpose()? })
    }
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

    /// Houses with exactly this number. Steps 0 and 1.
    fn houses_with(&mut self, asked: &Numbered, exactness: Exactness) -> rusqlite::Result<()> {
        let wanted = Wanted {
            from: asked.number.clone(),
            to: asked.number.clone(),
            values: asked.value().map(|value| (value, value)).into_iter().collect(),
        };
        let houses = self.houses(asked, exactness, &wanted)?;
        self.add_houses(exactness as u8, asked, houses)
    }

    /// Houses whose number begins with this one. Step 2.
    fn houses_begun(&mut self, asked: &Numbered) -> rusqlite::Result<()> {
        let wanted = Wanted {
            from: asked.number.clone(),
            to: behind(&asked.number),
            values: self.begun(asked.value())?,
        };
        let houses = self.houses(asked, Exactness::Begun, &wanted)?;
        self.add_houses(2, asked, houses)
    }

    /// The houses wanted in the streets asked about; at least the first ones of them, as many as
    /// are shown.
    fn houses(
        &self,
        asked: &Numbered,
        exactness: Exactness,
        wanted: &Wanted,
    ) -> rusqlite::Result<Vec<House>> {
        let mut houses = Vec::new();
        if let Some(streets) = asked.few(exactness) {
            for street in streets {
                houses.extend(self.houses_in(*street, wanted)?);
            }
        } else if self.near.is_none() && self.common(wanted)? {
            let mut streets = if asked.bare { self.all()? } else { asked.list(exactness).to_vec() };
            streets.sort_by_key(|street| (asked.rank(*street), *street));
            for street in streets {
                houses.extend(self.houses_in(street, wanted)?);
                if houses.len() >= self.limit {
                    break;
                }
            }
        } else {
            houses.extend(self.points(&wanted.from, &wanted.to)?);
            for (low, high) in &wanted.values {
                houses.extend(self.on_ranges(*low, *high)?);
            }
            houses.retain(|house| asked.fits(exactness, house.street));
        }
        Ok(houses)
    }

    /// The houses wanted in one street.
    fn houses_in(&self, street: i64, wanted: &Wanted) -> rusqlite::Result<Vec<House>> {
        let mut houses = self.points_in(street, &wanted.from, &wanted.to)?;
        for (low, high) in &wanted.values {
            houses.extend(self.on_ranges_in(street, *low, *high)?);
        }
        Ok(houses)
    }

    /// Whether a number is so common that nobody reads all houses that have it.
    fn common(&self, wanted: &Wanted) -> rusqlite::Result<bool> {
        let points = format!(
            "SELECT count(*) FROM
             (SELECT 1 FROM house WHERE spelled BETWEEN ?1 AND ?2 LIMIT {RARE})"
        );
        let count = |row: &Row<'_>| row.get::<_, i64>(0);
        let params = (&wanted.from, &wanted.to);
        let mut found = self.index.prepare_cached(&points)?.query_row(params, count)?;
        let sides = format!(
            "SELECT count(*) FROM
             (SELECT 1 FROM side_numbers WHERE low <= ?2 AND high >= ?1 LIMIT {RARE})"
        );
        for (low, high) in &wanted.values {
            if found < RARE {
                let params = [*low, *high].map(signed);
                found += self.index.prepare_cached(&sides)?.query_row(params, count)?;
            }
        }
        Ok(found >= RARE)
    }

    fn all(&self) -> rusqlite::Result<Vec<i64>> {
        rows::all(self.index.prepare_cached("SELECT id FROM street")?, [], |row| row.get(0))
    }

    fn add_houses(
        &mut self,
        step: u8,
        asked: &Numbered,
        mut houses: Vec<House>,
    ) -> rusqlite::Result<()> {
        if self.near.is_none() {
            // Without distances, the order is known, and what comes late is not needed.
            houses.sort_by(|a, b| {
                let key = |house: &House| (asked.rank(house.street), house.street, house.value);
                key(a).cmp(&key(b)).then_with(|| a.number.cmp(&b.number))
            });
            houses.truncate(self.limit);
        }
        for house in houses {
            let key = Key { rank: asked.rank(house.street), ..Key::new(step, PlaceKind::Address) };
            self.add(key, Hit::House { house, instead_of: None })?;
        }
        Ok(())
    }

    /// Houses with a point whose number lies between two spellings, both included.
    fn points(&self, from: &str, to: &str) -> rusqlite::Result<Vec<House>> {
        let sql = format!("{HOUSE} WHERE h.spelled BETWEEN ?1 AND ?2");
        rows::all(self.index.prepare_cached(&sql)?, (from, to), House::read)
    }

    fn points_in(&self, street: i64, from: &str, to: &str) -> rusqlite::Result<Vec<House>> {
        let sql = format!("{HOUSE} WHERE h.street = ?1 AND h.spelled BETWEEN ?2 AND ?3");
        rows::all(self.index.prepare_cached(&sql)?, (street, from, to), House::read)
    }

    /// Houses on ranges whose number lies between two, both included.
    fn on_ranges(&self, low: u64, high: u64) -> rusqlite::Result<Vec<House>> {
        let sql =
            format!("{SIDE} JOIN side_numbers n ON n.id = s.id WHERE n.low <= ?2 AND n.high >= ?1");
        let bounds = [low, high].map(signed);
        let sides = rows::all(self.index.prepare_cached(&sql)?, bounds, SideRow::read)?;
        self.houses_on(&sides, low, high)
    }

    fn on_ranges_in(&self, street: i64, low: u64, high: u64) -> rusqlite::Result<Vec<House>> {
        let sql = format!("{SIDE} WHERE s.street = ?1 AND s.low <= ?3 AND s.high >= ?2");
        let bounds = [street, signed(low), signed(high)];
        let sides = rows::all(self.index.prepare_cached(&sql)?, bounds, SideRow::read)?;
        self.houses_on(&sides, low, high)
    }

    fn houses_on(&self, sides: &[SideRow], low: u64, high: u64) -> rusqlite::Result<Vec<House>> {
        let mut houses = Vec::new();
        for side in sides {
            let (first, last) = side.range.bounds();
            // Numbers of the range's parity, from the first that is not too low.
            let begin = u64::from(first).max(low);
            let begin = begin + (begin - u64::from(first)) % 2;
            for number in (begin..=high.min(u64::from(last))).step_by(2) {
                if let Ok(number) = u32::try_from(number) {
                    houses.extend(side.house(self.index, number)?);
                }
            }
        }
        Ok(houses)
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

    /// Corners of two streets: of those before and after "&", and of those that share the words
    /// typed so that neither has them all. Steps 0 and 1.
    fn corners(&mut self, question: &Question, exactness: Exactness) -> rusqlite::Result<()> {
        if let Some((one, other)) = &question.corner {
            self.corners_of(one, other.as_ref(), exactness)?;
        }
        if question.words.len() < 2 || self.enough() {
            return Ok(());
        }
        let whole = expression(&question.words, exactness);
        let first =
            matching(self.index, "corner_words", &beginning(&question.words, Exactness::Begun))?;
        for corner in matching(self.index, "corner_words", &whole)? {
            let (a, b) = self.streets_at(corner)?;
            let alone = |street| question.streets.has(Exactness::Begun, street);
            if !alone(a) && !alone(b) {
                let rank = u32::from(first.binary_search(&corner).is_err());
                let key = Key { rank, ..Key::new(exactness as u8, PlaceKind::Intersection) };
                self.add(key, Hit::Corner(corner))?;
            }
        }
        Ok(())
    }

    /// Corners of a street of `one` with one of `other`; of any street, if nothing was typed.
    fn corners_of(
        &mut self,
        one: &Streets,
        other: Option<&Streets>,
        exactness: Exactness,
    ) -> rusqlite::Result<()> {
        // From the shorter list, so that "kestrel & s" does not look at every street with an s.
        let count = |streets: &&Streets| streets.list(exactness).len();
        let shorter = other.filter(|other| count(other) < count(&one)).unwrap_or(one);
        let rank = |a, b| {
            let fits = one.has(exactness, a) && other.is_none_or(|o| o.has(exactness, b));
            fits.then(|| one.rank(a))
        };
        let sql = "SELECT id, a, b FROM corner WHERE a = ?1 OR b = ?1";
        for street in shorter.list(exactness) {
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            for (corner, a, b) in rows::all(self.index.prepare_cached(sql)?, [street], read)? {
                // Best where the first street typed begins so.
                if let Some(rank) = rank(a, b).into_iter().chain(rank(b, a)).min() {
                    let key = Key { rank, ..Key::new(exactness as u8, PlaceKind::Intersection) };
                    self.add(key, Hit::Corner(corner))?;
                }
            }
        }
        Ok(())
    }

    fn streets_at(&self, corner: i64) -> rusqlite::Result<(i64, i64)> {
        self.index
            .prepare_cached("SELECT a, b FROM corner WHERE id = ?1")?
            .query_row([corner], |row| Ok((row.get(0)?, row.get(1)?)))
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

    /// For streets that have no such number: the nearest that they have, and the street. Step 3.
    fn houses_instead(&mut self, asked: &Numbered) -> rusqlite::Result<()> {
        let mut wanted = Wanted {
            from: asked.number.clone(),
            to: behind(&asked.number),
            values: self.begun(asked.value())?,
        };
        wanted.values.extend(asked.value().map(|value| (value, value)));
        for (street, rank) in self.in_order(&asked.streets)?.into_iter().zip(0..) {
            if !self.houses_in(street, &wanted)?.is_empty() {
                continue;
            }
            if let Some(house) = self.nearest_number(street, &asked.number)? {
                let key = Key { rank, ..Key::new(3, PlaceKind::Address) };
                let instead_of = Some(asked.number.to_uppercase());
                self.add(key, Hit::House { house, instead_of })?;
            }
            if self.point(&Hit::Street(street))?.is_some() {
                let key = Key { rank, ..Key::new(3, PlaceKind::Street) };
                self.add(key, Hit::Street(street))?;
            }
        }
        Ok(())
    }

    /// The house of a street whose number is nearest to one that it does not have. A number on
    /// the other side of the street, odd for even, counts as two farther away.
    fn nearest_number(&self, street: i64, number: &str) -> rusqlite::Result<Option<House>> {
        let value = mend_core::city::gazetteer::houses::value(number);
        let all = format!("{HOUSE} WHERE h.street = ?1");
        let mut houses = rows::all(self.index.prepare_cached(&all)?, [street], House::read)?;
        let sides = format!("{SIDE} WHERE s.street = ?1");
        for side in rows::all(self.index.prepare_cached(&sides)?, [street], SideRow::read)? {
            let nearest = side.range.nearest_number(u32::try_from(value).unwrap_or(u32::MAX));
            houses.extend(side.house(self.index, nearest)?);
        }
        let far = |house: &House| {
            house.value.abs_diff(value).saturating_add(2 * ((house.value ^ value) & 1))
        };
        Ok(houses
            .into_iter()
            .min_by(|a, b| (far(a), a.value, &a.number).cmp(&(far(b), b.value, &b.number))))
    }

    /// The houses of streets that were typed without a number. Step 4.
    fn houses_of(&mut self, question: &Question) -> rusqlite::Result<()> {
        for (street, rank) in self.in_order(&question.streets)?.into_iter().zip(0..) {
            if self.enough() {
                break;
            }
            let mut houses = self.points_in(street, "", &behind(""))?;
            houses.extend(self.on_ranges_in(street, 0, MAX_NUMBER)?);
            for house in houses {
                let key = Key { rank, ..Key::new(4, PlaceKind::Address) };
                self.add(key, Hit::House { house, instead_of: None })?;
            }
        }
        Ok(())
    }

    /// The numbers that begin with a number, as ranges, up to the highest in the city: 21 begins
    /// 210 to 219, 2100 to 2199, and so on.
    fn begun(&self, value: Option<u64>) -> rusqlite::Result<Vec<(u64, u64)>> {
        let Some(value) = value else { return Ok(Vec::new()) };
        let highest = self
            .index
            .prepare_cached("SELECT number FROM highest")?
            .query_row([], |row| row.get::<_, u32>(0))?;
        let tens = (1..10u32).map(|digits| 10u64.pow(digits));
        let ranges = tens.map(|ten| (value * ten, value * ten + ten - 1));
        Ok(ranges.take_while(|(low, _)| *low <= u64::from(highest).min(MAX_NUMBER)).collect())
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
