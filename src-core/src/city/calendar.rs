//! The city's calendar: when the offices are open, and when a promise is due.
//!
//! What the words mean, for every promise:
//!
//! - **Civil time.** All hours and dates are local. An hour means the first instant at which clocks
//!   show it, or, where they skip it, the instant at which they do.
//! - **Offices** are open from the opening until before the close of business, on weekdays that
//!   have hours and are no holidays. A date on which they open is a *business day*; one whose hours
//!   the clocks skip altogether is none.
//! - **Days.** An arrival outside office hours counts as arriving at the next opening. Day 1 is the
//!   business day after the one on which the arrival counts. Due is the close of business of the
//!   last day.
//! - **Hours** are elapsed hours, day and night.
//! - **Next service day.** Due is the close of the first service day of the place's collection
//!   route after the local date of the arrival. Office hours do not matter.
//! - **Service days** are the route's weekdays, in every week or in every second, third or fourth
//!   one, counted from the week of a date that its rules name; weeks begin on Monday. One that is a
//!   holiday is served all the same, left out, or moved to the next day that is no holiday, also on
//!   a weekend. Several that fall on one day are served together.
//! - **Pauses.** While work waits, no clock runs. A day counts when its close passes while the
//!   clock runs, so a wait over lunch costs nothing and one over one closing moves the date by one
//!   business day. A close at the very beginning of a wait has passed; one at its very end has not.
//!   Of hours, those of the wait do not count. A date that has passed is not moved by a later wait,
//!   and a wait that has not ended lasts for ever.
//! - **Shares.** Of a promise in days, office time between arrival and due date counts; of the
//!   others all time; of none the time in which work waited.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::pack::CalendarRules;
use crate::time::Timestamp;

mod check;
mod civil;
mod collection;
mod office;
mod promise;
mod waits;

pub(super) use check::check;
pub use check::holiday_faults;
pub(super) use civil::time_zone;
pub use promise::PromiseQuery;
pub(super) use waits::Waits;

/// Office hours, holidays and collection routes in the city's time zone.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    week: office::Week,
    holidays: BTreeSet<Date>,
    /// By code of the zone.
    routes: BTreeMap<String, collection::Route>,
}

impl Calendar {
    /// Builds the calendar of a checked pack; rules that cannot be read are left out.
    pub(super) fn new(rules: &CalendarRules, zone: TimeZone) -> Self {
        Self {
            zone,
            week: office::Week::new(rules),
            holidays: rules.holidays.iter().filter_map(|h| civil::date(&h.date)).collect(),
            routes: rules
                .collection
                .iter()
                .filter_map(|(code, rules)| Some((code.clone(), collection::Route::new(rules)?)))
                .collect(),
        }
    }

    /// What clocks in the city show at an instant. Instants beyond the years -9999 to 9999 count
    /// as the end of those.
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(civil::instant(at))
    }

    /// The local date of an instant; see [`Calendar::local`].
    pub fn local_date(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// Whether the offices are open at this instant: from the opening until before the close.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.offices().closing_after(at).is_some_and(|day| day.opens <= at)
    }

    /// The local date on which an arrival counts: its own if the offices are open then or open
    /// later that day, else that of the next opening. None beyond the years that a date can have.
    pub fn opening_day(&self, arrival: Timestamp) -> Option<Date> {
        self.offices().closing_after(arrival).map(|day| day.date)
    }

    /// Whether the offices open on this date at all.
    pub fn is_business_day(&self, date: Date) -> bool {
        self.offices().on(date).is_some()
    }

    /// Whether a collection route is served on this date; never for a route that does not exist.
    pub fn is_service_day(&self, route: &str, date: Date) -> bool {
        self.routes.get(route).is_some_and(|route| route.is_served(date, &self.holidays))
    }

    fn offices(&self) -> office::Offices<'_> {
        office::Offices { zone: &self.zone, week: &self.week, holidays: &self.holidays }
    }
}

#[cfg(test)]
mod tests;
