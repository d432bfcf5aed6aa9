//! Backups: made while the server serves, complete, and good to start from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use mend_core::api::CommandAnswer;
use mend_core::event::PhotoRole;
use mend_core::id::PhotoHash;
use mend_server::backup::{BackupError, Progress, backup, restore};
use mend_server::limits::Rate;
use mend_server::{Clock, Limits};
use reqwest::{Method, StatusCode};

use crate::clocks::until;
use crate::program::run;
use crate::support::*;

/// What clients have been answered so far.
#[derive(Default)]
struct Log {
    answered: Vec<(Said, CommandAnswer)>,
    photos: Vec<(Key, String, Vec<u8>)>,
}

/// A resident who reports and uploads, again and again.
async fn busy_resident(town: &Town, log: &Mutex<Log>, enough: &AtomicBool) {
    let key = Key::new();
    let token = key.session(town).await.token;
    while !enough.load(Ordering::SeqCst) {
        let bytes = jpeg();
        let photo = photo_ref(&bytes, PhotoRole::Before);
        let mut report = report_body(OLD_MILL);
        report.photos = vec![photo];
        let said = key.report_as(town, report);
        let answer = town.send(&[&said]).await.remove(0);
        assert!(matches!(answer, CommandAnswer::Accepted(_)), "{answer:?}");
        log.lock().unwrap().answered.push((said.clone(), answer));
        let path = format!("/v1/photos/service_request/{}/{}", said.subject, photo.hash);
        let sent = town.piece(&path, 0, bytes.clone()).bearer_auth(&token).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::NO_CONTENT);
        log.lock().unwrap().photos.push((key.clone(), path, bytes));
    }
}

/// Runs `mend-server backup`, or `restore`; its words, if it ends well.
async fn well(command: &str, arguments: &[&str], paths: &[&Path]) -> String {
    let mut all: Vec<String> = vec![command.to_owned()];
    for (argument, path) in arguments.iter().zip(paths) {
        all.extend([(*argument).to_owned(), path.display().to_string()]);
    }
    let output = tokio::task::spawn_blocking(move || run(&all)).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{command}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_holds_all_that_was_answered_before_it() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let rate = Rate { per_minute: 100_000, burst: 100_000 };
    let limits = Limits { frames_of_key: rate, frames_from_address: rate, ..Limits::default() };
    let config = |config: mend_server::Config| mend_server::Config { limits, ..config };
    let town = Town::with(folder.clone(), Clock::starting_at(MORNING), config).await;
    let (log, enough) = (Mutex::new(Log::default()), AtomicBool::new(false));
    let so_far = || {
        let log = log.lock().unwrap();
        (log.answered.len(), log.photos.len())
    };
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let backups = async {
        until(async || (so_far().1 >= 20).then_some(())).await;
        well("backup", &["--data", "--to"], &[&town.data(), &first]).await;
        let between = so_far();
        until(async || (so_far().1 >= between.1 + 20).then_some(())).await;
        // What counts was answered before the program is started.
        let before = so_far();
        let said =
            well("backup", &["--data", "--to", "--previous"], &[&town.data(), &second, &first])
                .await;
        assert!(said.contains("from the earlier backup"), "{said}");
        // The load was not held up, and goes on after it.
        let after = so_far();
        until(async || (so_far().0 >= after.0 + 10).then_some(())).await;
        enough.store(true, Ordering::SeqCst);
        before
    };
    let residents = join_all((0..6).map(|_| busy_resident(&town, &log, &enough)));
    let ((answered_before, photos_before), _) = tokio::join!(backups, residents);
    let passwords = town.running.demo_accounts.clone();
    town.running.shutdown().await;
    let log = log.into_inner().unwrap();
    assert!(log.answered.len() > answered_before);

    // The machine is gone; another one starts from the backup.
    let elsewhere = Arc::new(tempfile::tempdir().unwrap());
    let data = elsewhere.path().join("data");
    let said = well("restore", &["--from", "--data"], &[&second, &data]).await;
    assert!(said.contains("mend-server serve"), "{said}");
    let town = Town::with(elsewhere.clone(), Clock::starting_at(MORNING), config).await;
    assert_eq!(town.running.demo_accounts, passwords);
    // Everything that was said comes again: first answers for what is in it, and the rest once.
    let mut again = Vec::new();
    for (n, (said, first)) in log.answered.iter().enumerate() {
        let answer = town.send(&[said]).await.remove(0);
        if n < answered_before {
            assert_eq!(answer, *first, "answer {n} of {answered_before}");
        }
        assert!(matches!(answer, CommandAnswer::Accepted(_)), "{answer:?}");
        again.push(answer);
    }
    for ((said, _), answer) in log.answered.iter().zip(&again) {
        assert_eq!(town.send(&[said]).await.remove(0), *answer);
    }
    let mut tokens = BTreeMap::new();
    for (n, (key, path, bytes)) in log.photos.iter().enumerate() {
        let token = match tokens.get(&key.principal().0) {
            Some(token) => token,
            None => {
                let token = key.session(&town).await.token;
                tokens.entry(key.principal().0).or_insert(token)
            }
        };
        let got = town.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
        if n < photos_before {
            assert_eq!(got.status(), StatusCode::OK, "photo {n} of {photos_before}");
            assert!(got.bytes().await.unwrap() == *bytes);
        } else if got.status() == StatusCode::NOT_FOUND {
            // Its device has kept it and brings it now.
            let sent = town.piece(path, 0, bytes.clone()).bearer_auth(token).send().await.unwrap();
            assert_eq!(sent.status(), StatusCode::NO_CONTENT);
        }
    }
    let database = rusqlite::Connection::open(town.data().join("mend.sqlite")).unwrap();
    let requests: i64 =
        database.query_row("SELECT count(*) FROM requests", [], |row| row.get(0)).unwrap();
    assert_eq!(requests, log.answered.len() as i64, "each report is there once");
    town.running.shutdown().await;
}

