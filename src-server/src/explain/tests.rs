//! What is said of reports in Port Alder: one of each kind of rule, date and place.

use std::path::Path;
use std::sync::LazyLock;

use super::*;
use crate::city::load;

struct Known {
    city: City,
    places: Places,
}

static PORT_ALDER: LazyLock<Known> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cities/port-alder");
    let city = City::from_pack(load(&folder).unwrap()).unwrap();
    let places = Places::in_memory(city.pack()).unwrap();
    Known { city, places }
});

const OLD_MILL: &str = "44.631732,-124.051676";
const HARBOR: &str = "44.629,-124.058";
const BEACON_HILL: &str = "44.630,-124.040";

fn words(service: &str, at: &str, time: &str, answers: &[&str]) -> Words {
    Words {
        service: service.into(),
        at: at.into(),
        time: time.into(),
        answers: answers.iter().map(|&answer| answer.to_owned()).collect(),
        asset: None,
    }
}

fn explained(words: &Words) -> Explanation {
    let Known { city, places } = &*PORT_ALDER;
    explain(city, places, &Asked::read(city, words).unwrap()).unwrap()
}

fn page(words: &Words) -> String {
    text(&PORT_ALDER.city, &explained(words))
}

fn refused(words: &Words) -> String {
    Asked::read(&PORT_ALDER.city, words).unwrap_err().to_string()
}

fn crew(e: &Explanation) -> Option<&str> {
    e.route.crew.as_ref().map(|crew| crew.code.as_str())
}

/// A number of an asset of this kind and owner, and where it is.
fn asset(kind: &str, owner: Option<&str>) -> (String, String) {
    let assets = &PORT_ALDER.city.pack().gazetteer.assets;
    let found = assets.iter().find(|a| a.kind == kind && a.owner.as_deref() == owner).unwrap();
    (format!("{kind}:{}", found.number), format!("{},{}", found.at.lat(), found.at.lon()))
}

#[test]
fn a_pothole_by_zone_outside_office_hours() {
    let words = words("pothole", OLD_MILL, "2026-11-25 17:05", &["where=bike_lane", "hazard=yes"]);
    let e = explained(&words);
    assert_eq!(e.time, "2026-11-25T17:05:00-08:00");
    assert_eq!((e.priority.level, e.priority.of_service), (Priority::Critical, Priority::High));
    assert_eq!(e.priority.raised_by.as_deref(), Some("hazard"));
    assert_eq!((e.route.rule.as_str(), crew(&e)), ("potholes-old-mill", Some("streets-1")));
    assert_eq!(
        e.route.because,
        [Reason::Service("pothole".into()), Reason::Zone("neighborhood".into(), "old_mill".into())]
    );
    let near = e.nearest_address.as_ref().unwrap();
    assert!(near.label.ends_with("Kestrel Street") && near.distance_m < 60.0, "{near:?}");
    let promise = e.promise.as_ref().unwrap();
    assert_eq!(promise.counts_from, "2026-11-26T08:00:00-08:00", "a working day there");
    assert_eq!(promise.response_due, "2026-12-03T17:00:00-08:00");
    assert_eq!(promise.resolution_due, "2026-12-10T17:00:00-08:00");
    assert_eq!(promise.holidays, []);

    let page = text(&PORT_ALDER.city, &e);
    for line in [
        "Service           pothole\n",
        "Arrives           Wed 25 Nov 2026, 17:05 -08:00\n",
        "In the city       yes\n",
        "Answers           hazard = yes\n                  where = bike_lane\n",
        "Priority          critical\n                  raised from high by the answer to hazard\n",
        "Route             potholes-old-mill\n                  because the service is pothole\n                  because the place lies in old_mill (neighborhood)\n",
        "Department        streets, Streets\nCrew              streets-1, Streets Crew 1\n",
        "the offices are closed then: it counts from Thu 26 Nov 2026, 08:00 -08:00\n",
        "Resolution due    Thu 10 Dec 2026, 17:00 -08:00\n",
    ] {
        assert!(page.contains(line), "no {line:?} in\n{page}");
    }
    assert!(page.lines().all(|line| line == line.trim_end()), "{page}");
}

#[test]
fn no_rule_and_holidays_on_the_way() {
    let words = words("pothole", BEACON_HILL, "2026-12-03T12:00:00-08:00", &["where=crossing"]);
    let e = explained(&words);
    assert_eq!((e.route.rule.as_str(), crew(&e)), ("service_department", None));
    assert_eq!(e.priority.raised_by, None);
    let promise = e.promise.unwrap();
    assert_eq!(promise.counts_from, e.time);
    let names: Vec<&str> = promise.holidays.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["Lantern Day"]);
    assert_eq!(promise.resolution_due, "2026-12-18T17:00:00-08:00");
    let page = page(&words);
    assert!(page.contains("none fits: it goes to the service's own department\n"), "{page}");
    assert!(
        page.contains("Crew              none: it waits on the department's board\n"),
        "{page}"
    );
    assert!(page.contains("2026-12-11 is a holiday: Lantern Day\n"), "{page}");
}

