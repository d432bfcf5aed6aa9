//! What every request passes: its name, the headers of its answer, one line in the log.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, HOST, HeaderName, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{Code, Problem};
use super::{Hosts, Shared};

/// Refuses what asks under a foreign name or from a foreign page.
pub async fn check_host(State(server): State<Shared>, request: Request, next: Next) -> Response {
    match refusal(&server.hosts, &request) {
        Some(code) => Problem::new(code).into_response(),
        None => next.run(request).await,
    }
}

fn refusal(hosts: &Hosts, request: &Request) -> Option<Code> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    // HTTP/2 has the name in its address.
    let host = header(HOST).or_else(|| request.uri().authority().map(|a| a.as_str()));
    let Some(host) = host.filter(|host| hosts.answers(host)) else {
        return Some(Code::HostNotAllowed);
    };
    let welcome = !request.headers().contains_key(ORIGIN)
        || header(ORIGIN).is_some_and(|origin| hosts.welcomes(origin, host));
    (!welcome).then_some(Code::OriginNotAllowed)
}

/// Headers that every answer carries.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &str); 5] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A method by its name. Others are words that a stranger may choose.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "another",
    }
}

/// One line for each request: the route, never the address itself, which may hold a code or a
/// hash, and never a header.
pub async fn log(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "portal".to_owned(), |path| path.as_str().to_owned());
    let method = known(request.method());
    let start = std::time::Instant::now();
    let response = next.run(request).await;
    tracing::debug!(
        method,
        route,
        status = response.status().as_u16(),
        ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}
