//! When a promise is due, and when a share of its time is over.

use std::collections::BTreeMap;

use super::waits::Waits;
use super::{Calendar, civil};
use crate::catalogue::Sla;
use crate::city::pack::COLLECTION;
use crate::event::Promise;
use crate::subject::Pause;
use crate::time::Timestamp;

const HOUR_MS: i64 = 3_600_000;

/// What a promise follows from.
#[derive(Debug, Clone, Copy)]
pub struct PromiseQuery<'a> {
    /// What the service promises.
    pub sla: Sla,
    /// When the promised time begins: at the arrival, or when the request was reopened.
    pub start: Timestamp,
    /// When work waited.
    pub pauses: &'a [Pause],
    /// Layer to zone code of the place; the layer [`COLLECTION`] names its route.
    pub zones: &'a BTreeMap<String, String>,
}

impl Calendar {
    /// When response and resolution are due; the definitions stand at the head of
    /// [`super`]. None where an SLA of the next service day finds no route at the place, where the
    /// figures are not sound, while a wait that has not ended keeps a date open, and beyond the
    /// year 9999.
    pub fn promise(&self, query: &PromiseQuery<'_>) -> Option<Promise> {
        let waits = Waits::new(query.pauses);
        let start = query.start;
        let due = |figure: u16| match query.sla {
            Sla::Range { .. } | Sla::Days(_) => self.business_days(start, figure, &waits),
            Sla::Hours { .. } => waits.after_running(start, i64::from(figure) * HOUR_MS),
            Sla::NextServiceDay => self.next_service(start, query.zones.get(COLLECTION)?, &waits),
        };
        let promise = match query.sla.figures() {
            _ if !query.sla.is_sound() => return None,
            Some((response, resolution)) => {
                Promise { response_due: due(response)?, resolution_due: due(resolution)? }
            }
            None => {
                let day = due(0)?;
                Promise { response_due: day, resolution_due: day }
            }
        };
        let last = jiff::Timestamp::MAX.as_millisecond();
        (promise.resolution_due.0 <= last).then_some(promise)
    }

    /// The `days`-th close of business that passes while the clock runs, after that of the day on
    /// which the start counts; `days` is 1 or more.
    fn business_days(&self, start: Timestamp, days: u16, waits: &Waits) -> Option<Timestamp> {
        let offices = self.offices();
        let mut day = offices.after(offices.closing_after(start)?.date)?;
        let mut left = days;
        loop {
            if let Some(wait) = waits.at_end_of(day.closes) {
                // All closings until its end are as lost as this one.
                day = offices.closing_after(wait.until?)?;
                continue;
            }
            left = left.saturating_sub(1);
            if left == 0 {
                return Some(day.closes);
            }
            day = offices.after(day.date)?;
        }
    }

    /// The close of the first service day of a route, after the local date of the start, that
    /// passes while the clock runs.
    fn next_service(&self, start: Timestamp, route: &str, waits: &Waits) -> Option<Timestamp> {
        let route = self.routes.get(route)?;
        let mut date = self.local_date(start);
        loop {
            date = date.tomorrow().ok()?;
            let Some(closes) = route.close_on(&self.zone, date, &self.holidays) else {
                continue;
            };
            match waits.at_end_of(closes) {
                None => return Some(closes),
                Some(wait) => {
                    let day_before = self.local_date(wait.until?).yesterday().ok()?;
                    date = date.max(day_before);
                }
            }
        }
    }

    /// When 75 and 90 per cent of the promised time are over: the first instants, rounded up to a
    /// millisecond, by which the clock has run for that share of what it runs between start and
    /// due. If it never runs in between, that is when it is due.
    pub(in crate::city) fn shares<const N: usize>(
        &self,
        sla: Sla,
        start: Timestamp,
        due: Timestamp,
        waits: &Waits,
        percents: [u8; N],
    ) -> [Timestamp; N] {
        let mut runs = Vec::new();
        match sla {
            Sla::Hours { .. } | Sla::NextServiceDay => waits.running(start, due, &mut runs),
            Sla::Range { .. } | Sla::Days(_) => {
                let offices = self.offices();
                let mut day = offices.closing_after(start);
                while let Some(open) = day.filter(|open| open.opens < due) {
                    waits.running(open.opens.max(start), open.closes.min(due), &mut runs);
                    day = offices.after(open.date);
                }
            }
        }
        let length = |run: &(i64, i64)| i128::from(run.1) - i128::from(run.0);
        let total: i128 = runs.iter().map(length).sum();
        percents.map(|percent| {
            let mut left = (total * i128::from(percent)).div_euclid(100);
            if left * 100 < total * i128::from(percent) {
                left += 1;
            }
            for run in &runs {
                if left <= length(run) {
                    return Timestamp(
                        run.0.saturating_add(i64::try_from(left).unwrap_or(i64::MAX)),
                    );
                }
                left -= length(run);
            }
            due
        })
    }

    /// The last local date that a promise made then can be due on, by this SLA: of all routes the
    /// latest, if it is the next service day.
    pub(super) fn latest(&self, sla: Sla, start: Timestamp) -> Option<jiff::civil::Date> {
        let due = match sla {
            Sla::NextServiceDay => {
                let waits = Waits::default();
                self.routes.keys().filter_map(|r| self.next_service(start, r, &waits)).max()
            }
            _ => {
                let query = PromiseQuery { sla, start, pauses: &[], zones: &BTreeMap::new() };
                self.promise(&query).map(|promise| promise.resolution_due)
            }
        };
        due.map(|due| self.zone.to_datetime(civil::instant(due)).date())
    }
}
