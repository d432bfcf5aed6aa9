//! Where things are in a city: houses, assets, spots in parks, and how much of what happens, and
//! how slowly it is mended, in each neighborhood.

use std::collections::BTreeMap;
use std::sync::Arc;

use mend_core::city::gazetteer::houses::HouseRange;
use mend_core::city::pack::Segment;
use mend_core::city::{City, zones};
use mend_core::location::{AssetRef, Location, LocationSource, Point};
use mend_core::time::Timestamp;

use super::dice::{Dice, Urn};

/// The layer whose zones differ in how much happens and how fast it is mended.
const NEIGHBORHOODS: &str = "neighborhood";
/// The layer of parks.
const PARKS: &str = "park";
/// The service that is about parks.
const PARK_SERVICE: &str = "park_maintenance";

/// The busiest neighborhood has this many times as much for each house as the middle one, and the
/// quietest the same part of it.
const BUSY: f64 = 2.0;
/// How far the slowest neighborhood is from the middle one, and the fastest on the other side: in
/// logarithms of the odds of a rank. Boston's spread is wider: the median time of a neighborhood
/// is 0.3 to 5 times the city's.
const SLOW: f64 = 0.7;
/// The variance of the odds of a uniform rank: of the logistic distribution, π²/3.
const ODDS_VARIANCE: f64 = 3.29;

/// How often a report of a service that knows assets names one.
const NAMES_ASSET: f64 = 0.5;
/// The same where the asset is what the service is about.
const IS_ASSET: f64 = 0.9;
/// How often something in a park is no numbered thing.
const IN_PARK: f64 = 0.9;
/// How often what a storm broke is where it was worst.
const WORST: f64 = 0.6;
/// How often the same thing is told of at the same place. Half of Boston's duplicates are less
/// than a metre apart, nine in ten less than 50 m.
const SAME_PLACE: f64 = 0.7;
/// Spots that are looked for in each park.
const PARK_SPOTS: usize = 24;
/// How often a place is drawn again that lies outside of the city.
const TRIES: usize = 40;

/// A place, as short as can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// Side of a segment, and house number.
    House(usize, u32),
    /// An address with a point of its own.
    Address(usize),
    /// An asset.
    Asset(usize),
    /// A spot in a park.
    Park(usize),
}

/// A side of a segment that has houses.
#[derive(Debug)]
struct Side {
    street: usize,
    segment: usize,
    /// The place among the ranges of the segment.
    side: usize,
    low: u32,
    count: usize,
}

/// What lies in one neighborhood.
#[derive(Debug, Default)]
struct Neighborhood {
    houses: Vec<Spot>,
    urn: Urn,
    /// By kind.
    assets: BTreeMap<String, Vec<usize>>,
    /// To be added to the logarithm of the odds of a rank.
    slow: f64,
}

/// All places of a city from which records take theirs.
#[derive(Debug)]
pub struct Sites {
    city: Arc<City>,
    sides: Vec<Side>,
    neighborhoods: Vec<Neighborhood>,
    urn: Urn,
    /// What the spread of neighborhoods adds to the spread of ranks is taken from it.
    narrower: f64,
    /// By kind.
    assets: BTreeMap<String, Vec<usize>>,
    /// Zone code and point.
    parks: Vec<(String, Point)>,
}

fn range(segment: &Segment, side: usize) -> Option<HouseRange<&[Point]>> {
    HouseRange::of(segment).nth(side)
}

/// A number that is as good as random for a text, and the same on every machine (FNV-1a).
fn mixed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// For each text a number from -1 to 1, spread evenly over them in an order of chance.
fn spread(of: &[String], seed: u64, stream: u64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by_cached_key(|n| (Dice::new(seed ^ mixed(&of[*n]), stream).bits(), *n));
    let mut found = vec![0.0; of.len()];
    let last = of.len().saturating_sub(1).max(1) as f64;
    for (place, n) in order.into_iter().enumerate() {
        found[n] = if of.len() < 2 { 0.0 } else { 2.0 * place as f64 / last - 1.0 };
    }
    found
}

