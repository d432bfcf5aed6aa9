//! Tests of the index as the device keeps it.

use std::fs;

use mend_core::city::CityPack;

use super::*;

/// A city of one square degree with a street of this name.
fn city(street: &str) -> Arc<City> {
    let hours = serde_json::json!({"opens": "08:00", "closes": "17:00"});
    let square = serde_json::json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": "all", "name": "All"},
         "geometry": {"type": "Polygon", "coordinates":
            [[[10.0, 40.0], [11.0, 40.0], [11.0, 41.0], [10.0, 41.0], [10.0, 40.0]]]}}]});
    let pack: CityPack = serde_json::from_value(serde_json::json!({
        "format": mend_core::city::pack::FORMAT,
        "id": "0193c5a0-0000-7000-8000-000000000001", "version": "", "name": "Sample",
        "emergency_number": "112", "service_line": "555 0100",
        // TZif of UTC, as zic writes it.
        "time_zone": {"name": "UTC", "tzif": "VFppZjIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAQAAAAAAABVVEMAVFppZjIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAQAAAAAAABVVEMAClVUQzAK"},
        "languages": ["en"],
        "services": [{"code": "pothole", "department": "streets", "priority": "high",
            "sla": {"range": {"response_days": 5, "resolution_days": 10}},
            "photo": "asked", "public": "at_once", "questions": []}],
        "departments": [{"code": "streets", "name": "Streets"}],
        "unrouted_department": "streets", "crews": [], "routes": [],
        "calendar": {"hours": {"monday": hours}, "holidays": []},
        "zones": {"area": square},
        "gazetteer": {
            "streets": [{"name": street}],
            "addresses": [{"street": 0, "number": "214", "at": {"lat": 40.5001, "lon": 10.02}}]},
        "strings": {}
    }))
    .unwrap();
    Arc::new(City::from_pack(pack.sealed().unwrap()).unwrap())
}

async fn search(index: &PlaceIndex, city: &Arc<City>, text: &'static str) -> Vec<String> {
    let found = index.ask(city, move |places| places.search(text, None, 5)).await.unwrap();
    found.into_iter().map(|place| place.label).collect()
}

#[tokio::test]
async fn the_index_is_the_city_s_that_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let index = PlaceIndex::new(folder.path().join("places.sqlite"));
    let (kestrel, heron) = (city("Kestrel Street"), city("Heron Street"));
    assert_eq!(search(&index, &kestrel, "214 kes").await, ["214 Kestrel Street"]);
    assert!(folder.path().join("places.sqlite").is_file());
    assert_eq!(search(&index, &heron, "214 her").await, ["214 Heron Street"]);
    assert_eq!(search(&index, &heron, "214 kes").await, [] as [String; 0]);
    let bad = index.ask(&heron, |places| places.search("0, 0", None, 5)).await.unwrap_err();
    assert_eq!(bad.code(), "bad_position");
}

/// Many ask while it is made: all wait for the one that is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_while_it_is_made_waits() {
    let folder = tempfile::tempdir().unwrap();
    let index = Arc::new(PlaceIndex::new(folder.path().join("places.sqlite")));
    let city = city("Kestrel Street");
    index.prepare(Arc::clone(&city));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (index, city) = (Arc::clone(&index), Arc::clone(&city));
        asking.spawn(async move { index.ready(&city).await.unwrap() });
    }
    let all = asking.join_all().await;
    assert!(all.iter().all(|places| Arc::ptr_eq(places, &all[0])));
}

#[tokio::test]
async fn a_disk_that_takes_nothing_does_not_stop_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let index = PlaceIndex::new(folder.path().join("missing/places.sqlite"));
    assert_eq!(search(&index, &city("Kestrel Street"), "kes").await[0], "Kestrel Street");
}

#[tokio::test]
async fn an_index_that_is_spoiled_while_it_is_open_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("places.sqlite");
    let index = PlaceIndex::new(file.clone());
    let city = city("Kestrel Street");
    index.ready(&city).await.unwrap();
    let length = fs::metadata(&file).unwrap().len();
    fs::write(&file, vec![0x55; usize::try_from(length).unwrap()]).unwrap();
    assert_eq!(search(&index, &city, "214 kes").await, ["214 Kestrel Street"]);
    assert_eq!(search(&index, &city, "kes").await[0], "Kestrel Street");
}
