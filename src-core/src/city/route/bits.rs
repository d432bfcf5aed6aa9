//! Sets of rules, one bit for each rule, so that many rules are ruled out at once.

/// Rows of bits, all as long as there are rules.
#[derive(Debug, Clone)]
pub(super) struct Bits {
    /// Words in a row.
    words: usize,
    all: Vec<u64>,
}

/// A row of [`Bits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row(u32);

impl Bits {
    /// No rows yet; each is to have one bit for each of `rules` rules.
    pub fn new(rules: usize) -> Self {
        Self { words: rules.div_ceil(64), all: Vec::new() }
    }

    /// A new row with the rules that fit.
    pub fn row(&mut self, rules: impl IntoIterator<Item = usize>) -> Row {
        let start = self.all.len();
        self.all.resize(start + self.words, 0);
        let row = Row(start as u32);
        for rule in rules {
            self.set(row, rule);
        }
        row
    }

    /// A new row like another one.
    pub fn copy(&mut self, row: Row) -> Row {
        let start = row.0 as usize;
        let copy = Row(self.all.len() as u32);
        self.all.extend_from_within(start..start + self.words);
        copy
    }

    /// Adds a rule to a row.
    pub fn set(&mut self, row: Row, rule: usize) {
        self.all[row.0 as usize + rule / 64] |= 1 << (rule % 64);
    }

    /// The rules that are in all of the rows, the lowest first.
    pub fn in_all<'a>(&'a self, rows: &'a [Row]) -> impl Iterator<Item = usize> + 'a {
        (0..self.words).flat_map(move |word| {
            let in_all = rows.iter().fold(u64::MAX, |left, row| {
                left & self.all.get(row.0 as usize + word).copied().unwrap_or(0)
            });
            Ones(in_all).map(move |bit| word * 64 + bit)
        })
    }
}

/// The places of the bits that are set, the lowest first.
struct Ones(u64);

impl Iterator for Ones {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}
