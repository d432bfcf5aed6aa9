//! `/v1/photos/{kind}/{subject}/{hash}`: a photo's bytes, in and out.

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use mend_core::api::{CommandAnswer, PhotoAnswer};
use mend_core::command::{PHOTO_BYTES_LIMIT, VerifyPhoto};
use mend_core::id::{PhotoHash, SubjectRef};

use super::caller::Caller;
use super::problem::{Code, Problem};
use super::subjects::{seen, subject};
use super::{Shared, fresh, read_body};
use crate::intake::photo::verified;
use crate::photos::check;

fn photo(path: &(String, String, String)) -> Result<(SubjectRef, PhotoHash), Problem> {
    let hash = path.2.parse().map_err(|_| Problem::new(Code::NotFound))?;
    Ok((subject(&path.0, &path.1)?, hash))
}

/// Takes a photo that an accepted command of the caller names, checks it, keeps it, and says so
/// in the log. The same photo again gets the same answer.
pub async fn put(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (subject, hash) = photo(&path?.0)?;
    let key = caller.session.key;
    if !server.readers.read(move |reads| reads.photo_named(subject, hash, key)).await? {
        return Err(Problem::new(Code::NotFound));
    }
    let limit = usize::try_from(PHOTO_BYTES_LIMIT).unwrap_or(usize::MAX);
    let bytes = read_body(&server.limits, &headers, body, limit, Code::PhotoTooLarge).await?;
    let turn = server.heavy.clone().acquire_owned().await;
    let (files, unique) = (server.photos.clone(), u128::from_be_bytes(crate::auth::random()?));
    let checked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let checked = check(hash, &bytes)?;
        files.keep(hash, &bytes, unique)?;
        Ok::<_, Problem>(checked)
    })
    .await
    .map_err(|_| Problem::new(Code::ServerFailed))??;
    let word = VerifyPhoto { hash, width: checked.width, height: checked.height };
    let command = verified(subject, word, server.clock.now());
    match server.committer.commit(vec![command]).await.pop() {
        Some(CommandAnswer::Accepted(_)) => Ok(fresh(&PhotoAnswer { verified: true })),
        Some(CommandAnswer::Refused { .. }) => Err(Problem::new(Code::NotFound)),
        Some(CommandAnswer::Retry { code }) if code == "busy" => Err(Problem::new(Code::Busy)),
        _ => Err(Problem::new(Code::ServerFailed)),
    }
}

/// A photo of a subject that the caller sees. Never by its bare hash.
pub async fn get(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<(String, String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let (subject, hash) = photo(&path?.0)?;
    let (state, _) = seen(&server, &caller, subject).await?;
    if !state.photos().iter().any(|photo| photo.hash == hash && photo.verified) {
        return Err(Problem::new(Code::NotFound));
    }
    let files = server.photos.clone();
    let bytes = tokio::task::spawn_blocking(move || files.read(hash))
        .await
        .map_err(|_| Problem::new(Code::ServerFailed))??;
    let bytes = bytes.ok_or(Problem::new(Code::NotFound))?;
    let headers = [
        (CONTENT_TYPE, "image/jpeg"),
        (CONTENT_DISPOSITION, "inline"),
        // The bytes behind a hash never change, but who may see them does.
        (CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, bytes).into_response())
}
