//! `cargo xtask demo-city`: the geometry of Port Alder, written again or drawn.

use std::path::PathBuf;

use anyhow::Result;

use crate::shell::{Repo, call};

/// What to do with the demo city.
#[derive(clap::Args)]
pub struct Options {
    /// Draw the city into this file, SVG or PNG, instead of writing its files.
    #[arg(long)]
    picture: Option<PathBuf>,
    /// Draw only this: latitude, longitude, and half the picture's width in metres.
    #[arg(long, value_name = "LAT,LON,METRES", allow_hyphen_values = true, requires = "picture")]
    around: Option<String>,
    /// Write nothing; fail if the files are not what the generator makes.
    #[arg(long)]
    check: bool,
}

/// Builds the generator and runs it. It is a program of its own, so that xtask stays quick to build.
pub fn demo_city(repo: &Repo, options: Options) -> Result<()> {
    let mut cargo = repo.cargo(&["run", "--quiet", "--package", "mend-demo-city"]);
    if options
        .picture
        .as_ref()
        .is_some_and(|file| file.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")))
    {
        cargo.args(["--features", "png"]);
    }
    cargo.arg("--").arg("--city").arg(repo.root.join("cities/port-alder"));
    if let Some(file) = options.picture {
        cargo.arg("--picture").arg(std::path::absolute(file)?);
    }
    if let Some(around) = options.around {
        cargo.arg(format!("--around={around}"));
    }
    if options.check {
        cargo.arg("--check");
    }
    call(&mut cargo)
}
