//! Photos: words first, then bytes, in pieces, each checked.

use std::sync::Arc;

use mend_core::api::Change;
use mend_core::event::PhotoRole;
use mend_core::id::{PhotoHash, SubjectId};
use mend_photos::{Bounds, PIECE_LIMIT};
use mend_server::Limits;
use reqwest::{Body, Method, Response, StatusCode};

use crate::support::*;

fn path(kind: &str, subject: SubjectId, hash: PhotoHash) -> String {
    format!("/v1/photos/{kind}/{subject}/{hash}")
}

/// Sends one piece.
async fn patch(
    town: &Town,
    token: &str,
    path: &str,
    offset: u64,
    bytes: impl Into<Body>,
) -> Response {
    town.piece(path, offset, bytes).bearer_auth(token).send().await.unwrap()
}

fn number(response: &Response, name: &str) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

/// How many bytes are here.
async fn offset(town: &Town, token: &str, path: &str) -> u64 {
    let response = town.request(Method::HEAD, path).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["tus-resumable"], "1.0.0");
    assert_eq!(response.headers()["cache-control"], "no-store");
    number(&response, "upload-offset")
}

/// Sends what is missing, so many bytes at a time.
async fn rest(town: &Town, token: &str, path: &str, bytes: &[u8], size: usize) {
    let mut at = offset(town, token, path).await;
    while at < bytes.len() as u64 {
        let from = at as usize;
        let piece = &bytes[from..bytes.len().min(from + size)];
        let response = patch(town, token, path, at, piece.to_vec()).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        at = number(&response, "upload-offset");
        assert_eq!(at, (from + piece.len()) as u64);
    }
}

async fn get(town: &Town, token: &str, path: &str) -> (StatusCode, Vec<u8>) {
    let response = town.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
    let status = response.status();
    (status, response.bytes().await.unwrap().to_vec())
}

/// A report that names a photo of these bytes, and where they go.
async fn reported_with(town: &Town, key: &Key, bytes: &[u8]) -> (Reported, String) {
    let photo = photo_ref(bytes, PhotoRole::Before);
    let mut report = report_body(OLD_MILL);
    report.photos = vec![photo];
    let said = key.report_as(town, report);
    let accepted = town.accepted(&said).await;
    let token = key.session(town).await.token;
    let order = town.subject_request(&token, said.subject).await.order.unwrap();
    let path = path("service_request", said.subject, photo.hash);
    (Reported { by: key.clone(), said, accepted, order, token }, path)
}

/// What lies unfinished in the data folder.
fn unfinished(town: &Town) -> usize {
    std::fs::read_dir(town.data().join("photos/unfinished")).unwrap().count()
}

#[tokio::test]
async fn a_photo_is_verified_once_and_reaches_the_crew() {
    let town = Town::new().await;
    let key = Key::new();
    let bytes = jpeg();
    let (reported, path) = reported_with(&town, &key, &bytes).await;
    let subject = reported.said.subject;
    let (status, _) = get(&town, &reported.token, &path).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "named, not here yet");
    let (_, crew) = town.signed_in("streets-1").await;
    let at = town.changes(&crew.token, "crew:streets-1", 0).await.next;
    let whole = bytes.len() as u64;
    let sent = patch(&town, &reported.token, &path, 0, bytes.clone()).await;
    assert_eq!((sent.status(), number(&sent, "upload-offset")), (StatusCode::NO_CONTENT, whole));
    assert_eq!(town.version(&reported).await, reported.accepted.version + 1);
    // Its answer may have been lost: the same again, or the question, says that all is here.
    let again = patch(&town, &reported.token, &path, 0, bytes.clone()).await;
    assert_eq!((again.status(), number(&again, "upload-offset")), (StatusCode::CONFLICT, whole));
    let nothing = patch(&town, &reported.token, &path, whole, Vec::new()).await;
    assert_eq!(nothing.status(), StatusCode::NO_CONTENT);
    assert_eq!(offset(&town, &reported.token, &path).await, whole);
    assert_eq!(town.version(&reported).await, reported.accepted.version + 1, "one effect");
    assert_eq!(get(&town, &reported.token, &path).await, (StatusCode::OK, bytes.clone()));
    // The crew sees it by the order, and not by the request.
    let page = town.changes(&crew.token, "crew:streets-1", at).await;
    assert!(matches!(page.rows.as_slice(), [Change::Events { .. }]));
    let by_order = path.replace("service_request", "work_order");
    let by_order = by_order.replace(&subject.to_string(), &reported.order.to_string());
    assert_eq!(get(&town, &crew.token, &by_order).await.1, bytes);
    assert_eq!(get(&town, &crew.token, &path).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_crews_photo_reaches_the_reporter() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let (crew, session) = town.signed_in("streets-1").await;
    let bytes = jpeg();
    let photo = photo_ref(&bytes, PhotoRole::After);
    town.accepted(&crew.complete(&town, reported.order, vec![photo])).await;
    let order = path("work_order", reported.order, photo.hash);
    rest(&town, &session.token, &order, &bytes, 400).await;
    let request = path("service_request", reported.said.subject, photo.hash);
    assert_eq!(get(&town, &reported.token, &request).await, (StatusCode::OK, bytes));
}

