//! What stands on the city's ground and has a number: lights, hydrants, basins, signs, trees.

use std::collections::BTreeMap;

use crate::{
    City,
    dice::Dice,
    frame::{Micro, micro},
    names::QUARTERS,
    network::Kind,
    plane::{Pt, along, centroid, inside, length, pt},
};

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asset {
    /// Its kind, as in the file.
    pub kind: &'static str,
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub at: Micro,
    /// Whose it is.
    pub owner: &'static str,
}

/// Quarters whose streetlights belong to the power company.
const POWER: [&str; 2] = ["cannery", "juniper_heights"];

/// Where a thing stands: beside a street, off its middle. None in water.
struct Row<'a> {
    city: &'a City,
    out: Vec<(&'static str, Pt, &'static str)>,
}

impl Row<'_> {
    fn put(&mut self, kind: &'static str, at: Pt) {
        self.put_for(kind, at, "city");
    }

    fn put_for(&mut self, kind: &'static str, at: Pt, owner: &'static str) {
        if self.city.terrain.dry(at, 1.0) {
            self.out.push((kind, at, owner));
        }
    }
}

/// Places all assets.
#[must_use]
pub fn assets(city: &City) -> Vec<Asset> {
    let mut row = Row { city, out: Vec::new() };
    let mut dice = Dice::new(900);
    let quarter = |p: Pt| {
        city.zones.neighborhoods.iter().position(|z| z.contains(p)).map_or("", |q| QUARTERS[q].code)
    };
    let (mut trees, mut bins) = (0, 0);
    // Along the streets.
    for segment in &city.streets.segments {
        if segment.bridge {
            continue;
        }
        let total = length(&segment.line);
        let here = quarter(along(&segment.line, total / 2.0).0);
        let (every, both) = match segment.kind {
            Kind::Main => (62.0, true),
            Kind::Lane => (115.0, false),
            _ => (98.0, false),
        };
        let n = (total / every).round() as usize;
        let owner = if POWER.contains(&here) { "alder_power" } else { "city" };
        for k in 0..n {
            let (p, dir) = along(&segment.line, total * (k as f64 + 0.5) / n as f64);
            let side = if both && k % 2 == 1 { -6.5 } else { 6.5 };
            row.put_for("streetlight", p + dir.left() * side, owner);
        }
        let leafy = matches!(
            here,
            "linden_park"
                | "old_mill"
                | "juniper_heights"
                | "beacon_hill"
                | "saddlers_field"
                | "northgate"
        );
        if segment.kind != Kind::Lane && leafy && dice.chance(0.62) && total > 50.0 {
            let n = (total / 38.0) as usize;
            for k in 0..n {
                if trees < 600 {
                    let (p, dir) = along(
                        &segment.line,
                        total * (k as f64 + 0.35 + 0.3 * dice.unit()) / n as f64,
                    );
                    row.put("street_tree", p - dir.left() * 7.5);
                    trees += 1;
                }
            }
        }
        let busy = matches!(here, "harbor" | "downtown" | "chandlery" | "ferry_landing");
        if (busy && segment.kind != Kind::Lane && dice.chance(0.35)
            || segment.kind == Kind::Main && dice.chance(0.4))
            && bins < 240
        {
            let (p, dir) = along(&segment.line, total * 0.2);
            row.put("litter_bin", p + dir.left() * 8.0);
            bins += 1;
        }
    }
    // At the junctions.
    let mut meetings: BTreeMap<usize, Vec<(Kind, usize, Pt)>> = BTreeMap::new();
    for segment in &city.streets.segments {
        let total = length(&segment.line);
        let back = total.min(11.0);
        for (node, s) in [(segment.ends.0, back), (segment.ends.1, total - back)] {
            meetings.entry(node).or_default().push((
                segment.kind,
                segment.street,
                along(&segment.line, s).0,
            ));
        }
    }
    let (mut hydrants, mut basins): (Vec<Pt>, Vec<Pt>) = (Vec::new(), Vec::new());
    for (node, arms) in &meetings {
        let at = city.network.nodes[*node];
        if arms.len() < 3 {
            continue;
        }
        let mut mains: Vec<usize> =
            arms.iter().filter(|a| a.0 == Kind::Main).map(|a| a.1).collect();
        mains.sort_unstable();
        mains.dedup();
        if mains.len() > 1 {
            row.put("traffic_signal", at + (arms[0].2 - at).unit().turn(45.0) * 9.0);
        } else if mains.len() == 1 {
            for arm in arms.iter().filter(|a| a.0 != Kind::Main) {
                let out = (arm.2 - at).unit();
                row.put("stop_sign", at + out * 10.0 + out.left() * 4.5);
            }
        }
        let corner = (arms[0].2 - at).unit().turn(40.0);
        if hydrants.iter().all(|p| p.to(at) > 175.0) {
            hydrants.push(at);
            row.put("hydrant", at + corner * 10.5);
        }
        if basins.iter().all(|p| p.to(at) > 135.0) {
            basins.push(at);
            row.put("catch_basin", at - corner * 6.0);
        }
    }
    // In the parks.
    for park in &city.zones.parks {
        let Some(ring) = park.polygons.first().and_then(|p| p.first()) else { continue };
        let dry = |p: Pt| inside(ring, p) && city.terrain.dry(p, 3.0);
        let (low, high) = crate::plane::bounds(ring);
        let benches = ((park.area() / 9000.0).sqrt() * 3.0).round().clamp(2.0, 14.0) as usize;
        let mut put = 0;
        for _ in 0..400 {
            let p = pt(dice.between(low.x, high.x), dice.between(low.y, high.y));
            if put < benches && dry(p) {
                row.put("bench", p);
                put += 1;
            }
        }
        let middle = centroid(ring);
        let near = |dice: &mut Dice| {
            (0..60)
                .map(|k| {
                    middle
                        + pt(dice.between(-1.0, 1.0), dice.between(-1.0, 1.0))
                            * (f64::from(k) * 4.0)
                })
                .find(|p| dry(*p))
        };
        if park.area() > 8000.0 && park.code != "heron_island" {
            if let Some(p) = near(&mut dice) {
                row.put("playground", p);
            }
            if park.area() > 15_000.0
                && let Some(p) = near(&mut dice)
            {
                row.put("restroom", p);
            }
        }
    }
    // Numbers run from west to east, as an old survey gave them.
    let mut out = row.out;
    let prefix = |kind: &str| match kind {
        "streetlight" => ("SL", 5),
        "hydrant" => ("HY", 4),
        "catch_basin" => ("CB", 4),
        "stop_sign" => ("ST", 4),
        "traffic_signal" => ("TS", 3),
        "litter_bin" => ("LB", 4),
        "street_tree" => ("TR", 4),
        _ => ("PK", 4),
    };
    out.sort_by(|a, b| {
        prefix(a.0).cmp(&prefix(b.0)).then(a.1.x.total_cmp(&b.1.x)).then(a.1.y.total_cmp(&b.1.y))
    });
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let mut assets: Vec<Asset> = out
        .into_iter()
        .map(|(kind, at, owner)| {
            let (letters, digits) = prefix(kind);
            let n = next.entry(letters).or_default();
            *n += 1;
            Asset { kind, number: format!("{letters}-{n:0digits$}"), at: micro(at), owner }
        })
        .collect();
    assets.sort();
    assets
}
