//! The files of a city's folder: read within limits, and remembered by line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mend_core::city::{Fault, Part, Severity};

use super::problem::{Found, Problem};

/// Longest table, in bytes.
pub(super) const TABLE_BYTES: u64 = 1024 * 1024;
/// Longest map or list of addresses, in bytes.
pub(super) const DATA_BYTES: u64 = 64 * 1024 * 1024;
/// Most names that are read of one folder.
const MAX_NAMES: usize = 1_000;

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
    found: Found,
    bytes: usize,
    lines: BTreeMap<Part, Lines>,
}

impl Folder {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), found: Found::default(), bytes: 0, lines: BTreeMap::new() }
    }

    /// Everything that was wrong so far.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// How many bytes were read.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds an error.
    pub fn problem(
        &mut self,
        file: &str,
        line: impl Into<Option<u32>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.found.add(Problem {
            severity: Severity::Error,
            file: file.to_owned(),
            line: line.into(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// Adds a warning.
    pub fn warning(
        &mut self,
        file: &str,
        line: impl Into<Option<u32>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.found.add(Problem {
            severity: Severity::Warning,
            file: file.to_owned(),
            line: line.into(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// Adds a fault of the pack, at its file and line.
    pub fn fault(&mut self, fault: Fault) {
        let (file, line) = self.place(&fault.part, fault.item);
        self.found.add(Problem {
            severity: fault.severity,
            file,
            line,
            what: fault.what,
            remedy: fault.remedy,
        });
    }

    /// The text of a file that a city needs, or a problem.
    pub fn text(&mut self, file: &str, limit: u64) -> Option<String> {
        let text = self.text_if_there(file, limit)?;
        if text.is_none() {
            self.problem(file, None, "The file is not there.", "Write it; a city needs it.");
        }
        text
    }

    /// The text of a file, some none if there is no such file, or a problem.
    #[allow(clippy::option_option, reason = "a problem, no file, and a file are three things")]
    pub fn text_if_there(&mut self, file: &str, limit: u64) -> Option<Option<String>> {
        let error = match read_text(&self.dir.join(file), limit) {
            Ok(text) => {
                self.bytes += text.len();
                return Some(Some(text));
            }
            Err(Unread::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Some(None),
            Err(error) => error,
        };
        let (what, remedy) = match error {
            Unread::TooLarge(bytes) => (
                format!("The file has {bytes} bytes, more than the {limit} that are read.",),
                "Leave out what Mend does not read, and simplify shapes to a metre or so."
                    .to_owned(),
            ),
            Unread::NoFile => (
                "This is no regular file.".to_owned(),
                "Put a file in its place; folders, pipes and devices are not read.".to_owned(),
            ),
            Unread::NotText(line) => {
                let what = "The file is not UTF-8 text.";
                self.problem(file, line, what, "Save it as UTF-8.");
                return None;
            }
            Unread::Io(error) => (
                format!("The file cannot be read: {error}."),
                "Check that it is a file, and that it may be read.".to_owned(),
            ),
        };
        self.problem(file, None, what, remedy);
        None
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
            .take(MAX_NAMES + 1)
            .collect();
        if names.len() > MAX_NAMES {
            let what = format!("The folder has more than {MAX_NAMES} files.");
            self.problem(below, None, what, "Keep only what belongs to the city.");
            return Vec::new();
        }
        names.sort();
        names
    }

    /// Remembers the file of a part and the lines of its items.
    pub fn remember(&mut self, part: Part, file: &str, whole: Option<u32>, items: Vec<u32>) {
        self.lines.insert(part, Lines { file: file.to_owned(), whole, items });
    }

    /// The file and line of an item of a part.
    pub fn place(&self, part: &Part, item: Option<usize>) -> (String, Option<u32>) {
        match self.lines.get(part) {
            Some(lines) => {
                let item = item.and_then(|item| lines.items.get(item).copied());
                (lines.file.clone(), item.or(lines.whole))
            }
            None => (home(part).to_owned(), None),
        }
    }
}

/// The file that a part belongs to, for one that was not read.
fn home(part: &Part) -> &'static str {
    match part {
        Part::City("zones") | Part::Zone(_) => "zones",
        Part::City(_) | Part::Department => "city.toml",
        Part::Service | Part::Question(_) => "services.toml",
        Part::Crew => "crews.toml",
        Part::Route => "routes.toml",
        Part::Hours | Part::Holiday | Part::Collection(_) => "calendar.toml",
        Part::Street | Part::Segment => "streets.geojson",
        Part::Address => "addresses.csv",
        Part::Asset => "assets.csv",
        Part::Strings(_) => "locales",
    }
}

/// Why a file was not read.
enum Unread {
    TooLarge(u64),
    NoFile,
    NotText(Option<u32>),
    Io(io::Error),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn read_text(path: &Path, limit: u64) -> Result<String, Unread> {
    // Asked before it is opened: opening a pipe waits for its other end. A link to a file is one.
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(Unread::NoFile);
    }
    if about.len() > limit {
        return Err(Unread::TooLarge(about.len()));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    // It may have grown since; one byte more than allowed tells.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(Unread::TooLarge(bytes.len() as u64));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.utf8_error().valid_up_to();
        Unread::NotText(Some(count_lines(&error.as_bytes()[..before])))
    })?;
    // Some editors begin a file with a mark that means nothing in UTF-8.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Where the lines of a text end, so that a place in it is found at once.
pub(super) struct LineIndex(Vec<usize>);

impl LineIndex {
    pub fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, counted from 1.
    pub fn line(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|end| *end < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

fn count_lines(before: &[u8]) -> u32 {
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}
