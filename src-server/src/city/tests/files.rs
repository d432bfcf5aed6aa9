//! Files that are none, are too long, or are not what their names say.

use std::fs;

use super::*;

#[test]
fn a_missing_file_is_named() {
    for file in [
        "city.toml",
        "services.toml",
        "crews.toml",
        "routes.toml",
        "calendar.toml",
        "streets.geojson",
    ] {
        let dir = good::folder();
        fs::remove_file(dir.path().join(file)).unwrap();
        let problems = load(dir.path()).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(
            problems[0].to_string(),
            format!("{file}: The file is not there. Write it; a city needs it.")
        );
    }
}

#[test]
fn what_is_no_folder_is_said_once() {
    let dir = good::folder();
    for path in [Path::new("no/such/folder"), &dir.path().join("city.toml")] {
        let problems = load(path).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].what.contains(&path.display().to_string()), "{}", problems[0]);
    }
}

#[test]
fn a_base_map_that_cannot_be_read_is_said_before_a_map_is_drawn() {
    let dir = good::folder();
    fs::write(dir.path().join("basemap/water.geojson"), "{\n").unwrap();
    let problems = load(dir.path()).unwrap_err();
    assert_eq!((problems[0].file.as_str(), problems.len()), ("basemap/water.geojson", 1));
    fs::remove_dir_all(dir.path().join("basemap")).unwrap();
    let checked = check(dir.path(), NOW);
    assert_eq!((checked.errors, checked.warnings), (0, 1), "{}", said(&checked));
    assert!(checked.problems[0].what.contains("no base map"));
}

#[test]
fn a_table_that_is_too_long_is_not_read() {
    let dir = good::folder();
    fs::write(dir.path().join("crews.toml"), "#".repeat(2 * 1024 * 1024)).unwrap();
    let problems = load(dir.path()).unwrap_err();
    assert_eq!((problems[0].file.as_str(), problems.len()), ("crews.toml", 1));
    assert!(
        problems[0].what.contains("2097152") && problems[0].what.contains("1048576"),
        "{}",
        problems[0]
    );
}

/// 300 MB that nobody wrote: the file has the length and no blocks. Its first byte would be no
/// JSON, so that the sentence shows that it was not read.
#[test]
fn a_map_of_300_mb_is_refused_by_its_size() {
    let dir = good::folder();
    for file in ["zones/area.geojson", "streets.geojson", "assets.csv"] {
        let path = dir.path().join(file);
        fs::File::create(&path).unwrap().set_len(300 * 1024 * 1024).unwrap();
        let problems = load(dir.path()).unwrap_err();
        assert_eq!((problems[0].file.as_str(), problems.len()), (file, 1), "{problems:?}");
        assert_eq!(
            problems[0].what,
            "The file has 314572800 bytes, more than the 67108864 that are read."
        );
        assert!(problems[0].remedy.contains("simplify"), "{}", problems[0]);
        fs::write(&path, good::text(file)).unwrap();
    }
}

#[test]
fn too_many_layers_are_not_read() {
    let dir = good::folder();
    for n in 0..30 {
        fs::write(dir.path().join(format!("zones/layer_{n}.geojson")), "no").unwrap();
    }
    let problems = load(dir.path()).unwrap_err();
    assert_eq!((problems[0].file.as_str(), problems.len()), ("zones", 1), "{problems:?}");
}

#[test]
fn what_is_no_utf_8_is_named_with_its_line() {
    let dir = good::folder();
    let mut bytes = good::text("routes.toml").as_bytes().to_vec();
    let at = good::text("routes.toml").find("park-holes").unwrap();
    bytes[at] = 0xff;
    fs::write(dir.path().join("routes.toml"), bytes).unwrap();
    let problems = load(dir.path()).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "routes.toml:9: The file is not UTF-8 text. Save it as UTF-8."
    );
}

#[test]
fn a_mark_at_the_beginning_and_other_ends_of_lines_change_nothing() {
    let dir = good::folder();
    for (file, text) in good::FILES {
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        fs::write(dir.path().join(file), windows).unwrap();
    }
    let checked = check(dir.path(), NOW);
    assert_eq!(said(&checked), "");
    let plain = load(good::folder().path()).unwrap();
    let strings = |pack: &CityPack| pack.strings["en"].replace('\r', "");
    let pack = checked.pack.unwrap();
    assert_eq!(strings(&pack), strings(&plain));
    assert_eq!((pack.zones, pack.routes), (plain.zones, plain.routes));
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    for (file, text) in [
        ("zones/area.geojson", deep("[", "]")),
        (
            "zones/area.geojson",
            format!("{{\"type\":\"FeatureCollection\",\"features\":{}}}", deep("[", "]")),
        ),
        ("streets.geojson", deep("{\"a\":", "}")),
        ("routes.toml", format!("a = {}", deep("[", "]"))),
        ("services.toml", format!("a = {}", deep("{a=", "}"))),
        ("locales/en/services.ftl", format!("a = {}", deep("{", "}"))),
        ("locales/en/services.ftl", format!("a = {{ {} }}", deep("A(", ")"))),
    ] {
        let dir = good::folder();
        fs::write(dir.path().join(file), text).unwrap();
        let problems = load(dir.path()).unwrap_err();
        assert_eq!(problems[0].file, file, "{problems:?}");
    }
}

#[test]
fn strangers_in_the_folder_of_zones_are_named() {
    let dir = good::folder();
    fs::write(dir.path().join("zones/readme.txt"), "about").unwrap();
    let problems = load(dir.path()).unwrap_err();
    assert_eq!(problems[0].file, "zones/readme.txt");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    /// A pipe that nobody writes to would wait for ever.
    #[test]
    fn pipes_and_folders_in_place_of_files_are_refused() {
        for file in ["city.toml", "zones/area.geojson", "addresses.csv", "locales/en/services.ftl"]
        {
            let dir = good::folder();
            let path = dir.path().join(file);
            fs::remove_file(&path).unwrap();
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            let problems = load(dir.path()).unwrap_err();
            assert_eq!(
                problems[0].to_string(),
                format!(
                    "{file}: This is no regular file. Put a file in its place; folders, pipes and devices are not read."
                )
            );
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            assert_eq!(load(dir.path()).unwrap_err()[0].file, file);
            fs::remove_dir(&path).unwrap();
            symlink("/dev/zero", &path).unwrap();
            assert_eq!(load(dir.path()).unwrap_err()[0].file, file);
        }
    }

    /// Some ways of handing out configuration consist of links. One in a circle leads nowhere.
    #[test]
    fn a_link_to_a_file_is_that_file() {
        let dir = good::folder();
        let path = dir.path().join("crews.toml");
        fs::rename(&path, dir.path().join("elsewhere")).unwrap();
        symlink("elsewhere", &path).unwrap();
        assert!(load(dir.path()).is_ok());
        fs::remove_file(&path).unwrap();
        symlink("crews.toml", &path).unwrap();
        assert_eq!(load(dir.path()).unwrap_err()[0].file, "crews.toml");
    }
}
