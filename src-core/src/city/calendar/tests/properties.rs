//! Every promise and every warning against a walk through all minutes of ten years.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::oracle::{self, MINUTE_MS, Rules, Watch, Years, ZONES};
use super::*;
use crate::catalogue::Sla;
use crate::city::clocks::{self, tests::request};
use crate::city::pack::{COLLECTION, CollectionRules, Holiday, OfficeHours, OnHoliday, Weekday};
use crate::event::{ClockKind, Promise};
use crate::subject::{Pause, RequestStatus, Warning};

const ROUTE: &str = "r";
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The oracle's rules as a pack has them.
fn calendar(years: &Years, rules: &Rules) -> Calendar {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let hours = WEEK.into_iter().zip(rules.hours).filter_map(|(weekday, hours)| {
        let (opens, closes) = hours?;
        Some((weekday, OfficeHours { opens: clock(opens), closes: clock(closes) }))
    });
    let route = CollectionRules {
        weekdays: rules.route.weekdays.iter().map(|day| WEEK[usize::from(*day)]).collect(),
        every_weeks: u8::try_from(rules.route.every_weeks).unwrap(),
        since: Some(Years::date(rules.route.since)),
        on_holiday: rules.route.on_holiday,
        closes: clock(rules.route.closes),
    };
    let holiday = |day: &u16| Holiday { date: Years::date(*day), name: "x".into() };
    let rules = CalendarRules {
        hours: hours.collect(),
        holidays: rules.holidays.iter().map(holiday).collect(),
        collection: BTreeMap::from([(ROUTE.to_owned(), route)]),
    };
    Calendar::new(&rules, sample::time_zone(years.name))
}

/// Opening and closing: by day, or in the night, when clocks are changed.
fn hours() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        2 => (300u16..700, 1u16..700),
        2 => (0u16..200, 1u16..240),
        1 => (1320u16..1439, 1u16..119),
    ]
    .prop_map(|(opens, length)| (opens, (opens + length).min(1439)))
}

/// Holidays are days after `day`.
fn rules() -> impl Strategy<Value = (Rules, BTreeSet<i32>)> {
    let week = prop::array::uniform7(prop::option::weighted(0.75, hours()));
    let route = (
        prop::collection::btree_set(0u16..7, 1..4),
        1u16..=4,
        0u16..3_000,
        prop::sample::select(vec![OnHoliday::NextDay, OnHoliday::Skipped, OnHoliday::Served]),
        0u16..1440,
    );
    let holidays = prop::collection::btree_set(-3i32..40, 0..14);
    (week, hours(), 0usize..7, route, holidays).prop_map(
        |(mut hours, sure, day, (weekdays, every_weeks, since, on_holiday, closes), holidays)| {
            hours[day] = Some(sure);
            let route = oracle::Route { weekdays, every_weeks, since, on_holiday, closes };
            (Rules { hours, holidays: BTreeSet::new(), route }, holidays)
        },
    )
}

/// A wait: its ends in minutes after the arrival, each perhaps moved near the next closing.
type Hold = (i64, i64, Option<i64>, Option<i64>);

fn hold() -> impl Strategy<Value = Hold> {
    let length = prop_oneof![0i64..300, 0i64..3_000, 0i64..20_000];
    let near = || prop::option::of(-1i64..=1);
    (-3_000i64..40_000, length, near(), near())
}

#[derive(Debug, Clone)]
struct Case {
    zone: usize,
    /// In minutes.
    start: i64,
    rules: Rules,
    holds: Vec<(i64, i64)>,
}

fn case() -> impl Strategy<Value = Case> {
    let holds = prop::collection::vec(hold(), 0..4);
    (
        0..ZONES.len(),
        0.0..1.0f64,
        any::<prop::sample::Index>(),
        0i64..9_000,
        any::<bool>(),
        rules(),
        holds,
    )
        .prop_map(|(zone, anywhere, change, before, near, (mut rules, holidays), holds)| {
            let years = &*ZONES[zone];
            // Half of the arrivals some days before a change of clocks.
            let changes = CHANGES[zone].as_slice();
            let start = if near {
                changes[change.index(changes.len())] - before
            } else {
                years.first + 10_000 + (anywhere * 5_000_000.0) as i64
            };
            let (day, _) = years.wall(start);
            rules.holidays = holidays
                .iter()
                .filter_map(|after| u16::try_from(i32::from(day) + after).ok())
                .collect();
            let holds = holds
                .into_iter()
                .map(|(from, length, near_from, near_until)| {
                    let moved = |at: i64, near: Option<i64>| match near {
                        None => at,
                        Some(by) => oracle::closings(years, &rules, at).next().unwrap_or(at) + by,
                    };
                    let from = moved(start + from, near_from);
                    (from, moved(from + length, near_until))
                })
                .collect();
            Case { zone, start, rules, holds }
        })
}

