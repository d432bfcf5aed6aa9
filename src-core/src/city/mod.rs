//! A city, ready to answer: where a place lies, who mends it, by when.
//!
//! Built from a [`CityPack`], which is plain data, once; every answer after that cannot fail.
//! The same code answers on the server, on a device without a network, and in a replay.

use std::collections::BTreeMap;

use crate::api::CityView;
use crate::catalogue::{Answer, Priority};
pub use crate::catalogue::{Catalogue, Crew, Department, Service};
use crate::event::Promise;
use crate::id::CityId;
use crate::location::{BadPoint, Point};
use crate::time::Timestamp;

pub mod calendar;
pub mod check;
pub mod gazetteer;
pub mod pack;
pub mod route;
#[cfg(test)]
pub(crate) mod sample;
pub mod zones;

pub use calendar::Calendar;
pub use check::{Fault, Part};
pub use gazetteer::{Gazetteer, Place, PlaceKind};
pub use pack::{CityPack, PackError};
pub use route::{RouteQuery, Routed};
pub use zones::Zones;

/// The rule that gives a request the priority of its service.
pub const SERVICE_PRIORITY: &str = "service_priority";

/// A city whose data passed every check.
#[derive(Debug, Clone)]
pub struct City {
    pack: CityPack,
    zones: Zones,
    calendar: Calendar,
    gazetteer: Gazetteer,
}

/// Cities are equal when their data is; the rest follows from it.
impl PartialEq for City {
    fn eq(&self, other: &Self) -> bool {
        self.pack == other.pack
    }
}

impl City {
    /// Checks a pack and builds the city.
    ///
    /// # Errors
    /// A newer form of pack, or everything that is wrong with this one.
    pub fn from_pack(pack: CityPack) -> Result<Self, PackError> {
        if pack.format > pack::FORMAT {
            return Err(PackError::Newer(pack.format));
        }
        let faults = check::faults(&pack);
        if !faults.is_empty() {
            return Err(PackError::Faulty(faults));
        }
        let time_zone = calendar::time_zone(&pack.time_zone).map_err(PackError::Unreadable)?;
        Ok(Self {
            zones: Zones::new(&pack.zones),
            calendar: Calendar::new(&pack.calendar, time_zone),
            gazetteer: Gazetteer::new(&pack.gazetteer),
            pack,
        })
    }

    /// Reads, checks and builds, from the bytes of `GET /v1/city`.
    ///
    /// # Errors
    /// See [`CityPack::from_json`] and [`City::from_pack`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, PackError> {
        Self::from_pack(CityPack::from_json(bytes)?)
    }

    /// The data that the city was built from.
    pub fn pack(&self) -> &CityPack {
        &self.pack
    }

    /// Which city.
    pub fn id(&self) -> CityId {
        self.pack.id
    }

    /// Hex SHA-256 of the data; events and clocks carry it as the version of the rules.
    pub fn version(&self) -> &str {
        &self.pack.version
    }

    /// What the city mends.
    pub fn catalogue(&self) -> &Catalogue {
        &self.pack.services
    }

    /// The crew with this code.
    pub fn crew(&self, code: &str) -> Option<&Crew> {
        self.pack.crews.iter().find(|crew| crew.code == code)
    }

    /// The department with this code.
    pub fn department(&self, code: &str) -> Option<&Department> {
        self.pack.departments.iter().find(|department| department.code == code)
    }

    /// What the interface needs of a city before anything else.
    pub fn view(&self) -> CityView {
        let named = |code: &str, name: &str| crate::api::Named {
            code: code.to_owned(),
            name: name.to_owned(),
        };
        CityView {
            id: self.pack.id,
            name: self.pack.name.clone(),
            emergency_number: self.pack.emergency_number.clone(),
            service_line: self.pack.service_line.clone(),
            time_zone: self.pack.time_zone.name.clone(),
            services: self.pack.services.services.clone(),
            departments: self.pack.departments.iter().map(|d| named(&d.code, &d.name)).collect(),
            crews: self.pack.crews.iter().map(|c| named(&c.code, &c.name)).collect(),
        }
    }

    /// Layer to zone code for a place; see [`Zones::locate`].
    pub fn locate(&self, at: Point) -> BTreeMap<String, String> {
        self.zones.locate(at.lat(), at.lon())
    }

    /// Whether a place is inside the city; see [`Zones::contains`].
    pub fn contains(&self, at: Point) -> bool {
        self.zones.contains(at.lat(), at.lon())
    }

    /// The name of a zone, as people read it.
    pub fn zone_name(&self, layer: &str, code: &str) -> Option<&str> {
        self.zones.name(layer, code)
    }

    /// Where a request goes. Always somewhere: to its service's department when no rule fits, and
    /// when the city no longer offers the service, to the department named for that.
    pub fn route(&self, query: &RouteQuery<'_>) -> Routed {
        route::route(&self.pack, query)
    }

    /// How urgent a request is, and the rule that says so: [`SERVICE_PRIORITY`], or
    /// `answer:<question>`. A service that the city no longer offers has the ordinary priority.
    pub fn priority(
        &self,
        service: &str,
        answers: &BTreeMap<String, Answer>,
    ) -> (Priority, String) {
        match self.catalogue().service(service).map(|service| service.priority_for(answers)) {
            Some((priority, Some(question))) => (priority, format!("answer:{}", question.code)),
            Some((priority, None)) => (priority, SERVICE_PRIORITY.to_owned()),
            None => (Priority::Medium, SERVICE_PRIORITY.to_owned()),
        }
    }

    /// What the city promises for a request that arrives then. None when the city no longer offers
    /// the service, or the due date lies beyond the year 9999.
    pub fn promise(
        &self,
        service: &str,
        priority: Priority,
        arrival: Timestamp,
    ) -> Option<Promise> {
        let service = self.catalogue().service(service)?;
        self.calendar.promise(service.sla_for(priority), arrival)
    }

    /// The city's calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Places that the words may mean; see [`Gazetteer::search`].
    ///
    /// # Errors
    /// Coordinates were typed that are no place.
    pub fn search_places(&self, text: &str, limit: usize) -> Result<Vec<Place>, BadPoint> {
        self.gazetteer.search(text, limit)
    }

    /// The addresses nearest to a point, nearest first.
    pub fn nearest_places(&self, from: Point, limit: usize) -> Vec<Place> {
        self.gazetteer.nearest(from, limit)
    }

    /// The local date of an instant, `YYYY-MM-DD`.
    pub fn local_date(&self, at: Timestamp) -> String {
        self.calendar.local_date(at).to_string()
    }

    /// The local year of an instant.
    pub fn year(&self, at: Timestamp) -> i16 {
        self.calendar.local_date(at).year()
    }
}

#[cfg(test)]
mod tests;
