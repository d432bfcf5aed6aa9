//! The index as a file.

use std::fs;
use std::path::Path;

use mend_core::city::CityPack;
use mend_core::city::Place;
use mend_places::Places;
use proptest::prelude::*;

use crate::city::{any_places, any_point, any_text, pack, point, sample};

fn answers(index: &Places) -> Vec<Place> {
    let texts = ["214 kes", "kestrel", "kestrel ropewalk", "sl", "2"];
    let found = texts.iter().flat_map(|text| index.search(text, None, 20).unwrap());
    found.chain(index.nearest(point(44.63, -124.05), 20).unwrap()).collect()
}

fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_file_is_made_once_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.sqlite");
    let pack = pack(sample());
    let fresh = answers(&Places::open(&path, &pack).unwrap());
    let made = contents(folder.path());
    let names: Vec<_> = made.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["places.sqlite", "places.sqlite.seal"]);
    // Were it made again, it would have to be written.
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(answers(&Places::open(&path, &pack).unwrap()), fresh);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(contents(folder.path()), made);
    assert_eq!(answers(&Places::in_memory(&pack).unwrap()), fresh);
}

#[test]
fn another_pack_has_another_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.sqlite");
    let old = Places::open(&path, &pack(sample())).unwrap();
    let mut places = sample();
    places.streets[0].name = "Heron Street".into();
    let new = Places::open(&path, &pack(places)).unwrap();
    assert_eq!(new.search("heron", None, 1).unwrap()[0].label, "Heron Street");
    assert_eq!(new.search("kestrel", None, 1).unwrap(), []);
    assert_eq!(
        old.search("kestrel", None, 1).unwrap().len(),
        1,
        "who still has the old one uses it"
    );
}

#[test]
fn an_unsealed_pack_is_never_taken_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.sqlite");
    let unsealed = |pack: CityPack| CityPack { version: String::new(), ..pack };
    drop(Places::open(&path, &unsealed(pack(sample()))).unwrap());
    let empty = Places::open(&path, &unsealed(pack(Default::default()))).unwrap();
    assert_eq!(empty.search("kestrel", None, 1).unwrap(), []);
}

#[test]
fn leftovers_of_a_torn_start_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.sqlite");
    let pack = pack(sample());
    for name in [
        "places.sqlite.new",
        "places.sqlite-journal",
        "places.sqlite-wal",
        "places.sqlite.new-journal",
        "places.sqlite.seal",
        "places.sqlite",
    ] {
        fs::write(folder.path().join(name), "torn").unwrap();
    }
    let fresh = answers(&Places::in_memory(&pack).unwrap());
    assert_eq!(answers(&Places::open(&path, &pack).unwrap()), fresh);
    assert_eq!(contents(folder.path()).len(), 2);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(sample());
    assert!(Places::open(&folder.path().join("missing/places.sqlite"), &pack).is_err());
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join("full")).unwrap();
    assert!(Places::open(&taken, &pack).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever happened to the file or its seal, the answers are those of a fresh index.
    #[test]
    fn a_damaged_file_is_made_again(
        cut in proptest::option::of(0.0..1.0f64),
        flips in proptest::collection::vec((0.0..1.0f64, 1u8..=255), 0..6),
        seal in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("places.sqlite");
        let pack = pack(sample());
        drop(Places::open(&path, &pack).unwrap());
        let whole = contents(folder.path());
        let damaged = if seal { folder.path().join("places.sqlite.seal") } else { path.clone() };
        let mut bytes = fs::read(&damaged).unwrap();
        let length = bytes.len();
        let at = |share: f64| ((length as f64 * share) as usize).min(length - 1);
        for (share, flip) in flips {
            bytes[at(share)] ^= flip;
        }
        if let Some(share) = cut {
            bytes.truncate(at(share));
        }
        fs::write(&damaged, bytes).unwrap();
        let again = Places::open(&path, &pack).unwrap();
        prop_assert_eq!(answers(&again), answers(&Places::in_memory(&pack).unwrap()));
        prop_assert_eq!(contents(folder.path()), whole, "the same file, byte for byte");
    }

    /// An index that was opened again answers like a fresh one.
    #[test]
    fn opened_again_it_is_the_same(
        places in any_places(),
        texts in proptest::collection::vec(any_text(), 1..6),
        from in any_point(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("places.sqlite");
        let pack = pack(places);
        drop(Places::open(&path, &pack).unwrap());
        let (kept, fresh) = (Places::open(&path, &pack).unwrap(), Places::in_memory(&pack).unwrap());
        for text in texts {
            let ask = |index: &Places| index.search(&text, Some(from), 20).ok();
            prop_assert_eq!(ask(&kept), ask(&fresh));
        }
        prop_assert_eq!(kept.nearest(from, 20).unwrap(), fresh.nearest(from, 20).unwrap());
    }
}
