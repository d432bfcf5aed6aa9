//! Rings that cross or touch themselves or each other.
//!
//! Edges are swept from west to east, so that each is compared only with those beside it. Whether
//! two of them meet is computed exactly.

use geo::algorithm::kernels::{Kernel, Orientation, RobustKernel};
use geo::{Coord, Polygon};

use crate::city::zones::ring::{Bounds, Ring, Side};

/// What is wrong with the rings of a polygon, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Crossing {
    /// A ring meets itself.
    Itself(Coord<f64>),
    /// A ring runs back along itself, or has no extent at all.
    Spike(Coord<f64>),
    /// Two rings cross, or run along each other.
    Rings(Coord<f64>),
    /// A hole lies outside its polygon, or inside another hole.
    Hole(Coord<f64>),
}

struct Edge {
    start: Coord<f64>,
    end: Coord<f64>,
    bounds: Bounds,
    ring: usize,
    /// Place in its ring, and how many edges that has.
    place: (usize, usize),
}

/// The first thing that is wrong, if there is one.
pub(super) fn crossing(polygon: &Polygon<f64>) -> Option<Crossing> {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let mut edges = Vec::new();
    for (ring, line) in rings.enumerate() {
        let mut corners = line.0.clone();
        corners.dedup();
        let count = corners.len().saturating_sub(1);
        if count < 3 {
            return corners.first().map(|at| Crossing::Spike(*at));
        }
        for (i, pair) in corners.windows(2).enumerate() {
            let (before, start, end) =
                (corners[if i == 0 { count - 1 } else { i - 1 }], pair[0], pair[1]);
            if turns_back(before, start, end) {
                return Some(Crossing::Spike(start));
            }
            let bounds = Bounds { min: start, max: start }.and(Bounds { min: end, max: end });
            edges.push(Edge { start, end, bounds, ring, place: (i, count) });
        }
    }
    sweep(&mut edges).or_else(|| misplaced_hole(polygon))
}

fn sweep(edges: &mut [Edge]) -> Option<Crossing> {
    edges.sort_by(|a, b| a.bounds.min.x.total_cmp(&b.bounds.min.x));
    let mut open: Vec<&Edge> = Vec::new();
    for edge in edges.iter() {
        open.retain(|other| other.bounds.max.x >= edge.bounds.min.x);
        for other in &open {
            let same = edge.ring == other.ring;
            if same && follow(edge.place, other.place) {
                continue;
            }
            match meeting(edge, other) {
                None => {}
                // Rings may touch each other at points.
                Some(Meeting::Touch(_)) if !same => {}
                Some(Meeting::Touch(at) | Meeting::Share(at)) if same => {
                    return Some(Crossing::Itself(at));
                }
                Some(Meeting::Touch(at) | Meeting::Share(at)) => return Some(Crossing::Rings(at)),
            }
        }
        open.push(edge);
    }
    None
}

/// Whether edges follow each other in their ring. That none turns back is known before.
fn follow((a, count): (usize, usize), (b, _): (usize, usize)) -> bool {
    let apart = a.abs_diff(b);
    apart == 1 || apart == count - 1
}

/// How two edges meet.
enum Meeting {
    /// Only at an end of one of them.
    Touch(Coord<f64>),
    /// They cross, or have more than a point in common.
    Share(Coord<f64>),
}

fn meeting(a: &Edge, b: &Edge) -> Option<Meeting> {
    if a.bounds.max.y < b.bounds.min.y || b.bounds.max.y < a.bounds.min.y {
        return None;
    }
    let turn = RobustKernel::orient2d;
    let of_b = [turn(a.start, a.end, b.start), turn(a.start, a.end, b.end)];
    let of_a = [turn(b.start, b.end, a.start), turn(b.start, b.end, a.end)];
    if of_a == [Orientation::Collinear; 2] {
        // On one line: what they have in common lies between two of the ends.
        let mut common: Vec<Coord<f64>> = [b.start, b.end]
            .into_iter()
            .filter(|at| a.bounds.holds(*at))
            .chain([a.start, a.end].into_iter().filter(|at| b.bounds.holds(*at)))
            .collect();
        common.sort_by(|p, q| p.x.total_cmp(&q.x).then(p.y.total_cmp(&q.y)));
        common.dedup();
        return match common.as_slice() {
            [] => None,
            [at] => Some(Meeting::Touch(*at)),
            [at, ..] => Some(Meeting::Share(*at)),
        };
    }
    let ends =
        [(of_b[0], b.start, a), (of_b[1], b.end, a), (of_a[0], a.start, b), (of_a[1], a.end, b)];
    for (turn, at, edge) in ends {
        if turn == Orientation::Collinear && edge.bounds.holds(at) {
            return Some(Meeting::Touch(at));
        }
    }
    let apart =
        |turns: [Orientation; 2]| turns[0] != turns[1] && !turns.contains(&Orientation::Collinear);
    (apart(of_a) && apart(of_b)).then(|| Meeting::Share(cross(a, b)))
}

/// Where two edges cross, for people.
fn cross(a: &Edge, b: &Edge) -> Coord<f64> {
    let (along, other) = (a.end - a.start, b.end - b.start);
    let share = (b.start - a.start).perp_dot(other) / along.perp_dot(other);
    a.start + along * share.clamp(0.0, 1.0)
}

trait PerpDot {
    fn perp_dot(self, other: Self) -> f64;
}

impl PerpDot for Coord<f64> {
    fn perp_dot(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }
}

/// Whether the way back from `at` to `to` lies on the way that led from `from` to `at`.
fn turns_back(from: Coord<f64>, at: Coord<f64>, to: Coord<f64>) -> bool {
    // On one line; and either x or y goes back, so that the product of its steps is negative.
    RobustKernel::orient2d(from, at, to) == Orientation::Collinear
        && ((at.x > from.x) == (at.x > to.x) && at.x != from.x
            || (at.y > from.y) == (at.y > to.y) && at.y != from.y)
}

/// A hole that is not inside; rings are known not to cross.
fn misplaced_hole(polygon: &Polygon<f64>) -> Option<Crossing> {
    let outer = Ring::new(polygon.exterior());
    let holes: Vec<Ring> = polygon.interiors().iter().map(Ring::new).collect();
    for (i, hole) in polygon.interiors().iter().enumerate() {
        // Corners may touch the other ring; the first that does not decides.
        let side =
            |ring: &Ring| hole.0.iter().map(|at| ring.side(*at)).find(|side| *side != Side::Border);
        let others = holes.iter().enumerate().filter(|(j, _)| *j != i);
        let inside_another = others.into_iter().any(|(_, other)| side(other) == Some(Side::Inside));
        if side(&outer) == Some(Side::Outside) || inside_another {
            return hole.0.first().map(|at| Crossing::Hole(*at));
        }
    }
    None
}
