//! What Mend needs around itself: system packages, the wasm32 target, npm packages. Looks first,
//! says what it is about to do, does it where it has the right, and otherwise prints the command.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    files,
    shell::{self, Repo, answer, call, show, succeeds},
};

/// What the window needs, by Debian's names.
const WINDOW: &[&str] =
    &["libwebkit2gtk-4.1-dev", "librsvg2-dev", "libayatana-appindicator3-dev", "libxdo-dev"];

/// What the tests need besides: a display, two browsers to drive, letters to draw.
const TESTS: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "xauth",
    "chromium",
    "chromium-driver",
    "fonts-noto-core",
    "dbus",
];

const TARGET: &str = "wasm32-unknown-unknown";

/// How much is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// To build the interface alone.
    Interface,
    /// To build and start the app.
    App,
    /// To test all of it.
    Tests,
}

impl Needs {
    /// With or without what the tests need.
    pub fn new(tests: bool) -> Self {
        if tests { Self::Tests } else { Self::App }
    }

    fn packages(self) -> Vec<&'static str> {
        match self {
            Self::Interface => Vec::new(),
            Self::App => WINDOW.to_vec(),
            Self::Tests => [WINDOW, TESTS].concat(),
        }
    }
}

/// Installs what is missing. Silent when nothing is.
pub fn install(repo: &Repo, needs: Needs) -> Result<()> {
    compiler()?;
    system(&needs.packages())?;
    wasm_target()?;
    node_packages(repo)
}

fn compiler() -> Result<()> {
    if cfg!(unix) && !succeeds(Command::new("cc").arg("--version")) {
        bail!(
            "There is no C compiler (cc). Install one and start again; on Debian: apt-get install build-essential"
        );
    }
    Ok(())
}

// ---------------------------------------------------------------- system packages

fn system(packages: &[&str]) -> Result<()> {
    if packages.is_empty() || !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !succeeds(Command::new("dpkg-query").arg("--version")) {
        return other_system(packages);
    }
    let missing = missing(packages, |package| {
        let mut query = Command::new("dpkg-query");
        answer(query.args(["--show", "--showformat=${db:Status-Status}", package]))
    });
    if missing.is_empty() {
        return Ok(());
    }
    let right = Right::here();
    let commands = apt(right.prefix(), &missing);
    let shown: Vec<String> = commands.iter().map(show).collect();
    if right == Right::None {
        bail!(
            "These system packages are missing, and this user may not install them:\n  {}\nInstall them and start again:\n  {}",
            missing.join(" "),
            apt(&["sudo"], &missing).iter().map(show).collect::<Vec<_>>().join(" && "),
        );
    }
    println!("Installing system packages:\n  {}", shown.join("\n  "));
    for mut command in commands {
        call(command.env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    Ok(())
}

/// Packages whose status is anything but `installed`.
fn missing<'a>(packages: &[&'a str], status: impl Fn(&str) -> Option<String>) -> Vec<&'a str> {
    let installed = |package: &&str| status(package).is_some_and(|status| status == "installed");
    packages.iter().copied().filter(|package| !installed(package)).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    Root,
    Sudo,
    None,
}

impl Right {
    fn here() -> Self {
        if answer(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0") {
            Self::Root
        } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
            Self::Sudo
        } else {
            Self::None
        }
    }

    fn prefix(self) -> &'static [&'static str] {
        match self {
            Self::Sudo => &["sudo", "-n", "DEBIAN_FRONTEND=noninteractive"],
            Self::Root | Self::None => &[],
        }
    }
}

fn apt(prefix: &[&str], packages: &[&str]) -> [Command; 2] {
    let command = |rest: &[&str]| {
        let words = [prefix, &["apt-get"], rest].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    };
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    [command(&["update"]), command(&install)]
}

/// A Linux without Debian's tools: we cannot know its package names, only whether the libraries
/// answer.
fn other_system(packages: &[&str]) -> Result<()> {
    let libraries = ["webkit2gtk-4.1", "librsvg-2.0", "ayatana-appindicator3-0.1"];
    let present = succeeds(Command::new("pkg-config").arg("--exists").args(libraries));
    if !present {
        bail!(
            "This system has no dpkg, so nothing was installed. Install what your system calls these Debian packages and start again:\n  {}",
            packages.join(" ")
        );
    }
    Ok(())
}

// ---------------------------------------------------------------- wasm32

fn wasm_target() -> Result<()> {
    let sysroot = answer(Command::new("rustc").args(["--print", "sysroot"]))
        .context("rustc does not answer. Install Rust with rustup (https://rustup.rs).")?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Ok(());
    }
    if !succeeds(Command::new("rustup").arg("--version")) {
        bail!(
            "Rust's target {TARGET} is missing, and there is no rustup to add it. Install Rust with rustup (https://rustup.rs), or add the target as your system does."
        );
    }
    let mut add = Command::new("rustup");
    add.args(["target", "add", TARGET]);
    println!("Adding Rust's target for the interface:\n  {}", show(&add));
    call(&mut add)
}

// ---------------------------------------------------------------- npm

fn node_packages(repo: &Repo) -> Result<()> {
    if !succeeds(Command::new("node").arg("--version"))
        || !succeeds(Command::new(shell::NPM).arg("--version"))
    {
        bail!("Node.js with npm is missing. Install Node.js 18 or newer and start again.");
    }
    let folder = repo.root.join("src-ui");
    let inputs = [folder.join("package.json"), folder.join("package-lock.json")];
    let wanted = files::fingerprint(&inputs, "")?;
    let stamp = folder.join("node_modules/.mend-stamp");
    if fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    let mut ci = repo.command(shell::NPM);
    ci.args(["ci", "--prefix", "src-ui", "--no-audit", "--no-fund", "--ignore-scripts"]);
    println!("Installing the interface's npm packages:\n  {}", show(&ci));
    call(&mut ci)?;
    files::write_if_changed(&stamp, wanted.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_installed_counts_as_installed() {
        let status = |package: &str| match package {
            "here" => Some("installed".to_owned()),
            "removed" => Some("config-files".to_owned()),
            _ => None,
        };
        assert_eq!(missing(&["here", "removed", "unknown"], status), ["removed", "unknown"]);
    }

    #[test]
    fn the_command_for_root_and_for_sudo() {
        let shown = |prefix: &[&str]| apt(prefix, &["xvfb"]).map(|command| show(&command));
        assert_eq!(
            shown(&[]),
            ["apt-get update", "apt-get install --yes --no-install-recommends xvfb"]
        );
        assert_eq!(shown(&["sudo", "-n"])[0], "sudo -n apt-get update");
    }

    #[test]
    fn running_needs_no_test_packages() {
        assert!(!Needs::new(false).packages().contains(&"xvfb"));
        assert!(Needs::new(true).packages().contains(&"xvfb"));
    }
}
