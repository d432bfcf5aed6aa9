//! The city pack: all that a device or server must know of a city, as one JSON document.
//!
//! The server serves it whole and devices keep it. It carries its own time zone rules, so that
//! phone, server and replay agree whatever zone data they have. Plain data: what is wrong with it
//! is found in `check`, what can be asked of it is in [`super::City`].

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use geojson::FeatureCollection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::check::Fault;
use crate::catalogue::{Answer, Catalogue, Crew, Department, Priority};
use crate::id::CityId;
use crate::location::Point;

/// The form of pack that this program writes and reads. A device that holds an older one fetches
/// the city again.
pub const FORMAT: u32 = 2;
/// Longest pack that is read, in bytes of JSON.
pub const MAX_PACK_BYTES: usize = 64 * 1024 * 1024;

/// A city, whole. Zones are GeoJSON (positions are lon, lat there); every other place is a
/// [`Point`] (lat, lon).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CityPack {
    /// [`FORMAT`] when it was written.
    pub format: u32,
    /// Which city; never changes.
    pub id: CityId,
    /// Hex SHA-256 of the content; empty until [`CityPack::sealed`].
    pub version: String,
    /// The city's name.
    pub name: String,
    /// Whom to call when someone is in danger.
    pub emergency_number: String,
    /// The telephone number of the city's service line.
    pub service_line: String,
    /// The rules of local time.
    pub time_zone: ZoneRules,
    /// Language tags that the city speaks, its first choice first.
    pub languages: Vec<String>,
    /// What the city mends.
    pub services: Catalogue,
    /// Who mends it.
    pub departments: Vec<Department>,
    /// Where a request goes whose service the city no longer offers.
    pub unrouted_department: String,
    /// Crews in the field.
    pub crews: Vec<Crew>,
    /// Rules read from the top; the first that fits wins.
    pub routes: Vec<RouteRule>,
    /// Office hours and holidays.
    pub calendar: CalendarRules,
    /// Zones by layer. Each feature is a polygon or multipolygon with the properties `code` and
    /// `name`, and, where it holds only for a time, `from` and `until`: the first and the last
    /// local date, `YYYY-MM-DD`. The layer [`OUTLINE`], if present, is the city's outline, and
    /// [`BEYOND`] says whose the places around it are.
    pub zones: BTreeMap<String, FeatureCollection>,
    /// Layers that need not cover the whole city, such as parks.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub partial_layers: BTreeSet<String>,
    /// Streets, addresses and assets.
    pub gazetteer: Places,
    /// Language to Fluent text that is laid over the built-in names and questions.
    pub strings: BTreeMap<String, String>,
}

/// The layer that holds the city's outline instead of zones.
pub const OUTLINE: &str = "city";
/// The layer of neighboring places, which lie outside the city. Its features have a property
/// `service_line` beside code and name.
pub const BEYOND: &str = "beyond";
/// The layer of collection routes; [`CalendarRules::collection`] says when each is served.
pub const COLLECTION: &str = "collection";

/// The rules of local time, independent of the machine's own zone data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneRules {
    /// IANA name, for the platform's own formatting of dates.
    pub name: String,
    /// TZif (RFC 9636), standard base64.
    pub tzif: String,
}

/// One rule of where requests go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRule {
    /// Unique among the rules; events carry it.
    pub code: String,
    /// Services that it is for; none named: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Layer to zones; the place must lie in one of them in every layer named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<String, Vec<String>>,
    /// The request is at least this urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Priority>,
    /// Question to the answer it must have; only with services named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Answer>,
    /// The report names an asset of the city that fits this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetRule>,
    /// The report arrives at a time that fits this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeRule>,
    /// Where it sends the request.
    pub to: RouteTarget,
}

/// Which assets a route is for. What is empty fits all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetRule {
    /// Kinds, such as `streetlight`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Owners, such as `alder_power`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
}

/// When a route holds, by the city's local time at the report's arrival. All that is said must
/// fit; what is empty fits always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRule {
    /// Whether the offices are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offices: Option<Offices>,
    /// Days of the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// Months, 1 to 12.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<u8>,
    /// From the first `HH:MM` until before the second; over midnight if the second is earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<[String; 2]>,
}

/// Whether the offices are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offices {
    /// Within office hours of a business day.
    Open,
    /// Outside of them.
    Closed,
}

/// Where a rule sends a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteTarget {
    /// To a department's board, unassigned.
    Department(String),
    /// To a crew of the city at once.
    Crew(String),
    /// To a contractor at once.
    Contractor(String),
}

/// When the city works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarRules {
    /// Office hours; a weekday that is not named is no business day.
    pub hours: BTreeMap<Weekday, OfficeHours>,
    /// Days on which the offices stay closed.
    pub holidays: Vec<Holiday>,
    /// By code of a zone in the layer [`COLLECTION`]: when that route is served.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub collection: BTreeMap<String, CollectionRules>,
}

