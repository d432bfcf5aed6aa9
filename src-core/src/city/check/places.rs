//! Streets, addresses and assets.

use std::collections::{BTreeMap, BTreeSet};

use geo::BoundingRect;

use super::{Faults, Part, is_code};
use crate::city::pack::{BEYOND, CityPack, Segment, Street};
use crate::city::zones;
use crate::location::Point;

const MAX_STREETS: usize = 50_000;
const MAX_SEGMENTS: usize = 500_000;
const MAX_SEGMENT_POINTS: usize = 10_000;
const MAX_ADDRESSES: usize = 1_000_000;
const MAX_ASSETS: usize = 1_000_000;
const MAX_ASSET_NUMBER_CHARS: usize = 40;
/// Greatest house number.
const MAX_HOUSE: u32 = 999_999;
/// Most house numbers from one end of a segment to the other.
const MAX_RANGE: u32 = 20_000;
/// Parts of a street that are farther apart than this are two streets; less is a park or a river
/// between them. In metres.
const FAR_APART_M: f64 = 500.0;
/// Streets of more ends than this are not asked whether they hang together.
const MAX_ENDS: usize = 4_000;

/// What is wrong in itself.
pub(super) fn form(pack: &CityPack, faults: &mut Faults) {
    let places = &pack.gazetteer;
    let segments = places.streets.iter().map(|street| street.segments.len()).sum();
    if !faults.limit(&Part::Street, "streets", places.streets.len(), MAX_STREETS)
        || !faults.limit(&Part::Segment, "segments of streets", segments, MAX_SEGMENTS)
        || !faults.limit(&Part::Address, "addresses", places.addresses.len(), MAX_ADDRESSES)
        || !faults.limit(&Part::Asset, "assets", places.assets.len(), MAX_ASSETS)
    {
        return;
    }
    let mut seen = BTreeSet::new();
    let mut count = 0..;
    for (i, street) in places.streets.iter().enumerate() {
        faults.name(&Part::Street, Some(i), "street's name", &street.name);
        if !seen.insert(street.name.as_str()) {
            faults.add(
                &Part::Street,
                i,
                format!("The street {:?} exists twice.", street.name),
                "Write each street once.",
            );
        }
        for (segment, index) in street.segments.iter().zip(&mut count) {
            segment_form(street, segment, index, faults);
        }
    }
    addresses(pack, faults);
    assets(pack, faults);
}

fn segment_form(street: &Street, segment: &Segment, index: usize, faults: &mut Faults) {
    let part = Part::Segment;
    faults.limit(&part, "points in a segment", segment.line.len(), MAX_SEGMENT_POINTS);
    if segment.line.len() < 2 {
        faults.add(
            &part,
            index,
            format!("A segment of {:?} is no line.", street.name),
            "Write a line of two points or more.",
        );
    }
    for [from, to] in [segment.left, segment.right].into_iter().flatten() {
        if from.max(to) > MAX_HOUSE || from.abs_diff(to) > MAX_RANGE {
            faults.add(
                &part,
                index,
                format!("No segment of {:?} has houses {from} to {to}.", street.name),
                format!("Write numbers up to {MAX_HOUSE}, at most {MAX_RANGE} on a segment."),
            );
        }
    }
}

fn addresses(pack: &CityPack, faults: &mut Faults) {
    let places = &pack.gazetteer;
    let mut seen = BTreeSet::new();
    for (i, address) in places.addresses.iter().enumerate() {
        if address.street as usize >= places.streets.len() {
            faults.add(
                &Part::Address,
                i,
                "The address names a street that is not there.",
                "Write a street of the city.",
            );
        }
        let number = address.number.as_str();
        let sound = (1..=12).contains(&number.len())
            && number.starts_with(|c: char| c.is_ascii_digit())
            && number.bytes().all(|b| b.is_ascii_alphanumeric() || b"-/".contains(&b));
        if !sound {
            faults.add(
                &Part::Address,
                i,
                format!("{number:?} is not a house number."),
                "Begin with a digit, then digits, letters, - or /, at most 12 in all.",
            );
        } else if !seen.insert((address.street, number)) {
            faults.add(
                &Part::Address,
                i,
                format!("The address {number} exists twice in its street."),
                "Write each address once.",
            );
        }
    }
}

