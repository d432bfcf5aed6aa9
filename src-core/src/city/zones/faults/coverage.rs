//! Zones of a layer that overlap, and parts of the city that lie in none.

use std::collections::BTreeSet;

use geo::algorithm::bool_ops::unary_union;
use geo::orient::{Direction, Orient};
use geo::{Area, BooleanOps, BoundingRect, Coord, InteriorPoint, MultiPolygon, Polygon, Rect};
use jiff::civil::Date;

use crate::city::zones::Period;

/// Metres in a degree of latitude, on the sphere of 6,371,008.8 m.
const DEGREE_M: f64 = 111_195.08;
/// An overlap is not smaller, in square metres.
const LEAST_OVERLAP_M2: f64 = 5.0;
/// A gap is not smaller, in square metres.
const LEAST_GAP_M2: f64 = 25.0;
/// Neither is narrower, in metres: borders that were drawn twice differ by less, and nobody
/// reports from there.
const LEAST_WIDTH_M: f64 = 0.5;
/// Most of one kind that are looked for in a layer. Whoever has more has one cause for them.
pub(super) const MOST: usize = 20;
/// Most dates for which a layer is looked at, the last ones.
const MOST_DATES: usize = 24;

/// A zone, ready to be laid on others.
pub(super) struct Sheet {
    pub shape: MultiPolygon<f64>,
    pub period: Period,
    /// The feature's place in its layer.
    pub item: usize,
    bounds: Rect<f64>,
}

/// A piece of ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    /// A point in it.
    pub at: Coord<f64>,
    /// Square metres.
    pub area: f64,
}

impl Piece {
    /// Whether it is about the same place, to a metre or so.
    pub fn is_at(&self, other: &Self) -> bool {
        let apart = self.at - other.at;
        apart.x.abs().max(apart.y.abs()) < 1e-5
    }
}

impl Sheet {
    pub fn new(shape: &MultiPolygon<f64>, period: Period, item: usize) -> Option<Self> {
        let bounds = shape.bounding_rect()?;
        Some(Self { shape: shape.orient(Direction::Default), period, item, bounds })
    }
}

/// Dates on which different zones hold: the first date of each such time; none if no zone has a
/// period. Times in which no zone holds at all are left out.
pub(super) fn dates(sheets: &[Sheet]) -> Vec<Option<Date>> {
    if sheets.iter().all(|sheet| sheet.period.is_open()) {
        return vec![None];
    }
    let mut changes = BTreeSet::from([Date::MIN]);
    for sheet in sheets {
        changes.extend(sheet.period.from);
        changes.extend(sheet.period.until.and_then(|until| until.tomorrow().ok()));
    }
    let holds = |day: &Date| sheets.iter().any(|sheet| sheet.period.includes(*day));
    let dates: Vec<_> = changes.into_iter().filter(holds).map(Some).collect();
    dates[dates.len().saturating_sub(MOST_DATES)..].to_vec()
}

/// The zones that hold on a date.
pub(super) fn holding(sheets: &[Sheet], day: Option<Date>) -> Vec<&Sheet> {
    let holds = |sheet: &&Sheet| day.is_none_or(|day| sheet.period.includes(day));
    sheets.iter().filter(holds).collect()
}

/// All zones as one shape.
pub(super) fn union(sheets: &[&Sheet]) -> MultiPolygon<f64> {
    unary_union(sheets.iter().map(|sheet| &sheet.shape))
}

/// Pairs of zones that overlap, and where most; `union` is that of the same zones.
pub(super) fn overlaps(sheets: &[&Sheet], union: &MultiPolygon<f64>) -> Vec<(usize, usize, Piece)> {
    // Zones that do not overlap have as much ground apart as together.
    let apart: f64 = sheets.iter().map(|sheet| sheet.shape.unsigned_area()).sum();
    let lat = sheets.first().map_or(0.0, |sheet| sheet.bounds.min().y);
    if square_metres(apart - union.unsigned_area(), lat) < LEAST_OVERLAP_M2 {
        return Vec::new();
    }
    let mut order: Vec<&Sheet> = sheets.to_vec();
    order.sort_by(|a, b| a.bounds.min().x.total_cmp(&b.bounds.min().x));
    let mut open: Vec<&Sheet> = Vec::new();
    let mut found = Vec::new();
    for sheet in order {
        open.retain(|other| other.bounds.max().x > sheet.bounds.min().x);
        for other in &open {
            let (a, b) = (sheet.bounds, other.bounds);
            if a.max().y <= b.min().y || b.max().y <= a.min().y {
                continue;
            }
            let common = other.shape.intersection(&sheet.shape);
            if let Some(piece) = largest(&common, LEAST_OVERLAP_M2) {
                found.push((sheet.item.min(other.item), sheet.item.max(other.item), piece));
                if found.len() == MOST {
                    return found;
                }
            }
        }
        open.push(sheet);
    }
    found.sort_by_key(|(first, second, _)| (*second, *first));
    found
}

/// Two parts of one shape that overlap: where.
pub(super) fn own_overlap(shape: &MultiPolygon<f64>) -> Option<Piece> {
    let parts: Vec<Sheet> = shape
        .iter()
        .filter_map(|part| Sheet::new(&MultiPolygon(vec![part.clone()]), Period::default(), 0))
        .collect();
    if parts.len() < 2 {
        return None;
    }
    let parts: Vec<&Sheet> = parts.iter().collect();
    overlaps(&parts, &union(&parts)).first().map(|(_, _, piece)| *piece)
}

/// Parts of the outline that `union` does not cover, the largest first.
pub(super) fn gaps(outline: &MultiPolygon<f64>, union: &MultiPolygon<f64>) -> Vec<Piece> {
    let left = outline.difference(union);
    let mut gaps: Vec<Piece> =
        left.iter().filter_map(|polygon| piece(polygon, LEAST_GAP_M2)).collect();
    gaps.sort_by(|a, b| b.area.total_cmp(&a.area));
    gaps
}

fn largest(shape: &MultiPolygon<f64>, least: f64) -> Option<Piece> {
    let pieces = shape.iter().filter_map(|polygon| piece(polygon, least));
    pieces.max_by(|a, b| a.area.total_cmp(&b.area))
}

/// A polygon as a piece of ground; none if it is too small or too narrow to matter.
fn piece(polygon: &Polygon<f64>, least: f64) -> Option<Piece> {
    let corner = *polygon.exterior().0.first()?;
    let area = square_metres(polygon.unsigned_area(), corner.y);
    if area < least {
        return None;
    }
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let edges = rings.flat_map(|ring| ring.lines());
    let length: f64 = edges.map(|edge| metres(edge.delta(), edge.start.y)).sum();
    // Of a long strip, area over half its border is the width.
    if 2.0 * area / length < LEAST_WIDTH_M {
        return None;
    }
    Some(Piece { at: polygon.interior_point().map_or(corner, Coord::from), area })
}

/// Square degrees as square metres, on a plane that touches the ground at that latitude.
fn square_metres(square_degrees: f64, lat: f64) -> f64 {
    square_degrees * DEGREE_M * DEGREE_M * lat.to_radians().cos()
}

fn metres(step: Coord<f64>, lat: f64) -> f64 {
    (step.x * lat.to_radians().cos()).hypot(step.y) * DEGREE_M
}
