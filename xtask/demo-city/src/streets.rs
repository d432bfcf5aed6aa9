//! From the network to streets: which segments make one street, what it is called, how its houses
//! are numbered.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    dice::Dice,
    names::{FIXED, QUARTERS, SPARE},
    network::{Kind, Network},
    plan::MAINS,
    plane::{Pt, along, distance, length, pt},
};

/// House numbers of one side of a segment, first and last in the direction of its line.
pub type Range = (u32, u32);

/// A street between two junctions.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its line, in the direction in which numbers rise.
    pub line: Vec<Pt>,
    /// Junctions at its ends.
    pub ends: (usize, usize),
    /// Main street, street or lane.
    pub kind: Kind,
    /// Its street, an index into [`Streets::names`].
    pub street: usize,
    /// Does it cross water?
    pub bridge: bool,
    /// Odd numbers, on the left.
    pub left: Option<Range>,
    /// Even numbers, on the right.
    pub right: Option<Range>,
}

/// All streets.
#[derive(Clone, Debug, Default)]
pub struct Streets {
    /// Names, one a street.
    pub names: Vec<String>,
    /// Segments, street by street, each street from its first number to its last.
    pub segments: Vec<Segment>,
}

/// How far a house stands off the middle of its street, metres.
pub const HOUSE_OFF: f64 = 12.0;
/// How far the first and the last house stand off the ends of their segment, metres.
pub const INSET: f64 = 8.0;

/// Where a house stands.
#[must_use]
pub fn house(line: &[Pt], range: Range, left: bool, number: u32) -> Pt {
    let t = if range.1 == range.0 {
        0.5
    } else {
        f64::from(number - range.0) / f64::from(range.1 - range.0)
    };
    let total = length(line);
    let inset = INSET.min(total / 4.0);
    let (p, dir) = along(line, inset + (total - 2.0 * inset) * t);
    p + dir.left() * if left { HOUSE_OFF } else { -HOUSE_OFF }
}

/// Where the numbers begin: the old quay.
const QUAY: Pt = pt(-830.0, 250.0);
/// 214 Kestrel Street stands here, as near as its street lets it.
const KESTREL: Pt = pt(-133.0, 192.0);

/// What the ground says about a point where a house might stand.
pub struct Ground<'a> {
    /// May a house stand here?
    pub buildable: &'a dyn Fn(Pt) -> bool,
    /// Is this water?
    pub wet: &'a dyn Fn(Pt) -> bool,
    /// In which quarter (index) is this?
    pub quarter: &'a dyn Fn(Pt) -> usize,
}

