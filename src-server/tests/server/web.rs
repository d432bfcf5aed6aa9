//! What a browser meets: the city, the code's page, headers, names, the portal.

use mend_core::api::{CityView, Health, Tracked};
use mend_core::city::City;
use mend_core::command::{AddNote, CommandBody};
use mend_core::event::Visibility;
use mend_core::subject::RequestStatus;
use reqwest::{Method, StatusCode};

use crate::support::*;

#[tokio::test]
async fn the_city_is_served_with_its_version() {
    let town = Town::new().await;
    let response = town.request(Method::GET, "/v1/city").send().await.unwrap();
    let etag = response.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["content-type"], "application/json");
    let city = City::from_json(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(etag, format!("\"{}\"", city.version()));
    for (tag, status) in
        [(etag.as_str(), 304), ("\"other\"", 200), (&*format!("\"x\", W/{etag}"), 304), ("*", 304)]
    {
        let again = town
            .request(Method::GET, "/v1/city")
            .header("if-none-match", tag)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status().as_u16(), status, "{tag}");
        assert_eq!(again.headers()["etag"], etag.as_str());
    }
    let view: CityView =
        town.request(Method::GET, "/v1/services").send().await.unwrap().json().await.unwrap();
    assert_eq!(view, city.view());
    let health: Health =
        town.request(Method::GET, "/health").send().await.unwrap().json().await.unwrap();
    assert_eq!(health.status, "ok");
    assert!(health.now.0 - MORNING.0 < 600_000, "the server's clock starts where it was told");
}

async fn track(town: &Town, code: &str) -> reqwest::Response {
    town.request(Method::GET, &format!("/v1/track/{code}")).send().await.unwrap()
}

#[tokio::test]
async fn a_code_opens_public_steps_and_nothing_more() {
    let town = Town::new().await;
    let key = Key::new();
    let report = report_body(OLD_MILL);
    let code = report.tracking_code;
    let said = key.report_as(&town, report);
    let accepted = town.accepted(&said).await;
    let note = CommandBody::AddNote(AddNote {
        text: "My number is 555 0199".into(),
        visibility: Visibility::Public,
    });
    town.accepted(&key.say(&town, said.subject, &note)).await;
    let token = key.session(&town).await.token;
    let order = town.subject_request(&token, said.subject).await.order.unwrap();
    let (crew, _) = town.signed_in("streets-1").await;
    town.accepted(&crew.complete(&town, order, Vec::new())).await;

    let typed = code.to_string().to_lowercase().replace('-', "%20");
    let response = track(&town, &typed).await;
    let text = response.text().await.unwrap();
    for secret in
        ["555 0199", "Deep, and growing", &key.principal().to_string(), "44.6", "03030303"]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let tracked: Tracked = serde_json::from_str(&text).unwrap();
    let [request] = tracked.requests.as_slice() else { panic!("{text}") };
    assert_eq!(Some(&request.number), accepted.number.as_ref());
    assert_eq!(request.status, RequestStatus::Resolved);
    assert_eq!(request.place.as_deref(), Some("214 Kestrel Street"));
    assert!(request.promise.is_some());
    let last = request.steps.last().unwrap();
    assert_eq!(last.by.as_deref(), Some("Streets Crew 1"));
    assert_eq!(last.note.as_deref(), Some("Filled and rolled"));
}

#[tokio::test]
async fn a_place_is_public_when_its_service_says_so() {
    let town = Town::new().await;
    let key = Key::new();
    let mut report = report_body(OLD_MILL);
    report.service_code = "graffiti".into();
    report.answers =
        [("surface".to_owned(), mend_core::catalogue::Answer::Choice("wall".into()))].into();
    let code = report.tracking_code;
    town.accepted(&key.report_as(&town, report)).await;
    let tracked: Tracked = track(&town, &code.to_string()).await.json().await.unwrap();
    assert_eq!(tracked.requests[0].place, None, "only after assessment");
}

