//! Zones: unions of atoms, so that neighbors share their borders point by point; parks; what lies
//! beyond.

use std::collections::BTreeMap;

use crate::{
    fill::of_faces,
    frame::snap,
    names::QUARTERS,
    network::Network,
    plan::{Chart, FABRICS, PARKS, Park},
    plane::{
        Pt, along, area, crossing, distance, inside, length, offset, part, project, pt, simplify,
    },
    skeleton::Skeleton,
    terrain::{REACH, Terrain},
};

/// A zone.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Number of its service line, for what lies beyond.
    pub service_line: Option<&'static str>,
    /// Polygons: an outer ring, counter-clockwise, then holes. Rings do not repeat their first point.
    pub polygons: Vec<Vec<Vec<Pt>>>,
}

impl Zone {
    /// Is the point in it?
    #[must_use]
    pub fn contains(&self, p: Pt) -> bool {
        self.polygons.iter().any(|rings| {
            rings.first().is_some_and(|outer| inside(outer, p))
                && !rings[1..].iter().any(|hole| inside(hole, p))
        })
    }

    /// Area, m².
    #[must_use]
    pub fn area(&self) -> f64 {
        self.polygons.iter().flatten().map(|ring| area(ring)).sum()
    }
}

/// All zones.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    /// The outline.
    pub city: Vec<Zone>,
    /// Neighborhoods, in the order of [`QUARTERS`].
    pub neighborhoods: Vec<Zone>,
    /// Council districts.
    pub districts: Vec<Zone>,
    /// Maintenance yards.
    pub maintenance: Vec<Zone>,
    /// Collection routes.
    pub collection: Vec<Zone>,
    /// Parks; they do not cover the city.
    pub parks: Vec<Zone>,
    /// What lies around the city.
    pub beyond: Vec<Zone>,
}

/// For each atom its quarter. Atoms without a seed go to the quarter with which they share most.
#[must_use]
pub fn quarters(skeleton: &Skeleton) -> Vec<usize> {
    let mut of: Vec<Option<usize>> = vec![None; skeleton.atoms.len()];
    for (q, quarter) in QUARTERS.iter().enumerate() {
        for &(x, y) in quarter.seeds {
            if let Some(atom) = skeleton.atom(pt(x, y)) {
                of[atom].get_or_insert(q);
            }
        }
    }
    let sides = of_faces(&skeleton.borders, &skeleton.atoms);
    while of.iter().any(Option::is_none) {
        let mut shared: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for (i, e) in skeleton.borders.alive() {
            if let [Some(f), Some(g)] = sides[i] {
                for (f, g) in [(f, g), (g, f)] {
                    if let (None, Some(q)) = (of[f], of[g]) {
                        *shared.entry((f, q)).or_default() += length(&e.line);
                    }
                }
            }
        }
        let Some(((atom, q), _)) = shared.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) else {
            break;
        };
        of[atom] = Some(q);
    }
    of.into_iter().map(|q| q.unwrap_or(0)).collect()
}

