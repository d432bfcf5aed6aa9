//! The program itself: what it prints, and how it ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::*;

/// Ends the program also when a test fails.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program() -> Command {
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

fn program_output(arguments: &[&str], data: &std::path::Path) -> std::process::Output {
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
