//! `mend-sim`: seeds, one after the other. Run by `cargo xtask simulate`.
#![allow(clippy::print_stdout, reason = "a program of the command line")]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use mend_sim::world::{Ground, run};

/// Simulated worlds: a server, devices, and everything that can go wrong between them.
#[derive(Parser)]
struct Cli {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many at a time.
    #[arg(long, default_value_t = 1)]
    jobs: u64,
    /// Only this seed, with everything that happens in it.
    #[arg(long)]
    replay: Option<u64>,
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    if let Some(seed) = cli.replay {
        let report = run(&Ground::new()?, seed, true)?;
        for line in &report.log {
            println!("{line}");
        }
        println!("1 seeds, {} violations", report.violations.len());
        return Ok(ExitCode::from(u8::from(!report.violations.is_empty())));
    }
    let start = Instant::now();
    let jobs = cli.jobs.clamp(1, 64);
    let totals: Vec<anyhow::Result<Total>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs)
            .map(|job| scope.spawn(move || work(cli.from, cli.seeds, job, jobs)))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|total| total.unwrap_or_else(|_| Err(anyhow::anyhow!("a seed panicked"))))
            .collect()
    });
    let mut all = Total::default();
    for total in totals {
        let total = total?;
        all.violations += total.violations;
        all.crashes += total.crashes;
        all.accepted += total.accepted;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{:.0} seeds/s; {} crashes, {} accepted commands",
        cli.seeds as f64 / seconds,
        all.crashes,
        all.accepted
    );
    println!("{} seeds, {} violations", cli.seeds, all.violations);
    Ok(ExitCode::from(u8::from(all.violations > 0)))
}

#[derive(Default)]
struct Total {
    violations: usize,
    crashes: usize,
    accepted: usize,
}

fn work(from: u64, seeds: u64, job: u64, jobs: u64) -> anyhow::Result<Total> {
    let ground = Ground::new()?;
    let mut total = Total::default();
    for seed in (from + job..from + seeds).step_by(usize::try_from(jobs)?) {
        let report = run(&ground, seed, false)?;
        for violation in &report.violations {
            println!("seed {seed}: {violation}");
        }
        total.violations += report.violations.len();
        total.crashes += report.crashes;
        total.accepted += report.accepted;
    }
    Ok(total)
}
