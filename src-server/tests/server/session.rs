//! Sessions: nonces, passwords, ends.

use mend_core::api::{OpenSession, Session};
use mend_core::decide::Role;
use mend_core::id::CityId;
use mend_core::time::DAY_MS;
use reqwest::{Method, StatusCode};

use crate::support::*;

#[tokio::test]
async fn a_nonce_is_good_once_and_for_five_minutes() {
    let town = Town::new().await;
    let key = Key::new();
    let nonce = key.nonce(&town).await;
    let open = OpenSession { nonce, name: None, password: None };
    let frame = key.open_frame(&town, &open).bytes;
    let post = |body: Vec<u8>| town.request(Method::POST, "/v1/session").body(body).send();
    assert_eq!(post(frame.clone()).await.unwrap().status(), StatusCode::OK);
    let replayed = problem(post(frame).await.unwrap()).await;
    assert_eq!((replayed.status, replayed.code.as_str()), (401, "nonce_expired"));
    let open = OpenSession { nonce: key.nonce(&town).await, ..open };
    town.clock.advance(5 * 60_000 + 1_000);
    let late = post(key.open_frame(&town, &open).bytes).await.unwrap();
    assert_eq!(problem(late).await.code, "nonce_expired");
    let invented = OpenSession { nonce: "00".repeat(32), ..open };
    let invented = post(key.open_frame(&town, &invented).bytes).await.unwrap();
    assert_eq!(problem(invented).await.code, "nonce_expired");
}

#[tokio::test]
async fn frames_that_open_nothing_say_why() {
    let town = Town::new().await;
    let key = Key::new();
    let open = OpenSession { nonce: key.nonce(&town).await, name: None, password: None };
    let good = key.open_frame(&town, &open);
    let post = |body: Vec<u8>| town.request(Method::POST, "/v1/session").body(body).send();
    let mut tampered = good.bytes.clone();
    tampered[160] ^= 1;
    let mut head = mend_core::frame::open(&good.bytes).unwrap().head;
    head.city = CityId::from_bytes([9; 16]);
    let elsewhere = key.seal(&head, &serde_json::to_vec(&open).unwrap()).bytes;
    let cases = [
        (b"nothing".to_vec(), "bad_frame"),
        (tampered, "bad_signature"),
        (elsewhere, "wrong_city"),
        (key.report(&town, OLD_MILL).bytes, "unknown_command"),
    ];
    for (body, code) in cases {
        assert_eq!(problem(post(body).await.unwrap()).await.code, code);
    }
    // None of them used the nonce up.
    assert_eq!(post(good.bytes).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_sign_in_binds_the_key_for_two_weeks() {
    let town = Town::new().await;
    let key = Key::new();
    let session = key.sign_in(&town, "streets-1").await;
    let account = session.account.unwrap();
    assert_eq!((account.role, account.crew.unwrap().name.as_str()), (Role::Crew, "Streets Crew 1"));
    town.clock.advance(13 * DAY_MS);
    let again = key.session(&town).await;
    assert_eq!(again.scopes, ["me", "crew:streets-1"], "no password while it holds");
    assert_eq!(again.account.unwrap().valid_until, account.valid_until);
    // A session does not outlive the sign-in.
    town.clock.advance(DAY_MS - 3_600_000);
    let last = key.session(&town).await;
    assert_eq!(last.expires_at, account.valid_until);
    town.clock.advance(3_600_000 + 1_000);
    let after = key.session(&town).await;
    assert_eq!((after.account, after.scopes), (None, vec!["me".to_owned()]));
}

#[tokio::test]
async fn a_session_ends_after_a_day_or_when_asked() {
    let town = Town::new().await;
    let key = Key::new();
    let session = key.session(&town).await;
    assert_eq!(session.expires_at.0 - session.now.0, DAY_MS);
    let feed =
        |token: String| town.request(Method::GET, "/v1/changes?scope=me").bearer_auth(token).send();
    assert_eq!(feed(session.token.clone()).await.unwrap().status(), StatusCode::OK);
    let closed = town
        .request(Method::DELETE, "/v1/session")
        .bearer_auth(&session.token)
        .send()
        .await
        .unwrap();
    assert_eq!(closed.status(), StatusCode::NO_CONTENT);
    let ended = problem(feed(session.token).await.unwrap()).await;
    assert_eq!((ended.status, ended.code.as_str()), (401, "session_expired"));
    let session = key.session(&town).await;
    town.clock.advance(DAY_MS);
    assert_eq!(problem(feed(session.token).await.unwrap()).await.code, "session_expired");
    let none = town.request(Method::GET, "/v1/changes?scope=me").send().await.unwrap();
    assert_eq!(none.headers()["www-authenticate"], "Bearer");
    assert_eq!(problem(none).await.code, "sign_in_needed");
}

#[tokio::test]
async fn wrong_passwords_are_few() {
    let town = Town::new().await;
    let right = town.password("streets-1");
    for name in ["streets-1", "nobody"] {
        let wrong = Key::new().try_open(&town, Some((name, "wrong"))).await;
        assert_eq!(problem(wrong).await.code, "wrong_password", "the same for both");
    }
    for _ in 0..9 {
        Key::new().try_open(&town, Some(("streets-1", "wrong"))).await;
    }
    let locked = Key::new().try_open(&town, Some(("streets-1", &right))).await;
    assert_eq!(locked.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.headers().contains_key("retry-after"));
    assert_eq!(problem(locked).await.code, "too_many_attempts");
    // Others are not locked out with it, and time opens the door again.
    Key::new().sign_in(&town, "streets-2").await;
    town.clock.advance(15 * 60_000 + 1_000);
    Key::new().sign_in(&town, "streets-1").await;
}

#[tokio::test]
async fn a_key_signs_for_one_account() {
    let town = Town::new().await;
    let (key, _) = town.signed_in("streets-1").await;
    let password = town.password("streets-2");
    let other = key.try_open(&town, Some(("streets-2", &password))).await;
    assert_eq!(other.status(), StatusCode::CONFLICT);
    assert_eq!(problem(other).await.code, "account_differs");
    let session: Session = key.session(&town).await;
    assert_eq!(session.account.unwrap().name, "streets-1");
}
