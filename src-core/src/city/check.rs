//! What can be wrong with a city pack, found before anything is built from it.
//!
//! Faults name the part and the item, so that whoever reads a folder can name file and line.
//! [`faults`] looks at form and references, and is quick enough for wherever a pack is opened;
//! [`thorough`] looks at how all of it fits together, and is for where a city is made.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::pack::CityPack;
use super::{calendar, zones};

mod map;
mod places;
mod reach;
mod rules;

const MAX_SERVICES: usize = 200;
const MAX_DEPARTMENTS: usize = 200;
const MAX_CREWS: usize = 2_000;
const MAX_ROUTES: usize = 2_000;
const MAX_HOLIDAYS: usize = 1_000;
const MAX_LANGUAGES: usize = 40;
const MAX_STRINGS_BYTES: usize = 1024 * 1024;
const MAX_NAME_CHARS: usize = 120;
const MAX_CODE_BYTES: usize = 40;

/// Which part of a city a fault is in; the same parts that a city's folder has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A member of the city itself: `name`, `time_zone`, `zones`, …
    City(&'static str),
    /// A department.
    Department,
    /// A service.
    Service,
    /// A question of the service with this index.
    Question(usize),
    /// A crew.
    Crew,
    /// A route.
    Route,
    /// Office hours.
    Hours,
    /// A holiday.
    Holiday,
    /// When the collection route with this code is served.
    Collection(String),
    /// A zone of this layer.
    Zone(String),
    /// A street.
    Street,
    /// A street's segment, counted through all streets in their order.
    Segment,
    /// An address.
    Address,
    /// An asset.
    Asset,
    /// The words of this language.
    Strings(String),
}

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The city cannot be used until it is mended.
    Error,
    /// The city can be used; someone should look at it.
    Warning,
}

/// Something wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub part: Part,
    /// Which item of that part, counted from 0; none: the part as a whole.
    pub item: Option<usize>,
    /// What is wrong, a sentence.
    pub what: String,
    /// What to do, a sentence.
    pub remedy: String,
}

/// Collects faults of one item after the other.
pub(super) struct Faults(pub Vec<Fault>);

impl Faults {
    /// Adds an error.
    pub fn add(
        &mut self,
        part: &Part,
        item: impl Into<Option<usize>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.put(Severity::Error, part, item, what, remedy);
    }

    /// Adds a warning.
    pub fn warn(
        &mut self,
        part: &Part,
        item: impl Into<Option<usize>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.put(Severity::Warning, part, item, what, remedy);
    }