/// The rings around a set of atoms.
fn union(skeleton: &Skeleton, members: &dyn Fn(usize) -> bool) -> Vec<Vec<Vec<Pt>>> {
    let net = &skeleton.borders;
    let mut halves = std::collections::BTreeSet::new();
    for (a, face) in skeleton.atoms.iter().enumerate() {
        if members(a) {
            for &h in &face.halves {
                halves.insert(h);
            }
        }
    }
    let rim: std::collections::BTreeSet<usize> =
        halves.iter().copied().filter(|h| !halves.contains(&(h ^ 1))).collect();
    let start =
        |h: usize| if h.is_multiple_of(2) { net.edges[h / 2].a } else { net.edges[h / 2].b };
    let end = |h: usize| start(h ^ 1);
    let out_of = |h: usize| {
        let line = &net.edges[h / 2].line;
        let n = line.len();
        if h.is_multiple_of(2) { line[1] - line[0] } else { line[n - 2] - line[n - 1] }
    };
    let mut left = rim;
    let mut outer = Vec::new();
    let mut holes = Vec::new();
    while let Some(&first) = left.iter().next() {
        let mut walk = vec![first];
        left.remove(&first);
        while end(walk[walk.len() - 1]) != start(first) {
            let last = walk[walk.len() - 1];
            let back = out_of(last ^ 1);
            // Where two rings touch, the sharpest turn to the right keeps them apart.
            let next = left.iter().copied().filter(|h| start(*h) == end(last)).min_by(|a, b| {
                let turn = |h: usize| {
                    let angle = libm::atan2(back.cross(out_of(h)), back.dot(out_of(h)));
                    if angle <= 0.0 { angle + std::f64::consts::TAU } else { angle }
                };
                turn(*b).total_cmp(&turn(*a))
            });
            let Some(next) = next else { break };
            left.remove(&next);
            walk.push(next);
        }
        let mut ring: Vec<Pt> = net.ring(&walk).into_iter().map(snap).collect();
        // Points that the files' grid makes one.
        ring.dedup();
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        if area(&ring) > 0.0 { outer.push(ring) } else { holes.push(ring) }
    }
    outer.sort_by(|a, b| area(b).total_cmp(&area(a)));
    outer
        .into_iter()
        .map(|ring| {
            let mut rings = vec![ring];
            let mine: Vec<Vec<Pt>> =
                holes.iter().filter(|h| inside(&rings[0], (h[0] + h[1]) * 0.5)).cloned().collect();
            rings.extend(mine);
            rings
        })
        .collect()
}

/// Makes the zones.
#[must_use]
pub fn zones(skeleton: &Skeleton, terrain: &Terrain, parks: Vec<Zone>) -> Zones {
    let of = quarters(skeleton);
    let zone = |code: &str, name: String, members: &dyn Fn(usize) -> bool| Zone {
        code: code.to_owned(),
        name,
        service_line: None,
        polygons: union(skeleton, members),
    };
    let city = vec![zone("port_alder", "Port Alder".to_owned(), &|_| true)];
    let neighborhoods = QUARTERS
        .iter()
        .enumerate()
        .map(|(q, quarter)| zone(quarter.code, quarter.name.to_owned(), &|a| of[a] == q))
        .collect();
    let districts = (1..=7)
        .map(|d| {
            let code = format!("d{d}");
            zone(&code, format!("District {d}"), &|a| QUARTERS[of[a]].district == code)
        })
        .collect();
    let maintenance =
        [("north", "North"), ("central", "Central"), ("south", "South"), ("east", "East")]
            .iter()
            .map(|(code, name)| zone(code, (*name).to_owned(), &|a| QUARTERS[of[a]].yard == *code))
            .collect();
    let mut collection = Vec::new();
    for (day, name) in [
        ("mon", "Monday"),
        ("tue", "Tuesday"),
        ("wed", "Wednesday"),
        ("thu", "Thursday"),
        ("fri", "Friday"),
    ] {
        for half in ["a", "b"] {
            let code = format!("{day}_{half}");
            collection.push(zone(&code, format!("{name} {}", half.to_uppercase()), &|a| {
                QUARTERS[of[a]].route == code
            }));
        }
    }
    let beyond = beyond(&city[0].polygons[0][0], terrain);
    Zones { city, neighborhoods, districts, maintenance, collection, parks, beyond }
}

