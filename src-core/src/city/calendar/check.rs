//! What can be wrong with office hours, holidays and collection routes.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Calendar, civil, collection, office};
use crate::catalogue::{Priority, Service, Sla};
use crate::city::check::{Fault, Faults, Part};
use crate::city::pack::{COLLECTION, CityPack, CollectionRules};
use crate::city::zones;
use crate::time::Timestamp;

const PRIORITIES: [Priority; 4] =
    [Priority::Low, Priority::Medium, Priority::High, Priority::Critical];

/// Adds what is wrong with office hours, holidays and collection routes.
pub(in crate::city) fn check(pack: &CityPack, faults: &mut Faults) {
    hours(pack, faults);
    holidays(pack, faults);
    routes(pack, faults);
}

fn hours(pack: &CityPack, faults: &mut Faults) {
    for (weekday, hours) in &pack.calendar.hours {
        if office::times(hours).is_none() {
            faults.add(
                &Part::Hours,
                None,
                format!(
                    "The office hours {:?} to {:?} of {weekday:?} cannot be.",
                    hours.opens, hours.closes
                ),
                "Write HH:MM, 24 hours, the opening before the closing, the same day.",
            );
        }
    }
    if pack.calendar.hours.is_empty() {
        faults.add(
            &Part::Hours,
            None,
            "The offices are never open.",
            "Write the hours of at least one weekday.",
        );
    }
}

fn holidays(pack: &CityPack, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (i, holiday) in pack.calendar.holidays.iter().enumerate() {
        faults.name(&Part::Holiday, Some(i), "holiday's name", &holiday.name);
        if !civil::date(&holiday.date).is_some_and(|date| seen.insert(date)) {
            faults.add(
                &Part::Holiday,
                i,
                format!("The holiday {:?} is no date, or stands there twice.", holiday.date),
                "Write each date once, as YYYY-MM-DD.",
            );
        }
    }
}

fn routes(pack: &CityPack, faults: &mut Faults) {
    let routes = &pack.calendar.collection;
    let zones: BTreeSet<&str> = pack
        .zones
        .get(COLLECTION)
        .into_iter()
        .flat_map(|layer| &layer.features)
        .filter_map(|feature| zones::text(feature, "code"))
        .collect();
    for (code, rules) in routes {
        let part = Part::Collection(code.clone());
        if !zones.contains(code.as_str()) {
            faults.add(
                &part,
                None,
                format!("No zone of the layer {COLLECTION} has the code {code:?}."),
                "Write the code of a zone in zones/collection.geojson, or add that zone.",
            );
        }
        route(&part, code, rules, faults);
    }
    for code in zones.iter().filter(|code| !routes.contains_key(**code)) {
        faults.add(
            &Part::Zone(COLLECTION.to_owned()),
            None,
            format!("Nothing says when the collection route {code:?} is served."),
            format!("Write its weekdays in calendar.toml under [collection.{code}]."),
        );
    }
    if routes.is_empty() {
        for (i, service) in pack.services.services.iter().enumerate() {
            if slas(service).any(|sla| sla == Sla::NextServiceDay) {
                faults.add(
                    &Part::Service,
                    i,
                    format!(
                        "The service {:?} promises the next service day, and there are no \
                         collection routes.",
                        service.code
                    ),
                    "Write when each collection route is served, or promise something else.",
                );
            }
        }
    }
}

fn route(part: &Part, code: &str, rules: &CollectionRules, faults: &mut Faults) {
    let weekdays: BTreeSet<_> = rules.weekdays.iter().collect();
    if weekdays.is_empty() || weekdays.len() < rules.weekdays.len() {
        faults.add(
            part,
            None,
            format!("The weekdays of the collection route {code:?} are none, or one twice."),
            "Write each weekday on which it is served once.",
        );
    }
    if !(1..=collection::MAX_WEEKS).contains(&rules.every_weeks) {
        faults.add(
            part,
            None,
            format!(
                "The collection route {code:?} cannot be served every {} weeks.",
                rules.every_weeks
            ),
            format!("Write a figure from 1 to {}.", collection::MAX_WEEKS),
        );
    }
    match &rules.since {
        Some(since) if civil::date(since).is_none() => faults.add(
            part,
            None,
            format!("{since:?} is no date in a week of the collection route {code:?}."),
            "Write a date as YYYY-MM-DD.",
        ),
        None if rules.every_weeks != 1 => faults.add(
            part,
            None,
            format!("Nothing says in which weeks the collection route {code:?} is served."),
            "Write a date in a week in which it is served, as since = \"YYYY-MM-DD\". Weeks begin \
             on Monday.",
        ),
        _ => {}
    }
    if civil::time(&rules.closes).is_none() {
        faults.add(
            part,
            None,
            format!(
                "The service of the collection route {code:?} cannot end at {:?}.",
                rules.closes
            ),
            "Write HH:MM, 24 hours.",
        );
    }
}

/// All that a service can promise.
fn slas(service: &Service) -> impl Iterator<Item = Sla> {
    PRIORITIES.into_iter().map(|priority| service.sla_for(priority))
}

/// Years without holidays, as they matter on a local date: an error for each year that a promise
/// of that date can reach, and, from 1 October on, a warning for the next year. A year has holidays
/// when it has one; one with fewer than half of the year before it is not finished, and warned of.
/// Empty for a pack whose time zone cannot be read, which is a fault of its own.
pub fn holiday_faults(pack: &CityPack, today: Date) -> Vec<Fault> {
    let Ok(zone) = civil::time_zone(&pack.time_zone) else {
        return Vec::new();
    };
    let calendar = Calendar::new(&pack.calendar, zone);
    // The last arrival of that day is due last.
    let arrival = today
        .tomorrow()
        .ok()
        .and_then(|date| civil::first_at(&calendar.zone, date, jiff::civil::Time::midnight()))
        .map_or(Timestamp(0), |next| next.plus_ms(-1));
    let latest = pack
        .services
        .services
        .iter()
        .flat_map(slas)
        .filter_map(|sla| calendar.latest(sla, arrival))
        .max()
        .unwrap_or(today)
        .max(today);
    let count = |year: i16| calendar.holidays.iter().filter(|day| day.year() == year).count();
    let has = |year: i16| count(year) > 0;
    let mut faults = Faults(Vec::new());
    for year in (today.year()..=latest.year()).filter(|year| !has(*year)) {
        faults.add(
            &Part::Holiday,
            None,
            format!(
                "There are no holidays in {year}, and a promise of {today} can reach {latest}."
            ),
            format!("Add the holidays of {year}."),
        );
    }
    let next = today.year().saturating_add(1);
    let last = if today.month() >= 10 { latest.year().max(next) } else { latest.year() };
    for year in today.year()..=last {
        let (before, here) = (count(year.saturating_sub(1)), count(year));
        if here > 0 && 2 * here < before {
            faults.warn(
                &Part::Holiday,
                None,
                {
                    let few = if here == 1 {
                        "is only 1 holiday".to_owned()
                    } else {
                        format!("are only {here} holidays")
                    };
                    format!("There {few} in {year}, and {before} the year before.")
                },
                format!("Add the other holidays of {year}."),
            );
        }
    }
    if today.month() >= 10 && latest.year() < next && !has(next) {
        faults.warn(
            &Part::Holiday,
            None,
            format!("There are no holidays in {next}."),
            format!("Add the holidays of {next} before a promise reaches that year."),
        );
    }
    faults.0
}
