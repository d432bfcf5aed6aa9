//! What is wrong in a city's folder, for the person who wrote it.

use std::fmt;

use mend_core::city::Severity;
use serde::Serialize;

/// Most problems that are said at once.
pub const MAX_PROBLEMS: usize = 100;

/// Something wrong in a file of a city's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
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
        if self.severity == Severity::Warning {
            f.write_str(": warning")?;
        }
        write!(f, ": {} {}", self.what, self.remedy)
    }
}

impl std::error::Error for Problem {}

/// The problems of one folder: those that are said, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    said: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl Found {
    /// Counts a problem, and keeps it to be said if there is room: a file of a million bad lines
    /// must not become a million sentences. An error takes the room of a warning.
    pub fn add(&mut self, problem: Problem) {
        let is_error = problem.severity == Severity::Error;
        *if is_error { &mut self.errors } else { &mut self.warnings } += 1;
        if self.said.len() >= MAX_PROBLEMS {
            let last = self.said.iter().rposition(|said| said.severity == Severity::Warning);
            match last {
                Some(place) if is_error => {
                    self.said.remove(place);
                }
                _ => return,
            }
        }
        self.said.push(problem);
    }

    /// How many errors there are, said or not.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings there are, said or not.
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// Errors first, then by file and line. The last one says how many more there are.
    pub fn said(&self) -> Vec<Problem> {
        let mut said = self.said.clone();
        said.sort_by(|a, b| (a.severity, &a.file, a.line).cmp(&(b.severity, &b.file, b.line)));
        let more = self.errors + self.warnings - said.len();
        if more > 0
            && let Some(last) = said.last_mut()
        {
            last.remedy = format!("{} There are {more} problems more.", last.remedy);
        }
        said
    }
}
