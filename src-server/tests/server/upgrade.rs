//! Databases of other versions: the first one that was ever landed opens here and reads as it did
//! there; one of a newer program is refused by name and stays as it is.
//!
//! `fixtures/database-1` was made by the first landed program: `mend.sqlite.gz` as it lay in the
//! data folder after a clean end, its photos, and in `answers.json` what that program answered. It
//! is never made again. Its keys sign for nobody else.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use mend_core::api::CommandAnswer;
use mend_core::command::{AddNote, CommandBody};
use mend_core::event::{PhotoRole, Visibility};
use mend_core::frame;
use mend_core::subject::{OrderStatus, RequestStatus};
use mend_server::{Clock, rebuild};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::program::run;
use crate::support::*;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/database-1")
}

/// What the first program answered.
#[derive(Deserialize)]
struct Recorded {
    keys: BTreeMap<String, String>,
    frames: Vec<Sent>,
    answers: Vec<Read>,
}

#[derive(Deserialize)]
struct Sent {
    bytes: String,
    answer: CommandAnswer,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "as")]
    who: Option<String>,
    path: String,
    json: Value,
}

fn recorded() -> Recorded {
    serde_json::from_slice(&std::fs::read(fixture().join("answers.json")).unwrap()).unwrap()
}

fn key(recorded: &Recorded, who: &str) -> Key {
    let mut seed = [0; 32];
    hex::decode_to_slice(&recorded.keys[who], &mut seed).unwrap();
    Key { signing: SigningKey::from_bytes(&seed) }
}

/// A data folder with the old database.
fn old_folder() -> Arc<tempfile::TempDir> {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let packed = std::fs::read(fixture().join("mend.sqlite.gz")).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    std::fs::write(data.join("mend.sqlite"), bytes).unwrap();
    for shelf in std::fs::read_dir(fixture().join("photos")).unwrap() {
        let shelf = shelf.unwrap();
        let to = data.join("photos").join(shelf.file_name());
        std::fs::create_dir_all(&to).unwrap();
        for photo in std::fs::read_dir(shelf.path()).unwrap() {
            let photo = photo.unwrap();
            std::fs::copy(photo.path(), to.join(photo.file_name())).unwrap();
        }
    }
    folder
}

/// Where `now` does not say all that `then` said; it may say more. The clock goes on.
fn lost(then: &Value, now: &Value, at: &str, found: &mut Vec<String>) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            for (name, then) in then.iter().filter(|(name, _)| !at.is_empty() || *name != "now") {
                match now.get(name) {
                    Some(now) => lost(then, now, &format!("{at}/{name}"), found),
                    // What is left out is nothing.
                    None if then.is_null() => {}
                    None => found.push(format!("{at}/{name} is gone; it was {then}")),
                }
            }
        }
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            for (n, (then, now)) in then.iter().zip(now).enumerate() {
                lost(then, now, &format!("{at}/{n}"), found);
            }
        }
        _ if then == now => {}
        _ => found.push(format!("{at}: {then} became {now}")),
    }
}

