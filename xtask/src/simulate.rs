//! `cargo xtask simulate`: seeded worlds with faults, by the program of `tests/simulation`.
//!
//! That package has calls of its own and is never part of the house's selection: its feature
//! `planted` puts bugs on purpose into core, device and server, and cargo unites features.

use std::{env, num::NonZero, thread};

use anyhow::Result;
use clap::Args;

use crate::shell::{Repo, call};

/// The profile that it is built with.
const PROFILE: [&str; 2] = ["--profile", "sim"];
const PACKAGE: [&str; 2] = ["--package", "mend-sim"];

/// Which worlds.
#[derive(Args)]
pub struct Options {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only this seed, with one line for everything that happens in it.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    replay: Option<u64>,
}

/// Builds the simulation optimised and runs it. The last line is `N seeds, M violations`.
pub fn simulate(repo: &Repo, options: &Options) -> Result<()> {
    call(repo.cargo(&["build", "--quiet"]).args(PACKAGE).args(PROFILE))?;
    let program = repo.target.join("sim").join(format!("mend-sim{}", env::consts::EXE_SUFFIX));
    let mut run = repo.command(program);
    match options.replay {
        Some(seed) => run.arg("--replay").arg(seed.to_string()),
        None => run
            .args(["--seeds", &options.seeds.to_string(), "--from", &options.from.to_string()])
            .args(["--jobs", &thread::available_parallelism().map_or(1, NonZero::get).to_string()]),
    };
    call(&mut run)
}

/// What a change must pass: its disks forget as they should, seeds replay and hold, every planted
/// bug is found.
pub fn test(repo: &Repo) -> Result<()> {
    let planted = ["--features", "planted"];
    call(repo.cargo(&["test"]).args(PACKAGE).args(PROFILE).args(planted))?;
    simulate(repo, &Options { seeds: 2_000, from: 10_000, replay: None })
}

/// Lints without a warning, also with its planted bugs.
pub fn clippy(repo: &Repo) -> Result<()> {
    let strict = ["--all-targets", "--features", "planted", "--", "--deny", "warnings"];
    call(repo.cargo(&["clippy"]).args(PACKAGE).args(PROFILE).args(strict))
}
