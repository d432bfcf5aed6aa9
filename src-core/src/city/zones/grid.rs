//! A grid over all layers: for each cell and layer the zone that has the whole cell, or the few
//! that may have a part of it.
//!
//! A point is looked up with one read of one row; only in a cell that a border crosses, or whose
//! zone holds for a time only, are shapes asked. The answer is never guessed: a cell counts as
//! having no border only if no edge, widened by more than any rounding, comes near it.
//!
//! Memory: 4 bytes for each cell and layer, at most [`MAX_CELLS`] cells; and 4 bytes for each
//! candidate, on average at most [`CANDIDATES_PER_CELL`] for each cell and layer, or one for each
//! zone where that is more: at most 52 bytes for each cell and layer, and while it is built three
//! times that for one layer.

use std::collections::BTreeMap;

use geo::Coord;
use jiff::civil::Date;

use super::ring::Bounds;
use super::zone::{Layer, Zone};

/// Most cells of a grid.
const MAX_CELLS: usize = 1 << 18;
/// Fewest cells that are worth it.
const MIN_CELLS: usize = 1 << 10;
/// Most candidates for each cell and layer, on average.
const CANDIDATES_PER_CELL: usize = 12;
/// No zone: the place lies in none of the layer.
pub(super) const NONE: u32 = u32::MAX;
/// In a cell's entry: not a zone's code, but where its candidates begin.
const LISTED: u32 = 1 << 31;
/// In a candidate: the last one of the cell.
const LAST: u32 = 1 << 31;
/// In a candidate: has the whole cell, so that its shape need not be asked.
const WHOLE: u32 = 1 << 30;

/// The grid. Entries of the same cell stand side by side, in the order of the layers.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    frame: Frame,
    layers: usize,
    entries: Vec<u32>,
    candidates: Vec<u32>,
}

/// More candidates than the grid may hold.
struct TooMany;

impl Grid {
    /// Builds the grid. Finer where the layers have more edges, coarser if it would take more
    /// memory than stated above.
    pub fn new(layers: &[Layer]) -> Self {
        let edges: usize = layers.iter().map(Layer::edges).sum();
        let mut cells = edges.clamp(MIN_CELLS, MAX_CELLS);
        loop {
            match Self::build(layers, cells) {
                Ok(grid) => return grid,
                Err(TooMany) => cells /= 4,
            }
        }
    }

    /// The grid with about so many cells, whatever suits the layers.
    #[cfg(test)]
    pub fn with_cells(layers: &[Layer], cells: usize) -> Option<Self> {
        Self::build(layers, cells).ok()
    }

    fn build(layers: &[Layer], cells: usize) -> Result<Self, TooMany> {
        let bounds = layers
            .iter()
            .flat_map(|layer| &layer.zones)
            .fold(Bounds::EMPTY, |bounds, zone| bounds.and(zone.bounds()));
        let frame = Frame::new(bounds, cells);
        let mut grid = Self {
            layers: layers.len(),
            entries: vec![NONE; frame.cols * frame.rows * layers.len()],
            candidates: Vec::new(),
            frame,
        };
        let mut lists = Lists::default();
        for (column, layer) in layers.iter().enumerate() {
            grid.fill(column, layer, &mut lists)?;
        }
        grid.candidates = lists.all;
        Ok(grid)
    }

    /// The entries of the cell in which the point lies, one for each layer; none for a point that
    /// is beyond all zones or no point.
    pub fn row(&self, at: Coord<f64>) -> Option<&[u32]> {
        let cell = self.frame.cell(at)?;
        self.entries.get(cell * self.layers..(cell + 1) * self.layers)
    }

