//! Searching by words.

use mend_core::city::pack::Address;
use mend_core::city::{Place, PlaceKind};
use mend_core::location::BadPoint;
use mend_places::{MAX_PLACES, Places, PlacesError};
use proptest::prelude::*;

use crate::city::{any_places, any_point, any_text, pack, point, sample, segment, street};
use crate::oracle::{City, Line};

fn sample_index() -> Places {
    Places::in_memory(&pack(sample())).unwrap()
}

fn labels(text: &str, limit: usize) -> Vec<String> {
    let found = sample_index().search(text, None, limit).unwrap();
    found.into_iter().map(|place| place.label).collect()
}

fn first(text: &str) -> Place {
    sample_index().search(text, None, 1).unwrap().remove(0)
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
    assert_eq!(labels("cafe sq", 1), ["Café Square"]);
    assert_eq!(labels("CAFÉ", 1), ["Café Square"]);
    assert_eq!(labels("12a obr", 1), ["12A O’Brien Street"]);
    assert_eq!(labels("135 obr", 1), ["135-141 O’Brien Street"], "the number is begun");
    assert_eq!(labels("5th", 1), ["5th Street"], "a digit may begin a street");
    assert_eq!(labels("12 5th", 1), ["12 5th Street"]);
    assert_eq!(labels("kestrel xyz", 5), [] as [String; 0]);
    assert_eq!(labels(" ,. ", 5), [] as [String; 0]);
    assert_eq!(labels("nowhere", 5), [] as [String; 0], "a street without any place");
}

#[test]
fn best_first() {
    assert_eq!(
        labels("21 kestrel", 4),
        ["21 Kestrel Street", "210 Kestrel Street", "211 Kestrel Street", "212 Kestrel Street"]
    );
    assert_eq!(
        labels("kestrel", 3),
        ["Kestrel Street", "21 Kestrel Street", "100 Kestrel Street"],
        "the street before its houses"
    );
    assert_eq!(labels("loft", 1), ["Sail Loft Lane"], "a whole word before one begun");
    assert_eq!(labels("lof", 1), ["Loftus Way"], "a name that begins so before others");
    assert_eq!(labels("214", 5), ["214 Kestrel Street"]);
    assert_eq!(labels("999", 5), [] as [String; 0]);
}

#[test]
fn a_number_that_the_street_does_not_have_gives_the_nearest_with_a_mark() {
    let found = sample_index().search("261 kestrel", None, 5).unwrap();
    let got: Vec<_> =
        found.iter().map(|place| (place.label.as_str(), place.instead_of.as_deref())).collect();
    assert_eq!(got, [("259 Kestrel Street", Some("261")), ("Kestrel Street", None)]);
    assert_eq!(first("180 kestrel").label, "200 Kestrel Street", "on the same side");
    assert_eq!(first("17 ropewalk").label, "16 Ropewalk Lane", "even is all there is");
    let found = first("12b o'brien");
    assert_eq!(
        (found.label.as_str(), found.instead_of.as_deref()),
        ("12A O’Brien Street", Some("12B"))
    );
}

#[test]
fn houses_on_ranges_stand_by_their_street() {
    let house = first("202 kestrel");
    assert_eq!((house.kind, house.street.as_deref()), (PlaceKind::Address, Some("Kestrel Street")));
    assert!(house.point.lat() < 44.63, "even is south of a street that runs east");
    assert!(first("203 kestrel").point.lat() > 44.63);
    assert_eq!(first("214 kestrel").point, point(44.6301, -124.0479), "its own point counts");
    let street = first("kestrel");
    assert_eq!(street.kind, PlaceKind::Street);
    assert_eq!(street.point.lat(), 44.63, "on the street");
}

#[test]
fn corners_in_every_spelling() {
    for text in [
        "kestrel & ropewalk",
        "Ropewalk Lane & Kestrel St",
        "kestrel at ropewalk",
        "kestrel and ropewalk",
        "kestrel ropewalk",
        "ropewalk kes",
        "kes/rope",
    ] {
        let found = first(text);
        assert_eq!(found.label, "Kestrel Street & Ropewalk Lane", "{text:?}");
        assert_eq!(found.kind, PlaceKind::Intersection);
        assert_eq!(found.point, point(44.63, -124.0485));
    }
    assert_eq!(labels("ropewalk &", 2), ["Ropewalk Lane", "Kestrel Street & Ropewalk Lane"]);
    assert_eq!(labels("ropewalk & 5th", 5), [] as [String; 0], "they do not meet");
    assert_eq!(labels("5th & kestrel", 1), ["5th Street & Kestrel Street"]);
}

#[test]
fn assets_by_their_number() {
    for text in ["SL-00412", "sl 412", "sl00412", "sl412", "00412", "streetlight 412", "412 sl"] {
        let found = first(text);
        assert_eq!(found.kind, PlaceKind::Asset, "{text:?}");
        assert_eq!(found.asset.unwrap().number, "SL-00412", "{text:?}");
    }
    assert_eq!(first("sl 41").asset.unwrap().number, "SL-00041", "whole before begun");
    assert_eq!(first("sl 412").label, "SL-00412, 158 Kestrel Street");
    assert_eq!(first("hydrant 412").label, "HY-0412", "no address is near");
    let index = sample_index();
    let found = index.asset("streetlight", "SL-00412").unwrap().unwrap();
    assert_eq!(found.point, point(44.6299, -124.0485));
    assert_eq!(index.asset("streetlight", "SL-9").unwrap(), None);
}

