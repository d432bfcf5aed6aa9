//! What is taken from whom: haste, slowness, and many streams at once.

use std::time::Duration;

use mend_core::api::CommandAnswer;
use mend_server::Limits;
use mend_server::limits::Rate;
use reqwest::{Method, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::*;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a test can wait for.
const SOON: Duration = Duration::from_millis(300);

fn codes(answers: &[CommandAnswer]) -> Vec<&str> {
    let code = |answer| match answer {
        &CommandAnswer::Accepted(_) => "accepted",
        CommandAnswer::Refused { refusal, .. } => refusal.code.as_str(),
        CommandAnswer::Retry { code } => code.as_str(),
    };
    answers.iter().map(code).collect()
}

#[tokio::test]
async fn a_hasty_key_is_asked_to_send_the_same_bytes_again() {
    let rate = Rate { per_minute: 1, burst: 2 };
    let town = Town::limited(Limits { frames_of_key: rate, ..Limits::default() }).await;
    let (hasty, other) = (Key::new(), Key::new());
    let said = [(); 4].map(|()| hasty.report(&town, OLD_MILL));
    let calm = other.report(&town, OLD_MILL);
    let answers = town.send(&[&said[0], &said[1], &said[2], &calm, &said[3]]).await;
    assert_eq!(codes(&answers), ["accepted", "accepted", "busy", "accepted", "busy"]);
    // Another cannot use up what is this key's: a frame with a broken signature is nobody's.
    town.clock.advance(61_000);
    let mut broken = said[2].clone();
    *broken.bytes.last_mut().unwrap() ^= 1;
    assert_eq!(codes(&town.send(&[&broken, &broken]).await), ["bad_signature"; 2]);
    assert_eq!(codes(&town.send(&[&said[2], &said[3]]).await), ["accepted", "busy"]);
    town.clock.advance(61_000);
    assert_eq!(codes(&town.send(&[&said[3]]).await), ["accepted"], "nothing is lost");
}

#[tokio::test]
async fn a_hasty_address_is_asked_to_send_the_same_bytes_again() {
    let rate = Rate { per_minute: 1, burst: 3 };
    let town = Town::limited(Limits { frames_from_address: rate, ..Limits::default() }).await;
    let said = [(); 2].map(|()| Key::new().report(&town, OLD_MILL));
    let mut broken = said[0].clone();
    *broken.bytes.last_mut().unwrap() ^= 1;
    // Also what is no command costs: looking at it is work.
    let answers = town.send(&[&broken, &broken, &said[0], &said[1]]).await;
    assert_eq!(codes(&answers), ["bad_signature", "bad_signature", "accepted", "busy"]);
    town.clock.advance(61_000);
    assert_eq!(codes(&town.send(&[&said[1]]).await), ["accepted"], "nothing is lost");
}

async fn raw(town: &Town, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(town.running.addr).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Everything that comes until the connection is closed.
async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // Closed with a reset is closed, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("it is closed in time");
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn who_does_not_say_what_they_want_is_not_waited_for() {
    let town = Town::limited(Limits { head: SOON, ..Limits::default() }).await;
    for started in ["", "GET /health HTTP/1.1\r\nHost: localhost\r\nX-"] {
        let said = rest(raw(&town, started).await).await;
        assert!(!said.contains("200 OK"), "{said}");
    }
    let whole = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    // Answered, and closed when nothing more is asked.
    let said = rest(raw(&town, whole).await).await;
    assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
}

#[tokio::test]
async fn a_body_that_stops_or_drips_is_cut_off() {
    let head = "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n";
    let whole = Limits { body: SOON, body_bytes_per_second: u64::MAX, ..Limits::default() };
    let town = Town::limited(whole).await;
    let said = rest(raw(&town, &format!("{head}few bytes")).await).await;
    assert!(said.starts_with("HTTP/1.1 400") && said.contains("body_cut"), "{said}");
    // A byte now and then does not keep the door open.
    let mut dripping = raw(&town, head).await;
    let mut said = [0; 12];
    timeout(PATIENCE, async {
        while timeout(SOON / 10, dripping.read_exact(&mut said)).await.is_err() {
            dripping.write_all(b"x").await.unwrap();
        }
    })
    .await
    .expect("it is cut off in time");
    assert_eq!(&said, b"HTTP/1.1 400");
}

#[tokio::test]
async fn a_slow_upload_that_goes_on_arrives() {
    let town = Town::limited(Limits { body: SOON, ..Limits::default() }).await;
    let said = Key::new().report(&town, OLD_MILL);
    let body = mend_core::frame::batch([said.bytes.as_slice()]);
    let length = body.len();
    let head = format!(
        "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    let start = tokio::time::Instant::now();
    let mut stream = raw(&town, &head).await;
    // Longer altogether than any one silence may be.
    for piece in body.chunks(length / 8 + 1) {
        let early = timeout(SOON / 5, stream.read_u8()).await;
        assert!(early.is_err(), "nothing is said before it is whole: {early:?}");
        stream.write_all(piece).await.unwrap();
    }
    assert!(start.elapsed() > SOON);
    let said = rest(stream).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("accepted"), "{said}");
}

async fn stream(town: &Town, token: &str) -> Response {
    let path = "/v1/changes/stream?at=me@0";
    let response = town.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response
}

#[tokio::test]
async fn a_session_has_few_streams_and_the_newest_live() {
    let town = Town::limited(Limits { streams: 2, ..Limits::default() }).await;
    let (key, other) = (Key::new(), Key::new());
    let token = key.session(&town).await.token;
    let others = other.session(&town).await.token;
    let kept = stream(&town, &others).await;
    let first = stream(&town, &token).await;
    let second = stream(&town, &token).await;
    let third = stream(&town, &token).await;
    let ended = timeout(PATIENCE, first.text()).await.expect("it ends in time").unwrap();
    assert_eq!(ended, "", "nothing had happened");
    town.send(&[&key.report(&town, OLD_MILL), &other.report(&town, OLD_MILL)]).await;
    for mut live in [second, third, kept] {
        let piece = timeout(PATIENCE, live.chunk()).await.expect("it speaks in time").unwrap();
        let text = String::from_utf8(piece.expect("it lives").to_vec()).unwrap();
        assert!(text.contains("event: changes"), "{text}");
    }
}
