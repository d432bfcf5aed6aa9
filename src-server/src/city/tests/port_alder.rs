//! The demo city loads and answers.

use std::collections::BTreeMap;
use std::fs;

use mend_core::catalogue::{Answer, PlaceNeed, Priority, QuestionKind, Sla};
use mend_core::city::{City, PromiseQuery, RouteQuery};
use mend_core::location::Point;

use super::*;

fn port_alder() -> City {
    let checked = check(&root().join("cities/port-alder"), NOW);
    assert_eq!(said(&checked), "");
    City::from_pack(checked.pack.unwrap()).unwrap()
}

#[test]
fn it_goes_through_json_unchanged() {
    let city = port_alder();
    assert_eq!(city.version().len(), 64);
    let json = city.pack().to_json().unwrap();
    let again = City::from_json(&json).unwrap();
    assert_eq!(again, city);
    assert_eq!(again.pack().to_json().unwrap(), json, "byte for byte");
    assert_eq!(load(&root().join("cities/port-alder")).unwrap().version, city.version());
    let pack = city.pack();
    let segments: usize = pack.gazetteer.streets.iter().map(|s| s.segments.len()).sum();
    assert!((1_350..=1_650).contains(&segments), "{segments}");
    assert!((4_000..=6_000).contains(&pack.gazetteer.assets.len()));
    assert!(pack.zones["neighborhood"].features.len() >= 20);
}

#[test]
fn a_pothole_in_old_mill_goes_to_crew_1_with_a_promise() {
    let city = port_alder();
    let at = Point::new(44.631732, -124.051676).unwrap();
    assert!(city.contains(at));
    let zones = city.locate(at, NOW);
    assert_eq!(zones["neighborhood"], "old_mill");

    let lane = ("where".to_owned(), Answer::Choice("driving_lane".into()));
    let answers = BTreeMap::from([lane]);
    let service = city.catalogue().service("pothole").unwrap();
    assert_eq!(service.check_answers(&answers), Ok(()));
    assert!(service.check_answers(&BTreeMap::new()).is_err());
    let (priority, _) = city.priority("pothole", &answers);
    assert_eq!(priority, Priority::High);
    let query = RouteQuery {
        service: "pothole",
        zones: &zones,
        priority,
        answers: &answers,
        asset: None,
        at: NOW,
    };
    let routed = city.route(&query);
    assert_eq!(
        (routed.department.as_str(), routed.crew.as_deref()),
        ("streets", Some("streets-1"))
    );

    // The 26th is a working day; 11 December is not.
    let promise = |start| {
        let sla = city.sla("pothole", priority).unwrap();
        city.promise(&PromiseQuery { sla, start, pauses: &[], zones: &zones }).unwrap()
    };
    assert_eq!(city.local_date(promise(NOW).response_due), "2026-11-30");
    assert_eq!(city.local_date(promise(NOW).resolution_due), "2026-12-07");
    let later = Timestamp(NOW.0 + 7 * 86_400_000);
    assert_eq!(city.local_date(promise(later).resolution_due), "2026-12-15", "over Lantern Day");
}

#[test]
fn each_neighborhood_sends_its_potholes_where_the_routes_say() {
    let city = port_alder();
    let crew = |lat: f64, lon: f64| {
        let zones = city.locate(Point::new(lat, lon).unwrap(), NOW);
        let none = BTreeMap::new();
        let query = RouteQuery {
            service: "pothole",
            zones: &zones,
            priority: Priority::High,
            answers: &none,
            asset: None,
            at: NOW,
        };
        (zones["neighborhood"].clone(), city.route(&query).crew)
    };
    assert_eq!(crew(44.629, -124.058), ("harbor".into(), Some("streets-2".into())));
    assert_eq!(crew(44.630, -124.040), ("beacon_hill".into(), None));
}

