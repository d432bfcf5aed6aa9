//! What only shows when the parts of a city are looked at together.

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::catalogue::{Answer, PlaceNeed, Priority, Raise, Sla};
use crate::city::pack::{
    Asset, CollectionRules, Holiday, OnHoliday, RouteRule, RouteTarget, Segment, Weekday,
};
use crate::city::{AssetQuery, City, RouteQuery, sample};
use crate::location::Point;
use crate::time::Timestamp;

fn at(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

/// A city in which nothing is wrong on 1 September 2026.
fn good() -> CityPack {
    let mut pack = sample::pack();
    pack.services.services[0].asset_kinds = vec!["streetlight".into()];
    pack.gazetteer.assets = vec![asset("SL-1", at(40.5, 10.01)), asset("SL-2", at(40.5, 10.02))];
    pack
}

fn asset(number: &str, at: Point) -> Asset {
    Asset { kind: "streetlight".into(), number: number.into(), at, owner: None }
}

fn all(pack: &CityPack) -> Vec<Fault> {
    let mut found = faults(pack);
    found.extend(thorough(pack, &found, Some(date(2026, 9, 1))));
    found
}

fn rule(json: &str) -> RouteRule {
    serde_json::from_str(json).unwrap()
}

fn segment(line: [(f64, f64); 2], left: [u32; 2]) -> Segment {
    let [from, to] = line;
    Segment {
        line: vec![at(from.0, from.1), at(to.0, to.1)],
        class: Default::default(),
        left: Some(left),
        right: None,
        bridge: false,
    }
}

#[test]
fn nothing_is_wrong_with_a_good_city() {
    assert_eq!(all(&good()), []);
}

/// One change to a good city, and where it must be said, how badly, and with which words.
#[test]
fn what_does_not_fit_is_said_where_it_stands() {
    use Severity::{Error, Warning};
    type Change = fn(&mut CityPack);
    let cases: &[(Change, Severity, Part, Option<usize>, &str)] = &[
        (
            |p| p.services.services[0].alternatives.clear(),
            Error,
            Part::Route,
            Some(2),
            "neither its department nor an alternative",
        ),
        (
            |p| {
                p.routes.insert(
                    1,
                    rule(r#"{"code":"x","services":["pothole"],"to":{"crew":"streets-1"}}"#),
                )
            },
            Error,
            Part::Route,
            Some(2),
            "\"x\" above takes all its requests",
        ),
        (
            |p| {
                p.routes
                    .push(rule(r#"{"code":"x","at_least":"critical","to":{"crew":"streets-1"}}"#));
            },
            Error,
            Part::Route,
            Some(3),
            "\"urgent\" above takes all its requests",
        ),
        (
            |p| {
                p.services.services[0].questions[1].raises.clear();
                p.routes.push(rule(
                    r#"{"code":"x","services":["pothole"],"at_least":"critical","to":{"crew":"streets-1"}}"#,
                ));
                p.routes.remove(0);
            },
            Error,
            Part::Route,
            Some(2),
            "no request of \"pothole\" is ever critical",
        ),
        (
            |p| {
                p.routes[0] = rule(
                    r#"{"code":"x","services":["pothole"],"at_least":"critical",
                        "answers":{"hazard":{"flag":false}},"to":{"crew":"streets-1"}}"#,
                );
            },
            Error,
            Part::Route,
            Some(0),
            "with these answers is ever critical",
        ),
        (
            |p| {
                p.routes[1].zones.insert("area".into(), Vec::new());
            },
            Error,
            Part::Route,
            Some(1),
            "names no zone of \"area\"",
        ),
        (
            |p| {
                let mut south = p.zones["area"].clone();
                south.features.truncate(1);
                let json = serde_json::to_string(&south).unwrap();
                let east = json.replace("10.0", "10.6").replace("10.5", "10.9");
                p.zones.insert("quarter".into(), serde_json::from_str(&east).unwrap());
                p.partial_layers.insert("quarter".into());
                p.routes[1].zones.insert("quarter".into(), vec!["west".into()]);
            },
            Error,
            Part::Route,
            Some(1),
            "have no place in common",
        ),
        (
            |p| {
                p.routes[1].time =
                    serde_json::from_str(r#"{"offices":"open","weekdays":["sunday"]}"#).unwrap();
            },
            Error,
            Part::Route,
            Some(1),
            "the offices are never open then",
        ),
        (
            |p| {
                let json = serde_json::to_string(&p.zones["area"]).unwrap();
                let old = json.replacen(r#""code""#, r#""until":"2025-12-31","code""#, 1);
                p.zones.insert("old".into(), serde_json::from_str(&old).unwrap());
                p.partial_layers.insert("old".into());
                p.routes[1].zones.insert("old".into(), vec!["west".into()]);
            },
            Warning,
            Part::Route,
            Some(1),
            "hold no longer",
        ),
        (
            |p| {
                p.routes[1].asset = serde_json::from_str(r#"{"kinds":["hydrant"]}"#).unwrap();
                p.services.services[0].asset_kinds.push("hydrant".into());
            },
            Warning,
            Part::Route,
            Some(1),
            "and there are none",
        ),
        (
            |p| p.services.services[0].asset_kinds.push("hydrant".into()),
            Warning,
            Part::Service,
            Some(0),
            "and there are none",
        ),
        (
            |p| {
                p.routes[1].asset = serde_json::from_str(r#"{"owners":["nobody"]}"#).unwrap();
            },
            Warning,
            Part::Route,
            Some(1),
            "who owns none such",
        ),
        (
            |p| {
                p.gazetteer.assets[1].kind = "hydrant".into();
                p.routes[1].asset = serde_json::from_str(r#"{"kinds":["hydrant"]}"#).unwrap();
            },
            Warning,
            Part::Route,
            Some(1),
            "do not name",
        ),
        (
            |p| {
                p.routes.retain(|rule| !matches!(rule.to, RouteTarget::Crew(_)));
                p.crews.clear();
            },
            Error,
            Part::Service,
            Some(0),
            "Nobody can mend \"pothole\"",
        ),
        (|p| p.routes.clear(), Error, Part::Service, Some(0), "No route takes \"pothole\""),
        (
            |p| {
                p.zones.remove("city");
            },
            Warning,
            Part::City("zones"),
            None,
            "no outline",
        ),
        (
            |p| p.zones.get_mut("city").unwrap().features[0].set_property("until", "2026-08-31"),
            Warning,
            Part::Zone("city".into()),
            Some(0),
            "an end that has passed",
        ),
        (
            |p| {
                let json = serde_json::to_string(&p.zones["area"]).unwrap();
                let away = json.replace("41.", "43.").replace("40.", "42.");
                p.zones.insert("park".into(), serde_json::from_str(&away).unwrap());
                p.partial_layers.insert("park".into());
            },
            Warning,
            Part::Zone("park".into()),
            Some(0),
            "lies wholly outside the city",
        ),
        (
            |p| {
                p.routes[1].zones.insert("area".into(), vec!["west".into(), "east".into()]);
            },
            Warning,
            Part::Route,
            Some(1),
            "names every zone of \"area\"",
        ),
        (
            |p| p.calendar.holidays[0].name = " ".into(),
            Error,
            Part::Holiday,
            Some(0),
            "holiday's name",
        ),
        (
            |p| {
                let day = |date: &str| Holiday { date: date.into(), name: "Holiday".into() };
                p.calendar.holidays =
                    ["2025-01-01", "2025-05-01", "2025-12-25", "2026-01-01"].map(day).into();
            },
            Warning,
            Part::Holiday,
            None,
            "is only 1 holiday in 2026",
        ),
        (
            |p| {
                let rules = CollectionRules {
                    weekdays: vec![Weekday::Monday],
                    every_weeks: 1,
                    since: None,
                    on_holiday: OnHoliday::Skipped,
                    closes: "16:00".into(),
                };
                p.zones.insert("collection".into(), p.zones["area"].clone());
                p.calendar.collection =
                    [("west".to_owned(), rules.clone()), ("east".to_owned(), rules)].into();
                p.services.services[0].sla = Sla::NextServiceDay;
                p.services.services[0].place = PlaceNeed::Address;
            },
            Warning,
            Part::Service,
            Some(0),
            "asks for no route",
        ),
        (
            |p| {
                p.services.services[0].sla_at.insert(Priority::Low, Sla::Days(20));
            },
            Warning,
            Part::Service,
            Some(0),
            "is ever low",
        ),
        (
            |p| {
                let raise = Raise { to: Priority::Medium, when: Answer::Choice("path".into()) };
                p.services.services[0].questions[0].raises.push(raise);
            },
            Warning,
            Part::Question(0),
            Some(0),
            "Raise above high",
        ),
        (
            |p| {
                p.gazetteer.streets[0].segments[0].right = Some([2, 19]);
            },
            Error,
            Part::Segment,
            Some(0),
            "mix odd and even",
        ),
        (
            |p| {
                p.gazetteer.streets[0].segments = vec![
                    segment([(40.5, 10.0), (40.5, 10.1)], [1, 21]),
                    segment([(40.5, 10.1), (40.5, 10.2)], [21, 39]),
                ];
            },
            Warning,
            Part::Segment,
            Some(1),
            "overlap with 1 to 21",
        ),
        (
            |p| {
                p.gazetteer.streets[0].segments = vec![
                    segment([(40.5, 10.0), (40.5, 10.1)], [1, 21]),
                    segment([(40.6, 10.0), (40.6, 10.1)], [23, 39]),
                ];
            },
            Warning,
            Part::Segment,
            Some(1),
            "lies in two places",
        ),
        (
            |p| p.gazetteer.assets[1].at = at(10.02, 40.5),
            Error,
            Part::Asset,
            Some(1),
            "latitude and longitude swapped",
        ),
        (
            |p| p.gazetteer.addresses[1].at = at(-40.5, 10.02),
            Warning,
            Part::Address,
            Some(1),
            "far from the city",
        ),
        (
            |p| {
                let json = serde_json::to_string(&p.zones["area"]).unwrap();
                let bow = json.replacen("[10.5,41.0],[10.0,41.0]", "[10.0,41.0],[10.5,41.0]", 1);
                p.zones.insert("area".into(), serde_json::from_str(&bow).unwrap());
            },
            Error,
            Part::Zone("area".into()),
            Some(0),
            "meets itself",
        ),
        (|p| p.calendar.holidays.clear(), Error, Part::Holiday, None, "no holidays in 2026"),
    ];
    for (change, severity, part, item, words) in cases {
        let mut pack = good();
        change(&mut pack);
        let found = all(&pack);
        let fits = |fault: &&Fault| fault.part == *part && fault.item == *item;
        let Some(fault) =
            found.iter().find(|f| fits(f) && f.what.contains(words) | f.remedy.contains(words))
        else {
            panic!("expected {part:?} {item:?} {words:?}, found {found:#?}");
        };
        assert_eq!(fault.severity, *severity, "{fault:?}");
        for fault in &found {
            for sentence in [&fault.what, &fault.remedy] {
                assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
            }
        }
    }
}

#[test]
fn what_stands_on_a_faulty_part_is_not_looked_at() {
    let mut pack = good();
    pack.routes[1].to = RouteTarget::Crew("nobody".into());
    pack.services.services[0].alternatives.clear();
    let found = all(&pack);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_park_in_between_makes_no_two_streets() {
    let mut pack = good();
    pack.gazetteer.streets[0].segments = vec![
        segment([(40.5, 10.0), (40.5, 10.1)], [1, 21]),
        segment([(40.5, 10.104), (40.5, 10.2)], [23, 39]),
    ];
    assert_eq!(all(&pack), []);
}

#[test]
fn a_code_may_come_again_when_the_dates_do_not_overlap() {
    let with = |first: &str, second: &str| {
        let mut pack = good();
        let json = serde_json::to_string(&pack.zones["area"]).unwrap();
        let json = json
            .replacen(r#""code":"west""#, &format!(r#"{first}"code":"west""#), 1)
            .replacen(r#""code":"east""#, &format!(r#"{second}"code":"west""#), 1);
        assert!(json.contains(first) && json.contains(second));
        pack.zones.insert("old".into(), serde_json::from_str(&json).unwrap());
        pack.partial_layers.insert("old".into());
        let words: Vec<String> =
            faults(&pack).into_iter().map(|f| format!("{:?} {}", f.item, f.what)).collect();
        words
    };
    let until = r#""until":"2026-06-30","#;
    assert_eq!(with(until, r#""from":"2026-07-01","#), Vec::<String>::new());
    let twice = ["Some(1) The zone \"west\" holds twice on the same days."];
    assert_eq!(with(until, r#""from":"2026-06-30","#), twice);
    assert_eq!(with("", r#""from":"2026-06-30","#), twice);
    assert_eq!(with("", ""), ["Some(1) The zone \"west\" exists twice."]);
    let backwards = r#""from":"2026-06-30","until":"2026-06-29","#;
    assert_eq!(with(backwards, until), ["Some(0) The zone \"west\" ends before it begins."]);
    assert_eq!(with(r#""from":"June","#, until).len(), 1);
}

#[test]
fn braces_that_are_meant_are_not_counted() {
    assert_eq!(nesting("a = { $x }"), 1);
    assert_eq!(nesting(&"a = {\"{\"} {\"}\"}\n".repeat(500)), 1);
    assert_eq!(nesting("a = { NUMBER($x, y: { A(1) }) }"), 4);
}

/// Routes of small parts, so that some often cover others.
fn rules() -> impl Strategy<Value = Vec<RouteRule>> {
    let zones = prop::option::weighted(0.5, prop::sample::subsequence(vec!["west", "east"], 0..=2));
    let answers = (
        prop::option::weighted(0.3, prop::sample::select(vec!["lane", "path"])),
        prop::option::weighted(0.3, any::<bool>()),
    );
    let least = prop::option::weighted(
        0.3,
        prop::sample::select(vec![Priority::Low, Priority::High, Priority::Critical]),
    );
    let asset = prop::option::weighted(
        0.3,
        prop::sample::select(vec![
            r"{}",
            r#"{"kinds":["streetlight"]}"#,
            r#"{"owners":["city"]}"#,
            r#"{"kinds":["hydrant"],"owners":["city","alder_power"]}"#,
        ]),
    );
    let time = prop::option::weighted(
        0.4,
        prop::sample::select(vec![
            r#"{"offices":"open"}"#,
            r#"{"offices":"closed"}"#,
            r#"{"weekdays":["saturday","sunday"]}"#,
            r#"{"offices":"open","weekdays":["sunday"]}"#,
            r#"{"between":["22:00","06:00"]}"#,
            r#"{"between":["06:00","22:00"]}"#,
            r#"{"months":[1,2,3]}"#,
            r#"{"offices":"open","between":["22:00","06:00"]}"#,
        ]),
    );
    let one = (any::<bool>(), zones, answers, least, asset, time).prop_map(
        |(all, zones, (place, hazard), least, asset, time)| {
            let mut rule = rule(r#"{"code":"x","to":{"department":"streets"}}"#);
            let asks = place.is_some() || hazard.is_some();
            if !all || asks {
                rule.services = vec!["pothole".into()];
            }
            if let Some(zones) = zones {
                rule.zones.insert("area".into(), zones.into_iter().map(str::to_owned).collect());
            }
            let place = place.map(|choice| ("where", Answer::Choice(choice.to_owned())));
            let hazard = hazard.map(|flag| ("hazard", Answer::Flag(flag)));
            let answers = place.into_iter().chain(hazard);
            rule.answers = answers.map(|(q, answer)| (q.to_owned(), answer)).collect();
            rule.at_least = least;
            rule.asset = asset.map(|json| serde_json::from_str(json).unwrap());
            rule.time = time.map(|json| serde_json::from_str(json).unwrap());
            rule
        },
    );
    prop::collection::vec(one, 1..7).prop_map(|mut rules| {
        for (i, rule) in rules.iter_mut().enumerate() {
            rule.code = format!("r{i}");
        }
        rules
    })
}

/// Every report that could tell these routes apart, put to them: which of them any report takes.
fn routes_taken(city: &City) -> Vec<bool> {
    let mut taken = vec![false; city.pack().routes.len()];
    let zones = [None, Some("west"), Some("east")];
    let places = [None, Some("lane"), Some("path")];
    let hazards = [None, Some(true), Some(false)];
    let assets = [
        None,
        Some(("streetlight", "city")),
        Some(("streetlight", "alder_power")),
        Some(("hydrant", "city")),
        Some(("hydrant", "alder_power")),
        Some(("bench", "nobody")),
    ];
    // From Thursday 1 January 2026 and Wednesday 1 July 2026, 00:30 there, four hours apart, for a
    // week each: also a holiday.
    let times: Vec<Timestamp> = [1_767_256_200_000_i64, 1_782_891_000_000]
        .into_iter()
        .flat_map(|from| (0..42).map(move |n| Timestamp(from + n * 4 * 3_600_000)))
        .collect();
    for zone in zones {
        for place in places {
            for hazard in hazards {
                let zones: BTreeMap<String, String> =
                    zone.map(|z| ("area".to_owned(), z.to_owned())).into_iter().collect();
                let place = place.map(|c| ("where".to_owned(), Answer::Choice(c.to_owned())));
                let hazard = hazard.map(|f| ("hazard".to_owned(), Answer::Flag(f)));
                let answers: BTreeMap<String, Answer> = place.into_iter().chain(hazard).collect();
                for service in ["pothole", "comet"] {
                    let (priority, _) = city.priority(service, &answers);
                    for asset in assets {
                        let asset = asset.map(|(kind, owner)| AssetQuery { kind, owner });
                        for at in &times {
                            let query = RouteQuery {
                                service,
                                zones: &zones,
                                priority,
                                answers: &answers,
                                asset,
                                at: *at,
                            };
                            let rule = city.route(&query).rule;
                            if let Some(n) =
                                rule.strip_prefix('r').and_then(|n| n.parse::<usize>().ok())
                            {
                                taken[n] = true;
                            }
                        }
                    }
                }
            }
        }
    }
    taken
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A route that is said never to match never does; and nearly each that never does is found.
    #[test]
    fn routes_that_never_match_are_those_that_no_report_takes(rules in rules()) {
        let mut pack = good();
        pack.routes = rules;
        let said: Vec<usize> = all(&pack)
            .into_iter()
            .filter(|fault| fault.severity == Severity::Error && fault.part == Part::Route)
            .filter_map(|fault| fault.item)
            .collect();
        let city = City::from_pack(pack).unwrap();
        for (i, taken) in routes_taken(&city).into_iter().enumerate() {
            prop_assert!(!(taken && said.contains(&i)), "r{i} takes reports");
            // Priority follows from the answers, and office hours from the time of day, so that
            // what two such rules cover together may not be seen. Otherwise all is found.
            let plain = city.pack().routes[..=i].iter().all(|rule| {
                rule.at_least.is_none() && rule.time.as_ref().is_none_or(|time| time.offices.is_none())
            });
            prop_assert!(taken || !plain || said.contains(&i), "r{i} takes nothing, and nobody said so");
        }
    }
}
