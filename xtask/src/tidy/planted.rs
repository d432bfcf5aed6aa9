//! Bugs planted on purpose stay out of every shipped program: only the simulation's own feature
//! turns `planted` on, and nothing has it by default.

use toml::{Table, Value};

use super::{Files, Finding};

/// The one package that may turn it on.
const SIMULATION: &str = "tests/simulation/Cargo.toml";

/// No manifest but the simulation's names the feature, except to pass it on as its own.
pub fn check(files: &Files) -> Vec<Finding> {
    let manifests = files.iter().filter(|(file, _)| file.ends_with("Cargo.toml"));
    manifests.flat_map(|(file, text)| manifest(file, text)).collect()
}

fn manifest(file: &str, text: &str) -> Vec<Finding> {
    // What is no TOML is found elsewhere.
    let Ok(manifest) = text.parse::<Table>() else { return Vec::new() };
    let mut findings = Vec::new();
    let mut finding = |text: &str| {
        findings.push(Finding { file: file.to_owned(), line: 0, text: text.to_owned() });
    };
    let features = manifest.get("features").and_then(Value::as_table);
    for (name, turns_on) in features.into_iter().flatten() {
        if name != "planted" && names(turns_on) {
            finding(&format!("the feature `{name}` may not turn on `planted`"));
        }
        if name == "planted" && file != SIMULATION && passes_on_more(turns_on) {
            finding("the feature `planted` may only be passed on to mend-core");
        }
    }
    // Whatever is left of the manifest: dependencies of every kind and platform.
    let rest = manifest.iter().filter(|(key, _)| *key != "features");
    if rest.map(|(_, value)| value).any(names) {
        finding("may not turn on `planted`: it would reach what is shipped");
    }
    findings
}

fn passes_on_more(turns_on: &Value) -> bool {
    let list = turns_on.as_array().into_iter().flatten().filter_map(Value::as_str);
    list.into_iter().any(|feature| feature != "mend-core/planted")
}

/// Whether the feature is named anywhere in this.
fn names(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "planted" || text.ends_with("/planted"),
        Value::Array(list) => list.iter().any(names),
        Value::Table(table) => table.values().any(names),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::files, *};

    fn count(file: &str, text: &str) -> usize {
        check(&files([(file, text)])).len()
    }

    #[test]
    fn the_feature_may_be_there_and_be_turned_on_by_the_simulation() {
        assert_eq!(count("src-core/Cargo.toml", "[features]\nplanted = []"), 0);
        let passed = "[features]\nplanted = [\"mend-core/planted\"]";
        assert_eq!(count("src-device/Cargo.toml", passed), 0);
        let all = "[features]\nplanted = [\"mend-core/planted\", \"mend-server/planted\"]";
        assert_eq!(count(SIMULATION, all), 0);
    }

    #[test]
    fn every_way_to_ship_it_is_found() {
        for text in [
            "[dependencies]\nmend-core = { workspace = true, features = [\"planted\"] }",
            "[dev-dependencies.mend-server]\nworkspace = true\nfeatures = [\"planted\"]",
            "[target.'cfg(unix)'.dependencies]\nmend-core = { features = [\"city\", \"planted\"] }",
            "[workspace.dependencies]\nmend-core = { path = \"x\", features = [\"planted\"] }",
            "[features]\ndefault = [\"planted\"]",
            "[features]\nextra = [\"mend-core/planted\"]",
            "[features]\nplanted = [\"mend-device/planted\"]",
        ] {
            assert_eq!(count("Cargo.toml", text), 1, "{text}");
        }
        let default = "[features]\ndefault = [\"planted\"]\nplanted = []";
        assert_eq!(count(SIMULATION, default), 1);
    }
}