    /// The code that an entry of the point's row stands for, on a day: [`NONE`] if there is none.
    /// Without a day, periods do not matter.
    pub fn resolve(&self, entry: u32, layer: &Layer, at: Coord<f64>, day: Option<Date>) -> u32 {
        if entry == NONE || entry & LISTED == 0 {
            return entry;
        }
        for &candidate in self.candidates.iter().skip((entry & !LISTED) as usize) {
            if let Some(zone) = layer.zones.get((candidate & !(LAST | WHOLE)) as usize)
                && day.is_none_or(|day| zone.period.includes(day))
                && (candidate & WHOLE != 0 || zone.covers(at))
            {
                return zone.code;
            }
            if candidate & LAST != 0 {
                break;
            }
        }
        NONE
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        (self.entries.capacity() + self.candidates.capacity()) * size_of::<u32>()
    }

    fn fill(&mut self, column: usize, layer: &Layer, lists: &mut Lists) -> Result<(), TooMany> {
        let cells = self.frame.cols * self.frame.rows;
        // Candidates that a cell has so far, as a chain from the last to the first.
        let mut links: Vec<Link> = Vec::new();
        let mut last_of = vec![NONE; cells];
        let mut patch = Patch::default();
        for (index, zone) in layer.zones.iter().enumerate() {
            patch.draw(&self.frame, zone);
            for (cell, whole) in patch.cells(&self.frame) {
                let entry = &mut self.entries[cell * self.layers + column];
                let last = last_of[cell];
                let settled = match links.get(last as usize) {
                    Some(link) => link.settles,
                    None => *entry != NONE,
                };
                if settled {
                    continue;
                }
                let settles = whole && zone.period.is_open();
                if settles && last == NONE {
                    *entry = zone.code;
                    continue;
                }
                last_of[cell] = links.len() as u32;
                let candidate = index as u32 | if whole { WHOLE } else { 0 };
                links.push(Link { candidate, before: last, settles });
                if cells > 1 && links.len() > cells * CANDIDATES_PER_CELL {
                    return Err(TooMany);
                }
            }
        }
        for (cell, last) in last_of.into_iter().enumerate() {
            if last != NONE {
                self.entries[cell * self.layers + column] = LISTED | lists.place(&links, last);
            }
        }
        Ok(())
    }
}

/// A candidate of a cell, and the one before it.
struct Link {
    candidate: u32,
    before: u32,
    settles: bool,
}

/// Lists of candidates; cells along the same border share theirs.
#[derive(Default)]
struct Lists {
    all: Vec<u32>,
    known: BTreeMap<Vec<u32>, u32>,
    scratch: Vec<u32>,
}

impl Lists {
    fn place(&mut self, links: &[Link], last: u32) -> u32 {
        self.scratch.clear();
        let mut next = links.get(last as usize);
        while let Some(link) = next {
            self.scratch.push(link.candidate);
            next = links.get(link.before as usize);
        }
        self.scratch.reverse();
        if let Some(candidate) = self.scratch.last_mut() {
            *candidate |= LAST;
        }
        if let Some(&place) = self.known.get(&self.scratch) {
            return place;
        }
        let place = self.all.len() as u32;
        self.all.extend_from_slice(&self.scratch);
        self.known.insert(self.scratch.clone(), place);
        place
    }
}

/// Where the cells are.
#[derive(Debug, Clone)]
struct Frame {
    bounds: Bounds,
    cols: usize,
    rows: usize,
    /// Cells for each degree.
    scale: Coord<f64>,
    /// More degrees than rounding can move a coordinate.
    slack: f64,
}

impl Frame {
    /// About so many cells, about as wide as high on the ground.
    fn new(bounds: Bounds, cells: usize) -> Self {
        let wide = bounds.max.x - bounds.min.x;
        let high = bounds.max.y - bounds.min.y;
        let shrink = ((bounds.min.y + bounds.max.y) / 2.0).to_radians().cos().abs().max(0.01);
        let ratio = wide * shrink / high;
        let cells = cells.clamp(1, MAX_CELLS);
        let cols = match ratio.is_finite() {
            true => ((cells as f64 * ratio).sqrt() as usize).clamp(1, cells),
            false => 1,
        };
        let rows = (cells / cols).max(1);
        let reach = [bounds.min.x, bounds.min.y, bounds.max.x, bounds.max.y, wide, high];
        let reach = reach.into_iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        Self {
            bounds,
            cols,
            rows,
            scale: Coord { x: cols as f64 / wide, y: rows as f64 / high },
            slack: 64.0 * f64::EPSILON * reach,
        }
    }

