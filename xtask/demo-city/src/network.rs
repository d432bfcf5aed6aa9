//! A plane network of lines: strokes are laid one after the other, and it stays clean.
//!
//! A stroke is cut where it meets what is there. Each piece between two meetings is kept only if it
//! is long enough, stands well off everything else, and leaves its ends at a wide angle. So no two
//! streets run beside each other, no block is a sliver and no two junctions sit on one another: not
//! because that is repaired afterwards, but because it is never built.

use crate::plane::{Pt, along, bounds, crossing, distance, length, nearest_on, part, pt, simplify};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A main street.
    Main,
    /// A street.
    Street,
    /// A lane.
    Lane,
    /// A path for walkers.
    Path,
    /// Not a street: a shore, a border.
    Border,
}

/// A line between two nodes.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Node where it begins.
    pub a: usize,
    /// Node where it ends.
    pub b: usize,
    /// Its points, ends included.
    pub line: Vec<Pt>,
    /// What it is.
    pub kind: Kind,
    /// The stroke it came from.
    pub stroke: usize,
    /// May it stay as a dead end?
    pub dead: bool,
    /// False once it was split or taken away.
    pub alive: bool,
    low: Pt,
    high: Pt,
}

/// What a stroke asks for.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What the stroke becomes.
    pub kind: Kind,
    /// Smallest distance to anything that runs beside it, metres.
    pub clear: f64,
    /// Shortest piece, metres.
    pub shortest: f64,
    /// A meeting nearer than this to a junction becomes that junction, metres.
    pub join: f64,
    /// May its first piece begin in the open?
    pub open_start: bool,
    /// May its last piece end in the open?
    pub open_end: bool,
    /// May what is laid stay as a dead end?
    pub dead: bool,
    /// How fast distance must grow with distance from a junction: the sine of the smallest angle.
    pub spread: f64,
}

/// The network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Where nodes are.
    pub nodes: Vec<Pt>,
    /// All edges, also dead ones.
    pub edges: Vec<Edge>,
    strokes: usize,
}

impl Network {
    /// Edges that count, with their numbers.
    pub fn alive(&self) -> impl Iterator<Item = (usize, &Edge)> {
        self.edges.iter().enumerate().filter(|(_, e)| e.alive)
    }

