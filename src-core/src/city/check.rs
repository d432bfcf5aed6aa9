//! What can be wrong with a city pack, found before anything is built from it.
//!
//! Faults name the part and the item, so that whoever reads a folder can name file and line.

use std::collections::BTreeSet;

use super::pack::{CityPack, OUTLINE, RouteRule, RouteTarget};
use super::route::{SERVICE_DEPARTMENT, UNROUTED};
use super::{calendar, zones};
use crate::catalogue::{Answer, QuestionKind, Service};

/// Most zones in one layer.
pub const MAX_ZONES: usize = 5_000;
/// Most positions in one layer.
pub const MAX_POSITIONS: usize = 1_000_000;
const MAX_SERVICES: usize = 200;
const MAX_QUESTIONS: usize = 30;
const MAX_CHOICES: usize = 60;
const MAX_DEPARTMENTS: usize = 200;
const MAX_CREWS: usize = 2_000;
const MAX_ROUTES: usize = 2_000;
const MAX_HOLIDAYS: usize = 1_000;
const MAX_LAYERS: usize = 20;
const MAX_STREETS: usize = 50_000;
const MAX_STREET_POINTS: usize = 10_000;
const MAX_ADDRESSES: usize = 1_000_000;
const MAX_LANGUAGES: usize = 40;
const MAX_STRINGS_BYTES: usize = 1024 * 1024;
const MAX_NAME_CHARS: usize = 120;
const MAX_CODE_BYTES: usize = 40;

const RESERVED_ROUTES: [&str; 2] = [SERVICE_DEPARTMENT, UNROUTED];

/// Which part of a city a fault is in; the same parts that a city's folder has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Name, numbers, languages, time zone.
    City,
    /// A department.
    Department,
    /// A service.
    Service,
    /// A crew.
    Crew,
    /// A route.
    Route,
    /// Office hours.
    Hours,
    /// A holiday.
    Holiday,
    /// A zone of this layer.
    Zone(String),
    /// A street.
    Street,
    /// An address.
    Address,
    /// The words of this language.
    Strings(String),
}

/// Something wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
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
    pub fn add(
        &mut self,
        part: &Part,
        item: impl Into<Option<usize>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Fault {
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

    fn name(&mut self, part: &Part, item: Option<usize>, what: &str, name: &str) {
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
            self.add(
                part,
                item,
                format!("{code:?} is not a code for a {what}."),
                "Begin with a small letter, then small letters, digits, _ or -, at most 40 in all.",
            );
        } else if !seen.insert(code) {
            self.add(
                part,
                item,
                format!("The {what} {code:?} exists twice."),
                "Give each one a code of its own.",
            );
        }
    }

    fn unknown(&mut self, part: &Part, item: usize, what: &str, code: &str) {
        self.add(
            part,
            item,
            format!("There is no {what} {code:?}."),
            format!("Write the code of a {what} that exists, or add that {what}."),
        );
    }
}

/// Whether a text can be a code.
pub(super) fn is_code(text: &str) -> bool {
    text.len() <= MAX_CODE_BYTES
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
}

