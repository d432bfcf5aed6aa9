//! What `mend-server explain` says: what would become of a report, and why. Nothing is made or
//! kept; the same functions of the core answer as for a report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use mend_core::catalogue::{Answer, Priority, Service, Sla};
use mend_core::city::pack::{COLLECTION, Weekday};
use mend_core::city::{AssetQuery, City, PromiseQuery, RouteQuery};
use mend_core::event::Reason;
use mend_core::location::{AssetRef, Point};
use mend_core::time::Timestamp;
use mend_places::{Places, PlacesError};
use serde::Serialize;

use crate::city::time_zone;

mod ask;
mod remarks;
#[cfg(test)]
mod tests;
mod text;

pub use ask::{Asked, BadQuestion, Words};
pub use remarks::Remark;
pub use text::text;

/// What would become of a report. This is the JSON of `explain --json`: members may be added, and
/// none is taken away or changes its meaning. Times are RFC 3339 with the city's offset, dates are
/// local dates, places are degrees WGS84.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The city's name.
    pub city: String,
    /// Hex SHA-256 of the city's data.
    pub city_version: String,
    /// The service's code.
    pub service: String,
    /// When the report arrives.
    pub time: String,
    /// Where.
    pub at: Point,
    /// The address nearest to the place; null in a city without addresses.
    pub nearest_address: Option<Nearest>,
    /// Whether the place is the city's. A report from elsewhere is refused.
    pub inside: bool,
    /// Whose the place may be, if it is not the city's and the city knows.
    pub beyond: Option<Neighbor>,
    /// The zones in which the place lies, by layer.
    pub zones: Vec<ZoneFound>,
    /// Question to answer: `yes`, `no`, the code of a choice, or `text` for what is written.
    pub answers: BTreeMap<String, String>,
    /// Required questions without an answer. A report that leaves them out is refused.
    pub unanswered: Vec<String>,
    /// The asset that the report names.
    pub asset: Option<AssetFound>,
    /// How urgent it is.
    pub priority: PriorityFound,
    /// Who gets it.
    pub route: RouteFound,
    /// By when; null where nothing can be promised.
    pub promise: Option<PromiseFound>,
    /// What to know of the question itself.
    pub remarks: Vec<Remark>,
}

/// An address near the place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nearest {
    /// "214 Kestrel Street".
    pub label: String,
    /// Metres from the place.
    pub distance_m: f64,
}

/// Whose a place outside the city may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbor {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its telephone number.
    pub service_line: String,
}

/// Something with a code and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A zone in which the place lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneFound {
    /// The layer.
    pub layer: String,
    /// The zone's code.
    pub code: String,
    /// The zone's name.
    pub name: String,
}

/// The asset that a report names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssetFound {
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Whose it is: a code, `city` for the city's own.
    pub owner: String,
}

/// How urgent the report is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriorityFound {
    /// `low`, `medium`, `high` or `critical`.
    pub level: Priority,
    /// The service's own.
    pub of_service: Priority,
    /// The question whose answer raised it; null: none did.
    pub raised_by: Option<String>,
}

/// Who gets the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteFound {
    /// The rule's code; `service_department` where no route fits.
    pub rule: String,
    /// What the rule looked at, as the event keeps it.
    pub because: Vec<Reason>,
    /// The department that owns the request.
    pub department: Named,
    /// The crew or contractor that has it at once; null: it waits on the department's board.
    pub crew: Option<CrewFound>,
}

/// The crew that gets the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrewFound {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it is a firm that works for the city.
    pub contractor: bool,
}

/// What is promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromiseFound {
    /// As city folders write it: `5-10 business days`.
    pub sla: String,
    /// From when it counts: the arrival, or for business days the next time that the offices are
    /// open.
    pub counts_from: String,
    /// When the response is due.
    pub response_due: String,
    /// When the resolution is due.
    pub resolution_due: String,
    /// Holidays on the way that would otherwise have been business days or service days.
    pub holidays: Vec<HolidayFound>,
    /// The collection route that decides, for a promise of the next service day.
    pub collection_route: Option<String>,
}

/// A holiday on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolidayFound {
    /// Local date, `YYYY-MM-DD`.
    pub date: String,
    /// Its name.
    pub name: String,
}