#[tokio::test]
async fn a_piece_goes_where_the_last_one_ended_and_nowhere_else() {
    let town = Town::new().await;
    let bytes = jpeg();
    let (reported, path) = reported_with(&town, &Key::new(), &bytes).await;
    let (token, whole) = (&reported.token, bytes.len() as u64);
    let response = town.request(Method::HEAD, &path).bearer_auth(token).send().await.unwrap();
    assert_eq!(number(&response, "upload-length"), whole);
    // Where a piece of 100 bytes is said to begin, what is answered, and how much is here then.
    let table = [
        (100, StatusCode::CONFLICT, 0),
        (0, StatusCode::NO_CONTENT, 100),
        (0, StatusCode::CONFLICT, 100),
        (99, StatusCode::CONFLICT, 100),
        (101, StatusCode::CONFLICT, 100),
        (100, StatusCode::NO_CONTENT, 200),
        (whole - 100, StatusCode::CONFLICT, 200),
        (whole - 99, StatusCode::PAYLOAD_TOO_LARGE, 200),
        (whole, StatusCode::PAYLOAD_TOO_LARGE, 200),
        (u64::MAX, StatusCode::PAYLOAD_TOO_LARGE, 200),
        (200, StatusCode::NO_CONTENT, 300),
    ];
    for (n, (at, status, here)) in table.into_iter().enumerate() {
        let from = (at as usize).min(bytes.len() - 100);
        let response = patch(&town, token, &path, at, bytes[from..from + 100].to_vec()).await;
        assert_eq!(response.status(), status, "{n}");
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                assert_eq!(problem(response).await.code, "photo_too_large", "{n}");
            }
            StatusCode::CONFLICT => {
                assert_eq!(number(&response, "upload-offset"), here, "{n}");
                assert_eq!(problem(response).await.code, "upload_offset", "{n}");
            }
            _ => assert_eq!(number(&response, "upload-offset"), here, "{n}"),
        }
        assert_eq!(offset(&town, token, &path).await, here, "{n}");
    }
    let none = patch(&town, token, &path, 300, Vec::new()).await;
    assert_eq!((none.status(), number(&none, "upload-offset")), (StatusCode::NO_CONTENT, 300));
    let large = patch(&town, token, &path, 300, vec![0; PIECE_LIMIT + 1]).await;
    assert_eq!(problem(large).await.code, "body_too_large");
    assert_eq!(town.version(&reported).await, reported.accepted.version);
    rest(&town, token, &path, &bytes, 333).await;
    assert_eq!(get(&town, token, &path).await, (StatusCode::OK, bytes));
    assert_eq!(unfinished(&town), 0);
}

