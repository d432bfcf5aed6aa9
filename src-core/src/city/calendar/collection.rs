//! Collection routes: on which dates one is served. What that means stands at the head of
//! [`super`].

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::civil;
use crate::city::pack::{CollectionRules, OnHoliday};
use crate::time::Timestamp;

/// Most weeks between two weeks of a route.
pub(super) const MAX_WEEKS: u8 = 4;

/// When a route is served; only sound rules become one.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// By days from Monday.
    weekdays: [bool; 7],
    every_weeks: i32,
    /// The Monday of a week in which it is served.
    since: Date,
    on_holiday: OnHoliday,
    closes: Time,
}

impl Route {
    /// None for rules that cannot be read.
    pub fn new(rules: &CollectionRules) -> Option<Self> {
        let mut weekdays = [false; 7];
        for weekday in &rules.weekdays {
            *weekdays.get_mut(civil::from_monday(*weekday))? = true;
        }
        let since = match &rules.since {
            Some(since) => civil::date(since)?,
            None if rules.every_weeks == 1 => Date::ZERO,
            None => return None,
        };
        ((1..=MAX_WEEKS).contains(&rules.every_weeks) && weekdays.contains(&true)).then_some(Self {
            weekdays,
            every_weeks: i32::from(rules.every_weeks),
            since: monday(since)?,
            on_holiday: rules.on_holiday,
            closes: civil::time(&rules.closes)?,
        })
    }

    /// Whether it would be served on this date if there were no holidays.
    fn is_regular(&self, date: Date) -> bool {
        self.weekdays.get(civil::weekday_of(date)).copied().unwrap_or(false)
            && monday(date).is_some_and(|monday| {
                let days = (monday - self.since).get_days();
                (days / 7).rem_euclid(self.every_weeks) == 0
            })
    }

    /// Whether it is served on this date.
    pub fn is_served(&self, date: Date, holidays: &BTreeSet<Date>) -> bool {
        match self.on_holiday {
            OnHoliday::Served => self.is_regular(date),
            _ if holidays.contains(&date) => false,
            OnHoliday::Skipped => self.is_regular(date),
            // Its own day, or that of a holiday right before it.
            OnHoliday::NextDay => {
                let mut from = date;
                loop {
                    if self.is_regular(from) {
                        return true;
                    }
                    match from.yesterday() {
                        Ok(before) if holidays.contains(&before) => from = before,
                        _ => return false,
                    }
                }
            }
        }
    }

    /// The end of this date's service, if it is served then.
    pub fn close_on(
        &self,
        zone: &TimeZone,
        date: Date,
        holidays: &BTreeSet<Date>,
    ) -> Option<Timestamp> {
        self.is_served(date, holidays).then(|| civil::first_at(zone, date, self.closes))?
    }
}

/// The Monday of a date's week.
fn monday(date: Date) -> Option<Date> {
    let days = i64::try_from(civil::weekday_of(date)).ok()?;
    date.checked_sub(jiff::Span::new().days(days)).ok()
}
