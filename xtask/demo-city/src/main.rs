//! Writes the files of Port Alder, or draws it. `cargo xtask demo-city` calls it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use mend_demo_city::{
    City,
    files::files,
    frame,
    picture::{self, View},
    plane::pt,
};

/// Writes the geometry of Port Alder, the demo city: streets, assets, zones, basemap.
#[derive(Parser)]
struct Cli {
    /// The city's folder.
    #[arg(long, default_value = "cities/port-alder")]
    city: PathBuf,
    /// Write nothing; fail if the files are not what the generator makes.
    #[arg(long)]
    check: bool,
    /// Draw the city into this file, SVG or PNG, instead of writing its files.
    #[arg(long)]
    picture: Option<PathBuf>,
    /// Draw only this: latitude, longitude, and half the picture's width in metres.
    #[arg(
        long,
        value_name = "LAT,LON,METRES",
        value_delimiter = ',',
        allow_hyphen_values = true,
        requires = "picture"
    )]
    around: Option<Vec<f64>>,
    /// Draw the borders of the neighborhoods as well.
    #[arg(long, requires = "picture")]
    zones: bool,
    /// Draw the assets as dots as well.
    #[arg(long, requires = "picture")]
    assets: bool,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let city = City::new();
    if let Some(file) = &cli.picture {
        let (middle, half) = match cli.around.as_deref() {
            Some(&[lat, lon, half]) if half > 0.0 => (frame::board(lat, lon), half),
            Some(_) => bail!(
                "--around wants latitude, longitude and metres, for example 44.63,-124.05,900"
            ),
            None => (pt(450.0, -80.0), 3100.0),
        };
        return draw(&city, file, View { middle, half, zones: cli.zones, assets: cli.assets });
    }
    let mut stale = Vec::new();
    for file in files(&city) {
        let path = cli.city.join(file.path);
        if cli.check {
            if fs::read_to_string(&path).unwrap_or_default() != file.text {
                stale.push(file.path);
            }
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&path, file.text).with_context(|| path.display().to_string())?;
    }
    if !stale.is_empty() {
        bail!(
            "not what the generator makes: {}\nWrite them again with: cargo xtask demo-city",
            stale.join(", ")
        );
    }
    Ok(())
}

fn draw(city: &City, file: &Path, view: View) -> Result<()> {
    let svg = picture::svg(city, view);
    let bytes = if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
        #[cfg(feature = "png")]
        {
            picture::png(&svg)?
        }
        #[cfg(not(feature = "png"))]
        {
            bail!("this build draws SVG only; build it with --features png for PNG")
        }
    } else {
        svg.into_bytes()
    };
    fs::write(file, bytes).with_context(|| file.display().to_string())
}
