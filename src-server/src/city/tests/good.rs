//! A small city in which nothing is wrong, to be broken in one place after the other.

use std::fs;
use std::path::Path;

pub const FILES: [(&str, &str); 15] = [
    (
        "city.toml",
        r#"id = "0193c5a0-0000-7000-8000-000000000001"
name = "Smallville"
emergency_number = "112"
service_line = "555 0100"
time_zone = "America/Los_Angeles"
languages = ["en"]
unrouted_department = "desk"
partial_layers = ["park"]

[[department]]
code = "desk"
name = "Desk"

[[department]]
code = "streets"
name = "Streets"

[[department]]
code = "parks"
name = "Parks"
"#,
    ),
    (
        "basemap/water.geojson",
        r#"{"type": "FeatureCollection", "features": [
  {"type": "Feature", "properties": {"kind": "sea"}, "geometry":
    {"type": "Polygon", "coordinates": [[[9, 39], [9.9, 39], [9.9, 41], [9, 41], [9, 39]]]}}
]}
"#,
    ),
    (
        "services.toml",
        r#"[[service]]
code = "pothole"
department = "streets"
alternatives = ["parks"]
priority = "high"
sla = "5-10 business days"
sla_at = { critical = "24-48 hours" }
photo = "asked"
asset_kinds = ["streetlight"]
public = "at_once"

[[service.question]]
code = "where"
kind = "choice"
choices = ["driving_lane", "sidewalk"]
required = true
public = "at_once"

[[service.question]]
code = "hazard"
kind = "flag"
public = "at_once"
raises = [{ to = "critical", when = true }]

[[service]]
code = "missed_trash"
department = "streets"
priority = "medium"
sla = "next service day"
photo = "none"
place = "route"
public = "coarse"

[[service]]
code = "beach"
department = "parks"
priority = "low"
sla = "10 business days"
photo = "none"
public = "at_once"

[[service.question]]
code = "plate"
kind = "plate"
public = "never"
"#,
    ),
    (
        "crews.toml",
        r#"[[crew]]
code = "streets-1"
name = "Streets Crew 1"
department = "streets"

[[crew]]
code = "parks-1"
name = "Parks Crew 1"
department = "parks"

[[contractor]]
code = "towing"
name = "Tidewater Towing"
department = "streets"
"#,
    ),
    (
        "routes.toml",
        r#"[[route]]
code = "night"
services = ["pothole"]
at_least = "critical"
time = { offices = "closed" }
contractor = "towing"

[[route]]
code = "park-holes"
services = ["pothole"]
zones = { park = ["green"] }
crew = "parks-1"

[[route]]
code = "lamps"
services = ["pothole"]
asset = { kinds = ["streetlight"], owners = ["alder_power"] }
answers = { where = "sidewalk" }
crew = "streets-1"

[[route]]
code = "west"
services = ["missed_trash", "pothole"]
zones = { area = ["west"] }
crew = "streets-1"

[[route]]
code = "beach"
services = ["beach"]
department = "parks"
"#,
    ),
    (
        "calendar.toml",
        r#"[hours]
monday = "08:00-17:00"
tuesday = "08:00-17:00"

[[holiday]]
date = "2026-11-30"
name = "Lantern Day"

[[holiday]]
date = "2027-01-04"
name = "New Year, kept on Monday"

[collection.mon]
weekdays = ["monday"]
closes = "16:00"

[collection.tue]
weekdays = ["tuesday"]
every_weeks = 2
since = "2026-11-24"
on_holiday = "skipped"
closes = "16:00"
"#,
    ),
    (
        "zones/city.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[\n\
{\"type\":\"Feature\",\"properties\":{\"code\":\"all\",\"name\":\"Smallville\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[10.0,40.0],[10.1,40.0],[10.1,40.1],[10.0,40.1],[10.0,40.0]]]}}\n\
]}\n",
    ),
    (
        "zones/area.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[\n\
{\"type\":\"Feature\",\"properties\":{\"code\":\"west\",\"name\":\"West\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[10.0,40.0],[10.05,40.0],[10.05,40.1],[10.0,40.1],[10.0,40.0]]]}},\n\
{\"type\":\"Feature\",\"properties\":{\"code\":\"east\",\"name\":\"East\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[10.05,40.0],[10.1,40.0],[10.1,40.1],[10.05,40.1],[10.05,40.0]]]}}\n\
]}\n",
    ),
    (
        "zones/collection.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[\n\
{\"type\":\"Feature\",\"properties\":{\"code\":\"mon\",\"name\":\"Monday\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[10.0,40.0],[10.05,40.0],[10.05,40.1],[10.0,40.1],[10.0,40.0]]]}},\n\
{\"type\":\"Feature\",\"properties\":{\"code\":\"tue\",\"name\":\"Tuesday\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[10.05,40.0],[10.1,40.0],[10.1,40.1],[10.05,40.1],[10.05,40.0]]]}}\n\
]}\n",
    ),
    (
        "zones/park.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[\n\
{\"type\":\"Feature\",\"properties\":{\"code\":\"green\",\"name\":\"The Green\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[10.02,40.02],[10.03,40.02],[10.03,40.03],[10.02,40.03],[10.02,40.02]]]}}\n\
]}\n",
    ),
    (
        "zones/beyond.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[\n\
{\"type\":\"Feature\",\"properties\":{\"code\":\"county\",\"name\":\"The County\",\"service_line\":\"555 0199\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[10.1,40.0],[10.2,40.0],[10.2,40.1],[10.1,40.1],[10.1,40.0]]]}}\n\
]}\n",
    ),
    (
        "streets.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[\n\
{\"type\":\"Feature\",\"properties\":{\"name\":\"Kestrel Street\",\"class\":\"main\",\"left\":[1,21],\"right\":[2,20]},\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[10.01,40.05],[10.02,40.05]]}},\n\
{\"type\":\"Feature\",\"properties\":{\"name\":\"Sail Lane\",\"class\":null},\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[10.02,40.05],[10.02,40.06]]}},\n\
{\"type\":\"Feature\",\"properties\":{\"name\":\"Kestrel Street\",\"left\":[23,39],\"bridge\":true},\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[10.02,40.05],[10.03,40.05]]}}\n\
]}\n",
    ),
    (
        "addresses.csv",
        "number,street,lat,lon\n7,Sail Lane,40.055,10.0201\n9,Sail Lane,40.056,10.0201\n",
    ),
    (
        "assets.csv",
        "kind,number,lat,lon,owner\nstreetlight,SL-1,40.05,10.011,city\nstreetlight,SL-2,40.05,10.012,alder_power\nstreetlight,SL-3,40.05,10.013,\n",
    ),
    (
        "locales/en/services.ftl",
        "service-beach = Beach\nservice-beach-short = Beach\nq-beach-plate = The plate of the boat\n",
    ),
];

/// An icon as a city draws it.
pub const ICON: &str = "<svg viewBox=\"0 0 24 24\"><path d=\"M0 0h9v9z\"/></svg>\n";

/// The text of a file of the good city.
pub fn text(file: &str) -> &'static str {
    FILES.iter().find(|(name, _)| *name == file).map_or("", |(_, text)| text)
}

/// Writes the good city into a folder.
pub fn write(dir: &Path) {
    let icon = std::iter::once(("icons/services/beach.svg", ICON));
    for (file, text) in FILES.into_iter().chain(icon) {
        let path = dir.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The good city in a folder that lasts as long as the answer.
pub fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    dir
}