/// The land and the sea around the outline, cut where the coast and two boundary stones are.
fn beyond(ring: &[Pt], terrain: &Terrain) -> Vec<Zone> {
    let at = |p: Pt| {
        (0..ring.len()).min_by(|&i, &j| ring[i].to(p).total_cmp(&ring[j].to(p))).unwrap_or(0)
    };
    let coast_at = |coast: &[Pt], north: bool| {
        // The stone on the outline where the coast leaves the city.
        (0..ring.len())
            .filter(|&i| (ring[i].y > 0.0) == north)
            .min_by(|&i, &j| distance(coast, ring[i]).total_cmp(&distance(coast, ring[j])))
            .unwrap_or(0)
    };
    let north = coast_at(&terrain.north_coast, true);
    let south = coast_at(&terrain.south_coast, false);
    let (north_east, south_east) = (at(pt(2480.0, 2060.0)), at(pt(2900.0, -1880.0)));
    // Counter-clockwise around the city: south, south-east, north-east, north.
    let stretch = |from: usize, to: usize| -> Vec<Pt> {
        let mut out = vec![ring[from]];
        let mut i = from;
        while i != to {
            i = (i + 1) % ring.len();
            out.push(ring[i]);
        }
        out
    };
    let north_coast = {
        let s = project(&terrain.north_coast, ring[north]);
        let mut line = part(&terrain.north_coast, 0.0, s - 1.0);
        line.reverse();
        line[0] = ring[north];
        line
    };
    let south_coast = {
        let s = project(&terrain.south_coast, ring[south]);
        let mut line = part(&terrain.south_coast, s + 1.0, length(&terrain.south_coast));
        line[0] = ring[south];
        line
    };
    let end = |line: &[Pt]| line[line.len() - 1];
    let to_east = pt(REACH, 5200.0);
    let to_south_east = pt(REACH, -6800.0);
    let build =
        |code: &str, name: &str, call: &'static str, from: usize, to: usize, out: Vec<Pt>| {
            // Along the outline backwards keeps the city on the right, the zone on the left.
            let mut zone = stretch(from, to);
            zone.reverse();
            zone.extend(out);
            let zone: Vec<Pt> = zone.into_iter().map(snap).collect();
            let zone = if area(&zone) < 0.0 { zone.into_iter().rev().collect() } else { zone };
            Zone {
                code: code.into(),
                name: name.into(),
                service_line: Some(call),
                polygons: vec![vec![zone]],
            }
        };
    let back = |line: &[Pt]| -> Vec<Pt> { line[1..].iter().rev().copied().collect() };
    vec![
        build(
            "cape_lorne_county",
            "Cape Lorne County",
            "555 0160",
            north_east,
            north,
            [vec![to_east, pt(REACH, REACH)], back(&north_coast)].concat(),
        ),
        build(
            "coast_guard",
            "the Coast Guard",
            "555 0177",
            north,
            south,
            [
                north_coast[1..].to_vec(),
                vec![pt(-REACH, end(&north_coast).y), pt(-REACH, end(&south_coast).y)],
                back(&south_coast),
            ]
            .concat(),
        ),
        build(
            "eastmere",
            "Eastmere",
            "555 0142",
            south_east,
            north_east,
            vec![to_south_east, to_east],
        ),
        build(
            "tolliver_bay",
            "Tolliver Bay",
            "555 0158",
            south,
            south_east,
            [south_coast[1..].to_vec(), vec![pt(REACH, end(&south_coast).y), to_south_east]]
                .concat(),
        ),
    ]
}