/// Changes of clocks that leave room for what follows.
static CHANGES: [std::sync::LazyLock<Vec<i64>>; 3] = [
    std::sync::LazyLock::new(|| changes(0)),
    std::sync::LazyLock::new(|| changes(1)),
    std::sync::LazyLock::new(|| changes(2)),
];

fn changes(zone: usize) -> Vec<i64> {
    let years = &*ZONES[zone];
    let inside = years.first + 20_000..years.end() - 200_000;
    years.changes().into_iter().filter(|at| inside.contains(at)).collect()
}

fn stamp(minute: i64) -> Timestamp {
    Timestamp(minute.saturating_mul(MINUTE_MS))
}

fn pauses(holds: &[(i64, i64)]) -> Vec<Pause> {
    holds
        .iter()
        .map(|(from, until)| Pause {
            from: stamp(*from),
            until: (*until != i64::MAX).then(|| stamp(*until)),
        })
        .collect()
}

fn promise(calendar: &Calendar, sla: Sla, start: i64, holds: &[(i64, i64)]) -> Option<Promise> {
    let zones = BTreeMap::from([(COLLECTION.to_owned(), ROUTE.to_owned())]);
    let pauses = pauses(holds);
    calendar.promise(&PromiseQuery { sla, start: stamp(start), pauses: &pauses, zones: &zones })
}

fn expected(case: &Case, sla: Sla) -> Option<(i64, i64)> {
    let Case { zone, start, rules, holds } = case;
    let years = &*ZONES[*zone];
    let days = |days| oracle::due_days(years, rules, *start, days, holds);
    let hours = |hours| oracle::due_hours(years, *start, hours, holds);
    match sla {
        Sla::Range { response_days, resolution_days } => {
            Some((days(response_days)?, days(resolution_days)?))
        }
        Sla::Days(n) => Some((days(n.div_ceil(2))?, days(n)?)),
        Sla::Hours { response, resolution } => Some((hours(response)?, hours(resolution)?)),
        Sla::NextServiceDay => {
            let day = oracle::due_service(years, rules, *start, holds)?;
            Some((day, day))
        }
    }
}

