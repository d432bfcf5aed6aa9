//! Tests of the calendar: what can be read off a wall calendar. Everything else is in
//! `properties`, against a slow walk.

use super::*;
use crate::catalogue::{Priority, Sla};
use crate::city::check::{Fault, Faults, Part, Severity};
use crate::city::pack::{
    COLLECTION, CityPack, CollectionRules, Holiday, OfficeHours, OnHoliday, Weekday,
};
use crate::city::sample;
use crate::subject::Pause;

mod oracle;
mod properties;

fn weekdays(opens: &str, closes: &str) -> BTreeMap<Weekday, OfficeHours> {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let hours = OfficeHours { opens: opens.into(), closes: closes.into() };
    [Monday, Tuesday, Wednesday, Thursday, Friday].map(|day| (day, hours.clone())).into()
}

fn rules(holidays: &[&str]) -> CalendarRules {
    let holiday = |date: &&str| Holiday { date: (*date).into(), name: "x".into() };
    CalendarRules {
        hours: weekdays("08:00", "17:00"),
        holidays: holidays.iter().map(holiday).collect(),
        collection: BTreeMap::new(),
    }
}

/// Monday to Friday, 08:00 to 17:00.
fn calendar(zone: &str, holidays: &[&str]) -> Calendar {
    Calendar::new(&rules(holidays), sample::time_zone(zone))
}

