//! The local days of the time that a history tells of, and the hours in which crews work.

use jiff::ToSpan;
use jiff::civil::Date;
use mend_core::city::{Calendar, City};
use mend_core::time::{DAY_MS, Timestamp};

use super::YEARS;
use super::dice::Dice;
use super::shape::Shift;

pub const HOUR_MS: i64 = 3_600_000;
pub const MINUTE_MS: i64 = 60_000;

/// What would end outside of work is done this long before or after, at most.
const INTO_WORK_MS: f64 = 3.0 * HOUR_MS as f64;
/// The shortest time from one thing to the next, where work is looked for.
const LEAST_MS: i64 = 10 * MINUTE_MS;
/// Days after the end, so that there is a next day of work.
const DAYS_AFTER: i64 = 30;

/// A local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Its date.
    pub date: Date,
    /// Its first instant.
    pub starts: Timestamp,
    /// The offices open on it, and crews work.
    pub works: bool,
}

impl Day {
    /// Days from Monday, 0 to 6.
    pub fn weekday(&self) -> usize {
        usize::from(self.date.weekday().to_monday_zero_offset().unsigned_abs())
    }

    /// Months from January, 0 to 11.
    pub fn month(&self) -> usize {
        usize::from(self.date.month().unsigned_abs()).saturating_sub(1)
    }

    /// When crews begin and end on this day, if they work.
    fn work(&self, shift: Shift) -> Option<(Timestamp, Timestamp)> {
        let (from, until) = match shift {
            Shift::Day | Shift::Late if !self.works => return None,
            Shift::Day => (7, 17),
            Shift::Late | Shift::EveryDay => (6, 22),
        };
        Some((self.starts.plus_ms(from * HOUR_MS), self.starts.plus_ms(until * HOUR_MS)))
    }
}

/// The days from some years before an instant to some days after it.
#[derive(Debug, Clone)]
pub struct Days {
    days: Vec<Day>,
    from: Timestamp,
}

/// The first instant of a local day. The one at which clocks show midnight: where they skip it,
/// that is an hour off once in a year, which harms no invented request.
fn starts(calendar: &Calendar, date: Date) -> Timestamp {
    let utc = |at: jiff::civil::DateTime| {
        jiff::tz::TimeZone::UTC.to_timestamp(at).map_or(0, |at| at.as_millisecond())
    };
    let wanted = utc(date.at(0, 0, 0, 0));
    // What clocks show there differs from what they shall show by the offset to UTC; the second
    // round corrects an offset that changes in between.
    let mut at = Timestamp(wanted);
    for _ in 0..2 {
        at = at.plus_ms(wanted - utc(calendar.local(at)));
    }
    at
}

impl Days {
    /// The days of the [`YEARS`] years before `until`, and a few after it.
    pub fn new(city: &City, until: Timestamp) -> Self {
        let calendar = city.calendar();
        let today = calendar.local_date(until);
        let first = today.saturating_sub(YEARS.years());
        let last = today.saturating_add(DAYS_AFTER.days());
        let days: Vec<Day> = first
            .series(1.day())
            .take_while(|date| *date <= last)
            .map(|date| Day {
                date,
                starts: starts(calendar, date),
                works: calendar.is_business_day(date),
            })
            .collect();
        let into_today = until.0 - starts(calendar, today).0;
        let from = days.first().map_or(until, |day| day.starts.plus_ms(into_today));
        Self { days, from }
    }

    /// The years begin here.
    pub const fn from(&self) -> Timestamp {
        self.from
    }

    /// All of them, in order.
    pub fn all(&self) -> &[Day] {
        &self.days
    }

    /// The place of the day of an instant.
    pub fn index_of(&self, at: Timestamp) -> usize {
        self.days.partition_point(|day| day.starts <= at).saturating_sub(1)
    }

    /// When crews began to work on the day of an instant, if they do.
    pub fn work_began(&self, at: Timestamp, shift: Shift) -> Option<Timestamp> {
        self.days.get(self.index_of(at))?.work(shift).map(|(from, _)| from)
    }

    /// The instant itself if crews work then, else one near to it at which they do; after
    /// `after` in any case.
    pub fn work_near(
        &self,
        at: Timestamp,
        after: Timestamp,
        shift: Shift,
        dice: &mut Dice,
    ) -> Timestamp {
        let earliest = after.plus_ms(LEAST_MS);
        let at = at.max(earliest);
        let here = self.index_of(at);
        let into = (dice.unit() * INTO_WORK_MS) as i64;
        let mut past = self.days.iter().take(here + 1).rev().filter_map(|day| day.work(shift));
        let before = past.find(|(from, _)| *from <= at);
        if before.is_some_and(|(_, until)| at < until) {
            return at;
        }
        let before = before.map(|(_, until)| until.plus_ms(-into)).filter(|end| *end >= earliest);
        let coming = self.days.iter().skip(here).filter_map(|day| day.work(shift));
        let next = coming.map(|(from, _)| from).find(|from| *from > at);
        match (before, next) {
            (Some(before), Some(next)) if at.0 - before.0 < next.0 - at.0 => before,
            (_, Some(next)) => next.plus_ms(into),
            (Some(before), None) => before,
            // A city that never works: then it happens when it happens.
            (None, None) => at,
        }
    }
}

/// The instant so many days later.
pub fn days_later(at: Timestamp, days: f64) -> Timestamp {
    at.plus_ms((days * DAY_MS as f64) as i64)
}
