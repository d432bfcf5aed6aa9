//! Words and icons of a city's own, `locales/<language>/services.ftl` and
//! `icons/services/<code>.svg`, laid over the built-in ones; and whether every service has both.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use mend_core::catalogue::{QuestionKind, Service};
use mend_core::city::check::{MAX_NESTING, nesting};
use mend_core::city::{CityPack, Part};
use rust_embed::RustEmbed;

use super::folder::{Folder, LineIndex, TABLE_BYTES};

/// Longest icon, in bytes.
const ICON_BYTES: u64 = 64 * 1024;
/// What the names of words begin with that belong to no one service.
const COMMON: [&str; 2] = ["asset-", "hold-"];

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../locales"]
struct Locales;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../icons/services"]
struct Icons;

/// Language to Fluent text; only what can be read.
pub(super) fn read(folder: &mut Folder) -> Option<BTreeMap<String, String>> {
    let mut strings = BTreeMap::new();
    let mut sound = true;
    for language in folder.names("locales") {
        let file = format!("locales/{language}/services.ftl");
        match folder.text_if_there(&file, TABLE_BYTES) {
            None => sound = false,
            Some(None) => {}
            Some(Some(text)) => {
                let names = parse(folder, &file, &text);
                sound &= names.is_some();
                twice(folder, &file, &names.unwrap_or_default());
                folder.remember(Part::Strings(language.clone()), &file, None, Vec::new());
                strings.insert(language, text);
            }
        }
    }
    sound.then_some(strings)
}

/// The names of the messages with their lines, or problems.
fn parse(folder: &mut Folder, file: &str, text: &str) -> Option<Vec<(String, u32)>> {
    if nesting(text) > MAX_NESTING {
        let what = format!("More than {MAX_NESTING} brackets stand within each other.");
        folder.problem(file, None, what, "Write simpler messages.");
        return None;
    }
    let lines = LineIndex::of(text);
    match parser::parse(text) {
        Ok(resource) => Some(messages(&resource, text, &lines)),
        Err((_, errors)) => {
            for error in errors {
                // The message may quote the character that it met, also the end of a line.
                let kind = error.kind.to_string().replace('\n', "the end of the line");
                let what = format!("This is no Fluent: {kind}.");
                let line = lines.line(error.pos.start);
                folder.problem(file, line, what, "Write messages as NAME = words.");
            }
            None
        }
    }
}

/// Of two messages with one name, only one is ever read.
fn twice(folder: &mut Folder, file: &str, names: &[(String, u32)]) {
    let mut seen = BTreeMap::new();
    for (name, line) in names {
        if let Some(first) = seen.insert(name, line) {
            let what = format!("The words {name:?} stand here and on line {first}.");
            folder.problem(file, *line, what, "Keep one of the two.");
        }
    }
}

/// Whether a person would see anything of it.
fn says_something(value: &Pattern<&str>) -> bool {
    value.elements.iter().any(|element| match element {
        PatternElement::TextElement { value } => !value.trim().is_empty(),
        PatternElement::Placeable {
            expression: Expression::Inline(InlineExpression::StringLiteral { value }),
        } => !value.trim().is_empty(),
        PatternElement::Placeable { .. } => true,
    })
}

