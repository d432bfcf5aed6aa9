//! Every sentence that a screen may say exists, in every language, and every drawing that a screen
//! may show is in the sprite. The screens' sources are read as text: a sentence that is not there
//! must be found here, not by a resident.
#![allow(clippy::unwrap_used, reason = "a test says best by failing what is not there")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mend_core::refusal::RefusalCode;
use mend_ui::i18n::{FILES, Sentences};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 20, "the sources are not where they were");
    found
}

/// What stands between quotation marks right after `before`, white space left out.
fn literals_after<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.match_indices(before)
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|(at, _)| {
            let rest = text[at + before.len()..].trim_start().strip_prefix('"')?;
            rest.split('"').next()
        })
        .collect()
}

fn languages() -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("locales")).unwrap() {
        found.push(entry.unwrap().file_name().into_string().unwrap());
    }
    assert!(found.contains(&"en".to_owned()));
    found
}

fn text_of(language: &str, file: &str) -> String {
    let path = root().join("locales").join(language).join(format!("{file}.ftl"));
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn sentences(language: &str) -> Sentences {
    Sentences::new(language.parse().unwrap(), FILES.map(|file| text_of(language, file)))
}

fn ids(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim_end()))
        .collect()
}

/// Ids that a screen names in its source.
fn named(sources: &[(PathBuf, String)]) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (_, text) in sources {
        for before in ["t!(", "label: ", "count_id="] {
            found.extend(literals_after(text, before));
        }
        // Ids that are passed on: `"sign-in-no-name"` in a call, `(choice, "outcome-mended")`.
        for id in ["sign-in-no-name", "sign-in-no-password", "outcome-mended", "outcome-made-safe"]
        {
            if text.contains(&format!("\"{id}\"")) {
                found.insert(id);
            }
        }
    }
    // The one that a test of the interface knows to be missing.
    found.remove("no-such-sentence");
    found
}

/// Ids that are put together from a code of the domain.
const PUT_TOGETHER: [&str; 3] = ["spell-", "action-", "notice-"];

#[test]
fn every_sentence_that_a_screen_names_exists() {
    let sources = sources();
    let named = named(&sources);
    assert!(named.len() > 200, "only {} sentences found in the sources", named.len());
    for language in languages() {
        let sentences = sentences(&language);
        let missing: Vec<_> = named.iter().filter(|id| sentences.get(id, &[]).is_none()).collect();
        assert!(missing.is_empty(), "{language} lacks {missing:?}");
    }
}

#[test]
fn every_sentence_of_the_screens_is_used() {
    let sources = sources();
    let named = named(&sources);
    let text = text_of("en", "ui");
    let unused: Vec<_> = ids(&text)
        .into_iter()
        .filter(|id| !named.contains(id) && !PUT_TOGETHER.iter().any(|p| id.starts_with(p)))
        .collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}

#[test]
fn every_language_has_the_same_ids() {
    for file in FILES {
        let english = text_of("en", file);
        for language in languages() {
            let other = text_of(&language, file);
            assert_eq!(ids(&english), ids(&other), "{language}/{file}.ftl");
        }
    }
}

#[test]
fn every_refusal_says_what_happened_and_what_to_do() {
    for language in languages() {
        let sentences = sentences(&language);
        for code in RefusalCode::ALL {
            let id = format!("refusal-{}", code.as_str());
            let words = sentences.get(&id, &[]).unwrap_or_else(|| panic!("{language}: {id}"));
            assert_eq!(words.lines().count(), 2, "{language}: {id} is {words:?}");
        }
        let text = text_of(&language, "refusals");
        for id in ids(&text) {
            let words = sentences.get(id, &[]).unwrap();
            assert_eq!(words.lines().count(), 2, "{language}: {id} is {words:?}");
        }
    }
}