/// The map's check says so of areas; here are points, each in exactly the layers that cover.
#[test]
fn whole_layers_cover_the_city_and_nothing_else() {
    let city = port_alder();
    let whole = ["neighborhood", "district", "maintenance", "collection"];
    let (mut inside, mut outside) = (0, 0);
    for row in 0..60 {
        for column in 0..60 {
            let lat = 44.59 + f64::from(row) * 0.001_333;
            let lon = -124.09 + f64::from(column) * 0.001_501;
            let at = Point::new(lat, lon).unwrap();
            let zones = city.locate(at, NOW);
            for layer in whole {
                assert_eq!(zones.contains_key(layer), city.contains(at), "{layer} {at:?}");
            }
            assert!(city.contains(at) || city.beyond(at).is_some(), "{at:?} is nobody's");
            if city.contains(at) { inside += 1 } else { outside += 1 }
        }
    }
    assert!(inside > 500 && outside > 500, "{inside} {outside}");
}

#[test]
fn the_working_days_of_port_alder() {
    let city = port_alder();
    let calendar = city.calendar();
    let open = |date: &str| calendar.is_business_day(date.parse().unwrap());
    assert!(open("2026-11-26") && open("2026-11-27"));
    assert!(!open("2026-12-11") && !open("2026-12-25") && !open("2027-01-01"));
    assert!(!open("2026-11-28"), "a Saturday");
    for holiday in &city.pack().calendar.holidays {
        assert!(!open(&holiday.date), "{holiday:?}");
    }
    for year in ["2025-", "2026-", "2027-"] {
        let holidays = &city.pack().calendar.holidays;
        assert_eq!(holidays.iter().filter(|h| h.date.starts_with(year)).count(), 11, "{year}");
    }
}

#[test]
fn services_promise_what_the_catalogue_says() {
    use Priority::{Critical, High, Low, Medium};
    let city = port_alder();
    let catalogue = [
        ("pothole", "5-10 business days", High),
        ("streetlight", "3-7 business days", High),
        ("graffiti", "5-15 business days", Medium),
        ("abandoned_vehicle", "36-72 hours", High),
        ("illegal_dumping", "3-5 business days", High),
        ("tree", "10-21 business days", Medium),
        ("code_violation", "5-10 business days", Medium),
        ("missed_trash", "next service day", Medium),
        ("water_leak", "24-48 hours", Critical),
        ("sign", "3-10 business days", Medium),
        ("park_maintenance", "5-15 business days", Low),
        ("other", "2-10 business days", Medium),
    ];
    for (code, sla, priority) in catalogue {
        let service = city.catalogue().service(code).unwrap();
        assert_eq!((service.sla.to_string().as_str(), service.priority), (sla, priority), "{code}");
    }
    assert_eq!(city.catalogue().services.len(), catalogue.len());
    let with = |question: &str, answer| BTreeMap::from([(question.to_owned(), answer)]);
    assert_eq!(city.priority("pothole", &with("hazard", Answer::Flag(true))).0, Critical);
    assert_eq!(city.priority("tree", &with("hazard", Answer::Flag(true))).0, Critical);
    assert_eq!(city.priority("sign", &with("which", Answer::Choice("stop".into()))).0, High);
    let trash = city.catalogue().service("missed_trash").unwrap();
    assert_eq!((trash.sla, trash.place), (Sla::NextServiceDay, PlaceNeed::Route));
    let vehicle = city.catalogue().service("abandoned_vehicle").unwrap();
    assert!(vehicle.questions.iter().any(|question| question.kind == QuestionKind::Plate));
}

#[test]
fn built_in_icons_are_24_by_24() {
    for service in &port_alder().catalogue().services {
        let file = root().join(format!("icons/services/{}.svg", service.code));
        let icon = fs::read_to_string(file).unwrap();
        assert!(
            icon.starts_with("<svg") && icon.contains("viewBox=\"0 0 24 24\""),
            "{}",
            service.code
        );
    }
}
