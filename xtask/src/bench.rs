//! `cargo xtask bench [NAME…]`: how fast Mend is, beside something plain.

use std::env;

use anyhow::Result;

use crate::{
    shell::{Repo, call},
    test::reference_data,
};

/// Builds the benchmarks optimised and runs those named, or all. Their figures are printed and
/// written to `bench.json` in cargo's target folder.
pub fn bench(repo: &Repo, names: &[String]) -> Result<()> {
    call(&mut repo.cargo(&["build", "--release", "--package", "mend-bench"]))?;
    let program =
        repo.target.join("release").join(format!("mend-bench{}", env::consts::EXE_SUFFIX));
    let mut run = repo.command(program);
    run.arg("--out").arg(repo.target.join("bench.json")).args(names).envs(reference_data(repo));
    call(&mut run)
}
