//! Which room may look at which, read from the manifests.

use toml::{Table, Value};

use super::{Files, Finding};

/// A room: its manifest and the rooms that it may see.
struct Room {
    manifest: &'static str,
    sees: &'static [&'static str],
}

/// core <- {photos, places} <- {device, server}, core <- {device, server}, core without `city` <- ui,
/// {device, server} <- app; tests see all; xtask sees none.
const ROOMS: &[Room] = &[
    Room { manifest: "src-core/Cargo.toml", sees: &[] },
    Room { manifest: "src-photos/Cargo.toml", sees: &["mend-core"] },
    Room { manifest: "src-places/Cargo.toml", sees: &["mend-core"] },
    Room { manifest: "src-device/Cargo.toml", sees: &["mend-core", "mend-photos", "mend-places"] },
    Room { manifest: "src-server/Cargo.toml", sees: &["mend-core", "mend-photos", "mend-places"] },
    Room { manifest: "src-ui/Cargo.toml", sees: &["mend-core"] },
    Room { manifest: "Cargo.toml", sees: &["mend-core", "mend-device", "mend-server"] },
    Room { manifest: "xtask/Cargo.toml", sees: &[] },
    Room { manifest: "xtask/demo-city/Cargo.toml", sees: &[] },
];

const HOUSE: &[&str] = &[
    "mend",
    "mend-core",
    "mend-photos",
    "mend-places",
    "mend-device",
    "mend-server",
    "mend-ui",
    "mend-bench",
    "mend-boston",
    "mend-demo-city",
    "mend-e2e",
];

/// Every dependency of one room on another must be an allowed arrow.
pub fn check(files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in files {
        let is_manifest = file == "Cargo.toml" || file.ends_with("/Cargo.toml");
        if !is_manifest || file.starts_with("tests/") {
            continue;
        }
        let mut finding = |text: String| {
            findings.push(Finding { file: file.clone(), line: 0, text });
        };
        let manifest: Table = match text.parse() {
            Ok(manifest) => manifest,
            Err(error) => {
                finding(format!("is not TOML: {error}"));
                continue;
            }
        };
        let Some(room) = ROOMS.iter().find(|room| room.manifest == file) else {
            finding("is a room that the tidy check does not know; give it its arrows".into());
            continue;
        };
        for (name, value) in dependencies(&manifest) {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(name);
            if !HOUSE.contains(&package) {
                continue;
            }
            if !room.sees.contains(&package) {
                finding(format!("may not depend on {package}"));
            } else if file == "src-ui/Cargo.toml" && has_city(value) {
                finding(format!("sees {package} only without its feature `city`"));
            }
        }
    }
    if default_has_city(files) {
        let text = "the feature `city` may not be a default: the interface goes without".into();
        findings.push(Finding { file: "src-core/Cargo.toml".into(), line: 0, text });
    }
    findings
}

/// All dependencies, also those for tests, build scripts and single platforms.
fn dependencies(manifest: &Table) -> Vec<(&str, &Value)> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let platforms = manifest.get("target").and_then(Value::as_table);
    let platforms = platforms.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(platforms)
        .flat_map(|table| KINDS.iter().filter_map(|kind| table.get(*kind)?.as_table()))
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

fn has_city(dependency: &Value) -> bool {
    names(dependency.get("features")).any(|feature| feature == "city")
}

fn default_has_city(files: &Files) -> bool {
    let manifest = files.get("src-core/Cargo.toml").and_then(|text| text.parse::<Table>().ok());
    let default = manifest.as_ref().and_then(|manifest| manifest.get("features")?.get("default"));
    names(default).any(|feature| feature == "city")
}

fn names(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::{super::testing::files, *};

    fn texts(file: &str, text: &str) -> Vec<String> {
        check(&files([(file, text)])).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn allowed_arrows_pass() {
        let text = "[dependencies]\nmend-core = { workspace = true, features = [\"city\"] }";
        assert!(texts("src-device/Cargo.toml", text).is_empty());
        assert!(
            texts("src-ui/Cargo.toml", "[dependencies]\nmend-core.workspace = true").is_empty()
        );
        assert!(texts("tests/journeys/Cargo.toml", "[dependencies]\nmend-server = {}").is_empty());
    }

    #[test]
    fn every_way_to_draw_a_wrong_arrow_is_found() {
        for text in [
            "[dependencies]\nmend-server.workspace = true",
            "[dev-dependencies]\nmend-server = { path = \"../src-server\" }",
            "[build-dependencies.mend-server]\nworkspace = true",
            "[target.'cfg(unix)'.dependencies]\nmend-server = {}",
            "[dependencies]\nbackend = { package = \"mend-server\" }",
        ] {
            assert_eq!(texts("src-device/Cargo.toml", text), ["may not depend on mend-server"]);
        }
        let up = "[dependencies]\nmend-device.workspace = true";
        assert_eq!(texts("src-places/Cargo.toml", up), ["may not depend on mend-device"]);
        let places = "[dependencies]\nmend-places.workspace = true";
        assert!(texts("src-device/Cargo.toml", places).is_empty());
        assert_eq!(texts("src-core/Cargo.toml", places), ["may not depend on mend-places"]);
        assert_eq!(texts("src-ui/Cargo.toml", places), ["may not depend on mend-places"]);
        let core = "[dependencies]\nmend-device.workspace = true";
        assert_eq!(texts("src-core/Cargo.toml", core), ["may not depend on mend-device"]);
    }

    #[test]
    fn the_interface_goes_without_city() {
        let direct = "[dependencies]\nmend-core = { workspace = true, features = [\"city\"] }";
        assert_eq!(texts("src-ui/Cargo.toml", direct).len(), 1);
        let default = "[features]\ndefault = [\"city\"]\ncity = []";
        assert_eq!(texts("src-core/Cargo.toml", default).len(), 1);
    }

    #[test]
    fn a_new_room_must_be_named_here() {
        assert_eq!(texts("src-new/Cargo.toml", "[package]").len(), 1);
    }
}
