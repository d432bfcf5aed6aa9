//! Civil time and instants, and civil time as city folders write it.

use base64::Engine;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::city::pack::{Weekday, ZoneRules};
use crate::time::Timestamp;

/// Longest zone data that is read, in characters of base64. Real ones have under 4,000.
const MAX_TZIF_CHARS: usize = 100_000;

/// The instant as jiff has it. Beyond the years -9999 to 9999 it is the end of those.
pub(super) fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    })
}

/// The first instant at which clocks in that zone show this time of this date, or a later one.
///
/// A time that is shown twice counts the first time; one that is skipped counts when the clocks
/// skip it. So the order of times is the order of instants, which "as much later" would break.
/// None beyond the years that an instant can have.
pub(super) fn first_at(zone: &TimeZone, date: Date, time: Time) -> Option<Timestamp> {
    let civil = zone.to_ambiguous_timestamp(date.to_datetime(time));
    let first = match civil.offset() {
        AmbiguousOffset::Gap { .. } => {
            let before = civil.earlier().ok()?;
            zone.following(before).next()?.timestamp()
        }
        _ => civil.earlier().ok()?,
    };
    Some(Timestamp(first.as_millisecond()))
}

/// Days from Monday, 0 to 6.
pub(super) const fn from_monday(weekday: Weekday) -> usize {
    match weekday {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

/// The weekday of a date in days from Monday, 0 to 6.
pub(super) fn weekday_of(date: Date) -> usize {
    usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())
}

/// Reads `HH:MM`, 24 hours.
pub(super) fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |t: &str| {
        (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
    };
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

/// Reads `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<Date> {
    // Only the one form: a date parser also takes times and week dates.
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| text.parse().ok())?
}

/// The time zone of a pack, from its own data; an error is the end of a sentence.
pub(in crate::city) fn time_zone(rules: &ZoneRules) -> Result<TimeZone, String> {
    if rules.name.is_empty() || rules.name.len() > 60 || rules.tzif.len() > MAX_TZIF_CHARS {
        return Err("its name or data is empty or too long".to_owned());
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(&rules.tzif)
        .map_err(|error| error.to_string())?;
    TimeZone::tzif(&rules.name, &bytes).map_err(|error| error.to_string())
}
