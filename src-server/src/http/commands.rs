//! `POST /v1/commands`: frames in, answers out, in the same order.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::Response;
use mend_core::api::{Answers, CommandAnswer};
use mend_core::frame::{BATCH_LIMIT, split};
use mend_core::time::Timestamp;

use super::problem::{Code, Problem, frame_problem};
use super::{Server, Shared, counted, fresh, read_body};
use crate::intake::frames::{prepare, refusal};
use crate::store::thread::retry;
use crate::store::{Origin, Prepared};

/// Commits a batch. A bad frame spoils only its own answer; a batch that cannot be taken apart
/// has no frames to answer.
pub async fn post(
    State(server): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let batch = read_body(&server.limits, &headers, body, BATCH_LIMIT, Code::BodyTooLarge).await?;
    // One instant for the whole batch: whoever is over a limit is so up to its end, and no command
    // overtakes one that was to come before it.
    let arrival = server.clock.now();
    let from = counted(address);
    let (frames, intake) = (batch, server.clone());
    // A hundred signatures take a while.
    let taken = tokio::task::spawn_blocking(move || {
        let frames = split(&frames).map_err(|bad| frame_problem(refusal(bad).code))?;
        let taken = frames.iter().map(|frame| take(&intake, from, frame, arrival));
        Ok::<_, Problem>(taken.collect::<Vec<_>>())
    })
    .await
    .map_err(|_| Problem::new(Code::ServerFailed))??;

    let mut answers: Vec<Option<CommandAnswer>> = Vec::with_capacity(taken.len());
    let mut good = Vec::new();
    for frame in taken {
        match frame {
            Ok(frame) => {
                good.push(frame);
                answers.push(None);
            }
            Err(answer) => answers.push(Some(*answer)),
        }
    }
    let mut committed = server.committer.commit(good).await.into_iter();
    let answers = answers.into_iter().filter_map(|bad| bad.or_else(|| committed.next())).collect();
    Ok(fresh(&Answers { now: server.clock.now(), answers }))
}

/// Opens one frame, if its sender is not too hasty. The address pays before any signature is
/// looked at; the key only for what it has signed itself.
fn take(
    server: &Server,
    from: IpAddr,
    frame: &[u8],
    arrival: Timestamp,
) -> Result<Prepared, Box<CommandAnswer>> {
    if !server.counters.address.take(from, arrival) {
        return Err(Box::new(retry("busy")));
    }
    let prepared = prepare(&server.city, &server.mac_key, frame, arrival)
        .map_err(|refusal| Box::new(CommandAnswer::Refused { refusal, first: None }))?;
    match &prepared.origin {
        Origin::Signed(signed) if !server.counters.key.take(signed.key, arrival) => {
            Err(Box::new(retry("busy")))
        }
        _ => Ok(prepared),
    }
}
