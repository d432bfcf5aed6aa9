//! The city as a whole: reading, refusing, answering.

use super::check::Fault;
use super::*;

fn faults(change: impl FnOnce(&mut CityPack)) -> Vec<Fault> {
    let mut pack = sample::pack();
    change(&mut pack);
    match City::from_pack(pack) {
        Err(PackError::Faulty(faults)) => faults,
        other => panic!("expected faults, got {:?}", other.map(|city| city.version().to_owned())),
    }
}

fn at(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

#[test]
fn a_pack_goes_through_json_unchanged() {
    let city = City::from_pack(sample::pack()).unwrap();
    let json = city.pack().to_json().unwrap();
    assert_eq!(City::from_json(&json).unwrap(), city);
    let again = CityPack::from_json(&json).unwrap().sealed().unwrap();
    assert_eq!(again.version, city.version(), "the version follows from the content");
    let mut other = sample::pack();
    other.calendar.holidays.clear();
    assert_ne!(other.sealed().unwrap().version, city.version());
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let code = |bytes: &[u8]| City::from_json(bytes).unwrap_err().code();
    assert_eq!(code(b"no"), "pack_unreadable");
    assert_eq!(code(br#"{"format":2}"#), "pack_unreadable");
    assert_eq!(code(br#"{"format":1,"everything":"else"}"#), "pack_older");
    assert_eq!(code(br#"{"format":3,"everything":"else"}"#), "pack_newer");
    assert_eq!(code(&vec![b' '; pack::MAX_PACK_BYTES + 1]), "pack_too_large");
    let mut newer = sample::pack();
    newer.format = pack::FORMAT + 1;
    assert_eq!(City::from_pack(newer).unwrap_err().code(), "pack_newer");
}

#[test]
fn a_place_that_is_none_makes_the_pack_unreadable() {
    let json = String::from_utf8(sample::pack().to_json().unwrap()).unwrap();
    let json = json.replace(r#"{"lat":40.6,"lon":10.6}"#, r#"{"lat":0.0,"lon":0.0}"#);
    assert_eq!(City::from_json(json.as_bytes()).unwrap_err().code(), "pack_unreadable");
}

fn time(json: &str) -> Option<pack::TimeRule> {
    serde_json::from_str(json).unwrap()
}

fn assets(one: &str, other: &str) -> Vec<pack::Asset> {
    let asset = |number: &str| pack::Asset {
        kind: "streetlight".into(),
        number: number.into(),
        at: at(40.5, 10.1),
        owner: None,
    };
    vec![asset(one), asset(other)]
}

#[test]
fn every_kind_of_fault_names_its_part_and_item() {
    use crate::catalogue::{QuestionKind, Sla};
    type Change = fn(&mut CityPack);
    let cases: &[(Change, Part, Option<usize>)] = &[
        (|p| p.name.clear(), Part::City("name"), None),
        (|p| p.emergency_number = "call us".into(), Part::City("emergency_number"), None),
        (|p| p.time_zone.tzif = "AAAA".into(), Part::City("time_zone"), None),
        (|p| p.languages.clear(), Part::City("languages"), None),
        (|p| p.unrouted_department = "nobody".into(), Part::City("unrouted_department"), None),
        (|p| p.zones.clear(), Part::City("zones"), None),
        (|p| p.departments[1].code = "Utilities".into(), Part::Department, Some(1)),
        (|p| p.crews[0].department = "nobody".into(), Part::Crew, Some(0)),
        (|p| p.services.services[0].department = "nobody".into(), Part::Service, Some(0)),
        (|p| p.services.services[0].sla = Sla::Days(0), Part::Service, Some(0)),
        (
            |p| p.services.services[0].questions[0].kind = QuestionKind::Choice(vec![]),
            Part::Question(0),
            Some(0),
        ),
        (|p| p.services.services[0].questions[2].emergency = true, Part::Question(0), Some(2)),
        (
            |p| p.services.services[0].questions[1].raises[0].when = Answer::Text("x".into()),
            Part::Question(0),
            Some(1),
        ),
        (
            |p| {
                p.services.services[0].questions[2].kind = QuestionKind::Plate;
                p.services.services[0].questions[2].public = crate::catalogue::Visibility::Coarse;
            },
            Part::Question(0),
            Some(2),
        ),
        (|p| p.services.services[0].alternatives.push("nobody".into()), Part::Service, Some(0)),
        (|p| p.services.services[0].asset_kinds.push("A lamp".into()), Part::Service, Some(0)),
        (|p| p.services.services[0].sla = Sla::NextServiceDay, Part::Service, Some(0)),
        (|p| p.services.services.clear(), Part::Service, None),
        (|p| p.routes[1].code = "urgent".into(), Part::Route, Some(1)),
        (|p| p.routes[1].code = route::UNROUTED.into(), Part::Route, Some(1)),
        (|p| p.routes[1].to = pack::RouteTarget::Crew("nobody".into()), Part::Route, Some(1)),
        (
            |p| {
                p.routes[1].zones.insert("area".into(), vec!["north".into()]);
            },
            Part::Route,
            Some(1),
        ),
        (|p| p.routes[2].services.clear(), Part::Route, Some(2)),
        (
            |p| {
                p.routes[2].answers.insert("where".into(), Answer::Choice("roof".into()));
            },
            Part::Route,
            Some(2),
        ),
        (
            |p| p.routes[1].to = pack::RouteTarget::Contractor("streets-1".into()),
            Part::Route,
            Some(1),
        ),
        (|p| p.routes[1].time = time(r#"{"months": [13]}"#), Part::Route, Some(1)),
        (|p| p.routes[1].time = time(r#"{"between": ["8:00", "09:00"]}"#), Part::Route, Some(1)),
        (|p| p.routes[1].time = time(r#"{"between": ["08:00", "08:00"]}"#), Part::Route, Some(1)),
        (
            |p| p.routes[1].asset = serde_json::from_str(r#"{"kinds": ["A lamp"]}"#).unwrap(),
            Part::Route,
            Some(1),
        ),
        (|p| p.partial_layers = ["city".to_owned()].into(), Part::City("partial_layers"), None),
        (|p| p.calendar.hours.clear(), Part::Hours, None),
        (|p| p.calendar.holidays[0].date = "2026-02-30".into(), Part::Holiday, Some(0)),
        (|p| p.gazetteer.streets[1].name = "Kestrel Street".into(), Part::Street, Some(1)),
        (|p| p.gazetteer.addresses[3].street = 9, Part::Address, Some(3)),
        (|p| p.gazetteer.streets[2].segments[0].line.truncate(1), Part::Segment, Some(1)),
        (
            |p| p.gazetteer.streets[2].segments[0].left = Some([1, 1_000_001]),
            Part::Segment,
            Some(1),
        ),
        (|p| p.gazetteer.assets = assets("SL 1", "SL 1"), Part::Asset, Some(1)),
        (|p| p.gazetteer.assets = assets("SL 1", ""), Part::Asset, Some(1)),
        (
            |p| {
                p.strings.insert("en".into(), "a = ".to_owned() + &"{".repeat(1_000));
            },
            Part::Strings("en".into()),
            None,
        ),
    ];
    for (change, part, item) in cases {
        let found = faults(change);
        assert!(
            found.iter().any(|f| f.part == *part && (item.is_none() || f.item == *item)),
            "expected {part:?} {item:?}, found {found:?}"
        );
        assert!(
            found.iter().all(|f| f.what.ends_with('.') && f.remedy.ends_with('.')),
            "{found:?}"
        );
    }
}

#[test]
fn zones_that_are_no_zones_are_refused() {
    let change = |from: &str, to: &str| {
        let mut pack = sample::pack();
        let json = serde_json::to_string(&pack.zones).unwrap();
        assert!(json.contains(from), "{json}");
        pack.zones = serde_json::from_str(&json.replacen(from, to, 1)).unwrap();
        let found = match City::from_pack(pack) {
            Err(PackError::Faulty(faults)) => faults,
            _ => Vec::new(),
        };
        found.into_iter().map(|f| (f.part, f.item)).collect::<Vec<_>>()
    };
    let first = [(Part::Zone("area".into()), Some(0))];
    assert_eq!(change("[10.0,40.0],[10.5,40.0],", "[11.0,40.0],[10.5,40.0],"), first, "not closed");
    assert_eq!(change("[10.5,40.0]", "[999.0,40.0]"), first, "not on earth");
    assert_eq!(change(r#""code":"east""#, r#""code":"west""#)[0].1, Some(1), "twice");
}

#[test]
fn rings_that_cross_are_found_where_a_city_is_made() {
    let mut pack = sample::pack();
    assert_eq!(zones::shape_faults(&pack), []);
    let json = serde_json::to_string(&pack.zones).unwrap();
    let crossed = json.replacen("[10.5,41.0],[10.0,41.0]", "[10.0,41.0],[10.5,41.0]", 1);
    pack.zones = serde_json::from_str(&crossed).unwrap();
    let found = zones::shape_faults(&pack);
    assert_eq!((found.len(), &found[0].part), (1, &Part::Zone("area".into())));
}

#[test]
fn a_city_answers() {
    let city = City::from_pack(sample::pack()).unwrap();
    assert!(city.contains(at(40.5, 10.2)) && !city.contains(at(39.0, 10.2)));
    assert_eq!(city.locate(at(40.5, 10.2), Timestamp(0))["area"], "west");
    assert_eq!(city.zone_name("area", "west"), Some("west"));
    assert_eq!(city.crew("streets-1").map(|c| c.name.as_str()), Some("Streets Crew 1"));
    assert_eq!(city.department("streets").map(|d| d.name.as_str()), Some("Streets"));
    let view = city.view();
    assert_eq!((view.services.len(), view.departments.len(), view.crews.len()), (1, 2, 1));

    // New Year's Eve, 23:30 in the city, is already next year in UTC.
    let eve = Timestamp(1_798_788_600_000);
    assert_eq!((city.local_date(eve).as_str(), city.year(eve)), ("2026-12-31", 2026));

    let answers = BTreeMap::from([("hazard".to_owned(), Answer::Flag(true))]);
    assert_eq!(city.priority("pothole", &answers), (Priority::Critical, "answer:hazard".into()));
    let none = BTreeMap::new();
    assert_eq!(city.priority("pothole", &none), (Priority::High, SERVICE_PRIORITY.into()));
    assert_eq!(city.priority("comet", &none), (Priority::Medium, SERVICE_PRIORITY.into()));
}

#[test]
fn a_promise_follows_the_calendar() {
    let city = City::from_pack(sample::pack()).unwrap();
    let sla = city.sla("pothole", Priority::High).unwrap();
    assert_eq!(city.sla("comet", Priority::High), None);
    let zones = BTreeMap::new();
    let query = |start| PromiseQuery { sla, start, pauses: &[], zones: &zones };
    // Monday 23 November 2026, 10:02 in the city; the Monday after is a holiday there.
    let promise = city.promise(&query(Timestamp(1_795_456_920_000))).unwrap();
    assert_eq!(city.local_date(promise.response_due), "2026-12-01");
    assert_eq!(city.local_date(promise.resolution_due), "2026-12-08");
    assert_eq!(city.promise(&query(Timestamp(i64::MAX))), None);
}
