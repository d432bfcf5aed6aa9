//! Streets within the faces of the main streets: rows and cross streets on a chart that is turned,
//! bent or wound round a hill, as each quarter's fabric says.

use crate::{
    dice::{Dice, noise},
    network::{Face, Kind, Network, Rules},
    plan::{Chart, FABRICS, Fabric, PARKS, PINNED},
    plane::{Pt, along, bounds, curve, distance, inside, length, part, project, pt},
    skeleton::Skeleton,
    terrain::{Terrain, closed},
};

/// A chart: from (along the row, across the rows) to the board.
struct Sheet {
    place: Box<dyn Fn(f64, f64) -> Pt>,
    /// Where on the chart a point of the board is, bends left out.
    find: Box<dyn Fn(Pt) -> Pt>,
    /// Metres in a unit along the row, at a row.
    scale: Box<dyn Fn(f64) -> f64>,
    from: Pt,
    to: Pt,
    rings: bool,
    step: f64,
}

fn sheet(fabric: &Fabric, region: &[Pt], number: u32) -> Sheet {
    let (amp, size) = fabric.warp;
    let warp =
        move |p: Pt| p + pt(noise(p, size, 100 + number), noise(p, size, 200 + number)) * amp;
    match fabric.chart {
        Chart::Grid(degrees, at) => {
            let at = pt(at.0, at.1);
            let flat: Vec<Pt> = region.iter().map(|p| (*p - at).turn(-degrees)).collect();
            let (low, high) = bounds(&flat);
            Sheet {
                place: Box::new(move |u, v| warp(at + pt(u, v).turn(degrees))),
                find: Box::new(move |p| (p - at).turn(-degrees)),
                scale: Box::new(|_| 1.0),
                from: low - pt(60.0, 60.0),
                to: high + pt(60.0, 60.0),
                rings: false,
                step: 12.0,
            }
        }
        Chart::Rings(at, squash) => {
            let at = pt(at.0, at.1);
            let far = region
                .iter()
                .map(|p| pt(p.x - at.x, (p.y - at.y) / squash).len())
                .fold(0.0, f64::max);
            Sheet {
                place: Box::new(move |u, v| {
                    let (s, c) = libm::sincos(u);
                    let swell = 1.0 + 0.10 * libm::sin(2.0 * u + 0.6);
                    warp(at + pt(c * v * swell, s * v * squash * swell))
                }),
                find: Box::new(move |p| pt(0.0, (p - at).len())),
                scale: Box::new(|v| v.max(30.0)),
                from: pt(0.0, 84.0),
                to: pt(std::f64::consts::TAU, far),
                rings: true,
                step: 10.0,
            }
        }
        Chart::Along(name) => {
            let main = crate::plan::MAINS.iter().find(|m| m.name == name);
            let through: Vec<Pt> =
                main.map_or(&[][..], |m| m.through).iter().map(|&(x, y)| pt(x, y)).collect();
            let line = curve(&through, 12.0);
            let n = line.len();
            let mut long = vec![line[0] + (line[0] - line[6.min(n - 1)]).unit() * 1600.0];
            long.extend_from_slice(&line);
            long.push(line[n - 1] + (line[n - 1] - line[n.saturating_sub(7)]).unit() * 1600.0);
            let stations: Vec<f64> = region.iter().map(|p| project(&long, *p)).collect();
            let (low, high) =
                stations.iter().fold((f64::INFINITY, 0.0f64), |(a, b), s| (a.min(*s), b.max(*s)));
            let deep = region.iter().map(|p| distance(&long, *p)).fold(0.0, f64::max);
            let base = long.clone();
            Sheet {
                find: Box::new(move |p| {
                    let u = project(&base, p);
                    let (q, dir) = along(&base, u);
                    pt(u, dir.cross(p - q).signum() * q.to(p))
                }),
                place: Box::new(move |u, v| {
                    let (p, _) = along(&long, u);
                    let reach = 70.0 + v.abs() * 0.5;
                    let dir = along(&long, u + reach).0 - along(&long, u - reach).0;
                    warp(p + dir.unit().left() * v)
                }),
                scale: Box::new(|_| 1.0),
                from: pt(low - 40.0, -deep),
                to: pt(high + 40.0, deep),
                rings: false,
                step: 12.0,
            }
        }
    }
}

