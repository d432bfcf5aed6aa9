//! SQLite on simulated disks: what is synced outlives every power cut, and a missing sync is seen.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use mend_sim::dice::Dice;
use mend_sim::disk::{Disk, Fault};
use mend_sim::vfs::{Mount, mount};
use rusqlite::{Connection, OpenFlags};

fn open(synchronous: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open("/sim/db/a.sqlite")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, x BLOB)")?;
    Ok(connection)
}

fn count(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

fn disk() -> (Disk, Mount) {
    let disk = Disk::default();
    let mounted = mount("/sim/db", &disk);
    (disk, mounted)
}

#[test]
fn readers_see_what_a_writer_committed_and_no_more() {
    let (_disk, _mounted) = disk();
    let mut writer = open("full").unwrap();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut reader = Connection::open_with_flags("/sim/db/a.sqlite", flags).unwrap();
    writer.execute("INSERT INTO t VALUES (1, 'a')", []).unwrap();
    assert_eq!(count(&reader), 1);
    let before = reader.transaction().unwrap();
    assert_eq!(count(&before), 1);
    let transaction = writer.transaction().unwrap();
    transaction.execute("INSERT INTO t VALUES (2, 'b')", []).unwrap();
    assert_eq!(count(&before), 1);
    transaction.commit().unwrap();
    assert_eq!(count(&before), 1, "a read transaction stays where it began");
    drop(before);
    assert_eq!(count(&reader), 2);
}

#[test]
fn a_folder_without_a_disk_has_no_databases() {
    let (_disk, _mounted) = disk();
    assert!(Connection::open("/sim/elsewhere/a.sqlite").is_err());
    assert!(Connection::open("/sim/db/a.sqlite").is_ok());
}

/// Commits rows until the power fails; how many were acknowledged and how many are there after.
/// None: the database is damaged.
fn power_cut(seed: u64, synchronous: &str) -> (i64, Option<i64>) {
    let mut dice = Dice::new(seed, 0);
    let (disk, _mounted) = disk();
    let mut acknowledged = 0;
    disk.lay(dice.below(120) as u64, Fault::Crash);
    for _ in 0..3 {
        let Ok(connection) = open(synchronous) else { break };
        for _ in 0..dice.below(40) {
            let blob = vec![7_u8; dice.below(6_000)];
            match connection.execute("INSERT INTO t (x) VALUES (?1)", [blob]) {
                Ok(_) => acknowledged += 1,
                Err(_) => break,
            }
        }
        if dice.one_in(3) {
            // Moves the log into the database, and the next writer begins the log anew.
            // Not by truncating it: see the module `vfs`.
            let _ = connection.execute_batch("PRAGMA wal_checkpoint(RESTART)");
        }
    }
    disk.restart(Some(&mut dice));
    let after = open("full").ok().and_then(|connection| {
        let sound: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).ok()?;
        (sound == "ok").then(|| count(&connection))
    });
    (acknowledged, after)
}

#[test]
fn what_was_acknowledged_outlives_a_power_cut() {
    for seed in 0..1_500 {
        let (acknowledged, after) = power_cut(seed, "full");
        let after = after.unwrap_or_else(|| panic!("seed {seed}: damaged"));
        // The one during which the power failed may be there.
        assert!(
            after == acknowledged || after == acknowledged + 1,
            "seed {seed}: {acknowledged} acknowledged, {after} there"
        );
    }
}

#[test]
fn a_missing_sync_is_seen() {
    let (mut lost, mut damaged) = (0, 0);
    for seed in 0..500 {
        match power_cut(seed, "off") {
            (acknowledged, Some(after)) if after < acknowledged => lost += 1,
            (_, None) => damaged += 1,
            _ => {}
        }
    }
    assert!(lost > 50, "{lost} lost, {damaged} damaged");
    let lost = (0..500).filter(|seed| {
        let (acknowledged, after) = power_cut(*seed, "normal");
        after.is_some_and(|after| after < acknowledged)
    });
    assert!(lost.count() > 50);
}

#[test]
fn a_full_disk_and_a_broken_one_take_nothing_away() {
    for seed in 0..300 {
        let mut dice = Dice::new(seed, 0);
        let (disk, _mounted) = disk();
        let connection = open("full").unwrap();
        let mut done = 0;
        for _ in 0..20 {
            let fault = if dice.one_in(2) { Fault::Full } else { Fault::Io };
            disk.lay(dice.below(12) as u64, fault);
            disk.set_full(dice.one_in(4));
            let blob = vec![7_u8; dice.below(9_000)];
            done += i64::from(connection.execute("INSERT INTO t (x) VALUES (?1)", [blob]).is_ok());
        }
        disk.clear();
        disk.set_full(false);
        let after = count(&connection);
        drop(connection);
        disk.restart(Some(&mut dice));
        let connection = open("full").unwrap();
        // A commit that failed at its sync may be there all the same; none that was said is lost.
        assert!(after >= done && count(&connection) >= done, "seed {seed}");
    }
}

/// A kill in the middle of a commit's sync leaves it readable and not on the disk. What a server
/// that was started again answers from there must be on the disk all the same.
#[test]
fn what_a_restarted_store_reads_is_on_the_disk() {
    use mend_server::store::{Reads, Store};
    use mend_sim::city::cities;
    use mend_sim::server::{self, Server};

    let folder = tempfile::tempdir().unwrap();
    let city = cities().unwrap().new.clone();
    let image = server::image(folder.path(), &city).unwrap();
    let key = mend_core::id::Principal([7; 32]);
    let far = mend_core::time::Timestamp(i64::MAX);
    let now = mend_core::time::Timestamp(0);
    let (mut read, mut seeds) = (0, 0);
    for seed in 0..200 {
        let mut dice = Dice::new(seed, 0);
        let disk = Disk::from_image(&image);
        let mut server = Server::new(disk.clone(), folder.path(), city.clone());
        assert!(server.start(now));
        disk.lay(1 + dice.below(12) as u64, Fault::Crash);
        let said = server.up().unwrap().store.bind(key, "desk", far).is_ok();
        if !disk.is_off() {
            continue;
        }
        seeds += 1;
        server.stop();
        disk.restart(None);
        assert!(server.start(now));
        let known = server.up().unwrap().reads.binding(key).unwrap().is_some();
        assert!(known || !said);
        disk.stop();
        server.stop();
        disk.restart(Some(&mut dice));
        assert!(server.start(now));
        let after = server.up().unwrap().reads.binding(key).unwrap().is_some();
        assert!(after || !known, "seed {seed}: it was read, and is gone");
        read += u32::from(known);
    }
    assert!(seeds > 30 && read > 5, "{seeds} crashes, {read} of them read");
}
