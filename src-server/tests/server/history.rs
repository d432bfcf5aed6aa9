//! A past that is made in the background of a server that serves.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mend_core::api::{Change, Snapshot};
use mend_core::city::City;
use mend_core::id::{CommandId, SubjectId};
use mend_core::subject::SubjectState;
use mend_server::history::{Arrivals, SEED};
use mend_server::store::Reads;
use mend_server::store::sqlite::SqliteReads;
use mend_server::{Clock, Config, start};
use tempfile::TempDir;

use crate::support::*;

async fn with_history(folder: Arc<TempDir>, clock: Clock, count: u32) -> Town {
    Town::with(folder, clock, |config| Config { history: Some(count), ..config }).await
}

fn city() -> City {
    City::from_pack(mend_server::city::load(&city_dir()).unwrap()).unwrap()
}

/// Whether the record with this place is there.
fn is_there(data: &Path, index: u32) -> bool {
    let id = CommandId::import(&format!("history-{index:06}"), 0);
    SqliteReads::open(data).unwrap().accepted(id).unwrap()
}

async fn until_there(town: &Town, index: u32) {
    let patience = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    while !is_there(&town.data(), index) {
        assert!(patience.elapsed() < Duration::from_secs(600), "record {index} never came");
        looks.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_reports_are_answered_meanwhile_and_numbered_after_it() {
    const COUNT: u32 = 600;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let town = with_history(folder, Clock::starting_at(MORNING), COUNT).await;
    let reserved = Arrivals::new(SEED, &city(), COUNT, MORNING).counts()[&2026];
    assert!(reserved > 100);
    let resident = Key::new();
    for n in 1..=5 {
        let accepted = town.accepted(&resident.report(&town, OLD_MILL)).await;
        assert_eq!(accepted.number.unwrap(), format!("26-{:06}", reserved + n));
    }
    assert!(!is_there(&town.data(), COUNT - 1), "nobody had to wait for the history");
    until_there(&town, COUNT - 1).await;
    let accepted = town.accepted(&resident.report(&town, OLD_MILL)).await;
    assert_eq!(accepted.number.unwrap(), format!("26-{:06}", reserved + 6));
    town.running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_meanwhile_goes_on_at_its_next_start() {
    const COUNT: u32 = 500;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let clock = Clock::starting_at(MORNING);
    let town = with_history(folder.clone(), clock.clone(), COUNT).await;
    until_there(&town, 40).await;
    let data = town.data();
    town.running.shutdown().await;
    assert!(!is_there(&data, COUNT - 1), "it did not wait for the end");

    clock.advance(3 * 3_600_000);
    let town = with_history(folder, clock, COUNT).await;
    until_there(&town, COUNT - 1).await;
    let missing: Vec<u32> = (0..COUNT).filter(|n| !is_there(&town.data(), *n)).collect();
    assert_eq!(missing, Vec::<u32>::new());
    town.running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_stands_in_its_departments_feed_and_nothing_else() {
    const COUNT: u32 = 300;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let town = with_history(folder, Clock::starting_at(MORNING), COUNT).await;
    until_there(&town, COUNT - 1).await;
    let (_, dispatcher) = town.signed_in("dispatcher").await;
    let mut open = 0;
    for department in &town.city.departments {
        let scope = format!("department:{}", department.code);
        for row in town.changes(&dispatcher.token, &scope, 0).await.rows {
            let Change::Enter(snapshot) = row else { panic!("{row:?}") };
            let is_open = match &snapshot.state {
                SubjectState::ServiceRequest(request) => request.status.is_open(),
                SubjectState::WorkOrder(order) => order.status.is_open(),
            };
            assert!(is_open, "{:?}", snapshot.state);
            open += 1;
        }
    }
    assert!((1..COUNT / 3).contains(&open), "{open} rows");
    // What is over is found all the same, as anyone may have it.
    let id = SubjectId::import("history-000000");
    let path = format!("/v1/subjects/service_request/{id}");
    let old: Snapshot = town.get(&dispatcher.token, &path).await;
    let SubjectState::ServiceRequest(request) = old.state else { panic!("no request") };
    assert!(request.number.unwrap().starts_with("23-"));
    town.running.shutdown().await;
}

#[tokio::test]
async fn a_history_is_for_loopback_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config { history: Some(10), ..Config::new(city_dir(), folder.path()) };
    let everywhere = Config { listen: ([0, 0, 0, 0], 0).into(), ..config() };
    let named = Config { allow_hosts: vec!["mend.example".into()], ..config() };
    for config in [everywhere, named] {
        let refused = start(config).await.err().unwrap();
        assert_eq!(refused.code(), "history_not_on_loopback");
    }
    assert!(!folder.path().join("mend.sqlite").exists(), "nothing was made");
}

/// Not a test but a measurement: `cargo test -p mend-server --test server -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of some minutes"]
async fn how_long_a_history_takes_and_what_live_reports_notice() {
    const COUNT: u32 = 20_000;
    async fn times(town: &Town, goes_on: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut times = Vec::new();
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        while times.len() % 20 != 0 || goes_on(times.len()) {
            pause.tick().await;
            // Each by someone else: one alone may not say so much.
            let report = Key::new().report(town, OLD_MILL);
            let begin = Instant::now();
            town.accepted(&report).await;
            times.push(begin.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        times
    }
    let told = |name: &str, times: &[f64]| {
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "{name}: {} live reports, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            times.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    };
    let town = Town::new().await;
    told("without", &times(&town, |n| n < 400).await);
    town.running.shutdown().await;

    let folder = Arc::new(tempfile::tempdir().unwrap());
    let town = with_history(folder, Clock::starting_at(MORNING), COUNT).await;
    let begin = Instant::now();
    let data = town.data();
    let with = times(&town, |_| !is_there(&data, COUNT - 1)).await;
    let seconds = begin.elapsed().as_secs_f64();
    told("while a history is taken over", &with);
    println!("{COUNT} records in {seconds:.1} s");
    town.running.shutdown().await;

    // And alone, for its size.
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let town = with_history(folder.clone(), Clock::starting_at(MORNING), COUNT).await;
    let begin = Instant::now();
    until_there(&town, COUNT - 1).await;
    println!("{COUNT} records alone in {:.1} s", begin.elapsed().as_secs_f64());
    let data = town.data();
    town.running.shutdown().await;
    let bytes = std::fs::metadata(data.join("mend.sqlite")).unwrap().len();
    println!("{} bytes for each request", bytes / u64::from(COUNT));
}