#[test]
fn typed_coordinates() {
    assert_eq!(labels("44.61, -124.05", 3), ["44.61000, -124.05000"]);
    let bad = sample_index().search("0, 0", None, 3);
    assert!(matches!(bad, Err(PlacesError::BadPoint(BadPoint::NullIsland))));
}

#[test]
fn nearer_first_when_all_else_is_equal() {
    let near = Some(point(44.6305, -124.047));
    let index = sample_index();
    let found = index.search("lane", near, 2).unwrap();
    let names: Vec<_> = found.iter().map(|place| place.label.as_str()).collect();
    assert_eq!(names, ["Ropewalk Lane", "Sail Loft Lane"]);
    assert!(found.iter().all(|place| place.distance_m.is_some()));
    assert_eq!(index.search("5th", near, 1).unwrap()[0].label, "5th Street");
}

fn lines(found: Vec<Place>) -> Vec<Line> {
    let line = |p: Place| (p.label, p.instead_of, p.distance_m.map(f64::to_bits));
    found.into_iter().map(line).collect()
}

#[test]
fn what_is_not_text_is_no_error() {
    let index = sample_index();
    let strange = [
        "\"",
        "'",
        "*",
        "^kes",
        "kes*",
        "\"kes",
        "kes\"",
        "first : kes",
        "NOT kes",
        "kes OR ash",
        "NEAR(kes ash, 2)",
        "(kes",
        "kes)",
        "{first} : kes",
        "-kes",
        "+kes",
        "\0",
        "kes\0ash",
        "\u{FEFF}",
        "a\u{301}\u{301}",
        "𐍈",
        "\u{1E900}",
        "½",
        "٣",
        "0",
        "00",
        "-1",
        "1e9 kes",
        "99999999999999999999 kes",
        "4294967295 kes",
        "2147483648 kes",
        "%",
        "_",
        "; DROP TABLE street",
    ];
    let long = "kes 214 & ".repeat(1000);
    for text in strange.iter().copied().chain([long.as_str()]) {
        let found = index.search(text, None, 8);
        assert!(found.is_ok(), "{text:?}: {found:?}");
    }
    assert_eq!(labels("first : kes", 1), [] as [String; 0], "no operator, but a word");
    assert_eq!(labels("kes*", 1), ["Kestrel Street"]);
}

/// So many streets and houses that an index has to look at them in another way.
#[test]
fn a_large_city_is_searched_like_a_small_one() {
    let mut places = mend_core::city::pack::Places::default();
    for (n, name) in
        ["Ash", "Sl Ash", "Alder", "5th", "Birch", "North"].iter().cycle().take(150).enumerate()
    {
        let (row, ends) = (n as f64 * 0.001, Some([1, 1 + 2 * (n as u32 % 60)]));
        let line = [point(44.0 + row, -124.0), point(44.0 + row, -123.997)];
        let mut segments = vec![segment(&line, ends, Some([2, 30]))];
        if n % 7 == 0 {
            segments.clear();
        }
        places.streets.push(street(&format!("{name} {} Street", 100 + n), segments));
        for number in ["7", "12A", "30"].iter().take(n % 4) {
            let at = point(44.0 + row, -123.99);
            places.addresses.push(Address { street: n as u32, number: (*number).into(), at });
        }
    }
    let oracle = City::new(&places);
    let index = Places::in_memory(&pack(places)).unwrap();
    for text in [
        "1",
        "7",
        "12",
        "12a",
        "30",
        "119",
        "3",
        "1 a",
        "7 s",
        "30 st",
        "7 street ash",
        "12a ash",
        "11 st",
        "117 a",
        "a",
        "st",
        "5th",
        "3 5th",
        "99 st",
        "ash 1",
        "ash 10",
        "n 2",
    ] {
        for near in [None, Some(point(44.07, -124.0))] {
            for limit in [1, 8, 50] {
                let found = index.search(text, near, limit).ok().map(lines);
                assert_eq!(found, oracle.search(text, near, limit), "{text:?}, {near:?}, {limit}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// What is found, and in which order, is what a look at everything finds.
    #[test]
    fn the_same_as_looking_at_everything(
        places in any_places(),
        texts in proptest::collection::vec((any_text(), proptest::option::of(any_point()), 0usize..60), 1..12),
    ) {
        let oracle = City::new(&places);
        let index = Places::in_memory(&pack(places)).unwrap();
        for (text, near, limit) in texts {
            let expected = oracle.search(&text, near, limit.min(MAX_PLACES));
            let found = index.search(&text, near, limit).ok().map(lines);
            prop_assert_eq!(found, expected, "{:?}, {:?}, at most {}", text, near, limit);
        }
    }

    /// Every house is found again by its label, at its place.
    #[test]
    fn every_house_is_found_by_its_label(places in any_places()) {
        let oracle = City::new(&places);
        let index = Places::in_memory(&pack(places)).unwrap();
        for (label, at) in oracle.houses() {
            let found = index.search(&label, None, MAX_PLACES).unwrap();
            let same = found.iter().find(|place| place.label == label);
            prop_assert_eq!(same.map(|place| place.point), Some(at), "{}", label);
        }
    }

    /// No text is an error, unless it is coordinates of no place.
    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}|[\\x00-\\x7f]{0,60}", limit in 0usize..80) {
        match sample_index().search(&text, None, limit) {
            Ok(places) => prop_assert!(places.len() <= limit.min(MAX_PLACES)),
            Err(error) => prop_assert!(matches!(error, PlacesError::BadPoint(_)), "{}", error),
        }
    }
}
