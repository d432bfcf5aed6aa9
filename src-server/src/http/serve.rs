//! Connections: taken, given a time in which to say what they want, and ended in good order.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long to wait when the machine has no connection to give.
const BREATH: Duration = Duration::from_secs(1);

/// Serves until `ending` becomes true, then lets what is under way end. A connection that takes
/// longer than `head` to send the head of its request is closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    head: Duration,
    mut ending: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    let told = ending.clone();
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            Some(_) = open.join_next() => continue,
            // An error means that nobody is left who could say so: end as well.
            _ = ending.wait_for(|ending| *ending) => break,
        };
        match taken {
            Ok((stream, address)) => {
                open.spawn(connection(stream, address, router.clone(), head, told.clone()));
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

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    head: Duration,
    mut ending: watch::Receiver<bool>,
) {
    let service = router.layer(Extension(ConnectInfo(address)));
    // One version only: telling two apart waits for the first bytes without an end.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
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