    fn put(
        &mut self,
        severity: Severity,
        part: &Part,
        item: impl Into<Option<usize>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Fault {
            severity,
            part: part.clone(),
            item: item.into(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    fn limit(&mut self, part: &Part, what: &str, found: usize, limit: usize) -> bool {
        if found > limit {
            self.add(
                part,
                None,
                format!("There are {found} {what}, more than the {limit} that are read."),
                format!("Keep at most {limit} {what}."),
            );
        }
        found <= limit
    }

    pub(super) fn name(&mut self, part: &Part, item: Option<usize>, what: &str, name: &str) {
        if name.trim().is_empty()
            || name.chars().count() > MAX_NAME_CHARS
            || name.chars().any(char::is_control)
        {
            self.add(
                part,
                item,
                format!("The {what} {name:?} is empty, too long or has control characters."),
                format!("Write a {what} of 1 to {MAX_NAME_CHARS} characters on one line."),
            );
        }
    }

    /// Checks the form of a code, and that it is not among those seen.
    fn code<'a>(
        &mut self,
        part: &Part,
        item: Option<usize>,
        what: &str,
        code: &'a str,
        seen: &mut BTreeSet<&'a str>,
    ) {
        if !is_code(code) {
            self.not_a_code(part, item, what, code);
        } else if !seen.insert(code) {
            self.add(
                part,
                item,
                format!("The {what} {code:?} exists twice."),
                "Give each one a code of its own.",
            );
        }
    }

    fn not_a_code(&mut self, part: &Part, item: Option<usize>, what: &str, code: &str) {
        self.add(
            part,
            item,
            format!("{code:?} is not a code for {} {what}.", article(what)),
            "Begin with a small letter, then small letters, digits, _ or -, at most 40 in all.",
        );
    }

    fn telephone(&mut self, part: &Part, item: Option<usize>, number: &str) {
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let plain = number.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
        if digits == 0 || number.len() > 30 || !plain {
            self.add(
                part,
                item,
                format!("{number:?} is not a telephone number."),
                "Write digits, spaces, +, - and brackets, at most 30 in all.",
            );
        }
    }

    fn unknown(&mut self, part: &Part, item: impl Into<Option<usize>>, what: &str, code: &str) {
        self.add(
            part,
            item,
            format!("There is no {what} {code:?}."),
            format!("Write the code of {} {what} that exists, or add it.", article(what)),
        );
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Most brackets within each other that a message may have: whoever reads messages goes down a
/// call for each of them.
pub const MAX_NESTING: usize = 100;

/// How many braces and brackets stand within each other, at most, in a Fluent text. A brace that is
/// meant as such, `{"{"}`, does not count.
pub fn nesting(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut deepest) = (0_usize, 0);
    for (i, byte) in bytes.iter().enumerate() {
        let quoted = i > 0 && bytes[i - 1] == b'"' && bytes.get(i + 1) == Some(&b'"');
        match byte {
            _ if quoted => {}
            b'{' | b'(' => depth += 1,
            b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Whether a text can be a code.
pub(super) fn is_code(text: &str) -> bool {
    text.len() <= MAX_CODE_BYTES
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
}

/// What is wrong with a pack in itself: forms, and names of what is not there. Only errors; empty
/// for a pack that a city can be built from.
pub fn faults(pack: &CityPack) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    city(pack, &mut faults);
    people(pack, &mut faults);
    if faults.limit(&Part::Service, "services", pack.services.services.len(), MAX_SERVICES) {
        rules::services(pack, &mut faults);
    }
    if faults.limit(&Part::Route, "routes", pack.routes.len(), MAX_ROUTES) {
        rules::routes(pack, &mut faults);
    }
    if faults.limit(&Part::Holiday, "holidays", pack.calendar.holidays.len(), MAX_HOLIDAYS) {
        calendar::check(pack, &mut faults);
    }
    map::layers(pack, &mut faults);
    places::form(pack, &mut faults);
    for (language, text) in &pack.strings {
        let part = Part::Strings(language.clone());
        faults.limit(&part, "bytes of words", text.len(), MAX_STRINGS_BYTES);
        if nesting(text) > MAX_NESTING {
            faults.add(
                &part,
                None,
                format!("More than {MAX_NESTING} brackets stand within each other."),
                "Write simpler messages.",
            );
        }
        if !pack.languages.contains(language) {
            faults.add(
                &part,
                None,
                format!("There are words in {language:?}, which the city does not speak."),
                "Add the language to the city's languages, or remove the words.",
            );
        }
    }
    faults.0
}

/// What is wrong with how the parts of a pack fit together, beyond [`faults`], which are passed in:
/// what stands on a part that is wrong in itself is not looked at. `today` is the city's local
/// date; without it nothing is said of dates that have passed or that are too near.
pub fn thorough(pack: &CityPack, faults: &[Fault], today: Option<Date>) -> Vec<Fault> {
    let sound = |of: fn(&Part) -> bool| !faults.iter().any(|fault| of(&fault.part));
    let map = sound(|part| matches!(part, Part::Zone(_) | Part::City("zones" | "partial_layers")));
    let places =
        sound(|part| matches!(part, Part::Street | Part::Segment | Part::Address | Part::Asset));
    let calendar = sound(|part| {
        matches!(part, Part::Hours | Part::Holiday | Part::Collection(_) | Part::City("time_zone"))
    });
    let rules = sound(|part| {
        matches!(
            part,
            Part::Department | Part::Service | Part::Question(_) | Part::Crew | Part::Route
        )
    });
    let mut found = Faults(Vec::new());
    if map {
        found.0.extend(zones::map_faults(pack));
        map::outline(pack, today, &mut found);
    }
    // Where zones are in the wrong place, every street would seem to be.
    let map_fits = map && !found.0.iter().any(|fault| fault.severity == Severity::Error);
    if places {
        places::fit(pack, &mut found);
    }
    if places && map_fits {
        places::on_the_map(pack, &mut found);
    }
    if rules {
        rules::fit(pack, &mut found);
    }
    if rules && map && calendar {
        reach::check(pack, today, &mut found);
    }
    if let Some(today) = today
        && rules
        && calendar
    {
        found.0.extend(calendar::holiday_faults(pack, today));
    }
    found.0
}

fn city(pack: &CityPack, faults: &mut Faults) {
    if pack.id.as_bytes() == &[0; 16] {
        faults.add(
            &Part::City("id"),
            None,
            "The city's id is empty.",
            "Write a UUID that no other city has.",
        );
    }
    faults.name(&Part::City("name"), None, "name", &pack.name);
    for (key, number) in
        [("emergency_number", &pack.emergency_number), ("service_line", &pack.service_line)]
    {
        faults.telephone(&Part::City(key), None, number);
    }
    if let Err(error) = calendar::time_zone(&pack.time_zone) {
        faults.add(
            &Part::City("time_zone"),
            None,
            format!("The time zone {:?} cannot be read: {error}.", pack.time_zone.name),
            "Write an IANA name like America/Los_Angeles.",
        );
    }
    let tag = |t: &String| {
        (2..=35).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if pack.languages.is_empty()
        || pack.languages.len() > MAX_LANGUAGES
        || !pack.languages.iter().all(tag)
    {
        faults.add(
            &Part::City("languages"),
            None,
            "The city's languages are missing, too many, or not language tags.",
            format!("Write 1 to {MAX_LANGUAGES} tags like \"en\" or \"pt-BR\"."),
        );
    }
    if !pack.departments.iter().any(|d| d.code == pack.unrouted_department) {
        faults.add(
            &Part::City("unrouted_department"),
            None,
            format!("There is no department {:?}.", pack.unrouted_department),
            "Name a department for requests that no longer have a service.",
        );
    }
}

fn people(pack: &CityPack, faults: &mut Faults) {
    let part = Part::Department;
    if !faults.limit(&part, "departments", pack.departments.len(), MAX_DEPARTMENTS)
        || !faults.limit(&Part::Crew, "crews", pack.crews.len(), MAX_CREWS)
    {
        return;
    }
    let mut departments = BTreeSet::new();
    for (i, department) in pack.departments.iter().enumerate() {
        faults.code(&part, Some(i), "department", &department.code, &mut departments);
        faults.name(&part, Some(i), "department's name", &department.name);
    }
    let mut seen = BTreeSet::new();
    for (i, crew) in pack.crews.iter().enumerate() {
        faults.code(&Part::Crew, Some(i), "crew", &crew.code, &mut seen);
        faults.name(&Part::Crew, Some(i), "crew's name", &crew.name);
        if !departments.contains(crew.department.as_str()) {
            faults.unknown(&Part::Crew, i, "department", &crew.department);
        }
    }
}

#[cfg(test)]
mod tests;