/// Port Alder: Thursday 26 November 2026 is a working day there.
fn port_alder() -> Calendar {
    calendar("America/Los_Angeles", &["2026-11-11", "2026-12-11", "2026-12-24", "2026-12-25"])
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn pause(from: &str, until: &str) -> Pause {
    Pause { from: at(from), until: Some(at(until)) }
}

/// Both dates in the calendar's local time, `2026-11-27 17:00`.
fn due(calendar: &Calendar, sla: Sla, start: &str, pauses: &[Pause]) -> Option<(String, String)> {
    let zones = BTreeMap::from([(COLLECTION.to_owned(), "r".to_owned())]);
    let promise =
        calendar.promise(&PromiseQuery { sla, start: at(start), pauses, zones: &zones })?;
    let local = |at| calendar.local(at).strftime("%F %H:%M").to_string();
    Some((local(promise.response_due), local(promise.resolution_due)))
}

fn days(calendar: &Calendar, start: &str, days: u16, pauses: &[Pause]) -> String {
    due(calendar, Sla::Days(days), start, pauses).unwrap().1
}

#[test]
fn a_promise_over_the_thursday_that_is_no_holiday_here() {
    let city = port_alder();
    let range = Sla::Range { response_days: 3, resolution_days: 5 };
    // Monday 23 November 2026: Tue 24, Wed 25, Thu 26, Fri 27, Mon 30.
    let (response, resolution) = due(&city, range, "2026-11-23T10:02:00-08:00", &[]).unwrap();
    assert_eq!((&*response, &*resolution), ("2026-11-26 17:00", "2026-11-30 17:00"));
    // Friday 17:01 counts as Monday 08:00, so day 1 is Tuesday.
    let (response, _) = due(&city, range, "2026-11-27T17:01:00-08:00", &[]).unwrap();
    assert_eq!(response, "2026-12-03 17:00");
    assert_eq!(days(&city, "2026-11-27T16:59:00-08:00", 1, &[]), "2026-11-30 17:00");
    // Two holidays and a weekend.
    assert_eq!(days(&city, "2026-12-23T12:00:00-08:00", 1, &[]), "2026-12-28 17:00");
}

#[test]
fn an_arrival_outside_office_hours_counts_at_the_next_opening() {
    let city = calendar("America/Los_Angeles", &["2026-11-30"]);
    let day = |text| city.opening_day(at(text)).unwrap().to_string();
    assert_eq!(day("2026-11-25T05:00:00-08:00"), "2026-11-25", "before opening");
    assert_eq!(day("2026-11-25T16:59:59-08:00"), "2026-11-25");
    assert_eq!(day("2026-11-25T17:00:00-08:00"), "2026-11-26", "at close");
    assert_eq!(day("2026-11-27T18:00:00-08:00"), "2026-12-01", "weekend and holiday");
    assert_eq!(day("2026-11-30T09:00:00-08:00"), "2026-12-01", "on a holiday");
}

#[test]
fn offices_are_open_from_the_opening_until_before_the_close() {
    let city = calendar("America/Los_Angeles", &["2026-11-30"]);
    let cases = [
        ("2026-11-25T07:59:59.999-08:00", false),
        ("2026-11-25T08:00:00-08:00", true),
        ("2026-11-25T16:59:59.999-08:00", true),
        ("2026-11-25T17:00:00-08:00", false),
        ("2026-11-28T12:00:00-08:00", false),
        ("2026-11-30T12:00:00-08:00", false),
    ];
    for (text, open) in cases {
        assert_eq!(city.is_open(at(text)), open, "{text}");
    }
}

#[test]
fn single_figures_and_hours() {
    let city = port_alder();
    let (response, resolution) =
        due(&city, Sla::Days(5), "2026-11-23T10:00:00-08:00", &[]).unwrap();
    assert_eq!((&*response, &*resolution), ("2026-11-26 17:00", "2026-11-30 17:00"), "half is 3");
    // Hours are elapsed hours: over the end of daylight saving the clock shows one less.
    let hours = Sla::Hours { response: 24, resolution: 48 };
    let (response, resolution) = due(&city, hours, "2026-10-31T20:00:00-07:00", &[]).unwrap();
    assert_eq!((&*response, &*resolution), ("2026-11-01 19:00", "2026-11-02 19:00"));
}

#[test]
fn close_of_business_is_local_on_both_sides_of_daylight_saving() {
    let city = port_alder();
    let due = |start: &str| {
        let query = PromiseQuery {
            sla: Sla::Days(1),
            start: at(start),
            pauses: &[],
            zones: &BTreeMap::new(),
        };
        city.promise(&query).unwrap().resolution_due
    };
    assert_eq!(due("2026-03-06T12:00:00-08:00"), at("2026-03-10T00:00:00Z").plus_ms(0));
    assert_eq!(due("2026-10-30T12:00:00-07:00"), at("2026-11-03T01:00:00Z"));
}

#[test]
fn times_that_clocks_skip_or_show_twice() {
    let on = |date: &str, opens: &str, closes: &str| {
        let mut rules = rules(&[]);
        let hours = OfficeHours { opens: opens.into(), closes: closes.into() };
        rules.hours = [(Weekday::Sunday, hours)].into();
        let calendar = Calendar::new(&rules, sample::time_zone("America/Los_Angeles"));
        calendar.offices().on(date.parse().unwrap()).map(|day| (day.opens, day.closes))
    };
    let change = at("2026-03-08T10:00:00Z");
    assert_eq!(on("2026-03-08", "02:30", "04:00"), Some((change, change.plus_ms(3_600_000))));
    assert_eq!(on("2026-03-08", "01:00", "02:30"), Some((change.plus_ms(-3_600_000), change)));
    assert_eq!(on("2026-03-08", "02:15", "02:45"), None, "the clocks skip it all");
    // Half past one comes twice, and the offices close the first time.
    let midnight = at("2026-11-01T07:00:00Z");
    assert_eq!(on("2026-11-01", "00:00", "01:30"), Some((midnight, midnight.plus_ms(5_400_000))));
    let half_past = at("2026-11-01T08:30:00Z");
    assert_eq!(on("2026-11-01", "01:30", "02:00"), Some((half_past, half_past.plus_ms(5_400_000))));
}

#[test]
fn a_wait_costs_the_closings_that_it_covers() {
    let city = port_alder();
    let start = "2026-11-23T10:00:00-08:00";
    let with = |from: &str, until: &str| days(&city, start, 2, &[pause(from, until)]);
    assert_eq!(days(&city, start, 2, &[]), "2026-11-25 17:00");
    let lunch = with("2026-11-24T12:00:00-08:00", "2026-11-24T13:00:00-08:00");
    assert_eq!(lunch, "2026-11-25 17:00");
    let closing = with("2026-11-24T16:00:00-08:00", "2026-11-24T18:00:00-08:00");
    assert_eq!(closing, "2026-11-26 17:00");
    let arrival_day = with("2026-11-23T16:00:00-08:00", "2026-11-23T18:00:00-08:00");
    assert_eq!(arrival_day, "2026-11-25 17:00", "the day of the arrival counts for nothing");
    let weekend = with("2026-11-25T17:00:00-08:00", "2026-11-30T17:00:00-08:00");
    assert_eq!(weekend, "2026-11-25 17:00", "what has passed is not moved");
    // Both ends on a closing: it has passed at the beginning, and not yet at the end.
    let begins = with("2026-11-24T17:00:00-08:00", "2026-11-25T09:00:00-08:00");
    assert_eq!(begins, "2026-11-25 17:00");
    let ends = with("2026-11-24T09:00:00-08:00", "2026-11-24T17:00:00-08:00");
    assert_eq!(ends, "2026-11-26 17:00");
    let year = with("2026-11-24T12:00:00-08:00", "2027-11-24T12:00:00-08:00");
    assert_eq!(year, "2027-11-25 17:00");
}

#[test]
fn a_wait_stops_hours_and_the_next_service_day() {
    let city = port_alder();
    let hours = Sla::Hours { response: 1, resolution: 72 };
    let night = pause("2026-11-23T22:00:00-08:00", "2026-11-24T06:30:00-08:00");
    let (response, resolution) = due(&city, hours, "2026-11-23T20:00:00-08:00", &[night]).unwrap();
    assert_eq!((&*response, &*resolution), ("2026-11-23 21:00", "2026-11-27 04:30"));
    // A wait that begins when the hours are over costs nothing, and may last.
    let lasts = Pause { from: at("2026-11-23T21:00:00-08:00"), until: None };
    let one = Sla::Hours { response: 1, resolution: 1 };
    let (_, resolution) = due(&city, one, "2026-11-23T20:00:00-08:00", &[lasts]).unwrap();
    assert_eq!(resolution, "2026-11-23 21:00");
    let earlier = Pause { from: at("2026-11-23T20:59:59.999-08:00"), until: None };
    assert_eq!(due(&city, one, "2026-11-23T20:00:00-08:00", &[earlier]), None);
}

fn route(weekdays: &[Weekday], every_weeks: u8, on_holiday: OnHoliday) -> CollectionRules {
    CollectionRules {
        weekdays: weekdays.to_vec(),
        every_weeks,
        since: Some("2026-01-07".into()),
        on_holiday,
        closes: "16:00".into(),
    }
}

fn with_route(route: CollectionRules, holidays: &[&str]) -> Calendar {
    let mut rules = rules(holidays);
    rules.collection.insert("r".into(), route);
    Calendar::new(&rules, sample::time_zone("America/Los_Angeles"))
}

fn served(calendar: &Calendar, from: &str, days: i64) -> Vec<String> {
    let from: Date = from.parse().unwrap();
    (0..days)
        .map(|day| from.checked_add(jiff::Span::new().days(day)).unwrap())
        .filter(|date| calendar.is_service_day("r", *date))
        .map(|date| date.to_string()[5..].to_owned())
        .collect()
}

#[test]
fn service_days_of_a_collection_route() {
    use OnHoliday::{NextDay, Served, Skipped};
    use Weekday::{Friday, Monday, Thursday, Wednesday};
    let days = |route, holidays: &[&str]| served(&with_route(route, holidays), "2026-12-21", 14);
    let thursday = |on_holiday| route(&[Thursday], 1, on_holiday);
    let holidays = ["2026-12-24", "2026-12-25"];
    assert_eq!(days(thursday(NextDay), &[]), ["12-24", "12-31"]);
    assert_eq!(days(thursday(NextDay), &holidays), ["12-26", "12-31"], "a Saturday");
    assert_eq!(days(thursday(Skipped), &holidays), ["12-31"]);
    assert_eq!(days(thursday(Served), &holidays), ["12-24", "12-31"]);
    // Moved onto a day of its own, or two onto one: served once.
    let both = route(&[Thursday, Friday], 1, NextDay);
    assert_eq!(days(both, &holidays), ["12-26", "12-31", "01-01"]);
    let two = route(&[Wednesday, Thursday], 1, NextDay);
    assert_eq!(days(two, &["2026-12-23"]), ["12-24", "12-30", "12-31"]);
    // Wednesday 7 January names its week: that of Monday the 5th. So do 21 and 28 December not.
    let weeks = |every| {
        let city = with_route(route(&[Monday], every, NextDay), &[]);
        served(&city, "2025-12-15", 42)
    };
    assert_eq!(weeks(2), ["12-22", "01-05", "01-19"]);
    assert_eq!(weeks(3), ["12-15", "01-05"]);
    assert!(!port_alder().is_service_day("r", "2026-12-24".parse().unwrap()), "no such route");
}

#[test]
fn the_next_service_day_is_one_date_for_both() {
    let city = with_route(route(&[Weekday::Monday], 1, OnHoliday::NextDay), &["2026-11-30"]);
    let next = |start: &str, pauses: &[Pause]| {
        let (response, resolution) = due(&city, Sla::NextServiceDay, start, pauses).unwrap();
        assert_eq!(response, resolution);
        resolution
    };
    assert_eq!(next("2026-11-22T23:59:59-08:00", &[]), "2026-11-23 16:00", "Sunday night");
    // On the day itself, at whatever hour, the next one counts; Monday the 30th is a holiday.
    assert_eq!(next("2026-11-23T00:00:00-08:00", &[]), "2026-12-01 16:00");
    let wait = pause("2026-12-01T10:00:00-08:00", "2026-12-01T16:00:00-08:00");
    assert_eq!(next("2026-11-23T12:00:00-08:00", &[wait]), "2026-12-07 16:00");
    let later = pause("2026-12-01T16:00:00-08:00", "2026-12-20T12:00:00-08:00");
    assert_eq!(next("2026-11-23T12:00:00-08:00", &[later]), "2026-12-01 16:00");
    let (none, elsewhere) =
        (BTreeMap::new(), BTreeMap::from([(COLLECTION.to_owned(), "q".to_owned())]));
    for zones in [&none, &elsewhere] {
        let start = at("2026-11-23T12:00:00-08:00");
        let sla = Sla::NextServiceDay;
        assert_eq!(city.promise(&PromiseQuery { sla, start, pauses: &[], zones }), None);
    }
}

#[test]
fn the_ends_of_time_are_no_promise_and_no_panic() {
    let city = with_route(route(&[Weekday::Monday], 4, OnHoliday::NextDay), &[]);
    let zones = BTreeMap::from([(COLLECTION.to_owned(), "r".to_owned())]);
    let slas = [
        Sla::Days(9),
        Sla::Range { response_days: 1, resolution_days: 366 },
        Sla::Hours { response: 1, resolution: 8_784 },
        Sla::NextServiceDay,
    ];
    let ends = [i64::MIN, i64::MAX, jiff::Timestamp::MAX.as_millisecond()].map(Timestamp);
    for sla in slas {
        for start in ends {
            let _date = city.local_date(start);
            let _open = city.is_open(start);
            let promise = city.promise(&PromiseQuery { sla, start, pauses: &[], zones: &zones });
            assert!(start.0 == i64::MIN || promise.is_none(), "{sla} {start:?}");
        }
        let start = Timestamp(0);
        let wide = [Pause { from: ends[0], until: Some(ends[1].plus_ms(-1)) }];
        assert_eq!(city.promise(&PromiseQuery { sla, start, pauses: &wide, zones: &zones }), None);
        // One that ends before it begins, or at once, is no wait.
        let empty = [(5, 5), (90, -90)]
            .map(|(from, until)| Pause { from: Timestamp(from), until: Some(Timestamp(until)) });
        let query = |pauses| PromiseQuery { sla, start, pauses, zones: &zones };
        assert!(city.promise(&query(&empty)).is_some());
        assert_eq!(city.promise(&query(&empty)), city.promise(&query(&[])));
    }
    let unsound = Sla::Days(0);
    let query = PromiseQuery { sla: unsound, start: Timestamp(0), pauses: &[], zones: &zones };
    assert_eq!(city.promise(&query), None);
}

#[test]
fn what_is_no_time_or_date() {
    for text in ["8:00", "08:0", "24:00", "08:60", "+8:00", "", "08"] {
        assert_eq!(civil::time(text), None, "{text:?}");
    }
    for text in ["2026-02-29", "2026-2-3", "20260203", "2026-W05-1", "2026-02-03T00"] {
        assert_eq!(civil::date(text), None, "{text:?}");
    }
}

/// A pack with one collection route, in order.
fn pack() -> CityPack {
    let mut pack = sample::pack();
    let mut layer = pack.zones["area"].clone();
    layer.features.truncate(1);
    pack.zones.insert(COLLECTION.into(), layer);
    let route = route(&[Weekday::Monday], 2, OnHoliday::NextDay);
    pack.calendar.collection.insert("west".into(), route);
    pack
}

fn faults(change: impl FnOnce(&mut CityPack)) -> Vec<Fault> {
    let mut pack = pack();
    change(&mut pack);
    let mut faults = Faults(Vec::new());
    check(&pack, &mut faults);
    faults.0
}

#[test]
fn every_fault_of_a_calendar_is_told_once() {
    fn route(pack: &mut CityPack) -> &mut CollectionRules {
        pack.calendar.collection.get_mut("west").unwrap()
    }
    type Change = fn(&mut CityPack);
    let west = || Part::Collection("west".into());
    let cases: [(Change, Part, Option<usize>); 15] = [
        (|p| p.calendar.hours.clear(), Part::Hours, None),
        (
            |p| p.calendar.hours = weekdays("17:00", "08:00").into_iter().take(1).collect(),
            Part::Hours,
            None,
        ),
        (|p| p.calendar.holidays[0].date = "2026-02-30".into(), Part::Holiday, Some(0)),
        (|p| p.calendar.holidays.push(p.calendar.holidays[0].clone()), Part::Holiday, Some(1)),
        (|p| route(p).weekdays.clear(), west(), None),
        (|p| route(p).weekdays = vec![Weekday::Monday, Weekday::Monday], west(), None),
        (|p| route(p).every_weeks = 0, west(), None),
        (|p| route(p).every_weeks = 5, west(), None),
        (|p| route(p).since = None, west(), None),
        (|p| route(p).since = Some("7 January".into()), west(), None),
        (|p| route(p).closes = "4 pm".into(), west(), None),
        (
            |p| {
                let rules = route(p).clone();
                p.calendar.collection.insert("north".into(), rules);
            },
            Part::Collection("north".into()),
            None,
        ),
        (|p| p.calendar.collection.clear(), Part::Zone(COLLECTION.into()), None),
        (
            |p| {
                p.zones.remove(COLLECTION);
            },
            west(),
            None,
        ),
        (
            |p| {
                p.zones.remove(COLLECTION);
                p.calendar.collection.clear();
                p.services.services[0].sla_at.insert(Priority::Low, Sla::NextServiceDay);
            },
            Part::Service,
            Some(0),
        ),
    ];
    assert_eq!(faults(|_| {}), []);
    assert_eq!(faults(|p| route(p).every_weeks = 4), []);
    assert_eq!(faults(|p| (route(p).every_weeks, route(p).since) = (1, None)), []);
    for (change, part, item) in cases {
        let found = faults(change);
        let told = found.iter().map(|f| (&f.part, f.item)).collect::<Vec<_>>();
        assert_eq!(told, [(&part, item)], "{found:?}");
        assert!(found.iter().all(|f| f.severity == Severity::Error));
        assert!(found.iter().all(|f| f.what.ends_with('.') && f.remedy.ends_with('.')));
    }
}

#[test]
fn years_without_holidays() {
    // Holidays in 2026 only; the longest promise is ten business days.
    let found = |today: &str| {
        let pack = sample::pack();
        let faults = holiday_faults(&pack, today.parse().unwrap());
        let told = faults.into_iter().map(|f| (f.severity, f.what));
        told.collect::<Vec<_>>()
    };
    let warning = vec![(Severity::Warning, "There are no holidays in 2027.".to_owned())];
    let error = |year: i16, today: &str, latest: &str| {
        let what = format!(
            "There are no holidays in {year}, and a promise of {today} can reach {latest}."
        );
        vec![(Severity::Error, what)]
    };
    assert_eq!(found("2026-06-01"), []);
    assert_eq!(found("2026-09-30"), []);
    assert_eq!(found("2026-10-01"), warning);
    // Wednesday 16 December: what arrives after hours counts on the 17th, and the tenth business
    // day after that is Thursday the 31st. A day later it is New Year's Day.
    assert_eq!(found("2026-12-16"), warning);
    assert_eq!(found("2026-12-17"), error(2027, "2026-12-17", "2027-01-01"));
    assert_eq!(found("2025-06-02"), error(2025, "2025-06-02", "2025-06-17"));

    let mut pack = pack();
    pack.services.services[0].sla_at.insert(Priority::Low, Sla::NextServiceDay);
    pack.services.services[0].sla = Sla::Days(1);
    // Route `west` is next served on Monday 4 January 2027.
    let found = holiday_faults(&pack, "2026-12-21".parse().unwrap());
    assert_eq!((found.len(), found[0].severity), (1, Severity::Error), "{found:?}");
    pack.time_zone.tzif.clear();
    assert_eq!(holiday_faults(&pack, "2026-12-21".parse().unwrap()), []);
}
