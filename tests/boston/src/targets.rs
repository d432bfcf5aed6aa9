//! Which promise gives the target dates of a type of request.
//!
//! Boston counts in two ways. *Business days*: due on the n-th business day after the one on which
//! the arrival counts, at the time of day of the arrival, or at the opening where that lies outside
//! office hours. *Calendar days*: due n dates later at the same time of day. Ours say the same
//! dates with [`Sla::Days`], due at the close of business, and with [`Sla::Hours`] of 24 for each
//! day, due an hour earlier or later where the clocks change in between.
//!
//! A rule is one of these, or two, the second from some date on: Boston changed many targets in the
//! middle of February. It is looked for among the rows to learn from, by the dates that are right.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};
use mend_core::catalogue::{MAX_SLA_HOURS, Sla};
use mend_core::city::{City, PromiseQuery};
use mend_core::time::Timestamp;

use crate::city::OPENS;
use crate::records::Record;

/// Fewest rows whose target date a rule must give.
const LEAST_ROWS: usize = 5;
/// Fewest rows that a change of rule must set right.
const LEAST_GAIN: usize = 5;
/// And fewest of a hundred rows.
const LEAST_GAIN_PERCENT: usize = 1;

/// How a target follows from the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// So many business days.
    Business(u16),
    /// So many calendar days.
    Calendar(u16),
}

/// What a type of request is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// From the beginning.
    pub first: Form,
    /// From this local date of the opening on, something else.
    pub then: Option<(Date, Form)>,
}

/// What a rule says of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// By our SLA; none where that cannot say the rule.
    pub ours: Option<Fit>,
    /// As Boston counts.
    pub theirs: Fit,
}

/// How near a due date comes to the target of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// On the same local date.
    pub same_day: bool,
    /// Within a minute of the clock's time; Boston's own vary by some seconds.
    pub same_minute: bool,
}

impl Form {
    /// The SLA that says it; none beyond what a service may promise.
    pub fn sla(self) -> Option<Sla> {
        let sla = match self {
            Self::Business(days) => Sla::Days(days),
            Self::Calendar(days) => {
                let hours = days.checked_mul(24).filter(|hours| *hours <= MAX_SLA_HOURS)?;
                Sla::Hours { response: hours, resolution: hours }
            }
        };
        sla.is_sound().then_some(sla)
    }

    /// In words: `10 business days`, `24 hours`, `120 × 24 hours`; `720 calendar days` where no SLA
    /// says it.
    pub fn words(self) -> String {
        match self {
            Self::Business(1) => "1 business day".to_owned(),
            Self::Business(days) => format!("{days} business days"),
            Self::Calendar(days) if self.sla().is_none() => format!("{days} calendar days"),
            Self::Calendar(1) => "24 hours".to_owned(),
            Self::Calendar(days) => format!("{days} × 24 hours"),
        }
    }
}

impl Rule {
    /// What holds for a request that was opened on this local date.
    pub fn on(&self, day: Date) -> Form {
        self.then.filter(|(from, _)| *from <= day).map_or(self.first, |(_, form)| form)
    }

    /// In words: `20 business days, from 16 Feb 12 business days`.
    pub fn words(&self) -> String {
        match self.then {
            None => self.first.words(),
            Some((from, then)) => {
                format!("{}; from {} {}", self.first.words(), from.strftime("%-d %b"), then.words())
            }
        }
    }
}

/// The calendar to look for rules with.
pub struct Counting<'a> {
    city: &'a City,
    /// How many business days there are until each date from [`FIRST`] on, itself included.
    until: Vec<u16>,
}

const FIRST: Date = date(2014, 12, 1);
/// Four years.
const DAYS: u16 = 1_461;

impl<'a> Counting<'a> {
    /// Counts by the calendar of a city.
    pub fn new(city: &'a City) -> Self {
        let calendar = city.calendar();
        let mut until = Vec::with_capacity(usize::from(DAYS));
        let mut count = 0;
        for day in FIRST.series(jiff::Span::new().days(1)).take(usize::from(DAYS)) {
            count += u16::from(calendar.is_business_day(day));
            until.push(count);
        }
        Self { city, until }
    }

    /// Business days until this date.
    fn until(&self, day: Date) -> Option<u16> {
        self.until.get(usize::try_from(days(FIRST, day)).ok()?).copied()
    }

    /// The forms that give this row's target date.
    fn forms(&self, row: &Record) -> Vec<Form> {
        let Some(due) = row.target.map(|target| target.date()) else { return Vec::new() };
        let calendar = || {
            let days = u16::try_from(days(row.opened.date(), due)).ok()?;
            (days > 0).then_some(Form::Calendar(days))
        };
        let business = || {
            let opening = self.city.calendar().opening_day(row.opened_at)?;
            let days = self.until(due)?.checked_sub(self.until(opening)?)?;
            let is_business_day = self.until(due.yesterday().ok()?) != self.until(due);
            (days > 0 && is_business_day).then_some(Form::Business(days))
        };
        [business(), calendar()].into_iter().flatten().collect()
    }