/// A town with one report whose photo is here, its data folder, and the photo's hash.
async fn small() -> (Arc<tempfile::TempDir>, PathBuf, PhotoHash) {
    let town = Town::new().await;
    let key = Key::new();
    let bytes = jpeg();
    let photo = photo_ref(&bytes, PhotoRole::Before);
    let mut report = report_body(OLD_MILL);
    report.photos = vec![photo];
    let said = key.report_as(&town, report);
    town.accepted(&said).await;
    let token = key.session(&town).await.token;
    let path = format!("/v1/photos/service_request/{}/{}", said.subject, photo.hash);
    let sent = town.piece(&path, 0, bytes).bearer_auth(&token).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::NO_CONTENT);
    let (folder, data) = (town.folder.clone(), town.data());
    town.running.shutdown().await;
    (folder, data, photo.hash)
}

fn photo_file(folder: &Path, hash: PhotoHash) -> PathBuf {
    let name = hash.to_string();
    folder.join("photos").join(&name[..2]).join(format!("{name}.jpg"))
}

fn refused(result: Result<mend_server::backup::Done, BackupError>) -> (&'static str, String) {
    let error = result.unwrap_err();
    (error.code(), error.to_string())
}

#[tokio::test]
async fn nothing_is_written_over_and_what_is_private_stays_so() {
    let (folder, data, hash) = small().await;
    let to = folder.path().join("backup");
    let mut heard = Vec::new();
    let done = backup(&data, &to, None, MORNING, &mut |progress| heard.push(progress)).unwrap();
    assert_eq!((done.photos, done.linked, done.missing.len()), (1, 0, 0));
    assert!(heard.contains(&Progress::Photos { done: 1, of: 1 }));
    assert!(heard.iter().any(|h| matches!(h, Progress::Database { done, of } if done == of)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&to), 0o700);
        for name in ["mend.sqlite", "demo-accounts.txt", "backup.json"] {
            assert_eq!(mode(&to.join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&photo_file(&to, hash)), 0o600);
        // The next one shares its photos.
        let next = folder.path().join("next");
        let done = backup(&data, &next, Some(&to), MORNING, &mut |_| {}).unwrap();
        assert_eq!((done.photos, done.linked), (1, 1));
        let inode = |folder: &Path| std::fs::metadata(photo_file(folder, hash)).unwrap().ino();
        assert_eq!(inode(&to), inode(&next));
    }
    assert!(!to.join("mend.sqlite-wal").exists());
    let try_again = |to: &Path| refused(backup(&data, to, None, MORNING, &mut |_| {}));
    assert_eq!(try_again(&to).0, "backup_exists");
    assert_eq!(try_again(&data).0, "backup_exists", "not into the data folder either");
    // A folder gives it a name of its own, once for each second.
    let shelf = folder.path().join("shelf");
    std::fs::create_dir(&shelf).unwrap();
    let named = backup(&data, &shelf, None, MORNING, &mut |_| {}).unwrap().path;
    assert_eq!(named, shelf.join("mend-20261125T180000Z"));
    assert_eq!(try_again(&shelf).0, "backup_exists");
    // One that was cut off is not taken for one, and not thrown away unasked.
    let cut = folder.path().join("cut.partial");
    std::fs::create_dir(&cut).unwrap();
    let (code, text) = try_again(&folder.path().join("cut"));
    assert_eq!(code, "backup_partial");
    assert!(text.contains("cut.partial") && text.contains("remove it"), "{text}");
    let nothing =
        refused(backup(folder.path(), &folder.path().join("x"), None, MORNING, &mut |_| {}));
    assert_eq!(nothing.0, "data_missing");
    assert!(!folder.path().join("x").exists() && !folder.path().join("x.partial").exists());
}