    // Columns rise with x and rows with y whatever the rounding. So a point between two others has
    // a column between theirs, and an edge is nowhere but in the columns of its ends and between.

    fn col(&self, x: f64) -> usize {
        (((x - self.bounds.min.x) * self.scale.x) as usize).min(self.cols - 1)
    }

    fn row(&self, y: f64) -> usize {
        (((y - self.bounds.min.y) * self.scale.y) as usize).min(self.rows - 1)
    }

    fn cell(&self, at: Coord<f64>) -> Option<usize> {
        self.bounds.holds(at).then(|| self.row(at.y) * self.cols + self.col(at.x))
    }

    /// Where a row begins, to within the slack.
    fn bottom(&self, row: usize) -> f64 {
        self.bounds.min.y
            + row as f64 * ((self.bounds.max.y - self.bounds.min.y) / self.rows as f64)
    }

    /// The middle of a cell; none where cells are as small as rounding.
    fn middle(&self, col: usize, row: usize) -> Option<Coord<f64>> {
        let wide = (self.bounds.max.x - self.bounds.min.x) / self.cols as f64;
        let x = self.bounds.min.x + (col as f64 + 0.5) * wide;
        let y = (self.bottom(row) + self.bottom(row + 1)) / 2.0;
        (self.col(x) == col && self.row(y) == row).then_some(Coord { x, y })
    }
}

/// What a zone has of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Unknown,
    Border,
    Whole,
    Nothing,
}

/// The cells around one zone.
#[derive(Debug, Default)]
struct Patch {
    col: usize,
    row: usize,
    cols: usize,
    shares: Vec<Share>,
}

impl Patch {
    /// The cells in which the zone has a share, and whether it has the whole.
    fn cells(&self, frame: &Frame) -> impl Iterator<Item = (usize, bool)> {
        let shares = self.shares.chunks_exact(self.cols.max(1)).enumerate();
        shares.flat_map(move |(row, shares)| {
            let first = (self.row + row) * frame.cols + self.col;
            shares.iter().enumerate().filter_map(move |(col, share)| match share {
                Share::Border => Some((first + col, false)),
                Share::Whole => Some((first + col, true)),
                _ => None,
            })
        })
    }

    fn draw(&mut self, frame: &Frame, zone: &Zone) {
        let bounds = zone.bounds();
        self.shares.clear();
        self.cols = 0;
        if bounds == Bounds::EMPTY {
            return;
        }
        let slack = frame.slack;
        let (left, right) = (frame.col(bounds.min.x - slack), frame.col(bounds.max.x + slack));
        let (bottom, top) = (frame.row(bounds.min.y - slack), frame.row(bounds.max.y + slack));
        (self.col, self.row, self.cols) = (left, bottom, right - left + 1);
        self.shares.resize(self.cols * (top - bottom + 1), Share::Unknown);
        for ring in zone.rings() {
            for (start, end) in ring.lines() {
                self.edge(frame, start, end);
            }
        }
        self.fill(frame, zone);
    }

    /// Marks the cells that an edge may touch.
    fn edge(&mut self, frame: &Frame, start: Coord<f64>, end: Coord<f64>) {
        let slack = frame.slack;
        let (low, high) = if start.y <= end.y { (start, end) } else { (end, start) };
        let columns = |a: f64, b: f64| (frame.col(a.min(b) - slack), frame.col(a.max(b) + slack));
        let (left, right) = columns(low.x, high.x);
        let (bottom, top) = (frame.row(low.y - slack), frame.row(high.y + slack));
        for row in bottom..=top {
            let (from, until) = if bottom == top || left == right {
                (left, right)
            } else {
                // Where the edge enters the row and where it leaves it.
                let x_at = |y: f64| {
                    let share = ((y - low.y) / (high.y - low.y)).clamp(0.0, 1.0);
                    low.x + share * (high.x - low.x)
                };
                let enters = (frame.bottom(row) - slack).max(low.y);
                let leaves = (frame.bottom(row + 1) + slack).min(high.y);
                if high.y > low.y { columns(x_at(enters), x_at(leaves)) } else { (left, right) }
            };
            let first = (row - self.row) * self.cols;
            self.shares[first + from - self.col..=first + until - self.col].fill(Share::Border);
        }
    }

