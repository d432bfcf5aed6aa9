//! Taking over a history: through the same rules as everything else, and as if it had never been
//! interrupted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mend_core::catalogue::Crew;
use mend_core::id::SubjectRef;
use mend_core::subject::{RequestStatus, ServiceRequest, SubjectState, WorkOrder};
use mend_core::time::{DAY_MS, Timestamp};
use rusqlite::Connection;
use rusqlite::types::Value;
use tokio::sync::watch;

use super::tests::{CITY, dump, read_tables};
use super::{CommitFault, FILE, Options, SqliteReads, SqliteStore, numbers, subjects};
use crate::clock::Clock;
use crate::history::{Arrivals, Import, SEED};
use crate::store::pool::Readers;
use crate::store::thread::Committer;
use crate::store::{Reads, Store, scopes};

/// 2026-11-25, a Wednesday, ten in the morning in Port Alder.
const UNTIL: Timestamp = Timestamp(1_795_629_600_000);
/// Enough that all that can happen has happened.
const RECORDS: u32 = 400;

fn store(folder: &Path, commit_fault: Option<CommitFault>) -> SqliteStore {
    SqliteStore::open(Options {
        folder: folder.to_owned(),
        city: CITY.clone(),
        demo_allowed: true,
        fresh_mac_key: [1; 32],
        commit_fault,
    })
    .unwrap()
}

/// A history that is being taken over.
struct Taking {
    import: tokio::task::JoinHandle<()>,
    ending: watch::Sender<bool>,
    committer: Committer,
    thread: std::thread::JoinHandle<()>,
}

impl Taking {
    fn begin(folder: &Path, count: u32, clock: Clock, fault: Option<CommitFault>) -> Self {
        let mut store = store(folder, fault);
        let until = store.history_until(UNTIL).unwrap();
        let arrivals = Arrivals::new(SEED, &CITY, count, until);
        let ranges = store.reserve_numbers(arrivals.counts()).unwrap();
        let reads: Arc<dyn Reads> = Arc::new(SqliteReads::open(folder).unwrap());
        let (committer, thread) = Committer::start(Box::new(store)).unwrap();
        let (ending, ended) = watch::channel(false);
        let import = Import {
            city: CITY.clone(),
            arrivals,
            ranges,
            clock,
            readers: Readers::new(reads, 2),
            committer: committer.clone(),
        };
        Self { import: tokio::spawn(import.run(ended)), ending, committer, thread }
    }

    async fn finish(self) {
        self.import.await.unwrap();
        self.committer.end().await;
        self.thread.join().unwrap();
    }
}

async fn taken_over(folder: &Path, count: u32, clock: Clock) {
    Taking::begin(folder, count, clock, None).finish().await;
}

