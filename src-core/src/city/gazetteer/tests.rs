//! Tests of the gazetteer.

use proptest::prelude::*;

use super::*;
use crate::city::sample;

fn gazetteer() -> Gazetteer {
    Gazetteer::new(&sample::pack().gazetteer)
}

fn labels(text: &str, limit: usize) -> Vec<String> {
    gazetteer().search(text, limit).unwrap().into_iter().map(|place| place.label).collect()
}

#[test]
fn words_in_any_order_and_begun() {
    for text in
        ["214 kes", "kestrel st 214", "Kestrel Street, 214", "  214   KESTREL ", "st kes 214"]
    {
        assert_eq!(labels(text, 1), ["214 Kestrel Street"], "{text:?}");
    }
    assert_eq!(labels("sail loft ln", 1), ["Sail Loft Lane"]);
    assert_eq!(labels("sail ln 7", 1), ["7 Sail Loft Lane"]);
    assert_eq!(labels("o'brien", 1), ["O’Brien Street"]);
    assert_eq!(labels("12a 5th", 1), ["12A 5th Street"]);
    assert_eq!(labels("5th", 1), ["5th Street"], "a digit may begin a street");
    assert_eq!(labels("kestrel xyz", 5), [] as [String; 0]);
    assert_eq!(labels(" ,. ", 5), [] as [String; 0]);
}

#[test]
fn best_first() {
    assert_eq!(
        labels("21 kestrel", 5),
        ["21 Kestrel Street", "210 Kestrel Street", "214 Kestrel Street"]
    );
    assert_eq!(labels("kestrel", 3), ["Kestrel Street", "21 Kestrel Street", "210 Kestrel Street"]);
    assert_eq!(labels("999 kestrel", 5), ["Kestrel Street"], "no such house, but such a street");
    assert_eq!(labels("loft", 1), ["Sail Loft Lane"], "a whole word before one begun");
    assert_eq!(labels("214", 5), ["214 Kestrel Street"]);
    assert_eq!(labels("999", 5), [] as [String; 0]);
}

#[test]
fn nearest_first_with_metres() {
    let all = gazetteer();
    let house = all.search("214 kestrel", 1).unwrap().remove(0).point;
    let near = all.nearest(house, 2);
    assert_eq!(near[0].label, "214 Kestrel Street");
    assert_eq!(near[0].distance_m, Some(0.0));
    assert!(near[1].distance_m.unwrap() > 1.0);
    assert_eq!(all.nearest(house, 0), []);
    assert!(all.nearest(house, 10_000).len() <= MAX_CANDIDATES);
}

#[test]
fn typed_coordinates() {
    let read = |text| coordinates(text).map(|r| r.map(|p| (p.lat(), p.lon())));
    for text in [
        "44.61, -124.05",
        "44.61 -124.05",
        "44.61;-124.05",
        "44.61° N, 124.05° W",
        "44.61N 124.05W",
        "124.05 w 44.61 n",
        "44.61, \u{2212}124.05",
    ] {
        assert_eq!(read(text), Some(Ok((44.61, -124.05))), "{text:?}");
    }
    assert_eq!(read("0,0"), Some(Err(BadPoint::NullIsland)));
    assert_eq!(read("91, 5"), Some(Err(BadPoint::OutOfRange)));
    assert_eq!(read("44.61, 190"), Some(Err(BadPoint::OutOfRange)));
    for text in
        ["214 kes", "44 12", "44.61", "1,2,3", "nan, inf", "44.61 N 124.05 S", "N", "", "1e3,2"]
    {
        assert_eq!(read(text), None, "{text:?}");
    }
    assert_eq!(labels("44.61, -124.05", 3), ["44.61000, -124.05000"]);
    assert_eq!(gazetteer().search("0, 0", 3), Err(BadPoint::NullIsland));
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,40}", limit in 0usize..80) {
        if let Ok(places) = gazetteer().search(&text, limit) {
            prop_assert!(places.len() <= limit.min(MAX_CANDIDATES));
        }
    }
}
