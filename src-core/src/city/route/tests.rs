//! Routing, against a reader of the rules that is slow and obvious.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::city::pack::{CityPack, RouteRule, RouteTarget};
use crate::city::zones::{Located, Zones};
use crate::city::{Calendar, sample};

/// The sample city without its rules, with a few more services, crews and layers.
static CITY: LazyLock<(CityPack, Zones, TimeZone, Calendar)> = LazyLock::new(|| {
    let mut pack = sample::pack();
    let mut service = pack.services.services[0].clone();
    service.code = "lamp".to_owned();
    service.department = "utilities".to_owned();
    pack.services.services.push(service);
    let mut crew = pack.crews[0].clone();
    (crew.code, crew.department) = ("bright-co".to_owned(), "utilities".to_owned());
    crew.contractor = true;
    pack.crews.push(crew);
    let mut more = pack.zones["area"].clone();
    more.features.reverse();
    pack.zones.insert("ward".to_owned(), more);
    pack.routes.clear();
    let zones = Zones::new(&pack.zones);
    let time_zone = sample::time_zone("America/Los_Angeles");
    let calendar = Calendar::new(&pack.calendar, time_zone.clone());
    (pack, zones, time_zone, calendar)
});

fn with(rules: serde_json::Value) -> CityPack {
    let rules = serde_json::from_value(rules).unwrap();
    CityPack { routes: rules, ..CITY.0.clone() }
}

/// One question; what tests do not say is the ordinary case.
#[derive(Debug, Clone)]
struct Ask {
    service: String,
    zones: BTreeMap<String, String>,
    priority: Priority,
    answers: BTreeMap<String, Answer>,
    asset: Option<(String, String)>,
    at: Timestamp,
}

/// Monday 23 November 2026, 10:02 in the city.
const MONDAY: Timestamp = Timestamp(1_795_456_920_000);
const MINUTE: i64 = 60_000;

impl Ask {
    fn new(service: &str, area: &str) -> Self {
        Self {
            service: service.to_owned(),
            zones: BTreeMap::from([("area".to_owned(), area.to_owned())]),
            priority: Priority::High,
            answers: BTreeMap::new(),
            asset: None,
            at: MONDAY,
        }
    }

    fn query(&self) -> RouteQuery<'_> {
        RouteQuery {
            service: &self.service,
            zones: &self.zones,
            priority: self.priority,
            answers: &self.answers,
            asset: self.asset.as_ref().map(|(kind, owner)| AssetQuery { kind, owner }),
            at: self.at,
        }
    }
}

fn route(pack: &CityPack, ask: &Ask) -> Routed {
    Router::new(pack, &CITY.1).route(&CITY.3, &ask.query())
}

#[test]
fn the_first_rule_that_fits_wins() {
    let pack = with(json!([
        {"code": "urgent", "at_least": "critical", "to": {"department": "utilities"}},
        {"code": "west-holes", "services": ["pothole"], "zones": {"area": ["west"]},
         "to": {"crew": "streets-1"}},
        {"code": "paths", "services": ["pothole"], "answers": {"where": {"choice": "path"}},
         "to": {"department": "utilities"}}]));
    let to = |ask: &Ask| {
        let routed = route(&pack, ask);
        (routed.rule, routed.department, routed.crew)
    };
    let here = |rule: &str, department: &str, crew: Option<&str>| {
        (rule.to_owned(), department.to_owned(), crew.map(str::to_owned))
    };
    let mut ask = Ask::new("pothole", "west");
    assert_eq!(to(&ask), here("west-holes", "streets", Some("streets-1")));
    ask.priority = Priority::Critical;
    assert_eq!(to(&ask), here("urgent", "utilities", None), "stands above and fits too");
    let mut ask = Ask::new("pothole", "east");
    assert_eq!(to(&ask), here(SERVICE_DEPARTMENT, "streets", None));
    ask.answers.insert("where".to_owned(), Answer::Choice("path".to_owned()));
    assert_eq!(to(&ask), here("paths", "utilities", None));
    ask.answers.insert("where".to_owned(), Answer::Choice("lane".to_owned()));
    assert_eq!(to(&ask), here(SERVICE_DEPARTMENT, "streets", None));
}