fn opened(folder: &Path) -> Connection {
    Connection::open(folder.join(FILE)).unwrap()
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Every event but for when it was recorded, in the log's order.
fn log(connection: &Connection) -> Vec<Vec<Value>> {
    let sql = "SELECT seq, id, subject_kind, subject, version, type, type_version, actor, by,
                   occurred_at, body, command FROM events ORDER BY seq";
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|n| row.get(n)).collect()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn requests(connection: &Connection) -> Vec<(ServiceRequest, WorkOrder)> {
    let states = dump(connection, "requests").into_iter().map(|row| {
        let Value::Text(state) = &row[2] else { panic!("no text") };
        match serde_json::from_str(state).unwrap() {
            SubjectState::ServiceRequest(request) => request,
            SubjectState::WorkOrder(_) => panic!("no request"),
        }
    });
    states
        .map(|request| {
            let order = SubjectRef::order(request.order.unwrap());
            match subjects::get(connection, order).unwrap().unwrap() {
                SubjectState::WorkOrder(order) => (request, order),
                SubjectState::ServiceRequest(_) => panic!("no order"),
            }
        })
        .collect()
}

/// Scope and subject of each row of a table that has both.
fn scoped(connection: &Connection, sql: &str) -> BTreeSet<(String, Vec<u8>)> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_leaves_no_trace_where_only_what_is_to_come_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(UNTIL);
    taken_over(folder.path(), RECORDS, clock.clone()).await;
    let connection = opened(folder.path());
    let requests = requests(&connection);
    assert_eq!(requests.len(), RECORDS as usize, "each record was accepted");

    assert_eq!(number(&connection, "SELECT count(*) FROM notices"), 0);
    assert_eq!(number(&connection, "SELECT count(*) FROM events WHERE type = 'warned'"), 0);
    assert_eq!(number(&connection, "SELECT count(*) FROM events WHERE by IS NOT NULL"), 0);
    let speakers = scoped(&connection, "SELECT DISTINCT actor, x'' FROM events");
    let speakers: Vec<String> = speakers.into_iter().map(|(actor, _)| actor).collect();
    assert_eq!(speakers, [r#"{"as":"city"}"#, r#"{"as":"import"}"#]);
    let late = format!("SELECT count(*) FROM events WHERE occurred_at >= {}", UNTIL.0);
    assert_eq!(number(&connection, &late), 0, "everything counts when it happened");
    let early = format!("SELECT count(*) FROM events WHERE recorded_at < {}", UNTIL.0);
    assert_eq!(number(&connection, &early), 0, "and is recorded now");

    let mut in_feeds = BTreeSet::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (request, order) in &requests {
        let has_crews = |crew: &Crew| crew.department == order.department && !crew.contractor;
        if order.started_at.is_some() && CITY.pack().crews.iter().any(has_crews) {
            assert!(order.crew.is_some(), "somebody works on it: {order:?}");
        }
        let recorded = request.imported_at.unwrap();
        let mut statement =
            connection.prepare("SELECT kind, next_at FROM clocks WHERE request = ?1").unwrap();
        let clocks: Vec<(i64, i64)> = statement
            .query_map([request.id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        match request.status {
            RequestStatus::Closed => assert_eq!(clocks, [], "{request:?}"),
            RequestStatus::Resolved => {
                let end = request.resolved_at.unwrap().0 + 28 * DAY_MS;
                assert_eq!(clocks, [(3, end)]);
                assert!(end >= UNTIL.0);
            }
            _ => {
                assert!(clocks.iter().all(|(kind, at)| *kind < 3 && *at > recorded.0));
                let open = [
                    SubjectState::ServiceRequest(request.clone()),
                    SubjectState::WorkOrder(order.clone()),
                ];
                for state in &open {
                    let id = state.subject().id;
                    in_feeds.extend(
                        scopes::of(state).into_iter().map(|scope| (scope, id.as_bytes().to_vec())),
                    );
                }
                let department = request.department.as_ref().unwrap();
                let own = (format!("department:{department}"), order.id.as_bytes().to_vec());
                assert!(in_feeds.contains(&own), "its department has {:?}", request.number);
            }
        }
        let known = match request.status {
            RequestStatus::Closed if request.outcome.is_none() => "duplicate",
            RequestStatus::Closed => "closed",
            RequestStatus::Resolved => "resolved",
            _ => "open",
        };
        *seen.entry(known).or_default() += 1;
    }
    assert_eq!(seen.len(), 4, "some of each: {seen:?}");
    assert_eq!(scoped(&connection, "SELECT scope, subject FROM feeds"), in_feeds);
    assert_eq!(scoped(&connection, "SELECT scope, subject FROM members"), in_feeds);
    let reads = SqliteReads::open(folder.path()).unwrap();
    assert_eq!(reads.due(clock.now(), 100).unwrap(), [], "nothing is to be said at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_come_from_the_ranges_without_a_gap_or_double() {
    let folder = tempfile::tempdir().unwrap();
    taken_over(folder.path(), RECORDS, Clock::starting_at(UNTIL)).await;
    let connection = opened(folder.path());
    let mut by_year: BTreeMap<i16, Vec<(Timestamp, String)>> = BTreeMap::new();
    for (request, order) in requests(&connection) {
        let number = request.number.unwrap();
        assert_eq!(order.number, number);
        by_year
            .entry(CITY.year(request.received_at))
            .or_default()
            .push((request.received_at, number));
    }
    let counts = Arrivals::new(SEED, &CITY, RECORDS, UNTIL).counts().clone();
    for (year, mut own) in by_year {
        own.sort();
        let given: Vec<String> = own.into_iter().map(|(_, number)| number).collect();
        let expected: Vec<String> = (1..=counts[&year]).map(|n| numbers::text(year, n)).collect();
        assert_eq!(given, expected, "in order of arrival");
        let (next, _) = numbers::next(&connection, year).unwrap();
        assert_eq!(next, counts[&year] + 1, "live reports go on after it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_stopped() {
    let whole = tempfile::tempdir().unwrap();
    taken_over(whole.path(), RECORDS, Clock::starting_at(UNTIL)).await;

    let torn = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(UNTIL);
    // Each time the disk takes some commits and no more; then the server ends.
    for commits in [1, 2, 30] {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        // The first commits of a start are the store's own.
        let taken = commits + 3;
        let fault: CommitFault = Arc::new(move || counter.fetch_add(1, Ordering::SeqCst) >= taken);
        let taking = Taking::begin(torn.path(), RECORDS, clock.clone(), Some(fault));
        let patience = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while asked.load(Ordering::SeqCst) <= taken {
            assert!(patience.elapsed() < Duration::from_secs(60), "it never came so far");
            looks.tick().await;
        }
        taking.ending.send(true).unwrap();
        taking.finish().await;
        clock.advance(3_600_000);
    }
    let half = number(&opened(torn.path()), "SELECT count(*) FROM requests");
    assert!(0 < half && half < i64::from(RECORDS), "{half} are there");
    taken_over(torn.path(), RECORDS, clock).await;

    let (whole, torn) = (opened(whole.path()), opened(torn.path()));
    assert_eq!(log(&torn), log(&whole));
    assert_eq!(dump(&torn, "content"), dump(&whole, "content"));
    assert_eq!(dump(&torn, "numbers"), dump(&whole, "numbers"));
    assert_eq!(dump(&torn, "feeds"), dump(&whole, "feeds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_over_again_it_brings_nothing_new_and_another_one_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(UNTIL);
    taken_over(folder.path(), 60, clock.clone()).await;
    let before = log(&opened(folder.path()));
    assert!(before.len() > 300);
    for count in [60, 61, 400, 20] {
        taken_over(folder.path(), count, clock.clone()).await;
        assert_eq!(log(&opened(folder.path())), before, "{count}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuild_makes_the_read_tables_of_a_history_again() {
    let folder = tempfile::tempdir().unwrap();
    taken_over(folder.path(), RECORDS, Clock::starting_at(UNTIL)).await;
    let mut store = store(folder.path(), None);
    let before = read_tables(store.connection());
    let rebuilt = store.rebuild().unwrap();
    assert_eq!(rebuilt.requests, u64::from(RECORDS));
    assert_eq!(read_tables(store.connection()), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_written_is_passed_over_and_the_rest_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = numbers::text(2024, 3);
    drop(store(folder.path(), None));
    // Someone else has its number: no writing of it can ever succeed.
    opened(folder.path())
        .execute(
            "INSERT INTO requests (id, version, state, tracking_code, number, status, received_at)
             VALUES (x'00000000000000000000000000000001', 1, '{}', '', ?1, 'closed', 0)",
            [&earlier],
        )
        .unwrap();
    taken_over(folder.path(), 60, Clock::starting_at(UNTIL)).await;
    let connection = opened(folder.path());
    assert_eq!(number(&connection, "SELECT count(*) FROM requests"), 60, "59 and the other");
    let doubles = "SELECT count(*) - count(DISTINCT number) FROM requests";
    assert_eq!(number(&connection, doubles), 0);
}
