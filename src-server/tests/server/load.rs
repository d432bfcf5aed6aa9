//! More than the server can do: it says so at once, with the word when to come again, and does what
//! it has taken.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use mend_core::api::{Answers, CommandAnswer};
use mend_core::frame::batch;
use mend_server::limits::Rate;
use mend_server::{Clock, Config, Limits};
use reqwest::{Client, Method, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::clocks::until;
use crate::program::Served;
use crate::support::*;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Seconds of a refusal's `Retry-After`.
fn wait_s(response: &Response) -> u64 {
    let wait = response.headers().get("retry-after").expect("it says when to come again");
    wait.to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_batch_that_came_too_fast_is_answered_429() {
    let rate = Rate { per_minute: 4, burst: 1 };
    for limits in [
        Limits { frames_of_key: rate, ..Limits::default() },
        Limits { frames_from_address: rate, ..Limits::default() },
    ] {
        let town = Town::limited(limits).await;
        let key = Key::new();
        let said = [(); 3].map(|()| key.report(&town, OLD_MILL));
        town.accepted(&said[0]).await;
        let body = || batch(said[1..].iter().map(|said| said.bytes.as_slice()));
        let post = || town.request(Method::POST, "/v1/commands").body(body()).send();
        let refused = post().await.unwrap();
        assert_eq!((refused.status(), wait_s(&refused)), (StatusCode::TOO_MANY_REQUESTS, 15));
        assert_eq!(problem(refused).await.code, "too_fast");
        // Whoever waits as told is heard, and what is over again hears it beside the answers.
        town.clock.advance(15_000);
        let some = post().await.unwrap();
        assert_eq!((some.status(), wait_s(&some)), (StatusCode::OK, 15));
        let answers = some.json::<Answers>().await.unwrap().answers;
        assert!(matches!(answers[0], CommandAnswer::Accepted(_)), "{answers:?}");
        assert!(matches!(&answers[1], CommandAnswer::Retry { code } if code == "busy"));
    }
}

/// Holds every commit up until it is opened.
#[derive(Default)]
struct Gate {
    shut: Mutex<bool>,
    opened: Condvar,
    waiting: AtomicUsize,
}

impl Gate {
    fn set(&self, shut: bool) {
        *self.shut.lock().unwrap() = shut;
        self.opened.notify_all();
    }

    fn pass(&self) -> bool {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let shut = self.shut.lock().unwrap();
        drop(self.opened.wait_while(shut, |shut| *shut).unwrap());
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_no_place_hears_it_at_once_and_the_others_are_served() {
    let gate = Arc::new(Gate::default());
    let held = gate.clone();
    let limits = Limits { requests: 2, ..Limits::default() };
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let town = Town::with(folder, Clock::starting_at(MORNING), |config| Config {
        limits,
        commit_fault: Some(Arc::new(move || held.pass())),
        ..config
    })
    .await;
    let said: Vec<_> = (0..3).map(|_| Key::new().report(&town, OLD_MILL)).collect();
    gate.waiting.store(0, Ordering::SeqCst);
    gate.set(true);
    let first = tokio::spawn(post(&town, &said[0]));
    until(async || (gate.waiting.load(Ordering::SeqCst) == 1).then_some(())).await;
    let second = tokio::spawn(post(&town, &said[1]));
    // The second has its place as soon as no third one finds any.
    until(async || {
        let full = town.request(Method::GET, "/v1/services").send().await.unwrap();
        (full.status() != StatusCode::OK).then_some(())
    })
    .await;
    for request in [
        town.request(Method::GET, "/v1/services"),
        town.request(Method::GET, "/v1/changes?scope=me"),
        town.request(Method::POST, "/v1/commands").body(batch([said[2].bytes.as_slice()])),
        town.request(Method::POST, "/v1/session").body("x"),
    ] {
        let full = timeout(PATIENCE, request.send()).await.expect("at once").unwrap();
        assert_eq!((full.status(), wait_s(&full)), (StatusCode::SERVICE_UNAVAILABLE, 1));
        assert_eq!(problem(full).await.code, "busy");
    }
    let health = town.request(Method::GET, "/health").send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK, "whoever watches is answered");
    gate.set(false);
    for taken in [first, second] {
        let response = timeout(PATIENCE, taken).await.expect("in time").unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let answers = response.json::<Answers>().await.unwrap().answers;
        assert!(matches!(answers[0], CommandAnswer::Accepted(_)), "{answers:?}");
    }
    town.accepted(&said[2]).await;
}

/// Sends it, again as long as there is no place: the look for one takes one, too.
fn post(town: &Town, said: &Said) -> impl Future<Output = Response> + use<> {
    let request = town.request(Method::POST, "/v1/commands");
    let request = request.body(batch([said.bytes.as_slice()]));
    async move {
        loop {
            let response = request.try_clone().unwrap().send().await.unwrap();
            if response.status() != StatusCode::SERVICE_UNAVAILABLE {
                return response;
            }
        }
    }
}

/// A connection that has sent this and goes on from there.
async fn raw(address: &str, from: Ipv4Addr, text: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Everything that comes until the connection is closed.
async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("it is closed in time");
    String::from_utf8_lossy(&all).into_owned()
}

fn is_busy(said: &str) -> bool {
    said.starts_with("HTTP/1.1 503") && said.to_lowercase().contains("\r\nretry-after: ")
}

#[tokio::test]
async fn bodies_share_their_room() {
    let limits = Limits { body_bytes: 3_000, ..Limits::default() };
    let town = Town::limited(limits).await;
    let address = town.running.addr.to_string();
    let head = |length: usize| {
        format!(
            "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 Content-Length: {length}\r\n\r\n"
        )
    };
    // What is announced takes no room; what has come does.
    let waits = raw(&address, Ipv4Addr::LOCALHOST, &head(500_000)).await;
    let text = format!("{}{}", head(2_001), "x".repeat(2_000));
    let mut half = raw(&address, Ipv4Addr::LOCALHOST, &text).await;
    let other = format!("{}{}", head(2_000), "x".repeat(2_000));
    until(async || {
        let said = rest(raw(&address, Ipv4Addr::LOCALHOST, &other).await).await;
        is_busy(&said).then_some(())
    })
    .await;
    // Small ones still pass, and room is given back.
    town.reported(&Key::new(), OLD_MILL).await;
    half.write_all(b"x").await.unwrap();
    let said = rest(half).await;
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    let said = rest(raw(&address, Ipv4Addr::LOCALHOST, &other).await).await;
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    drop(waits);
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_no_more() {
    let limits = Limits { connections_of_address: 2, connections: 4, ..Limits::default() };
    let town = Town::limited(limits).await;
    let address = town.running.addr.to_string();
    let ask = "GET /v1/services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let (greedy, other, third) =
        (Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3), Ipv4Addr::new(127, 0, 0, 4));
    let open = [raw(&address, greedy, "").await, raw(&address, greedy, "").await];
    until(async || {
        let said = rest(raw(&address, greedy, ask).await).await;
        is_busy(&said).then_some(())
    })
    .await;
    let said = rest(raw(&address, other, ask).await).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    // All together have a limit, too. The town's own client holds one of the four, and may let go.
    let _others = [raw(&address, other, "").await, raw(&address, other, "").await];
    until(async || {
        let said = rest(raw(&address, third, ask).await).await;
        is_busy(&said).then_some(())
    })
    .await;
    drop(open);
    until(async || {
        let said = rest(raw(&address, third, ask).await).await;
        said.starts_with("HTTP/1.1 200").then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_does_not_read_is_left() {
    let limits = Limits { answer: Duration::from_millis(200), ..Limits::default() };
    let town = Town::limited(limits).await;
    let address = town.running.addr.to_string();
    // Far more answers than the buffers on the way hold, and none is read.
    let ask = "GET /v1/city HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    let deaf = raw(&address, Ipv4Addr::LOCALHOST, &ask).await;
    // The server hangs up: sooner or later there is nobody to write to.
    until(async || match deaf.try_write(ask.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => Some(()),
        _ => None,
    })
    .await;
    town.reported(&Key::new(), OLD_MILL).await;
}

/// What clients saw.
#[derive(Default)]
struct Seen {
    accepted: AtomicUsize,
    turned_away: AtomicUsize,
    unlike: Mutex<Vec<String>>,
}

/// Sends each client's bodies in turn, each again until it is accepted.
#[cfg(target_os = "linux")]
async fn press(address: &str, clients: &[Client], work: Vec<Vec<Vec<u8>>>, seen: &Seen) {
    let one = async |n: usize, bodies: Vec<Vec<u8>>| {
        let client = &clients[n % clients.len()];
        for body in bodies {
            loop {
                let url = format!("http://{address}/v1/commands");
                let response = client.post(url).body(body.clone()).send().await;
                let response = match response {
                    Ok(response) => response,
                    Err(error) => {
                        seen.unlike.lock().unwrap().push(format!("{error:?}"));
                        continue;
                    }
                };
                match response.status() {
                    StatusCode::OK => {
                        let answers = response.json::<Answers>().await.unwrap().answers;
                        if matches!(answers[0], CommandAnswer::Accepted(_)) {
                            seen.accepted.fetch_add(1, Ordering::SeqCst);
                            break;
                        }
                        seen.unlike.lock().unwrap().push(format!("{answers:?}"));
                    }
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                        assert!(wait_s(&response) >= 1);
                        seen.turned_away.fetch_add(1, Ordering::SeqCst);
                        let health = client.get(format!("http://{address}/health")).send().await;
                        assert_eq!(health.unwrap().status(), StatusCode::OK);
                    }
                    other => seen.unlike.lock().unwrap().push(other.to_string()),
                }
            }
        }
    };
    join_all(work.into_iter().enumerate().map(|(n, bodies)| one(n, bodies))).await;
}

/// The program with the limits that it ships with: 256 requests are worked on at a time. Half of
/// that many clients are well served; with twice as many as there are places, some are turned away,
/// nothing is lost or done twice, and memory does not grow with the crowd.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_twice_its_capacity_the_program_turns_away_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "warn");
    // Frames are made for the same city; nobody serves them here.
    let mould = Town::new().await;
    let clients: Vec<Client> = (2..6)
        .map(|n| {
            let from = IpAddr::from([127, 0, 0, n]);
            Client::builder().no_proxy().local_address(from).build().unwrap()
        })
        .collect();
    let work = |clients: usize, each: usize| -> Vec<Vec<Vec<u8>>> {
        let report = |key: &Key| batch([key.report(&mould, OLD_MILL).bytes.as_slice()]);
        let of = |_| {
            let key = Key::new();
            (0..each).map(|_| report(&key)).collect()
        };
        (0..clients).map(of).collect()
    };
    let (single, double) = (Seen::default(), Seen::default());
    press(&served.address, &clients, work(128, 6), &single).await;
    assert_eq!(single.turned_away.load(Ordering::SeqCst), 0, "128 find a place each");
    let before = served.kib("VmHWM");
    press(&served.address, &clients, work(512, 3), &double).await;
    let after = served.kib("VmHWM");
    for seen in [&single, &double] {
        assert_eq!(*seen.unlike.lock().unwrap(), Vec::<String>::new());
    }
    assert!(double.turned_away.load(Ordering::SeqCst) > 0, "512 do not");
    let accepted = [&single, &double].map(|seen| seen.accepted.load(Ordering::SeqCst));
    assert_eq!(accepted, [128 * 6, 512 * 3]);
    println!(
        "VmHWM: {before} KiB with 128 clients, {after} KiB with 512; turned away {:?}",
        double.turned_away
    );
    assert!(after < before * 3 / 2 + (16 << 10), "{before} KiB became {after} KiB");

    // Slow ones: heads and bodies that do not end, and answers that nobody reads.
    let slow = Ipv4Addr::new(127, 0, 0, 9);
    let mut held = Vec::new();
    for n in 0..300 {
        let text = match n % 3 {
            0 => "GET /v1/services HTTP/1.1\r\nHost: localhost\r\nX-".to_owned(),
            1 => "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\nx"
                .to_owned(),
            _ => "GET /v1/city HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20),
        };
        held.push(raw(&served.address, slow, &text).await);
    }
    let beside = Seen::default();
    press(&served.address, &clients, work(8, 2), &beside).await;
    assert_eq!(beside.accepted.load(Ordering::SeqCst), 16);
    assert_eq!(beside.turned_away.load(Ordering::SeqCst), 0, "the slow take no places");
    drop(held);

    let (_, said) = served.end();
    let said = String::from_utf8(said).unwrap();
    assert!(!said.contains("ERROR"), "{said}");
    let database = rusqlite::Connection::open(folder.path().join("mend.sqlite")).unwrap();
    let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    let all = i64::try_from(accepted[0] + accepted[1] + 16).unwrap();
    assert_eq!(count("SELECT count(*) FROM requests"), all);
    assert_eq!(count("SELECT count(*) FROM events WHERE version = 1 AND subject_kind = 1"), all);
}
