//! The plan: is it whole, is it possible, and is it shaped as it says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mend_core::catalogue::Priority;
use mend_core::city::{CLOSE_AFTER_MS, City};
use mend_core::time::{DAY_MS, Timestamp};
use proptest::prelude::*;

use super::days::{Days, HOUR_MS, MINUTE_MS};
use super::dice::Dice;
use super::shape::{self, Shift};
use super::{Arrivals, Plan, Record, SEED, What};

mod boston;

/// 2026-11-25, a Wednesday, ten in the morning in Port Alder.
const UNTIL: Timestamp = Timestamp(1_795_629_600_000);
const ALL: u32 = 20_000;

static CITY: LazyLock<Arc<City>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cities/port-alder");
    Arc::new(City::from_pack(crate::city::load(&folder).unwrap()).unwrap())
});

/// The demo city's history, as it is made at its first start.
static PLAN: LazyLock<Plan> = LazyLock::new(|| plan(SEED, ALL, UNTIL));
static RECORDS: LazyLock<Vec<Record>> =
    LazyLock::new(|| (0..ALL as usize).map(|n| PLAN.record(n).unwrap()).collect());

fn plan(seed: u64, count: u32, until: Timestamp) -> Plan {
    Plan::new(CITY.clone(), Arrivals::new(seed, &CITY, count, until)).unwrap()
}

