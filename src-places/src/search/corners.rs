//! Corners of two streets.

use mend_core::city::PlaceKind;
use rusqlite::Row;

use super::question::{Exactness, Question, Streets, beginning, expression, matching};
use super::{Found, Hit, Key};
use crate::rows;

impl Found<'_> {
    /// Corners of two streets: of those before and after "&", and of those that share the words
    /// typed so that neither has them all. Steps 0 and 1.
    pub(super) fn corners(
        &mut self,
        question: &Question,
        exactness: Exactness,
    ) -> rusqlite::Result<()> {
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

    pub(super) fn streets_at(&self, corner: i64) -> rusqlite::Result<(i64, i64)> {
        self.index
            .prepare_cached("SELECT a, b FROM corner WHERE id = ?1")?
            .query_row([corner], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
