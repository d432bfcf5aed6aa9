//! How much is worked on at a time. What comes beyond it is turned away at once with the word when
//! to come again, so that the work at hand gets done and memory stays where it is.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Shared;
use super::problem::{Code, Problem};
use crate::limits::Limits;

/// The room of one server.
pub struct Room {
    work: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    hands: Arc<Semaphore>,
}

/// The right to be worked on; given back when dropped.
pub struct Place {
    _work: OwnedSemaphorePermit,
}

impl Room {
    /// As much as these limits say.
    pub fn new(limits: &Limits) -> Self {
        let semaphore = |n: usize| Arc::new(Semaphore::new(n.clamp(1, Semaphore::MAX_PERMITS)));
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            work: semaphore(limits.requests),
            bytes: semaphore(limits.body_bytes.min(u32::MAX as usize)),
            hands: semaphore(cores.max(2)),
        }
    }

    /// A place for one request.
    ///
    /// # Errors
    /// All are taken.
    pub fn place(&self) -> Result<Place, Problem> {
        let work = self.work.clone().try_acquire_owned();
        work.map(|work| Place { _work: work }).map_err(|_| Problem::new(Code::Busy))
    }

    /// Room for so many bytes more of a body; none if there is none.
    pub fn bytes(&self, count: usize) -> Option<OwnedSemaphorePermit> {
        self.bytes.clone().try_acquire_many_owned(u32::try_from(count).ok()?).ok()
    }

    /// A turn at what keeps a core busy, such as a hundred signatures. Whoever waits has a place.
    pub async fn hands(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        self.hands.clone().acquire_owned().await.ok()
    }
}

/// Bytes that were read, with the room that they take until the last of them is dropped.
pub struct Held {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Their room; none for no bytes.
    pub _room: Option<OwnedSemaphorePermit>,
    /// The place of the request that brought them.
    pub _place: Place,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Gives each request its place until it is answered. One with a body takes its own when all of the
/// body is here: a body that drips must not keep others out.
pub async fn admit(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let brings = [Method::POST, Method::PATCH, Method::PUT].contains(request.method());
    // Whoever watches the server needs to hear from it most when it is full.
    if brings || request.uri().path() == "/health" {
        return next.run(request).await;
    }
    match server.room.place() {
        Ok(_place) => next.run(request).await,
        Err(full) => full.into_response(),
    }
}
