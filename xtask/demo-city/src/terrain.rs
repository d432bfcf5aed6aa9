//! Sea, harbor, river, island and ponds, and the land between them. Drawn by hand, roughened by noise.

use crate::{
    dice::noise,
    plane::{Pt, along, curve, distance, inside, length, offset, project, pt, simplify},
};

/// How far the map reaches beyond the origin, metres: about ten kilometres around the city.
pub const REACH: f64 = 14_000.0;

/// The ground of the city.
pub struct Terrain {
    /// Land: the north shore, the south shore, the island.
    pub land: Vec<Vec<Pt>>,
    /// The open sea.
    pub sea: Vec<Pt>,
    /// The harbor basin and the estuary before the river's mouth.
    pub harbor: Vec<Pt>,
    /// The river, the island's ground included.
    pub river: Vec<Pt>,
    /// The island in the river.
    pub island: Vec<Pt>,
    /// Ponds.
    pub ponds: Vec<Vec<Pt>>,
    /// Beaches: the sand above the water.
    pub beaches: Vec<Vec<Pt>>,
    /// Piers and breakwaters.
    pub piers: Vec<Vec<Pt>>,
    /// The river's middle line, from the sea to the hills.
    pub middle: Vec<Pt>,
    /// The coast from the far north to the river's mouth.
    pub north_coast: Vec<Pt>,
    /// The coast from the river's mouth to the far south.
    pub south_coast: Vec<Pt>,
    /// Woods on the hills.
    pub woods: Vec<Vec<Pt>>,
    shores: Vec<Vec<Pt>>,
}

const NORTH_COAST: &[(f64, f64)] = &[
    (-300.0, 14_000.0),
    (-500.0, 10_500.0),
    (-380.0, 8200.0),
    (-560.0, 6600.0),
    (-330.0, 5200.0),
    (-460.0, 4200.0),
    (-420.0, 3300.0),
    (-520.0, 2700.0),
    (-640.0, 2250.0),
    (-770.0, 1950.0),
    (-905.0, 1750.0),
    (-1090.0, 1615.0),
    (-1300.0, 1590.0),
    (-1420.0, 1500.0),
    (-1600.0, 1525.0),
    (-1790.0, 1440.0),
    (-1900.0, 1320.0),
    (-2050.0, 1250.0),
    (-2085.0, 1130.0),
    (-1985.0, 1040.0),
    (-1900.0, 960.0),
    (-1740.0, 955.0),
    (-1600.0, 900.0),
    (-1400.0, 925.0),
    (-1230.0, 860.0),
    (-1040.0, 865.0),
    (-880.0, 790.0),
    (-740.0, 735.0),
    (-610.0, 665.0),
];

const SOUTH_COAST: &[(f64, f64)] = &[
    (-600.0, 478.0),
    (-720.0, 425.0),
    (-850.0, 385.0),
    (-935.0, 290.0),
    (-990.0, 150.0),
    (-1015.0, -20.0),
    (-1060.0, -190.0),
    (-1140.0, -300.0),
    (-1260.0, -365.0),
    (-1320.0, -460.0),
    (-1265.0, -570.0),
    (-1180.0, -700.0),
    (-1115.0, -900.0),
    (-1060.0, -1200.0),
    (-1030.0, -1550.0),
    (-1050.0, -1900.0),
    (-1125.0, -2200.0),
    (-1240.0, -2450.0),
    (-1400.0, -2700.0),
    (-1600.0, -2850.0),
    (-1560.0, -3050.0),
    (-1430.0, -3400.0),
    (-1380.0, -4200.0),
    (-1600.0, -5500.0),
    (-1500.0, -7000.0),
    (-1720.0, -9000.0),
    (-1600.0, -11_000.0),
    (-1750.0, -14_000.0),
];