fn sla() -> impl Strategy<Value = Sla> {
    prop_oneof![
        4 => (1u16..8, 0u16..8).prop_map(|(response_days, more)| Sla::Range {
            response_days,
            resolution_days: response_days + more
        }),
        2 => (1u16..12).prop_map(Sla::Days),
        2 => (1u16..80, 0u16..200)
            .prop_map(|(response, more)| Sla::Hours { response, resolution: response + more }),
        3 => Just(Sla::NextServiceDay),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn due_dates_and_warnings_equal_a_walk_through_every_minute(
        mut case in case(), sla in sla(), lasts in prop::option::weighted(0.15, 0i64..30_000),
    ) {
        case.holds.extend(lasts.map(|after| (case.start + after, i64::MAX)));
        let years = &*ZONES[case.zone];
        let calendar = calendar(years, &case.rules);
        let found = promise(&calendar, sla, case.start, &case.holds);
        let Some((response, resolution)) = expected(&case, sla) else {
            // The oracle's years are over, or nobody knows how long it waits.
            prop_assert!(
                found.is_none_or(|found| lasts.is_none() && found.resolution_due >= stamp(years.end()))
            );
            return Ok(());
        };
        let due = Promise { response_due: stamp(response), resolution_due: stamp(resolution) };
        prop_assert_eq!(found, Some(due));

        if lasts.is_none() {
            let mut request = request(sla, stamp(case.start), due);
            request.pauses = pauses(&case.holds);
            let office = matches!(sla, Sla::Range { .. } | Sla::Days(_)).then_some(&case.rules);
            let mut ticks = Vec::new();
            for (clock, due) in [(ClockKind::Response, response), (ClockKind::Resolution, resolution)] {
                for percent in [75u8, 90, 100] {
                    let span = (case.start, due);
                    let at = oracle::share(years, office, span, i64::from(percent), &case.holds);
                    let at = if percent == 100 { due * MINUTE_MS } else { at };
                    ticks.push((at, clock, percent, stamp(due)));
                }
            }
            ticks.sort();
            let found: Vec<_> = clocks::ticks(&calendar, &request)
                .into_iter()
                .map(|due| (due.at.0, due.tick.clock, due.tick.percent, due.tick.due))
                .collect();
            prop_assert_eq!(found, ticks);
        }
    }

    #[test]
    fn a_later_arrival_is_never_due_earlier(case in case(), sla in sla(), later in 0i64..20_000) {
        let calendar = calendar(&ZONES[case.zone], &case.rules);
        let due = |start| promise(&calendar, sla, start, &case.holds).unwrap();
        let (first, second) = (due(case.start), due(case.start + later));
        prop_assert!(first.response_due <= second.response_due);
        prop_assert!(first.resolution_due <= second.resolution_due);
        prop_assert!(first.response_due > stamp(case.start));
        prop_assert!(first.response_due <= first.resolution_due);
    }

    #[test]
    fn a_wait_never_makes_a_date_earlier_and_none_after_it_moves_it(
        case in case(), sla in sla(), from in -1_000i64..40_000, length in 0i64..20_000,
    ) {
        let calendar = calendar(&ZONES[case.zone], &case.rules);
        let before = promise(&calendar, sla, case.start, &case.holds).unwrap();
        let wait = (case.start + from, case.start + from + length);
        let holds: Vec<_> = case.holds.iter().copied().chain([wait]).collect();
        let after = promise(&calendar, sla, case.start, &holds).unwrap();
        prop_assert!(before.response_due <= after.response_due);
        prop_assert!(before.resolution_due <= after.resolution_due);
        if stamp(wait.0) >= before.resolution_due {
            prop_assert_eq!(before, after);
        }
        // The order in which waits are told does not matter.
        let turned: Vec<_> = holds.iter().copied().rev().collect();
        prop_assert_eq!(promise(&calendar, sla, case.start, &turned), Some(after));
    }

    #[test]
    fn what_is_said_once_is_said_in_order_and_not_again(
        case in case(), sla in sla(), said in 0usize..7, resolved in prop::option::of(0i64..30_000),
    ) {
        let calendar = calendar(&ZONES[case.zone], &case.rules);
        let due = promise(&calendar, sla, case.start, &case.holds).unwrap();
        let mut request = request(sla, stamp(case.start), due);
        request.pauses = pauses(&case.holds);
        if let Some(after) = resolved {
            request.status = RequestStatus::Resolved;
            request.resolved_at = Some(stamp(case.start + after));
        }
        let all = clocks::ticks(&calendar, &request);
        prop_assert_eq!(&clocks::ticks(&calendar, &request), &all);
        prop_assert!(all.is_sorted_by_key(|due| due.at));
        prop_assert!(all.iter().all(|tick| tick.at > stamp(case.start) && tick.at <= tick.tick.due));
        let warnings = all.iter().filter(|due| due.tick.clock != ClockKind::Closing).take(said);
        request.warnings = warnings
            .map(|due| Warning { clock: due.tick.clock, percent: due.tick.percent })
            .collect();
        let left = clocks::ticks(&calendar, &request);
        prop_assert_eq!(&left[..], &all[request.warnings.len()..]);
    }
}

/// Around every change of clocks in ten years, every minute: whether the offices are open, and
/// when the next two closings are.
#[test]
fn every_minute_around_every_change_of_clocks() {
    let route = oracle::Route {
        weekdays: BTreeSet::from([0]),
        every_weeks: 1,
        since: 0,
        on_holiday: OnHoliday::Skipped,
        closes: 600,
    };
    // Across the change at two, ending in it, beginning in it, within it, and before midnight.
    for hours in [(67, 220), (8, 137), (130, 487), (125, 150), (1387, 1433)] {
        let rules =
            Rules { hours: [Some(hours); 7], holidays: BTreeSet::new(), route: route.clone() };
        for (years, changes) in ZONES.iter().zip(&CHANGES) {
            let calendar = calendar(years, &rules);
            for change in changes.iter().copied() {
                let (begin, end) = (change - 1500, change + 1500);
                let closings: Vec<i64> = oracle::closings(years, &rules, begin).take(6).collect();
                let (mut watch, from) = Watch::new(years, &rules, begin);
                for minute in from..end {
                    let open = watch.look(minute);
                    if minute < begin || (minute - change).abs() > 200 && minute % 13 != 0 {
                        continue;
                    }
                    let name = years.name;
                    assert_eq!(calendar.is_open(stamp(minute)), open, "{name} {minute} {hours:?}");
                    let next = closings.iter().filter(|closing| **closing > minute).nth(1).unwrap();
                    let due = promise(&calendar, Sla::Days(1), minute, &[]).unwrap();
                    assert_eq!(due.resolution_due, stamp(*next), "{name} {minute} {hours:?}");
                }
            }
        }
    }
}
