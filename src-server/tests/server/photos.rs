//! Photos: words first, then bytes, each checked.

use mend_core::api::{Change, PhotoAnswer};
use mend_core::event::PhotoRole;
use mend_core::id::{PhotoHash, SubjectId};
use reqwest::{Body, Method, Response, StatusCode};

use crate::support::*;

async fn put(
    town: &Town,
    token: &str,
    kind: &str,
    subject: SubjectId,
    hash: PhotoHash,
    bytes: impl Into<Body>,
) -> Response {
    town.request(Method::PUT, &format!("/v1/photos/{kind}/{subject}/{hash}"))
        .bearer_auth(token)
        .body(bytes)
        .send()
        .await
        .unwrap()
}

async fn get(
    town: &Town,
    token: &str,
    kind: &str,
    subject: SubjectId,
    hash: PhotoHash,
) -> (StatusCode, Vec<u8>) {
    let response = town
        .request(Method::GET, &format!("/v1/photos/{kind}/{subject}/{hash}"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let status = response.status();
    (status, response.bytes().await.unwrap().to_vec())
}

/// A report that names a photo of these bytes.
async fn reported_with(town: &Town, key: &Key, bytes: &[u8]) -> (Reported, PhotoHash) {
    let photo = photo_ref(bytes, PhotoRole::Before);
    let mut report = report_body(OLD_MILL);
    report.photos = vec![photo];
    let said = key.report_as(town, report);
    let accepted = town.accepted(&said).await;
    let token = key.session(town).await.token;
    let order = town.subject_request(&token, said.subject).await.order.unwrap();
    (Reported { by: key.clone(), said, accepted, order, token }, photo.hash)
}

#[tokio::test]
async fn a_photo_is_verified_once_and_reaches_the_crew() {
    let town = Town::new().await;
    let key = Key::new();
    let bytes = jpeg();
    let (reported, hash) = reported_with(&town, &key, &bytes).await;
    let subject = reported.said.subject;
    let (status, _) = get(&town, &reported.token, "service_request", subject, hash).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "named, not here yet");
    let (_, crew) = town.signed_in("streets-1").await;
    let at = town.changes(&crew.token, "crew:streets-1", 0).await.next;
    for _ in 0..2 {
        let response =
            put(&town, &reported.token, "service_request", subject, hash, bytes.clone()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.json::<PhotoAnswer>().await.unwrap(), PhotoAnswer { verified: true });
        let version = town.version(&reported).await;
        assert_eq!(version, reported.accepted.version + 1, "one effect");
    }
    let found = get(&town, &reported.token, "service_request", subject, hash).await;
    assert_eq!(found, (StatusCode::OK, bytes.clone()));
    // The crew sees it by the order, and not by the request.
    let page = town.changes(&crew.token, "crew:streets-1", at).await;
    assert!(matches!(page.rows.as_slice(), [Change::Events { .. }]));
    assert_eq!(get(&town, &crew.token, "work_order", reported.order, hash).await.1, bytes);
    let (status, _) = get(&town, &crew.token, "service_request", subject, hash).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_crews_photo_reaches_the_reporter() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let (crew, session) = town.signed_in("streets-1").await;
    let bytes = jpeg();
    let photo = photo_ref(&bytes, PhotoRole::After);
    town.accepted(&crew.complete(&town, reported.order, vec![photo])).await;
    let response =
        put(&town, &session.token, "work_order", reported.order, photo.hash, bytes.clone()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let found =
        get(&town, &reported.token, "service_request", reported.said.subject, photo.hash).await;
    assert_eq!(found, (StatusCode::OK, bytes));
}

#[tokio::test]
async fn a_cut_upload_leaves_nothing_and_is_made_good() {
    let town = Town::new().await;
    let key = Key::new();
    let bytes = jpeg();
    let (reported, hash) = reported_with(&town, &key, &bytes).await;
    let subject = reported.said.subject;
    // The length is announced, half the bytes come, then the connection breaks.
    let half = bytes[..bytes.len() / 2].to_vec();
    let pieces = futures_util::stream::iter([
        Ok::<_, std::io::Error>(half),
        Err(std::io::Error::other("cut")),
    ]);
    let cut = town
        .request(Method::PUT, &format!("/v1/photos/service_request/{subject}/{hash}"))
        .bearer_auth(&reported.token)
        .header("content-length", bytes.len())
        .body(Body::wrap_stream(pieces))
        .send()
        .await;
    assert!(cut.is_err(), "the device gets no answer");
    assert_eq!(town.version(&reported).await, reported.accepted.version);
    let files = std::fs::read_dir(town.data().join("photos/incoming")).unwrap().count();
    assert_eq!(files, 0, "nothing half-written is left");
    let response =
        put(&town, &reported.token, "service_request", subject, hash, bytes.clone()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let found = get(&town, &reported.token, "service_request", subject, hash).await;
    assert_eq!(found.1, bytes);
    assert_eq!(town.version(&reported).await, reported.accepted.version + 1);
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
        ("nothing", vec![b' '], "photo_not_image"),
    ];
    for (what, bytes, code) in cases {
        let (reported, hash) = reported_with(&town, &key, &bytes).await;
        let response =
            put(&town, &reported.token, "service_request", reported.said.subject, hash, bytes)
                .await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert_eq!(problem(response).await.code, code, "{what}");
        assert_eq!(town.version(&reported).await, reported.accepted.version, "{what}");
    }
    let (reported, hash) = reported_with(&town, &key, &clean).await;
    let subject = reported.said.subject;
    let other = put(&town, &reported.token, "service_request", subject, hash, jpeg()).await;
    assert_eq!(problem(other).await.code, "photo_wrong_hash");
    let large =
        put(&town, &reported.token, "service_request", subject, hash, vec![0; (8 << 20) + 1]).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(problem(large).await.code, "photo_too_large");
    // The right bytes still find the door open.
    let right = put(&town, &reported.token, "service_request", subject, hash, clean).await;
    assert_eq!(right.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_who_named_a_photo_may_bring_it() {
    let town = Town::new().await;
    let key = Key::new();
    let bytes = jpeg();
    let (reported, hash) = reported_with(&town, &key, &bytes).await;
    let subject = reported.said.subject;
    let stranger = Key::new().session(&town).await.token;
    let denied = put(&town, &stranger, "service_request", subject, hash, bytes.clone()).await;
    assert_eq!(problem(denied).await.code, "not_found");
    // Nor does the reporter bring a photo that no command names.
    let unnamed = jpeg();
    let unnamed_hash = photo_ref(&unnamed, PhotoRole::Before).hash;
    let denied =
        put(&town, &reported.token, "service_request", subject, unnamed_hash, unnamed).await;
    assert_eq!(problem(denied).await.code, "not_found");
}
