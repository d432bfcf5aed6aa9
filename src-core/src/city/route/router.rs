//! The rules of a pack, prepared so that a request meets few of them.
//!
//! Services, zones and priorities rule out 64 rules at a time: for each service, each zone that a
//! rule names, and each priority there is a set of the rules that it leaves, and only the rules in
//! all of them are looked at. With the most rules and zones that a pack may have and every zone
//! named, the sets take 256 bytes for each service and zone.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::bits::{Bits, Row};
use super::hours::{Arrival, Hours};
use super::{RouteQuery, Routed, SERVICE_DEPARTMENT, UNROUTED};
use crate::catalogue::{Answer, Priority};
use crate::city::Calendar;
use crate::city::pack::{CityPack, RouteRule, RouteTarget};
use crate::city::zones::{Located, Zones};
use crate::event::Reason;

const PRIORITIES: [Priority; 4] =
    [Priority::Low, Priority::Medium, Priority::High, Priority::Critical];

/// The rules of a city, ready to be asked.
#[derive(Debug, Clone)]
pub struct Router {
    rules: Vec<Rule>,
    bits: Bits,
    services: BTreeMap<String, Service>,
    /// What a service leaves that neither a rule nor the catalogue names.
    other_service: Row,
    /// In the order of [`PRIORITIES`].
    priorities: [Row; 4],
    layers: Vec<Layer>,
    unrouted_department: String,
}

#[derive(Debug, Clone)]
struct Rule {
    rule: RouteRule,
    hours: Option<Hours>,
    department: String,
    crew: Option<String>,
}

#[derive(Debug, Clone)]
struct Service {
    row: Row,
    /// None: rules name it, and the city does not offer it.
    department: Option<String>,
}

/// A layer that rules name.
#[derive(Debug, Clone)]
struct Layer {
    name: String,
    /// What a zone leaves that no rule names, or a place in no zone.
    other: Row,
    zones: BTreeMap<String, Row>,
    /// The layer's place among the city's layers, and the rows by the number of the zone.
    located: Option<(usize, Vec<Row>)>,
}

/// Where a place lies, in either spelling.
#[derive(Clone, Copy)]
enum Place<'a> {
    Named(&'a BTreeMap<String, String>),
    Located(&'a Zones, &'a Located),
}

impl Router {
    /// Prepares the rules of a checked pack. Rules that can send nobody are left out.
    pub fn new(pack: &CityPack, zones: &Zones) -> Self {
        let rules: Vec<Rule> = pack.routes.iter().filter_map(|rule| prepare(pack, rule)).collect();
        let mut bits = Bits::new(rules.len());
        let having = |keep: &dyn Fn(&RouteRule) -> bool| {
            let all = rules.iter().enumerate();
            all.filter(|(_, rule)| keep(&rule.rule)).map(|(i, _)| i).collect::<Vec<_>>()
        };
        let other_service = bits.row(having(&|rule| rule.services.is_empty()));
        let priorities = PRIORITIES.map(|priority| {
            bits.row(having(&|rule| rule.at_least.is_none_or(|least| priority >= least)))
        });
        let mut services = BTreeMap::new();
        for service in &pack.services.services {
            services.entry(service.code.clone()).or_insert_with(|| Service {
                row: bits.copy(other_service),
                department: Some(service.department.clone()),
            });
        }
        let mut layers: BTreeMap<&str, Layer> = BTreeMap::new();
        for (i, Rule { rule, .. }) in rules.iter().enumerate() {
            for code in &rule.services {
                let service = services
                    .entry(code.clone())
                    .or_insert_with(|| Service { row: bits.copy(other_service), department: None });
                bits.set(service.row, i);
            }
            for (name, codes) in &rule.zones {
                let layer = layers.entry(name).or_insert_with(|| Layer {
                    name: name.clone(),
                    other: bits.row(having(&|rule| !rule.zones.contains_key(name))),
                    zones: BTreeMap::new(),
                    located: None,
                });
                for code in codes {
                    let row =
                        *layer.zones.entry(code.clone()).or_insert_with(|| bits.copy(layer.other));
                    bits.set(row, i);
                }
            }
        }
        let layers = layers.into_values().map(|layer| layer.located_in(zones)).collect();
        Self {
            bits,
            services,
            other_service,
            priorities,
            layers,
            unrouted_department: pack.unrouted_department.clone(),
            rules,
        }
    }

    /// Where a request goes; always somewhere. See [`crate::city::City::route`].
    pub fn route(&self, calendar: &Calendar, query: &RouteQuery<'_>) -> Routed {
        self.find(calendar, Place::Named(query.zones), query)
    }

    /// The same for a place that the same `zones` have located with [`Zones::locate_into`];
    /// [`RouteQuery::zones`] is not read.
    pub fn route_located(
        &self,
        calendar: &Calendar,
        zones: &Zones,
        located: &Located,
        query: &RouteQuery<'_>,
    ) -> Routed {
        self.find(calendar, Place::Located(zones, located), query)
    }

