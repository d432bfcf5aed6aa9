//! `cargo xtask run`: from a fresh clone to Mend on the screen.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    install::{self, Needs},
    shell::{HOUSE, Repo, call, show},
    ui,
};

/// The demo city's past: requests of three years, made in the background at its first start.
const HISTORY: &str = "20000";
/// Where the portal listens when it is all there is.
const PORTAL: &str = "127.0.0.1:8311";

/// Installs what is missing, builds, starts, and stays until Mend ends.
pub fn run(repo: &Repo, data: Option<PathBuf>) -> Result<()> {
    install::install(repo, Needs::App)?;
    ui::build(repo)?;
    call(repo.cargo(&["build", "--bins"]).args(HOUSE))?;

    let data = match data {
        Some(data) => std::path::absolute(data)?,
        None => data_folder(|name| env::var_os(name).map(PathBuf::from))
            .context("this platform names no data folder; choose one with --data")?,
    };
    fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
    println!("Mend keeps its data in {}", data.display());

    let city = repo.root.join("cities/port-alder");
    let mut program;
    if has_display(|name| env::var_os(name).is_some_and(|value| !value.is_empty())) {
        program = repo.command(repo.program("mend"));
        program.arg("--data").arg(&data).arg("--city").arg(city);
    } else {
        println!("There is no display, so there is no window: only the portal is served.");
        program = repo.command(repo.program("mend-server"));
        program.arg("serve").arg("--city").arg(city).arg("--data").arg(data.join("server"));
        program.args(["--listen", PORTAL]);
    }
    program.args(["--history", HISTORY]);
    let mut child = program
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start: {}", show(&program)))?;
    let address = wait_until_ready(&mut child)?;
    say_ways_in(&address, &data.join("server/demo-accounts.txt"))?;
    let status = child.wait()?;
    if !status.success() {
        bail!("Mend ended with {status}");
    }
    Ok(())
}

/// Waits for the line with the portal's address. What else is printed is said once, at the end,
/// by [`say_ways_in`]; logs go to the error output, which is ours.
fn wait_until_ready(child: &mut Child) -> Result<String> {
    let stdout = child.stdout.take().context("the program's output is ours")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next().transpose()? {
        if let Some(address) = address(&line) {
            let address = address.to_owned();
            // Read on, or the program would be stopped by a full pipe.
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return Ok(address);
        }
    }
    bail!("Mend ended before it was ready: {}", child.wait()?)
}

/// `listening on http://…` of the server, `portal http://…` of the app.
fn address(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("listening on ").or_else(|| line.strip_prefix("portal "))?;
    rest.starts_with("http://").then_some(rest)
}

fn say_ways_in(address: &str, accounts: &Path) -> Result<()> {
    let accounts = fs::read_to_string(accounts)
        .with_context(|| format!("the demo accounts in {}", accounts.display()))?;
    println!("\nDemo accounts (name, password, who):");
    for line in accounts.lines().filter(|line| !line.starts_with('#')) {
        println!("  {line}");
    }
    println!("Portal: {address}");
    Ok(())
}

fn has_display(set: impl Fn(&str) -> bool) -> bool {
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

fn data_folder(var: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let base = if cfg!(windows) {
        var("APPDATA")
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        let xdg = var("XDG_DATA_HOME").filter(|folder| folder.is_absolute());
        xdg.or_else(|| var("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("mend"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_either_program() {
        assert_eq!(address("listening on http://127.0.0.1:1"), Some("http://127.0.0.1:1"));
        assert_eq!(address("portal http://127.0.0.1:2"), Some("http://127.0.0.1:2"));
        assert_eq!(address("portal opened"), None);
        assert_eq!(address("crew-1 http://x"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn displays_and_folders_are_found_as_the_platform_says() {
        assert!(!has_display(|_| false));
        assert!(has_display(|name| name == "WAYLAND_DISPLAY"));
        let home = |name: &str| (name == "HOME").then(|| PathBuf::from("/home/ann"));
        assert_eq!(data_folder(home), Some("/home/ann/.local/share/mend".into()));
        let relative = |name: &str| (name == "XDG_DATA_HOME").then(|| PathBuf::from("here"));
        assert_eq!(data_folder(relative), None);
    }
}