impl Sites {
    /// Looks at all of a city, by the zones that hold at `when`. None: there is no place in it.
    pub fn new(city: Arc<City>, seed: u64, when: Timestamp) -> Option<Self> {
        let mut names: Vec<String> = Vec::new();
        let mut found: Vec<Neighborhood> = Vec::new();
        let mut weights: Vec<Vec<f64>> = Vec::new();
        let mut neighborhood = |point: Point| {
            let zone = city.locate(point, when).remove(NEIGHBORHOODS).unwrap_or_default();
            names.iter().position(|name| *name == zone).unwrap_or_else(|| {
                names.push(zone);
                found.push(Neighborhood::default());
                weights.push(Vec::new());
                names.len() - 1
            })
        };
        let places = &city.pack().gazetteer;
        let mut sides = Vec::new();
        let mut houses: Vec<(usize, Spot, f64)> = Vec::new();
        for (street, all) in places.streets.iter().enumerate() {
            for (segment, one) in all.segments.iter().enumerate() {
                for (side, range) in HouseRange::of(one).enumerate() {
                    let count = range.numbers().count();
                    let middle = range.numbers().nth(count / 2);
                    let Some(point) = middle.and_then(|n| range.place(n)) else { continue };
                    if !city.contains(point) {
                        continue;
                    }
                    let low = range.bounds().0.max(1);
                    let spot = Spot::House(sides.len(), low);
                    houses.push((neighborhood(point), spot, count as f64));
                    sides.push(Side { street, segment, side, low, count });
                }
            }
        }
        for (n, address) in places.addresses.iter().enumerate() {
            if city.contains(address.at) {
                houses.push((neighborhood(address.at), Spot::Address(n), 1.0));
            }
        }
        let mut assets: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut in_zones: Vec<(usize, usize)> = Vec::new();
        for (n, asset) in places.assets.iter().enumerate() {
            if city.contains(asset.at) {
                assets.entry(asset.kind.clone()).or_default().push(n);
                in_zones.push((neighborhood(asset.at), n));
            }
        }
        for (zone, spot, weight) in houses {
            found[zone].houses.push(spot);
            weights[zone].push(weight);
        }
        for (zone, n) in in_zones {
            let kind = places.assets[n].kind.clone();
            found[zone].assets.entry(kind).or_default().push(n);
        }
        let busy = spread(&names, seed, 11);
        let slow = spread(&names, seed, 12);
        let volumes: Vec<f64> = weights
            .iter()
            .zip(&busy)
            .map(|(weights, busy)| weights.iter().sum::<f64>() * BUSY.powf(*busy))
            .collect();
        let all: f64 = volumes.iter().sum();
        if all <= 0.0 {
            return None;
        }
        let middle = volumes.iter().zip(&slow).map(|(v, slow)| v * slow).sum::<f64>() / all;
        let mut variance = 0.0;
        for (zone, slow) in slow.into_iter().enumerate() {
            found[zone].slow = (slow - middle) * SLOW;
            variance += found[zone].slow.powi(2) * volumes[zone] / all;
            found[zone].urn = Urn::new(weights[zone].iter().copied());
        }
        Some(Self {
            sides,
            neighborhoods: found,
            urn: Urn::new(volumes),
            narrower: (1.0 + variance / ODDS_VARIANCE).sqrt().recip(),
            assets,
            parks: parks(&city, seed, when),
            city,
        })
    }

    /// Where something of a service is, and the neighborhood. `storm`: where it was worst.
    pub fn draw(&self, service: usize, storm: Option<f64>, dice: &mut Dice) -> (Spot, usize) {
        let zone = match storm.filter(|_| dice.chance(WORST)) {
            // The same place in the order of neighborhoods for all that a storm broke.
            Some(center) => (center * self.neighborhoods.len() as f64) as usize,
            None => self.urn.draw(dice).unwrap_or(0),
        };
        let service = self.city.catalogue().services.get(service);
        let code = service.map_or("", |service| &service.code);
        let kinds = service.map_or(&[][..], |service| &service.asset_kinds);
        if code == PARK_SERVICE && !self.parks.is_empty() && dice.chance(IN_PARK) {
            return (Spot::Park(dice.below(self.parks.len())), zone);
        }
        let needs_asset =
            service.is_some_and(|s| s.place == mend_core::catalogue::PlaceNeed::Asset);
        if dice.chance(if needs_asset { IS_ASSET } else { NAMES_ASSET })
            && let Some(kind) = dice.pick(kinds)
        {
            let here = self.neighborhoods.get(zone).and_then(|zone| zone.assets.get(kind));
            let anywhere = self.assets.get(kind);
            if let Some(n) = here.or(anywhere).and_then(|all| dice.pick(all)) {
                return (Spot::Asset(*n), zone);
            }
        }
        (self.house(zone, dice), zone)
    }

    /// A house of a neighborhood, inside the city.
    fn house(&self, zone: usize, dice: &mut Dice) -> Spot {
        let mut any = None;
        for attempt in 0..TRIES {
            // A neighborhood without houses: then anywhere.
            let zone = if attempt < TRIES / 2 { zone } else { self.urn.draw(dice).unwrap_or(0) };
            let Some(zone) = self.neighborhoods.get(zone) else { continue };
            let Some(spot) = zone.urn.draw(dice).and_then(|n| zone.houses.get(n)) else { continue };
            any = any.or(Some(*spot));
            let spot = match *spot {
                Spot::House(side, _) => match self.sides.get(side) {
                    Some(of) => Spot::House(side, of.low + 2 * dice.below(of.count) as u32),
                    None => continue,
                },
                other => other,
            };
            if self.point(spot).is_some_and(|point| self.city.contains(point)) {
                return spot;
            }
        }
        any.unwrap_or(Spot::Address(0))
    }

    /// The same place, or one a few houses on: as someone else would tell of it.
    pub fn near(&self, spot: Spot, dice: &mut Dice) -> Spot {
        let Spot::House(side, number) = spot else { return spot };
        let Some(of) = self.sides.get(side).filter(|_| !dice.chance(SAME_PLACE)) else {
            return spot;
        };
        let here = (number.saturating_sub(of.low) / 2) as usize;
        let there = (here + dice.below(5)).saturating_sub(2).min(of.count.saturating_sub(1));
        let near = Spot::House(side, of.low + 2 * there as u32);
        if self.point(near).is_some_and(|point| self.city.contains(point)) { near } else { spot }
    }