/// The messages that say something, with their lines.
fn messages(
    resource: &fluent_syntax::ast::Resource<&str>,
    text: &str,
    lines: &LineIndex,
) -> Vec<(String, u32)> {
    let names = resource.body.iter().filter_map(|entry| match entry {
        Entry::Message(message) => {
            message.value.as_ref().filter(|value| says_something(value)).map(|_| message.id.name)
        }
        _ => None,
    });
    // A name is a slice of the text, so that its address says where it stands.
    names
        .map(|name| {
            let offset = (name.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            (name.to_owned(), lines.line(offset))
        })
        .collect()
}

/// What is missing: words in a language of the city, icons; and words that nobody reads.
pub(super) fn check(folder: &mut Folder, pack: &CityPack) {
    for language in &pack.languages {
        words(folder, pack, language);
    }
    let mut own = BTreeSet::new();
    for name in folder.names("icons/services") {
        let code = name.strip_suffix(".svg").filter(|code| pack.services.service(code).is_some());
        let file = format!("icons/services/{name}");
        let Some(code) = code else {
            let remedy = "Name it CODE.svg after a service, or remove it.";
            folder.warning(&file, None, "This is the icon of no service.", remedy);
            continue;
        };
        own.insert(code.to_owned());
        if let Some(text) = folder.text_if_there(&file, ICON_BYTES).flatten() {
            icon(folder, &file, &text);
        }
    }
    for (i, service) in pack.services.services.iter().enumerate() {
        let code = &service.code;
        if !own.contains(code) && Icons::get(&format!("{code}.svg")).is_none() {
            let (file, line) = folder.place(&Part::Service, Some(i));
            let what = format!("The service {code:?} has no icon.");
            let remedy = format!("Draw icons/services/{code}.svg, 24 by 24, in the city's folder.");
            folder.problem(&file, line, what, remedy);
        }
    }
}

fn icon(folder: &mut Folder, file: &str, text: &str) {
    let remedy = "Save it as plain SVG with viewBox=\"0 0 24 24\".";
    if !text.contains("<svg") || !text.contains("viewBox=\"0 0 24 24\"") {
        folder.problem(file, None, "This is no SVG of 24 by 24.", remedy);
    } else if ["<script", "<foreignObject", "javascript:", "href="].iter().any(|t| text.contains(t))
    {
        let what = "The icon has a script, a link or a page inside it.";
        folder.problem(file, None, what, remedy);
    }
}

fn words(folder: &mut Folder, pack: &CityPack, language: &str) {
    let file = format!("locales/{language}/services.ftl");
    let built_in: BTreeSet<String> = Locales::get(&format!("{language}/services.ftl"))
        .and_then(|embedded| {
            let text = std::str::from_utf8(&embedded.data).ok()?;
            let resource = parser::parse(text).unwrap_or_else(|(resource, _)| resource);
            Some(messages(&resource, text, &LineIndex::of(text)))
        })
        .unwrap_or_default()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let own: Vec<(String, u32)> = pack
        .strings
        .get(language)
        .map(|text| text.as_str())
        .and_then(|text| parse(folder, &file, text))
        .unwrap_or_default();
    if Locales::get(&format!("{language}/ui.ftl")).is_none() {
        let (city, line) = folder.place(&Part::City("languages"), None);
        let what = format!("Mend does not speak {language:?}: its own words appear in English.");
        let remedy = format!("Translate Mend's locales into {language:?}, or remove the language.");
        folder.warning(&city, line, what, remedy);
    }
    let own_names: BTreeSet<&str> = own.iter().map(|(name, _)| name.as_str()).collect();
    let mut read = BTreeSet::new();
    for (i, service) in pack.services.services.iter().enumerate() {
        let mut missing: BTreeMap<Option<usize>, Vec<String>> = BTreeMap::new();
        for need in needs(service) {
            let is_there = built_in.contains(&need.name) || own_names.contains(need.name.as_str());
            if !is_there && need.required {
                missing.entry(need.question).or_default().push(need.name.clone());
            }
            read.insert(need.name);
        }
        for (question, names) in missing {
            let (part, item) = match question {
                Some(question) => (Part::Question(i), question),
                None => (Part::Service, i),
            };
            let (table, line) = folder.place(&part, Some(item));
            let what = format!("There are no words for {} in {language:?}.", names.join(", "));
            let remedy = format!("Write {} = … in {file}.", names.join(" = …, "));
            folder.problem(&table, line, what, remedy);
        }
    }
    for (name, line) in &own {
        let common = COMMON.iter().any(|prefix| name.starts_with(prefix));
        if !common && !built_in.contains(name) && !read.contains(name) {
            let what = format!("Nobody reads the words {name:?}.");
            let remedy = "Correct the name, or remove the line; services.toml has the codes.";
            folder.warning(&file, *line, what, remedy);
        }
    }
}

/// A message that is read for a service.
struct Need {
    name: String,
    /// Which question it belongs to; none: the service itself.
    question: Option<usize>,
    required: bool,
}

fn needs(service: &Service) -> Vec<Need> {
    let code = &service.code;
    let need = |question, required, name: String| Need { name, question, required };
    let mut needs = vec![
        need(None, true, format!("service-{code}")),
        need(None, true, format!("service-{code}-short")),
        need(None, false, format!("service-{code}-keywords")),
        need(None, false, format!("service-{code}-description")),
    ];
    for (i, question) in service.questions.iter().enumerate() {
        let asked = &question.code;
        needs.push(need(Some(i), true, format!("q-{code}-{asked}")));
        needs.push(need(Some(i), false, format!("q-{code}-{asked}-hint")));
        if let QuestionKind::Choice(choices) = &question.kind {
            for choice in choices {
                needs.push(need(Some(i), true, format!("a-{code}-{asked}-{choice}")));
            }
        }
    }
    needs
}
