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
use crate::api::Promise;
use crate::catalogue::Sla;
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::city::sample;

    fn weekdays(opens: &str, closes: &str) -> BTreeMap<Weekday, OfficeHours> {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        let hours = OfficeHours { opens: opens.into(), closes: closes.into() };
        [Monday, Tuesday, Wednesday, Thursday, Friday].map(|day| (day, hours.clone())).into()
    }

    fn calendar(zone: &str, opens: &str, closes: &str, holidays: &[&str]) -> Calendar {
        let rules = CalendarRules {
            hours: weekdays(opens, closes),
            holidays: holidays
                .iter()
                .map(|date| super::super::pack::Holiday { date: (*date).into(), name: "x".into() })
                .collect(),
        };
        let mut faults = Faults(Vec::new());
        check(&rules, &mut faults);
        assert_eq!(faults.0, []);
        Calendar::new(&rules, sample::time_zone(zone))
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn due(calendar: &Calendar, arrival: &str, days: u16) -> String {
        let due = calendar.due_business_days(at(arrival), days).unwrap();
        jiff::Timestamp::from_millisecond(due.0).unwrap().to_string()
    }

    #[test]
    fn a_promise_over_the_thursday_that_is_no_holiday_here() {
        let city = calendar("America/Los_Angeles", "08:00", "17:00", &["2026-11-30"]);
        // Monday 23 November 2026, 10:02 local: Tue 24, Wed 25, Thu 26, Fri 27, then Monday is a
        // holiday, so the fifth day is Tuesday 1 December.
        let arrival = "2026-11-23T10:02:00-08:00";
        assert_eq!(due(&city, arrival, 3), "2026-11-27T01:00:00Z", "Thursday 26 November, 17:00");
        assert_eq!(due(&city, arrival, 5), "2026-12-02T01:00:00Z");
        let sla = Sla::Range { response_days: 3, resolution_days: 5 };
        let promise = city.promise(sla, at(arrival)).unwrap();
        assert_eq!(promise.response_due, at("2026-11-26T17:00:00-08:00"));
        assert_eq!(promise.resolution_due, at("2026-12-01T17:00:00-08:00"));
    }

    #[test]
    fn an_arrival_outside_office_hours_counts_at_the_next_opening() {
        let city = calendar("America/Los_Angeles", "08:00", "17:00", &["2026-11-30"]);
        let day = |text| city.opening_day(at(text)).unwrap().to_string();
        assert_eq!(day("2026-11-25T05:00:00-08:00"), "2026-11-25", "before opening");
        assert_eq!(day("2026-11-25T16:59:59-08:00"), "2026-11-25");
        assert_eq!(day("2026-11-25T17:00:00-08:00"), "2026-11-26", "at close");
        assert_eq!(day("2026-11-27T18:00:00-08:00"), "2026-12-01", "weekend and holiday");
        assert_eq!(day("2026-11-30T09:00:00-08:00"), "2026-12-01", "on a holiday");
    }

    #[test]
    fn single_figures_and_hours() {
        let city = calendar("America/Los_Angeles", "08:00", "17:00", &[]);
        let arrival = at("2026-11-23T10:00:00-08:00");
        let days = city.promise(Sla::Days(5), arrival).unwrap();
        assert_eq!(days.response_due, at("2026-11-26T17:00:00-08:00"), "half of five is three");
        // Hours are elapsed hours: over the end of daylight saving the clock shows one less.
        let before_change = at("2026-10-31T20:00:00-07:00");
        let hours =
            city.promise(Sla::Hours { response: 24, resolution: 48 }, before_change).unwrap();
        assert_eq!(hours.response_due, at("2026-11-01T19:00:00-08:00"));
        assert_eq!(hours.resolution_due, at("2026-11-02T19:00:00-08:00"));
    }

    #[test]
    fn close_of_business_is_local_on_both_sides_of_daylight_saving() {
        let city = calendar("America/Los_Angeles", "08:00", "17:00", &[]);
        assert_eq!(due(&city, "2026-03-06T12:00:00-08:00", 1), "2026-03-10T00:00:00Z");
        assert_eq!(due(&city, "2026-10-30T12:00:00-07:00", 1), "2026-11-03T01:00:00Z");
    }

    #[test]
    fn the_ends_of_time_are_no_promise_and_no_panic() {
        let city = calendar("America/Los_Angeles", "08:00", "17:00", &[]);
        for ms in [i64::MIN, i64::MAX] {
            let _date = city.local_date(Timestamp(ms));
        }
        assert_eq!(city.due_business_days(Timestamp(i64::MAX), 9), None);
        assert!(city.promise(Sla::Days(300), Timestamp(0)).is_some());
    }

    #[test]
    fn what_is_no_time_or_date() {
        for text in ["8:00", "08:0", "24:00", "08:60", "+8:00", "", "08"] {
            assert_eq!(time(text), None, "{text:?}");
        }
        for text in ["2026-02-29", "2026-2-3", "20260203", "2026-W05-1", "2026-02-03T00"] {
            assert_eq!(date(text), None, "{text:?}");
        }
    }

    /// Walks instants in steps of a quarter of an hour and looks only at the clock on the wall.
    /// Office hours of the test are whole quarters, and so are the offsets of its zones.
    fn oracle(calendar: &Calendar, arrival: Timestamp, days: u16) -> Timestamp {
        const QUARTER: i64 = 900_000;
        let wall = |ms: i64| calendar.time_zone.to_datetime(instant(Timestamp(ms)));
        let open = |ms: i64| {
            let local = wall(ms);
            let hours = calendar.hours.get(&local.date().weekday().to_monday_zero_offset());
            !calendar.holidays.contains(&local.date())
                && hours
                    .is_some_and(|(opens, closes)| *opens <= local.time() && local.time() < *closes)
        };
        let mut ms = arrival.0;
        while !open(ms) {
            ms = (ms.div_euclid(QUARTER) + 1) * QUARTER;
        }
        ms = ms.div_euclid(QUARTER) * QUARTER;
        let mut closings = 0;
        loop {
            ms += QUARTER;
            if open(ms - QUARTER) && !open(ms) {
                if closings == days {
                    return Timestamp(ms);
                }
                closings += 1;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn due_dates_equal_a_slow_walk(
            zone in prop::sample::select(vec![
                "America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe",
            ]),
            // Around both changes of daylight saving of each zone, and around the turn of the year.
            near in prop::sample::select(vec![
                "2026-03-08T00:00:00Z", "2026-03-29T00:00:00Z", "2026-04-05T00:00:00Z",
                "2026-10-04T00:00:00Z", "2026-10-25T00:00:00Z", "2026-11-01T00:00:00Z",
                "2026-12-31T00:00:00Z",
            ]),
            offset_ms in -5 * 86_400_000i64..5 * 86_400_000,
            opens in 16u8..40, length in 1u8..50,
            holidays in prop::collection::vec(-4i64..12, 0..6),
            days in 0u16..6,
        ) {
            let clock = |quarters: u8| format!("{:02}:{:02}", quarters / 4, quarters % 4 * 15);
            let start = at(near);
            let mut dates: Vec<String> = holidays
                .iter()
                .map(|day| instant(start.plus_ms(day * 86_400_000)).to_string()[..10].to_owned())
                .collect();
            dates.sort();
            dates.dedup();
            let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
            let calendar = calendar(zone, &clock(opens), &clock(opens + length), &dates);
            let arrival = start.plus_ms(offset_ms);
            prop_assert_eq!(
                calendar.due_business_days(arrival, days),
                Some(oracle(&calendar, arrival, days))
            );
        }

        #[test]
        fn a_later_arrival_is_never_due_earlier(a in 0i64..4_000_000_000_000, gap in 0i64..1_000_000_000, days in 0u16..40) {
            let city = calendar("America/Los_Angeles", "08:00", "17:00", &["2026-11-30"]);
            let due = |ms| city.due_business_days(Timestamp(ms), days).unwrap();
            prop_assert!(due(a) <= due(a + gap));
            prop_assert!(due(a).0 > a);
        }
    }
}
