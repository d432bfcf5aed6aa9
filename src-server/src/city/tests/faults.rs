//! One change to the good city, and where it must be said, how badly, and with which words.

use std::fs;

use mend_core::city::Severity::{Error, Warning};

use super::super::folder::LineIndex;
use super::*;

/// The good city with one text of one file replaced by another.
fn broken(file: &str, from: &str, to: &str) -> Checked {
    let dir = good::folder();
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    check(dir.path(), NOW)
}

/// Makes one change after the other, and sees what is said. A line of `cases` is: file; what to
/// replace; by what (`¶` ends a line); how far above the change the line is that must be named (`-`:
/// no line; `below`: the next one); how bad it is; words that must be said.
fn assert_said(cases: &str) {
    for case in cases.lines().map(str::trim).filter(|case| !case.is_empty()) {
        let parts: Vec<String> = case.split(" | ").map(|part| part.replace('¶', "\n")).collect();
        let [file, from, to, above, severity, words] = parts.as_slice() else {
            panic!("not six parts: {case}")
        };
        let severity = if severity == "error" { Error } else { Warning };
        let text = good::text(file);
        let Some(changed) = text.find(from).map(|at| LineIndex::of(text).line(at)) else {
            panic!("nothing to replace: {case}")
        };
        let line = match above.as_str() {
            "below" => Some(changed + 1),
            above => above.parse::<u32>().ok().map(|above| changed - above),
        };
        let checked = broken(file, from, to);
        let all = said(&checked);
        let fits = |p: &&Problem| p.file == *file && p.line == line && p.what.contains(words);
        let Some(problem) = checked.problems.iter().find(fits) else {
            panic!("{case}\nexpected line {line:?} in:\n{all}")
        };
        assert_eq!(problem.severity, severity, "{all}");
        for problem in &checked.problems {
            for sentence in [&problem.what, &problem.remedy] {
                let plain = sentence.ends_with('.') && !sentence.contains(['\n', '!']);
                assert!(plain && sentence.starts_with(|c: char| !c.is_lowercase()), "{problem}");
            }
        }
        assert_eq!(checked.pack.is_some(), checked.errors == 0);
    }
}

#[test]
fn tables_are_read_with_care() {
    assert_said(
        r#"
        city.toml | service_line =  | service_lane =  | 0 | error | unknown field
        city.toml | "112" | "call us" | 0 | error | telephone
        city.toml | America/Los_Angeles | Port/Alder | 0 | error | no time zone
        city.toml | unrouted_department = "desk" | unrouted_department = "x" | 0 | error | no department
        city.toml | name = "Parks" | name = "" | 2 | error | department's name
        city.toml | ["park"] | ["garden"] | 0 | error | no layer of zones "garden"
        city.toml | ["en"] | ["en", "fr"] | 0 | warning | does not speak "fr"
        services.toml | sla = "5-10 business days" | sla = "soon" | 0 | error | not a service level
        services.toml | sla = "5-10 business days" | sla = "10-5 business days" | 0 | error | not a service level
        services.toml | department = "parks" | department = "lamps" | 2 | error | no department
        services.toml | ["parks"] | ["lamps"] | 3 | error | no department
        services.toml | when = true | when = "maybe" | 4 | error | never has the answer
        services.toml | to = "critical", when | to = "high", when | 4 | warning | that every request
        services.toml | kind = "flag" | choices = ["a", "b"]¶kind = "flag" | 2 | error | has choices
        services.toml | priority = "high" | priority = "urgent" | 0 | error | urgent
        services.toml | kind = "plate"¶public = "never" | kind = "plate"¶public = "at_once" | 2 | error | licence plate
        services.toml | place = "route"¶ |  | 6 | warning | asks for no route
        services.toml | ["streetlight"] | ["hydrant"] | 8 | warning | "hydrant", and there are none
        crews.toml | code = "parks-1" | code = "Parks 1" | 1 | error | not a code for a crew
        crews.toml | code = "towing" | code = "streets-1" | 1 | error | exists twice
        calendar.toml | "08:00-17:00" | "always" | 0 | error | no office hours
        calendar.toml | "08:00-17:00" | "17:00-08:00" | 1 | error | cannot be
        calendar.toml | 2026-11-30 | 2026-11-31 | 1 | error | no date
        calendar.toml | [collection.mon] | [collection.sun] | 0 | error | No zone of the layer collection
        calendar.toml | closes = "16:00" | closes = "late" | 2 | error | cannot end
        calendar.toml | every_weeks = 2 | every_week = 2 | 0 | error | unknown field
        "#,
    );
}