fn assets(pack: &CityPack, faults: &mut Faults) {
    let part = Part::Asset;
    let mut seen = BTreeSet::new();
    for (i, asset) in pack.gazetteer.assets.iter().enumerate() {
        if !is_code(&asset.kind) {
            faults.not_a_code(&part, Some(i), "kind of asset", &asset.kind);
        }
        if let Some(owner) = asset.owner.as_deref().filter(|owner| !is_code(owner)) {
            faults.not_a_code(&part, Some(i), "owner", owner);
        }
        let number = asset.number.as_str();
        if number.is_empty()
            || number.chars().count() > MAX_ASSET_NUMBER_CHARS
            || number.chars().any(char::is_control)
        {
            faults.add(
                &part,
                i,
                format!("{number:?} is not the number of an asset."),
                format!("Write what stands on it, 1 to {MAX_ASSET_NUMBER_CHARS} characters."),
            );
        } else if !seen.insert((asset.kind.as_str(), number)) {
            faults.add(
                &part,
                i,
                format!("The {} {number:?} exists twice.", asset.kind),
                "Give each asset a number of its own within its kind.",
            );
        }
    }
}

/// What shows when a street's segments are laid beside each other. Expects a sound form.
pub(super) fn fit(pack: &CityPack, faults: &mut Faults) {
    let mut first = 0;
    for street in &pack.gazetteer.streets {
        ranges(street, first, faults);
        connected(street, first, faults);
        first += street.segments.len();
    }
}

/// House numbers that are odd at one end and even at the other, or on two segments at once.
fn ranges(street: &Street, first: usize, faults: &mut Faults) {
    // Parity, lowest, highest, segment.
    let mut all: Vec<(u32, u32, u32, usize)> = Vec::new();
    for (i, segment) in street.segments.iter().enumerate() {
        for [from, to] in [segment.left, segment.right].into_iter().flatten() {
            if from % 2 == to % 2 {
                all.push((from % 2, from.min(to), from.max(to), first + i));
            } else {
                faults.add(
                    &Part::Segment,
                    first + i,
                    format!("The houses {from} to {to} of {:?} mix odd and even.", street.name),
                    "Write two odd numbers, or two even ones, for each side.",
                );
            }
        }
    }
    all.sort_unstable();
    let mut last: Option<(u32, u32, u32)> = None;
    for (parity, low, high, segment) in all {
        match last {
            Some((same, from, to)) if same == parity && low <= to => {
                faults.warn(
                    &Part::Segment,
                    segment,
                    format!(
                        "The houses {low} to {high} of {:?} overlap with {from} to {to} of another \
                         segment.",
                        street.name
                    ),
                    "Correct the ranges, so that each house number has one place.",
                );
                last = Some((parity, from, to.max(high)));
            }
            _ => last = Some((parity, low, high)),
        }
    }
}

/// One name for two streets that lie far apart.
fn connected(street: &Street, first: usize, faults: &mut Faults) {
    let ends: Vec<(Point, Point)> = street
        .segments
        .iter()
        .filter_map(|segment| Some((*segment.line.first()?, *segment.line.last()?)))
        .collect();
    if ends.len() < 2 || ends.len() * 2 > MAX_ENDS || ends.len() != street.segments.len() {
        return;
    }
    // Each segment points to one before it that it hangs together with, or to itself.
    let mut group: Vec<usize> = (0..ends.len()).collect();
    let mut at: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for (segment, (from, to)) in ends.iter().enumerate() {
        for end in [from, to] {
            let key = (end.lat().to_bits(), end.lon().to_bits());
            let other = *at.entry(key).or_insert(segment);
            join(&mut group, segment, other);
        }
    }
    if (0..ends.len()).all(|segment| root(&group, segment) == 0) {
        return;
    }
    // Parts with a short way between them are one street.
    for one in 0..ends.len() {
        for other in 0..one {
            if root(&group, one) != root(&group, other)
                && apart(ends[one], ends[other]) <= FAR_APART_M
            {
                join(&mut group, one, other);
            }
        }
    }
    let home = root(&group, 0);
    if let Some(stray) = (1..ends.len()).find(|segment| root(&group, *segment) != home) {
        let metres = (0..ends.len())
            .filter(|segment| root(&group, *segment) == home)
            .map(|segment| apart(ends[segment], ends[stray]))
            .fold(f64::INFINITY, f64::min);
        faults.warn(
            &Part::Segment,
            first + stray,
            format!("{:?} lies in two places, {metres:.0} m from each other.", street.name),
            "Give the two streets different names, or draw what lies between them.",
        );
    }
}