#[test]
fn no_zone_and_no_service_still_lead_somewhere() {
    let pack = with(json!([
        {"code": "west", "services": ["pothole", "comet"], "zones": {"area": ["west"]},
         "to": {"department": "utilities"}}]));
    let mut ask = Ask::new("pothole", "west");
    ask.zones.clear();
    let routed = route(&pack, &ask);
    assert_eq!((routed.rule.as_str(), routed.department.as_str()), (SERVICE_DEPARTMENT, "streets"));
    assert_eq!(routed.because, [Reason::Service("pothole".to_owned())]);
    for service in ["meteor", "comet"] {
        let routed = route(&pack, &Ask::new(service, "east"));
        assert_eq!((routed.rule.as_str(), routed.department.as_str()), (UNROUTED, "utilities"));
        assert_eq!(routed.because, [Reason::Service(service.to_owned())]);
    }
    assert_eq!(route(&pack, &Ask::new("comet", "west")).rule, "west", "a rule may still name it");
}

#[test]
fn a_decision_says_what_it_looked_at_in_order() {
    let pack = with(json!([
        {"code": "all", "services": ["lamp", "pothole"], "zones": {"ward": ["east"], "area": ["west", "east"]},
         "at_least": "medium", "answers": {"where": {"choice": "path"}, "hazard": {"flag": true}},
         "asset": {"kinds": ["streetlight"]},
         "time": {"offices": "open", "weekdays": ["monday"], "months": [11], "between": ["10:00", "10:03"]},
         "to": {"contractor": "bright-co"}}]));
    let mut ask = Ask::new("lamp", "west");
    ask.zones.insert("ward".to_owned(), "east".to_owned());
    ask.answers.insert("where".to_owned(), Answer::Choice("path".to_owned()));
    ask.answers.insert("hazard".to_owned(), Answer::Flag(true));
    ask.asset = Some(("streetlight".to_owned(), CITY_OWNER.to_owned()));
    let routed = route(&pack, &ask);
    let text = str::to_owned;
    assert_eq!(
        routed,
        Routed {
            rule: text("all"),
            department: text("utilities"),
            crew: Some(text("bright-co")),
            because: vec![
                Reason::Service(text("lamp")),
                Reason::Zone(text("area"), text("west")),
                Reason::Zone(text("ward"), text("east")),
                Reason::AtLeast(Priority::Medium),
                Reason::Answer(text("hazard"), text("yes")),
                Reason::Answer(text("where"), text("path")),
                Reason::Asset(text("streetlight"), text("city")),
                Reason::Time(text("Mon 10:02")),
            ],
        }
    );
    let without = |change: &dyn Fn(&mut Ask)| {
        let mut ask = ask.clone();
        change(&mut ask);
        route(&pack, &ask).rule
    };
    assert_eq!(without(&|ask| ask.at = MONDAY.plus_ms(MINUTE)), SERVICE_DEPARTMENT, "10:03");
    assert_eq!(without(&|ask| ask.at = MONDAY.plus_ms(-3 * MINUTE)), SERVICE_DEPARTMENT, "9:59");
    assert_eq!(without(&|ask| ask.asset = None), SERVICE_DEPARTMENT);
    assert_eq!(without(&|ask| ask.zones.clear()), SERVICE_DEPARTMENT);
    assert_eq!(without(&|ask| ask.priority = Priority::Low), SERVICE_DEPARTMENT);
}

#[test]
fn a_night_goes_over_midnight_and_a_holiday_closes_the_offices() {
    let pack = with(json!([
        {"code": "night", "time": {"between": ["22:00", "06:00"]}, "to": {"department": "utilities"}},
        {"code": "closed", "time": {"offices": "closed"}, "to": {"department": "utilities"}},
        {"code": "never", "time": {"between": ["09:00", "09:00"]}, "to": {"department": "utilities"}}]));
    let at = |hours: i64, minutes: i64| {
        let mut ask = Ask::new("pothole", "west");
        ask.at = MONDAY.plus_ms((hours * 60 + minutes) * MINUTE);
        route(&pack, &ask).rule
    };
    assert_eq!(at(11, 57), "closed", "21:59");
    assert_eq!(at(11, 58), "night", "22:00");
    assert_eq!(at(19, 57), "night", "5:59 the next morning");
    assert_eq!(at(19, 58), "closed", "6:00");
    assert_eq!(at(-1, -2), SERVICE_DEPARTMENT, "9:00, when the rule that is never holds");
    assert_eq!(at(7 * 24, 0), "closed", "the Monday after is a holiday");
}

// Below: any rules and any questions.

