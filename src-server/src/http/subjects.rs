//! `GET /v1/subjects/{kind}/{id}`: one subject as its reader may have it.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use mend_core::id::SubjectRef;
use mend_core::view::Reader;

use super::caller::Caller;
use super::problem::{Code, Problem};
use super::{Server, Shared, fresh};

/// Reads a subject from two parts of a path. What is no id is not found.
pub fn subject(kind: &str, id: &str) -> Result<SubjectRef, Problem> {
    let (Ok(kind), Ok(id)) = (kind.parse(), id.parse()) else {
        return Err(Problem::new(Code::NotFound));
    };
    Ok(SubjectRef { kind, id })
}

/// The subject's state and as whom the caller sees it; `not_found` if they do not.
pub async fn seen(
    server: &Server,
    caller: &Caller,
    subject: SubjectRef,
) -> Result<(mend_core::subject::SubjectState, Reader), Problem> {
    let state = server.readers.read(move |reads| reads.state(subject)).await?;
    let state = state.ok_or(Problem::new(Code::NotFound))?;
    let reader = caller.session.sight(&state).ok_or(Problem::new(Code::NotFound))?;
    Ok((state, reader))
}

/// The snapshot.
pub async fn get(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((kind, id)) = path?;
    let subject = subject(&kind, &id)?;
    let (_, reader) = seen(&server, &caller, subject).await?;
    let snapshot = server.readers.read(move |reads| reads.snapshot(subject, reader)).await?;
    snapshot.map(|snapshot| fresh(&snapshot)).ok_or(Problem::new(Code::NotFound))
}