/// The river's middle, with its half width.
const RIVER: &[(f64, f64, f64)] = &[
    (-605.0, 572.0, 96.0),
    (-350.0, 545.0, 82.0),
    (-50.0, 560.0, 74.0),
    (250.0, 640.0, 68.0),
    (560.0, 765.0, 64.0),
    (900.0, 832.0, 60.0),
    (1250.0, 782.0, 58.0),
    (1470.0, 690.0, 74.0),
    (1640.0, 615.0, 92.0),
    (1800.0, 562.0, 78.0),
    (1960.0, 540.0, 54.0),
    (2350.0, 560.0, 48.0),
    (2750.0, 720.0, 44.0),
    (3150.0, 850.0, 40.0),
    (3600.0, 890.0, 38.0),
    (4000.0, 1120.0, 36.0),
    (4500.0, 1150.0, 34.0),
    (5200.0, 1500.0, 32.0),
    (6300.0, 1480.0, 28.0),
    (7500.0, 2100.0, 26.0),
    (9000.0, 2050.0, 22.0),
    (11_000.0, 2700.0, 20.0),
    (14_000.0, 3200.0, 14.0),
];

fn points(of: &[(f64, f64)]) -> Vec<Pt> {
    of.iter().map(|&(x, y)| pt(x, y)).collect()
}

/// A hand-drawn coast with bays of its own: two sizes of noise, none at its ends nor at the quays.
fn rough(line: Vec<Pt>, stream: u32) -> Vec<Pt> {
    let last = line.len() - 1;
    let total = length(&line);
    let mut s = 0.0;
    let mut out = Vec::with_capacity(line.len());
    for (i, &p) in line.iter().enumerate() {
        if i > 0 {
            s += line[i - 1].to(p);
        }
        let before = line[i.saturating_sub(1)];
        let after = line[(i + 1).min(last)];
        let ends = (s.min(total - s) / 150.0).min(1.0);
        // The quays of the harbor are walls: straight.
        let built = ((p.to(pt(-800.0, 120.0)) - 520.0) / 300.0).clamp(0.12, 1.0);
        let far = if p.x.abs().max(p.y.abs()) > 3600.0 { 6.0 } else { 1.0 };
        let by = noise(p, 210.0, stream) * 13.0
            + noise(p, 70.0, stream + 1) * 6.0
            + noise(p, 900.0, stream + 2) * 16.0 * far;
        out.push(p + (after - before).unit().left() * (by * ends * built));
    }
    simplify(&out, 1.5)
}

impl Default for Terrain {
    fn default() -> Self {
        Self::new()
    }
}