/// First match wins, read as the rules are written. Shares nothing with the router.
fn oracle(pack: &CityPack, ask: &Ask) -> Routed {
    let instant = jiff::Timestamp::from_millisecond(ask.at.0).unwrap();
    let local = CITY.2.to_datetime(instant);
    let text = |format: &str| local.strftime(format).to_string();
    for rule in &pack.routes {
        let mut because = Vec::new();
        if !rule.services.is_empty() {
            if !rule.services.contains(&ask.service) {
                continue;
            }
            because.push(Reason::Service(ask.service.clone()));
        }
        let mut fits = true;
        for (layer, codes) in &rule.zones {
            match ask.zones.get(layer) {
                Some(zone) if codes.contains(zone) => {
                    because.push(Reason::Zone(layer.clone(), zone.clone()));
                }
                _ => fits = false,
            }
        }
        if let Some(least) = rule.at_least {
            fits &= ask.priority >= least;
            because.push(Reason::AtLeast(least));
        }
        for (question, wanted) in &rule.answers {
            fits &= ask.answers.get(question) == Some(wanted);
            let word = match wanted {
                Answer::Choice(word) => word.clone(),
                Answer::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
                Answer::Text(_) => continue,
            };
            because.push(Reason::Answer(question.clone(), word));
        }
        if let Some(wanted) = &rule.asset {
            match &ask.asset {
                Some((kind, owner)) => {
                    fits &= wanted.kinds.is_empty() || wanted.kinds.contains(kind);
                    fits &= wanted.owners.is_empty() || wanted.owners.contains(owner);
                    because.push(Reason::Asset(kind.clone(), owner.clone()));
                }
                None => fits = false,
            }
        }
        if let Some(time) = &rule.time {
            if let Some(offices) = time.offices {
                let open = CITY.3.is_open(ask.at);
                fits &= open == (serde_json::to_value(offices).unwrap() == "open");
            }
            let weekday = text("%A").to_lowercase();
            let mut days = time.weekdays.iter();
            fits &= time.weekdays.is_empty()
                || days.any(|day| serde_json::to_value(day).unwrap() == weekday.as_str());
            let month: u8 = text("%-m").parse().unwrap();
            fits &= time.months.is_empty() || time.months.contains(&month);
            if let Some([from, until]) = &time.between {
                let now = text("%H:%M");
                let (after, before) = (now >= *from, now < *until);
                fits &= if until < from { after || before } else { after && before };
            }
            because.push(Reason::Time(text("%a %H:%M")));
        }
        if !fits {
            continue;
        }
        let (department, crew) = match &rule.to {
            RouteTarget::Department(department) => (department.clone(), None),
            RouteTarget::Crew(code) | RouteTarget::Contractor(code) => {
                match pack.crews.iter().find(|crew| crew.code == *code) {
                    Some(crew) => (crew.department.clone(), Some(code.clone())),
                    None => continue,
                }
            }
        };
        return Routed { rule: rule.code.clone(), department, crew, because };
    }
    let service = pack.services.services.iter().find(|service| service.code == ask.service);
    Routed {
        rule: if service.is_some() { SERVICE_DEPARTMENT } else { UNROUTED }.to_owned(),
        department: service
            .map_or(&pack.unrouted_department, |service| &service.department)
            .clone(),
        crew: None,
        because: vec![Reason::Service(ask.service.clone())],
    }
}

const SERVICES: [&str; 4] = ["pothole", "lamp", "comet", "meteor"];
const LAYERS: [&str; 3] = ["area", "ward", "gone"];
const ZONES: [&str; 3] = ["west", "east", "north"];
const PRIORITIES: [Priority; 4] =
    [Priority::Low, Priority::Medium, Priority::High, Priority::Critical];

