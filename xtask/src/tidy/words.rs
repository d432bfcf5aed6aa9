//! Words that say nothing, work that was put off, and places that only one machine has.

use super::{Files, Finding};

/// Put together here so that this file does not find itself.
const PUT_OFF: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Ends of type names that name no thing of this field.
const EMPTY: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils"];

/// Finds them.
pub fn check(files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in files {
        let mut finding = |line: usize, text: String| {
            findings.push(Finding { file: file.clone(), line, text });
        };
        for (index, line) in text.lines().enumerate() {
            for word in words(line) {
                if PUT_OFF.contains(&word) {
                    finding(index + 1, format!("says {word}: do it, or file an issue"));
                }
            }
            if file.ends_with(".rs")
                && let Some(name) = defined(line)
                && EMPTY.iter().any(|end| name.ends_with(end))
            {
                finding(index + 1, format!("{name} says nothing: name what it is in the field"));
            }
        }
        // A lock with addresses ties every clone to one registry.
        if file.ends_with("package-lock.json") && text.contains("\"resolved\"") {
            finding(0, "names addresses of a registry; npm's omit-lockfile-registry-resolved leaves them out".into());
        }
    }
    findings
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The type or module that a line of Rust defines.
fn defined(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
    let kind = words.next()?;
    let name = words.next()?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    ["struct", "enum", "trait", "type"].contains(&kind).then_some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::{super::testing::files, *};

    #[test]
    fn planted_words_are_found() {
        let put_off = format!("// {}: later", PUT_OFF[0]);
        let found = check(&files([
            ("src-core/src/lib.rs", put_off.as_str()),
            ("src-core/src/a.rs", "\npub(crate) struct CrewManager<T> {"),
            ("src-core/src/b.rs", "enum Utility { A }\nlet a = Manager;"),
            ("src-ui/package-lock.json", "{\"resolved\": \"https://example.org\"}"),
        ]));
        let places: Vec<(&str, usize)> =
            found.iter().map(|finding| (finding.file.as_str(), finding.line)).collect();
        assert_eq!(
            places,
            [("src-core/src/a.rs", 2), ("src-core/src/lib.rs", 1), ("src-ui/package-lock.json", 0)]
        );
    }
}
