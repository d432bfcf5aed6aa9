//! Tests of the calendar.

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
            .map(|date| crate::city::pack::Holiday { date: (*date).into(), name: "x".into() })
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
    let hours = city.promise(Sla::Hours { response: 24, resolution: 48 }, before_change).unwrap();
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
            && hours.is_some_and(|(opens, closes)| *opens <= local.time() && local.time() < *closes)
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
