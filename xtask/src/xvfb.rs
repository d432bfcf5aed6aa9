//! A display of our own, for tests that open windows.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

/// A running Xvfb; it ends with this value.
pub struct Xvfb {
    process: Child,
    /// What `DISPLAY` is set to: `:99`.
    pub display: String,
}

impl Xvfb {
    /// Starts one on a number that it finds free itself.
    pub fn start() -> Result<Self> {
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb could not be started; `cargo xtask install --tests` installs it")?;
        let stdout = process.stdout.take().context("Xvfb's output is ours")?;
        let mut number = String::new();
        let read = BufReader::new(stdout).read_line(&mut number);
        let display = format!(":{}", number.trim());
        let started = Self { process, display };
        // Only now, so that a failure ends the process too.
        read.context("Xvfb did not name its display")?;
        if number.trim().is_empty() {
            anyhow::bail!("Xvfb ended without a display");
        }
        Ok(started)
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