/// Lays all streets.
pub fn fill(skeleton: &Skeleton, terrain: &Terrain) -> Network {
    let mut net = skeleton.streets.clone();
    for (number, fabric) in FABRICS.iter().enumerate() {
        lay_fabric(&mut net, fabric, skeleton, terrain, number as u32);
    }
    let ends = closed(&skeleton.outline);
    net.dissolve_all();
    net.prune(&|e| {
        let long = length(&e.line);
        let at_edge =
            distance(&ends, e.line[0]).min(distance(&ends, e.line[e.line.len() - 1])) < 50.0;
        let lighthouse = e.line.iter().any(|p| p.x < -1800.0);
        if e.kind == Kind::Main {
            at_edge || lighthouse
        } else {
            e.dead && long > 45.0 && long < 240.0
        }
    });
    for _ in 0..3 {
        split_blocks(&mut net, skeleton, terrain);
    }
    net.prune(&|e| e.kind == Kind::Main || e.dead);
    merge_blocks(&mut net, skeleton);
    for _ in 0..4 {
        straighten(&mut net);
    }
    net.keep_largest();
    net.dissolve_all();
    thin_lanes(&mut net);
    net
}

/// The most segments that the town may have.
const SEGMENTS: usize = 1645;

/// Takes lanes away, then streets, here and there, until the town has no more segments than it should.
fn thin_lanes(net: &mut Network) {
    let park = |e: &crate::network::Edge| {
        PARKS.iter().any(|p| distance(&e.line, pt(p.at.0, p.at.1)) < 220.0)
    };
    for kind in [Kind::Lane, Kind::Street] {
        // Far steps, so that not one quarter loses all that it has.
        for first in 0..7 {
            for i in (first..net.edges.len()).step_by(7) {
                if net.alive().count() <= SEGMENTS {
                    return;
                }
                let e = &net.edges[i];
                if e.alive
                    && e.kind == kind
                    && !park(e)
                    && straight_without(net, &net.meetings(), i)
                {
                    net.edges[i].alive = false;
                    net.dissolve_all();
                }
            }
        }
    }
}

/// Runs of a stroke on good ground, each a little longer than the ground so that it meets what
/// bounds it.
fn runs(stroke: &[Pt], good: &dyn Fn(Pt) -> bool) -> Vec<Vec<Pt>> {
    let total = length(stroke);
    let steps = (total / 5.0).ceil() as usize;
    let mut out = Vec::new();
    let mut from = None;
    for k in 0..=steps {
        let s = total * k as f64 / steps.max(1) as f64;
        let on = k < steps && good(along(stroke, s).0);
        match (on, from) {
            (true, None) => from = Some(s),
            (false, Some(start)) => {
                if s - start > 25.0 {
                    out.push(part(stroke, (start - 24.0f64).max(0.0), (s + 24.0).min(total)));
                }
                from = None;
            }
            _ => {}
        }
    }
    out
}