/// When a record was mended for the first time.
fn mended(record: &Record) -> Option<Timestamp> {
    record.deeds.iter().find(|deed| matches!(deed.what, What::Complete(..))).map(|deed| deed.at)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

#[test]
fn as_many_as_were_asked_for_in_order_and_within_the_years() {
    let arrivals = PLAN.arrivals();
    assert_eq!(arrivals.all().len(), ALL as usize);
    assert!(PLAN.record(ALL as usize).is_none());
    assert!(arrivals.all().windows(2).all(|pair| pair[0].at <= pair[1].at));
    let from = Timestamp(UNTIL.0 - 3 * 365 * DAY_MS - DAY_MS);
    for (index, arrival) in arrivals.all().iter().enumerate() {
        assert!(from <= arrival.at && arrival.at < UNTIL, "{index}");
        let (year, place) = arrivals.place_in_year(index).unwrap();
        assert_eq!(year, CITY.year(arrival.at));
        assert!(place < arrivals.counts()[&year]);
    }
    let years: Vec<i16> = arrivals.counts().keys().copied().collect();
    assert_eq!(years, [2023, 2024, 2025, 2026]);
    assert_eq!(arrivals.counts().values().sum::<i64>(), i64::from(ALL));
}

#[test]
fn every_year_counts_its_arrivals_without_gap_or_double() {
    let arrivals = PLAN.arrivals();
    let mut next: BTreeMap<i16, i64> = BTreeMap::new();
    for index in 0..ALL as usize {
        let (year, place) = arrivals.place_in_year(index).unwrap();
        let next = next.entry(year).or_default();
        assert_eq!(place, *next);
        *next += 1;
    }
    assert_eq!(next, *arrivals.counts());
}

#[test]
fn every_place_is_in_the_city_and_says_where_it_is() {
    let mut labels = BTreeSet::new();
    for record in RECORDS.iter() {
        let location = &record.report.location;
        assert!(CITY.contains(location.point), "{}: {location:?}", record.name);
        assert!(!location.label.is_empty());
        if let Some(asset) = &location.asset {
            assert!(CITY.known_asset(asset).is_some());
        }
        labels.insert(location.label.clone());
    }
    assert!(labels.len() > 50, "{} places", labels.len());
}

#[test]
fn everything_happens_in_its_order_and_before_the_end() {
    for record in RECORDS.iter() {
        let mut last = record.at;
        for deed in &record.deeds {
            assert!(last < deed.at && deed.at < UNTIL, "{}: {:?}", record.name, record.deeds);
            last = deed.at;
        }
        let closed = record.deeds.iter().rposition(|deed| deed.what == What::Close);
        if let Some(closed) = closed {
            assert_eq!(closed, record.deeds.len() - 1, "nothing follows");
            assert_eq!(record.deeds[0].what, What::Assign, "before anything else");
            let before = &record.deeds[closed - 1];
            assert!(matches!(before.what, What::Complete(..)));
            assert_eq!(record.deeds[closed].at, before.at.plus_ms(CLOSE_AFTER_MS));
        }
    }
}

#[test]
fn crews_begin_and_end_work_in_their_hours() {
    let mut seen = 0;
    for record in RECORDS.iter() {
        let service = CITY.catalogue().service(&record.report.service_code).unwrap();
        if service.priority == Priority::Critical {
            continue;
        }
        for deed in &record.deeds {
            let shift = match deed.what {
                What::Complete(..) | What::Resume | What::Start => shape::of(&service.code).shift,
                What::Merge(_) => Shift::Day,
                _ => continue,
            };
            assert!(at_work(deed.at, shift), "{}: {:?} {:?}", record.name, deed, service.code);
            seen += 1;
        }
    }
    assert!(seen > 15_000, "{seen}");
}

/// Whether crews are out; an hour more on either side, for the two days on which clocks change.
fn at_work(at: Timestamp, shift: Shift) -> bool {
    let local = CITY.calendar().local(at);
    let business = CITY.calendar().is_business_day(local.date());
    match shift {
        Shift::Day => business && (6..=17).contains(&local.hour()),
        Shift::Late => business && (5..=22).contains(&local.hour()),
        Shift::EveryDay => (5..=22).contains(&local.hour()),
    }
}

#[test]
fn the_same_is_made_again_in_any_order_and_another_seed_makes_another() {
    let again = plan(SEED, ALL, UNTIL);
    for index in [19_999, 0, 777, 12_345, 1] {
        assert_eq!(again.record(index).as_ref(), RECORDS.get(index));
    }
    assert_eq!(again.arrivals().all(), PLAN.arrivals().all());
    let other = plan(SEED + 1, ALL, UNTIL);
    assert_ne!(other.record(0).as_ref(), RECORDS.first());
}

#[test]
fn duplicates_tell_of_something_near_that_was_told_before() {
    let mut duplicates = 0;
    let mut merged = 0;
    for (index, arrival) in PLAN.arrivals().all().iter().enumerate() {
        let Some(first) = arrival.first else { continue };
        assert!(first < index);
        let of = &PLAN.arrivals().all()[first];
        assert_eq!((of.first, of.service), (None, arrival.service), "no chains");
        assert!(arrival.at.0 - of.at.0 <= 21 * DAY_MS);
        let (here, there) = (&RECORDS[index].report.location, &RECORDS[first].report.location);
        assert!(here.point.distance_m(there.point) < 400.0, "{here:?} {there:?}");
        let deeds = &RECORDS[index].deeds;
        assert!(deeds.iter().all(|deed| deed.what == What::Merge(first)), "{deeds:?}");
        merged += deeds.len();
        duplicates += 1;
    }
    assert!((400..1_200).contains(&duplicates), "{duplicates}");
    assert!(merged * 10 > duplicates * 9, "{merged} of {duplicates}");
}

#[test]
fn some_of_everything_that_can_happen_has_happened() {
    let count = |of: fn(&What) -> bool| {
        RECORDS.iter().filter(|r| r.deeds.iter().any(|deed| of(&deed.what))).count()
    };
    let per_cent = |n: usize| n as f64 * 100.0 / f64::from(ALL);
    let reopened = per_cent(count(|what| matches!(what, What::Reopen(_))));
    assert!((1.5..4.5).contains(&reopened), "{reopened} % reopened");
    let waited = per_cent(count(|what| matches!(what, What::Hold(..))));
    assert!((1.0..6.0).contains(&waited), "{waited} % waited");
    let open: Vec<&Record> = RECORDS
        .iter()
        .filter(|record| {
            let last = record.deeds.last().map(|deed| &deed.what);
            !matches!(last, Some(What::Complete(..) | What::Merge(_) | What::Close))
        })
        .collect();
    assert!((1.0..6.0).contains(&per_cent(open.len())), "{} are open", open.len());
    let recent = open.iter().filter(|record| record.at.0 > UNTIL.0 - 120 * DAY_MS).count();
    assert!(recent * 2 > open.len(), "{recent} of {} open ones are recent", open.len());
    let words = RECORDS.iter().filter(|record| !record.report.description.is_empty()).count();
    assert!(per_cent(words) > 15.0);
}

#[test]
fn storms_bring_a_lot_at_once() {
    // Places of the services that storms break, in a city that has them.
    for (service, least) in [("tree", 5.0), ("pothole", 3.0)] {
        let Some(place) = CITY.catalogue().services.iter().position(|s| s.code == service) else {
            continue;
        };
        let mut days: BTreeMap<String, usize> = BTreeMap::new();
        for arrival in PLAN.arrivals().all().iter().filter(|a| a.service == place) {
            *days.entry(CITY.local_date(arrival.at)).or_default() += 1;
        }
        let all: usize = days.values().sum();
        let mean = all as f64 / (3.0 * 365.0);
        let most = *days.values().max().unwrap() as f64;
        assert!(most > least * mean, "{service}: {most} on the worst day, {mean} on the mean");
    }
}

#[test]
fn neighborhoods_are_unequal_and_the_city_grows() {
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for record in RECORDS.iter() {
        let zones = CITY.locate(record.report.location.point, record.at);
        let Some(zone) = zones.get("neighborhood") else { continue };
        let done = mended(record).map(|at| (at.0 - record.at.0) as f64 / HOUR_MS as f64);
        times.entry(zone.clone()).or_default().extend(done);
    }
    let medians: Vec<f64> = times.into_values().filter(|t| t.len() > 100).map(median).collect();
    let (fast, slow) = medians.iter().fold((f64::MAX, 0.0_f64), |(a, b), m| (a.min(*m), b.max(*m)));
    assert!(slow > 2.0 * fast, "medians in hours: {medians:?}");
    let counts = PLAN.arrivals().counts();
    let growth = counts[&2025] as f64 / counts[&2024] as f64;
    assert!((1.01..1.07).contains(&growth), "{growth}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_size_at_any_time_is_whole(
        seed: u64,
        count in 0u32..400,
        until in 1_500_000_000_000i64..1_900_000_000_000,
    ) {
        let plan = plan(seed, count, Timestamp(until));
        prop_assert_eq!(plan.arrivals().all().len(), count as usize);
        prop_assert_eq!(plan.arrivals().counts().values().sum::<i64>(), i64::from(count));
        let mut last = i64::MIN;
        for index in 0..count as usize {
            let record = plan.record(index).unwrap();
            prop_assert!(last <= record.at.0 && record.at.0 < until);
            last = record.at.0;
            let mut at = record.at;
            for deed in &record.deeds {
                prop_assert!(at < deed.at && deed.at.0 < until, "{:?}", record.deeds);
                at = deed.at;
            }
            prop_assert!(CITY.contains(record.report.location.point));
        }
    }

    #[test]
    fn work_is_near_and_in_working_hours(
        minutes in -1_500_000i64..0,
        after in 0i64..20_000,
        shift in prop::sample::select(vec![Shift::Day, Shift::Late, Shift::EveryDay]),
        roll: u64,
    ) {
        let days = Days::new(&CITY, UNTIL);
        let at = UNTIL.plus_ms(minutes * MINUTE_MS);
        let after = at.plus_ms(-after * MINUTE_MS);
        let found = days.work_near(at, after, shift, &mut Dice::new(roll, 1));
        prop_assert!(found > after);
        prop_assert!(at_work(found, shift));
        // The longest time without work is a weekend with holidays on either side.
        prop_assert!((found.0 - at.0).abs() < 6 * DAY_MS);
        let here = CITY.calendar().local(at);
        let works = at_work(at, shift) && (8..16).contains(&here.hour());
        prop_assert!(!works || found == at || after.plus_ms(10 * MINUTE_MS) > at);
    }
}