fn apart(one: (Point, Point), other: (Point, Point)) -> f64 {
    let (a, b) = one;
    let (c, d) = other;
    [(a, c), (a, d), (b, c), (b, d)]
        .into_iter()
        .map(|(from, to)| from.distance_m(to))
        .fold(f64::INFINITY, f64::min)
}

fn root(group: &[usize], mut segment: usize) -> usize {
    while group[segment] != segment {
        segment = group[segment];
    }
    segment
}

fn join(group: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(group, one), root(group, other));
    group[one.max(other)] = one.min(other);
}

/// Places that lie nowhere near the city's zones: mostly latitude and longitude swapped.
pub(super) fn on_the_map(pack: &CityPack, faults: &mut Faults) {
    let Some(frame) = Frame::around(pack) else { return };
    let mut count = 0..;
    for street in &pack.gazetteer.streets {
        for (segment, index) in street.segments.iter().zip(&mut count) {
            if let Some(stray) = segment.line.iter().find(|point| !frame.holds(**point)) {
                frame.say(&Part::Segment, index, &street.name, *stray, faults);
            }
        }
    }
    for (i, address) in pack.gazetteer.addresses.iter().enumerate() {
        if !frame.holds(address.at) {
            frame.say(&Part::Address, i, &address.number, address.at, faults);
        }
    }
    for (i, asset) in pack.gazetteer.assets.iter().enumerate() {
        if !frame.holds(asset.at) {
            frame.say(&Part::Asset, i, &asset.number, asset.at, faults);
        }
    }
}

/// The rectangle around all zones, and as much again on each side, in degrees.
struct Frame {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

impl Frame {
    fn around(pack: &CityPack) -> Option<Self> {
        let mut rects = pack
            .zones
            .iter()
            .filter(|(layer, _)| *layer != BEYOND)
            .flat_map(|(_, collection)| &collection.features)
            .filter_map(|feature| zones::shape(feature).ok()?.bounding_rect());
        let first = rects.next()?;
        let (mut min, mut max) = (first.min(), first.max());
        for rect in rects {
            min = geo::coord! { x: min.x.min(rect.min().x), y: min.y.min(rect.min().y) };
            max = geo::coord! { x: max.x.max(rect.max().x), y: max.y.max(rect.max().y) };
        }
        let (width, height) = (max.x - min.x, max.y - min.y);
        Some(Self {
            south: min.y - height,
            west: min.x - width,
            north: max.y + height,
            east: max.x + width,
        })
    }

    fn holds(&self, at: Point) -> bool {
        self.covers(at.lat(), at.lon())
    }

    fn covers(&self, lat: f64, lon: f64) -> bool {
        (self.south..=self.north).contains(&lat) && (self.west..=self.east).contains(&lon)
    }

    fn say(&self, part: &Part, item: usize, name: &str, at: Point, faults: &mut Faults) {
        let where_it_is = format!("latitude {}, longitude {}", at.lat(), at.lon());
        if self.covers(at.lon(), at.lat()) {
            faults.add(
                part,
                item,
                format!("{name:?} has latitude and longitude swapped: {where_it_is}."),
                "Swap the two numbers; GeoJSON has longitude first, CSV as its first line says.",
            );
        } else {
            faults.warn(
                part,
                item,
                format!("{name:?} lies far from the city: {where_it_is}."),
                "Correct the place, or remove it.",
            );
        }
    }
}
