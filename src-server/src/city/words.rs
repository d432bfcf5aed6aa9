//! Words of a city's own, laid over the built-in ones: `locales/<language>/services.ftl`.

use std::collections::BTreeMap;

use mend_core::city::Part;

use super::folder::{Folder, TABLE_BYTES, line_at};

/// Language to Fluent text.
pub(super) fn read(folder: &mut Folder) -> Option<BTreeMap<String, String>> {
    let mut strings = BTreeMap::new();
    for language in folder.names("locales") {
        let file = format!("locales/{language}/services.ftl");
        if !folder.has(&file) {
            continue;
        }
        let text = folder.text(&file, TABLE_BYTES)?;
        if let Err((_, errors)) = fluent_syntax::parser::parse(text.as_str()) {
            for error in errors {
                let line = line_at(&text, error.pos.start);
                let what = format!("This is no Fluent: {}.", error.kind);
                folder.problem(&file, line, what, "Write messages as NAME = words.");
            }
        }
        folder.remember(Part::Strings(language.clone()), &file, None, Vec::new());
        strings.insert(language, text);
    }
    Some(strings)
}
