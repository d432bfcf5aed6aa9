//! Where a request goes: rules read from the top, the first that fits wins.

use std::collections::BTreeMap;

use crate::catalogue::{Answer, Priority};
use crate::event::Reason;
use crate::time::Timestamp;

mod bits;
mod hours;
mod router;

pub use router::Router;

/// The rule that says "to the department that owns the service"; always the last.
pub const SERVICE_DEPARTMENT: &str = "service_department";
/// The rule for a service that the city no longer offers.
pub const UNROUTED: &str = "unrouted_department";

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct RouteQuery<'a> {
    /// The service's code.
    pub service: &'a str,
    /// Layer to zone, as [`super::City::locate`] gave it.
    pub zones: &'a BTreeMap<String, String>,
    /// How urgent the request is.
    pub priority: Priority,
    /// What the resident answered; texts decide nothing and may be left empty.
    pub answers: &'a BTreeMap<String, Answer>,
    /// The asset that the report names, if the city has it.
    pub asset: Option<AssetQuery<'a>>,
    /// When the report arrived.
    pub at: Timestamp,
}

/// What the rules look at of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssetQuery<'a> {
    /// A code: `streetlight`.
    pub kind: &'a str,
    /// A code of whose it is; [`CITY_OWNER`] where the asset names none.
    pub owner: &'a str,
}

/// The owner of an asset that names none.
pub const CITY_OWNER: &str = "city";

/// Where a request goes, by which rule, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The code of the rule.
    pub rule: String,
    /// The department that owns the request.
    pub department: String,
    /// The crew or contractor that has it at once; none: it waits on the department's board.
    pub crew: Option<String>,
    /// What the rule looked at: the service if the rule names services, the zone in each layer
    /// that it names, the priority, the answers, the asset, the local time; in this order.
    pub because: Vec<Reason>,
}

#[cfg(test)]
mod tests;
