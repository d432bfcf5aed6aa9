//! The program itself: what it prints, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use crate::support::*;

/// Ends the program also when a test fails.
pub struct Program(pub Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the program says and how it ends.
pub fn run(arguments: &[String]) -> std::process::Output {
    program().args(arguments).output().unwrap()
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mend-server"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_and_ends_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let child = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--clock", "2026-11-25T18:00:00Z", "--city"])
        .arg(city_dir())
        .arg("--data")
        .arg(folder.path())
        .spawn()
        .unwrap();
    let mut program = Program(child);
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let first = line();
    let address = first.strip_prefix("listening on http://").unwrap().to_owned();
    let mut accounts = vec![line()];
    while !accounts.last().unwrap().starts_with("demo account: dispatcher ") {
        accounts.push(line());
    }
    for name in ["streets-1", "streets-2"] {
        let begins = format!("demo account: {name} ");
        assert!(accounts.iter().any(|line| line.starts_with(&begins)), "{accounts:?}");
    }
    std::net::TcpStream::connect(&address).unwrap();
    let ended = Command::new("kill").arg(program.0.id().to_string()).status().unwrap();
    assert!(ended.success());
    assert_eq!(program.0.wait().unwrap().code(), Some(0));
    assert!(std::net::TcpStream::connect(&address).is_err());

    let made = program_output(&["rebuild"], folder.path());
    assert!(made.status.success());
    let text = String::from_utf8(made.stdout).unwrap();
    assert_eq!(text, "made 0 requests and 0 orders from 0 events\n");
}

fn program_output(arguments: &[&str], data: &Path) -> std::process::Output {
    program()
        .args(arguments)
        .arg("--city")
        .arg(city_dir())
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

#[test]
fn what_it_cannot_do_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let bad = program_output(&["serve", "--clock", "tomorrow"], folder.path());
    assert!(!bad.status.success());
    assert!(String::from_utf8(bad.stderr).unwrap().contains("2026-11-25T08:00:00Z"));
    let missing = folder.path().join("mistyped");
    let rebuilt = program_output(&["rebuild"], &missing);
    assert!(!rebuilt.status.success());
    let said = String::from_utf8(rebuilt.stderr).unwrap();
    assert!(said.contains("there is no mend.sqlite in") && said.contains("mistyped"), "{said}");
    assert!(rebuilt.stdout.is_empty() && !missing.exists(), "nothing was made");
}

/// The program, serving the demo city from a data folder on a free port of loopback.
pub struct Served {
    program: Program,
    /// `127.0.0.1:port`.
    pub address: String,
    /// Names and passwords of the demo accounts.
    pub accounts: Vec<(String, String)>,
    printed: Vec<u8>,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
}

fn all(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

impl Served {
    /// Starts it with this much said in its log.
    pub fn start(data: &Path, log: &str) -> Self {
        let child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--clock", "2026-11-25T18:00:00Z", "--city"])
            .arg(city_dir())
            .arg("--data")
            .arg(data)
            .env("RUST_LOG", log)
            .spawn()
            .unwrap();
        let mut program = Program(child);
        let stderr = all(program.0.stderr.take().unwrap());
        let mut lines = BufReader::new(program.0.stdout.take().unwrap());
        let (mut printed, mut address, mut accounts) = (Vec::new(), String::new(), Vec::new());
        while accounts.last().is_none_or(|(name, _)| name != "dispatcher") {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended");
            printed.extend(line.as_bytes());
            if let Some(at) = line.strip_prefix("listening on http://") {
                address = at.trim().to_owned();
            }
            if let Some(account) = line.strip_prefix("demo account: ") {
                let mut words = account.split(' ').map(str::to_owned);
                accounts.push((words.next().unwrap(), words.next().unwrap()));
            }
        }
        Self { program, address, accounts, printed, stdout: all(lines), stderr }
    }

    /// A figure of `/proc/PID/status` in KiB, such as `VmHWM`, the most memory that it ever had.
    #[cfg(target_os = "linux")]
    pub fn kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.0.id()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends it in good order; everything that it wrote to its standard output and error.
    #[cfg(unix)]
    pub fn end(mut self) -> (Vec<u8>, Vec<u8>) {
        let ended = Command::new("kill").arg(self.program.0.id().to_string()).status().unwrap();
        assert!(ended.success());
        assert_eq!(self.program.0.wait().unwrap().code(), Some(0));
        let mut printed = std::mem::take(&mut self.printed);
        printed.extend(self.stdout.join().unwrap());
        (printed, self.stderr.join().unwrap())
    }
}