    fn find(&self, calendar: &Calendar, place: Place<'_>, query: &RouteQuery<'_>) -> Routed {
        let service = self.services.get(query.service);
        let mut rows = Vec::with_capacity(self.layers.len() + 2);
        rows.push(service.map_or(self.other_service, |service| service.row));
        rows.push(self.priorities[query.priority as usize]);
        rows.extend(self.layers.iter().map(|layer| layer.row(place)));
        let arrival = OnceCell::new();
        let arrival = || arrival.get_or_init(|| Arrival::new(calendar, query.at));
        let found = self
            .bits
            .in_all(&rows)
            .filter_map(|rule| self.rules.get(rule))
            .find(|rule| rule.fits(query, arrival));
        match (found, service.and_then(|service| service.department.as_ref())) {
            (Some(rule), _) => Routed {
                rule: rule.rule.code.clone(),
                department: rule.department.clone(),
                crew: rule.crew.clone(),
                because: rule.because(place, query, arrival),
            },
            (None, department) => Routed {
                rule: if department.is_some() { SERVICE_DEPARTMENT } else { UNROUTED }.to_owned(),
                department: department.unwrap_or(&self.unrouted_department).clone(),
                crew: None,
                because: vec![Reason::Service(query.service.to_owned())],
            },
        }
    }
}

fn prepare(pack: &CityPack, rule: &RouteRule) -> Option<Rule> {
    // A crew that is not there cannot be sent; checked packs have none such.
    let (department, crew) = match &rule.to {
        RouteTarget::Department(department) => (department, None),
        RouteTarget::Crew(code) | RouteTarget::Contractor(code) => {
            let crew = pack.crews.iter().find(|crew| crew.code == *code)?;
            (&crew.department, Some(code.clone()))
        }
    };
    let hours = match &rule.time {
        Some(time) => Some(Hours::new(time)?),
        None => None,
    };
    Some(Rule { hours, department: department.clone(), crew, rule: rule.clone() })
}

impl Layer {
    fn located_in(mut self, zones: &Zones) -> Self {
        self.located = zones.layer(&self.name).map(|layer| {
            let row = |code| self.zones.get(code).copied().unwrap_or(self.other);
            (layer, zones.codes(layer).map(row).collect())
        });
        self
    }

    fn row(&self, place: Place<'_>) -> Row {
        let row = match place {
            Place::Named(zones) => zones.get(&self.name).and_then(|code| self.zones.get(code)),
            Place::Located(_, located) => {
                self.located.as_ref().and_then(|(layer, rows)| rows.get(located.zone(*layer)?))
            }
        };
        *row.unwrap_or(&self.other)
    }
}

impl Rule {
    /// Whether the conditions fit that are not in the sets.
    fn fits<'a>(&self, query: &RouteQuery<'_>, arrival: impl Fn() -> &'a Arrival) -> bool {
        let named =
            |codes: &[String], code: &str| codes.is_empty() || codes.iter().any(|c| c == code);
        let mut answers = self.rule.answers.iter();
        answers.all(|(question, answer)| query.answers.get(question) == Some(answer))
            && self.rule.asset.as_ref().is_none_or(|wanted| {
                query.asset.is_some_and(|asset| {
                    named(&wanted.kinds, asset.kind) && named(&wanted.owners, asset.owner)
                })
            })
            && self.hours.as_ref().is_none_or(|hours| hours.fit(arrival()))
    }

    fn because<'a>(
        &self,
        place: Place<'_>,
        query: &RouteQuery<'_>,
        arrival: impl Fn() -> &'a Arrival,
    ) -> Vec<Reason> {
        let rule = &self.rule;
        let mut reasons = Vec::with_capacity(rule.zones.len() + rule.answers.len() + 2);
        if !rule.services.is_empty() {
            reasons.push(Reason::Service(query.service.to_owned()));
        }
        reasons.extend(rule.zones.keys().filter_map(|layer| {
            let zone = match place {
                Place::Named(zones) => zones.get(layer)?,
                Place::Located(zones, located) => zones.zone_in(layer, located)?,
            };
            Some(Reason::Zone(layer.clone(), zone.to_owned()))
        }));
        reasons.extend(rule.at_least.map(Reason::AtLeast));
        reasons.extend(rule.answers.iter().filter_map(|(question, answer)| {
            let answer = match answer {
                Answer::Choice(choice) => choice.as_str(),
                Answer::Flag(true) => "yes",
                Answer::Flag(false) => "no",
                // No rule may read prose; checked packs have none such.
                Answer::Text(_) => return None,
            };
            Some(Reason::Answer(question.clone(), answer.to_owned()))
        }));
        if let (Some(_), Some(asset)) = (&rule.asset, query.asset) {
            reasons.push(Reason::Asset(asset.kind.to_owned(), asset.owner.to_owned()));
        }
        if self.hours.is_some() {
            reasons.push(Reason::Time(arrival().text()));
        }
        reasons
    }
}
