//! What arrived when: the first half of a plan. It needs no map, so that numbers can be reserved
//! before anything is served.

use std::collections::BTreeMap;

use mend_core::city::City;
use mend_core::time::{DAY_MS, Timestamp};

use super::days::{Days, HOUR_MS, MINUTE_MS, days_later};
use super::dice::{Dice, Urn};
use super::shape::{self, GROWTH, Shape};
use super::{MOST, YEARS};

/// The streams of chance that are used up here; records have those from [`RECORDS`] on.
const STORMS: u64 = 1;
const ARRIVALS: u64 = 1_000;
const DUPLICATES: u64 = 2_000;
/// The first stream of records.
pub const RECORDS: u64 = 1_000_000;

/// On a holiday people report as on this day of the week.
const SUNDAY: usize = 6;
/// How long after the first report others still tell of the same, at most.
const TOLD_AGAIN_DAYS: f64 = 20.0;
/// How often the next duplicate is of what was told twice already.
const TOLD_OFTEN: f64 = 0.4;

/// Something that arrived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// When.
    pub at: Timestamp,
    /// Of which service: its place in the city's catalogue.
    pub service: usize,
    /// How long it takes among its like, from 0 to 1; see [`Shape::lasts_h_at`].
    pub rank: f64,
    /// It tells of what this one, an earlier one, told before.
    pub first: Option<usize>,
    /// It came of the storm that this number stands for, from 0 to 1: where in the city that was.
    pub storm: Option<f64>,
}

/// Everything that arrived, in the order of arrival.
#[derive(Debug, Clone)]
pub struct Arrivals {
    /// The seed that it follows from.
    pub(super) seed: u64,
    /// All of it is before this.
    pub(super) until: Timestamp,
    pub(super) days: Days,
    /// By local year.
    counts: BTreeMap<i16, i64>,
    list: Vec<Arrival>,
    /// Year and place within it, from 0.
    places: Vec<(i16, i64)>,
}

/// A few days of weather that break things.
struct Storm {
    day: usize,
    /// Service to how many times as much arrives, from its first day on.
    brings: &'static [(&'static str, &'static [f64])],
    /// Where it was worst, from 0 to 1.
    center: f64,
}

/// Frost breaks roads and pipes.
const FROST: &[(&str, &[f64])] = &[
    ("pothole", &[1.5, 2.5, 4.0, 5.0, 4.5, 4.0, 3.0, 2.5, 2.0, 1.5]),
    ("water_leak", &[3.0, 4.0, 3.0, 2.0]),
];
/// Wind breaks what stands upright, and rain comes with it. Boston's trees: ten times as many on
/// 4 August 2015 as on the day before.
const WIND: &[(&str, &[f64])] = &[
    ("tree", &[9.0, 7.0, 4.0, 2.5, 1.8]),
    ("sign", &[3.0, 2.5, 1.5]),
    ("streetlight", &[3.0, 3.0, 2.0]),
    ("water_leak", &[3.0, 2.0]),
    ("park_maintenance", &[1.5, 2.0, 1.5]),
];
/// Months from January to how many storms of each kind a year has in them.
const FROST_MONTHS: (&[usize], usize) = (&[0, 1, 2, 11], 3);
const WIND_MONTHS: [(&[usize], usize); 2] = [(&[0, 1, 9, 10, 11], 3), (&[5, 6, 7], 2)];

fn storms(days: &Days, until: usize, seed: u64) -> Vec<Storm> {
    let mut dice = Dice::new(seed, STORMS);
    let mut storms = Vec::new();
    let kinds = [(FROST, FROST_MONTHS), (WIND, WIND_MONTHS[0]), (WIND, WIND_MONTHS[1])];
    for year in 0..usize::from(YEARS.unsigned_abs()) {
        let span = (year * 365)..((year + 1) * 365).min(until);
        for (brings, (months, count)) in kinds {
            let fitting: Vec<usize> =
                span.clone().filter(|day| months.contains(&days.all()[*day].month())).collect();
            for _ in 0..count {
                let center = dice.unit();
                if let Some(day) = dice.pick(&fitting) {
                    storms.push(Storm { day: *day, brings, center });
                }
            }
        }
    }
    storms
}

