//! Rules of local time, read once.

use jiff::civil::{DateTime, Weekday as CivilWeekday};

use crate::city::Calendar;
use crate::city::pack::{Offices, TimeRule, Weekday};
use crate::time::Timestamp;

/// A rule of local time.
#[derive(Debug, Clone)]
pub(super) struct Hours {
    offices: Option<Offices>,
    weekdays: Vec<CivilWeekday>,
    months: Vec<i8>,
    /// Minutes of the day.
    between: Option<(i16, i16)>,
}

/// When a report arrived, by the city's clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    local: DateTime,
    open: bool,
}

impl Arrival {
    pub fn new(calendar: &Calendar, at: Timestamp) -> Self {
        Self { local: calendar.local(at), open: calendar.is_open(at) }
    }

    /// As reasons name it: `Thu 17:42`.
    pub fn text(&self) -> String {
        self.local.strftime("%a %H:%M").to_string()
    }

    fn minute(&self) -> i16 {
        i16::from(self.local.hour()) * 60 + i16::from(self.local.minute())
    }
}

impl Hours {
    /// None for a rule that cannot be read; checked packs have none such.
    pub fn new(rule: &TimeRule) -> Option<Self> {
        let between = match &rule.between {
            Some([from, until]) => Some((minute_of(from)?, minute_of(until)?)),
            None => None,
        };
        Some(Self {
            offices: rule.offices,
            weekdays: rule.weekdays.iter().map(|day| weekday(*day)).collect(),
            months: rule.months.iter().map(|month| *month as i8).collect(),
            between,
        })
    }

    pub fn fit(&self, arrival: &Arrival) -> bool {
        let local = &arrival.local;
        let minute = arrival.minute();
        self.offices.is_none_or(|offices| (offices == Offices::Open) == arrival.open)
            && (self.weekdays.is_empty() || self.weekdays.contains(&local.weekday()))
            && (self.months.is_empty() || self.months.contains(&local.month()))
            && self.between.is_none_or(|(from, until)| {
                if from <= until {
                    (from..until).contains(&minute)
                } else {
                    minute >= from || minute < until
                }
            })
    }
}

/// The minute of the day that `HH:MM` is, 24 hours.
fn minute_of(text: &str) -> Option<i16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str, below: i16| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<i16>().ok())?.filter(|n| *n < below)
    };
    Some(two(hour, 24)? * 60 + two(minute, 60)?)
}

const fn weekday(day: Weekday) -> CivilWeekday {
    match day {
        Weekday::Monday => CivilWeekday::Monday,
        Weekday::Tuesday => CivilWeekday::Tuesday,
        Weekday::Wednesday => CivilWeekday::Wednesday,
        Weekday::Thursday => CivilWeekday::Thursday,
        Weekday::Friday => CivilWeekday::Friday,
        Weekday::Saturday => CivilWeekday::Saturday,
        Weekday::Sunday => CivilWeekday::Sunday,
    }
}
