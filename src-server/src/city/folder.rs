//! The files of a city's folder: read within limits, and remembered by line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mend_core::city::{Fault, Part};

use super::problem::Problem;

/// Longest table, in bytes.
pub(super) const TABLE_BYTES: u64 = 1024 * 1024;
/// Longest map or list of addresses, in bytes.
pub(super) const DATA_BYTES: u64 = 64 * 1024 * 1024;

/// Where the items of one part stand.
#[derive(Debug, Default)]
struct Lines {
    file: String,
    whole: Option<u32>,
    items: Vec<u32>,
}

/// A city's folder while it is read.
pub(super) struct Folder {
    dir: PathBuf,
    problems: Vec<Problem>,
    lines: BTreeMap<Part, Lines>,
}

impl Folder {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), problems: Vec::new(), lines: BTreeMap::new() }
    }

    /// Everything that was wrong so far.
    pub fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }

    pub fn problem(
        &mut self,
        file: &str,
        line: impl Into<Option<u32>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.push(Problem {
            file: file.to_owned(),
            line: line.into(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// The text of a file, or a problem.
    pub fn text(&mut self, file: &str, limit: u64) -> Option<String> {
        match read_text(&self.dir.join(file), limit) {
            Ok(text) => Some(text),
            Err(error) => {
                let (what, remedy) = match error.kind() {
                    io::ErrorKind::NotFound => {
                        ("The file is not there.".to_owned(), "Write it; a city needs it.")
                    }
                    io::ErrorKind::InvalidData => {
                        ("The file is not UTF-8 text.".to_owned(), "Save it as UTF-8.")
                    }
                    io::ErrorKind::FileTooLarge => {
                        (format!("The file has more than {limit} bytes."), "Make it smaller.")
                    }
                    _ => (
                        format!("The file cannot be read: {error}."),
                        "Check that it is a file, and that it may be read.",
                    ),
                };
                self.problem(file, None, what, remedy);
                None
            }
        }
    }

    /// Names in a folder below, sorted; none if it is not there.
    pub fn names(&mut self, below: &str) -> Vec<String> {
        let entries = match std::fs::read_dir(self.dir.join(below)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                let what = format!("The folder cannot be read: {error}.");
                self.problem(below, None, what, "Check that it is a folder, and may be read.");
                return Vec::new();
            }
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    /// Whether a file is there.
    pub fn has(&self, file: &str) -> bool {
        self.dir.join(file).exists()
    }

    /// Remembers the file of a part and the lines of its items.
    pub fn remember(&mut self, part: Part, file: &str, whole: Option<u32>, items: Vec<u32>) {
        self.lines.insert(part, Lines { file: file.to_owned(), whole, items });
    }

    /// The file and line of a fault of the pack.
    pub fn locate(&self, fault: Fault) -> Problem {
        let (file, line) = match self.lines.get(&fault.part) {
            Some(lines) => {
                let item = fault.item.and_then(|item| lines.items.get(item).copied());
                (lines.file.clone(), item.or(lines.whole))
            }
            None if fault.part == Part::City("zones") => ("zones".to_owned(), None),
            None => ("city.toml".to_owned(), None),
        };
        Problem { file, line, what: fault.what, remedy: fault.remedy }
    }
}

fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let file = File::open(path)?;
    let mut text = String::new();
    // One byte more than allowed tells a file of the limit from a longer one.
    file.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

/// The line of a byte, counted from 1.
pub(super) fn line_at(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}