    /// The rule that gives most of the target dates of these rows, all of one type; none if no rule
    /// gives [`LEAST_ROWS`].
    pub fn rule(&self, rows: &[&Record]) -> Option<Rule> {
        // By the local date of the opening: form to rows.
        let mut days: BTreeMap<Date, BTreeMap<Form, usize>> = BTreeMap::new();
        let mut all: BTreeMap<Form, usize> = BTreeMap::new();
        let mut judged = 0;
        for row in rows.iter().filter(|row| row.target.is_some()) {
            judged += 1;
            let day = days.entry(row.opened.date()).or_default();
            for form in self.forms(row) {
                *day.entry(form).or_default() += 1;
                *all.entry(form).or_default() += 1;
            }
        }
        let (first, right) = best(&all).filter(|(_, right)| *right >= LEAST_ROWS)?;
        let single = Rule { first, then: None };
        // At each date: what is right before it, and what from it on.
        let mut before: BTreeMap<Form, usize> = BTreeMap::new();
        let mut after = all;
        let mut changed: Option<(Rule, usize)> = None;
        for (day, forms) in &days {
            if let (Some((first, a)), Some((then, b))) = (best(&before), best(&after))
                && first != then
                && changed.is_none_or(|(_, most)| a + b > most)
            {
                changed = Some((Rule { first, then: Some((*day, then)) }, a + b));
            }
            for (form, count) in forms {
                *before.entry(*form).or_default() += count;
                after.entry(*form).and_modify(|left| *left -= count);
            }
        }
        let least = LEAST_GAIN.max(judged * LEAST_GAIN_PERCENT / 100);
        Some(match changed {
            Some((rule, most)) if most >= right + least => rule,
            _ => single,
        })
    }

    /// What a rule says of a row; none for a row without a target.
    pub fn say(&self, rule: &Rule, row: &Record) -> Option<Said> {
        let (target, target_at) = (row.target?, row.target_at?);
        let form = rule.on(row.opened.date());
        let zones = BTreeMap::new();
        let due = form.sla().and_then(|sla| {
            let query = PromiseQuery { sla, start: row.opened_at, pauses: &[], zones: &zones };
            Some(self.city.promise(&query)?.resolution_due)
        });
        let ours = due.map(|due| Fit {
            same_day: self.city.calendar().local_date(due) == target.date(),
            same_minute: due.0.abs_diff(target_at.0) <= 60_000,
        });
        let theirs = match form {
            Form::Calendar(days) => {
                let later = jiff::Span::new().days(i64::from(days));
                row.opened.checked_add(later).ok()
            }
            Form::Business(_) => due.map(|due| self.as_boston_counts(row, due)),
        };
        Some(Said { ours, theirs: theirs.map_or(Fit::NONE, |due| Fit::between(due, target)) })
    }

    /// The date of ours at the time of day of the arrival, or of the opening if that lies outside
    /// office hours.
    fn as_boston_counts(&self, row: &Record, due: Timestamp) -> DateTime {
        let calendar = self.city.calendar();
        let time = if calendar.is_open(row.opened_at) { row.opened.time() } else { OPENS };
        calendar.local_date(due).to_datetime(time)
    }
}

impl Fit {
    const NONE: Self = Self { same_day: false, same_minute: false };

    fn between(due: DateTime, target: DateTime) -> Self {
        Self {
            same_day: due.date() == target.date(),
            same_minute: due.duration_since(target).abs() <= SignedDuration::from_mins(1),
        }
    }
}

/// The form that is right most often; of equals, the first: business days, then fewer.
fn best(forms: &BTreeMap<Form, usize>) -> Option<(Form, usize)> {
    let most = *forms.values().max().filter(|count| **count > 0)?;
    forms.iter().find(|(_, count)| **count == most).map(|(form, count)| (*form, *count))
}