#[tokio::test]
async fn headers_that_announce_no_piece_are_refused() {
    let town = Town::new().await;
    let bytes = jpeg();
    let (reported, path) = reported_with(&town, &Key::new(), &bytes).await;
    type Headers = &'static [(&'static str, &'static str)];
    const OCTETS: &str = "application/offset+octet-stream";
    let cases: [(Headers, u16, &str); 6] = [
        (&[], 412, "upload_version"),
        (&[("tus-resumable", "0.2.2"), ("content-type", OCTETS)], 412, "upload_version"),
        (&[("tus-resumable", "1.0.0"), ("content-type", "image/jpeg")], 415, "upload_type"),
        (&[("tus-resumable", "1.0.0"), ("content-type", OCTETS)], 400, "bad_request"),
        (
            &[("tus-resumable", "1.0.0"), ("content-type", OCTETS), ("upload-offset", "-1")],
            400,
            "bad_request",
        ),
        (
            &[
                ("tus-resumable", "1.0.0"),
                ("content-type", OCTETS),
                ("upload-offset", "0"),
                ("upload-offset", "4"),
            ],
            400,
            "bad_request",
        ),
    ];
    for (headers, status, code) in cases {
        let mut request = town.request(Method::PATCH, &path).bearer_auth(&reported.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let bad = problem(request.body("piece").send().await.unwrap()).await;
        assert_eq!((bad.status, bad.code.as_str()), (status, code), "{headers:?}");
    }
    // There is one way in.
    let put = town.request(Method::PUT, &path).bearer_auth(&reported.token).body(bytes);
    assert_eq!(problem(put.send().await.unwrap()).await.code, "method_not_allowed");
    assert_eq!(offset(&town, &reported.token, &path).await, 0);
}

#[tokio::test]
async fn a_cut_in_any_piece_and_a_server_that_dies_cost_no_acknowledged_byte() {
    let mut town = Town::new().await;
    let key = Key::new();
    let bytes = jpeg();
    let (mut reported, path) = reported_with(&town, &key, &bytes).await;
    let size = bytes.len().div_ceil(5);
    for (n, piece) in bytes.chunks(size).enumerate() {
        let at = (n * size) as u64;
        // The length is announced, half the piece comes, then the connection breaks.
        let half = piece[..piece.len() / 2].to_vec();
        let halves = futures_util::stream::iter([
            Ok::<_, std::io::Error>(half),
            Err(std::io::Error::other("cut")),
        ]);
        let cut = town
            .piece(&path, at, Body::wrap_stream(halves))
            .bearer_auth(&reported.token)
            .header("content-length", piece.len())
            .send()
            .await;
        assert!(cut.is_err(), "the device gets no answer");
        assert_eq!(offset(&town, &reported.token, &path).await, at, "piece {n}");
        assert_eq!(town.version(&reported).await, reported.accepted.version);
        let sent = patch(&town, &reported.token, &path, at, piece.to_vec()).await;
        assert_eq!(sent.status(), StatusCode::NO_CONTENT);
        town = town.restarted().await;
        reported.token = key.session(&town).await.token;
        assert_eq!(
            offset(&town, &reported.token, &path).await,
            at + piece.len() as u64,
            "piece {n}"
        );
    }
    assert_eq!(get(&town, &reported.token, &path).await, (StatusCode::OK, bytes));
    assert_eq!(unfinished(&town), 0, "nothing half-written is left");
    let incoming = std::fs::read_dir(town.data().join("photos/incoming")).unwrap().count();
    assert_eq!(incoming, 0);
}

#[tokio::test]
async fn a_commit_that_fails_costs_the_last_piece_only() {
    let town = Town::new().await;
    let bytes = jpeg();
    let (reported, path) = reported_with(&town, &Key::new(), &bytes).await;
    let token = &reported.token;
    let (first, last) = bytes.split_at(bytes.len() - 50);
    assert_eq!(patch(&town, token, &path, 0, first.to_vec()).await.status(), 204);
    town.failing.store(1, std::sync::atomic::Ordering::SeqCst);
    let failed = patch(&town, token, &path, first.len() as u64, last.to_vec()).await;
    assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(town.version(&reported).await, reported.accepted.version);
    assert_eq!(offset(&town, token, &path).await, first.len() as u64);
    assert_eq!(patch(&town, token, &path, first.len() as u64, last.to_vec()).await.status(), 204);
    assert_eq!(town.version(&reported).await, reported.accepted.version + 1);
}

#[tokio::test]
async fn two_connections_at_once_end_with_one_photo() {
    let town = Arc::new(Town::new().await);
    let bytes = jpeg();
    let (reported, path) = reported_with(&town, &Key::new(), &bytes).await;
    let mut both = tokio::task::JoinSet::new();
    for size in [97, 61] {
        let (town, token, path, bytes) =
            (town.clone(), reported.token.clone(), path.clone(), bytes.clone());
        both.spawn(async move {
            let mut at = 0;
            while at < bytes.len() as u64 {
                let from = at as usize;
                let piece = bytes[from..bytes.len().min(from + size)].to_vec();
                let response = patch(&town, &token, &path, at, piece).await;
                let status = response.status();
                assert!(status == 204 || status == 409, "{status}");
                at = number(&response, "upload-offset");
            }
        });
    }
    both.join_all().await;
    assert_eq!(get(&town, &reported.token, &path).await, (StatusCode::OK, bytes));
    assert_eq!(town.version(&reported).await, reported.accepted.version + 1, "one effect");
    assert_eq!(unfinished(&town), 0);
}

fn with_exif(clean: &[u8]) -> Vec<u8> {
    let mut bytes = clean[..2].to_vec();
    bytes.extend(b"\xff\xe1\x00\x10Exif\0\0MM\0*\0\0\0\x08");
    bytes.extend(&clean[2..]);
    bytes
}

#[tokio::test]
async fn what_is_not_the_clean_photo_that_was_named_is_refused() {
    let town = Town::new().await;
    let key = Key::new();
    let clean = jpeg();
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("metadata", with_exif(&clean), "photo_has_metadata"),
        ("a text", b"just words".to_vec(), "photo_not_image"),
        ("half a photo", clean[..clean.len() / 2].to_vec(), "photo_not_image"),
        ("a space", vec![b' '], "photo_not_image"),
    ];
    for (what, bytes, code) in cases {
        let (reported, path) = reported_with(&town, &key, &bytes).await;
        let (first, last) = bytes.split_at(bytes.len() / 2);
        if !first.is_empty() {
            let kept = patch(&town, &reported.token, &path, 0, first.to_vec()).await;
            assert_eq!(kept.status(), StatusCode::NO_CONTENT, "{what}");
        }
        let response =
            patch(&town, &reported.token, &path, first.len() as u64, last.to_vec()).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert_eq!(problem(response).await.code, code, "{what}");
        assert_eq!(town.version(&reported).await, reported.accepted.version, "{what}");
        assert_eq!(offset(&town, &reported.token, &path).await, 0, "{what}");
        assert_eq!(unfinished(&town), 0, "{what}");
    }
    let (reported, path) = reported_with(&town, &key, &clean).await;
    let mut other = clean.clone();
    other[clean.len() / 2] ^= 1;
    for size in [200, clean.len()] {
        let first = patch(&town, &reported.token, &path, 0, other[..200].to_vec()).await;
        assert_eq!(first.status(), StatusCode::NO_CONTENT);
        let last = patch(&town, &reported.token, &path, 200, other[200..].to_vec()).await;
        assert_eq!(problem(last).await.code, "photo_wrong_hash", "{size}");
        assert_eq!(unfinished(&town), 0);
    }
    // The right bytes still find the door open.
    rest(&town, &reported.token, &path, &clean, 500).await;
    assert_eq!(get(&town, &reported.token, &path).await, (StatusCode::OK, clean));
}

