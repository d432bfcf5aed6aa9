//! Where a house stands that is known only by its street's ranges of numbers.
//!
//! The numbers of a side are spread evenly along the segment, from [`INSET_M`] after its beginning
//! to [`INSET_M`] before its end, and stand [`OFFSET_M`] off its middle line: the usual reading of
//! address ranges (TIGER/Line, "address range geocoding").

use std::collections::BTreeSet;

use super::super::pack::{Segment, Street};
use crate::location::{METRES_PER_DEGREE, Point};

/// Metres from a street's middle line to its houses.
pub const OFFSET_M: f64 = 12.0;
/// Metres from the ends of a segment to its first and last house; on a segment shorter than five
/// times that, a fifth of its length.
pub const INSET_M: f64 = 10.0;
/// Most numbers that one side of one segment has. A range with more is no range of houses, and no
/// house is found on it.
pub const MAX_NUMBERS: u32 = 5_000;

/// A side of a street, looking along the line of the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// The house numbers on one side of a segment: at least one, at most [`MAX_NUMBERS`], on a line
/// that has a length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HouseRange<L> {
    line: L,
    side: Side,
    /// At the beginning of the line, and at its end.
    ends: [u32; 2],
    /// Of the line, in metres.
    length: f64,
}

impl<L: AsRef<[Point]>> HouseRange<L> {
    /// The range `[at its beginning, at its end]` on a side of a line; none if no house can stand
    /// there. A number 0 is none.
    pub fn new(line: L, side: Side, ends: [u32; 2]) -> Option<Self> {
        let length = length(line.as_ref());
        let range = Self { line, side, ends, length };
        let count = range.ends[0].abs_diff(range.ends[1]) / 2 + 1;
        let sound = count <= MAX_NUMBERS && range.numbers().next().is_some() && length > 0.0;
        sound.then_some(range)
    }

    /// The line of the segment.
    pub fn line(&self) -> &[Point] {
        self.line.as_ref()
    }

    /// Its length in metres.
    pub const fn length(&self) -> f64 {
        self.length
    }

    /// On which side of it.
    pub const fn side(&self) -> Side {
        self.side
    }

    /// The numbers at the beginning and at the end of the line, as the pack says.
    pub const fn ends(&self) -> [u32; 2] {
        self.ends
    }

    /// The lowest and the highest number.
    pub const fn bounds(&self) -> (u32, u32) {
        let [from, to] = self.ends;
        if from <= to { (from, to - (to - from) % 2) } else { (to + (from - to) % 2, from) }
    }

    /// Whether a house with this number stands here.
    pub const fn has(&self, number: u32) -> bool {
        let (low, high) = self.bounds();
        number != 0 && low <= number && number <= high && number % 2 == low % 2
    }

    /// Its numbers, rising.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + use<L> {
        let (low, high) = self.bounds();
        (low..=high).step_by(2).filter(|number| *number != 0)
    }

    /// The number of this side that is nearest to one that need not be on it; the lower of two.
    pub fn nearest_number(&self, number: u32) -> u32 {
        let (low, high) = self.bounds();
        let low = if low == 0 { 2 } else { low };
        let number = number.clamp(low, high);
        number - (number - low) % 2
    }

    /// Where the house with this number stands; none if there is none.
    pub fn place(&self, number: u32) -> Option<Point> {
        if !self.has(number) {
            return None;
        }
        let [from, to] = self.ends.map(f64::from);
        let share = if from == to { 0.5 } else { (f64::from(number) - from) / (to - from) };
        let inset = INSET_M.min(self.length / 5.0);
        beside(self.line(), inset + share * (self.length - 2.0 * inset), self.side)
    }
}

impl<'a> HouseRange<&'a [Point]> {
    /// The ranges of a segment, the left one first.
    pub fn of(segment: &'a Segment) -> impl Iterator<Item = Self> {
        [(Side::Left, segment.left), (Side::Right, segment.right)]
            .into_iter()
            .filter_map(|(side, ends)| Self::new(segment.line.as_slice(), side, ends?))
    }
}

/// A range, without the numbers that stand elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedRange<'a> {
    /// Which.
    pub range: HouseRange<&'a [Point]>,
    /// Numbers of the range, rising, that have a point of their own or lie in an earlier range of
    /// the same street.
    pub elsewhere: Vec<u32>,
}

/// The ranges of a street in the order of the pack, so that every number of the street is found
/// in one place only. `points` are the numbers that have a point of their own.
pub fn placed<'a>(street: &'a Street, points: &BTreeSet<u32>) -> Vec<PlacedRange<'a>> {
    let mut ranges: Vec<PlacedRange<'a>> = Vec::new();
    for range in street.segments.iter().flat_map(HouseRange::of) {
        let (low, high) = range.bounds();
        let within = |other: (u32, u32)| other.0 <= high && low <= other.1;
        let before: Vec<_> =
            ranges.iter().map(|r| r.range).filter(|r| within(r.bounds())).collect();
        let mut elsewhere = Vec::new();
        if !before.is_empty() || points.range(low..=high).any(|number| range.has(*number)) {
            elsewhere.extend(range.numbers().filter(|number| {
                points.contains(number) || before.iter().any(|range| range.has(*number))
            }));
        }
        ranges.push(PlacedRange { range, elsewhere });
    }
    ranges
}

/// The value of a house number as written: its leading digits. "12A" is 12; without a digit, 0.
pub fn value(number: &str) -> u64 {
    let digits = number.bytes().take_while(u8::is_ascii_digit);
    digits.fold(0, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')))
}

/// Metres along a line.
pub fn length(line: &[Point]) -> f64 {
    line.windows(2).map(|leg| leg[0].distance_m(leg[1])).sum()
}

/// Half way along a line; none for a line without a point.
pub fn middle(line: &[Point]) -> Option<Point> {
    at(line, length(line) / 2.0).map(|(point, _)| point).or(line.first().copied())
}

/// The point so many metres along a line, and the leg on which it lies. None: the line has no
/// length.
fn at(line: &[Point], metres: f64) -> Option<(Point, [Point; 2])> {
    let mut left = metres;
    let mut last = None;
    for leg in line.windows(2) {
        let length = leg[0].distance_m(leg[1]);
        if length == 0.0 {
            continue;
        }
        let share = (left / length).clamp(0.0, 1.0);
        let between = |a: f64, b: f64| a + (b - a) * share;
        let point =
            Point::new(between(leg[0].lat(), leg[1].lat()), between(leg[0].lon(), leg[1].lon()))
                .ok()?;
        last = Some((point, [leg[0], leg[1]]));
        if left <= length {
            break;
        }
        left -= length;
    }
    last
}

/// The point so many metres along a line and [`OFFSET_M`] to a side of it. A plane is near enough
/// to the earth over so few metres.
fn beside(line: &[Point], metres: f64, side: Side) -> Option<Point> {
    let (point, [from, to]) = at(line, metres)?;
    let shrink = point.lat().to_radians().cos();
    let (x, y) = ((to.lon() - from.lon()) * shrink, to.lat() - from.lat());
    let turn = match side {
        Side::Left => 1.0,
        Side::Right => -1.0,
    };
    let off = turn * OFFSET_M / METRES_PER_DEGREE / x.hypot(y);
    Point::new(point.lat() + x * off, point.lon() - y * off / shrink).ok()
}

#[cfg(test)]
mod tests;