#[tokio::test]
async fn a_restore_looks_first_and_replaces_nothing() {
    let (folder, data, hash) = small().await;
    let from = folder.path().join("backup");
    backup(&data, &from, None, MORNING, &mut |_| {}).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    let attempt = |from: &Path, to: &Path| refused(restore(from, to, false, &mut |_| {}));
    assert_eq!(attempt(&from, &data).0, "data_exists");
    assert_eq!(attempt(&data, &elsewhere).0, "backup_unknown");
    // A journal that was left would be played into the new database.
    let left = folder.path().join("left");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("mend.sqlite-wal"), "old").unwrap();
    assert_eq!(attempt(&from, &left).0, "data_exists");

    let whole = std::fs::read(from.join("mend.sqlite")).unwrap();
    let mut torn = whole.clone();
    let page = torn.len() / 8192 * 4096;
    torn[page..page + 4096].fill(0x5a);
    for (bytes, code) in [
        (torn, "database_damaged"),
        (b"no database, but quite long ".repeat(99), "database_foreign"),
    ] {
        std::fs::write(from.join("mend.sqlite"), bytes).unwrap();
        assert_eq!(attempt(&from, &elsewhere).0, code);
    }
    std::fs::write(from.join("mend.sqlite"), &whole).unwrap();
    let newer = rusqlite::Connection::open(from.join("mend.sqlite")).unwrap();
    newer.pragma_update(None, "user_version", 4711).unwrap();
    drop(newer);
    assert_eq!(attempt(&from, &elsewhere).0, "database_newer");
    std::fs::write(from.join("mend.sqlite"), &whole).unwrap();

    let good = std::fs::read(photo_file(&from, hash)).unwrap();
    std::fs::write(photo_file(&from, hash), b"spoiled").unwrap();
    let (code, text) = attempt(&from, &elsewhere);
    assert_eq!(code, "backup_photos_bad");
    assert!(
        text.contains(&hash.to_string()) && text.contains("--without-missing-photos"),
        "{text}"
    );
    assert!(!elsewhere.exists(), "nothing was made so far");
    let done = restore(&from, &elsewhere, true, &mut |_| {}).unwrap();
    assert_eq!((done.photos, done.missing), (0, vec![hash]));

    // A photo that a try before has left half written does not count as here.
    std::fs::write(photo_file(&from, hash), &good).unwrap();
    let again = folder.path().join("again");
    std::fs::create_dir_all(photo_file(&again, hash).parent().unwrap()).unwrap();
    std::fs::write(photo_file(&again, hash), b"half").unwrap();
    let done = restore(&from, &again, false, &mut |_| {}).unwrap();
    assert_eq!((done.photos, done.missing.len()), (1, 0));
    assert_eq!(std::fs::read(photo_file(&again, hash)).unwrap(), good);
}

#[tokio::test]
async fn what_the_data_folder_lacks_is_said_and_does_not_stop_the_backup() {
    let (folder, data, hash) = small().await;
    std::fs::write(photo_file(&data, hash), b"spoiled").unwrap();
    let to = folder.path().join("backup");
    let arguments =
        ["backup", "--data", &data.display().to_string(), "--to", &to.display().to_string()]
            .map(str::to_owned);
    let output = run(&arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&hash.to_string()), "{said}");
    // It can be restored all the same: no other backup would bring it back.
    let done = restore(&to, &folder.path().join("new"), false, &mut |_| {}).unwrap();
    assert_eq!(done.missing, [hash]);
}
