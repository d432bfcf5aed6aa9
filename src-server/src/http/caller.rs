//! The session behind a request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::problem::{Code, Problem};
use crate::auth::sessions::{Found, Session};

/// The session of a request, with the token that opened it.
#[derive(Clone)]
pub struct Caller {
    /// What it may do.
    pub session: Arc<Session>,
    /// To end it by.
    pub token: String,
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Lets a request pass that has a session, and hands the session on.
pub async fn require_session(
    State(server): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(token) = bearer(request.headers()).map(str::to_owned) else {
        return Problem::new(Code::SignInNeeded).into_response();
    };
    match server.sessions.find(&token, server.clock.now()) {
        Found::Open(session) => {
            request.extensions_mut().insert(Caller { session, token });
            next.run(request).await
        }
        Found::Ended => Problem::new(Code::SessionExpired).into_response(),
    }
}