/// When a collection route is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionRules {
    /// Its days of the week.
    pub weekdays: Vec<Weekday>,
    /// Served every so many weeks, 1 to 4.
    #[serde(default = "one")]
    pub every_weeks: u8,
    /// A local date, `YYYY-MM-DD`, in a week in which it is served; needed unless it is served
    /// every week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What a holiday does to a service day.
    #[serde(default)]
    pub on_holiday: OnHoliday,
    /// When a service day ends, local time `HH:MM`.
    pub closes: String,
}

const fn one() -> u8 {
    1
}

/// What happens to a service day that falls on a holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnHoliday {
    /// The route is served on the next day that is no holiday, also on a Saturday.
    #[default]
    NextDay,
    /// The route is not served.
    Skipped,
    /// The route is served all the same.
    Served,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// From when to when the offices are open, local time `HH:MM`, 24 hours; opens before it closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeHours {
    /// First minute of work.
    pub opens: String,
    /// End of work; a due date of that day ends here.
    pub closes: String,
}

/// A day on which the offices stay closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// Local date, `YYYY-MM-DD`.
    pub date: String,
    /// Its name.
    pub name: String,
}

/// Streets, addresses and assets of the city.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Places {
    /// Streets; names are unique.
    pub streets: Vec<Street>,
    /// Addresses that have a point of their own. All others follow from the streets' ranges.
    pub addresses: Vec<Address>,
    /// What the city owns and has numbered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<Asset>,
}

/// A street.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Street {
    /// "Kestrel Street".
    pub name: String,
    /// Its parts between junctions; none when only addresses are known.
    #[serde(default)]
    pub segments: Vec<Segment>,
}

/// A part of a street. Segments that meet share that end, to the last digit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its middle line, two points or more.
    pub line: Vec<Point>,
    /// What kind of street it is.
    #[serde(default)]
    pub class: StreetClass,
    /// House numbers on the left, looking along the line: at its beginning and at its end. Only
    /// numbers of the first one's parity. The first may be the greater.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<[u32; 2]>,
    /// The same on the right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<[u32; 2]>,
    /// It crosses water.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bridge: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// What kind of street a segment is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum StreetClass {
    /// Traffic through the city.
    Main,
    /// The ordinary case.
    #[default]
    Street,
    /// Narrow, or dead end.
    Lane,
    /// On foot.
    Path,
}

/// A numbered thing of the city's: a streetlight, a hydrant, a bench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// A code: `streetlight`.
    pub kind: String,
    /// As it stands on it: "SL-00412". Unique within its kind.
    pub number: String,
    /// Where.
    pub at: Point,
    /// A code of whose it is, if not the city's: `alder_power`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// An address, without unit or door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// Index into [`Places::streets`].
    pub street: u32,
    /// House number as written: "214", "12A".
    pub number: String,
    /// Where.
    pub at: Point,
}

/// A pack that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PackError {
    /// Longer than [`MAX_PACK_BYTES`].
    #[error("the city's data has {0} bytes, more than the {MAX_PACK_BYTES} that are read")]
    TooLarge(usize),
    /// Not JSON, or not of this form.
    #[error("the city's data cannot be read: {0}")]
    Unreadable(String),
    /// Written by a newer program.
    #[error("the city's data has form {0}, and this program reads up to form {FORMAT}")]
    Newer(u32),
    /// Written by an older program; to be fetched again.
    #[error("the city's data has form {0}, and this program reads form {FORMAT}: fetch it again")]
    Older(u32),
    /// Readable, and wrong.
    #[error("the city's data is wrong in {} places, first: {}", .0.len(), .0.first().map_or("", |f| &f.what))]
    Faulty(Vec<Fault>),
}

impl PackError {
    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "pack_too_large",
            Self::Unreadable(_) => "pack_unreadable",
            Self::Newer(_) => "pack_newer",
            Self::Older(_) => "pack_older",
            Self::Faulty(_) => "pack_faulty",
        }
    }
}

impl CityPack {
    /// Reads a pack. Its content is not checked here; [`super::City::from_pack`] does that.
    ///
    /// # Errors
    /// Too long, not JSON of this form, or of a newer form.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PackError> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        if bytes.len() > MAX_PACK_BYTES {
            return Err(PackError::TooLarge(bytes.len()));
        }
        let unreadable = |error: serde_json::Error| PackError::Unreadable(error.to_string());
        // The form first: a newer one may not even parse, and its name says more than a parse error.
        let form: Form = serde_json::from_slice(bytes).map_err(unreadable)?;
        match form.format.cmp(&FORMAT) {
            Ordering::Greater => return Err(PackError::Newer(form.format)),
            Ordering::Less => return Err(PackError::Older(form.format)),
            Ordering::Equal => {}
        }
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    /// The pack as it is served and kept.
    ///
    /// # Errors
    /// Only for a number that JSON cannot hold; a checked pack has none.
    pub fn to_json(&self) -> Result<Vec<u8>, PackError> {
        serde_json::to_vec(self).map_err(|error| PackError::Unreadable(error.to_string()))
    }

    /// The same pack with its `version` set from its content.
    ///
    /// # Errors
    /// As [`CityPack::to_json`].
    pub fn sealed(mut self) -> Result<Self, PackError> {
        self.version.clear();
        self.version = hex::encode(Sha256::digest(self.to_json()?));
        Ok(self)
    }
}
