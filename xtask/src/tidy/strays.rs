//! Libraries stay in the rooms that own them.

use super::{Files, Finding};

/// A library by the name that code calls it, and the path beginnings where it may be called.
struct Kept {
    library: &'static str,
    within: &'static [&'static str],
}

const KEPT: &[Kept] = &[
    Kept {
        library: "rusqlite",
        within: &["src-places/src/", "src-device/src/store", "src-server/src/store/sqlite"],
    },
    Kept { library: "axum", within: &["src-server/src/http"] },
    Kept { library: "tauri", within: &["src-tauri/"] },
    Kept { library: "tauri_build", within: &["src-tauri/build.rs"] },
    Kept { library: "leptos", within: &["src-ui/"] },
    Kept { library: "leptos_router", within: &["src-ui/"] },
];

/// Tests may call anything, to look behind what they test; and this check's own tests plant what
/// they look for.
const TESTS: &[&str] =
    &["tests/", "src-core/tests/", "src-device/tests/", "src-server/tests/", "xtask/src/tidy/"];

/// Finds every call of a kept library outside its room.
pub fn check(files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".rs")) {
        if TESTS.iter().any(|tests| file.starts_with(tests)) {
            continue;
        }
        for kept in
            KEPT.iter().filter(|kept| !kept.within.iter().any(|room| file.starts_with(room)))
        {
            for (index, line) in text.lines().enumerate() {
                if calls(line, kept.library) {
                    let text = format!("{} stays in {}", kept.library, kept.within.join(", "));
                    findings.push(Finding { file: file.clone(), line: index + 1, text });
                }
            }
        }
    }
    findings
}

/// Whether a line of Rust names the library as a path or imports it. Comments and strings that
/// only mention it do not count.
fn calls(line: &str, library: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(library).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + library.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        let inside_path = before.ends_with("::") && !before.trim_end_matches("::").is_empty();
        let imported = before.trim_end().ends_with("use") || before.trim_end().ends_with("crate");
        whole && (after.starts_with("::") && !inside_path || imported)
    })
}

#[cfg(test)]
mod tests {
    use super::{super::testing::files, *};

    #[test]
    fn at_home_and_in_tests_a_library_is_free() {
        let found = check(&files([
            ("src-server/src/store/sqlite/rows.rs", "use rusqlite::Row;"),
            ("src-device/src/store/mod.rs", "rusqlite::Connection::open(p)"),
            ("src-places/src/near.rs", "use rusqlite::Connection;"),
            ("src-server/src/http/mod.rs", "use axum::Router;"),
            ("tests/journeys/src/lib.rs", "use rusqlite::Connection;"),
            ("src-tauri/src/lib.rs", "#[tauri::command]"),
        ]));
        assert_eq!(found, []);
    }

    #[test]
    fn strays_are_found_with_their_line() {
        let found = check(&files([
            ("src-core/src/lib.rs", "//! Core\nuse rusqlite::Connection;"),
            ("src-device/src/outbox.rs", "fn f(c: &rusqlite::Connection) {}"),
            ("src-server/src/intake.rs", "use axum as web;"),
            ("src-device/src/lib.rs", "    #[tauri::command]"),
            ("src-tauri/src/lib.rs", "fn f() -> impl leptos::IntoView {}"),
        ]));
        let places: Vec<(&str, usize)> =
            found.iter().map(|finding| (finding.file.as_str(), finding.line)).collect();
        assert_eq!(
            places,
            [
                ("src-core/src/lib.rs", 2),
                ("src-device/src/lib.rs", 1),
                ("src-device/src/outbox.rs", 1),
                ("src-server/src/intake.rs", 1),
                ("src-tauri/src/lib.rs", 1),
            ]
        );
    }

    #[test]
    fn mentioning_is_not_calling() {
        for line in ["// rusqlite::Row", "let rusqlite_version = 1;", "\"rusqlite\"", "my::axum::x"]
        {
            assert!(!calls(line, "rusqlite") && !calls(line, "axum"), "{line}");
        }
    }
}
