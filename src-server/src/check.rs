//! What `mend-server check` says of a city's folder.

use serde::Serialize;

use crate::city::{Checked, Problem};

/// The same as JSON: `{"errors": 1, "warnings": 0, "problems": [{"severity": "error", "file":
/// "routes.toml", "line": 12, "what": "…", "remedy": "…"}]}`. A line that is null is the file as a
/// whole; `problems` holds no more than [`crate::city::MAX_PROBLEMS`], the figures count all.
#[derive(Debug, Serialize)]
struct Report<'a> {
    errors: usize,
    warnings: usize,
    problems: &'a [Problem],
}

/// One line for each problem, and a last one that counts them.
pub fn text(checked: &Checked) -> String {
    let mut text: String = checked.problems.iter().map(|problem| format!("{problem}\n")).collect();
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    text +=
        &format!("{}, {}.\n", count(checked.errors, "error"), count(checked.warnings, "warning"));
    text
}

/// The same for programs.
///
/// # Errors
/// None that can come: all of it is text and numbers.
pub fn json(checked: &Checked) -> serde_json::Result<String> {
    let Checked { errors, warnings, problems, .. } = checked;
    let report = Report { errors: *errors, warnings: *warnings, problems };
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
