//! `cargo xtask`: everything one does with this repository.

mod bench;
mod demo_city;
mod files;
mod install;
mod run;
mod shell;
mod simulate;
mod steps;
mod test;
mod tidy;
mod ui;
mod xvfb;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::shell::Repo;

/// Everything one does with this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build, and start Mend with the demo city.
    Run {
        /// Where Mend keeps its data [default: this platform's data folder].
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Run every check: what a change must pass.
    Test {
        /// Only these steps (comma-separated).
        #[arg(long, value_delimiter = ',')]
        only: Vec<test::Step>,
    },
    /// Measure how fast Mend is.
    Bench {
        /// Only these benchmarks.
        names: Vec<String>,
    },
    /// Run simulated worlds with faults, each from a seed.
    Simulate(simulate::Options),
    /// Install what is missing, and say so.
    Install {
        /// Also what the tests need.
        #[arg(long)]
        tests: bool,
    },
    /// Build the interface into src-ui/dist.
    Ui,
    /// Write the geometry of the demo city again, or draw it.
    DemoCity(demo_city::Options),
    /// Check that no arrow between rooms and no library has strayed.
    Tidy,
}

fn main() -> ExitCode {
    match task(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn task(task: Task) -> Result<()> {
    let repo = Repo::find()?;
    match task {
        Task::Run { data } => run::run(&repo, data),
        Task::Test { only } => test::test(&repo, &only),
        Task::Bench { names } => bench::bench(&repo, &names),
        Task::Simulate(options) => simulate::simulate(&repo, &options),
        Task::Install { tests } => install::install(&repo, install::Needs::new(tests)),
        Task::Ui => {
            install::install(&repo, install::Needs::Interface)?;
            ui::build(&repo)
        }
        Task::DemoCity(options) => demo_city::demo_city(&repo, options),
        Task::Tidy => tidy::check(&repo.root),
    }
}