/// What storms bring of one service: for each day how many times as much, and the storm.
fn brought(storms: &[Storm], service: &str, days: usize) -> Vec<(f64, Option<f64>)> {
    let mut found = vec![(1.0, None); days];
    for storm in storms {
        let brings = storm.brings.iter().filter(|(code, _)| *code == service);
        for (later, times) in brings.flat_map(|(_, times)| times.iter().enumerate()) {
            if let Some(day) = found.get_mut(storm.day + later)
                && *times > day.0
            {
                *day = (*times, Some(storm.center));
            }
        }
    }
    found
}

/// How `count` things are shared out by weights, all of them: largest remainders.
fn shared_out(count: usize, weights: &[f64]) -> Vec<usize> {
    let all: f64 = weights.iter().sum();
    if all <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|weight| weight / all * count as f64).collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| {
        let rest = |n: &usize| exact[*n] - exact[*n].floor();
        rest(b).total_cmp(&rest(a))
    });
    let left = count.saturating_sub(shares.iter().sum());
    for n in order.into_iter().cycle().take(left) {
        shares[n] += 1;
    }
    shares
}

impl Arrivals {
    /// `count` arrivals (at most [`MOST`]) in the [`YEARS`] years before `until`, in the services
    /// that the city has. The same from the same.
    pub fn new(seed: u64, city: &City, count: u32, until: Timestamp) -> Self {
        let days = Days::new(city, until);
        let services = &city.catalogue().services;
        let shapes: Vec<&Shape> = services.iter().map(|s| shape::of(&s.code)).collect();
        let weights: Vec<f64> = shapes.iter().map(|shape| f64::from(shape.share)).collect();
        let end = days.index_of(until) + 1;
        let storms = storms(&days, end, seed);
        let mut list = Vec::new();
        for (service, count) in
            shared_out(count.min(MOST) as usize, &weights).into_iter().enumerate()
        {
            let brought = brought(&storms, &services[service].code, end);
            let one = OneService { service, shape: shapes[service], days: &days, until, brought };
            one.arrive(seed, count, &mut list);
        }
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by_key(|n| (list[*n].at, *n));
        let mut place_of = vec![0; list.len()];
        for (place, n) in order.iter().enumerate() {
            place_of[*n] = place;
        }
        let list: Vec<Arrival> = order
            .iter()
            .map(|n| Arrival { first: list[*n].first.map(|first| place_of[first]), ..list[*n] })
            .collect();
        let mut counts: BTreeMap<i16, i64> = BTreeMap::new();
        let places = list
            .iter()
            .map(|arrival| {
                let year = days.all()[days.index_of(arrival.at)].date.year();
                let count = counts.entry(year).or_default();
                *count += 1;
                (year, *count - 1)
            })
            .collect();
        Self { seed, until, days, counts, list, places }
    }

    /// How many arrived in each local year.
    pub const fn counts(&self) -> &BTreeMap<i16, i64> {
        &self.counts
    }

    /// All, in order.
    pub fn all(&self) -> &[Arrival] {
        &self.list
    }

    /// The local year of an arrival, and its place within it, from 0.
    pub fn place_in_year(&self, index: usize) -> Option<(i16, i64)> {
        self.places.get(index).copied()
    }
}

/// The arrivals of one service.
struct OneService<'a> {
    service: usize,
    shape: &'a Shape,
    days: &'a Days,
    until: Timestamp,
    brought: Vec<(f64, Option<f64>)>,
}