fn lay_fabric(
    net: &mut Network,
    fabric: &Fabric,
    skeleton: &Skeleton,
    terrain: &Terrain,
    number: u32,
) {
    let atoms: Vec<usize> =
        fabric.seeds.iter().filter_map(|&(x, y)| skeleton.atom(pt(x, y))).collect();
    let region: Vec<Pt> =
        atoms.iter().flat_map(|a| skeleton.atoms[*a].ring.iter().copied()).collect();
    if region.is_empty() {
        return;
    }
    let edge = closed(&skeleton.outline);
    let of_fabric = |p: Pt| atoms.iter().any(|a| inside(&skeleton.atoms[*a].ring, p));
    let good = |p: Pt| {
        of_fabric(p)
            && terrain.dry(p, 24.0)
            && distance(&edge, p) > 60.0
            // The lighthouse stands alone.
            && p.x > -1490.0
    };
    let mut dice = Dice::new(1000 + u64::from(number));
    let sheet = sheet(fabric, &region, number);
    let close = fabric.rows.0.min(fabric.blocks.0);
    let street = Rules {
        kind: Kind::Street,
        clear: (close * 0.36).clamp(22.0, 46.0),
        shortest: 17.0,
        join: 11.0,
        open_start: false,
        open_end: false,
        dead: false,
        spread: 0.5,
    };

    // Rows.
    let mut rows = Vec::new();
    let gap =
        |dice: &mut Dice| fabric.rows.0 * (1.0 + fabric.rows.1 * dice.normal()).clamp(0.55, 1.7);
    match fabric.chart {
        Chart::Along(_) => {
            let mut v = gap(&mut dice);
            while v < sheet.to.y {
                rows.push(v);
                v += gap(&mut dice);
            }
            let mut v = -gap(&mut dice);
            while v > sheet.from.y {
                rows.push(v);
                v -= gap(&mut dice);
            }
            rows.push(0.0);
            rows.sort_by(f64::total_cmp);
        }
        _ => {
            let mut v = sheet.from.y;
            while v < sheet.to.y {
                rows.push(v);
                v += gap(&mut dice);
            }
        }
    }
    // Parks lie between two rows and two cross streets.
    let parks: Vec<(Pt, Pt)> = PARKS
        .iter()
        .filter(|park| !sheet.rings && of_fabric(pt(park.at.0, park.at.1)))
        .map(|park| ((sheet.find)(pt(park.at.0, park.at.1)), pt(park.half.0, park.half.1)))
        .collect();
    for (at, half) in &parks {
        let keep = fabric.rows.0 * 0.6;
        rows.retain(|v| (v - at.y).abs() > half.y + keep);
        rows.extend([at.y - half.y, at.y + half.y]);
    }
    for &(x, y) in PINNED.iter().filter(|&&(x, y)| of_fabric(pt(x, y))) {
        let v = (sheet.find)(pt(x, y)).y;
        rows.retain(|row| (row - v).abs() > fabric.rows.0 * 0.6);
        rows.push(v);
    }
    rows.sort_by(f64::total_cmp);
    if sheet.rings {
        // Streets that climb to the top come first: rings have no beginning without them.
        for k in 0..5 {
            let u = sheet.to.x * (f64::from(k) + dice.between(-0.2, 0.2)) / 5.0 + 0.3;
            let twist = dice.between(-0.35, 0.35);
            let stroke: Vec<Pt> = (0..60)
                .map(|i| {
                    let v = rows[0] - 4.0 + f64::from(i) * 14.0;
                    (sheet.place)(u + twist * (v / 500.0), v)
                })
                .collect();
            for run in runs(&stroke, &good) {
                net.lay(&run, &Rules { open_start: true, ..street }, &good);
            }
        }
    }
    for &v in &rows {
        let (from, to) =
            if sheet.rings { (0.7, sheet.to.x * 1.35 + 0.7) } else { (sheet.from.x, sheet.to.x) };
        let step = sheet.step / (sheet.scale)(v);
        let n = ((to - from) / step).ceil() as usize;
        let stroke: Vec<Pt> =
            (0..=n).map(|i| (sheet.place)(from + (to - from) * i as f64 / n as f64, v)).collect();
        for run in runs(&stroke, &good) {
            net.lay(
                &run,
                &Rules { open_start: true, open_end: true, dead: fabric.dead > 0.28, ..street },
                &good,
            );
        }
    }

    // Cross streets, strip by strip.
    let mut before: Vec<f64> = Vec::new();
    let mut strips = Vec::new();
    let mut bands: Vec<(f64, f64)> = rows.windows(2).map(|w| (w[0], w[1])).collect();
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        if !sheet.rings {
            bands.insert(0, (first - fabric.rows.0 * 1.3, *first));
        }
        bands.push((*last, last + fabric.rows.0 * 1.3));
    }
    for &(low, high) in &bands {
        let middle = (low + high) / 2.0;
        let scale = (sheet.scale)(middle);
        let mut at = Vec::new();
        let draw = |dice: &mut Dice| {
            let k = libm::exp(fabric.blocks.1 * dice.normal());
            (fabric.blocks.0 * k).max(36.0) / scale
        };
        if !before.is_empty() && dice.chance(fabric.aligned) {
            for &u in &before {
                if dice.chance(0.06) {
                    continue;
                }
                at.push(if dice.chance(0.22) {
                    u + dice.between(18.0, 30.0) / scale * if dice.chance(0.5) { 1.0 } else { -1.0 }
                } else {
                    u
                });
            }
        } else {
            let mut u = sheet.from.x + draw(&mut dice) * dice.unit();
            while u < sheet.to.x {
                at.push(u);
                u += draw(&mut dice);
            }
        }
        for (park, half) in &parks {
            if middle > park.y - half.y - 130.0 && middle < park.y + half.y + 130.0 {
                let beside = (middle - park.y).abs() > half.y;
                at.retain(|u| {
                    let off = (u - park.x).abs();
                    if beside { (off - half.x).abs() > 40.0 } else { off > half.x + 40.0 }
                });
                at.extend([park.x - half.x, park.x + half.x]);
            }
        }
        at.sort_by(f64::total_cmp);
        for &u in &at {
            let at_park =
                parks.iter().any(|(park, half)| ((u - park.x).abs() - half.x).abs() < 1e-6);
            let slant = if at_park { 0.0 } else { 1.0 } * dice.normal() * 0.04 * (high - low)
                / scale
                * if fabric.aligned > 0.7 { 0.0 } else { 1.0 };
            let dead = dice.chance(fabric.dead) && !at_park;
            let reach = dice.between(0.5, 0.72);
            let from_top = dice.chance(0.5);
            let line = |t: f64| (sheet.place)(u + slant * t, low + (high - low) * t);
            let stroke: Vec<Pt> =
                (0..=12).map(|k| line(-0.16 + 1.32 * f64::from(k) / 12.0)).collect();
            let kind =
                if fabric.blocks.0 < 60.0 && dice.chance(0.5) { Kind::Lane } else { Kind::Street };
            if dead {
                let (a, b) = if from_top { (1.12, 1.0 - reach) } else { (-0.12, reach) };
                let stroke: Vec<Pt> =
                    (0..=8).map(|k| line(a + (b - a) * f64::from(k) / 8.0)).collect();
                let rules = Rules {
                    open_end: true,
                    dead: true,
                    kind,
                    clear: street.clear.max(32.0),
                    shortest: 42.0,
                    ..street
                };
                for run in runs(&stroke, &good) {
                    net.lay(&run, &rules, &good);
                }
            } else {
                let mut laid = 0;
                for run in runs(&stroke, &good) {
                    laid += net.lay(&run, &Rules { kind, ..street }, &good);
                }
                // The row beyond may be missing here: on to the next one, or back.
                for (a, b) in [(-0.16, 2.3), (-1.3, 1.16)] {
                    if laid > 0 || sheet.rings && middle < 150.0 {
                        break;
                    }
                    let stroke: Vec<Pt> =
                        (0..=20).map(|k| line(a + (b - a) * f64::from(k) / 20.0)).collect();
                    let between = (sheet.find)(line(0.5 + if b > 2.0 { 1.0 } else { -1.0 }));
                    if parks.iter().any(|(park, half)| {
                        (between.x - park.x).abs() < half.x && (between.y - park.y).abs() < half.y
                    }) {
                        continue;
                    }
                    for run in runs(&stroke, &good) {
                        laid += net.lay(&run, &Rules { kind, ..street }, &good);
                    }
                }
            }
        }
        before.clone_from(&at);
        strips.push((low, high, at));
    }

    // Loops that leave a row and come back to it.
    for _ in 0..fabric.loops * 2 {
        let v = rows[dice.below(rows.len())];
        let u = dice.between(sheet.from.x, sheet.to.x);
        let deep =
            fabric.rows.0 * dice.between(0.42, 0.55) * if dice.chance(0.5) { 1.0 } else { -1.0 };
        let wide = dice.between(110.0, 190.0);
        let corners = [
            (0.0, -0.2),
            (0.0, 0.45),
            (0.1, 0.9),
            (0.5, 1.0),
            (0.9, 0.9),
            (1.0, 0.45),
            (1.0, -0.2),
        ];
        let stroke: Vec<Pt> =
            corners.iter().map(|(a, b)| (sheet.place)(u + wide * a, v + deep * b)).collect();
        net.lay(&curve(&stroke, 9.0), &Rules { clear: 34.0, shortest: 60.0, ..street }, &good);
    }

    // Lanes behind the houses.
    for (low, high, at) in &strips {
        if high - low < 56.0 {
            continue;
        }
        for w in at.windows(2) {
            if !dice.chance(fabric.lanes) {
                continue;
            }
            let v = low + (high - low) * dice.between(0.42, 0.58);
            if parks.iter().any(|(park, half)| {
                (v - park.y).abs() < half.y && (f64::midpoint(w[0], w[1]) - park.x).abs() < half.x
            }) {
                continue;
            }
            let (from, to) = (w[0] - 14.0, w[1] + 14.0);
            let stroke: Vec<Pt> = (0..=8)
                .map(|k| (sheet.place)(from + (to - from) * f64::from(k) / 8.0, v))
                .collect();
            net.lay(&stroke, &Rules { kind: Kind::Lane, clear: 21.0, ..street }, &good);
        }
    }
}

