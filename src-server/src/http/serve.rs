//! Connections: taken, given a time in which to say what they want, and ended in good order.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use futures_util::StreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::counted;
use super::patience::Patient;
use super::problem::{Code, Problem};
use crate::limits::Limits;

/// How long to wait when the machine has no connection to give.
const BREATH: Duration = Duration::from_secs(1);
/// Connections beyond the limits that are told so; further ones are closed without a word.
const TOLD: usize = 64;
/// How long such a one may take to hear it.
const TELLING: Duration = Duration::from_secs(5);

/// Serves until `ending` becomes true, then lets what is under way end. A connection that takes
/// longer than the limits say to send the head of its request, or to take something of its answer,
/// is closed; one that is too many is answered 503.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut ending: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    let told = ending.clone();
    let taken_ones = Taken::default();
    let turned_away = Router::new().fallback(turn_away);
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            Some(_) = open.join_next() => continue,
            // An error means that nobody is left who could say so: end as well.
            _ = ending.wait_for(|ending| *ending) => break,
        };
        match taken {
            Ok((stream, address)) => {
                let (router, head, seat) = match taken_ones.seat(address, &limits) {
                    Seat::Free(seat) => (router.clone(), limits.head, seat),
                    Seat::None(seat) => (turned_away.clone(), limits.head.min(TELLING), seat),
                    Seat::NotEvenToTell => continue,
                };
                let patience = limits.answer;
                let told = told.clone();
                open.spawn(async move {
                    let _seat = seat;
                    connection(stream, address, router, head, patience, told).await;
                });
            }
            Err(error) if of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    // Who comes from now on finds the door closed, not a queue.
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// The other side gave up before it was taken: nothing is wrong here.
fn of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// How many connections are open.
#[derive(Default)]
struct Counts {
    all: usize,
    of_address: HashMap<IpAddr, usize>,
    turned_away: usize,
}

#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Counts>>);

enum Seat {
    Free(Sitting),
    None(Sitting),
    NotEvenToTell,
}

/// Counted until it is dropped.
struct Sitting {
    taken: Taken,
    /// None for one that is turned away.
    address: Option<IpAddr>,
}

impl Taken {
    fn seat(&self, address: SocketAddr, limits: &Limits) -> Seat {
        let address = counted(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = counts.of_address.get(&address).copied().unwrap_or(0);
        if counts.all < limits.connections && here < limits.connections_of_address {
            counts.all += 1;
            counts.of_address.insert(address, here + 1);
            return Seat::Free(Sitting { taken: self.clone(), address: Some(address) });
        }
        if counts.turned_away < TOLD {
            counts.turned_away += 1;
            return Seat::None(Sitting { taken: self.clone(), address: None });
        }
        Seat::NotEvenToTell
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        let mut counts = self.taken.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(address) = self.address else {
            counts.turned_away -= 1;
            return;
        };
        counts.all -= 1;
        if let Some(here) = counts.of_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
                counts.of_address.remove(&address);
            }
        }
    }
}

/// Says that there are too many. The body is read and forgotten first: whoever is still speaking
/// hears nothing when the connection is closed.
async fn turn_away(body: Body) -> Response {
    let mut pieces = body.into_data_stream();
    let _ = timeout(TELLING, async { while let Some(Ok(_)) = pieces.next().await {} }).await;
    let mut response = Problem::new(Code::Busy).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    head: Duration,
    patience: Duration,
    mut ending: watch::Receiver<bool>,
) {
    let service = router.layer(Extension(ConnectInfo(address)));
    // One version only: telling two apart waits for the first bytes without an end.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    let stream = TokioIo::new(Patient::new(stream, patience));
    let served = builder.serve_connection(stream, TowerToHyperService::new(service));
    let mut served = pin!(served);
    let early = tokio::select! {
        ended = served.as_mut() => Some(ended),
        _ = ending.wait_for(|ending| *ending) => None,
    };
    let ended = match early {
        Some(ended) => ended,
        None => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