impl Terrain {
    /// Draws it. Always the same.
    #[must_use]
    pub fn new() -> Self {
        let north_coast = rough(curve(&points(NORTH_COAST), 25.0), 11);
        let south_coast = rough(curve(&points(SOUTH_COAST), 25.0), 21);
        let through: Vec<Pt> = RIVER.iter().map(|r| pt(r.0, r.1)).collect();
        let middle = curve(&through, 30.0);
        let stations: Vec<f64> = through.iter().map(|p| project(&middle, *p)).collect();
        let half_width = |s: f64| -> f64 {
            for i in 1..stations.len() {
                if s <= stations[i] {
                    let t =
                        ((s - stations[i - 1]) / (stations[i] - stations[i - 1])).clamp(0.0, 1.0);
                    let t = t * t * (3.0 - 2.0 * t);
                    return RIVER[i - 1].2 * (1.0 - t) + RIVER[i].2 * t;
                }
            }
            RIVER[RIVER.len() - 1].2
        };
        let bank = |side: f64, stream: u32| -> Vec<Pt> {
            let moved = offset(&middle, 1.0);
            let mut s = 0.0;
            let mut out = Vec::new();
            for i in 0..middle.len() {
                if i > 0 {
                    s += middle[i - 1].to(middle[i]);
                }
                let normal = (moved[i] - middle[i]).unit();
                let rough = noise(middle[i], 130.0, stream) * 5.0 * (s / 200.0).min(1.0);
                out.push(middle[i] + normal * (side * (half_width(s) + rough)));
            }
            simplify(&out, 1.0)
        };
        let mut north_bank = bank(1.0, 31);
        let mut south_bank = bank(-1.0, 32);
        for bank in [&mut north_bank, &mut south_bank] {
            if let Some(last) = bank.last_mut() {
                last.x = REACH;
            }
        }
        north_bank[0] = north_coast[north_coast.len() - 1];
        south_bank[0] = south_coast[0];

        let mut north = north_coast.clone();
        north.extend_from_slice(&north_bank[1..]);
        let corner = north_bank[north_bank.len() - 1];
        debug_assert!((corner.x - REACH).abs() < 1e-9);
        north.push(pt(REACH, REACH));
        let mut south: Vec<Pt> = south_bank.iter().rev().copied().collect();
        south.extend_from_slice(&south_coast[1..]);
        south.push(pt(REACH, -REACH));

        let island: Vec<Pt> = {
            let centre = pt(1635.0, 619.0);
            let axis = pt(340.0, -135.0).unit();
            let ring: Vec<Pt> = (0..40)
                .map(|k| {
                    let (s, c) = libm::sincos(f64::from(k) * std::f64::consts::PI / 20.0);
                    let p = axis * (c * 150.0) + axis.left() * (s * (1.0 - 0.35 * c) * 36.0);
                    centre + p + pt(1.0, 1.0) * (noise(p, 60.0, 41) * 3.0)
                })
                .collect();
            ring
        };

        let mut river = north_bank.clone();
        river.extend(south_bank.iter().rev());
        let gate_north = nearest_index(&north_coast, pt(-1740.0, 955.0));
        let gate_south = nearest_index(&south_coast, pt(-1320.0, -460.0));
        let mut harbor = north_coast[gate_north..].to_vec();
        harbor.extend_from_slice(&south_coast[..=gate_south]);
        let mut sea = north_coast[..=gate_north].to_vec();
        sea.extend_from_slice(&south_coast[gate_south..]);
        sea.push(pt(-REACH, -REACH));
        sea.push(pt(-REACH, REACH));

        let ponds = vec![
            pond(pt(118.0, -1690.0), 88.0, 40.0, 20.0, 51),
            pond(pt(60.0, -2330.0), 120.0, 46.0, -12.0, 52),
            pond(pt(-110.0, -2400.0), 58.0, 26.0, 30.0, 53),
            pond(pt(2560.0, 1180.0), 100.0, 52.0, 70.0, 54),
        ];
        let beaches = vec![
            beach(&north_coast, pt(-640.0, 2250.0), 1150.0, 30.0),
            beach(&south_coast, pt(-1045.0, -1500.0), 1700.0, 36.0),
            beach(&north_coast, pt(-1130.0, 862.0), 330.0, 18.0),
        ];
        let piers = piers(&south_coast, &north_coast);
        let shores =
            vec![north_coast.clone(), south_coast.clone(), north_bank, south_bank, closed(&island)]
                .into_iter()
                .chain(ponds.iter().map(|p| closed(p)))
                .map(|line| {
                    line.into_iter().filter(|p| p.x.abs() < 5200.0 && p.y.abs() < 4500.0).collect()
                })
                .collect();
        Self {
            land: vec![north, south, island.clone()],
            sea,
            harbor,
            river,
            island,
            ponds,
            beaches,
            piers,
            middle,
            woods: woods(),
            north_coast,
            south_coast,
            shores,
        }
    }

    /// Is the point in the sea, the harbor, the river or a pond? Piers do not count as land.
    #[must_use]
    pub fn wet(&self, p: Pt) -> bool {
        !self.land.iter().any(|ring| inside(ring, p))
            || self.ponds.iter().any(|ring| inside(ring, p))
    }

    /// Distance to the nearest shore, metres, from either side.
    #[must_use]
    pub fn shore(&self, p: Pt) -> f64 {
        self.shores.iter().map(|line| distance(line, p)).fold(f64::INFINITY, f64::min)
    }

    /// Dry land with at least `margin` metres to the next water.
    #[must_use]
    pub fn dry(&self, p: Pt, margin: f64) -> bool {
        !self.wet(p) && self.shore(p) >= margin
    }
}

/// Woods: blots with a ragged edge.
fn woods() -> Vec<Vec<Pt>> {
    crate::plan::WOODS
        .iter()
        .zip(0u32..)
        .map(|(&((x, y), (long, wide), degrees), number)| {
            let steps = if long > 500.0 { 72 } else { 40 };
            (0..steps)
                .map(|k| {
                    let angle = f64::from(k) * std::f64::consts::TAU / f64::from(steps);
                    let (s, c) = libm::sincos(angle);
                    let p = pt(c * 100.0, s * 100.0);
                    let k = 1.0
                        + 0.30 * noise(p, 80.0, 300 + number)
                        + 0.13 * noise(p, 26.0, 340 + number);
                    pt(x, y) + pt(c * long * k, s * wide * k).turn(degrees)
                })
                .collect()
        })
        .collect()
}

