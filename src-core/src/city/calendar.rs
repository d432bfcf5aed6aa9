//! The city's calendar: when an arrival counts, and when a promise is due.
//!
//! An arrival outside office hours counts as arriving at the next opening. Day 1 is the business
//! day after that; a promise in days is due at close of business. A promise in hours counts
//! elapsed hours, day and night. A clock time that daylight saving skips counts as that much
//! later, one that it doubles counts the first time.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::check::{Faults, Part};
use super::pack::{CalendarRules, OfficeHours, Weekday, ZoneRules};
use crate::catalogue::Sla;
use crate::event::Promise;
use crate::time::Timestamp;

const HOUR_MS: i64 = 3_600_000;
/// Longest zone data that is read, in characters of base64. Real ones have under 4,000.
const MAX_TZIF_CHARS: usize = 100_000;
/// How far the next business day is looked for. More than the holidays that a pack may have, so
/// that a checked calendar always has one.
const MAX_DAYS_AHEAD: usize = 1_500;

/// Office hours and holidays in the city's time zone.
#[derive(Debug, Clone)]
pub struct Calendar {
    time_zone: TimeZone,
    hours: BTreeMap<i8, (Time, Time)>,
    holidays: BTreeSet<Date>,
}

impl Calendar {
    /// Builds the calendar of a checked pack; rules that cannot be read are left out.
    pub(super) fn new(rules: &CalendarRules, time_zone: TimeZone) -> Self {
        Self {
            time_zone,
            hours: rules
                .hours
                .iter()
                .filter_map(|(weekday, hours)| Some((from_monday(*weekday), times(hours)?)))
                .collect(),
            holidays: rules.holidays.iter().filter_map(|h| date(&h.date)).collect(),
        }
    }

    /// The local date on which an arrival counts: its own if the offices are open then, else that
    /// of the next opening. None beyond the years that a date can have.
    pub fn opening_day(&self, arrival: Timestamp) -> Option<Date> {
        let local = self.time_zone.to_datetime(instant(arrival));
        match self.hours_of(local.date()) {
            Some((_, closes)) if local.time() < closes => Some(local.date()),
            _ => self.business_day_after(local.date()),
        }
    }

    /// Close of business of the `days`-th business day after the day on which the arrival counts;
    /// 0 is that day itself. None beyond the years that a date can have.
    pub fn due_business_days(&self, arrival: Timestamp, days: u16) -> Option<Timestamp> {
        let mut day = self.opening_day(arrival)?;
        for _ in 0..days {
            day = self.business_day_after(day)?;
        }
        let (_, closes) = self.hours_of(day)?;
        let due = self.time_zone.to_timestamp(day.to_datetime(closes)).ok()?;
        Some(Timestamp(due.as_millisecond()))
    }

    /// `hours` elapsed hours after the arrival.
    pub fn due_hours(&self, arrival: Timestamp, hours: u16) -> Timestamp {
        arrival.plus_ms(i64::from(hours) * HOUR_MS)
    }

    /// When response and resolution are due. None beyond the years that a date can have.
    pub fn promise(&self, sla: Sla, arrival: Timestamp) -> Option<Promise> {
        let due = |figure| match sla {
            Sla::Range { .. } | Sla::Days(_) => self.due_business_days(arrival, figure),
            Sla::Hours { .. } => Some(self.due_hours(arrival, figure)),
        };
        Some(Promise { response_due: due(sla.response())?, resolution_due: due(sla.resolution())? })
    }

    /// The local date of an instant. Instants beyond the years -9999 to 9999 count as the end of
    /// those.
    pub fn local_date(&self, at: Timestamp) -> Date {
        self.time_zone.to_datetime(instant(at)).date()
    }

    /// Whether the offices open on this date at all.
    pub fn is_business_day(&self, date: Date) -> bool {
        self.hours_of(date).is_some()
    }

    fn hours_of(&self, date: Date) -> Option<(Time, Time)> {
        if self.holidays.contains(&date) {
            return None;
        }
        self.hours.get(&date.weekday().to_monday_zero_offset()).copied()
    }

    fn business_day_after(&self, date: Date) -> Option<Date> {
        let mut day = date;
        for _ in 0..MAX_DAYS_AHEAD * 7 {
            day = day.tomorrow().ok()?;
            if self.is_business_day(day) {
                return Some(day);
            }
        }
        None
    }
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    })
}

fn from_monday(weekday: Weekday) -> i8 {
    match weekday {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |t: &str| {
        (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
    };
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

fn times(hours: &OfficeHours) -> Option<(Time, Time)> {
    let (opens, closes) = (time(&hours.opens)?, time(&hours.closes)?);
    (opens < closes).then_some((opens, closes))
}

fn date(text: &str) -> Option<Date> {
    // Only the one form: a date parser also takes times and week dates.
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| text.parse().ok())?
}

/// The time zone of a pack, from its own data; an error is the end of a sentence.
pub(super) fn time_zone(rules: &ZoneRules) -> Result<TimeZone, String> {
    if rules.name.is_empty() || rules.name.len() > 60 || rules.tzif.len() > MAX_TZIF_CHARS {
        return Err("its name or data is empty or too long".to_owned());
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(&rules.tzif)
        .map_err(|error| error.to_string())?;
    TimeZone::tzif(&rules.name, &bytes).map_err(|error| error.to_string())
}

/// Adds what is wrong with office hours and holidays.
pub(super) fn check(rules: &CalendarRules, faults: &mut Faults) {
    for (weekday, hours) in &rules.hours {
        if times(hours).is_none() {
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
    if rules.hours.is_empty() {
        faults.add(
            &Part::Hours,
            None,
            "The offices are never open.",
            "Write the hours of at least one weekday.",
        );
    }
    let mut seen = BTreeSet::new();
    for (i, holiday) in rules.holidays.iter().enumerate() {
        if !date(&holiday.date).is_some_and(|date| seen.insert(date)) {
            faults.add(
                &Part::Holiday,
                i,
                format!("The holiday {:?} is no date, or stands there twice.", holiday.date),
                "Write each date once, as YYYY-MM-DD.",
            );
        }
    }
}

#[cfg(test)]
mod tests;
