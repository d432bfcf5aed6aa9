//! `/v1/photos/{kind}/{subject}/{hash}`: a photo's bytes, in by pieces and out whole.
//!
//! In, by the words of tus 1.0: `HEAD` says how many bytes are here (`Upload-Offset`) of how many
//! (`Upload-Length`, as the accepted command says); `PATCH` brings the next ones. What is answered
//! with 204 is on the disk and never asked for again. The answer to the last piece comes when the
//! photo is checked and the log says that it is here.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mend_core::api::CommandAnswer;
use mend_core::command::VerifyPhoto;
use mend_core::id::{CommandId, PhotoHash, SubjectRef};
use mend_photos::{Assembled, Kept, PIECE_LIMIT, PhotoSize, Upload};

use super::caller::Caller;
use super::problem::{Code, Problem};
use super::subjects::{seen, subject};
use super::{Shared, read_body};
use crate::intake::photo::verified;
use crate::photos::{Checked, VERSION, check, offset};

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

type Parts = Result<Path<(String, String, String)>, PathRejection>;

fn photo(path: &(String, String, String)) -> Result<(SubjectRef, PhotoHash), Problem> {
    let hash = path.2.parse().map_err(|_| Problem::new(Code::NotFound))?;
    Ok((subject(&path.0, &path.1)?, hash))
}

/// A photo that an accepted command of the caller names.
struct Named {
    subject: SubjectRef,
    upload: Upload,
    /// In bytes, as the command says.
    length: u64,
    /// Whether the log says that it is here.
    verified: bool,
}

/// The photo, or 404 if no accepted command of the caller names it for this subject.
async fn named(server: &Shared, caller: &Caller, path: Parts) -> Result<Named, Problem> {
    let (subject, hash) = photo(&path?.0)?;
    let key = caller.session.key;
    let (length, verified) = server
        .readers
        .read(move |reads| {
            let length = reads.photo_named(subject, hash, key)?;
            let word = CommandId::photo_verified(subject.id, hash);
            Ok((length, length.is_some() && reads.accepted(word)?))
        })
        .await?;
    let length = length.ok_or(Problem::new(Code::NotFound))?;
    Ok(Named { subject, upload: Upload { key, subject: subject.id, hash }, length, verified })
}

/// Runs what waits for the disk where it may.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::new(Code::ServerFailed))?
}

fn with_offset(mut response: Response, offset: u64) -> Response {
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(offset));
    response
}

/// The piece is kept, and so many bytes are here.
fn kept(offset: u64) -> Response {
    with_offset(StatusCode::NO_CONTENT.into_response(), offset)
}

/// The piece begins elsewhere than where the bytes end that are here; so many are.
fn elsewhere(offset: u64) -> Response {
    let problem = Problem::new(Code::UploadOffset).with("offset", offset);
    with_offset(problem.into_response(), offset)
}

/// Says how much of a photo is here.
pub async fn head(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    path: Parts,
) -> Result<Response, Problem> {
    let Named { upload, length, verified, .. } = named(&server, &caller, path).await?;
    let here = if verified {
        length
    } else {
        let unfinished = Arc::clone(&server.unfinished);
        on_disk(move || Ok(unfinished.offset(&upload)?)).await?
    };
    let mut response = with_offset(StatusCode::OK.into_response(), here);
    response.headers_mut().insert(UPLOAD_LENGTH, HeaderValue::from(length));
    Ok(response)
}

