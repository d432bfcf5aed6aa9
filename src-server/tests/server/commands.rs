//! `mend-server check` and `explain`, as a person runs them.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::city_dir;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_mend-server")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const CLOCK: [&str; 2] = ["--clock", "2026-11-25T08:00:00Z"];

#[test]
fn check_counts_in_its_last_line_and_ends_accordingly() {
    let good = city_dir();
    let good = good.to_str().unwrap();
    let (code, said, _) = run(&["check", good, CLOCK[0], CLOCK[1]]);
    assert_eq!((code, said.as_str()), (0, "0 errors, 0 warnings.\n"));
    let (code, said, _) = run(&["check", good, "--json", CLOCK[0], CLOCK[1]]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, 0);
    assert_eq!(json, serde_json::json!({"errors": 0, "warnings": 0, "problems": []}));

    // The folder has one holiday of 2028 and none after it: first that is warned of, then they are
    // needed.
    let later = |clock| run(&["check", good, "--clock", clock]);
    let (code, said, _) = later("2028-10-02T08:00:00Z");
    assert!(code == 0 && said.contains(": warning: "), "{said}");
    assert!(said.ends_with("\n0 errors, 2 warnings.\n"), "{said}");
    let (code, said, _) = later("2029-03-02T08:00:00Z");
    assert!(code == 1 && said.starts_with("calendar.toml"), "{said}");

    let nowhere = tempfile::tempdir().unwrap();
    let (code, said, _) = run(&["check", nowhere.path().to_str().unwrap(), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, json["errors"].as_u64()), (1, Some(6)));
    let problem = &json["problems"][0];
    assert_eq!(problem["severity"], "error");
    assert_eq!((&problem["file"], &problem["line"]), (&"calendar.toml".into(), &().into()));
    assert_eq!(problem["what"], "The file is not there.");
    assert_eq!(problem["remedy"], "Write it; a city needs it.");
}

/// What `serve` refuses, it refuses with the words of `check`.
#[test]
fn serve_says_what_check_says() {
    let city = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let [city, data] = [city.path(), data.path()].map(|path: &Path| path.to_str().unwrap());
    let (_, checked, _) = run(&["check", city]);
    let (code, _, refused) =
        run(&["serve", "--city", city, "--data", data, "--listen", "127.0.0.1:0"]);
    assert_eq!(code, 1, "{refused}");
    let sentences: Vec<&str> = checked.lines().filter(|line| line.contains(": ")).collect();
    assert_eq!(sentences.len(), 7, "{checked}");
    for sentence in sentences {
        assert!(refused.contains(sentence), "no {sentence:?} in {refused}");
    }
}

#[test]
fn explain_answers_and_refuses() {
    let city = city_dir();
    let ask = |service: &str, more: &[&str]| {
        let mut arguments = vec!["explain", "--city", city.to_str().unwrap()];
        arguments.extend(["--service", service, "--at", "44.631732,-124.051676"]);
        arguments.extend(["--time", "2026-11-25 17:05"]);
        arguments.extend(more);
        run(&arguments)
    };
    let (code, said, _) = ask("pothole", &["--answer", "hazard=yes", "--answer", "where=sidewalk"]);
    assert_eq!(code, 0);
    assert!(said.contains("Route             potholes-old-mill\n"), "{said}");
    assert!(said.contains("Resolution due    Thu 10 Dec 2026, 17:00 -08:00\n"), "{said}");
    let (code, said, _) = ask("pothole", &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &json["route"]["crew"]["code"]), (0, &"streets-1".into()));

    let (code, said, why) = ask("comet", &[]);
    assert_eq!((code, said.as_str()), (2, ""));
    assert!(why.starts_with("There is no service \"comet\"."), "{why}");
    let (code, _, why) =
        run(&["explain", "--city", "nowhere", "--service", "a", "--at", "1,1", "--time", "now"]);
    assert_eq!(code, 1, "{why}");
    assert!(why.contains("nowhere is no folder"), "{why}");
    assert_eq!(run(&["explain"]).0, 2);
}