#[test]
fn notices_have_a_headline_and_a_text() {
    for language in languages() {
        let sentences = sentences(&language);
        for kind in ["received", "assigned", "started", "resolved", "on_hold", "duplicate"] {
            for part in ["", ".text"] {
                let id = format!("notice-{kind}{part}");
                assert!(sentences.get(&id, &[]).is_some(), "{language}: {id}");
            }
        }
    }
}

/// What the built-in services are called, what they are for, and what people type for them.
#[test]
fn every_service_says_what_it_is_for_and_what_people_type() {
    for language in languages() {
        let sentences = sentences(&language);
        let text = text_of(&language, "services");
        let services: Vec<&str> = ids(&text)
            .into_iter()
            .filter_map(|id| id.strip_prefix("service-")?.strip_suffix("-short"))
            .collect();
        assert!(services.len() >= 12, "{language}: only {services:?}");
        for service in services {
            let words = |part: &str| {
                let id = format!("service-{service}{part}");
                sentences.get(&id, &[]).unwrap_or_else(|| panic!("{language}: {id}"))
            };
            assert!(words("").chars().count() <= 40, "{language}: {service} in lists");
            assert!(words("-short").chars().count() <= 16, "{language}: {service} in short");
            let description = words("-description");
            assert!(
                description.ends_with('.') && description.chars().count() <= 100,
                "{description}"
            );
            let keywords = words("-keywords");
            let typed: BTreeSet<&str> = keywords.split(", ").collect();
            assert!((8..=20).contains(&typed.len()), "{language}: {service} has {typed:?}");
            assert_eq!(
                typed.len(),
                keywords.split(',').count(),
                "{language}: {service}, one twice"
            );
            for word in typed {
                assert!(!word.is_empty() && word == word.trim(), "{language}: {service} {word:?}");
                assert_eq!(word, word.to_lowercase(), "{language}: {service}");
            }
        }
    }
}

#[test]
fn every_symbol_of_a_tracking_code_can_be_said() {
    let sentences = sentences("en");
    for letter in "ABCDEFGHJKMNPQRSTVWXYZ".chars() {
        assert!(sentences.get(&format!("spell-{letter}"), &[]).is_some(), "{letter}");
    }
}

#[test]
fn english_counts_as_people_do() {
    let sentences = sentences("en");
    let photos = |count: usize| sentences.get("photos-count", &[("count", count.into())]).unwrap();
    assert_eq!(photos(0), "No photo");
    assert_eq!(photos(1), "1 photo");
    assert_eq!(photos(2), "2 photos");
    let waiting = |n: usize| sentences.get("sync-needs-you", &[("count", n.into())]).unwrap();
    assert_eq!(waiting(1), "1 needs you");
    assert_eq!(waiting(2), "2 need you");
}

#[test]
fn nothing_is_shouted() {
    for language in languages() {
        for file in FILES {
            let text = text_of(&language, file);
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                assert!(!line.contains('!'), "{language}/{file}.ftl: {line}");
            }
        }
    }
}

#[test]
fn every_drawing_that_a_screen_names_is_in_the_sprite() {
    let sprite = fs::read_to_string(root().join("icons/sprite.svg")).unwrap();
    let drawn: BTreeSet<&str> = literals_after(&sprite, "<symbol id=").into_iter().collect();
    let mut named = BTreeSet::new();
    let sources = sources();
    for (_, text) in &sources {
        for before in ["<Icon name=", "icon=", "icon: "] {
            named.extend(literals_after(text, before));
        }
        // Colour and drawing of a status stand side by side.
        for (at, _) in text.match_indices("(\"st-") {
            let mut parts = text[at..].split('"').skip(3);
            named.extend(parts.next());
        }
    }
    assert!(named.len() > 25, "only {} drawings found in the sources", named.len());
    let missing: Vec<_> =
        named.iter().filter(|name| !drawn.contains(format!("i-{name}").as_str())).collect();
    assert!(missing.is_empty(), "the sprite lacks {missing:?}");
}
