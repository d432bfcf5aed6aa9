//! `GET /health`.

use axum::extract::State;
use axum::response::Response;
use mend_core::api::Health;

use super::problem::Problem;
use super::{Shared, fresh};

/// Says that the server and its store answer.
pub async fn get(State(server): State<Shared>) -> Result<Response, Problem> {
    // A name that no account has: any answer shows that the store reads.
    server.readers.read(|reads| reads.account("").map(drop)).await?;
    Ok(fresh(&Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: server.clock.now(),
    }))
}
