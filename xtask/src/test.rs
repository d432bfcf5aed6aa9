//! `cargo xtask test`: every check, in the order in which a mistake is cheapest to find.

use std::{ffi::OsString, path::PathBuf};

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    install::{self, Needs},
    shell::{HOUSE, Repo, call},
    simulate,
    steps::Steps,
    tidy, ui,
    xvfb::Xvfb,
};

/// One step of the tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// Formatting.
    Fmt,
    /// Arrows between rooms, strays, sentences in every language.
    Tidy,
    /// The interface's build.
    Ui,
    /// Lints without a warning.
    Clippy,
    /// Unit and contract tests.
    Unit,
    /// Simulated worlds, and whether they find planted bugs.
    Simulation,
    /// The shipped programs, in the real window.
    Journeys,
}

/// Takes the chosen steps, or all.
pub fn test(repo: &Repo, only: &[Step]) -> Result<()> {
    let wanted = |step: Step| only.is_empty() || only.contains(&step);
    let mut steps = Steps::default();
    if wanted(Step::Fmt) {
        steps.take("fmt", || call(&mut repo.cargo(&["fmt", "--all", "--check"])));
    }
    if wanted(Step::Tidy) {
        steps.take("tidy", || tidy::check(&repo.root));
    }
    if [Step::Ui, Step::Clippy, Step::Unit, Step::Journeys].into_iter().any(wanted) {
        if !steps.take("install", || install::install(repo, Needs::Tests)) {
            return steps.end();
        }
        // The app embeds the interface, and so does the portal: both need it before they compile.
        let built = steps.take("ui", || ui::build(repo));
        if wanted(Step::Clippy) {
            steps.take("clippy", || clippy(repo));
            steps.take("clippy ui", || clippy_ui(repo));
            steps.take("clippy simulation", || simulate::clippy(repo));
        }
        // Before the unit tests, which compile the app's library twice at once: both would embed the
        // interface through one cache, and one of them might find a half-written file there.
        if [Step::Unit, Step::Journeys].into_iter().any(wanted) {
            steps.take("programs", || call(repo.cargo(&["build", "--bins"]).args(HOUSE)));
        }
        if wanted(Step::Unit) {
            steps.take("xtask", || {
                call(&mut repo.cargo(&["test", "--package", "xtask", "--quiet"]))
            });
            steps.take("unit", || unit(repo));
            steps.take("unit ui", || call(&mut repo.cargo(&["test", "--package", "mend-ui"])));
        }
        if wanted(Step::Journeys) && built {
            steps.take("journeys", || journeys(repo));
        }
    }
    if wanted(Step::Simulation) {
        steps.take("simulation", || simulate::test(repo));
    }
    steps.end()
}

fn clippy(repo: &Repo) -> Result<()> {
    let strict = ["--", "--deny", "warnings"];
    call(repo.cargo(&["clippy", "--all-targets"]).args(HOUSE).args(strict))?;
    call(repo.cargo(&["clippy", "--all-targets", "--package", "xtask"]).args(strict))
}

fn clippy_ui(repo: &Repo) -> Result<()> {
    let target = ["--target", "wasm32-unknown-unknown"];
    let strict = ["--", "--deny", "warnings"];
    call(repo.cargo(&["clippy", "--package", "mend-ui"]).args(target).args(strict))
}

/// All tests but the journeys, whose test targets carry `test = false` so that a plain
/// `cargo test` needs neither programs nor a display.
fn unit(repo: &Repo) -> Result<()> {
    let mut tests = repo.cargo(&["test"]);
    tests.args(HOUSE).envs(reference_data(repo));
    call(&mut tests)
}

fn journeys(repo: &Repo) -> Result<()> {
    let display = Xvfb::start()?;
    let mut tests = repo.cargo(&["test", "--test", "journeys"]);
    tests
        .args(HOUSE)
        .envs(reference_data(repo))
        .env("DISPLAY", &display.display)
        .env_remove("WAYLAND_DISPLAY")
        // An error's context says more than where it was made.
        .env("RUST_LIB_BACKTRACE", "0")
        .env("MEND_APP", repo.program("mend"))
        .env("MEND_SERVER", repo.program("mend-server"))
        .env("MEND_CITY", repo.root.join("cities/port-alder"))
        .env("MEND_SCREENSHOTS", repo.target.join("journeys"));
    call(&mut tests)
}

/// Real data for tests, where this machine has it; tests pass over it elsewhere and say so.
pub fn reference_data(repo: &Repo) -> Option<(OsString, PathBuf)> {
    const NAME: &str = "MEND_REFERENCE_DATA";
    let beside = repo.root.parent()?.join("shared/data");
    (std::env::var_os(NAME).is_none() && beside.is_dir()).then(|| (NAME.into(), beside))
}