#[test]
fn routes_that_cannot_be_are_found() {
    assert_said(
        r#"
        routes.toml | crew = "parks-1" | crew = "parks-9" | 4 | error | no crew "parks-9"
        routes.toml | contractor = "towing" | contractor = "streets-1" | 5 | error | not a contractor
        routes.toml | crew = "parks-1" | crew = "towing" | 4 | error | not a crew
        routes.toml | crew = "parks-1" | # nobody | 4 | error | must lead to one
        routes.toml | department = "parks" | department = "parks"¶crew = "parks-1" | 3 | error | must lead to one
        routes.toml | department = "parks" | department = "park" | 3 | error | no department "park"
        routes.toml | "green" | "greens" | 3 | error | "greens"
        routes.toml | { park = | { parks = | 3 | error | no layer of zones "parks"
        routes.toml | services = ["beach"] | services = ["beech"] | 2 | error | no service "beech"
        routes.toml | where = "sidewalk" | whera = "sidewalk" | 4 | error | no question "whera"
        routes.toml | where = "sidewalk" | where = "sidewalks" | 4 | error | never has the answer "sidewalks"
        routes.toml | where = "sidewalk" | where = true | 4 | error | never has the answer true
        routes.toml | services = ["beach"]¶department = "parks" | services = ["beach"]¶department = "streets" | 2 | error | neither its department nor an alternative
        routes.toml | zones = { area = ["west"] } | zones = { park = ["green"] } | 3 | warning | never gets requests of "pothole"
        routes.toml | services = ["missed_trash", "pothole"]¶zones = { area = ["west"] } | services = ["pothole"]¶zones = { park = ["green"], area = ["west"] } | 2 | error | "park-holes" above takes all its requests
        routes.toml | zones = { park = ["green"] } | zones = { park = ["green"], area = ["east"] } | 3 | error | have no place in common
        routes.toml | zones = { park = ["green"] } | zones = { park = [] } | 3 | error | names no zone of "park"
        routes.toml | services = ["beach"] | services = ["beach"]¶at_least = "high" | 2 | error | no request of "beach" is ever high
        routes.toml | { offices = "closed" } | { between = ["08:00", "08:00"] } | 4 | error | is empty
        routes.toml | { offices = "closed" } | { between = ["8", "09:00"] } | 4 | error | no time of day
        routes.toml | { offices = "closed" } | { offices = "open", weekdays = ["sunday"] } | 4 | error | never open then
        routes.toml | { offices = "closed" } | { months = [0] } | 4 | error | no month 0
        routes.toml | "alder_power" | "elder_power" | 3 | warning | who owns none such
        routes.toml | code = "lamps" | code = "night" | 1 | error | exists twice
        "#,
    );
}

#[test]
fn a_service_that_nobody_mends_is_named() {
    let dir = good::folder();
    let routes = good::text("routes.toml");
    let beach = routes.find("[[route]]\ncode = \"beach\"").unwrap();
    fs::write(dir.path().join("routes.toml"), &routes[..beach]).unwrap();
    let checked = check(dir.path(), NOW);
    let first = &checked.problems[0];
    assert_eq!((first.severity, first.line), (Error, Some(34)), "{first}");
    assert!(first.what.contains("No route takes \"beach\""), "{first}");

    let text =
        good::text("services.toml").replace("department = \"parks\"", "department = \"desk\"");
    fs::write(dir.path().join("services.toml"), text).unwrap();
    let checked = check(dir.path(), NOW);
    assert_eq!(checked.errors, 0, "the desk sorts what nobody is named for: {}", said(&checked));

    fs::write(dir.path().join("services.toml"), good::text("services.toml")).unwrap();
    fs::write(dir.path().join("routes.toml"), routes).unwrap();
    let crews =
        good::text("crews.toml").replace("department = \"parks\"", "department = \"streets\"");
    fs::write(dir.path().join("crews.toml"), crews).unwrap();
    let checked = check(dir.path(), NOW);
    let nobody = checked.problems.iter().find(|p| p.what.contains("Nobody can mend \"beach\""));
    assert_eq!(nobody.map(|p| (p.severity, p.line)), Some((Error, Some(34))), "{}", said(&checked));
}

#[test]
fn maps_are_read_with_care() {
    assert_said(
        r#"
        zones/area.geojson | "name":"East" | "name":7 | 0 | error | zone's name
        zones/area.geojson | {"code":"east" | {,"code":"east" | 0 | error | no GeoJSON
        zones/area.geojson | "code":"east" | "code":"west" | 0 | error | exists twice
        zones/area.geojson | "code":"east" | "from":"2026-07-01","until":"2026-06-01","code":"east" | 0 | error | ends before it begins
        zones/area.geojson | "code":"east" | "from":"2026-06-01","code":"west" | 0 | error | holds twice on the same days
        zones/area.geojson | "code":"east" | "from":"soon","code":"east" | 0 | error | no date
        zones/area.geojson | [10.1,40.1],[10.05,40.1],[10.05,40.0]]] | [10.1,40.1],[10.05,40.1]]] | 0 | error | not closed
        zones/area.geojson | [10.1,40.1],[10.05,40.1],[10.05,40.0]]] | [10.05,40.1],[10.1,40.1],[10.05,40.0]]] | 0 | error | meets itself
        zones/area.geojson | [[[10.05,40.0],[10.1,40.0],[10.1,40.1],[10.05,40.1],[10.05,40.0]]] | [[[10.04,40.0],[10.1,40.0],[10.1,40.1],[10.04,40.1],[10.04,40.0]]] | 0 | error | overlap
        zones/area.geojson | [[[10.05,40.0],[10.1,40.0],[10.1,40.1],[10.05,40.1],[10.05,40.0]]] | [[[10.06,40.0],[10.1,40.0],[10.1,40.1],[10.06,40.1],[10.06,40.0]]] | - | error | in no zone
        zones/area.geojson | [[[10.05,40.0],[10.1,40.0],[10.1,40.1],[10.05,40.1],[10.05,40.0]]] | [[[40.0,10.05],[40.0,10.1],[40.1,10.1],[40.1,10.05],[40.0,10.05]]] | 0 | error | swapped
        zones/city.geojson | "Polygon" | "MultiLineString" | 0 | error | is not a polygon
        zones/beyond.geojson | 555 0199 |  | 0 | error | telephone
        "#,
    );
    // What holds no longer is said of the route that waits for it.
    let old = broken(
        "zones/park.geojson",
        "\"code\":\"green\"",
        "\"until\":\"2025-12-31\",\"code\":\"green\"",
    );
    let problem = old.problems.first().unwrap();
    assert_eq!(
        (problem.severity, problem.file.as_str(), problem.line),
        (Warning, "routes.toml", Some(8))
    );
    assert!(problem.what.contains("hold no longer"), "{problem}");
}