impl OneService<'_> {
    /// For each day until the end, how much arrives on it.
    fn weights(&self) -> Vec<f64> {
        let days = &self.days.all()[..self.brought.len()];
        let mut weights = Vec::with_capacity(days.len());
        for month in days.chunk_by(|a, b| a.date.year() == b.date.year() && a.month() == b.month())
        {
            let mut calm = 0.0;
            let mut stormy = 0.0;
            let begin = weights.len();
            for (n, day) in month.iter().enumerate() {
                // A holiday is like a Sunday.
                let holiday = !day.works && day.weekday() < 5;
                let weekday = if holiday { SUNDAY } else { day.weekday() };
                let length = f64::from(day.date.days_in_month());
                let years = (day.starts.0 - self.days.from().0) as f64 / (365.25 * DAY_MS as f64);
                // Of the first and the last day a part lies within.
                let from = day.starts.0.max(self.days.from().0);
                let until = day.starts.plus_ms(DAY_MS).0.min(self.until.0);
                let within = (until - from).max(0) as f64 / DAY_MS as f64;
                let weight = f64::from(self.shape.months[day.month()]) / length
                    * f64::from(self.shape.weekdays[weekday])
                    * GROWTH.powf(years)
                    * within;
                calm += weight;
                stormy += weight * self.brought[begin + n].0;
                weights.push(weight * self.brought[begin + n].0);
            }
            // A storm moves what arrives within a month; the month stays what it is.
            if stormy > 0.0 {
                weights.iter_mut().skip(begin).for_each(|weight| *weight *= calm / stormy);
            }
        }
        weights
    }

    fn arrive(&self, seed: u64, count: usize, list: &mut Vec<Arrival>) {
        let mut dice = Dice::new(seed, ARRIVALS + self.service as u64);
        let days = Urn::new(self.weights());
        let hours = Urn::new(self.shape.hours.map(f64::from));
        let again = shared_out(
            count,
            &[1_000.0 - f64::from(self.shape.duplicates), f64::from(self.shape.duplicates)],
        )[1];
        let begin = list.len();
        for _ in 0..count - again {
            let Some(day) = days.draw(&mut dice) else { continue };
            let at = self.at(day, &hours, &mut dice);
            let (times, storm) = self.brought[day];
            let storm = storm.filter(|_| dice.chance(1.0 - 1.0 / times));
            let rank = dice.unit();
            list.push(Arrival { at, service: self.service, rank, first: None, storm });
        }
        let end = list.len();
        let mut dice = Dice::new(seed, DUPLICATES + self.service as u64);
        let mut first = begin;
        for n in 0..again {
            if n == 0 || !dice.chance(TOLD_OFTEN) {
                first = begin + dice.below(end - begin);
            }
            let Some(of) = list.get(first).copied() else { return };
            let lasts = (self.shape.lasts_h_at(of.rank) / 24.0).min(TOLD_AGAIN_DAYS);
            let later = days_later(of.at, lasts * dice.unit().powi(2));
            let at = self.at(self.days.index_of(later), &hours, &mut dice);
            let at = if at > of.at { at } else { later.max(of.at.plus_ms(MINUTE_MS)) };
            let rank = dice.unit();
            // What would come after the end comes between.
            let left = (self.until.0 - of.at.0) as f64;
            let at = if at < self.until { at } else { of.at.plus_ms((left * rank) as i64) };
            list.push(Arrival {
                at,
                service: self.service,
                rank,
                first: Some(first),
                storm: of.storm,
            });
        }
    }

    /// An instant of a day, at an hour as the shape says, within the years.
    fn at(&self, day: usize, hours: &Urn, dice: &mut Dice) -> Timestamp {
        let Some(day) = self.days.all().get(day) else { return self.days.from() };
        let mut at = day.starts;
        // On the first and the last day not every hour lies within.
        for _ in 0..50 {
            let hour = hours.draw(dice).unwrap_or(12) as i64;
            at = day.starts.plus_ms(hour * HOUR_MS + (dice.unit() * HOUR_MS as f64) as i64);
            if self.days.from() <= at && at < self.until {
                return at;
            }
        }
        Timestamp(at.0.clamp(self.days.from().0, self.until.0 - 1))
    }
}
