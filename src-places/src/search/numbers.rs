//! Houses by their number.

use mend_core::city::PlaceKind;
use mend_core::city::gazetteer::houses;
use rusqlite::Row;

use super::question::{Exactness, MAX_NUMBER, Numbered, Question};
use super::{Found, Hit, Key};
use crate::rows::{self, HOUSE, House, SIDE, SideRow};

/// When more houses or sides than this have a number that fits, streets are asked one by one until
/// enough is found, however many there are.
const RARE: i64 = 300;

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

impl Found<'_> {
    /// Houses with exactly this number. Steps 0 and 1.
    pub(super) fn houses_with(
        &mut self,
        asked: &Numbered,
        exactness: Exactness,
    ) -> rusqlite::Result<()> {
        let wanted = Wanted {
            from: asked.number.clone(),
            to: asked.number.clone(),
            values: asked.value().map(|value| (value, value)).into_iter().collect(),
        };
        let houses = self.houses(asked, exactness, &wanted)?;
        self.add_houses(exactness as u8, asked, houses)
    }

    /// Houses whose number begins with this one. Step 2.
    pub(super) fn houses_begun(&mut self, asked: &Numbered) -> rusqlite::Result<()> {
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

    /// For streets that have no such number: the nearest that they have, and the street. Step 3.
    pub(super) fn houses_instead(&mut self, asked: &Numbered) -> rusqlite::Result<()> {
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
        let value = houses::value(number);
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
    pub(super) fn houses_of(&mut self, question: &Question) -> rusqlite::Result<()> {
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
}
