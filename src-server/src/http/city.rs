//! `GET /v1/city` and `GET /v1/services`: what anyone may know of the city.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Shared, fresh};

/// The pack in one part. Its version is its ETag.
pub async fn pack(State(server): State<Shared>, headers: HeaderMap) -> Response {
    let etag = format!("\"{}\"", server.city.version());
    let cached = [(ETAG, etag.as_str()), (CACHE_CONTROL, "no-cache")];
    if is_cached(&headers, &etag) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    (cached, [(CONTENT_TYPE, "application/json")], server.pack.clone()).into_response()
}

/// Whether `If-None-Match` names this tag (RFC 9110, section 13.1.2: weak comparison).
pub fn is_cached(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    })
}

/// What a browser shows before it has the pack.
pub async fn services(State(server): State<Shared>) -> Response {
    fresh(&server.city.view())
}