/// For each atom its fabric.
fn fabrics(skeleton: &Skeleton) -> Vec<Option<&'static Fabric>> {
    let mut of = vec![None; skeleton.atoms.len()];
    for fabric in FABRICS {
        for &(x, y) in fabric.seeds {
            if let Some(atom) = skeleton.atom(pt(x, y)) {
                of[atom] = Some(fabric);
            }
        }
    }
    of
}

/// Lays a street across every block that is larger than its quarter's blocks are.
fn split_blocks(net: &mut Network, skeleton: &Skeleton, terrain: &Terrain) {
    let fabric_of = fabrics(skeleton);
    let parks: Vec<Pt> = PARKS.iter().map(|p| pt(p.at.0, p.at.1)).collect();
    for face in net.faces() {
        let ring = &face.ring;
        let area = crate::plane::area(ring);
        let middle = crate::plane::centroid(ring);
        let Some(fabric) = skeleton.atom(middle).and_then(|a| fabric_of[a]) else { continue };
        let usual = fabric.rows.0 * fabric.blocks.0;
        if fabric.rows.0 > 185.0
            || area < usual * 1.75
            || area > 250_000.0
            || parks.iter().any(|p| inside(ring, *p))
            || !inside(ring, middle)
        {
            continue;
        }
        // Across the longest side, through the middle.
        let side = closed(ring)
            .windows(2)
            .map(|w| w[1] - w[0])
            .max_by(|a, b| a.len().total_cmp(&b.len()))
            .unwrap_or_default()
            .unit();
        let spread = |axis: Pt| {
            let along: Vec<f64> = ring.iter().map(|p| (*p - middle).dot(axis)).collect();
            along.iter().copied().fold(f64::NEG_INFINITY, f64::max)
                - along.iter().copied().fold(f64::INFINITY, f64::min)
        };
        let across = if spread(side) >= spread(side.left()) * 0.8 { side.left() } else { side };
        let reach = spread(across);
        let good = |p: Pt| inside(ring, p) && terrain.dry(p, 24.0);
        let rules = Rules {
            kind: Kind::Street,
            clear: 24.0,
            shortest: 24.0,
            join: 11.0,
            open_start: false,
            open_end: false,
            dead: false,
            spread: 0.5,
        };
        for off in [0.0, 18.0, -18.0] {
            let at = middle + across.left() * off;
            // Only within this block: from its border to its border.
            let mut from = 0.0;
            while from > -reach && inside(ring, at + across * from) {
                from -= 2.0;
            }
            let mut to = 0.0;
            while to < reach && inside(ring, at + across * to) {
                to += 2.0;
            }
            let line = [at + across * (from - 2.0), at + across * (to + 2.0)];
            if net.lay(&line, &rules, &good) > 0 {
                break;
            }
        }
    }
}

