//! `/v1/notices`: what the reader is told.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use mend_core::api::{NoticesPage, NoticesRead};
use serde::Deserialize;

use super::caller::Caller;
use super::problem::{Code, Problem};
use super::{Shared, fresh, read_body};

/// Where to read on.
#[derive(Deserialize)]
pub struct After {
    #[serde(default)]
    after: i64,
}

/// The caller's notices, oldest first.
pub async fn page(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<After>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(After { after }) = query.map_err(|_| Problem::new(Code::BadRequest))?;
    let key = caller.session.key;
    Ok(fresh(&server.readers.read(move |reads| reads.notices(key, after)).await?))
}

/// Marks notices as read; answers how many are not.
pub async fn read(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = read_body(&server, &headers, body, 1024, Code::BodyTooLarge).await?;
    let NoticesRead { up_to } =
        serde_json::from_slice(&body).map_err(|_| Problem::new(Code::BadRequest))?;
    let key = caller.session.key;
    server.committer.read_notices(key, up_to).await?;
    let page = server.readers.read(move |reads| reads.notices(key, i64::MAX)).await?;
    Ok(fresh(&NoticesPage { notices: Vec::new(), ..page }))
}