#[test]
fn streets_and_lists_are_read_with_care() {
    assert_said(
        r#"
        streets.geojson | [[10.01,40.05] | [[210.01,40.05] | 0 | error | no line on earth
        streets.geojson | [[10.02,40.05],[10.03,40.05]] | [[40.05,-110.02],[40.05,-110.03]] | 0 | error | swapped
        streets.geojson | [[10.02,40.05],[10.03,40.05]] | [[40.05,10.02],[40.05,10.03]] | 0 | error | swapped
        streets.geojson | [[10.02,40.05],[10.03,40.05]] | [[10.02,40.05]] | 0 | error | fewer than two
        streets.geojson | [[10.02,40.05],[10.03,40.05]] | [[10.02],[10.03,40.05]] | 0 | error | fewer than two numbers
        streets.geojson | "main" | "motorway" | 0 | error | motorway
        streets.geojson | [1,21] | [1,"21"] | 0 | error | house numbers on the left
        streets.geojson | [1,21] | [1,22] | 0 | error | mix odd and even
        streets.geojson | [23,39] | [21,39] | 0 | warning | overlap with 1 to 21
        streets.geojson | [23,39] | [23,2000001] | 0 | error | has houses 23 to 2000001
        streets.geojson | true | "yes" | 0 | error | bridge
        streets.geojson | [[10.02,40.05],[10.03,40.05]] | [[10.08,40.05],[10.09,40.05]] | 0 | warning | lies in two places
        addresses.csv | 7,Sail Lane | 7,Sale Lane | 0 | error | no street "Sale Lane"
        addresses.csv | 7,Sail Lane,40. | 7,Sail Lane,north | 0 | error | Column 3
        addresses.csv | 9,Sail Lane | 7,Sail Lane | 0 | error | exists twice
        addresses.csv | 9,Sail Lane | Corner,Sail Lane | 0 | error | not a house number
        addresses.csv | 40.056,10.0201 | 10.0201,40.056 | 0 | error | swapped
        addresses.csv | 9,Sail Lane,40.056,10.0201 | 9,Sail Lane | 0 | error | 2 columns
        addresses.csv | 40.056,10.0201 | 48.056,10.0201 | 0 | warning | far from the city
        addresses.csv | lat,lon | lon,lat,height | 0 | error | column "height"
        assets.csv | SL-2 | SL-1 | 0 | error | exists twice
        assets.csv | lat,lon,owner | lat,lon | 0 | error | no column "owner"
        assets.csv | alder_power | Alder Power | 0 | error | not a code for an owner
        assets.csv | 40.05,10.012 | 0,0 | 0 | error | no such place
        "#,
    );
    let swapped = broken("assets.csv", "40.05,10.012", "-124.1,44.05");
    assert_eq!(
        swapped.problems[0].to_string(),
        "assets.csv:3: Latitude and longitude are swapped. Write latitude, then longitude, in degrees."
    );
}

#[test]
fn words_and_icons_of_the_city_come_along_and_are_checked() {
    assert_said(
        r#"
        locales/en/services.ftl | service-beach =  | service-peach =  | 0 | warning | Nobody reads the words "service-peach"
        locales/en/services.ftl | = Beach¶ | = { $ } Beach¶ | 0 | error | no Fluent
        locales/en/services.ftl | service-beach = Beach¶ | service-beach = Beach¶service-beach = Strand¶ | below | error | stand here and on line
        "#,
    );
    let missing = broken("locales/en/services.ftl", "service-beach = Beach\n", "");
    let problem = &missing.problems[0];
    assert_eq!((problem.file.as_str(), problem.line), ("services.toml", Some(34)));
    assert_eq!(problem.what, "There are no words for service-beach in \"en\".");
    let missing = broken("locales/en/services.ftl", "q-beach-plate", "q-beach-plates");
    assert_eq!((missing.problems[0].line, missing.errors), (Some(42), 1), "{}", said(&missing));
    let torn = broken("locales/en/services.ftl", "q-beach", "= what\n\nq-beach");
    assert_eq!(
        (torn.problems[0].file.as_str(), torn.problems[0].line),
        ("locales/en/services.ftl", Some(3))
    );

    let dir = good::folder();
    fs::remove_file(dir.path().join("icons/services/beach.svg")).unwrap();
    let checked = check(dir.path(), NOW);
    assert_eq!(
        said(&checked),
        "services.toml:34: The service \"beach\" has no icon. Draw icons/services/beach.svg, 24 by 24, in the city's folder.\n"
    );
    for (icon, errors) in [
        (good::ICON.to_owned(), 0),
        ("<p>icon</p>".to_owned(), 1),
        (good::ICON.replace("0 0 24 24", "0 0 16 16"), 1),
        (good::ICON.replace("<path", "<script>alert(1)</script><path"), 1),
        ("x".repeat(70_000), 1),
    ] {
        fs::write(dir.path().join("icons/services/beach.svg"), icon).unwrap();
        let checked = check(dir.path(), NOW);
        assert_eq!(checked.errors, errors, "{}", said(&checked));
        assert!(checked.problems.iter().all(|problem| problem.file == "icons/services/beach.svg"));
    }
    fs::write(dir.path().join("icons/services/comet.svg"), good::ICON).unwrap();
    assert!(said(&check(dir.path(), NOW)).contains("This is the icon of no service."));
}

#[test]
fn a_language_needs_all_words() {
    let dir = good::folder();
    let city = good::text("city.toml").replace("[\"en\"]", "[\"en\", \"fr\"]");
    fs::write(dir.path().join("city.toml"), city).unwrap();
    let checked = check(dir.path(), NOW);
    // Each service and each question once.
    assert_eq!(checked.errors, 6, "{}", said(&checked));
    assert!(said(&checked).contains("service-pothole, service-pothole-short in \"fr\""));
    fs::create_dir_all(dir.path().join("locales/de")).unwrap();
    fs::write(dir.path().join("locales/de/services.ftl"), "service-pothole = Schlagloch\n")
        .unwrap();
    let unspoken = check(dir.path(), NOW);
    let german = unspoken.problems.iter().find(|problem| problem.file == "locales/de/services.ftl");
    assert!(german.is_some_and(|problem| problem.what.contains("does not speak")));
}

#[test]
fn holidays_are_checked_against_today() {
    let dir = good::folder();
    let at = |day: &str| {
        let instant: jiff::Timestamp = format!("{day}T20:00:00Z").parse().unwrap();
        let checked = check(dir.path(), Timestamp(instant.as_millisecond()));
        checked.problems.first().map(|p| (p.severity, p.file.clone(), p.what.clone()))
    };
    assert_eq!(at("2026-11-23"), None);
    let (severity, file, what) = at("2027-10-01").unwrap();
    assert_eq!((severity, file.as_str()), (Warning, "calendar.toml"), "{what}");
    assert!(what.contains("2028"), "{what}");
    assert_eq!(at("2027-09-30"), None);
    let (severity, _, what) = at("2028-02-01").unwrap();
    assert!(severity == Error && what.contains("no holidays in 2028"), "{what}");
    assert!(load(dir.path()).is_ok(), "whatever the date is");
}

/// A fault of the files' form is not followed by what merely follows from it.
#[test]
fn form_comes_before_fit() {
    let checked = broken("services.toml", "sla = \"5-10 business days\"", "sla = \"soon\"");
    assert_eq!(checked.problems.len(), 1, "{}", said(&checked));
    // The department is gone: all that names it is named, and so is the department's own line.
    let checked = broken("city.toml", "code = \"parks\"", "code = \"streets\"");
    let files: Vec<&str> = checked.problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(
        files,
        ["city.toml", "crews.toml", "routes.toml", "services.toml", "services.toml"],
        "{}",
        said(&checked)
    );
}

#[test]
fn errors_come_first_and_the_rest_is_counted() {
    let mut rows = good::text("addresses.csv").to_owned();
    for n in 1..=10_000 {
        rows += &format!("{n},Nowhere Road,40.05,10.02\n");
    }
    let dir = good::folder();
    fs::write(dir.path().join("addresses.csv"), rows).unwrap();
    let checked = check(dir.path(), NOW);
    assert_eq!((checked.errors, checked.problems.len()), (10_000, MAX_PROBLEMS));
    let last = checked.problems.last().unwrap();
    assert!(last.remedy.ends_with("There are 9900 problems more."), "{last}");
    assert!(checked.problems.iter().rev().skip(1).all(|p| !p.remedy.contains("more")));

    // A hundred warnings leave room for an error that is found after them.
    let mut rows = good::text("addresses.csv").to_owned();
    for n in 1..=150 {
        rows += &format!("{},Sail Lane,41.05,10.02\n", 100 + n);
    }
    fs::write(dir.path().join("addresses.csv"), rows).unwrap();
    fs::remove_file(dir.path().join("icons/services/beach.svg")).unwrap();
    let checked = check(dir.path(), NOW);
    assert_eq!((checked.errors, checked.warnings), (1, 150));
    assert_eq!(checked.problems[0].severity, Error);
    assert_eq!(checked.problems.len(), MAX_PROBLEMS);
}
