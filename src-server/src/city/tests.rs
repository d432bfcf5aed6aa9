//! Port Alder loads and answers; broken folders are refused with the file that is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mend_core::catalogue::{Answer, Priority, QuestionKind, Sla};
use mend_core::city::{City, RouteQuery};
use mend_core::location::Point;
use mend_core::time::Timestamp;

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn port_alder() -> City {
    let pack = load(&root().join("cities/port-alder")).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    City::from_pack(pack).unwrap()
}

#[test]
fn port_alder_loads_and_goes_through_json_unchanged() {
    let city = port_alder();
    assert_eq!(city.version().len(), 64);
    let json = city.pack().to_json().unwrap();
    let again = City::from_json(&json).unwrap();
    assert_eq!(again, city);
    assert_eq!(again.pack().to_json().unwrap(), json, "byte for byte");
    assert_eq!(load(&root().join("cities/port-alder")).unwrap().version, city.version());
    assert_eq!(city.catalogue().services.len(), 4);
    assert_eq!(city.pack().departments.len(), 3);
    assert_eq!(city.pack().crews.len(), 2);
    assert!(city.pack().gazetteer.streets.len() >= 20);
    assert!(city.pack().gazetteer.addresses.len() >= 250);
}

#[test]
fn a_pothole_before_214_kestrel_street_goes_to_crew_1_with_a_promise() {
    let city = port_alder();
    let place = city.search_places("214 kes", 5).unwrap().remove(0);
    assert_eq!(place.label, "214 Kestrel Street");
    let zones = city.locate(place.point);
    assert_eq!(zones, BTreeMap::from([("neighborhood".to_owned(), "old_mill".to_owned())]));
    assert!(city.contains(place.point));
    assert_eq!(city.nearest_places(place.point, 1)[0].label, "214 Kestrel Street");

    let lane = ("where".to_owned(), Answer::Choice("driving_lane".into()));
    let answers = BTreeMap::from([lane]);
    let service = city.catalogue().service("pothole").unwrap();
    assert_eq!(service.check_answers(&answers), Ok(()));
    assert!(service.check_answers(&BTreeMap::new()).is_err());
    let (priority, _) = city.priority("pothole", &answers);
    assert_eq!(priority, Priority::High);
    let routed =
        city.route(&RouteQuery { service: "pothole", zones: &zones, priority, answers: &answers });
    assert_eq!(routed.department, "streets");
    assert_eq!(routed.crew.as_deref(), Some("streets-1"));

    // Monday 23 November 2026, 10:02 there. The 26th is a working day; 11 December is not.
    let arrival = Timestamp(1_795_456_920_000);
    let promise = city.promise("pothole", priority, arrival).unwrap();
    assert_eq!(city.local_date(promise.response_due), "2026-11-30");
    assert_eq!(city.local_date(promise.resolution_due), "2026-12-07");
    let later = Timestamp(arrival.0 + 7 * 86_400_000);
    let promise = city.promise("pothole", priority, later).unwrap();
    assert_eq!(city.local_date(promise.resolution_due), "2026-12-15", "over Lantern Day");
}

#[test]
fn each_neighborhood_sends_its_potholes_where_the_routes_say() {
    let city = port_alder();
    let crew = |address: &str| {
        let at = city.search_places(address, 1).unwrap().remove(0).point;
        let zones = city.locate(at);
        let none = BTreeMap::new();
        let query = RouteQuery {
            service: "pothole",
            zones: &zones,
            priority: Priority::High,
            answers: &none,
        };
        (zones["neighborhood"].clone(), city.route(&query).crew)
    };
    assert_eq!(crew("65 ferry"), ("harbor".into(), Some("streets-2".into())));
    assert_eq!(crew("140 beacon hill"), ("beacon_hill".into(), None));
}

#[test]
fn neighborhoods_tile_the_city() {
    let city = port_alder();
    let addresses = &city.pack().gazetteer.addresses;
    for address in addresses {
        assert!(city.contains(address.at), "{address:?}");
        assert!(city.locate(address.at).contains_key("neighborhood"), "{address:?}");
    }
    // A grid over more than the city: inside the outline exactly if in a neighborhood.
    let (mut inside, mut outside) = (0, 0);
    for row in 0..240 {
        for column in 0..240 {
            let lat = 44.62 + f64::from(row) * 0.000_083_3;
            let lon = -124.065 + f64::from(column) * 0.000_125_1;
            let at = Point::new(lat, lon).unwrap();
            assert_eq!(city.contains(at), !city.locate(at).is_empty(), "{at:?}");
            if city.contains(at) { inside += 1 } else { outside += 1 }
        }
    }
    assert!(inside > 10_000 && outside > 10_000, "{inside} {outside}");
    // Neighborhoods that overlapped would have more area together than the city.
    let area = |layer: &str| -> f64 {
        let features = &city.pack().zones[layer].features;
        features.iter().map(|feature| ring_area(&feature.geometry.as_ref().unwrap().value)).sum()
    };
    assert!((area("neighborhood") - area("city")).abs() < 1e-12);
}

