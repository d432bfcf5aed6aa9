//! Where things are, and how other programs are called.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// The selection of packages that every cargo call for this machine shares. One selection means
/// one resolution of features, so that nothing is compiled twice: the interface builds for wasm32,
/// xtask is built by the call that starts it, and the simulation has bugs planted that no other
/// program may have.
pub const HOUSE: &[&str] =
    &["--workspace", "--exclude", "mend-ui", "--exclude", "mend-sim", "--exclude", "xtask"];

/// npm, as this platform spells it.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// The repository and its target folder.
pub struct Repo {
    /// The folder with the workspace's Cargo.toml.
    pub root: PathBuf,
    /// Where cargo builds: `CARGO_TARGET_DIR` or what cargo's configuration says.
    pub target: PathBuf,
}

impl Repo {
    /// Asks cargo, which knows its configuration best.
    pub fn find() -> Result<Self> {
        // As cargo says at run time, not as it was when xtask was built: two clones may share one
        // target folder.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").context("run it as `cargo xtask`")?;
        let root =
            Path::new(&manifest).parent().context("xtask lies in the workspace")?.to_path_buf();
        let answer = Command::new(cargo_program())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(&root)
            .stderr(Stdio::inherit())
            .output()
            .context("cargo could not be started")?;
        if !answer.status.success() {
            bail!("cargo metadata failed; see above");
        }
        let metadata: serde_json::Value = serde_json::from_slice(&answer.stdout)?;
        let target =
            metadata["target_directory"].as_str().context("cargo names no target folder")?;
        Ok(Self { root, target: target.into() })
    }

    /// A program that the house's debug build has made.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// A cargo call in the repository's root.
    pub fn cargo(&self, args: &[&str]) -> Command {
        let mut command = self.command(cargo_program());
        command.args(args);
        // `cargo xtask` is itself a cargo call and tells us about the package xtask. Passed on, it
        // would make build scripts that look at it run again, and much be compiled twice.
        for name in env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
            if is_about_xtask(&name) {
                command.env_remove(name);
            }
        }
        command
    }

    /// Any call in the repository's root.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }
}

fn is_about_xtask(variable: &str) -> bool {
    const NAMES: [&str; 4] =
        ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
    let begins = |prefix| variable.starts_with(prefix);
    begins("CARGO_PKG_") || begins("CARGO_MANIFEST_") || NAMES.contains(&variable)
}

fn cargo_program() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// Runs it with its output on ours; an exit code other than 0 is an error that shows the call.
pub fn call(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot start: {shown}"))?;
    if !status.success() {
        bail!("failed ({status}): {shown}");
    }
    Ok(())
}

/// Whether the call starts and ends with exit code 0. Its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a call prints, if it starts and ends with exit code 0.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The call as one would type it.
pub fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| quote(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("npm");
        command.args(["ci", "--prefix", "my folder", ""]);
        assert_eq!(show(&command), "npm ci --prefix 'my folder' ''");
    }

    #[test]
    fn what_cargo_says_of_xtask_is_not_passed_on_and_what_people_set_is() {
        assert!(is_about_xtask("CARGO_PKG_NAME") && is_about_xtask("CARGO_MANIFEST_DIR"));
        assert!(!is_about_xtask("CARGO_TARGET_DIR") && !is_about_xtask("CARGO_HOME"));
    }

    #[test]
    fn the_repository_is_found() {
        let repo = Repo::find().unwrap();
        assert!(repo.root.join("tauri.conf.json").is_file());
    }
}