    /// Finds what the zone has of the cells that no edge touches: the same as of a neighboring
    /// one, because no edge lies between them.
    fn fill(&mut self, frame: &Frame, zone: &Zone) {
        for place in 0..self.shares.len() {
            if self.shares[place] == Share::Border {
                continue;
            }
            let (row, col) = (place / self.cols, place % self.cols);
            let known = |share: &Share| matches!(share, Share::Whole | Share::Nothing);
            let left = (col > 0).then(|| self.shares[place - 1]).filter(known);
            let below = (row > 0).then(|| self.shares[place - self.cols]).filter(known);
            self.shares[place] = left.or(below).unwrap_or_else(|| {
                match frame.middle(self.col + col, self.row + row) {
                    Some(middle) if zone.covers(middle) => Share::Whole,
                    Some(_) => Share::Nothing,
                    None => Share::Border,
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn at(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    proptest! {
        /// Also where cells are hardly larger than what rounding moves.
        #[test]
        fn every_cell_that_an_edge_passes_is_marked(
            (x0, y0) in prop::sample::select(vec![(0.0, 0.0), (-71.06, 42.36), (151.2, -33.87)]),
            size in prop::sample::select(vec![1.0, 1e-3, 1e-9, 3e-12]),
            ends in [0.0..=1.0_f64, 0.0..=1.0, 0.0..=1.0, 0.0..=1.0],
            cells in 1_usize..5_000,
        ) {
            let bounds = Bounds { min: at(x0, y0), max: at(x0 + size, y0 + size) };
            let frame = Frame::new(bounds, cells);
            let [a, b, c, d] = ends;
            let (start, end) = (at(x0 + a * size, y0 + b * size), at(x0 + c * size, y0 + d * size));
            let mut patch = Patch { cols: frame.cols, ..Patch::default() };
            patch.shares = vec![Share::Unknown; frame.cols * frame.rows];
            patch.edge(&frame, start, end);
            for i in 0..=300 {
                let share = f64::from(i) / 300.0;
                let on = at(start.x + share * (end.x - start.x), start.y + share * (end.y - start.y));
                if let Some(cell) = frame.cell(on) {
                    prop_assert_eq!(patch.shares[cell], Share::Border, "{:?} of {:?}", on, frame);
                }
            }
        }
    }

    #[test]
    fn most_cells_are_settled() {
        let ring = [[10.0, 40.0], [10.3, 40.0], [10.7, 41.0], [10.0, 41.0], [10.0, 40.0]];
        let feature = json!({"type": "Feature", "properties": {"code": "a", "name": "A"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}});
        let layer = json!({"type": "FeatureCollection", "features": [feature]});
        let layers = [Layer::new("area", &serde_json::from_value(layer).unwrap())];
        let grid = Grid::with_cells(&layers, 10_000).unwrap();
        let share = |test: &dyn Fn(u32) -> bool| {
            let count = grid.entries.iter().filter(|entry| test(**entry)).count();
            count as f64 / grid.entries.len() as f64
        };
        let open = share(&|entry| entry != NONE && entry & LISTED != 0);
        assert!(open < 0.06, "{open} of the cells are open: the border passes a few hundred");
        // The shape has 5/7 of its rectangle.
        let inside = share(&|entry| entry == 0) + open / 2.0;
        assert!((inside - 5.0 / 7.0).abs() < 0.02, "{inside}");
        assert_eq!(grid.candidates.len(), 1, "cells along the same border share their list");
    }
}
