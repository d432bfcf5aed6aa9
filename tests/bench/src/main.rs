//! How fast Mend is: every benchmark beside something plain, on the same data, in the same run.
//!
//! A new benchmark is one file and one line in [`BENCHMARKS`]. `cargo xtask bench [NAME…]` builds
//! this program optimised and runs it. It prints a table and writes all figures as JSON.

#![allow(clippy::print_stdout, reason = "its figures are printed")]

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

mod figure;
mod locate;
mod places;
mod reference;

use figure::Figure;

/// One benchmark.
struct Benchmark {
    /// What one types to run it; its figures' names begin with it.
    name: &'static str,
    /// What it measures, a sentence.
    about: &'static str,
    /// Measures; says what to print where it cannot, because data is absent.
    run: fn() -> Result<Outcome>,
}

/// What came of a benchmark.
enum Outcome {
    Measured(Vec<Figure>),
    /// Not run; the sentence says why.
    PassedOver(String),
}

/// All of them, in the order in which they run.
const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "locate",
        about: "Boston's seven layers of zones and 400 routes, one core, each point asked once.",
        run: locate::run,
    },
    Benchmark {
        name: "places",
        about: "Boston's addresses found while they are typed, every keystroke a search.",
        run: places::run,
    },
];

fn main() -> Result<()> {
    let (out, names) = arguments()?;
    if let Some(name) = names.iter().find(|name| !BENCHMARKS.iter().any(|b| b.name == **name)) {
        let known: Vec<&str> = BENCHMARKS.iter().map(|b| b.name).collect();
        bail!("There is no benchmark {name:?}. There are: {}.", known.join(", "));
    }
    let mut figures = Vec::new();
    for benchmark in BENCHMARKS {
        if !names.is_empty() && !names.iter().any(|name| name == benchmark.name) {
            continue;
        }
        println!("\n{}: {}", benchmark.name, benchmark.about);
        match (benchmark.run)().with_context(|| format!("benchmark {}", benchmark.name))? {
            Outcome::Measured(measured) => {
                print!("{}", figure::table(&measured));
                figures.extend(measured);
            }
            Outcome::PassedOver(why) => println!("  passed over: {why}"),
        }
    }
    if let Some(out) = out {
        fs::write(&out, serde_json::to_vec_pretty(&figures)?)
            .with_context(|| format!("{} cannot be written", out.display()))?;
        println!("\nAll figures are in {}.", out.display());
    }
    Ok(())
}

/// `[--out FILE] [NAME…]`
fn arguments() -> Result<(Option<PathBuf>, Vec<String>)> {
    let (mut out, mut names) = (None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--out" {
            out = Some(arguments.next().context("--out needs a file")?.into());
        } else if argument.starts_with('-') {
            bail!("There is no option {argument}. Write: mend-bench [--out FILE] [NAME…]");
        } else {
            names.push(argument);
        }
    }
    Ok((out, names))
}