#[tokio::test]
async fn two_reports_with_one_code_are_both_shown() {
    let town = Town::new().await;
    let (one, mut two) = (report_body(OLD_MILL), report_body(HARBOR));
    two.tracking_code = one.tracking_code;
    let code = one.tracking_code;
    for report in [one, two] {
        town.accepted(&Key::new().report_as(&town, report)).await;
    }
    let tracked: Tracked = track(&town, &code.to_string()).await.json().await.unwrap();
    assert_eq!(tracked.requests.len(), 2);
}

#[tokio::test]
async fn codes_are_not_guessed() {
    let town = Town::new().await;
    assert_eq!(problem(track(&town, "hello").await).await.code, "bad_code");
    let code = report_body(OLD_MILL).tracking_code.to_string();
    let unknown = track(&town, &code).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let mut other = code.clone().into_bytes();
    other[0] = if other[0] == b'7' { b'8' } else { b'7' };
    let mistyped = track(&town, &String::from_utf8(other).unwrap()).await;
    assert_eq!(problem(mistyped).await.code, "code_mistyped");
    for _ in 0..59 {
        track(&town, &code).await;
    }
    let limited = track(&town, &code).await;
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(problem(limited).await.code, "too_many_attempts");
    town.clock.advance(61_000);
    assert_eq!(track(&town, &code).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn foreign_names_and_pages_are_refused() {
    let town = Town::new().await;
    let with = |name: &'static str, value: String| {
        town.request(Method::GET, "/v1/services").header(name, value).send()
    };
    let foreign = problem(with("host", "evil.example".into()).await.unwrap()).await;
    assert_eq!((foreign.status, foreign.code.as_str()), (421, "host_not_allowed"));
    for host in ["localhost", "127.0.0.1:9", "[::1]:7"] {
        assert_eq!(with("host", host.into()).await.unwrap().status(), StatusCode::OK, "{host}");
    }
    let own = format!("http://{}", town.running.addr);
    assert_eq!(with("origin", own).await.unwrap().status(), StatusCode::OK);
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let refused = problem(with("origin", origin.into()).await.unwrap()).await;
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (403, "origin_not_allowed"),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let town = Town::new().await;
    for path in ["/health", "/v1/services", "/v1/nothing", "/", "/missing.js"] {
        let response = town.request(Method::GET, path).send().await.unwrap();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
    }
    let health = town.request(Method::GET, "/health").send().await.unwrap();
    assert_eq!(health.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn what_does_not_exist_says_so() {
    let town = Town::new().await;
    let missing = town.request(Method::GET, "/v1/nothing").send().await.unwrap();
    assert_eq!(problem(missing).await.code, "not_found");
    let file = town.request(Method::GET, "/missing.js").send().await.unwrap();
    assert_eq!(problem(file).await.code, "not_found");
    let method = town.request(Method::PUT, "/v1/services").send().await.unwrap();
    assert_eq!(problem(method).await.code, "method_not_allowed");
}

#[tokio::test]
async fn a_path_that_is_no_text_is_a_problem() {
    let town = Town::new().await;
    let token = Key::new().session(&town).await.token;
    for (method, path) in [
        (Method::GET, "/v1/track/%FF"),
        (Method::GET, "/v1/subjects/service_request/%FF"),
        (Method::GET, "/v1/subjects/%FF/x"),
        (Method::GET, "/v1/photos/service_request/%FF/x"),
        (Method::PATCH, "/v1/photos/service_request/x/%FF"),
    ] {
        let response = town.request(method, path).bearer_auth(&token).send().await.unwrap();
        let bad = problem(response).await;
        assert_eq!((bad.status, bad.code.as_str()), (400, "bad_request"), "{path}");
    }
}

/// Also when the interface is not built: its pages then say so, under the same strict policy.
#[tokio::test]
async fn every_page_of_the_portal_is_under_a_strict_policy() {
    let town = Town::new().await;
    for page in ["/", "/track/7K4M-2QX9"] {
        let response = town.request(Method::GET, page).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'"), "{page}");
        assert!(!policy.contains("unsafe-inline"), "{page}");
        let type_ = response.headers()["content-type"].to_str().unwrap().to_owned();
        match response.status() {
            StatusCode::OK => assert!(type_.starts_with("text/html"), "{page}"),
            status => {
                assert_eq!((status, type_.starts_with("text/plain")), (StatusCode::NOT_FOUND, true))
            }
        }
    }
}
