//! An explanation as text for people.

use jiff::tz::TimeZone;
use mend_core::catalogue::Priority;
use mend_core::city::City;
use mend_core::city::route::{SERVICE_DEPARTMENT, UNROUTED};
use mend_core::event::Reason;

use super::{Explanation, PromiseFound};
use crate::city::time_zone;

/// Width of the first column.
const NAMES: usize = 18;

/// One fact a line, what it is called before it; why stands below.
pub fn text(city: &City, explanation: &Explanation) -> String {
    let mut page = Page { zone: time_zone(city.pack()), text: String::new() };
    let e = explanation;
    page.line("Service", &e.service);
    page.line("Arrives", &page.when(&e.time));
    page.line("Place", &format!("{:.6}, {:.6}", e.at.lat(), e.at.lon()));
    if let Some(near) = &e.nearest_address {
        page.line("", &format!("{:.0} m from {}", near.distance_m, near.label));
    }
    page.line("In the city", if e.inside { "yes" } else { "no: such a report is refused" });
    if let Some(neighbor) = &e.beyond {
        page.line("", &format!("it may be for {}, {}", neighbor.name, neighbor.service_line));
    }
    let mut first = "Zones";
    for zone in &e.zones {
        page.line(first, &format!("{:14} {}, {}", zone.layer, zone.code, zone.name));
        first = "";
    }
    if e.zones.is_empty() {
        page.line(first, "none");
    }
    let mut first = "Answers";
    for (question, answer) in &e.answers {
        page.line(first, &format!("{question} = {answer}"));
        first = "";
    }
    for question in &e.unanswered {
        page.line(first, &format!("{question} is missing: such a report is refused"));
        first = "";
    }
    if let Some(asset) = &e.asset {
        page.line("Asset", &format!("{} {}, owner {}", asset.kind, asset.number, asset.owner));
    }
    page.line("Priority", level(e.priority.level));
    match &e.priority.raised_by {
        Some(question) => page.line(
            "",
            &format!("raised from {} by the answer to {question}", level(e.priority.of_service)),
        ),
        None => page.line("", "as the service has it"),
    }
    page.route(explanation);
    match &e.promise {
        Some(promise) => page.promise(promise, &e.time),
        None => page.line("Promise", "none: the place lies on no collection route"),
    }
    let mut first = "To know";
    for remark in &e.remarks {
        page.line(first, &remark.text);
        first = "";
    }
    page.text
}

fn level(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Critical => "critical",
    }
}

struct Page {
    zone: TimeZone,
    text: String,
}

impl Page {
    fn line(&mut self, name: &str, fact: &str) {
        self.text += format!("{name:NAMES$}{fact}").trim_end();
        self.text.push('\n');
    }

    /// `Wed 25 Nov 2026, 17:05 -08:00`; the time itself, should it not be one.
    fn when(&self, time: &str) -> String {
        match time.parse::<jiff::Timestamp>() {
            Ok(instant) => {
                let local = instant.to_zoned_datetime(self.zone.clone());
                local.strftime("%a %-d %b %Y, %H:%M %:z").to_string()
            }
            Err(_) => time.to_owned(),
        }
    }

    fn route(&mut self, e: &Explanation) {
        let route = &e.route;
        let rule = match route.rule.as_str() {
            SERVICE_DEPARTMENT => "none fits: it goes to the service's own department",
            UNROUTED => "none fits: it goes where services go that the city does not offer",
            rule => rule,
        };
        self.line("Route", rule);
        if !matches!(route.rule.as_str(), SERVICE_DEPARTMENT | UNROUTED) {
            for reason in &route.because {
                self.line("", &format!("because {}", spoken(reason)));
            }
            if route.because.is_empty() {
                self.line("", "because it is for every report");
            }
        }
        self.line("Department", &format!("{}, {}", route.department.code, route.department.name));
        match &route.crew {
            Some(crew) => {
                let name = if crew.contractor { "Contractor" } else { "Crew" };
                self.line(name, &format!("{}, {}", crew.code, crew.name));
            }
            None => self.line("Crew", "none: it waits on the department's board"),
        }
    }

    fn promise(&mut self, promise: &PromiseFound, arrival: &str) {
        self.line("Promise", &promise.sla);
        if let Some(route) = &promise.collection_route {
            self.line("", &format!("of the collection route {route}"));
        }
        if promise.counts_from != arrival {
            let opening = self.when(&promise.counts_from);
            self.line("", &format!("the offices are closed then: it counts from {opening}"));
        }
        for holiday in &promise.holidays {
            self.line("", &format!("{} is a holiday: {}", holiday.date, holiday.name));
        }
        self.line("Response due", &self.when(&promise.response_due));
        self.line("Resolution due", &self.when(&promise.resolution_due));
    }
}

/// What a rule looked at: the end of a sentence.
fn spoken(reason: &Reason) -> String {
    match reason {
        Reason::Service(code) => format!("the service is {code}"),
        Reason::Zone(layer, code) => format!("the place lies in {code} ({layer})"),
        Reason::AtLeast(priority) => format!("it is at least {}", level(*priority)),
        Reason::Answer(question, answer) => format!("{question} is {answer}"),
        Reason::Asset(kind, owner) => format!("the asset is a {kind} of {owner}"),
        Reason::Time(time) => format!("it arrives {time}"),
    }
}
