//! What is wrong in a city's folder, for the person who wrote it.

use std::fmt;

/// Most problems that are said at once.
pub const MAX_PROBLEMS: usize = 100;

/// Something wrong in a file of a city's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path within the folder, with `/`.
    pub file: String,
    /// Line, counted from 1; none: the file as a whole.
    pub line: Option<u32>,
    /// What is wrong, a sentence.
    pub what: String,
    /// What to do, a sentence.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {} {}", self.what, self.remedy)
    }
}

impl std::error::Error for Problem {}

/// The first problems, and how many more there are.
pub(super) fn capped(mut problems: Vec<Problem>) -> Vec<Problem> {
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        problems.truncate(MAX_PROBLEMS);
        if let Some(last) = problems.last_mut() {
            last.remedy = format!("{} There are {more} problems more.", last.remedy);
        }
    }
    problems
}