/// Makes the streets.
#[must_use]
pub fn streets(net: &Network, main_names: &[&'static str], ground: &Ground<'_>) -> Streets {
    let paths = join(net, main_names);
    let names = name(net, &paths, main_names, ground);
    let mut out = Streets::default();
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by(|a, b| names[*a].cmp(&names[*b]));
    for (street, &p) in order.iter().enumerate() {
        out.names.push(names[p].clone());
        number(net, &paths[p], street, &names[p], ground, &mut out.segments);
    }
    out
}

/// The direction in which an edge leaves a node, seen over its first 20 metres.
fn leaving(net: &Network, edge: usize, start: bool) -> Pt {
    let line = &net.edges[edge].line;
    let total = length(line);
    let near = (total / 2.0).min(20.0);
    if start {
        (along(line, near).0 - line[0]).unit()
    } else {
        (along(line, total - near).0 - line[line.len() - 1]).unit()
    }
}

/// Edges in the order of each street: (edge, forward).
fn join(net: &Network, main_names: &[&'static str]) -> Vec<Vec<(usize, bool)>> {
    let mut partner: BTreeMap<(usize, bool), (usize, bool)> = BTreeMap::new();
    let mut at: Vec<Vec<(usize, bool)>> = vec![Vec::new(); net.nodes.len()];
    for (i, e) in net.alive() {
        at[e.a].push((i, true));
        at[e.b].push((i, false));
    }
    for ends in &at {
        let mut pairs = Vec::new();
        for (x, &p) in ends.iter().enumerate() {
            for &q in &ends[x + 1..] {
                let (e, f) = (&net.edges[p.0], &net.edges[q.0]);
                if p.0 == q.0 || (e.kind == Kind::Main) != (f.kind == Kind::Main) {
                    continue;
                }
                if e.kind == Kind::Main && main_names[e.stroke] != main_names[f.stroke] {
                    continue;
                }
                let straight = -leaving(net, p.0, p.1).dot(leaving(net, q.0, q.1));
                let enough = if e.kind == Kind::Main {
                    0.3
                } else if e.kind == f.kind {
                    0.86
                } else {
                    0.96
                };
                if straight > enough {
                    pairs.push((straight, p, q));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        for (_, p, q) in pairs {
            if !partner.contains_key(&p) && !partner.contains_key(&q) {
                partner.insert(p, q);
                partner.insert(q, p);
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut paths = Vec::new();
    // Streets with two ends first, then rings.
    for rings in [false, true] {
        for (i, _) in net.alive() {
            for start in [true, false] {
                if seen.contains(&i) || !rings && partner.contains_key(&(i, start)) {
                    continue;
                }
                let mut path = Vec::new();
                let mut nodes = BTreeSet::new();
                let (mut edge, mut from_start) = (i, start);
                loop {
                    let e = &net.edges[edge];
                    let (here, there) = if from_start { (e.a, e.b) } else { (e.b, e.a) };
                    nodes.insert(here);
                    seen.insert(edge);
                    path.push((edge, from_start));
                    // A street does not come back to where it has been.
                    if nodes.contains(&there) {
                        break;
                    }
                    let Some(&(next, next_start)) = partner.get(&(edge, !from_start)) else {
                        break;
                    };
                    if seen.contains(&next) {
                        break;
                    }
                    (edge, from_start) = (next, next_start);
                }
                paths.push(path);
            }
        }
    }
    paths
}

/// The whole line of a path.
fn line_of(net: &Network, path: &[(usize, bool)]) -> Vec<Pt> {
    let mut out: Vec<Pt> = Vec::new();
    for &(edge, forward) in path {
        let line = &net.edges[edge].line;
        let skip = usize::from(!out.is_empty());
        if forward {
            out.extend(line.iter().skip(skip));
        } else {
            out.extend(line.iter().rev().skip(skip));
        }
    }
    out
}

fn kind_of(net: &Network, path: &[(usize, bool)]) -> Kind {
    let long = |kind: Kind| -> f64 {
        path.iter()
            .filter(|(e, _)| net.edges[*e].kind == kind)
            .map(|(e, _)| length(&net.edges[*e].line))
            .sum()
    };
    if long(Kind::Main) > 0.0 {
        Kind::Main
    } else if long(Kind::Lane) > long(Kind::Street) {
        Kind::Lane
    } else {
        Kind::Street
    }
}

fn name(
    net: &Network,
    paths: &[Vec<(usize, bool)>],
    main_names: &[&'static str],
    ground: &Ground<'_>,
) -> Vec<String> {
    let meetings = net.meetings();
    let lines: Vec<Vec<Pt>> = paths.iter().map(|p| line_of(net, p)).collect();
    let kinds: Vec<Kind> = paths.iter().map(|p| kind_of(net, p)).collect();
    let mut names: Vec<Option<String>> = vec![None; paths.len()];
    let mut used: BTreeSet<String> = BTreeSet::new();
    for main in MAINS {
        used.insert(stem(main.name).to_owned());
    }
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by(|a, b| length(&lines[*b]).total_cmp(&length(&lines[*a])).then(a.cmp(b)));
    for &p in &order {
        if kinds[p] == Kind::Main {
            let name = main_names[net.edges[paths[p][0].0].stroke];
            if names.iter().flatten().all(|n| n != name) {
                names[p] = Some(name.to_owned());
            }
        }
    }
    let dead = |p: usize| {
        let path = &paths[p];
        let (first, last) = (path[0], path[path.len() - 1]);
        let start = if first.1 { net.edges[first.0].a } else { net.edges[first.0].b };
        let end = if last.1 { net.edges[last.0].b } else { net.edges[last.0].a };
        meetings[start].len() == 1 || meetings[end].len() == 1
    };
    for &(fixed, (x, y)) in FIXED {
        let kind = if fixed.ends_with("Lane") { Kind::Lane } else { Kind::Street };
        let best = order
            .iter()
            .copied()
            .filter(|&p| {
                names[p].is_none()
                    && kinds[p] == kind
                    && !dead(p)
                    && (kind == Kind::Lane || length(&lines[p]) > 230.0 && eastward(&lines[p]))
            })
            .min_by(|a, b| {
                distance(&lines[*a], pt(x, y)).total_cmp(&distance(&lines[*b], pt(x, y)))
            });
        if let Some(p) = best {
            names[p] = Some(fixed.to_owned());
            used.insert(stem(fixed).to_owned());
        }
    }
    let mut words: Vec<Vec<&str>> =
        QUARTERS.iter().map(|q| q.theme.split(' ').rev().collect()).collect();
    let mut spare: Vec<&str> = SPARE.split(' ').rev().collect();
    let mut dice = Dice::new(500);
    for &p in &order {
        if names[p].is_some() {
            continue;
        }
        let line = &lines[p];
        let total = length(line);
        let mut votes: BTreeMap<usize, usize> = BTreeMap::new();
        for k in 0..9 {
            *votes
                .entry((ground.quarter)(along(line, total * (f64::from(k) + 0.5) / 9.0).0))
                .or_default() += 1;
        }
        let quarter =
            votes.iter().max_by_key(|(q, n)| (**n, usize::MAX - **q)).map_or(0, |(q, _)| *q);
        let word = loop {
            let Some(word) = words[quarter].pop().or_else(|| spare.pop()) else { break "Unnamed" };
            if used.insert(word.to_owned()) {
                break word;
            }
        };
        let bent = total / line[0].to(line[line.len() - 1]).max(1.0);
        let suffix = match kinds[p] {
            Kind::Lane => "Lane",
            _ if dead(p) && total < 330.0 => "Court",
            _ if total > 620.0 => "Avenue",
            _ if bent > 1.06 || dice.chance(0.12) => "Way",
            _ => "Street",
        };
        names[p] = Some(format!("{word} {suffix}"));
    }
    names.into_iter().flatten().collect()
}

/// Does a line run east or west rather than north or south?
fn eastward(line: &[Pt]) -> bool {
    let chord = line[line.len() - 1] - line[0];
    chord.x.abs() > chord.y.abs()
}

/// A name without its suffix.
fn stem(name: &str) -> &str {
    name.rsplit_once(' ').map_or(name, |n| n.0)
}

fn number(
    net: &Network,
    path: &[(usize, bool)],
    street: usize,
    name: &str,
    ground: &Ground<'_>,
    out: &mut Vec<Segment>,
) {
    let whole = line_of(net, path);
    let kind = kind_of(net, path);
    let meets_itself = whole[0].to(whole[whole.len() - 1]) < 1.0;
    let backward = !meets_itself && whole[0].to(QUAY) > whole[whole.len() - 1].to(QUAY);
    let mut steps: Vec<(usize, bool)> = path.to_vec();
    if backward {
        steps = steps.into_iter().rev().map(|(e, f)| (e, !f)).collect();
    }
    let lines: Vec<Vec<Pt>> = steps
        .iter()
        .map(|&(e, f)| {
            let line = net.edges[e].line.clone();
            if f { line } else { line.into_iter().rev().collect() }
        })
        .collect();
    let kestrel = (name == "Kestrel Street").then(|| {
        (0..lines.len())
            .min_by(|a, b| distance(&lines[*a], KESTREL).total_cmp(&distance(&lines[*b], KESTREL)))
            .unwrap_or(0)
    });
    let mut base = 0;
    for (k, line) in lines.iter().enumerate() {
        let (e, forward) = steps[k];
        let ends = if forward {
            (net.edges[e].a, net.edges[e].b)
        } else {
            (net.edges[e].b, net.edges[e].a)
        };
        let total = length(line);
        let samples = (total / 4.0).ceil() as usize;
        let bridge =
            (0..=samples).any(|i| (ground.wet)(along(line, total * i as f64 / samples as f64).0));
        let mut segment =
            Segment { line: line.clone(), ends, kind, street, bridge, left: None, right: None };
        let frontage = if kind == Kind::Main {
            14.0
        } else if total > 260.0 {
            17.0
        } else {
            12.0
        };
        let mut houses = ((total - 2.0 * INSET) / frontage).floor() as i64;
        if kestrel == Some(k) {
            base = 200;
            let s = crate::plane::project(line, KESTREL);
            // A little farther on if the block would else be too narrowly numbered.
            let t = ((s - INSET).max(36.0) / (total - 2.0 * INSET)).clamp(0.15, 1.0);
            houses = (7.0 / t).round() as i64 + 1;
        } else if kestrel.is_some_and(|at| k < at) {
            // The 200 block comes where it should: what lies before shares the numbers below.
            houses = houses.min((198 - i64::from(base)) / 2);
        }
        if bridge || houses < 2 {
            if bridge {
                base = (base / 100 + 1) * 100;
            }
            out.push(segment);
            continue;
        }
        let n = houses as u32;
        let first = if base == 0 { (1, 2) } else { (base + 1, base) };
        let odd = (first.0, first.0 + 2 * (n - 1));
        let even = (first.1, first.1 + 2 * (n - 1));
        let stands = |range: Range, left: bool| {
            (range.0..=range.1)
                .step_by(2)
                .all(|number| (ground.buildable)(house(line, range, left, number)))
        };
        segment.left = stands(odd, true).then_some(odd);
        segment.right = stands(even, false).then_some(even);
        let last = odd.1.max(even.1);
        let close = last + 2 - last % 2;
        // A new hundred begins with the block that follows one of some length.
        base = if total > 62.0 || last % 100 > 60 { (last / 100 + 1) * 100 } else { close };
        if kestrel.is_some_and(|at| k + 1 < at) && base > 100 {
            base = close;
        }
        out.push(segment);
    }
}
