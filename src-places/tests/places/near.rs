//! What is nearest.

use mend_core::city::PlaceKind;
use mend_core::city::pack::Places as Gazetteer;
use mend_places::{MAX_PLACES, Places};
use proptest::prelude::*;

use crate::city::{any_places, any_point, asset, pack, point, sample};
use crate::oracle::City;

#[test]
fn nearest_addresses_with_metres() {
    let index = Places::in_memory(&pack(sample())).unwrap();
    let house = index.search("202 kestrel", None, 1).unwrap().remove(0);
    let near = index.nearest(house.point, 3).unwrap();
    assert_eq!((near[0].label.as_str(), near[0].distance_m), ("202 Kestrel Street", Some(0.0)));
    assert!(near.iter().all(|place| place.kind == PlaceKind::Address));
    assert!(near.iter().map(|place| place.distance_m).is_sorted());
    assert!(near[1].distance_m.unwrap() > 1.0);
    assert_eq!(index.nearest(house.point, 0).unwrap(), []);
    assert_eq!(index.nearest(point(-44.0, 55.0), 10_000).unwrap().len(), MAX_PLACES);
    let empty = Places::in_memory(&pack(Default::default())).unwrap();
    assert_eq!(empty.nearest(house.point, 8).unwrap(), []);
    assert_eq!(empty.nearest_assets(house.point, &[], 8).unwrap(), []);
}

#[test]
fn a_side_of_the_street_keeps_its_parity() {
    let index = Places::in_memory(&pack(sample())).unwrap();
    let south = index.nearest(point(44.6298, -124.0475), 1).unwrap().remove(0);
    let north = index.nearest(point(44.6302, -124.0475), 1).unwrap().remove(0);
    let number = |label: &str| label.split(' ').next().unwrap().parse::<u32>().unwrap();
    assert_eq!((number(&south.label) % 2, number(&north.label) % 2), (0, 1), "{south:?} {north:?}");
}

#[test]
fn over_the_date_line_and_at_the_pole() {
    for (nearest, other, from) in [
        (point(-16.8, 179.9999), point(-16.8, -179.9995), point(-16.8, -179.9999)),
        (point(-16.8, -179.9999), point(-16.8, 179.9995), point(-16.8, 179.9999)),
        (point(89.9999, 10.0), point(89.9995, -170.0), point(89.9999, -170.0)),
        (point(-89.9, 10.0), point(-89.9, 10.1), point(60.0, 10.0)),
    ] {
        let assets = vec![asset("buoy", "1", other), asset("buoy", "2", nearest)];
        let index = Places::in_memory(&pack(Gazetteer { assets, ..Default::default() })).unwrap();
        let found = index.nearest_assets(from, &[], 1).unwrap();
        assert_eq!(found[0].point, nearest);
        assert_eq!(found[0].distance_m, Some(from.distance_m(nearest)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The nearest addresses and assets are those of a look at all of them.
    #[test]
    fn the_same_as_measuring_all(
        places in any_places(),
        points in proptest::collection::vec((any_point(), 0usize..60), 1..8),
    ) {
        let oracle = City::new(&places);
        let index = Places::in_memory(&pack(places)).unwrap();
        for (from, limit) in points {
            let found = index.nearest(from, limit).unwrap();
            let found: Vec<_> =
                found.into_iter().map(|place| (place.label, place.distance_m.unwrap())).collect();
            prop_assert_eq!(found, oracle.nearest(from, limit.min(MAX_PLACES)));
            for kinds in [vec![], vec!["streetlight".to_owned()], vec!["sign".into(), "none".into()]] {
                let found = index.nearest_assets(from, &kinds, limit).unwrap();
                let found: Vec<_> =
                    found.into_iter().map(|place| place.asset.unwrap().number).collect();
                prop_assert_eq!(found, oracle.nearest_assets(from, &kinds, limit.min(MAX_PLACES)));
            }
        }
    }
}