/// Everything wrong with a pack; empty for a sound one.
pub(super) fn faults(pack: &CityPack) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    city(pack, &mut faults);
    people(pack, &mut faults);
    if faults.limit(&Part::Service, "services", pack.services.services.len(), MAX_SERVICES) {
        services(pack, &mut faults);
    }
    if faults.limit(&Part::Route, "routes", pack.routes.len(), MAX_ROUTES) {
        routes(pack, &mut faults);
    }
    if faults.limit(&Part::Holiday, "holidays", pack.calendar.holidays.len(), MAX_HOLIDAYS) {
        calendar::check(&pack.calendar, &mut faults);
    }
    layers(pack, &mut faults);
    places(pack, &mut faults);
    for (language, text) in &pack.strings {
        let part = Part::Strings(language.clone());
        faults.limit(&part, "bytes of words", text.len(), MAX_STRINGS_BYTES);
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

fn city(pack: &CityPack, faults: &mut Faults) {
    let part = Part::City;
    if pack.id.as_bytes() == &[0; 16] {
        faults.add(&part, None, "The city's id is empty.", "Write a UUID that no other city has.");
    }
    faults.name(&part, None, "name", &pack.name);
    for (what, number) in
        [("emergency number", &pack.emergency_number), ("service line", &pack.service_line)]
    {
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let plain = number.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
        if digits == 0 || number.len() > 30 || !plain {
            faults.add(
                &part,
                None,
                format!("The {what} {number:?} is not a telephone number."),
                "Write digits, spaces, +, - and brackets, at most 30 in all.",
            );
        }
    }
    if let Err(error) = calendar::time_zone(&pack.time_zone) {
        faults.add(
            &part,
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
            &part,
            None,
            "The city's languages are missing, too many, or not language tags.",
            format!("Write 1 to {MAX_LANGUAGES} tags like \"en\" or \"pt-BR\"."),
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
    if !departments.contains(pack.unrouted_department.as_str()) {
        faults.add(
            &Part::City,
            None,
            format!("There is no department {:?}.", pack.unrouted_department),
            "Name a department for requests that no longer have a service.",
        );
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

fn services(pack: &CityPack, faults: &mut Faults) {
    let part = Part::Service;
    if pack.services.services.is_empty() {
        faults.add(&part, None, "The city has no services.", "Write at least one service.");
    }
    let mut seen = BTreeSet::new();
    for (i, service) in pack.services.services.iter().enumerate() {
        faults.code(&part, Some(i), "service", &service.code, &mut seen);
        if !pack.departments.iter().any(|d| d.code == service.department) {
            faults.unknown(&part, i, "department", &service.department);
        }
        if !std::iter::once(&service.sla).chain(service.sla_at.values()).all(|s| s.is_sound()) {
            faults.add(
                &part,
                i,
                format!("The service {:?} promises what cannot be kept.", service.code),
                "Write figures of at least 1, the response not after the resolution.",
            );
        }
        questions(service, i, faults);
    }
}

fn questions(service: &Service, i: usize, faults: &mut Faults) {
    let part = Part::Service;
    faults.limit(&part, "questions in a service", service.questions.len(), MAX_QUESTIONS);
    let mut seen = BTreeSet::new();
    for question in &service.questions {
        faults.code(&part, Some(i), "question", &question.code, &mut seen);
        if let QuestionKind::Choice(choices) = &question.kind {
            faults.limit(&part, "choices in a question", choices.len(), MAX_CHOICES);
            let mut seen = BTreeSet::new();
            for choice in choices {
                faults.code(&part, Some(i), "choice", choice, &mut seen);
            }
            if choices.len() < 2 {
                faults.add(
                    &part,
                    i,
                    format!("The question {:?} leaves no choice.", question.code),
                    "Write at least two choices.",
                );
            }
        }
        if question.emergency && question.kind != QuestionKind::Flag {
            faults.add(
                &part,
                i,
                format!("The question {:?} cannot mark an emergency.", question.code),
                "Only a yes-or-no question can.",
            );
        }
        for raise in &question.raises {
            let possible = question.problem_with(&raise.when).is_none()
                && !matches!(raise.when, Answer::Text(_));
            if !possible {
                faults.add(
                    &part,
                    i,
                    format!("The question {:?} never has the answer that raises.", question.code),
                    "Raise for one of its choices, or for yes or no.",
                );
            }
        }
    }
}

fn routes(pack: &CityPack, faults: &mut Faults) {
    let part = Part::Route;
    let mut seen = BTreeSet::new();
    for (i, rule) in pack.routes.iter().enumerate() {
        faults.code(&part, Some(i), "route", &rule.code, &mut seen);
        if RESERVED_ROUTES.contains(&rule.code.as_str()) {
            faults.add(
                &part,
                i,
                format!("The route code {:?} means something else already.", rule.code),
                "Choose another code.",
            );
        }
        match &rule.to {
            RouteTarget::Department(code) => {
                if !pack.departments.iter().any(|d| d.code == *code) {
                    faults.unknown(&part, i, "department", code);
                }
            }
            RouteTarget::Crew(code) => {
                if !pack.crews.iter().any(|c| c.code == *code) {
                    faults.unknown(&part, i, "crew", code);
                }
            }
        }
        route_conditions(pack, rule, i, faults);
    }
}

fn route_conditions(pack: &CityPack, rule: &RouteRule, i: usize, faults: &mut Faults) {
    let part = Part::Route;
    for (layer, codes) in &rule.zones {
        let zones = pack.zones.get(layer).filter(|_| layer != OUTLINE);
        let Some(zones) = zones else {
            faults.unknown(&part, i, "layer of zones", layer);
            continue;
        };
        for code in codes {
            if !zones.features.iter().any(|f| zones::text(f, "code") == Some(code)) {
                faults.unknown(&part, i, "zone", code);
            }
        }
    }
    if !rule.answers.is_empty() && rule.services.is_empty() {
        faults.add(
            &part,
            i,
            format!("The route {:?} asks for answers of no service.", rule.code),
            "Name the services whose answers it reads.",
        );
    }
    for code in &rule.services {
        let Some(service) = pack.services.service(code) else {
            faults.unknown(&part, i, "service", code);
            continue;
        };
        for (question, answer) in &rule.answers {
            let possible = service.question(question).is_some_and(|q| {
                q.problem_with(answer).is_none() && !matches!(answer, Answer::Text(_))
            });
            if !possible {
                faults.add(
                    &part,
                    i,
                    format!("The service {code:?} never has that answer to {question:?}."),
                    "Write a question of the service and one of its choices, or yes or no.",
                );
            }
        }
    }
}

fn layers(pack: &CityPack, faults: &mut Faults) {
    let part = Part::City;
    if pack.zones.is_empty() {
        faults.add(&part, None, "The city has no zones.", "Write at least one layer of zones.");
    }
    faults.limit(&part, "layers of zones", pack.zones.len(), MAX_LAYERS);
    for (layer, collection) in &pack.zones {
        let part = Part::Zone(layer.clone());
        if !is_code(layer) {
            faults.add(
                &part,
                None,
                format!("{layer:?} is not a code for a layer."),
                "Begin with a small letter, then small letters, digits, _ or -.",
            );
        }
        if !faults.limit(&part, "zones in a layer", collection.features.len(), MAX_ZONES) {
            continue;
        }
        if collection.features.is_empty() {
            faults.add(
                &part,
                None,
                "The layer has no zones.",
                "Write a zone, or remove the layer.",
            );
        }
        let mut positions = 0;
        let mut seen = BTreeSet::new();
        for (i, feature) in collection.features.iter().enumerate() {
            let code = zones::text(feature, "code").unwrap_or_default();
            faults.code(&part, Some(i), "zone", code, &mut seen);
            let name = zones::text(feature, "name").unwrap_or_default();
            faults.name(&part, Some(i), "zone's name", name);
            match zones::shape(feature) {
                Ok(shape) => positions += zones::count_positions(&shape),
                Err(problem) => faults.add(
                    &part,
                    i,
                    format!("The zone {code:?} {problem}."),
                    "Write a polygon or multipolygon with closed rings of [longitude, latitude].",
                ),
            }
        }
        faults.limit(&part, "positions in a layer", positions, MAX_POSITIONS);
    }
}

fn places(pack: &CityPack, faults: &mut Faults) {
    let places = &pack.gazetteer;
    if !faults.limit(&Part::Street, "streets", places.streets.len(), MAX_STREETS)
        || !faults.limit(&Part::Address, "addresses", places.addresses.len(), MAX_ADDRESSES)
    {
        return;
    }
    let mut seen = BTreeSet::new();
    for (i, street) in places.streets.iter().enumerate() {
        faults.name(&Part::Street, Some(i), "street's name", &street.name);
        faults.limit(&Part::Street, "points in a street", street.line.len(), MAX_STREET_POINTS);
        if !seen.insert(street.name.as_str()) {
            faults.add(
                &Part::Street,
                i,
                format!("The street {:?} exists twice.", street.name),
                "Write each street once.",
            );
        }
    }
    let mut seen = BTreeSet::new();
    for (i, address) in places.addresses.iter().enumerate() {
        if address.street as usize >= places.streets.len() {
            faults.add(
                &Part::Address,
                i,
                "The address names a street that is not there.",
                "Write a street of the city.",
            );
        }
        let number = address.number.as_str();
        let sound = (1..=12).contains(&number.len())
            && number.starts_with(|c: char| c.is_ascii_digit())
            && number.bytes().all(|b| b.is_ascii_alphanumeric() || b"-/".contains(&b));
        if !sound {
            faults.add(
                &Part::Address,
                i,
                format!("{number:?} is not a house number."),
                "Begin with a digit, then digits, letters, - or /, at most 12 in all.",
            );
        } else if !seen.insert((address.street, number)) {
            faults.add(
                &Part::Address,
                i,
                format!("The address {number} exists twice in its street."),
                "Write each address once.",
            );
        }
    }
}