/// The value of a header that comes once.
fn once(headers: &HeaderMap, name: HeaderName) -> Option<&[u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

/// Takes the next piece of a photo. The last one is answered when the whole photo is checked, kept
/// and in the log; if it is not the photo that was named, all of its pieces go.
pub async fn patch(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    path: Parts,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Named { subject, upload, length, verified, .. } = named(&server, &caller, path).await?;
    let header = |name| once(&headers, name);
    let at = offset(header(TUS_RESUMABLE), header(CONTENT_TYPE), header(UPLOAD_OFFSET))?;
    // Read before anything is said of the offset: a device that still speaks hears no answer.
    let piece = read_body(&server, &headers, body, PIECE_LIMIT, Code::BodyTooLarge).await?;
    if verified {
        let nothing_new = at == length && piece.is_empty();
        return Ok(if nothing_new { kept(length) } else { elsewhere(length) });
    }
    let end = at.saturating_add(piece.len() as u64);
    if end > length {
        return Err(Problem::new(Code::PhotoTooLarge).with("limit", length));
    }
    if end == length {
        return finish(&server, subject, upload, at, piece).await;
    }
    let (unfinished, now) = (Arc::clone(&server.unfinished), server.clock.now());
    let what = on_disk(move || Ok(unfinished.append(&upload, length, at, &piece, now)?)).await?;
    Ok(match what {
        Kept::Yes(here) => kept(here),
        Kept::Elsewhere(here) => elsewhere(here),
    })
}

/// Puts a photo together, checks it, keeps it, and says so in the log. The same again has no
/// second effect.
async fn finish(
    server: &Shared,
    subject: SubjectRef,
    upload: Upload,
    at: u64,
    piece: Bytes,
) -> Result<Response, Problem> {
    let length = at + piece.len() as u64;
    // A turn first: whole photos take memory.
    let turn = server.heavy.clone().acquire_owned().await;
    let (files, unfinished) = (server.photos.clone(), Arc::clone(&server.unfinished));
    let checked: Result<Checked, u64> = on_disk(move || {
        let _turn = turn;
        let whole = match unfinished.assemble(&upload, at, &piece)? {
            Assembled::Whole(whole) => whole,
            Assembled::Elsewhere(here) => return Ok(Err(here)),
        };
        let checked = check(upload.hash, &whole).inspect_err(|_| {
            // What does not fit now never will. A file that stays is found by its age.
            if let Err(error) = unfinished.forget(&upload) {
                tracing::warn!(%error, "the pieces of a refused photo were not removed");
            }
        })?;
        files.keep(upload.hash, &whole, None)?;
        Ok(Ok(checked))
    })
    .await?;
    let checked = match checked {
        Ok(checked) => checked,
        Err(here) => return Ok(elsewhere(here)),
    };
    let word = VerifyPhoto { hash: upload.hash, width: checked.width, height: checked.height };
    let command = verified(subject, word, server.clock.now());
    match server.committer.commit(vec![command]).await.pop() {
        Some(CommandAnswer::Accepted(_)) => {}
        Some(CommandAnswer::Refused { .. }) => return Err(Problem::new(Code::NotFound)),
        // The pieces stay, and the last one comes again.
        Some(CommandAnswer::Retry { code }) if code == "busy" => {
            return Err(Problem::new(Code::Busy));
        }
        _ => return Err(Problem::new(Code::ServerFailed)),
    }
    let unfinished = Arc::clone(&server.unfinished);
    let removed = on_disk(move || Ok(unfinished.forget(&upload)?)).await;
    if removed.is_err() {
        // The photo is here, and that counts. The pieces are found by their age.
        tracing::warn!("the pieces of a photo that is here were not removed");
    }
    Ok(kept(length))
}

/// A photo of a subject that the caller sees. Never by its bare hash.
pub async fn get(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    path: Parts,
) -> Result<Response, Problem> {
    let (subject, hash) = photo(&path?.0)?;
    let (state, _) = seen(&server, &caller, subject).await?;
    if !state.photos().iter().any(|photo| photo.hash == hash && photo.verified) {
        return Err(Problem::new(Code::NotFound));
    }
    let files = server.photos.clone();
    let bytes = on_disk(move || Ok(files.read(hash, PhotoSize::Full)?)).await?;
    let bytes = bytes.ok_or(Problem::new(Code::NotFound))?;
    let headers = [
        (CONTENT_TYPE, "image/jpeg"),
        (CONTENT_DISPOSITION, "inline"),
        // The bytes behind a hash never change, but who may see them does.
        (CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, bytes).into_response())
}