#[test]
fn assets_lead_to_a_contractor_or_a_crew() {
    let lamp = |owner| {
        let (asset, at) = asset("streetlight", owner);
        Words { asset: Some(asset), ..words("streetlight", &at, "2026-11-25 10:00", &[]) }
    };
    let e = explained(&lamp(Some("alder_power")));
    assert_eq!((e.route.rule.as_str(), crew(&e)), ("lamps-alder-power", Some("alder-power-lamps")));
    assert!(e.route.crew.as_ref().is_some_and(|crew| crew.contractor));
    assert!(e.route.because.contains(&Reason::Asset("streetlight".into(), "alder_power".into())));
    let page = page(&lamp(Some("alder_power")));
    assert!(page.contains("Contractor        alder-power-lamps"), "{page}");
    assert!(page.contains("because the asset is a streetlight of alder_power\n"), "{page}");

    let e = explained(&lamp(None));
    assert_eq!((e.route.rule.as_str(), crew(&e)), ("lamps-numbered", Some("lamps")));
    assert_eq!(e.asset.unwrap().owner, "city");
}

#[test]
fn answers_and_the_hour_decide() {
    let at = |time| {
        let e = explained(&words("abandoned_vehicle", HARBOR, time, &["state=blocks"]));
        (e.route.rule.clone(), e.route.because.last().cloned(), e.promise.unwrap().resolution_due)
    };
    let (rule, why, due) = at("2026-11-25 23:30");
    assert_eq!(rule, "vehicles-blocking-at-night");
    assert_eq!(why, Some(Reason::Time("Wed 23:30".into())));
    assert_eq!(due, "2026-11-28T23:30:00-08:00", "72 hours, day and night");
    let (rule, why, _) = at("2026-11-25 06:00");
    assert_eq!(rule, "vehicles-blocking");
    assert_eq!(why, Some(Reason::Answer("state".into(), "blocks".into())));
}

#[test]
fn urgency_decides() {
    let e =
        explained(&words("graffiti", HARBOR, "2026-11-25 10:00", &["surface=wall", "hateful=yes"]));
    assert_eq!(e.route.rule, "graffiti-hateful");
    assert!(e.route.because.contains(&Reason::AtLeast(Priority::High)), "{:?}", e.route.because);
}

#[test]
fn the_next_service_day_names_its_route() {
    let words = words("missed_trash", OLD_MILL, "2026-11-25 17:05", &[]);
    let e = explained(&words);
    let promise = e.promise.as_ref().unwrap();
    let zone = e.zones.iter().find(|zone| zone.layer == "collection").unwrap();
    assert_eq!(promise.collection_route.as_ref(), Some(&zone.code));
    assert_eq!(promise.response_due, promise.resolution_due);
    assert!(promise.resolution_due > e.time && promise.sla == "next service day");
    assert_eq!(e.unanswered, ["what", "day"]);
    let page = page(&words);
    assert!(page.contains(&format!("of the collection route {}\n", zone.code)), "{page}");
    assert!(page.contains("what is missing: such a report is refused\n"), "{page}");
}

#[test]
fn a_place_outside_says_whose_it_may_be() {
    let words = words("pothole", "44.63,-124.15", "2026-11-25 10:00", &[]);
    let e = explained(&words);
    assert!(!e.inside && e.zones.is_empty());
    assert_eq!(e.beyond.as_ref().map(|b| b.code.as_str()), Some("coast_guard"));
    let page = page(&words);
    assert!(page.contains("In the city       no: such a report is refused\n"), "{page}");
    assert!(page.contains("Coast Guard, 555 0177\n"), "{page}");
    assert!(page.contains("Zones             none\n"), "{page}");
}

/// The JSON is for programs of others: a member that goes or changes its name breaks them.
#[test]
fn the_json_keeps_its_shape() {
    let (asset, at) = asset("streetlight", Some("alder_power"));
    let words = Words {
        asset: Some(asset.clone()),
        ..words("streetlight", &at, "2026-12-07 18:00", &["problem=out", "pole=by the bus stop"])
    };
    let e = explained(&words);
    let json = serde_json::to_value(&e).unwrap();
    let keys = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        keys(&json),
        "answers asset at beyond city city_version inside nearest_address priority promise remarks route \
         service time unanswered zones"
    );
    assert_eq!(keys(&json["at"]), "lat lon");
    assert_eq!(keys(&json["nearest_address"]), "distance_m label");
    assert_eq!(keys(&json["zones"][0]), "code layer name");
    assert_eq!(keys(&json["priority"]), "level of_service raised_by");
    assert_eq!(keys(&json["route"]), "because crew department rule");
    assert_eq!(keys(&json["route"]["crew"]), "code contractor name");
    assert_eq!(
        keys(&json["promise"]),
        "collection_route counts_from holidays resolution_due response_due sla"
    );
    assert_eq!(json["promise"]["holidays"][0]["name"], "Lantern Day");
    assert_eq!(json["answers"]["pole"], "text", "what people write is not said again");
    assert_eq!(json["answers"]["problem"], "out");
    assert_eq!(json["asset"]["number"], asset.split_once(':').unwrap().1);
    assert_eq!(json["beyond"], serde_json::Value::Null);
    assert_eq!(json["route"]["because"][0]["service"], "streetlight");
}