/// Compares everything that was read there with what is read here.
async fn assert_reads_as_it_did(town: &Town, recorded: &Recorded) {
    let mut tokens = BTreeMap::new();
    for who in recorded.keys.keys() {
        tokens.insert(who.as_str(), key(recorded, who).session(town).await.token);
    }
    let mut found = Vec::new();
    for Read { who, path, json } in &recorded.answers {
        let mut request = town.request(Method::GET, path);
        if let Some(who) = who {
            request = request.bearer_auth(&tokens[who.as_str()]);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{who:?} {path}");
        let before = found.len();
        lost(json, &response.json().await.unwrap(), "", &mut found);
        for line in &mut found[before..] {
            *line = format!("{who:?} {path} {line}");
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn the_first_database_opens_and_reads_as_it_did() {
    let recorded = recorded();
    let town = Town::on(old_folder(), Clock::starting_at(MORNING)).await;
    assert_reads_as_it_did(&town, &recorded).await;

    // Photos, for those who may have them.
    let anna = key(&recorded, "anna");
    let token = anna.session(&town).await.token;
    let first = frame::open(&hex::decode(&recorded.frames[0].bytes).unwrap()).unwrap();
    let request = town.subject_request(&token, first.head.subject).await;
    assert_eq!(request.status, RequestStatus::Resolved);
    let photo = request.photos[0];
    let path = format!("/v1/photos/service_request/{}/{}", request.id, photo.hash);
    let response = town.request(Method::GET, &path).bearer_auth(&token).send().await.unwrap();
    let bytes = response.bytes().await.unwrap();
    assert_eq!(photo_ref(&bytes, PhotoRole::Before).hash, photo.hash);

    // The same bytes get the first answer, also where a newer program would say more.
    for Sent { bytes, answer } in &recorded.frames {
        let bytes = hex::decode(bytes).unwrap();
        let again = town.send_bytes(frame::batch([bytes.as_slice()])).await;
        assert_eq!(again.as_slice(), std::slice::from_ref(answer));
    }
    assert_reads_as_it_did(&town, &recorded).await;
}

/// The read tables, row by row.
fn tables(data: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(data.join("mend.sqlite")).unwrap();
    let mut rows = Vec::new();
    for table in ["requests", "orders", "clocks"] {
        let mut statement =
            database.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap()));
            rows.push(format!("{table}: {}", values.collect::<Vec<_>>().join(" ")));
        }
    }
    rows
}

#[tokio::test]
async fn the_first_database_is_worked_on_and_rebuilt() {
    let recorded = recorded();
    let town = Town::on(old_folder(), Clock::starting_at(MORNING)).await;
    let (anna, crew) = (key(&recorded, "anna"), key(&recorded, "crew"));
    let (folder, clock, data) = (town.folder.clone(), town.clock.clone(), town.data());
    town.running.shutdown().await;
    let before = tables(&data);
    assert_eq!(before.iter().filter(|row| row.starts_with("requests")).count(), 3);
    let rebuilt = {
        let data = data.clone();
        tokio::task::spawn_blocking(move || rebuild(&city_dir(), &data)).await.unwrap().unwrap()
    };
    assert_eq!((rebuilt.requests, rebuilt.orders), (3, 3));
    assert_eq!(tables(&data), before);

    let town = Town::on(folder, clock).await;
    let third = frame::open(&hex::decode(&recorded.frames[2].bytes).unwrap()).unwrap().head.subject;
    let note = AddNote { text: "Still there".into(), visibility: Visibility::Public };
    town.accepted(&anna.say(&town, third, &CommandBody::AddNote(note))).await;
    let token = anna.session(&town).await.token;
    let request = town.subject_request(&token, third).await;
    // The sign-in of then holds: the key is bound to the crew's account.
    let session = crew.session(&town).await;
    let order = town.subject_order(&session.token, request.order.unwrap()).await;
    assert_eq!(order.status, OrderStatus::Assigned);
    town.accepted(&crew.start(&town, order.id)).await;
    town.accepted(&crew.complete(&town, order.id, Vec::new())).await;
    assert_eq!(town.subject_request(&token, third).await.status, RequestStatus::Resolved);
    let fresh = town.reported(&Key::new(), OLD_MILL).await;
    let number = town.subject_request(&fresh.token, fresh.said.subject).await.number;
    assert_eq!(number.as_deref().and_then(|n| n.rsplit('-').next()).unwrap().parse(), Ok(4));
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.ends_with("server.lock") {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

#[tokio::test]
async fn the_program_refuses_a_newer_database_by_name_whatever_it_is_asked() {
    let town = Town::new().await;
    town.reported(&Key::new(), OLD_MILL).await;
    let (folder, data) = (town.folder.clone(), town.data());
    town.running.shutdown().await;
    let next = {
        let database = rusqlite::Connection::open(data.join("mend.sqlite")).unwrap();
        let now: u32 = database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        database.pragma_update(None, "user_version", now + 1).unwrap();
        now + 1
    };
    let before = files(&data);
    let backup = folder.path().join("backup");
    let asked = |arguments: &[&str]| arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
    let (city, at) = (city_dir().display().to_string(), data.display().to_string());
    for arguments in [
        asked(&["serve", "--listen", "127.0.0.1:0", "--city", &city, "--data", &at]),
        asked(&["rebuild", "--city", &city, "--data", &at]),
        asked(&["backup", "--data", &at, "--to", &backup.display().to_string()]),
    ] {
        let output = run(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        for words in [
            "mend.sqlite",
            "newer Mend",
            &format!("database version {next}"),
            "Nothing was changed",
        ] {
            assert!(said.contains(words), "{arguments:?}: {words}: {said}");
        }
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(files(&data) == before, "{arguments:?} changed the data folder");
    }
    assert!(!backup.exists());
    drop(folder);
}
