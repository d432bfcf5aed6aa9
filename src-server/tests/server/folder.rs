//! The data folder: whose it is, who may read it, what is refused.

use mend_server::{Config, StartError, rebuild, start};
use std::path::Path;

use crate::support::*;

async fn refused(config: Config) -> StartError {
    match start(config).await {
        Ok(_) => panic!("the server started"),
        Err(error) => error,
    }
}

fn edit(folder: &Path, sql: &str) {
    let database = rusqlite::Connection::open(folder.join("mend.sqlite")).unwrap();
    database.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_newer_database_is_refused_by_name_and_not_touched() {
    let town = Town::new().await;
    let data = town.data();
    let folder = town.folder.clone();
    town.running.shutdown().await;
    edit(&data, "PRAGMA user_version = 4711");
    let before = std::fs::read(data.join("mend.sqlite")).unwrap();
    let error = refused(Config::new(city_dir(), &data)).await;
    assert_eq!(error.code(), "database_newer");
    let text = error.to_string();
    assert!(text.contains("mend.sqlite") && text.contains("4711"), "{text}");
    assert!(text.contains("Start the newer Mend"), "{text}");
    assert_eq!(std::fs::read(data.join("mend.sqlite")).unwrap(), before);
    drop(folder);
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    edit(folder.path(), "CREATE TABLE recipes (name TEXT)");
    let error = refused(Config::new(city_dir(), folder.path())).await;
    assert_eq!(error.code(), "database_foreign");
    let text = tempfile::tempdir().unwrap();
    std::fs::write(text.path().join("mend.sqlite"), "no database, but quite long ".repeat(99))
        .unwrap();
    let error = refused(Config::new(city_dir(), text.path())).await;
    assert_eq!(error.code(), "database_foreign");
}

#[tokio::test]
async fn a_folder_holds_one_city_and_one_server() {
    let town = Town::new().await;
    let data = town.data();
    assert_eq!(refused(Config::new(city_dir(), &data)).await.code(), "data_in_use");
    let folder = town.folder.clone();
    town.running.shutdown().await;
    edit(&data, "UPDATE meta SET value = zeroblob(16) WHERE name = 'city'");
    let error = refused(Config::new(city_dir(), &data)).await;
    assert_eq!(error.code(), "database_other_city");
    drop(folder);
}

#[tokio::test]
async fn a_city_that_cannot_be_used_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(Config::new(folder.path().join("nowhere"), folder.path())).await;
    assert_eq!(error.code(), "city_faulty");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_private_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::new().await;
    let mode = |name: &str| {
        std::fs::metadata(town.data().join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("demo-accounts.txt"), 0o600);
    assert_eq!(mode("mend.sqlite"), 0o600);
    assert_eq!(mode("."), 0o700);
    let text = std::fs::read_to_string(town.data().join("demo-accounts.txt")).unwrap();
    for account in &town.running.demo_accounts {
        let line = format!("{} {} ({})", account.name, account.password, account.who);
        assert!(text.lines().any(|found| found == line), "{}", account.name);
    }
    let names: Vec<_> = town.running.demo_accounts.iter().map(|a| a.name.as_str()).collect();
    // One for each crew, and one for the desk.
    let crews = town.city.crews.iter().map(|crew| crew.code.as_str());
    assert_eq!(names, crews.chain(["dispatcher"]).collect::<Vec<_>>());
}

#[tokio::test]
async fn demo_accounts_keep_their_passwords_and_stay_on_loopback() {
    let town = Town::new().await;
    let accounts = town.running.demo_accounts.clone();
    let (key, _) = town.signed_in("streets-1").await;
    let town = town.restarted().await;
    assert_eq!(town.running.demo_accounts, accounts);
    assert_eq!(key.session(&town).await.account.unwrap().name, "streets-1");

    let folder = town.folder.clone();
    town.running.shutdown().await;
    let town = Town::listening(folder, town.clock, [0, 0, 0, 0].into()).await;
    assert!(town.running.demo_accounts.is_empty());
    let password = accounts[0].password.clone();
    let denied = Key::new().try_open(&town, Some(("streets-1", &password))).await;
    assert_eq!(problem(denied).await.code, "wrong_password");
    assert_eq!(key.session(&town).await.account, None, "nor does an old sign-in hold there");
}

/// A server behind a proxy listens on loopback, too, and everybody reaches it.
#[tokio::test]
async fn a_server_with_a_public_name_has_no_demo_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        allow_hosts: vec!["mend.example.org".into()],
        ..Config::new(city_dir(), folder.path())
    };
    let running = start(config).await.unwrap();
    assert!(running.demo_accounts.is_empty());
    assert!(!folder.path().join("demo-accounts.txt").exists());
    running.shutdown().await;
}

#[tokio::test]
async fn a_rebuild_makes_what_was_there() {
    let town = Town::new().await;
    let key = Key::new();
    let reported = town.reported(&key, OLD_MILL).await;
    let (crew, _) = town.signed_in("streets-1").await;
    town.accepted(&crew.complete(&town, reported.order, Vec::new())).await;
    let data = town.data();
    let request = town.subject_request(&reported.token, reported.said.subject).await;
    let (folder, clock) = (town.folder.clone(), town.clock.clone());
    town.running.shutdown().await;
    edit(&data, "DELETE FROM orders; UPDATE requests SET status = 'received', state = '{}'");
    let made = {
        let data = data.clone();
        tokio::task::spawn_blocking(move || rebuild(&city_dir(), &data)).await.unwrap().unwrap()
    };
    assert_eq!((made.requests, made.orders), (1, 1));
    let town = Town::on(folder, clock).await;
    let token = key.session(&town).await.token;
    assert_eq!(town.subject_request(&token, reported.said.subject).await, request);
}

/// An event of a newer program is kept and handed on as it is.
#[tokio::test]
async fn events_of_a_newer_program_are_kept() {
    let town = Town::new().await;
    let key = Key::new();
    let reported = town.reported(&key, BEACON_HILL).await;
    let version = reported.accepted.version + 1;
    let (folder, clock, data) = (town.folder.clone(), town.clock.clone(), town.data());
    town.running.shutdown().await;
    let id = hex::encode(reported.said.subject.as_bytes());
    edit(
        &data,
        &format!(
            "INSERT INTO events (id, subject_kind, subject, version, type, type_version, actor,
                 occurred_at, recorded_at, body, command)
             VALUES (zeroblob(16), 1, x'{id}', {version}, 'moonlit', 3, '{{\"as\":\"city\"}}', {at},
                 {at}, '{{\"glow\":7}}', zeroblob(16))",
            at = MORNING.0
        ),
    );
    {
        let data = data.clone();
        tokio::task::spawn_blocking(move || rebuild(&city_dir(), &data)).await.unwrap().unwrap();
    }
    let town = Town::on(folder, clock).await;
    let token = key.session(&town).await.token;
    assert_eq!(town.subject_request(&token, reported.said.subject).await.version, version);
    let (_, desk) = town.signed_in("dispatcher").await;
    let path = format!("/v1/subjects/service_request/{}", reported.said.subject);
    let snapshot: mend_core::api::Snapshot = town.get(&desk.token, &path).await;
    let newest = snapshot.events.last().unwrap();
    assert_eq!(newest.version(), Some(version));
    assert!(
        matches!(newest, mend_core::api::WireEvent::Newer(event) if event["body"]["glow"] == 7)
    );
}