/// The parks: faces that the streets leave free, and strips along the shores.
#[must_use]
pub fn parks(net: &Network, terrain: &Terrain) -> Vec<Zone> {
    let faces = net.faces();
    let mut out = Vec::new();
    let mut add = |code: &str, name: &str, ring: Vec<Pt>| {
        let ring: Vec<Pt> = ring.into_iter().map(snap).collect();
        let ring = if area(&ring) < 0.0 { ring.into_iter().rev().collect() } else { ring };
        out.push(Zone {
            code: code.into(),
            name: name.into(),
            service_line: None,
            polygons: vec![vec![ring]],
        });
    };
    for park in PARKS {
        let at = pt(park.at.0, park.at.1);
        let Some(face) = faces
            .iter()
            .filter(|f| inside(&f.ring, at))
            .min_by(|a, b| area(&a.ring).total_cmp(&area(&b.ring)))
        else {
            continue;
        };
        // Dead ends within the face are no part of its ring.
        let halves: Vec<usize> =
            face.halves.iter().copied().filter(|h| !face.halves.contains(&(h ^ 1))).collect();
        let ring = net.ring(&halves);
        let meant = 4.0 * park.half.0 * park.half.1;
        if meant > 0.0
            && park.code != "beacon_park"
            && (area(&ring) > 1.5 * meant || halves.len() < face.halves.len())
        {
            // A street beside it is missing, or one ends within: only the ground meant.
            add(park.code, park.name, lawn(park, net));
        } else {
            add(park.code, park.name, inset(&ring, 8.0));
        }
    }
    let strip = |shore: &[Pt], from: Pt, to: Pt, road: &[Pt], off: f64| -> Vec<Pt> {
        let (a, b) = (project(shore, from), project(shore, to));
        let mut ring = part(shore, a.min(b), a.max(b));
        let (first, last) = (ring[0], ring[ring.len() - 1]);
        let (c, d) = (project(road, first), project(road, last));
        let mut edge = part(road, c.min(d), c.max(d));
        if c < d {
            edge.reverse();
        }
        // To the side of the road on which the water is.
        let (p, dir) = along(road, f64::midpoint(c, d));
        let wet_left = dir.cross(along(shore, f64::midpoint(a, b)).0 - p) > 0.0;
        let side = if wet_left == (c < d) { -off } else { off };
        ring.extend(offset(&edge, side));
        ring
    };
    let road = |name: &str| -> Vec<Pt> {
        let through: Vec<Pt> = crate::plan::MAINS
            .iter()
            .filter(|m| m.name == name)
            .flat_map(|m| m.through.iter().map(|&(x, y)| pt(x, y)))
            .collect();
        simplify(&crate::plane::curve(&through, 12.0), 0.6)
    };
    let headland = {
        let coast = &terrain.north_coast;
        let (a, b) = (project(coast, pt(-1560.0, 1525.0)), project(coast, pt(-1660.0, 905.0)));
        part(coast, a, b)
    };
    add("lighthouse_park", "Lighthouse Park", headland);
    add("heron_island", "Heron Island", terrain.island.clone());
    let south_bank: Vec<Pt> = terrain.land[1]
        .iter()
        .copied()
        .filter(|p| p.x < 4000.0 && p.x > -640.0 && p.y > 100.0)
        .collect();
    add(
        "riverside_walk",
        "Riverside Walk",
        strip(&south_bank, pt(-180.0, 470.0), pt(350.0, 610.0), &road("River Road"), 9.0),
    );
    add(
        "mill_meadow",
        "Mill Meadow",
        strip(&south_bank, pt(560.0, 700.0), pt(1120.0, 740.0), &road("River Road"), 9.0),
    );
    add(
        "south_strand_park",
        "South Strand",
        strip(
            &terrain.south_coast,
            pt(-1040.0, -1330.0),
            pt(-1180.0, -2330.0),
            &road("Ocean Avenue"),
            10.0,
        ),
    );
    out
}

/// The ground meant for a park, drawn in until no street comes near.
fn lawn(park: &Park, net: &Network) -> Vec<Pt> {
    let at = pt(park.at.0, park.at.1);
    let degrees = FABRICS
        .iter()
        .filter_map(|fabric| match fabric.chart {
            Chart::Grid(degrees, (x, y)) => Some((pt(x, y).to(at), degrees)),
            _ => None,
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(0.0, |found| found.1);
    let mut ring = Vec::new();
    for step in 0..12 {
        let k = 1.0 - f64::from(step) * 0.06;
        let (w, h) = ((park.half.0 - 8.0) * k, (park.half.1 - 8.0) * k);
        ring =
            [(-w, -h), (w, -h), (w, h), (-w, h)].map(|(x, y)| at + pt(x, y).turn(degrees)).to_vec();
        let edge = crate::terrain::closed(&ring);
        let free = net.alive().all(|(_, e)| {
            e.line.iter().all(|p| !inside(&ring, *p))
                && edge.iter().all(|p| distance(&e.line, *p) > 6.0)
                && !edge
                    .windows(2)
                    .any(|a| e.line.windows(2).any(|b| crossing(a[0], a[1], b[0], b[1]).is_some()))
        });
        if free {
            break;
        }
    }
    ring
}

/// A ring drawn in by a distance.
fn inset(ring: &[Pt], by: f64) -> Vec<Pt> {
    let ring = simplify(&crate::terrain::closed(ring), 0.5);
    let n = ring.len() - 1;
    (0..n)
        .map(|i| {
            let (before, here, after) = (ring[(i + n - 1) % n], ring[i], ring[i + 1]);
            let (u, v) = ((here - before).unit(), (after - here).unit());
            let dir = (u + v).unit();
            here + dir.left() * (by / dir.dot(v).max(0.5))
        })
        .collect()
}