/// A ring as a line that comes back to its beginning.
#[must_use]
pub fn closed(ring: &[Pt]) -> Vec<Pt> {
    let mut line = ring.to_vec();
    line.extend(ring.first());
    line
}

fn nearest_index(line: &[Pt], p: Pt) -> usize {
    (0..line.len()).min_by(|&i, &j| line[i].to(p).total_cmp(&line[j].to(p))).unwrap_or(0)
}

fn pond(at: Pt, long: f64, wide: f64, degrees: f64, stream: u32) -> Vec<Pt> {
    (0..28)
        .map(|k| {
            let (s, c) = libm::sincos(f64::from(k) * std::f64::consts::PI / 14.0);
            let k = 1.0 + 0.22 * noise(pt(c * 100.0, s * 100.0), 70.0, stream);
            at + pt(c * long * k, s * wide * k).turn(degrees)
        })
        .collect()
}

/// A strip of sand along a coast, land to the right of north coasts' line… on the side that is dry.
fn beach(coast: &[Pt], middle: Pt, long: f64, wide: f64) -> Vec<Pt> {
    let at = project(coast, middle);
    let steps = 40;
    let mut outer = Vec::new();
    let mut inner = Vec::new();
    for k in 0..=steps {
        let t = f64::from(k) / f64::from(steps);
        let s = at - long / 2.0 + long * t;
        let p = along(coast, s).0;
        let dir = (along(coast, s + 45.0).0 - along(coast, s - 45.0).0).unit();
        let swell = libm::sin(t * std::f64::consts::PI);
        // Both coasts are drawn with the land on their left.
        let depth = wide * swell.max(0.0).sqrt() * (1.0 + 0.3 * noise(p, 120.0, 61));
        outer.push(p);
        inner.push(p + dir.left() * depth);
    }
    inner.reverse();
    outer.extend(inner);
    outer
}

fn bar(from: Pt, to: Pt, wide: f64) -> Vec<Pt> {
    let n = (to - from).unit().left() * (wide / 2.0);
    vec![from - n, to - n, to + n, from + n]
}

fn piers(south: &[Pt], north: &[Pt]) -> Vec<Vec<Pt>> {
    let mut out = Vec::new();
    for (near, long, wide) in [
        (pt(-725.0, 425.0), 74.0, 13.0),
        (pt(-800.0, 405.0), 92.0, 13.0),
        (pt(-880.0, 352.0), 118.0, 15.0),
        (pt(-940.0, 280.0), 128.0, 15.0),
        (pt(-972.0, 205.0), 128.0, 17.0),
        (pt(-1000.0, 95.0), 150.0, 22.0),
        (pt(-1016.0, -30.0), 120.0, 17.0),
    ] {
        let (p, dir) = along(south, project(south, near));
        // The water lies to the right of the south coast's line.
        out.push(bar(p + dir.left() * 4.0, p - dir.left() * long, wide));
    }
    for (near, long) in [(pt(-1490.0, 910.0), 46.0), (pt(-1440.0, 920.0), 46.0)] {
        let (p, dir) = along(north, project(north, near));
        out.push(bar(p + dir.left() * 4.0, p - dir.left() * long, 8.0));
    }
    // The breakwaters that make the harbor.
    for (through, wide) in [
        (
            vec![pt(-1305.0, -430.0), pt(-1420.0, -330.0), pt(-1560.0, -130.0), pt(-1640.0, 110.0)],
            17.0,
        ),
        (
            vec![pt(-1750.0, 965.0), pt(-1790.0, 800.0), pt(-1785.0, 640.0), pt(-1720.0, 480.0)],
            17.0,
        ),
    ] {
        let line = simplify(&curve(&through, 20.0), 0.8);
        let mut ring = offset(&line, -wide / 2.0);
        ring.extend(offset(&line, wide / 2.0).into_iter().rev());
        out.push(ring);
    }
    out
}