#[test]
fn times_are_instants_or_the_citys_own() {
    let time = |time: &str| explained(&words("pothole", OLD_MILL, time, &[])).time;
    assert_eq!(time("2026-11-26T01:05:00Z"), "2026-11-25T17:05:00-08:00");
    assert_eq!(time("2026-11-25T17:05"), "2026-11-25T17:05:00-08:00");
    assert_eq!(time("2026-07-01 17:05:30"), "2026-07-01T17:05:30-07:00");
    assert_eq!(time("2026-11-01 01:30"), "2026-11-01T01:30:00-07:00", "the first of the two");
    assert_eq!(
        refused(&words("pothole", OLD_MILL, "2026-03-08 02:30", &[])),
        "\"2026-03-08 02:30\" does not exist in the city: clocks are put forward then. Write another time."
    );
}

#[test]
fn what_cannot_be_asked_is_said_in_a_sentence() {
    let now = "2026-11-25 10:00";
    let cases: [(Words, &str); 14] = [
        (
            words("comet", OLD_MILL, now, &[]),
            "There is no service \"comet\". Write one of: pothole, streetlight,",
        ),
        (words("pothole", "here", now, &[]), "\"here\" is no place."),
        (words("pothole", "44.6", now, &[]), "\"44.6\" is no place."),
        (words("pothole", "-124.05,44.63", now, &[]), "There is no place at \"-124.05,44.63\""),
        (words("pothole", "0,0", now, &[]), "There is no place at \"0,0\""),
        (words("pothole", OLD_MILL, "soon", &[]), "\"soon\" is no time."),
        (words("pothole", OLD_MILL, "2026-11-25", &[]), "\"2026-11-25\" is no time."),
        (words("pothole", OLD_MILL, "2026-13-25 10:00", &[]), "\"2026-13-25 10:00\" is no time."),
        (words("pothole", OLD_MILL, now, &["hazard"]), "\"hazard\" is no answer."),
        (
            words("pothole", OLD_MILL, now, &["depth=3"]),
            "\"pothole\" does not ask \"depth\". It asks: where, hazard.",
        ),
        (
            words("pothole", OLD_MILL, now, &["hazard=perhaps"]),
            "\"perhaps\" is no answer to \"hazard\". Write yes or no.",
        ),
        (
            words("pothole", OLD_MILL, now, &["where=roof"]),
            "\"roof\" is no answer to \"where\". Write one of: driving_lane,",
        ),
        (
            words("pothole", OLD_MILL, now, &["hazard=yes", "hazard=no"]),
            "The question \"hazard\" is answered twice.",
        ),
        (
            words("abandoned_vehicle", OLD_MILL, now, &["plate=ABCDEFGHIJKLM"]),
            "\"ABCDEFGHIJKLM\" is no answer to \"plate\". Write a text of 1 to 12 characters.",
        ),
    ];
    for (words, begins) in cases {
        let said = refused(&words);
        assert!(said.starts_with(begins) && said.ends_with('.'), "{said}");
    }
    for (asset, begins) in [
        ("SL-00412", "\"SL-00412\" is no asset."),
        ("streetlight:SL-99999", "The city has no streetlight \"SL-99999\"."),
    ] {
        let said = refused(&Words {
            asset: Some(asset.into()),
            ..words("streetlight", OLD_MILL, now, &[])
        });
        assert!(said.starts_with(begins), "{said}");
    }
}

#[test]
fn what_is_odd_about_a_question_is_said() {
    let codes = |words: &Words| {
        explained(words).remarks.into_iter().map(|remark| remark.code).collect::<Vec<_>>()
    };
    let (bench, at_bench) = asset("bench", None);
    let (lamp, at_lamp) = asset("streetlight", None);
    let about = |asset: &str, at: &str| Words {
        asset: Some(asset.to_owned()),
        ..words("streetlight", at, "2026-11-25 12:00", &["problem=out"])
    };
    assert_eq!(codes(&about(&lamp, &at_lamp)), [""; 0]);
    assert_eq!(codes(&about(&bench, &at_bench)), ["asset_of_another_kind"]);
    let elsewhere = page(&about(&lamp, OLD_MILL));
    assert!(elsewhere.contains("The asset stands"), "{elsewhere}");

    let at = |time: &str| words("pothole", OLD_MILL, time, &["where=bike_lane"]);
    assert_eq!(codes(&at("2026-11-01 01:30")), ["time_twice"]);
    assert!(page(&at("2026-11-01 01:30")).contains("Sun 1 Nov 2026, 01:30 -07:00"));
    assert_eq!(codes(&at("2026-11-01T01:30:00-08:00")), [""; 0]);
    assert_eq!(codes(&at("2099-12-30 12:00")), ["no_holidays", "no_holidays"]);
}
