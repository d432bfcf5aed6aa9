//! Where the shipped programs are, as `cargo xtask test` says.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, bail};

/// The programs under test and the city that they serve.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The app.
    pub app: PathBuf,
    /// The backend.
    pub server: PathBuf,
    /// A city's folder.
    pub city: PathBuf,
}

impl Programs {
    /// From `MEND_APP`, `MEND_SERVER` and `MEND_CITY`. Missing programs are an error, never a
    /// reason to pass over a test.
    pub fn from_env() -> Result<Self> {
        // reqwest asks for it also where nothing is encrypted. Err: another test has done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { app: path("MEND_APP")?, server: path("MEND_SERVER")?, city: path("MEND_CITY")? })
    }
}

fn path(name: &str) -> Result<PathBuf> {
    let path = env::var_os(name)
        .map(PathBuf::from)
        .with_context(|| format!("{name} is not set: run journeys by `cargo xtask test`"))?;
    if !path.exists() {
        bail!("{name} is {}, which does not exist", path.display());
    }
    Ok(path)
}
