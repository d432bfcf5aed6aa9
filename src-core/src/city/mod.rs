//! A city, ready to answer: where a place lies, who mends it, by when.
//!
//! Built from a [`CityPack`], which is plain data, once; every answer after that cannot fail.
//! The same code answers on the server, on a device without a network, and in a replay.

use std::collections::BTreeMap;

use crate::api::CityView;
use crate::catalogue::{Answer, Priority, Sla};
pub use crate::catalogue::{Catalogue, Crew, Department, Service};
use crate::dispatch::KnownAsset;
use crate::event::Promise;
use crate::id::CityId;
use crate::location::{AssetRef, Point};
use crate::subject::ServiceRequest;
use crate::time::Timestamp;

pub mod calendar;
pub mod check;
pub mod clocks;
pub mod gazetteer;
pub mod pack;
pub mod route;
#[cfg(test)]
pub(crate) mod sample;
pub mod zones;

pub use calendar::{Calendar, PromiseQuery, holiday_faults};
pub use check::{Fault, Part, Severity};
pub use clocks::{CLOSE_AFTER_MS, DueTick};
pub use gazetteer::{Place, PlaceKind};
pub use pack::{CityPack, PackError};
pub use route::{AssetQuery, RouteQuery, Routed, Router};
pub use zones::{Beyond, Zones};

/// The rule that gives a request the priority of its service.
pub const SERVICE_PRIORITY: &str = "service_priority";

/// Whose an asset is for which nobody else is named.
pub const CITY_OWNER: &str = "city";

/// A city whose data passed every check.
#[derive(Debug, Clone)]
pub struct City {
    pack: CityPack,
    zones: Zones,
    router: Router,
    calendar: Calendar,
    /// Kind and number to the place in the pack's list.
    assets: BTreeMap<(String, String), usize>,
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
        let zones = Zones::new(&pack.zones);
        Ok(Self {
            router: Router::new(&pack, &zones),
            zones,
            calendar: Calendar::new(&pack.calendar, time_zone),
            assets: pack
                .gazetteer
                .assets
                .iter()
                .enumerate()
                .map(|(index, asset)| ((asset.kind.clone(), asset.number.clone()), index))
                .collect(),
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

    /// Layer to zone code for a place, by the zones that hold on the city's local date then; see
    /// [`Zones::locate`].
    pub fn locate(&self, at: Point, when: Timestamp) -> BTreeMap<String, String> {
        self.zones.locate(at.lat(), at.lon(), self.calendar.local_date(when))
    }

    /// Whether a place is inside the city; see [`Zones::contains`].
    pub fn contains(&self, at: Point) -> bool {
        self.zones.contains(at.lat(), at.lon())
    }

    /// Whose a place outside the city may be; see [`Zones::beyond`].
    pub fn beyond(&self, at: Point) -> Option<&Beyond> {
        self.zones.beyond(at.lat(), at.lon())
    }

    /// The name of a zone, as people read it.
    pub fn zone_name(&self, layer: &str, code: &str) -> Option<&str> {
        self.zones.name(layer, code)
    }

    /// The asset that a report names, and whose it is: `city` where nobody else is named. None if
    /// the city has no such asset.
    pub fn known_asset(&self, asset: &AssetRef) -> Option<KnownAsset> {
        let index = self.assets.get(&(asset.kind.clone(), asset.number.clone()))?;
        let known = self.pack.gazetteer.assets.get(*index)?;
        let owner = known.owner.clone().unwrap_or_else(|| CITY_OWNER.to_owned());
        Some(KnownAsset { asset: asset.clone(), owner })
    }

    /// Where a request goes. Always somewhere: to its service's department when no rule fits, and
    /// when the city no longer offers the service, to the department named for that.
    pub fn route(&self, query: &RouteQuery<'_>) -> Routed {
        self.router.route(&self.calendar, query)
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

    /// What a service promises for requests of a priority. None when the city no longer offers it.
    pub fn sla(&self, service: &str, priority: Priority) -> Option<Sla> {
        self.catalogue().service(service).map(|service| service.sla_for(priority))
    }

    /// The dates that an SLA makes, with the waits so far; see [`Calendar::promise`].
    pub fn promise(&self, query: &PromiseQuery<'_>) -> Option<Promise> {
        self.calendar.promise(query)
    }

    /// What is still to be said of a request, in the order of time: warnings that its promise is
    /// running out, and its closing. Some may be due already; see [`clocks`].
    pub fn ticks(&self, request: &ServiceRequest) -> Vec<DueTick> {
        clocks::ticks(&self.calendar, request)
    }

    /// The city's calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// What the calendar lacks, as it matters at an instant: for someone to write down.
    pub fn holiday_faults(&self, at: Timestamp) -> Vec<Fault> {
        holiday_faults(&self.pack, self.calendar.local_date(at))
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
