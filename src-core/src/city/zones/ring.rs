//! One closed ring, asked exactly and quickly on which side a point lies.
//!
//! The winding number of the ring around the point, as `geo` computes it, with the same exact
//! orientation test (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust
//! Geometric Predicates", 1997). Unlike `geo` it looks only at the edges of one horizontal band,
//! and asks the exact test only where the point is not clearly left or right of the edge.

use geo::algorithm::kernels::{Kernel, Orientation, RobustKernel};
use geo::{Coord, LineString};

/// Edges in a band, roughly; fewer make more bands.
const EDGES_PER_BAND: usize = 4;
/// Most bands of a ring.
const MAX_BANDS: usize = 4_096;
/// Most places in all bands for each edge, so that a ring of many tall edges stays small.
const PLACES_PER_EDGE: usize = 4;

/// On which side of a ring a point lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Outside,
    Border,
    Inside,
}

/// A closed ring. Bands take at most 20 bytes for each position, beside the position's own 16.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    bounds: Bounds,
    /// Closed: the last is the first.
    coords: Vec<Coord<f64>>,
    /// Bands for each degree of latitude.
    scale: f64,
    /// Where each band begins in `edges`, and one more for the end.
    bands: Vec<u32>,
    /// Index of each edge's first position, band by band; empty for a ring of one band.
    edges: Vec<u32>,
}

/// A rectangle, borders included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub min: Coord<f64>,
    pub max: Coord<f64>,
}

impl Bounds {
    /// What holds nothing yet.
    pub const EMPTY: Self = Self {
        min: Coord { x: f64::INFINITY, y: f64::INFINITY },
        max: Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
    };

    /// The least rectangle that holds both.
    pub fn and(self, other: Self) -> Self {
        Self {
            min: Coord { x: self.min.x.min(other.min.x), y: self.min.y.min(other.min.y) },
            max: Coord { x: self.max.x.max(other.max.x), y: self.max.y.max(other.max.y) },
        }
    }

    /// Whether it holds the point; never what is not a number.
    pub fn holds(&self, at: Coord<f64>) -> bool {
        self.min.x <= at.x && at.x <= self.max.x && self.min.y <= at.y && at.y <= self.max.y
    }
}

impl Ring {
    pub(super) fn new(line: &LineString<f64>) -> Self {
        let coords = line.0.clone();
        let bounds = coords
            .iter()
            .fold(Bounds::EMPTY, |bounds, &at| bounds.and(Bounds { min: at, max: at }));
        let mut ring = Self { bounds, coords, scale: 0.0, bands: Vec::new(), edges: Vec::new() };
        let edges = ring.coords.len().saturating_sub(1);
        let mut count = (edges / EDGES_PER_BAND).clamp(1, MAX_BANDS);
        while count > 1 {
            ring.scale = count as f64 / (bounds.max.y - bounds.min.y);
            if ring.fill(count, edges) {
                break;
            }
            count /= 2;
        }
        ring
    }

    /// Puts the edges into bands; false if that takes too many places.
    fn fill(&mut self, count: usize, edges: usize) -> bool {
        let band = |y: f64| band(y, self.bounds.min.y, self.scale, count);
        let span = |i: usize| {
            let (a, b) = (band(self.coords[i].y), band(self.coords[i + 1].y));
            a.min(b)..=a.max(b)
        };
        let mut starts = vec![0_u32; count + 1];
        let mut places = 0;
        for i in 0..edges {
            for band in span(i) {
                starts[band + 1] += 1;
            }
            places += span(i).count();
            if places > edges * PLACES_PER_EDGE {
                return false;
            }
        }
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut placed = vec![0_u32; places];
        for i in 0..edges {
            for band in span(i) {
                placed[next[band] as usize] = i as u32;
                next[band] += 1;
            }
        }
        (self.bands, self.edges) = (starts, placed);
        true
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = (Coord<f64>, Coord<f64>)> + '_ {
        self.coords.windows(2).map(|pair| (pair[0], pair[1]))
    }

    pub(super) fn side(&self, at: Coord<f64>) -> Side {
        if !self.bounds.holds(at) {
            return Side::Outside;
        }
        let mut winding = 0;
        if self.edges.is_empty() {
            for (start, end) in self.lines() {
                match crossing(start, end, at) {
                    Some(turn) => winding += turn,
                    None => return Side::Border,
                }
            }
        } else {
            let band = band(at.y, self.bounds.min.y, self.scale, self.bands.len() - 1);
            let (from, until) = (self.bands[band] as usize, self.bands[band + 1] as usize);
            for &i in &self.edges[from..until] {
                let i = i as usize;
                match crossing(self.coords[i], self.coords[i + 1], at) {
                    Some(turn) => winding += turn,
                    None => return Side::Border,
                }
            }
        }
        if winding == 0 { Side::Outside } else { Side::Inside }
    }
}

/// Rises with `y`, whatever the rounding: so an edge lies in every band that a point of it has.
fn band(y: f64, bottom: f64, scale: f64, count: usize) -> usize {
    (((y - bottom) * scale) as usize).min(count - 1)
}

/// How the edge turns around the point: 1, 0 or -1; none if the point lies on it. An upward edge
/// has its start and not its end, a downward one its end and not its start.
fn crossing(start: Coord<f64>, end: Coord<f64>, at: Coord<f64>) -> Option<i32> {
    let upward = start.y <= at.y;
    if (upward && end.y < at.y) || (!upward && end.y > at.y) {
        return Some(0);
    }
    let (left, right) = if start.x < end.x { (start.x, end.x) } else { (end.x, start.x) };
    if at.x > right {
        // Wholly to the left: the ray to the right does not meet it.
        return Some(0);
    }
    let turn = match (upward, end.y == at.y) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => -1,
    };
    if at.x < left {
        return Some(turn);
    }
    match (RobustKernel::orient2d(start, end, at), upward) {
        (Orientation::Collinear, _) => None,
        (Orientation::CounterClockwise, true) | (Orientation::Clockwise, false) => Some(turn),
        _ => Some(0),
    }
}