fn some_of<const N: usize>(of: [&'static str; N]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(of.to_vec()).prop_map(str::to_owned), 0..3)
}

fn answers() -> impl Strategy<Value = BTreeMap<String, Answer>> {
    let answer = prop_oneof![
        prop::sample::select(vec!["lane", "path"]).prop_map(|c| Answer::Choice(c.to_owned())),
        any::<bool>().prop_map(Answer::Flag),
    ];
    let question = prop::sample::select(vec!["where", "hazard"]).prop_map(str::to_owned);
    prop::collection::btree_map(question, answer, 0..3)
}

/// One of a kind in four rules; a rule with everything would never fit.
fn seldom<T: Strategy>(strategy: T) -> impl Strategy<Value = Option<T::Value>>
where
    T::Value: Clone,
{
    prop::option::weighted(0.25, strategy)
}

fn clock() -> impl Strategy<Value = String> {
    (0..24, 0..60).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"))
}

fn time() -> impl Strategy<Value = serde_json::Value> {
    let days = prop::sample::subsequence(vec!["monday", "wednesday", "saturday", "sunday"], 0..4);
    let months = prop::collection::vec(1..=12, 0..8);
    let offices = prop::option::of(prop::sample::select(vec!["open", "closed"]));
    (offices, days, months, seldom([clock(), clock()])).prop_map(
        |(offices, weekdays, months, between)| {
            json!({"offices": offices, "weekdays": weekdays, "months": months, "between": between})
        },
    )
}

fn rule() -> impl Strategy<Value = RouteRule> {
    let targets = vec![
        RouteTarget::Department("streets".to_owned()),
        RouteTarget::Crew("streets-1".to_owned()),
        RouteTarget::Contractor("bright-co".to_owned()),
        RouteTarget::Crew("nobody".to_owned()),
    ];
    let layer = prop::sample::select(LAYERS.to_vec()).prop_map(str::to_owned);
    let zones = prop::collection::btree_map(layer, some_of(ZONES), 0..3);
    let asset = (some_of(["streetlight", "bench"]), some_of(["city", "alder_power"]))
        .prop_map(|(kinds, owners)| crate::city::pack::AssetRule { kinds, owners });
    let time = time().prop_map(|time| serde_json::from_value(time).unwrap());
    (
        some_of(SERVICES),
        zones,
        seldom(prop::sample::select(PRIORITIES.to_vec())),
        seldom(answers()),
        seldom(asset),
        seldom(time),
        prop::sample::select(targets),
    )
        .prop_map(|(services, zones, at_least, answers, asset, time, to)| RouteRule {
            code: String::new(),
            services,
            zones,
            at_least,
            answers: answers.unwrap_or_default(),
            asset,
            time,
            to,
        })
}

/// A question, and the point from which its zones come; none: from a pack that is gone.
fn ask() -> impl Strategy<Value = (Ask, Option<(f64, f64)>)> {
    let zones = prop::collection::btree_map(
        prop::sample::select(LAYERS.to_vec()).prop_map(str::to_owned),
        prop::sample::select(ZONES.to_vec()).prop_map(str::to_owned),
        0..4,
    );
    let asset = (
        prop::sample::select(vec!["streetlight", "bench"]).prop_map(str::to_owned),
        prop::sample::select(vec!["city", "alder_power"]).prop_map(str::to_owned),
    );
    // Two years, with every clock change and holiday in them.
    let at = 1_767_225_600_000_i64..1_830_297_600_000;
    let point = prop::option::of((39.8..41.2, 9.8..11.2));
    (
        prop::sample::select(SERVICES.to_vec()),
        zones,
        prop::sample::select(PRIORITIES.to_vec()),
        answers(),
        prop::option::of(asset),
        at,
        point,
    )
        .prop_map(|(service, zones, priority, answers, asset, at, point)| {
            let zones = match point {
                Some((lat, lon)) => CITY.1.locate(lat, lon, jiff::civil::date(2026, 11, 23)),
                None => zones,
            };
            let at = Timestamp(at);
            (Ask { service: service.to_owned(), zones, priority, answers, asset, at }, point)
        })
}

proptest! {
    #[test]
    fn routing_is_total_and_as_the_rules_read(
        mut rules in prop::collection::vec(rule(), 0..200),
        asks in prop::collection::vec(ask(), 10),
    ) {
        for (i, rule) in rules.iter_mut().enumerate() {
            rule.code = format!("r{i}");
        }
        // Rules for everyone would hide most others; they stand at the end.
        rules.sort_by_key(|rule| rule.services.is_empty() && rule.zones.is_empty());
        let pack = CityPack { routes: rules, ..CITY.0.clone() };
        let router = Router::new(&pack, &CITY.1);
        let mut located = Located::default();
        for (ask, point) in &asks {
            let routed = router.route(&CITY.3, &ask.query());
            prop_assert_eq!(&routed, &oracle(&pack, ask));
            if let Some((lat, lon)) = *point {
                CITY.1.locate_into(lat, lon, jiff::civil::date(2026, 11, 23), &mut located);
                let none = BTreeMap::new();
                let query = RouteQuery { zones: &none, ..ask.query() };
                let same = router.route_located(&CITY.3, &CITY.1, &located, &query);
                prop_assert_eq!(routed, same);
            }
        }
    }
}