#[tokio::test]
async fn only_who_named_a_photo_may_bring_it() {
    let town = Town::new().await;
    let key = Key::new();
    let bytes = jpeg();
    let (reported, named) = reported_with(&town, &key, &bytes).await;
    let subject = reported.said.subject;
    let stranger = Key::new().session(&town).await.token;
    let unnamed = jpeg();
    let unnamed = path("service_request", subject, photo_ref(&unnamed, PhotoRole::Before).hash);
    let unknown = path("service_request", SubjectId::from_bytes([1; 16]), PhotoHash([2; 32]));
    let order = named.replace("service_request", "work_order");
    let cases = [
        ("another's", &stranger, &named),
        ("a photo that no command names", &reported.token, &unnamed),
        ("a subject that is not there", &reported.token, &unknown),
        ("a subject of another kind", &reported.token, &order),
    ];
    for (what, token, path) in cases {
        let denied = patch(&town, token, path, 0, bytes.clone()).await;
        assert_eq!(problem(denied).await.code, "not_found", "{what}");
        let asked = town.request(Method::HEAD, path).bearer_auth(token).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::NOT_FOUND, "{what}");
    }
    // Nor does a stranger see, by naming the same photo, how much of it another has brought.
    assert_eq!(patch(&town, &reported.token, &named, 0, bytes[..99].to_vec()).await.status(), 204);
    let (other, same) = reported_with(&town, &Key::new(), &bytes).await;
    assert_eq!(offset(&town, &other.token, &same).await, 0);
    rest(&town, &reported.token, &named, &bytes, 400).await;
    assert_eq!(offset(&town, &other.token, &same).await, 0, "nor that it is here");
    assert_eq!(get(&town, &other.token, &same).await.0, StatusCode::NOT_FOUND);
    rest(&town, &other.token, &same, &bytes, 400).await;
    assert_eq!(get(&town, &other.token, &same).await, (StatusCode::OK, bytes));
}

#[tokio::test]
async fn what_lies_unfinished_is_bounded_and_the_oldest_gives_way() {
    let uploads = Bounds { uploads_of_key: 2, uploads: 3, ..Bounds::default() };
    let town = Town::limited(Limits { uploads, ..Limits::default() }).await;
    let key = Key::new();
    let mut begun = Vec::new();
    for _ in 0..3 {
        let bytes = jpeg();
        let (reported, path) = reported_with(&town, &key, &bytes).await;
        let first = patch(&town, &reported.token, &path, 0, bytes[..99].to_vec()).await;
        assert_eq!(first.status(), StatusCode::NO_CONTENT);
        town.clock.advance(1_000);
        begun.push((reported.token, path, bytes));
    }
    assert_eq!(unfinished(&town), 2);
    let (token, path, bytes) = &begun[0];
    let late = patch(&town, token, path, 99, bytes[99..].to_vec()).await;
    assert_eq!((late.status(), number(&late, "upload-offset")), (StatusCode::CONFLICT, 0));
    // What was given up is made good from its beginning, and the others were never in its way.
    for (token, path, bytes) in &begun {
        rest(&town, token, path, bytes, 400).await;
        assert_eq!(get(&town, token, path).await, (StatusCode::OK, bytes.clone()));
    }
    assert_eq!(unfinished(&town), 0);
}
