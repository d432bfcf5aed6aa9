//! Sentences for people who meet the server without an app: one line each from the English file.
//! Everyone else gets the code and makes the sentence in their own language.

use std::collections::BTreeMap;

const REFUSALS: &str = include_str!("../../../locales/en/refusals.ftl");

/// The sentence `refusal-<code>` with its facts filled in; none if there is no such sentence, or
/// one that needs more of Fluent than text and facts.
pub fn english(code: &str, params: &BTreeMap<String, String>) -> Option<String> {
    fill(&find(REFUSALS, &format!("refusal-{code}"))?, params)
}

/// A message's text: what follows its name, and indented lines after that.
fn find(file: &str, name: &str) -> Option<String> {
    let mut lines = file.lines();
    let first = lines
        .find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('=').map(str::trim))?;
    let more = lines.take_while(|line| line.starts_with(' ')).map(str::trim);
    let parts: Vec<_> =
        std::iter::once(first).chain(more).filter(|part| !part.is_empty()).collect();
    Some(parts.join(" "))
}

/// Puts facts in the place of `{ $name }`.
fn fill(text: &str, params: &BTreeMap<String, String>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(params.get(name.trim().strip_prefix('$')?)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::problem::Code;
    use super::*;

    #[test]
    fn sentences_are_found_and_filled() {
        let file = "# words\nrefusal-a = Too long.\nrefusal-b =\n    At most { $limit }\n    bytes.\n\nrefusal-c = { NUMBER($x) }\n";
        let params = BTreeMap::from([("limit".to_owned(), "5".to_owned())]);
        assert_eq!(find(file, "refusal-a").as_deref(), Some("Too long."));
        let b = find(file, "refusal-b").unwrap();
        assert_eq!(fill(&b, &params).as_deref(), Some("At most 5 bytes."));
        assert_eq!(fill(&find(file, "refusal-c").unwrap(), &params), None);
        assert_eq!(find(file, "refusal-d"), None);
    }

    #[test]
    fn every_code_of_the_server_has_its_sentence() {
        let missing: Vec<_> = Code::ALL
            .iter()
            .map(|code| code.as_str())
            .filter(|code| find(REFUSALS, &format!("refusal-{code}")).is_none())
            .collect();
        assert!(missing.is_empty(), "no sentence in refusals.ftl for {missing:?}");
    }
}