/// Takes single streets away where two blocks may become one: no town is complete. Which blocks may
/// grow is the fabric's say.
fn merge_blocks(net: &mut Network, skeleton: &Skeleton) {
    let mut dice = Dice::new(77);
    let fabric_of = fabrics(skeleton);
    let faces = net.faces();
    let of = of_faces(net, &faces);
    // A park keeps the streets around it.
    let mut grown: Vec<bool> = faces
        .iter()
        .map(|face| PARKS.iter().any(|park| inside(&face.ring, pt(park.at.0, park.at.1))))
        .collect();
    let meetings = net.meetings();
    for (i, sides) in of.iter().enumerate() {
        let e = &net.edges[i];
        if !e.alive || e.kind == Kind::Main {
            continue;
        }
        let [Some(f), Some(g)] = *sides else { continue };
        let middle = along(&e.line, length(&e.line) / 2.0).0;
        let Some(atom) = skeleton.atom(middle) else { continue };
        let Some(fabric) = fabric_of[atom] else { continue };
        if PINNED.iter().any(|&(x, y)| distance(&e.line, pt(x, y)) < 130.0) {
            continue;
        }
        if f == g || grown[f] || grown[g] || !dice.chance(fabric.holes) {
            continue;
        }
        if !straight_without(net, &meetings, i) {
            continue;
        }
        grown[f] = true;
        grown[g] = true;
        net.edges[i].alive = false;
    }
    net.dissolve_all();
}

