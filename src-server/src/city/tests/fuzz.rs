//! Whatever stands in a folder, reading it ends, and what is wrong has a file and sentences.

use std::fs;

use proptest::prelude::*;

use super::*;

/// What becomes of one file of the good city.
#[derive(Debug, Clone)]
enum Change {
    Bytes(Vec<u8>),
    Cut(usize, usize),
    Twice(usize, usize),
    Put(usize, String),
    Flip(usize, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let place = 0..2_000usize;
    let word = prop::sample::select(vec![
        "\"",
        "{",
        "}",
        "[",
        "]",
        "=",
        ",",
        "\n",
        "-",
        "0",
        "1e999",
        "-1",
        "null",
        "true",
        "{}",
        "[]",
        "NaN",
        "99999999999999999999",
        "\\u0000",
        "'",
        "#",
        "\u{0}",
        "é",
        "\u{202e}",
        "[[service]]\n",
        "[[route]]\n",
        "code = \"x\"\n",
        "\"code\":\"west\",",
        "[10.0,40.0],",
        "{ $x ->",
        "..",
        "2026-02-29",
    ]);
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Change::Bytes),
        3 => (place.clone(), 1..40usize).prop_map(|(at, n)| Change::Cut(at, n)),
        2 => (place.clone(), 1..300usize).prop_map(|(at, n)| Change::Twice(at, n)),
        4 => (place.clone(), word).prop_map(|(at, word)| Change::Put(at, word.to_owned())),
        2 => (place, any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
    ]
}

fn changed(mut bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    let len = bytes.len().max(1);
    match change {
        Change::Bytes(other) => return other.clone(),
        Change::Cut(at, n) => {
            let at = at % len;
            bytes.drain(at..(at + n).min(bytes.len()));
        }
        Change::Twice(at, n) => {
            let at = at % len;
            let again = bytes[at..(at + n).min(bytes.len())].to_vec();
            bytes.splice(at..at, again);
        }
        Change::Put(at, word) => {
            let at = at % len;
            bytes.splice(at..at, word.bytes());
        }
        Change::Flip(at, byte) => {
            let at = at % len;
            if let Some(old) = bytes.get_mut(at) {
                *old ^= byte;
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_folder_is_read_to_the_end_whatever_stands_in_it(
        changes in prop::collection::vec((0..good::FILES.len(), change()), 1..4),
    ) {
        let dir = good::folder();
        for (file, change) in &changes {
            let path = dir.path().join(good::FILES[*file].0);
            let bytes = changed(fs::read(&path).unwrap(), change);
            fs::write(path, bytes).unwrap();
        }
        let checked = check(dir.path(), NOW);
        prop_assert_eq!(checked.pack.is_some(), checked.errors == 0);
        for problem in &checked.problems {
            let known = good::FILES.iter().any(|(file, _)| *file == problem.file)
                || ["zones", "locales"].contains(&problem.file.as_str())
                || problem.file.starts_with("icons/services/");
            prop_assert!(known, "{}", problem);
            for sentence in [&problem.what, &problem.remedy] {
                prop_assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{}", problem);
            }
            if let Some(line) = problem.line {
                let text = fs::read(dir.path().join(&problem.file)).unwrap();
                let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
                prop_assert!((1..=lines).contains(&(line as usize)), "{}", problem);
            }
        }
        // What is taken can be used, and by a device, too.
        if let Some(pack) = checked.pack {
            let json = pack.to_json().unwrap();
            let city = mend_core::city::City::from_json(&json).unwrap();
            prop_assert_eq!(city.version(), &pack.version);
        }
    }
}
