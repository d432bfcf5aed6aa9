//! A slow and obvious reading of the calendar: it looks at every minute and the clock on the wall.
//!
//! It shares nothing with what it checks but jiff's conversion of an instant to local time. Days
//! are counted from Monday 30 December 2019, minutes from 1970; everything lies on whole minutes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::city::pack::OnHoliday;
use crate::city::sample;

const FIRST: &str = "2020-01-01T00:00:00Z";
const END: &str = "2030-01-01T00:00:00Z";
pub const MINUTE_MS: i64 = 60_000;

/// What the clock on the wall shows in each minute of ten years.
pub struct Years {
    pub name: &'static str,
    /// The first minute.
    pub first: i64,
    /// Day, and minute of the day.
    wall: Vec<(u16, u16)>,
}

/// An hour's change, one of half an hour in the south, and one at midnight.
pub static ZONES: [LazyLock<Years>; 3] = [
    LazyLock::new(|| Years::new("America/Los_Angeles")),
    LazyLock::new(|| Years::new("Australia/Lord_Howe")),
    LazyLock::new(|| Years::new("Asia/Beirut")),
];

impl Years {
    fn new(name: &'static str) -> Self {
        let minute = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second() / 60;
        let zone = sample::time_zone(name);
        let monday = jiff::civil::date(2019, 12, 30);
        let shown = |at: i64| {
            let local = zone.to_datetime(jiff::Timestamp::from_second(at * 60).unwrap());
            let day = u16::try_from(local.date().duration_since(monday).as_hours() / 24).unwrap();
            let time = i32::from(local.hour()) * 60 + i32::from(local.minute());
            (day, u16::try_from(time).unwrap())
        };
        let mut wall = Vec::new();
        for quarter in (minute(FIRST)..minute(END)).step_by(15) {
            let (day, time) = shown(quarter);
            if shown(quarter + 14) == (day, time + 14) {
                wall.extend((0..15).map(|more| (day, time + more)));
            } else {
                wall.extend((quarter..quarter + 15).map(shown));
            }
        }
        Self { name, first: minute(FIRST), wall }
    }

    /// The first minute after the ten years.
    pub fn end(&self) -> i64 {
        self.first + i64::try_from(self.wall.len()).unwrap()
    }

    /// Day, and minute of the day.
    pub fn wall(&self, minute: i64) -> (u16, u16) {
        self.wall[usize::try_from(minute - self.first).unwrap()]
    }

    /// The minutes before which the clock was set.
    pub fn changes(&self) -> Vec<i64> {
        let shown = |at: i64| {
            let (day, time) = self.wall(at);
            i64::from(day) * 1440 + i64::from(time)
        };
        (self.first + 1..self.end()).filter(|at| shown(*at) != shown(at - 1) + 1).collect()
    }

    /// A date as folders write it.
    pub fn date(day: u16) -> String {
        let days = jiff::Span::new().days(i64::from(day));
        jiff::civil::date(2019, 12, 30).checked_add(days).unwrap().to_string()
    }
}

/// The rules of a city, in the oracle's own numbers.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Opening and closing by weekday, Monday first, in minutes of the day.
    pub hours: [Option<(u16, u16)>; 7],
    /// Days.
    pub holidays: BTreeSet<u16>,
    pub route: Route,
}

/// One collection route.
#[derive(Debug, Clone)]
pub struct Route {
    pub weekdays: BTreeSet<u16>,
    pub every_weeks: u16,
    /// A day.
    pub since: u16,
    pub on_holiday: OnHoliday,
    /// Minute of the day.
    pub closes: u16,
}

/// Waits, in minutes: from the first until before the second, which may never come.
pub type Holds = [(i64, i64)];

pub fn held(holds: &Holds, minute: i64) -> bool {
    holds.iter().any(|(from, until)| *from <= minute && minute < *until)
}

/// From when on no clock runs any more.
fn for_ever(holds: &Holds) -> i64 {
    let lasting = holds.iter().filter(|(_, until)| *until == i64::MAX);
    lasting.map(|hold| hold.0).min().unwrap_or(i64::MAX)
}

/// A person in front of the offices' door, with a watch.
pub struct Watch<'a> {
    years: &'a Years,
    rules: &'a Rules,
    day: u16,
    opened: bool,
    shut: bool,
}