fn ring_area(value: &geojson::GeometryValue) -> f64 {
    let geojson::GeometryValue::Polygon { coordinates } = value else { panic!("no polygon") };
    let doubled: f64 =
        coordinates[0].windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum();
    (doubled / 2.0).abs()
}

#[test]
fn house_numbers_rise_along_each_street_with_odd_and_even_on_their_sides() {
    let city = port_alder();
    let places = &city.pack().gazetteer;
    for (index, street) in places.streets.iter().enumerate() {
        let (from, to) = (street.line[0], street.line[street.line.len() - 1]);
        // Along and across the street, in degrees scaled to the same length.
        let shrink = from.lat().to_radians().cos();
        let (dx, dy) = ((to.lon() - from.lon()) * shrink, to.lat() - from.lat());
        let mut last = f64::MIN;
        for address in places.addresses.iter().filter(|a| a.street as usize == index) {
            let (x, y) = ((address.at.lon() - from.lon()) * shrink, address.at.lat() - from.lat());
            let number: u32 = address.number.parse().unwrap();
            let (along, across) = (x * dx + y * dy, dx * y - dy * x);
            assert!(along > last, "{number} {}", street.name);
            last = along;
            let left = across > 0.0;
            let runs_east = dx > dy.abs();
            assert_eq!(left, (number % 2 == 1) == runs_east, "{number} {}", street.name);
        }
    }
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
}

#[test]
fn services_promise_what_the_catalogue_says() {
    let city = port_alder();
    let sla = |code: &str| city.catalogue().service(code).unwrap().sla;
    assert_eq!(sla("pothole"), Sla::Range { response_days: 5, resolution_days: 10 });
    assert_eq!(sla("streetlight"), Sla::Range { response_days: 3, resolution_days: 7 });
    assert_eq!(sla("graffiti"), Sla::Range { response_days: 5, resolution_days: 15 });
    assert_eq!(sla("water_leak"), Sla::Hours { response: 24, resolution: 48 });
    let hurt = BTreeMap::from([("hazard".to_owned(), Answer::Flag(true))]);
    assert_eq!(city.priority("pothole", &hurt).0, Priority::Critical);
}

