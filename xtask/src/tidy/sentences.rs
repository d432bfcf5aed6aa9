//! Every language has every sentence.

use std::collections::{BTreeMap, BTreeSet};

use super::{Files, Finding};

/// The language that the others are measured by.
const MEASURE: &str = "en";

/// Compares each `locales/<lang>/` with `locales/en/`: same files, same ids and attributes; no id
/// twice in one language.
pub fn check(files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut languages: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for (path, text) in files {
        let Some((language, file)) =
            path.strip_prefix("locales/").and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        if !file.ends_with(".ftl") {
            continue;
        }
        let (ids, twice) = ids(text);
        let earlier = languages.entry(language).or_default();
        let elsewhere = ids.iter().filter(|id| earlier.values().any(|other| other.contains(*id)));
        for id in elsewhere.cloned().chain(twice) {
            findings.push(finding(path, format!("has {id}, which this language has already")));
        }
        earlier.insert(file, ids);
    }
    let measure = languages.remove(MEASURE).unwrap_or_default();
    for (language, have) in &languages {
        for file in measure.keys().chain(have.keys()).collect::<BTreeSet<_>>() {
            let path = format!("locales/{language}/{file}");
            let none = BTreeSet::new();
            let (wanted, found) =
                (measure.get(*file).unwrap_or(&none), have.get(*file).unwrap_or(&none));
            for id in wanted.difference(found) {
                findings.push(finding(&path, format!("lacks {id}")));
            }
            for id in found.difference(wanted) {
                findings.push(finding(&path, format!("has {id}, which {MEASURE} has not")));
            }
        }
    }
    findings
}

fn finding(file: &str, text: String) -> Finding {
    Finding { file: file.to_owned(), line: 0, text }
}

/// Ids of messages, terms (`-term`) and attributes (`id.attribute`), and those that came twice.
fn ids(text: &str) -> (BTreeSet<String>, Vec<String>) {
    let (mut ids, mut twice) = (BTreeSet::new(), Vec::new());
    let mut message = String::new();
    for line in text.lines() {
        let Some((name, _)) = line.split_once('=') else { continue };
        let name = name.trim_end();
        let id = if let Some(attribute) = name.trim_start().strip_prefix('.') {
            is_name(attribute).then(|| format!("{message}.{attribute}"))
        } else if is_name(name.strip_prefix('-').unwrap_or(name)) {
            name.clone_into(&mut message);
            Some(message.clone())
        } else {
            None
        };
        if let Some(id) = id.filter(|id| !ids.insert(id.clone())) {
            twice.push(id);
        }
    }
    (ids, twice)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{super::testing::files, *};

    #[test]
    fn ids_are_read_as_fluent_writes_them() {
        let text = "# a = b\nhello = Hello\n    .title = Hi\n    x = no\n-brand = Mend\ncount =\n    { $n ->\n        [one] = 1\n       *[other] x\n    }\n";
        let (ids, twice) = ids(text);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(ids, ["-brand", "count", "hello", "hello.title"]);
        assert!(twice.is_empty());
    }

    #[test]
    fn a_missing_and_an_extra_sentence_are_found() {
        let found = check(&files([
            ("locales/en/ui.ftl", "a = A\nb = B"),
            ("locales/es/ui.ftl", "a = A\nc = C"),
            ("locales/en/notices.ftl", "n = N"),
        ]));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "locales/es/notices.ftl: lacks n",
                "locales/es/ui.ftl: lacks b",
                "locales/es/ui.ftl: has c, which en has not",
            ]
        );
    }

    #[test]
    fn an_id_may_come_once_in_a_language() {
        let twice = [("locales/en/a.ftl", "a = A"), ("locales/en/b.ftl", "a = B\nb = 1\nb = 2")];
        assert_eq!(check(&files(twice)).len(), 2);
    }
}
