//! HTTP: what crosses the wire, and nothing else. Handlers read, ask the rooms behind, and answer
//! in the shapes of `mend_core::api`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::MethodRouter;
use futures_util::StreamExt;
use mend_core::city::City;
use mend_core::id::Principal;
use mend_photos::{PhotoFiles, Unfinished};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use crate::auth::limits::Limit;
use crate::auth::nonces::Nonces;
use crate::auth::rates::Rates;
use crate::auth::sessions::Sessions;
use crate::clock::Clock;
use crate::limits::Limits;
use crate::store::pool::Readers;
use crate::store::thread::Committer;
use permissions::{Endpoint, Needs};
use problem::{Code, Problem};
use room::Held;

mod caller;
mod changes;
mod city;
mod commands;
pub mod cursor;
mod guard;
mod health;
mod hosts;
mod notices;
mod patience;
pub mod permissions;
mod photos;
mod portal;
mod problem;
mod room;
mod sentences;
mod serve;
mod session;
mod subjects;
mod track;

pub use hosts::Hosts;
pub use room::Room;
pub use serve::serve;

/// Everything that handlers share.
pub struct Server {
    /// The city.
    pub city: Arc<City>,
    /// The city's pack as it is served.
    pub pack: Bytes,
    /// The time.
    pub clock: Clock,
    /// Reads of the store.
    pub readers: Readers,
    /// Writes to the store.
    pub committer: Committer,
    /// The key under which frames are hashed.
    pub mac_key: [u8; 32],
    /// Photo files.
    pub photos: PhotoFiles,
    /// Photos of which not all pieces are here yet.
    pub unfinished: Arc<Unfinished>,
    /// Nonces given.
    pub nonces: Nonces,
    /// Sessions open.
    pub sessions: Sessions,
    /// How much is taken from whom.
    pub limits: Limits,
    /// How much was.
    pub counters: Counters,
    /// Names under which the server answers.
    pub hosts: Hosts,
    /// Whether demo accounts may sign in.
    pub demo_allowed: bool,
    /// Turns for what takes much memory: passwords and photos.
    pub heavy: Arc<Semaphore>,
    /// Room for what is worked on at a time.
    pub room: Room,
    /// Becomes true when the server ends.
    pub ending: watch::Receiver<bool>,
}

/// What was counted against the limits.
pub struct Counters {
    /// Passwords for one account.
    pub account: Limit,
    /// Passwords from one address.
    pub sign_in: Limit,
    /// Tracking codes from one address.
    pub track: Limit,
    /// Commands of one key.
    pub key: Rates<Principal>,
    /// Commands from one address.
    pub address: Rates<IpAddr>,
}

impl Counters {
    /// Nothing counted yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            account: Limit::new(limits.account),
            sign_in: Limit::new(limits.sign_in),
            track: Limit::new(limits.track),
            key: Rates::new(limits.frames_of_key),
            address: Rates::new(limits.frames_from_address),
        }
    }
}

/// What stands for one address in counting: whoever has one of IPv6 mostly has 2^64 of them.
fn counted(address: SocketAddr) -> IpAddr {
    match address.ip() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

type Shared = Arc<Server>;

/// The router: each endpoint of the table of permissions, with the session it needs.
pub fn router(server: Shared) -> Router {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        let mut route = handler(*endpoint);
        if endpoint.needs() == Needs::Session {
            route = route
                .layer(middleware::from_fn_with_state(server.clone(), caller::require_session));
        }
        router = router.route(endpoint.path(), route);
    }
    router
        .fallback(portal::serve)
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        // Bodies are read by `read_body`, with a limit of each endpoint's own.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(server.clone(), room::admit))
        .layer(middleware::from_fn_with_state(server.clone(), guard::check_host))
        .layer(middleware::from_fn(guard::headers))
        .layer(middleware::from_fn(guard::log))
        .with_state(server)
}

fn handler(endpoint: Endpoint) -> MethodRouter<Shared> {
    use axum::routing::{delete, get, head, patch, post};
    match endpoint {
        Endpoint::Health => get(health::get),
        Endpoint::City => get(city::pack),
        Endpoint::Services => get(city::services),
        Endpoint::GiveNonce => post(session::nonce),
        Endpoint::OpenSession => post(session::open),
        Endpoint::CloseSession => delete(session::close),
        Endpoint::Commands => post(commands::post),
        Endpoint::PhotoOffset => head(photos::head),
        Endpoint::PhotoPiece => patch(photos::patch),
        Endpoint::GetPhoto => get(photos::get),
        Endpoint::Changes => get(changes::page),
        Endpoint::Stream => get(changes::stream),
        Endpoint::Subject => get(subjects::get),
        Endpoint::Notices => get(notices::page),
        Endpoint::ReadNotices => post(notices::read),
        Endpoint::Track => get(track::get),
    }
}

/// Reads a body of at most `limit` bytes, and not for ever: who falls silent or lets it drip is
/// cut off and may send it again. It takes room for what has come, and a place when all has; both
/// are given back with the last of the bytes. Without room the rest is read and forgotten, because
/// whoever is still speaking hears no answer.
async fn read_body(
    server: &Server,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    too_large: Code,
) -> Result<Bytes, Problem> {
    let Server { limits, room, .. } = server;
    let problem = || Problem::new(too_large).with("limit", limit);
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .unwrap_or(0);
    if announced > limit as u64 {
        return Err(problem());
    }
    let mut pieces = body.into_data_stream();
    // What is announced is not there yet: it takes no memory before it is.
    let mut read = Vec::new();
    let mut length = 0;
    let mut taken: Option<OwnedSemaphorePermit> = None;
    let mut full = false;
    let cut = || Problem::new(Code::BodyCut);
    let whole =
        limits.body + Duration::from_secs(limit as u64 / limits.body_bytes_per_second.max(1));
    let end = Instant::now() + whole;
    loop {
        let silent = Instant::now() + limits.body;
        let next = timeout_at(silent.min(end), pieces.next()).await.map_err(|_| cut())?;
        let Some(piece) = next else { break };
        let piece = piece.map_err(|_| cut())?;
        length += piece.len();
        if length > limit {
            return Err(problem());
        }
        match room.bytes(piece.len()).filter(|_| !full) {
            Some(more) => {
                read.extend_from_slice(&piece);
                match &mut taken {
                    Some(taken) => taken.merge(more),
                    None => taken = Some(more),
                }
            }
            None => {
                (full, read, taken) = (true, Vec::new(), None);
            }
        }
    }
    if full {
        return Err(Problem::new(Code::Busy));
    }
    let place = room.place()?;
    Ok(Bytes::from_owner(Held { bytes: read, _room: taken, _place: place }))
}

/// A JSON answer that no cache keeps.
fn fresh<T: serde::Serialize>(value: &T) -> axum::response::Response {
    (StatusCode::OK, axum::Json(value)).into_response()
}