/// Would both ends of an edge still look like streets without it? Where two edges remain they must
/// go straight on; nowhere may one remain.
fn straight_without(net: &Network, meetings: &[Vec<usize>], i: usize) -> bool {
    let e = &net.edges[i];
    [e.a, e.b].into_iter().all(|node| {
        let rest: Vec<Pt> = meetings[node]
            .iter()
            .filter(|j| **j != i && net.edges[**j].alive)
            .map(|j| {
                let o = &net.edges[*j];
                let n = o.line.len();
                if o.a == node {
                    (o.line[1] - o.line[0]).unit()
                } else {
                    (o.line[n - 2] - o.line[n - 1]).unit()
                }
            })
            .collect();
        match rest[..] {
            [] | [_] => false,
            [a, b] => a.dot(b) < -0.8,
            _ => true,
        }
    })
}

/// The sharpest turn within a line, as the cosine of its deflection, and how many turns are sharp.
fn turns(line: &[Pt]) -> usize {
    line.windows(3).filter(|w| (w[1] - w[0]).unit().dot((w[2] - w[1]).unit()) < 0.5).count()
}

/// Takes away what no surveyor would have drawn: blocks too small to stand a house in, and streets
/// that turn a corner only to come back.
fn straighten(net: &mut Network) {
    let faces = net.faces();
    let of = of_faces(net, &faces);
    // A park keeps the streets around it.
    let mut grown: Vec<bool> = faces
        .iter()
        .map(|face| PARKS.iter().any(|park| inside(&face.ring, pt(park.at.0, park.at.1))))
        .collect();
    let meetings = net.meetings();
    let mut take = |net: &mut Network, i: usize| -> bool {
        let e = &net.edges[i];
        let [Some(f), Some(g)] = of[i] else { return false };
        if !e.alive
            || e.kind == Kind::Main
            || f == g
            || grown[f]
            || grown[g]
            || !straight_without(net, &meetings, i)
        {
            return false;
        }
        grown[f] = true;
        grown[g] = true;
        net.edges[i].alive = false;
        true
    };
    for i in 0..net.edges.len() {
        let (sharp, long) = (turns(&net.edges[i].line), length(&net.edges[i].line));
        if net.edges[i].alive && (sharp > 1 || sharp == 1 && long < 220.0) {
            take(net, i);
        }
    }
    for face in &faces {
        let area = crate::plane::area(&face.ring);
        let around = length(&closed(&face.ring));
        if area > 1000.0 && area > 0.017 * around * around {
            continue;
        }
        let mut edges: Vec<usize> = face.halves.iter().map(|h| h / 2).collect();
        edges.sort_by(|a, b| length(&net.edges[*b].line).total_cmp(&length(&net.edges[*a].line)));
        for i in edges {
            if take(net, i) {
                break;
            }
        }
    }
    net.dissolve_all();
}

/// For each edge the faces to its left, forward and backward.
#[must_use]
pub fn of_faces(net: &Network, faces: &[Face]) -> Vec<[Option<usize>; 2]> {
    let mut of: Vec<[Option<usize>; 2]> = vec![[None, None]; net.edges.len()];
    for (f, face) in faces.iter().enumerate() {
        for &half in &face.halves {
            of[half / 2][half % 2] = Some(f);
        }
    }
    of
}
