//! `POST /v1/commands`: frames in, answers out, in the same order.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use mend_core::api::{Answers, CommandAnswer};
use mend_core::frame::{BATCH_LIMIT, split};

use super::problem::{Code, Problem, frame_problem};
use super::{Shared, fresh, read_body};
use crate::intake::frames::{prepare, refusal};

/// Commits a batch. A bad frame spoils only its own answer; a batch that cannot be taken apart
/// has no frames to answer.
pub async fn post(
    State(server): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let batch = read_body(&headers, body, BATCH_LIMIT, Code::BodyTooLarge).await?;
    let arrival = server.clock.now();
    let (city, mac_key) = (server.city.clone(), server.mac_key);
    // A hundred signatures take a while.
    let prepared = tokio::task::spawn_blocking(move || {
        let frames = split(&batch).map_err(refusal)?;
        Ok(frames.iter().map(|frame| prepare(&city, &mac_key, frame, arrival)).collect::<Vec<_>>())
    })
    .await
    .map_err(|_| Problem::new(Code::ServerFailed))?
    .map_err(|refusal: mend_core::refusal::Refusal| frame_problem(refusal.code))?;

    let mut answers: Vec<Option<CommandAnswer>> = Vec::with_capacity(prepared.len());
    let mut good = Vec::new();
    for frame in prepared {
        match frame {
            Ok(frame) => {
                good.push(frame);
                answers.push(None);
            }
            Err(refusal) => answers.push(Some(CommandAnswer::Refused { refusal, first: None })),
        }
    }
    let mut committed = server.committer.commit(good).await.into_iter();
    let answers = answers.into_iter().filter_map(|bad| bad.or_else(|| committed.next())).collect();
    Ok(fresh(&Answers { now: server.clock.now(), answers }))
}