/// Every service has an icon, and words for itself, its questions and its choices.
#[test]
fn every_service_has_icon_and_words() {
    let text = fs::read_to_string(root().join("locales/en/services.ftl")).unwrap();
    let resource = fluent_syntax::parser::parse(text.as_str()).unwrap();
    let messages: Vec<&str> = resource
        .body
        .iter()
        .filter_map(|entry| match entry {
            fluent_syntax::ast::Entry::Message(message) => Some(message.id.name),
            _ => None,
        })
        .collect();
    let has = |id: String| assert!(messages.contains(&id.as_str()), "no words for {id}");
    for service in &port_alder().catalogue().services {
        let code = &service.code;
        let icon = fs::read_to_string(root().join(format!("icons/services/{code}.svg"))).unwrap();
        assert!(icon.starts_with("<svg") && icon.contains("viewBox=\"0 0 24 24\""), "{code}");
        has(format!("service-{code}"));
        has(format!("service-{code}-short"));
        for question in &service.questions {
            has(format!("q-{code}-{}", question.code));
            if let QuestionKind::Choice(choices) = &question.kind {
                for choice in choices {
                    has(format!("a-{code}-{}-{choice}", question.code));
                }
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Port Alder with one text of one file replaced by another.
fn broken(file: &str, from: &str, to: &str) -> Vec<Problem> {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join("cities/port-alder"), dir.path());
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    load(dir.path()).err().unwrap_or_else(|| panic!("{file} with {to:?} was accepted"))
}

#[test]
fn broken_folders_are_refused_with_file_and_line() {
    // What to replace by what, and how far above the change the line is that must be named: an
    // item that is wrong in itself is named by its first line.
    let cases = [
        ("city.toml", "service_line = ", "service_lane = ", 0),
        ("city.toml", "\"911\"", "\"call us\"", 0),
        ("city.toml", "America/Los_Angeles", "Port/Alder", 0),
        ("city.toml", "unrouted_department = \"streets\"", "unrouted_department = \"x\"", 0),
        ("city.toml", "name = \"Parks\"", "name = \"\"", 2),
        ("services.toml", "sla = \"5-10 business days\"", "sla = \"soon\"", 0),
        ("services.toml", "department = \"parks\"", "department = \"lamps\"", 2),
        ("services.toml", "when = true", "when = \"maybe\"", 19),
        ("services.toml", "kind = \"flag\"", "choices = [\"a\", \"b\"]\nkind = \"flag\"", 2),
        ("services.toml", "priority = \"high\"", "priority = \"urgent\"", 0),
        ("crews.toml", "code = \"streets-2\"", "code = \"Streets 2\"", 1),
        ("routes.toml", "crew = \"streets-2\"", "crew = \"streets-9\"", 4),
        ("routes.toml", "\"harbor\"", "\"harbour\"", 3),
        ("routes.toml", "crew = \"streets-1\"", "# nobody", 4),
        ("calendar.toml", "\"08:00-17:00\"", "\"always\"", 0),
        ("calendar.toml", "\"08:00-17:00\"", "\"17:00-08:00\"", 1),
        ("calendar.toml", "2026-01-01", "2026-01-32", 1),
        ("zones/neighborhood.geojson", "\"name\": \"Old Mill\"", "\"name\": 7", 0),
        (
            "zones/neighborhood.geojson",
            "{\"code\": \"beacon_hill\"",
            "{,\"code\": \"beacon_hill\"",
            0,
        ),
        ("zones/city.geojson", "\"Polygon\"", "\"MultiLineString\"", 0),
        (
            "streets.geojson",
            "\"LineString\", \"coordinates\": [[-124.",
            "\"LineString\", \"coordinates\": [[-224.",
            0,
        ),
        ("addresses.csv", "214,Kestrel Street", "214,Kestral Street", 0),
        ("addresses.csv", "16,Ropewalk Lane,44.", "16,Ropewalk Lane,north", 0),
        ("addresses.csv", "60,Ropewalk Lane", "16,Ropewalk Lane", 0),
        ("addresses.csv", "60,Ropewalk Lane", "Corner,Ropewalk Lane", 0),
    ];
    for (file, from, to, above) in cases {
        let text = fs::read_to_string(root().join("cities/port-alder").join(file)).unwrap();
        let changed = text.find(from).map(|at| folder::line_at(&text, at)).unwrap();
        let problems = broken(file, from, to);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let first = &problems[0];
        assert_eq!((first.file.as_str(), first.line), (file, Some(changed - above)), "{said:?}");
        assert!(first.what.ends_with('.') && first.remedy.ends_with('.'), "{said:?}");
        assert!(!first.what.contains('\n'), "{said:?}");
    }
}

/// A fault of the files' form is not followed by what merely follows from it.
#[test]
fn form_comes_before_fit() {
    let problems = broken("services.toml", "sla = \"5-10 business days\"", "sla = \"soon\"");
    assert_eq!(problems.len(), 1);
    // The department is gone: its service is named, and so is the department's own line.
    let problems = broken("city.toml", "code = \"parks\"", "code = \"streets\"");
    let files: Vec<&str> = problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(files, ["city.toml", "services.toml"]);
}

#[test]
fn a_missing_file_is_named() {
    for file in ["city.toml", "services.toml", "routes.toml", "addresses.csv"] {
        let dir = tempfile::tempdir().unwrap();
        copy(&root().join("cities/port-alder"), dir.path());
        fs::remove_file(dir.path().join(file)).unwrap();
        let problems = load(dir.path()).unwrap_err();
        assert_eq!(
            problems[0].to_string(),
            format!("{file}: The file is not there. Write it; a city needs it.")
        );
    }
    let nowhere = load(Path::new("no/such/folder")).unwrap_err();
    assert!(nowhere.iter().any(|problem| problem.file == "city.toml"));
}

#[test]
fn rings_that_cross_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join("cities/port-alder"), dir.path());
    let bow = r#"{"type": "FeatureCollection", "features": [
      {"type": "Feature", "properties": {"code": "port_alder", "name": "Port Alder"}, "geometry":
        {"type": "Polygon", "coordinates": [[[-124.1,44.6],[-124.0,44.7],[-124.0,44.6],[-124.1,44.7],[-124.1,44.6]]]}}]}"#;
    fs::write(dir.path().join("zones/city.geojson"), bow).unwrap();
    let problems = load(dir.path()).unwrap_err();
    assert_eq!((problems[0].file.as_str(), problems[0].line), ("zones/city.geojson", Some(2)));
}

#[test]
fn words_of_the_city_come_along_and_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join("cities/port-alder"), dir.path());
    let words = dir.path().join("locales/en");
    fs::create_dir_all(&words).unwrap();
    fs::write(words.join("services.ftl"), "service-pothole = Hole in the road\n").unwrap();
    let pack = load(dir.path()).unwrap();
    assert_eq!(pack.strings["en"], "service-pothole = Hole in the road\n");
    fs::write(words.join("services.ftl"), "service-pothole = Hole\n\n= what\n").unwrap();
    let problems = load(dir.path()).unwrap_err();
    assert_eq!((problems[0].file.as_str(), problems[0].line), ("locales/en/services.ftl", Some(3)));
    fs::remove_file(words.join("services.ftl")).unwrap();
    fs::create_dir_all(dir.path().join("locales/fr")).unwrap();
    fs::write(dir.path().join("locales/fr/services.ftl"), "service-pothole = Nid-de-poule\n")
        .unwrap();
    assert_eq!(load(dir.path()).unwrap_err()[0].file, "locales/fr/services.ftl");
}

#[test]
fn a_table_that_is_too_long_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join("cities/port-alder"), dir.path());
    fs::write(dir.path().join("crews.toml"), "#".repeat(2 * 1024 * 1024)).unwrap();
    let problems = load(dir.path()).unwrap_err();
    assert_eq!((problems[0].file.as_str(), problems.len()), ("crews.toml", 1));
    assert!(problems[0].what.contains("1048576"), "{}", problems[0]);
}
