//! Where a request goes: rules read from the top, the first that fits wins.

use std::collections::BTreeMap;

use super::pack::{CityPack, RouteRule, RouteTarget};
use crate::catalogue::{Answer, Priority};

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
}

/// Where a request goes, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The code of the rule.
    pub rule: String,
    /// The department that owns the request.
    pub department: String,
    /// The crew that has it at once; none: it waits on the department's board.
    pub crew: Option<String>,
}

pub(super) fn route(pack: &CityPack, query: &RouteQuery<'_>) -> Routed {
    let (rule, department, crew) = pack
        .routes
        .iter()
        .filter(|rule| fits(rule, query))
        .find_map(|rule| match &rule.to {
            RouteTarget::Department(department) => Some((rule.code.as_str(), department, None)),
            // A crew that is not there cannot be sent; checked packs have none such.
            RouteTarget::Crew(code) => {
                let crew = pack.crews.iter().find(|crew| crew.code == *code)?;
                Some((rule.code.as_str(), &crew.department, Some(code.clone())))
            }
        })
        .unwrap_or_else(|| match pack.services.service(query.service) {
            Some(service) => (SERVICE_DEPARTMENT, &service.department, None),
            None => (UNROUTED, &pack.unrouted_department, None),
        });
    Routed { rule: rule.to_owned(), department: department.clone(), crew }
}

fn fits(rule: &RouteRule, query: &RouteQuery<'_>) -> bool {
    (rule.services.is_empty() || rule.services.iter().any(|service| service == query.service))
        && rule.at_least.is_none_or(|priority| query.priority >= priority)
        && rule
            .zones
            .iter()
            .all(|(layer, zones)| query.zones.get(layer).is_some_and(|zone| zones.contains(zone)))
        && rule.answers.iter().all(|(question, answer)| query.answers.get(question) == Some(answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::sample;

    fn ask(
        pack: &CityPack,
        service: &str,
        zone: Option<&str>,
        priority: Priority,
        answer: Option<&str>,
    ) -> (String, String, Option<String>) {
        let zones = zone.map(|zone| ("area".to_owned(), zone.to_owned())).into_iter().collect();
        let answers = answer
            .map(|a| ("where".to_owned(), Answer::Choice(a.to_owned())))
            .into_iter()
            .collect();
        let query = RouteQuery { service, zones: &zones, priority, answers: &answers };
        let routed = route(pack, &query);
        (routed.rule, routed.department, routed.crew)
    }

    fn to(rule: &str, department: &str, crew: Option<&str>) -> (String, String, Option<String>) {
        (rule.to_owned(), department.to_owned(), crew.map(str::to_owned))
    }

    #[test]
    fn the_first_rule_that_fits_wins() {
        let pack = sample::pack();
        let (high, critical) = (Priority::High, Priority::Critical);
        assert_eq!(
            ask(&pack, "pothole", Some("west"), high, None),
            to("west-holes", "streets", Some("streets-1"))
        );
        assert_eq!(
            ask(&pack, "pothole", Some("west"), critical, None),
            to("urgent", "utilities", None),
            "stands above and fits too"
        );
        assert_eq!(
            ask(&pack, "pothole", Some("east"), high, Some("path")),
            to("paths", "utilities", None)
        );
        assert_eq!(
            ask(&pack, "pothole", Some("east"), high, Some("lane")),
            to(SERVICE_DEPARTMENT, "streets", None)
        );
    }

    #[test]
    fn no_zone_and_no_service_still_lead_somewhere() {
        let pack = sample::pack();
        assert_eq!(
            ask(&pack, "pothole", None, Priority::High, None),
            to(SERVICE_DEPARTMENT, "streets", None)
        );
        assert_eq!(
            ask(&pack, "comet", Some("west"), Priority::High, None),
            to(UNROUTED, "utilities", None)
        );
    }
}
