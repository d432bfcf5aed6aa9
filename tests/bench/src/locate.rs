//! Locating in seven layers of Boston and routing, one core, each point asked once.
//!
//! Points are those of the records and random ones within the outline, all different, in random
//! order, and no round asks a point that an earlier one has asked. The plain way answers the same
//! points in the same rounds, and each way answers each point once.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use geo::Intersects;
use geojson::Feature;
use mend_core::catalogue::Priority;
use mend_core::city::pack::CityPack;
use mend_core::city::zones::{Located, shape};
use mend_core::city::{City, RouteQuery, Router, Zones};
use mend_core::location::Point;
use mend_core::time::Timestamp;

use crate::figure::{Figure, median};
use crate::{Outcome, reference};

mod boston;
mod plain;

use boston::Record;
use plain::Plain;

const ROUNDS: usize = 7;
const POINTS_A_ROUND: usize = 60_000;
/// 1 June 2015, noon in Boston.
const WHEN: Timestamp = Timestamp(1_433_174_400_000);

/// The same day there.
const DAY: jiff::civil::Date = jiff::civil::date(2015, 6, 1);

/// A question: where, and about what.
struct Asked<'a> {
    lat: f64,
    lon: f64,
    service: &'a str,
}

pub fn run() -> Result<Outcome> {
    let boston = match reference::folder("boston") {
        Ok(folder) => folder,
        Err(why) => return Ok(Outcome::PassedOver(why)),
    };
    let records = boston::records(&boston)?;
    let pack = boston::pack(&boston, &records)?;
    let zones = Zones::new(&pack.zones);
    let asked = points(&zones, &records);
    ensure!(asked.len() == ROUNDS * POINTS_A_ROUND, "only {} points", asked.len());

    let build = |_| {
        let start = Instant::now();
        let zones = black_box(Zones::new(&pack.zones));
        black_box(Router::new(&pack, &zones));
        start.elapsed().as_secs_f64() * 1000.0
    };
    let build = median((0..ROUNDS).map(build).collect());
    let router = Router::new(&pack, &zones);
    let plain = Plain::new(&pack.zones);
    let city = City::from_pack(pack.clone()).context("the city does not pass its checks")?;

    let none = BTreeMap::new();
    let answers = BTreeMap::new();
    let ask = RouteQuery {
        service: "",
        zones: &none,
        priority: Priority::Medium,
        answers: &answers,
        asset: None,
        at: WHEN,
    };
    let (mut located, mut beside) = (Located::default(), Vec::new());
    let mut rates = [(); 5].map(|()| Vec::new());
    for round in asked.chunks_exact(POINTS_A_ROUND) {
        rates[0].push(rate(round, |asked| {
            zones.locate_into(asked.lat, asked.lon, DAY, &mut located);
            black_box(&located);
        }));
        rates[1].push(rate(round, |asked| {
            plain.locate(asked.lat, asked.lon, &mut beside);
            black_box(&beside);
        }));
        rates[2].push(rate(round, |asked| {
            zones.locate_into(asked.lat, asked.lon, DAY, &mut located);
            let query = RouteQuery { service: asked.service, ..ask };
            black_box(router.route_located(city.calendar(), &zones, &located, &query));
        }));
        rates[3].push(rate(round, |asked| {
            plain.locate(asked.lat, asked.lon, &mut beside);
            // The router is given a place of ours, so that the plain way pays for no names.
            let query = RouteQuery { service: asked.service, ..ask };
            black_box(router.route_located(city.calendar(), &zones, &located, &query));
        }));
        rates[4].push(rate(round, |asked| {
            let Ok(at) = Point::new(asked.lat, asked.lon) else { return };
            let zones = city.locate(at, WHEN);
            black_box(city.route(&RouteQuery { service: asked.service, zones: &zones, ..ask }));
        }));
    }
    let [zones_only, plain_only, both, plain_both, whole] = rates.map(median);
    let differing = differing(&pack, &zones, &plain, &asked)?;
    Ok(Outcome::Measured(vec![
        Figure::rate("locate.zones_and_route", both, plain_both),
        Figure::rate("locate.zones", zones_only, plain_only),
        Figure::rate("locate.city", whole, plain_both),
        Figure::alone("locate.build", build, "ms"),
        Figure::alone("locate.index", zones.index_bytes() as f64 / 1_048_576.0, "MiB"),
        Figure::alone("locate.routes", pack.routes.len() as f64, ""),
        Figure::alone("locate.points", asked.len() as f64, ""),
        // On borders and where zones overlap; ours are right there, or this would have failed.
        Figure::alone("locate.points_differing", differing as f64, ""),
    ]))
}

/// Answers in a second.
fn rate(round: &[Asked<'_>], mut answer: impl FnMut(&Asked<'_>)) -> f64 {
    let start = Instant::now();
    for asked in round {
        answer(asked);
    }
    round.len() as f64 / start.elapsed().as_secs_f64()
}

/// How many points lie in other zones by the plain way.
///
/// # Errors
/// One of them lies in another zone also by a test of all shapes in the order of their file. The
/// plain way takes any zone that contains the point, and on a border none.
fn differing(pack: &CityPack, zones: &Zones, plain: &Plain, asked: &[Asked<'_>]) -> Result<usize> {
    let mut beside = Vec::new();
    let mut count = 0;
    for &Asked { lat, lon, .. } in asked {
        plain.locate(lat, lon, &mut beside);
        let ours = zones.locate(lat, lon, DAY);
        let mut differs = false;
        for ((layer, collection), zone) in pack.zones.iter().zip(&beside) {
            let zones = &collection.features;
            let code = |zone: Option<usize>| zones.get(zone?)?.property("code")?.as_str();
            let ours = ours.get(layer).map(String::as_str);
            if code(*zone) != ours {
                let at = geo::Coord { x: lon, y: lat };
                let covers = |zone: &Feature| shape(zone).is_ok_and(|shape| shape.intersects(&at));
                let first = code(zones.iter().position(covers));
                ensure!(first == ours, "{lat}, {lon} lies in {layer} {first:?}, not in {ours:?}");
                differs = true;
            }
        }
        count += usize::from(differs);
    }
    Ok(count)
}

/// Different points of the records and random ones within the outline, with services as frequent
/// as in the records, in random order.
fn points<'a>(zones: &Zones, records: &'a [Record]) -> Vec<Asked<'a>> {
    let mut random = fastrand::Rng::with_seed(311);
    let wanted = ROUNDS * POINTS_A_ROUND;
    let mut seen = BTreeSet::new();
    let mut asked = Vec::with_capacity(wanted);
    for record in records {
        let (lat, lon) = record.at;
        if seen.insert((lat.to_bits(), lon.to_bits())) {
            asked.push(Asked { lat, lon, service: &record.service });
        }
    }
    let mut located = Located::default();
    let mut inside = |lat: f64, lon: f64| {
        zones.locate_into(lat, lon, DAY, &mut located);
        zones.zone_in("neighborhood", &located).is_some()
    };
    while asked.len() < wanted {
        let lat = 42.2279 + random.f64() * (42.3970 - 42.2279);
        let lon = -71.1913 + random.f64() * (71.1913 - 70.9227);
        if inside(lat, lon) && seen.insert((lat.to_bits(), lon.to_bits())) {
            let service = &records[random.usize(..records.len())].service;
            asked.push(Asked { lat, lon, service });
        }
    }
    random.shuffle(&mut asked);
    asked
}
