//! Tests of words and readings.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Vec<(Option<String>, String)> {
    readings(text).into_iter().map(|r| (r.number, r.words.join(" "))).collect()
}

#[test]
fn words_are_small_and_whole() {
    assert_eq!(words("O’Brien's  Sail-Loft Lane,"), ["obriens", "sail", "loft", "lane"]);
    assert_eq!(words("Cafe\u{301} Square"), ["cafe", "square"], "an accent apart joins");
    assert_eq!(words("Café"), ["café"], "one within a letter is left to the index");
    assert_eq!(words(" ,.& "), [] as [String; 0]);
}

#[test]
fn short_forms_both_ways() {
    let all = |name| name_words(name).all.join(" ");
    assert_eq!(all("Kestrel Street"), "kestrel street st");
    assert_eq!(all("Acorn St"), "acorn st street");
    assert_eq!(all("St James Ave"), "st saint james ave avenue av");
    assert_eq!(all("W St James St"), "w west st street saint james st street");
    assert_eq!(all("North Sail Loft Ln"), "north n sail loft ln lane");
    assert_eq!(name_words("St James Ave").first, ["st", "saint"]);
    assert_eq!(name_words("St").all, ["st", "street"]);
    let mut seen = std::collections::BTreeSet::new();
    for form in FORMS.iter().flat_map(|group| group.iter()) {
        assert!(seen.insert(form), "{form} stands for two things");
    }
}

#[test]
fn assets_by_any_spelling_of_their_number() {
    let all = asset_words("catch_basin", "CB-00412");
    for word in ["catch", "basin", "cb", "00412", "412", "cb00412", "cb412"] {
        assert!(all.iter().any(|known| known == word), "{word}");
    }
    assert_eq!(asset_words("bench", "7"), ["bench", "7"]);
    assert_eq!(asset_words("bench", "000"), ["bench", "000"]);
}

#[test]
fn a_house_number_may_stand_anywhere() {
    let some = |number: &str, words: &str| (Some(number.to_owned()), words.to_owned());
    assert_eq!(read("214 Kes"), [(None, "214 kes".into()), some("214", "kes")]);
    assert_eq!(
        read("Kestrel St, 12A"),
        [(None, "kestrel st 12a".into()), some("12a", "kestrel st")]
    );
    assert_eq!(read("135-141 Ash"), [(None, "135 141 ash".into()), some("135-141", "ash")]);
    assert_eq!(read("135- ash"), [(None, "135 ash".into()), some("135", "ash")]);
    assert_eq!(read("5th"), [(None, "5th".into())], "an ordinal is no house number");
    assert_eq!(read("SL-00412"), [(None, "sl 00412".into()), some("00412", "sl")]);
    assert_eq!(read("7 5 Way"), [(None, "7 5 way".into()), some("7", "5 way"), some("5", "7 way")]);
    assert_eq!(read(""), [(None, String::new())]);
}

#[test]
fn corners_of_two_streets() {
    let read = |text| corner(text).map(|(a, b)| (a.join(" "), b.join(" ")));
    for text in [
        "Kestrel & Ropewalk",
        "kestrel&ropewalk",
        "kestrel AND ropewalk",
        "kestrel at ropewalk",
        "kestrel @ ropewalk",
        "kestrel / ropewalk",
    ] {
        assert_eq!(read(text), Some(("kestrel".into(), "ropewalk".into())), "{text:?}");
    }
    assert_eq!(read("kestrel &"), Some(("kestrel".into(), String::new())));
    assert_eq!(read("5th & 3rd"), Some(("5th".into(), "3rd".into())));
    for text in ["kestrel ropewalk", "& ropewalk", "Sand Hat Lane", "12/14 ash", "at sea"] {
        assert_eq!(read(text), None, "{text:?}");
    }
}

proptest! {
    /// Any text can be read, and no reading makes words up.
    #[test]
    fn any_text_has_readings(text in "\\PC{0,60}|[0-9a-z&@/ '-]{0,60}") {
        let whole = text.to_lowercase();
        let all = readings(&text);
        prop_assert!(all.len() <= 1 + MAX_NUMBERS);
        prop_assert!(all[0].number.is_none());
        for reading in &all {
            prop_assert!(reading.words.len() <= MAX_WORDS);
            for word in &reading.words {
                prop_assert!(!word.is_empty() && word.chars().all(|c| c.is_alphanumeric()));
                let first = word.chars().next().unwrap();
                prop_assert!(whole.contains(first), "{first:?}");
            }
        }
        let _ = corner(&text);
    }
}
