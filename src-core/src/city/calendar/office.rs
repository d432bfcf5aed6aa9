//! Office hours: on which dates the offices open, and when, as instants.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::civil;
use crate::city::pack::{CalendarRules, OfficeHours};
use crate::time::Timestamp;

/// Opening and closing of each weekday, Monday first; none: the offices stay closed.
#[derive(Debug, Clone)]
pub(super) struct Week([Option<(Time, Time)>; 7]);

/// A business day: the offices are open from `opens` until before `closes`, for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OfficeDay {
    pub date: Date,
    pub opens: Timestamp,
    pub closes: Timestamp,
}

impl Week {
    /// Hours that cannot be read are left out.
    pub fn new(rules: &CalendarRules) -> Self {
        let mut week = [None; 7];
        for (weekday, hours) in &rules.hours {
            if let Some(day) = week.get_mut(civil::from_monday(*weekday)) {
                *day = times(hours);
            }
        }
        Self(week)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// Both times, if they can be.
pub(super) fn times(hours: &OfficeHours) -> Option<(Time, Time)> {
    let (opens, closes) = (civil::time(&hours.opens)?, civil::time(&hours.closes)?);
    (opens < closes).then_some((opens, closes))
}

/// The offices' hours in their time zone, without the holidays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offices<'a> {
    pub zone: &'a TimeZone,
    pub week: &'a Week,
    pub holidays: &'a BTreeSet<Date>,
}

impl Offices<'_> {
    /// The hours of this date. None if the offices stay closed, also when the clocks skip all of
    /// their hours.
    pub fn on(&self, date: Date) -> Option<OfficeDay> {
        if self.holidays.contains(&date) {
            return None;
        }
        let (opens, closes) = (*self.week.0.get(civil::weekday_of(date))?)?;
        let day = OfficeDay {
            date,
            opens: civil::first_at(self.zone, date, opens)?,
            closes: civil::first_at(self.zone, date, closes)?,
        };
        (day.opens < day.closes).then_some(day)
    }

    /// The first business day that closes after this instant. None beyond the years that a date
    /// can have.
    pub fn closing_after(&self, at: Timestamp) -> Option<OfficeDay> {
        // Hours count the first time that clocks show them, so no earlier date can close later.
        let mut day = self.from(self.zone.to_datetime(civil::instant(at)).date())?;
        while day.closes <= at {
            day = self.after(day.date)?;
        }
        Some(day)
    }

    /// The first business day after this date.
    pub fn after(&self, date: Date) -> Option<OfficeDay> {
        self.from(date.tomorrow().ok()?)
    }

    /// The first business day on this date or after it. Holidays are finite, so it ends.
    fn from(&self, mut date: Date) -> Option<OfficeDay> {
        if self.week.is_empty() {
            return None;
        }
        loop {
            if let Some(day) = self.on(date) {
                return Some(day);
            }
            date = date.tomorrow().ok()?;
        }
    }
}