    /// For each node the edges that meet there; a loop counts twice.
    #[must_use]
    pub fn meetings(&self) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new(); self.nodes.len()];
        for (i, e) in self.alive() {
            out[e.a].push(i);
            out[e.b].push(i);
        }
        out
    }

    fn degree(&self, node: usize) -> usize {
        self.alive().map(|(_, e)| usize::from(e.a == node) + usize::from(e.b == node)).sum()
    }

    /// Adds an edge without asking.
    pub fn add(
        &mut self,
        a: usize,
        b: usize,
        mut line: Vec<Pt>,
        kind: Kind,
        stroke: usize,
        dead: bool,
    ) {
        let last = line.len() - 1;
        line[0] = self.nodes[a];
        line[last] = self.nodes[b];
        let (low, high) = bounds(&line);
        self.edges.push(Edge { a, b, line, kind, stroke, dead, alive: true, low, high });
    }

    /// A new node.
    pub fn node(&mut self, at: Pt) -> usize {
        self.nodes.push(at);
        self.nodes.len() - 1
    }

    /// The edge nearest to a point within `reach`.
    fn nearest(&self, p: Pt, reach: f64) -> Option<(usize, f64)> {
        let mut best = None;
        let mut far = reach;
        for (i, e) in self.alive() {
            if p.x < e.low.x - far
                || p.x > e.high.x + far
                || p.y < e.low.y - far
                || p.y > e.high.y + far
            {
                continue;
            }
            let d = distance(&e.line, p);
            if d < far {
                far = d;
                best = Some((i, d));
            }
        }
        best
    }

    /// The node for a meeting at `p`: a junction within `join` along the edge, or a new one.
    fn node_at(&mut self, p: Pt, join: f64) -> Option<usize> {
        let (i, _) = self.nearest(p, 1.0)?;
        let e = &self.edges[i];
        let s = crate::plane::project(&e.line, p);
        let total = length(&e.line);
        let (near_a, near_b) = (s, total - s);
        if near_a.min(near_b) <= join {
            return Some(if near_a <= near_b { e.a } else { e.b });
        }
        Some(self.split(i, s))
    }

    /// Splits an edge at a distance along it.
    pub fn split(&mut self, i: usize, s: f64) -> usize {
        let e = self.edges[i].clone();
        let at = crate::frame::snap(along(&e.line, s).0);
        let node = self.node(at);
        self.edges[i].alive = false;
        let total = length(&e.line);
        self.add(e.a, node, part(&e.line, 0.0, s), e.kind, e.stroke, e.dead);
        self.add(node, e.b, part(&e.line, s, total), e.kind, e.stroke, e.dead);
        node
    }

    /// Makes one edge of the two that meet at a node where nothing else does.
    fn dissolve(&mut self, node: usize) {
        let at: Vec<usize> =
            self.alive().filter(|(_, e)| e.a == node || e.b == node).map(|(i, _)| i).collect();
        let [i, j] = at[..] else { return };
        let (first, second) = (self.edges[i].clone(), self.edges[j].clone());
        if first.a == first.b || second.a == second.b || first.kind != second.kind {
            return;
        }
        let (a, mut line) = if first.b == node {
            (first.a, first.line)
        } else {
            (first.b, first.line.into_iter().rev().collect())
        };
        let (b, rest) = if second.a == node {
            (second.b, second.line)
        } else {
            (second.a, second.line.into_iter().rev().collect::<Vec<_>>())
        };
        if a == b {
            return;
        }
        line.extend_from_slice(&rest[1..]);
        self.edges[i].alive = false;
        self.edges[j].alive = false;
        self.add(a, b, line, first.kind, first.stroke, first.dead || second.dead);
    }

    /// Dissolves every node that only two edges of one kind share.
    pub fn dissolve_all(&mut self) {
        for node in 0..self.nodes.len() {
            if self.degree(node) == 2 {
                self.dissolve(node);
            }
        }
    }

    /// Where a piece does not stand off everything, or leaves its ground: distances along it.
    /// `ends` are the nodes at its ends, none where an end is in the open.
    fn conflicts(
        &self,
        line: &[Pt],
        ends: [Option<usize>; 2],
        rules: &Rules,
        ground: &dyn Fn(Pt) -> bool,
    ) -> Vec<f64> {
        let total = length(line);
        let (low, high) = bounds(line);
        let near: Vec<&Edge> = self
            .alive()
            .map(|(_, e)| e)
            .filter(|e| {
                e.low.x < high.x + rules.clear
                    && e.high.x > low.x - rules.clear
                    && e.low.y < high.y + rules.clear
                    && e.high.y > low.y - rules.clear
            })
            .collect();
        let mut bad = Vec::new();
        for e in &near {
            let mut s = 0.0;
            for w in line.windows(2) {
                for v in e.line.windows(2) {
                    if let Some((t, _)) = crossing(w[0], w[1], v[0], v[1]) {
                        let at = crate::plane::mix(w[0], w[1], t);
                        let shared = ends
                            .iter()
                            .flatten()
                            .any(|n| (e.a == *n || e.b == *n) && self.nodes[*n].to(at) < 0.5);
                        if !shared {
                            bad.push(s + t * w[0].to(w[1]));
                        }
                    }
                }
                s += w[0].to(w[1]);
            }
        }
        let samples = (total / 8.0).ceil().max(2.0) as usize;
        for k in 0..samples {
            let s = total * (k as f64 + 0.5) / samples as f64;
            if !ground(along(line, s).0) {
                bad.push(s);
            }
        }
        let steps = (total / 4.0).ceil().max(3.0) as usize;
        for k in 0..=steps {
            let s = total * k as f64 / steps as f64;
            let from_start = if ends[0].is_some() { s } else { f64::INFINITY };
            let from_end = if ends[1].is_some() { total - s } else { f64::INFINITY };
            let need = rules.clear.min(rules.spread * from_start.min(from_end));
            if need < 1.0 {
                continue;
            }
            let p = along(line, s).0;
            let beside = near.iter().any(|e| {
                p.x > e.low.x - need
                    && p.x < e.high.x + need
                    && p.y > e.low.y - need
                    && p.y < e.high.y + need
                    && distance(&e.line, p) < need
            });
            if beside {
                bad.push(s);
            }
        }
        bad.sort_by(f64::total_cmp);
        bad
    }

    /// Lays a stroke. `ground` says where its pieces may run. Gives the number of pieces laid.
    pub fn lay(&mut self, stroke: &[Pt], rules: &Rules, ground: &dyn Fn(Pt) -> bool) -> usize {
        let id = self.strokes;
        self.strokes += 1;
        let mut meets: Vec<f64> = Vec::new();
        let (low, high) = bounds(stroke);
        let mut s = 0.0;
        for w in stroke.windows(2) {
            for (_, e) in self.alive() {
                if e.low.x > high.x || e.high.x < low.x || e.low.y > high.y || e.high.y < low.y {
                    continue;
                }
                for v in e.line.windows(2) {
                    if let Some((t, _)) = crossing(w[0], w[1], v[0], v[1]) {
                        meets.push(s + t * w[0].to(w[1]));
                    }
                }
            }
            s += w[0].to(w[1]);
        }
        let total = length(stroke);
        for s in [0.0, total] {
            if self.nearest(along(stroke, s).0, 0.9).is_some() {
                meets.push(s);
            }
        }
        meets.sort_by(f64::total_cmp);
        // Cuts: distance along the stroke, and the node there.
        let before = self.nodes.len();
        let mut cuts: Vec<(f64, Option<usize>)> = Vec::new();
        for s in meets {
            let Some(node) = self.node_at(along(stroke, s).0, rules.join) else { continue };
            match cuts.last() {
                Some((_, Some(last))) if *last == node => {}
                _ => cuts.push((s, Some(node))),
            }
        }
        if rules.open_start && cuts.first().is_none_or(|c| c.0 > 1.0) {
            cuts.insert(0, (0.0, None));
        }
        if rules.open_end && cuts.last().is_none_or(|c| c.0 < total - 1.0) {
            cuts.push((total, None));
        }
        let mut laid = 0;
        for k in 1..cuts.len() {
            laid += self.lay_piece(stroke, cuts[k - 1], cuts[k], rules, ground, id, 3);
        }
        for node in before..self.nodes.len() {
            if self.degree(node) == 2 {
                self.dissolve(node);
            }
        }
        laid
    }

    /// Lays a piece of a stroke between two cuts. Where the whole does not fit, and open ends are
    /// allowed, what lies before the trouble and what lies behind it are tried by themselves.
    #[allow(clippy::too_many_arguments)]
    fn lay_piece(
        &mut self,
        stroke: &[Pt],
        (from, a): (f64, Option<usize>),
        (to, b): (f64, Option<usize>),
        rules: &Rules,
        ground: &dyn Fn(Pt) -> bool,
        id: usize,
        tries: usize,
    ) -> usize {
        if to - from < rules.shortest * 0.6 || a.is_some() && a == b {
            return 0;
        }
        let mut line = part(stroke, from, to);
        bend(&mut line, [a.map(|n| self.nodes[n]), b.map(|n| self.nodes[n])]);
        let mut line = simplify(&line, 0.6);
        if length(&line) < rules.shortest {
            return 0;
        }
        let bad = self.conflicts(&line, [a, b], rules, ground);
        if let (Some(first), Some(last)) = (bad.first(), bad.last()) {
            if !(rules.open_start && rules.open_end) || tries == 0 {
                return 0;
            }
            let total = length(&line);
            let mut laid = 0;
            // The longest stretch between two troubles, if it is neither the first nor the last.
            let gap = bad.windows(2).max_by(|x, y| (x[1] - x[0]).total_cmp(&(y[1] - y[0])));
            let off = rules.clear * 0.7;
            let mut stretches =
                vec![(0.0, first - off, true, false), (last + off, total, false, true)];
            if let Some(gap) = gap {
                stretches.push((gap[0] + off, gap[1] - off, false, false));
            }
            for (s, t, at_a, at_b) in stretches {
                if t - s < rules.shortest * 2.0 {
                    continue;
                }
                let start = if at_a { (from, a) } else { (from + (to - from) * s / total, None) };
                let end = if at_b { (to, b) } else { (from + (to - from) * t / total, None) };
                laid += self.lay_piece(stroke, start, end, rules, ground, id, tries - 1);
            }
            return laid;
        }
        for p in &mut line {
            *p = crate::frame::snap(*p);
        }
        let last = line[line.len() - 1];
        let a = a.unwrap_or_else(|| self.node(line[0]));
        let b = b.unwrap_or_else(|| self.node(last));
        self.add(a, b, line, rules.kind, id, rules.dead);
        1
    }

    /// Takes dead ends away: those shorter than `shortest`, and any that `keep` does not want.
    pub fn prune(&mut self, keep: &dyn Fn(&Edge) -> bool) {
        loop {
            let meetings = self.meetings();
            let loose: Vec<usize> = self
                .alive()
                .filter(|(_, e)| (meetings[e.a].len() == 1 || meetings[e.b].len() == 1) && !keep(e))
                .map(|(i, _)| i)
                .collect();
            if loose.is_empty() {
                break;
            }
            for i in loose {
                self.edges[i].alive = false;
            }
        }
        self.dissolve_all();
    }

    /// Keeps only the component with the most edges.
    pub fn keep_largest(&mut self) {
        let mut part: Vec<usize> = (0..self.nodes.len()).collect();
        fn root(part: &mut [usize], mut n: usize) -> usize {
            while part[n] != n {
                part[n] = part[part[n]];
                n = part[n];
            }
            n
        }
        let pairs: Vec<(usize, usize)> = self.alive().map(|(_, e)| (e.a, e.b)).collect();
        for (a, b) in &pairs {
            let (a, b) = (root(&mut part, *a), root(&mut part, *b));
            part[a] = b;
        }
        let mut count = vec![0usize; self.nodes.len()];
        for (a, _) in &pairs {
            count[root(&mut part, *a)] += 1;
        }
        let Some(best) = (0..count.len()).max_by_key(|n| (count[*n], usize::MAX - *n)) else {
            return;
        };
        for i in 0..self.edges.len() {
            if self.edges[i].alive && root(&mut part, self.edges[i].a) != best {
                self.edges[i].alive = false;
            }
        }
    }

    /// The faces: closed rings of edges, each with its inside to the left, as (edge, forward).
    /// Only rings that run counter-clockwise; the outside is left out.
    #[must_use]
    pub fn faces(&self) -> Vec<Face> {
        let meetings = self.meetings();
        // Half-edge 2i runs forward, 2i+1 backward.
        let leaving = |node: usize| -> Vec<(f64, usize)> {
            let mut out = Vec::new();
            let mut seen = std::collections::BTreeSet::new();
            for &i in &meetings[node] {
                if !seen.insert(i) {
                    continue;
                }
                let e = &self.edges[i];
                if e.a == node {
                    out.push(((e.line[1] - e.line[0]).angle(), 2 * i));
                }
                if e.b == node {
                    let n = e.line.len();
                    out.push(((e.line[n - 2] - e.line[n - 1]).angle(), 2 * i + 1));
                }
            }
            out.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
            out
        };
        let fans: Vec<Vec<(f64, usize)>> = (0..self.nodes.len()).map(leaving).collect();
        let next = |half: usize| -> usize {
            let e = &self.edges[half / 2];
            let node = if half.is_multiple_of(2) { e.b } else { e.a };
            let fan = &fans[node];
            let twin = half ^ 1;
            let at = fan.iter().position(|f| f.1 == twin).unwrap_or(0);
            fan[(at + fan.len() - 1) % fan.len()].1
        };
        let mut seen = vec![false; self.edges.len() * 2];
        let mut faces = Vec::new();
        for start in 0..seen.len() {
            if seen[start] || !self.edges[start / 2].alive {
                continue;
            }
            let mut halves = Vec::new();
            let mut half = start;
            while !seen[half] {
                seen[half] = true;
                halves.push(half);
                half = next(half);
            }
            let ring = self.ring(&halves);
            if crate::plane::area(&ring) > 0.0 {
                faces.push(Face { halves, ring });
            }
        }
        faces
    }

    /// The points of a closed walk of half-edges; the last does not repeat the first.
    #[must_use]
    pub fn ring(&self, halves: &[usize]) -> Vec<Pt> {
        let mut ring = Vec::new();
        for &half in halves {
            let line = &self.edges[half / 2].line;
            if half.is_multiple_of(2) {
                ring.extend_from_slice(&line[..line.len() - 1]);
            } else {
                ring.extend(line[1..].iter().rev());
            }
        }
        ring
    }
}