impl<'a> Watch<'a> {
    /// Stands there from some days before the minute on.
    pub fn new(years: &'a Years, rules: &'a Rules, minute: i64) -> (Self, i64) {
        let watch = Self { years, rules, day: u16::MAX, opened: false, shut: false };
        (watch, (minute - 3 * 1440).max(years.first))
    }

    /// Whether the offices are open, in the next minute.
    pub fn look(&mut self, minute: i64) -> bool {
        let (day, time) = self.years.wall(minute);
        if day != self.day {
            (self.day, self.opened, self.shut) = (day, false, false);
        }
        let Some((opens, closes)) = self.rules.hours[usize::from(day % 7)] else {
            return false;
        };
        if self.rules.holidays.contains(&day) {
            return false;
        }
        self.opened |= time >= opens;
        self.shut |= time >= closes;
        self.opened && !self.shut
    }
}

/// The minutes before which the offices were open and in which they no longer are.
pub fn closings<'a>(
    years: &'a Years,
    rules: &'a Rules,
    from: i64,
) -> impl Iterator<Item = i64> + 'a {
    let (mut watch, begin) = Watch::new(years, rules, from);
    let mut was = false;
    let mut day = 0;
    (begin..years.end()).filter(move |minute| {
        let open = watch.look(*minute);
        let closed = was && (!open || watch.day != day);
        (was, day) = (open, watch.day);
        closed && *minute > from
    })
}

/// The `days`-th close of business.
pub fn due_days(years: &Years, rules: &Rules, start: i64, days: u16, holds: &Holds) -> Option<i64> {
    closings(years, rules, start)
        // That of the day on which the arrival counts.
        .skip(1)
        .take_while(|closing| *closing <= for_ever(holds))
        .filter(|closing| !held(holds, closing - 1))
        .nth(usize::from(days) - 1)
}

/// So many hours.
pub fn due_hours(years: &Years, start: i64, hours: u16, holds: &Holds) -> Option<i64> {
    (start..years.end().min(for_ever(holds)))
        .filter(|minute| !held(holds, *minute))
        .nth(usize::from(hours) * 60 - 1)
        .map(|minute| minute + 1)
}

/// The days on which the route is served, in the first 4,000.
fn service_days(rules: &Rules) -> BTreeSet<u16> {
    let route = &rules.route;
    let regular = (0..4_000_u16).filter(|day| {
        let weeks = (day / 7).abs_diff(route.since / 7);
        route.weekdays.contains(&(day % 7)) && weeks % route.every_weeks == 0
    });
    let mut days = BTreeSet::new();
    for mut day in regular {
        match route.on_holiday {
            OnHoliday::Served => {}
            OnHoliday::Skipped if rules.holidays.contains(&day) => continue,
            OnHoliday::Skipped => {}
            OnHoliday::NextDay => {
                while rules.holidays.contains(&day) {
                    day += 1;
                }
            }
        }
        days.insert(day);
    }
    days
}

/// The close of the next service day.
pub fn due_service(years: &Years, rules: &Rules, start: i64, holds: &Holds) -> Option<i64> {
    let days = service_days(rules);
    let (arrived, _) = years.wall(start);
    let mut done = BTreeSet::new();
    (start..years.end().min(for_ever(holds).saturating_add(1))).find(|minute| {
        let (day, time) = years.wall(*minute);
        day > arrived
            && days.contains(&day)
            && time >= rules.route.closes
            && done.insert(day)
            && !held(holds, minute - 1)
    })
}

/// When so many per cent of the time are over, in milliseconds since 1970: of office time, or of
/// all time.
pub fn share(
    years: &Years,
    rules: Option<&Rules>,
    (start, due): (i64, i64),
    percent: i64,
    holds: &Holds,
) -> i64 {
    let counted: Vec<i64> = match rules {
        None => (start..due).filter(|minute| !held(holds, *minute)).collect(),
        Some(rules) => {
            let (mut watch, begin) = Watch::new(years, rules, start);
            (begin..due)
                .filter(|minute| watch.look(*minute) && *minute >= start && !held(holds, *minute))
                .collect()
        }
    };
    // A hundredth of a minute is 600 milliseconds.
    let mut left = i64::try_from(counted.len()).unwrap() * percent * 600;
    for minute in counted {
        if left <= MINUTE_MS {
            return minute * MINUTE_MS + left;
        }
        left -= MINUTE_MS;
    }
    panic!("no time passes")
}
