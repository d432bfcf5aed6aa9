//! What was typed, and the streets that it may name.

use mend_core::city::gazetteer::words::{corner, readings};
use rusqlite::Connection;

use crate::rows;

/// Up to so many streets are asked one by one for a house number; of more, the houses with that
/// number are read and their street is looked at.
const FEW_STREETS: usize = 64;
/// Highest house number that is found on a range.
pub(super) const MAX_NUMBER: u64 = i32::MAX as u64;

/// Whether all words typed are whole, or some only begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exactness {
    Whole,
    Begun,
}

/// Words as an expression of full text. They hold letters and digits only, and are quoted all the
/// same, so that none is taken for an operator.
pub(super) fn expression(words: &[String], exactness: Exactness) -> String {
    let star = if exactness == Exactness::Begun { "*" } else { "" };
    words.iter().map(|word| format!("\"{word}\"{star}")).collect::<Vec<_>>().join(" AND ")
}

/// The same where the first word must begin the name.
pub(super) fn beginning(words: &[String], exactness: Exactness) -> String {
    let whole = expression(words, exactness);
    match words {
        [] => whole,
        [first, ..] => {
            format!("first : {} AND {whole}", expression(std::slice::from_ref(first), exactness))
        }
    }
}

/// The rows of a table of words that fit.
pub(super) fn matching(
    index: &Connection,
    table: &str,
    expression: &str,
) -> rusqlite::Result<Vec<i64>> {
    if expression.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1");
    rows::all(index.prepare_cached(&sql)?, [expression], |row| row.get(0))
}

/// The streets that words may name. Lists rise, so that they can be searched.
#[derive(Debug, Default)]
pub(super) struct Streets {
    /// By whole words.
    pub(super) whole: Vec<i64>,
    /// By words that are begun, the whole ones among them.
    pub(super) begun: Vec<i64>,
    /// Of these, the ones whose name begins with the first word.
    pub(super) first: Vec<i64>,
}

impl Streets {
    pub(super) fn new(index: &Connection, words: &[String]) -> rusqlite::Result<Self> {
        let streets = |expression: String| matching(index, "street_words", &expression);
        Ok(Self {
            whole: streets(expression(words, Exactness::Whole))?,
            begun: streets(expression(words, Exactness::Begun))?,
            first: streets(beginning(words, Exactness::Begun))?,
        })
    }

    pub(super) fn list(&self, exactness: Exactness) -> &[i64] {
        match exactness {
            Exactness::Whole => &self.whole,
            Exactness::Begun => &self.begun,
        }
    }

    pub(super) fn has(&self, exactness: Exactness, street: i64) -> bool {
        self.list(exactness).binary_search(&street).is_ok()
    }

    /// 0 if the name begins with the first word, 1 otherwise.
    pub(super) fn rank(&self, street: i64) -> u32 {
        u32::from(self.first.binary_search(&street).is_err())
    }
}

/// A reading with a house number, and the streets that its words may name.
pub(super) struct Numbered {
    pub(super) number: String,
    /// No word but the number was typed: the streets are all streets.
    pub(super) bare: bool,
    pub(super) streets: Streets,
}

impl Numbered {
    /// The number's value, if a number on a range can look like it.
    pub(super) fn value(&self) -> Option<u64> {
        let digits = !self.number.starts_with('0');
        self.number.parse().ok().filter(|value| digits && *value <= MAX_NUMBER)
    }

    pub(super) fn fits(&self, exactness: Exactness, street: i64) -> bool {
        self.bare || self.streets.has(exactness, street)
    }

    pub(super) fn list(&self, exactness: Exactness) -> &[i64] {
        self.streets.list(exactness)
    }

    pub(super) fn rank(&self, street: i64) -> u32 {
        if self.bare { 0 } else { self.streets.rank(street) }
    }

    /// The streets to be asked one by one; none: too many.
    pub(super) fn few(&self, exactness: Exactness) -> Option<&[i64]> {
        let list = self.list(exactness);
        (!self.bare && list.len() <= FEW_STREETS).then_some(list)
    }
}

/// What was typed, read in every way.
pub(super) struct Question {
    pub(super) words: Vec<String>,
    pub(super) streets: Streets,
    pub(super) numbered: Vec<Numbered>,
    pub(super) corner: Option<(Streets, Option<Streets>)>,
}

impl Question {
    pub(super) fn new(index: &Connection, text: &str) -> rusqlite::Result<Self> {
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