/// A face of the network.
#[derive(Clone, Debug)]
pub struct Face {
    /// Its half-edges in order: edge `h / 2`, forward when `h` is even.
    pub halves: Vec<usize>,
    /// Its ring, counter-clockwise, dead ends within it walked twice.
    pub ring: Vec<Pt>,
}

/// Moves a line so that its ends come to rest where they are wanted; what lies between follows by
/// its share, so that straight lines stay straight.
fn bend(line: &mut [Pt], ends: [Option<Pt>; 2]) {
    let total = length(line);
    if total <= 0.0 {
        return;
    }
    let first = ends[0].map_or(pt(0.0, 0.0), |p| p - line[0]);
    let last = ends[1].map_or(pt(0.0, 0.0), |p| p - line[line.len() - 1]);
    let mut s = 0.0;
    let mut before = line[0];
    for p in line.iter_mut() {
        s += p.to(before);
        before = *p;
        let t = (s / total).clamp(0.0, 1.0);
        *p = *p + first * (1.0 - t) + last * t;
    }
}

/// The nearest point of a network's line to `p`, for tests and for hand-drawn ends.
#[must_use]
pub fn nearest_point(line: &[Pt], p: Pt) -> Pt {
    let mut best = line[0];
    for w in line.windows(2) {
        let q = nearest_on(w[0], w[1], p).0;
        if q.to(p) < best.to(p) {
            best = q;
        }
    }
    best
}
