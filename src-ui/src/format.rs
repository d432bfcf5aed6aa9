//! Dates, times and numbers as people say them, by the browser's own Intl.

use std::cell::RefCell;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use mend_core::time::Timestamp;
use wasm_bindgen::{JsCast, JsValue};

use crate::i18n::t;

thread_local! {
    static ZONE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Dates are read in this IANA zone from now on: the city's, not the traveller's.
pub(crate) fn set_zone(zone: &str) {
    ZONE.with_borrow_mut(|z| *z = Some(zone.to_owned()));
}

/// This device's clock.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit an i64")]
    Timestamp(Date::now() as i64)
}

/// How exactly a day is named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Thursday 26 November.
    Long,
    /// Thu 26 Nov.
    Short,
}

fn locale() -> Array {
    Array::of1(&JsValue::from_str(&t!("format-locale")))
}

fn options(fields: &[(&str, &str)]) -> Object {
    let options = Object::new();
    let set = |name: &str, value: &str| {
        // A plain object takes every property.
        let _ = Reflect::set(&options, &name.into(), &value.into());
    };
    for (name, value) in fields {
        set(name, value);
    }
    ZONE.with_borrow(|zone| {
        if let Some(zone) = zone {
            set("timeZone", zone);
        }
    });
    options
}

fn parts(at: Timestamp, fields: &[(&str, &str)]) -> impl Fn(&str) -> String {
    let format = Intl::DateTimeFormat::new(&locale(), &options(fields));
    let parts = format.format_to_parts(&date(at));
    move |name| {
        parts
            .iter()
            .find(|part| text_of(part, "type") == name)
            .map(|part| text_of(&part, "value"))
            .unwrap_or_default()
    }
}

fn text_of(object: &JsValue, field: &str) -> String {
    Reflect::get(object, &field.into()).ok().and_then(|v| v.as_string()).unwrap_or_default()
}

fn date(at: Timestamp) -> Date {
    #[expect(clippy::cast_precision_loss, reason = "a double holds milliseconds for 285,000 years")]
    Date::new(&JsValue::from_f64(at.0 as f64))
}

/// `2026-11-26` in the city's zone, to compare days.
fn day_key(at: Timestamp) -> String {
    let part = parts(at, &[("year", "numeric"), ("month", "2-digit"), ("day", "2-digit")]);
    format!("{}-{}-{}", part("year"), part("month"), part("day"))
}

/// Whether both instants lie on one day of the city.
pub(crate) fn same_day(a: Timestamp, b: Timestamp) -> bool {
    day_key(a) == day_key(b)
}

/// "Thursday 26 November", with the year only when it is not this one.
pub(crate) fn day(at: Timestamp, names: Names) -> String {
    let width = if names == Names::Long { "long" } else { "short" };
    let fields = [("weekday", width), ("day", "numeric"), ("month", width), ("year", "numeric")];
    let part = parts(at, &fields);
    let this_year = parts(now(), &[("year", "numeric")])("year");
    let (weekday, day, month, year) = (part("weekday"), part("day"), part("month"), part("year"));
    if year == this_year {
        t!("date-day", weekday = weekday, day = day, month = month)
    } else {
        t!("date-day-year", weekday = weekday, day = day, month = month, year = year)
    }
}

/// "10:18".
pub(crate) fn time(at: Timestamp) -> String {
    let part = parts(at, &[("hour", "numeric"), ("minute", "2-digit")]);
    let (hour, minute) = (part("hour"), part("minute"));
    let period = part("dayPeriod");
    if period.is_empty() {
        t!("time-of-day", hour = hour, minute = minute)
    } else {
        t!("time-of-day-period", hour = hour, minute = minute, period = period)
    }
}

/// "today", "tomorrow" or "Thu 26 Nov": for a date that something is due by.
pub(crate) fn due_day(at: Timestamp, names: Names) -> String {
    let now = now();
    if same_day(at, now) {
        t!("date-today")
    } else if same_day(at, now.plus_ms(mend_core::time::DAY_MS)) {
        t!("date-tomorrow")
    } else {
        day(at, names)
    }
}

/// "Thu 26 Nov, 10:18"; only the time when it was today.
pub(crate) fn moment(at: Timestamp) -> String {
    let time = time(at);
    if same_day(at, now()) {
        t!("date-today-time", time = time)
    } else {
        t!("date-day-time", day = day(at, Names::Short), time = time)
    }
}

/// "10 minutes ago" up to a day, then the day.
pub(crate) fn ago(at: Timestamp) -> String {
    let seconds = (now().0 - at.0) / 1000;
    let (value, unit) = match seconds {
        ..45 => return t!("date-just-now"),
        45..3_600 => ((seconds + 30) / 60, "minute"),
        3_600..86_400 => ((seconds + 1_800) / 3_600, "hour"),
        _ => return day(at, Names::Short),
    };
    let format = Intl::RelativeTimeFormat::new(&locale(), &Object::new());
    #[expect(clippy::cast_precision_loss, reason = "at most 86,400")]
    let past = -(value.max(1) as f64);
    format.format(past, unit).into()
}

/// "5,000".
pub(crate) fn number(value: f64) -> String {
    let format: Function = Intl::NumberFormat::new(&locale(), &Object::new()).format();
    format
        .call1(&JsValue::NULL, &JsValue::from_f64(value))
        .ok()
        .and_then(|text| text.dyn_into::<js_sys::JsString>().ok())
        .map(String::from)
        .unwrap_or_default()
}

/// "6 m", "1.4 km".
pub(crate) fn distance(metres: f64) -> String {
    if metres < 1_000.0 {
        t!("distance-m", value = number(metres.round()))
    } else {
        t!("distance-km", value = number((metres / 100.0).round() / 10.0))
    }
}
