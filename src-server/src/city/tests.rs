//! Folders load and answer; broken ones are refused with file, line and remedy.

use std::fs;
use std::path::{Path, PathBuf};

use mend_core::time::Timestamp;

use super::*;

mod faults;
mod files;
mod fuzz;
pub(crate) mod good;
mod port_alder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Monday 23 November 2026, 10:02 in Los Angeles.
pub(crate) const NOW: Timestamp = Timestamp(1_795_456_920_000);

/// What is said of a folder, as a person reads it.
fn said(checked: &Checked) -> String {
    checked.problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn nothing_is_wrong_with_the_good_city() {
    let dir = good::folder();
    let checked = check(dir.path(), NOW);
    assert_eq!(said(&checked), "");
    assert_eq!((checked.errors, checked.warnings), (0, 0));
    let pack = checked.pack.unwrap();
    assert_eq!(pack.version.len(), 64);
    assert_eq!(load(dir.path()).unwrap(), pack, "the date changes nothing");
}

#[test]
fn every_member_of_every_file_arrives() {
    use mend_core::catalogue::{PlaceNeed, QuestionKind, Sla};
    use mend_core::city::pack::{OnHoliday, RouteTarget, StreetClass};
    let pack = load(good::folder().path()).unwrap();
    let services = &pack.services.services;
    assert_eq!(services[0].alternatives, ["parks"]);
    assert_eq!(services[0].asset_kinds, ["streetlight"]);
    assert_eq!((services[1].sla, services[1].place), (Sla::NextServiceDay, PlaceNeed::Route));
    assert_eq!(services[2].questions[0].kind, QuestionKind::Plate);
    let crews: Vec<_> =
        pack.crews.iter().map(|crew| (crew.code.as_str(), crew.contractor)).collect();
    assert_eq!(crews, [("streets-1", false), ("parks-1", false), ("towing", true)]);
    assert_eq!(pack.routes[0].to, RouteTarget::Contractor("towing".into()));
    assert!(pack.routes[0].time.is_some() && pack.routes[2].asset.is_some());
    let tuesday = &pack.calendar.collection["tue"];
    assert_eq!((tuesday.every_weeks, tuesday.since.as_deref()), (2, Some("2026-11-24")));
    assert_eq!(tuesday.on_holiday, OnHoliday::Skipped);
    assert_eq!(pack.calendar.collection["mon"].every_weeks, 1);
    assert!(pack.partial_layers.contains("park"));
    let beyond = &pack.zones["beyond"].features[0];
    assert_eq!(beyond.property("service_line").and_then(|line| line.as_str()), Some("555 0199"));

    let streets = &pack.gazetteer.streets;
    let names: Vec<_> =
        streets.iter().map(|street| (street.name.as_str(), street.segments.len())).collect();
    assert_eq!(names, [("Kestrel Street", 2), ("Sail Lane", 1)], "in order of first appearance");
    let kestrel = &streets[0].segments;
    assert_eq!((kestrel[0].left, kestrel[0].right), (Some([1, 21]), Some([2, 20])));
    assert_eq!((kestrel[0].class, kestrel[1].class), (StreetClass::Main, StreetClass::Street));
    assert_eq!((kestrel[0].bridge, kestrel[1].bridge), (false, true));
    assert_eq!(kestrel[1].right, None);
    let owners: Vec<_> = pack.gazetteer.assets.iter().map(|asset| asset.owner.as_deref()).collect();
    assert_eq!(owners, [None, Some("alder_power"), None], "the city's own have no other owner");
    assert_eq!(pack.gazetteer.addresses[1].street, 1);
}

#[test]
fn a_city_may_do_without_lists_words_and_icons() {
    let dir = good::folder();
    for file in ["addresses.csv", "assets.csv"] {
        fs::remove_file(dir.path().join(file)).unwrap();
    }
    let services = good::text("services.toml");
    let beach = services.find("[[service]]\ncode = \"beach\"").unwrap();
    fs::write(dir.path().join("services.toml"), &services[..beach]).unwrap();
    let routes = good::text("routes.toml");
    let beach = routes.find("[[route]]\ncode = \"beach\"").unwrap();
    fs::write(dir.path().join("routes.toml"), &routes[..beach]).unwrap();
    fs::remove_dir_all(dir.path().join("locales")).unwrap();
    fs::remove_dir_all(dir.path().join("icons")).unwrap();
    let checked = check(dir.path(), NOW);
    assert_eq!(checked.errors, 0, "{}", said(&checked));
    let pack = checked.pack.unwrap();
    assert!(pack.gazetteer.addresses.is_empty() && pack.gazetteer.assets.is_empty());
}