    /// The rank that something has in its neighborhood: later in a slow one, earlier in a fast one.
    /// Over all neighborhoods ranks stay spread as they were.
    pub fn rank(&self, rank: f64, zone: usize) -> f64 {
        let slow = self.neighborhoods.get(zone).map_or(0.0, |zone| zone.slow);
        let rank = rank.clamp(1e-6, 1.0 - 1e-6);
        let odds = self.narrower * (rank / (1.0 - rank)).ln() + slow;
        1.0 / (1.0 + (-odds).exp())
    }

    /// Where a spot is, to a tenth of a metre.
    pub fn point(&self, spot: Spot) -> Option<Point> {
        let places = &self.city.pack().gazetteer;
        let point = match spot {
            Spot::House(side, number) => {
                let of = self.sides.get(side)?;
                let segment = places.streets.get(of.street)?.segments.get(of.segment)?;
                range(segment, of.side)?.place(number)
            }
            Spot::Address(n) => Some(places.addresses.get(n)?.at),
            Spot::Asset(n) => Some(places.assets.get(n)?.at),
            Spot::Park(n) => Some(self.parks.get(n)?.1),
        }?;
        let short = |degrees: f64| (degrees * 1e6).round() / 1e6;
        Point::new(short(point.lat()), short(point.lon())).ok()
    }

    /// A spot as someone would have named it.
    pub fn location(&self, spot: Spot) -> Option<Location> {
        let places = &self.city.pack().gazetteer;
        let point = self.point(spot)?;
        let street = |n: usize| places.streets.get(n).map_or("", |street| &street.name);
        let (source, label, asset) = match spot {
            Spot::House(side, number) => {
                let street = street(self.sides.get(side)?.street);
                (LocationSource::Address, format!("{number} {street}"), None)
            }
            Spot::Address(n) => {
                let address = places.addresses.get(n)?;
                let street = street(address.street as usize);
                (LocationSource::Address, format!("{} {street}", address.number), None)
            }
            Spot::Asset(n) => {
                let asset = places.assets.get(n)?;
                let label = match self.street_near(point) {
                    Some(n) => format!("{}, {}", street(n), asset.number),
                    None => asset.number.clone(),
                };
                let asset = AssetRef { kind: asset.kind.clone(), number: asset.number.clone() };
                (LocationSource::Asset, label, Some(asset))
            }
            Spot::Park(n) => {
                let code = &self.parks.get(n)?.0;
                let name = self.city.zone_name(PARKS, code).unwrap_or(code);
                (LocationSource::Pin, name.to_owned(), None)
            }
        };
        Some(Location { point, source, accuracy_m: None, fix_age_s: None, label, asset })
    }

    /// The street with the nearest corner or bend.
    fn street_near(&self, point: Point) -> Option<usize> {
        // Only compared with each other, within one city: degrees, squeezed to the latitude.
        let squeeze = point.lat().to_radians().cos();
        let far = |other: &Point| {
            let (x, y) = ((other.lon() - point.lon()) * squeeze, other.lat() - point.lat());
            x * x + y * y
        };
        let streets = self.city.pack().gazetteer.streets.iter().enumerate();
        let nearest = streets.filter_map(|(n, street)| {
            let points = street.segments.iter().flat_map(|segment| &segment.line);
            points.map(far).min_by(f64::total_cmp).map(|far| (far, n))
        });
        nearest.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, n)| n)
    }
}

/// Spots in each park, in the order of the parks.
fn parks(city: &City, seed: u64, when: Timestamp) -> Vec<(String, Point)> {
    let mut found = Vec::new();
    let Some(layer) = city.pack().zones.get(PARKS) else { return found };
    for feature in &layer.features {
        let (Some(code), Ok(shape)) = (zones::text(feature, "code"), zones::shape(feature)) else {
            continue;
        };
        let corners = || shape.0.iter().flat_map(|polygon| &polygon.exterior().0);
        let least = |of: fn(f64, f64) -> f64, start: f64| {
            let (x, y) = (corners().map(|c| c.x), corners().map(|c| c.y));
            (x.fold(start, of), y.fold(start, of))
        };
        let (west, south) = least(f64::min, f64::INFINITY);
        let (east, north) = least(f64::max, f64::NEG_INFINITY);
        let mut dice = Dice::new(seed ^ mixed(code), 13);
        let mut spots = 0;
        for _ in 0..PARK_SPOTS * TRIES {
            let at = Point::new(dice.between(south, north), dice.between(west, east));
            let Ok(at) = at else { continue };
            let here = city.locate(at, when);
            if here.get(PARKS).is_some_and(|zone| zone == code) && city.contains(at) {
                found.push((code.to_owned(), at));
                spots += 1;
                if spots == PARK_SPOTS {
                    break;
                }
            }
        }
    }
    found
}
