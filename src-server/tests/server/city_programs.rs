//! `check`, `serve` and `explain` as programs: the same folder, the same words.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::program::program;
use crate::support::city_dir;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Port Alder with one text of one file replaced by another.
fn broken(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&city_dir(), folder.path());
    let path = folder.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    folder
}

fn check(folder: &Path, more: &[&str]) -> Output {
    program().arg("check").args(more).arg(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn serve_refuses_with_the_words_of_check() {
    for (file, from, to, said) in [
        ("routes.toml", "crew = \"streets-1\"", "crew = \"streets-9\"", "no crew \"streets-9\""),
        ("services.toml", "sla = ", "slas = ", "unknown field"),
        ("zones/district.geojson", "[-124.", "[-123.", "district"),
        ("calendar.toml", "2026-", "2026-13-", "no date"),
        ("city.toml", "time_zone = \"", "time_zone = \"Port/", "no time zone"),
        ("streets.geojson", "{", "", "no GeoJSON"),
    ] {
        let folder = broken(file, from, to);
        let checked = check(folder.path(), &[]);
        assert_eq!(checked.status.code(), Some(1), "{file}");
        let lines = text(&checked.stdout);
        let (problems, count) = lines.trim_end().rsplit_once('\n').unwrap();
        assert!(count.contains("error"), "{count}");
        assert!(problems.contains(said), "{file}: {problems}");
        let data = tempfile::tempdir().unwrap();
        let served = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path().join("data"))
            .arg("--city")
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(served.status.code(), Some(1), "{file}");
        let refused = text(&served.stderr);
        for problem in problems.lines() {
            assert!(refused.contains(problem), "{file}: {problem}\nis not in\n{refused}");
        }

        let json = check(folder.path(), &["--json"]);
        assert_eq!(json.status.code(), Some(1));
        let json: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(json["problems"].as_array().unwrap().len(), problems.lines().count());
        assert!(json["problems"][0]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    }
}

fn explain(words: &[&str]) -> Output {
    program().arg("explain").arg("--city").arg(city_dir()).args(words).output().unwrap()
}

#[test]
fn a_report_is_explained_and_what_cannot_be_asked_is_said() {
    let asked = [
        "--service",
        "pothole",
        "--at",
        "44.631732,-124.051676",
        "--time",
        "2026-11-25 17:05",
        "--answer",
        "where=bike_lane",
    ];
    let page = explain(&asked);
    assert!(page.status.success(), "{}", text(&page.stderr));
    let page = text(&page.stdout);
    for line in ["potholes-old-mill", "streets-1", "counts from Thu 26 Nov 2026", "Resolution due"]
    {
        assert!(page.contains(line), "no {line:?} in\n{page}");
    }
    let json = explain(&[&asked[..], &["--json"]].concat());
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["route"]["crew"]["code"], "streets-1");
    assert_eq!(json["inside"], true);

    for (word, instead, said) in [
        ("pothole", "potholes", "There is no service \"potholes\". Write one of: "),
        ("2026-11-25 17:05", "tomorrow", "\"tomorrow\" is no time."),
        ("2026-11-25 17:05", "2026-03-08 02:30", "does not exist in the city"),
        ("44.631732,-124.051676", "124,44", "There is no place at"),
        ("where=bike_lane", "where=moon", "is no answer to \"where\""),
    ] {
        let words = asked.map(|known| if known == word { instead } else { known });
        let refused = explain(&words);
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{instead}");
        assert!(text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
    }
    let away = asked.map(|known| if known.starts_with("44") { "45.5,-122.6" } else { known });
    assert!(text(&explain(&away).stdout).contains("such a report is refused"));
}