/// Days from one date to another.
fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use geojson::FeatureCollection;
    use jiff::civil::{Time, time};
    use jiff::tz::TimeZone;

    use super::*;
    use crate::records::Records;
    use crate::routes::Derived;

    /// Boston's calendar, and one zone.
    fn boston() -> City {
        let records =
            Records { rows: Vec::new(), types: vec!["a".into()], queues: vec!["b".into()] };
        let square: FeatureCollection = serde_json::from_value(serde_json::json!({
            "type": "FeatureCollection", "features": [{"type": "Feature",
                "properties": {"code": "z", "name": "z"}, "geometry": {"type": "Polygon",
                "coordinates": [[[-72, 42], [-71, 42], [-71, 43], [-72, 43], [-72, 42]]]}}]
        }))
        .unwrap();
        let zones = BTreeMap::from([("area".to_owned(), square)]);
        crate::city::city(&records, &zones, &Derived { rules: Vec::new(), otherwise: vec![0] })
            .unwrap()
    }

    fn row(opened: DateTime, target: Option<DateTime>) -> Record {
        let zone = TimeZone::get("America/New_York").unwrap();
        let instant = |local| crate::records::instant(&zone, local).unwrap();
        Record {
            id: String::new(),
            service: 0,
            queue: 0,
            at: None,
            opened,
            opened_at: instant(opened),
            target,
            target_at: target.map(instant),
            police_label: String::new(),
            ward_label: String::new(),
        }
    }

    /// Rows of every hour of the first months of 2015, with the target that `due` gives.
    fn rows(due: impl Fn(DateTime) -> Option<DateTime>) -> Vec<Record> {
        let days = date(2015, 1, 1).series(jiff::Span::new().days(1)).take(120);
        days.flat_map(|day| (0..24).map(move |hour| day.to_datetime(time(hour, 17, 0, 0))))
            .filter(|opened| *opened != date(2015, 3, 8).to_datetime(time(2, 17, 0, 0)))
            .map(|opened| row(opened, due(opened)))
            .collect()
    }

    /// The plain way, day by day: `days` business days after the opening, as Boston counts.
    fn business(opened: DateTime, days: u16) -> DateTime {
        const CLOSED: [(i8, i8); 5] = [(1, 1), (1, 19), (2, 16), (4, 20), (5, 25)];
        let is_open = |day: Date| {
            let weekend = [jiff::civil::Weekday::Saturday, jiff::civil::Weekday::Sunday];
            !weekend.contains(&day.weekday()) && !CLOSED.contains(&(day.month(), day.day()))
        };
        let next = |mut day: Date| {
            loop {
                day = day.tomorrow().unwrap();
                if is_open(day) {
                    return day;
                }
            }
        };
        let (opens, closes): (Time, Time) = (time(8, 30, 0, 0), time(17, 0, 0, 0));
        let (mut day, mut at) = (opened.date(), opened.time());
        if !is_open(day) || at >= closes {
            (day, at) = (next(day), opens);
        }
        for _ in 0..days {
            day = next(day);
        }
        day.to_datetime(at.max(opens))
    }

    fn found(rows: &[Record]) -> (Option<Rule>, Vec<Said>) {
        let city = boston();
        let counting = Counting::new(&city);
        let rule = counting.rule(&rows.iter().collect::<Vec<_>>());
        let said = rows.iter().filter_map(|row| counting.say(&rule?, row)).collect();
        (rule, said)
    }

    #[test]
    fn business_days_are_found_and_reach_the_day() {
        for days in [1, 3, 10, 45] {
            let rows = rows(|opened| Some(business(opened, days)));
            let (rule, said) = found(&rows);
            assert_eq!(rule, Some(Rule { first: Form::Business(days), then: None }));
            assert_eq!(said.len(), rows.len());
            assert!(said.iter().all(|said| said.ours.unwrap().same_day));
            assert!(
                said.iter().all(|said| said.theirs == Fit { same_day: true, same_minute: true })
            );
            assert!(!said[12].ours.unwrap().same_minute, "ours is due at the close of business");
        }
    }

    #[test]
    fn calendar_days_are_hours_but_for_the_change_of_clocks() {
        let rows = rows(|opened| opened.checked_add(jiff::Span::new().days(30)).ok());
        let (rule, said) = found(&rows);
        assert_eq!(rule, Some(Rule { first: Form::Calendar(30), then: None }));
        assert!(said.iter().all(|said| said.theirs.same_minute));
        for (row, said) in rows.iter().zip(&said) {
            // Clocks skip the hour after two; a target in it counts as an hour later.
            let [two, three] = [2, 3].map(|hour| date(2015, 3, 8).to_datetime(time(hour, 0, 0, 0)));
            let over_it = row.opened < two && three <= row.target.unwrap();
            assert_eq!(said.ours.unwrap().same_minute, !over_it, "{}", row.opened);
        }
    }

    #[test]
    fn a_change_of_rule_is_found_on_its_day() {
        let change = date(2015, 2, 17);
        let rows =
            rows(|opened| Some(business(opened, if opened.date() < change { 20 } else { 12 })));
        let (rule, said) = found(&rows);
        let then = Some((change, Form::Business(12)));
        assert_eq!(rule, Some(Rule { first: Form::Business(20), then }));
        assert!(said.iter().all(|said| said.theirs.same_minute));
        assert_eq!(rule.unwrap().words(), "20 business days; from 17 Feb 12 business days");
    }

    #[test]
    fn what_no_sla_says_is_covered_by_none() {
        let rows = rows(|opened| opened.checked_add(jiff::Span::new().days(720)).ok());
        let (rule, said) = found(&rows);
        assert_eq!(rule.unwrap().words(), "720 calendar days");
        assert!(said.iter().all(|said| said.ours.is_none() && said.theirs.same_minute));
    }

    #[test]
    fn a_handful_of_targets_makes_no_rule() {
        let mut rows = rows(|_| None);
        for row in rows.iter_mut().take(LEAST_ROWS - 1) {
            row.target = Some(business(row.opened, 2));
        }
        assert_eq!(found(&rows).0, None);
    }
}