/// What would become of a report.
///
/// # Errors
/// Only when the machine is out of memory.
pub fn explain(city: &City, places: &Places, asked: &Asked) -> Result<Explanation, PlacesError> {
    let zone = time_zone(city.pack());
    let zones = city.locate(asked.at, asked.time);
    let asset = asked.asset.as_ref().and_then(|asset| city.known_asset(asset));
    let (priority, _) = city.priority(&asked.service.code, &asked.answers);
    let (_, raised_by) = asked.service.priority_for(&asked.answers);
    let routed = city.route(&RouteQuery {
        service: &asked.service.code,
        zones: &zones,
        priority,
        answers: &asked.answers,
        asset: asset.as_ref().map(|a| AssetQuery { kind: &a.asset.kind, owner: &a.owner }),
        at: asked.time,
    });
    let sla = asked.service.sla_for(priority);
    let promise =
        city.promise(&PromiseQuery { sla, start: asked.time, pauses: &[], zones: &zones });
    let nearest = places.nearest(asked.at, 1)?.into_iter().next();
    let inside = city.contains(asked.at);
    let neighbor = city.beyond(asked.at).filter(|_| !inside);
    Ok(Explanation {
        city: city.pack().name.clone(),
        city_version: city.version().to_owned(),
        service: asked.service.code.clone(),
        time: rfc3339(asked.time, &zone),
        at: asked.at,
        nearest_address: nearest.map(|place| Nearest {
            distance_m: (asked.at.distance_m(place.point) * 10.0).round() / 10.0,
            label: place.label,
        }),
        inside,
        beyond: neighbor.map(|beyond| Neighbor {
            code: beyond.code.clone(),
            name: beyond.name.clone(),
            service_line: beyond.service_line.clone(),
        }),
        zones: zones
            .iter()
            .map(|(layer, code)| ZoneFound {
                layer: layer.clone(),
                code: code.clone(),
                name: city.zone_name(layer, code).unwrap_or(code).to_owned(),
            })
            .collect(),
        answers: asked.answers.iter().map(|(q, answer)| (q.clone(), short(answer))).collect(),
        unanswered: unanswered(&asked.service, asked),
        asset: asset.map(|known| {
            let AssetRef { kind, number } = known.asset;
            AssetFound { kind, number, owner: known.owner }
        }),
        priority: PriorityFound {
            level: priority,
            of_service: asked.service.priority,
            raised_by: raised_by.map(|question| question.code.clone()),
        },
        route: RouteFound {
            rule: routed.rule,
            because: routed.because,
            department: named(city, &routed.department),
            crew: routed.crew.map(|code| crew(city, code)),
        },
        remarks: remarks::remarks(city, asked, promise.map(|promise| promise.resolution_due)),
        promise: promise.map(|promise| PromiseFound {
            sla: sla.to_string(),
            counts_from: counts_from(city, &zone, sla, asked.time),
            response_due: rfc3339(promise.response_due, &zone),
            resolution_due: rfc3339(promise.resolution_due, &zone),
            holidays: holidays(
                city,
                sla,
                zones.get(COLLECTION),
                asked.time,
                promise.resolution_due,
            ),
            collection_route: zones.get(COLLECTION).filter(|_| sla == Sla::NextServiceDay).cloned(),
        }),
    })
}

/// An answer in a word. What people wrote is not said again.
fn short(answer: &Answer) -> String {
    match answer {
        Answer::Choice(choice) => choice.clone(),
        Answer::Flag(true) => "yes".to_owned(),
        Answer::Flag(false) => "no".to_owned(),
        Answer::Text(_) => "text".to_owned(),
    }
}

fn unanswered(service: &Service, asked: &Asked) -> Vec<String> {
    let missing = service
        .questions
        .iter()
        .filter(|question| question.required && !asked.answers.contains_key(&question.code));
    missing.map(|question| question.code.clone()).collect()
}

fn named(city: &City, department: &str) -> Named {
    let name = city.department(department).map_or(department, |found| &found.name);
    Named { code: department.to_owned(), name: name.to_owned() }
}

fn crew(city: &City, code: String) -> CrewFound {
    let found = city.crew(&code);
    CrewFound {
        name: found.map_or(&code, |crew| &crew.name).clone(),
        contractor: found.is_some_and(|crew| crew.contractor),
        code,
    }
}

/// The instant from which a promise counts.
fn counts_from(city: &City, zone: &TimeZone, sla: Sla, arrival: Timestamp) -> String {
    let at_opening = || {
        let calendar = city.calendar();
        if calendar.is_open(arrival) {
            return None;
        }
        let date = calendar.opening_day(arrival)?;
        let opens = &city.pack().calendar.hours.get(&weekday(date))?.opens;
        let opening = date.to_datetime(opens.parse().ok()?);
        zone.to_timestamp(opening).ok()
    };
    match sla {
        Sla::Range { .. } | Sla::Days(_) => at_opening().map_or_else(
            || rfc3339(arrival, zone),
            |opening| rfc3339(Timestamp(opening.as_millisecond()), zone),
        ),
        Sla::Hours { .. } | Sla::NextServiceDay => rfc3339(arrival, zone),
    }
}

/// Holidays between the day on which the arrival counts and the due date that were left out: for
/// business days those on days with office hours, for a collection route those on its weekdays.
fn holidays(
    city: &City,
    sla: Sla,
    route: Option<&String>,
    arrival: Timestamp,
    due: Timestamp,
) -> Vec<HolidayFound> {
    let calendar = city.calendar();
    let rules = &city.pack().calendar;
    let weekdays: BTreeSet<Weekday> = match sla {
        Sla::Range { .. } | Sla::Days(_) => rules.hours.keys().copied().collect(),
        Sla::NextServiceDay => route
            .and_then(|code| rules.collection.get(code))
            .map(|rules| rules.weekdays.iter().copied().collect())
            .unwrap_or_default(),
        Sla::Hours { .. } => BTreeSet::new(),
    };
    let (first, last) = (calendar.local_date(arrival), calendar.local_date(due));
    let on_the_way = |date: Date| {
        (first..=last).contains(&date) && weekdays.contains(&weekday(date))
            // A route may be served on a holiday all the same.
            && !(sla == Sla::NextServiceDay
                && (date == first || route.is_some_and(|r| calendar.is_service_day(r, date))))
    };
    let mut found: Vec<HolidayFound> = rules
        .holidays
        .iter()
        .filter(|holiday| holiday.date.parse().is_ok_and(on_the_way))
        .map(|holiday| HolidayFound { date: holiday.date.clone(), name: holiday.name.clone() })
        .collect();
    found.sort_by(|a, b| a.date.cmp(&b.date));
    found
}

fn weekday(date: Date) -> Weekday {
    use jiff::civil::Weekday as Day;
    match date.weekday() {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}

/// An instant with the city's offset, to the second.
fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX);
    instant.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
