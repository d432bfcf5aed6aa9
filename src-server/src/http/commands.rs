//! `POST /v1/commands`: frames in, answers out, in the same order.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use mend_core::api::{Answers, CommandAnswer};
use mend_core::frame::{BATCH_LIMIT, split};
use mend_core::time::Timestamp;

use super::problem::{Code, Problem, frame_problem, too_fast};
use super::{Counters, Server, Shared, counted, fresh, read_body};
use crate::intake::frames::{prepare, refusal};
use crate::store::thread::retry;
use crate::store::{Origin, Prepared};

/// Commits a batch. A bad frame spoils only its own answer; a batch that cannot be taken apart
/// has no frames to answer. One of which nothing is taken for now is answered as a whole, with 429
/// or 503 and the word when to come again.
pub async fn post(
    State(server): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    // Kept to the end: what is made of it takes as much room until it is committed.
    let batch = read_body(&server, &headers, body, BATCH_LIMIT, Code::BodyTooLarge).await?;
    // One instant for the whole batch: whoever is over a limit is so up to its end, and no command
    // overtakes one that was to come before it.
    let arrival = server.clock.now();
    let from = counted(address);
    let (frames, intake) = (batch.clone(), server.clone());
    let turn = server.room.hands().await;
    // A hundred signatures take a while.
    let taken = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let frames = split(&frames).map_err(|bad| frame_problem(refusal(bad).code))?;
        let taken = frames.iter().map(|frame| take(&intake, from, frame, arrival));
        Ok::<_, Problem>(taken.collect::<Vec<_>>())
    })
    .await
    .map_err(|_| Problem::new(Code::ServerFailed))??;

    let mut answers: Vec<Option<CommandAnswer>> = Vec::with_capacity(taken.len());
    let mut good = Vec::new();
    let mut wait_s = 0;
    for frame in taken {
        match frame {
            Taken::Good(frame) => {
                good.push(*frame);
                answers.push(None);
            }
            Taken::Bad(answer) => answers.push(Some(answer)),
            Taken::TooFast { wait_s: wait } => {
                wait_s = wait.max(wait_s);
                answers.push(Some(retry("busy")));
            }
        }
    }
    let asked = good.len();
    let mut committed = server.committer.commit(good).await.into_iter();
    let answers: Vec<_> =
        answers.into_iter().filter_map(|bad| bad.or_else(|| committed.next())).collect();
    drop(batch);
    let busy = |answer: &CommandAnswer| *answer == retry("busy");
    if !answers.is_empty() && answers.iter().all(busy) {
        return Err(if asked == 0 { too_fast(wait_s) } else { Problem::new(Code::Busy) });
    }
    let later = answers.iter().any(busy);
    let mut response = fresh(&Answers { now: server.clock.now(), answers });
    if later {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s.max(1)));
    }
    Ok(response)
}

/// What a frame is, before the store has seen it.
enum Taken {
    /// To be committed.
    Good(Box<Prepared>),
    /// Answered already.
    Bad(CommandAnswer),
    /// Its sender is too hasty; the next one is taken after so many seconds.
    TooFast { wait_s: u64 },
}

/// Opens one frame, if its sender is not too hasty. The address pays before any signature is
/// looked at; the key only for what it has signed itself.
fn take(server: &Server, from: IpAddr, frame: &[u8], arrival: Timestamp) -> Taken {
    let Counters { address, key, .. } = &server.counters;
    if !address.take(from, arrival) {
        return Taken::TooFast { wait_s: address.wait_s() };
    }
    let prepared = match prepare(&server.city, &server.mac_key, frame, arrival) {
        Ok(prepared) => prepared,
        Err(refusal) => return Taken::Bad(CommandAnswer::Refused { refusal, first: None }),
    };
    match &prepared.origin {
        Origin::Signed(signed) if !key.take(signed.key, arrival) => {
            Taken::TooFast { wait_s: key.wait_s() }
        }
        _ => Taken::Good(Box::new(prepared)),
    }
}
