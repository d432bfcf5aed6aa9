//! The network between a device and the city, with its faults. Knows bytes, not HTTP, but for the
//! one sentence that a gateway says for a city that does not answer it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

use crate::wait::until;

/// Bytes that passed the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// On which connection, counted from the first.
    pub line: u64,
    /// From the device to the city, or back.
    pub up: bool,
    /// What. Of what the city said, also what did not reach the device.
    pub bytes: Vec<u8>,
}

/// How the network behaves, for new and for open connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Everything arrives.
    Pass,
    /// Connections are refused, and open ones end.
    Refuse,
    /// What a device sends without an answer in between arrives up to this many bytes, then the
    /// connection ends: a cut in the middle of something large. Smaller things pass.
    CutAfter(u64),
    /// What a device sends arrives; the answer does not, and the connection ends.
    LoseAnswers,
    /// A gateway before the city answers everything itself: the city is not there.
    Unavailable,
}

/// What a gateway says then, in its own words and not in Mend's.
const UNAVAILABLE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/html\r\ncontent-length: 28\r\nconnection: close\r\n\r\n\
    <h1>Service Unavailable</h1>";

/// A proxy on a port of loopback. Its port stays the same whatever the network does.
pub struct Proxy {
    port: SocketAddr,
    target: SocketAddr,
    network: watch::Sender<Network>,
    faults: Arc<AtomicU32>,
    carried: Arc<Mutex<Vec<Carried>>>,
    lines: Arc<AtomicU64>,
    listener: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Before `target`, at first with a network that passes.
    pub async fn before(target: &str) -> Result<Self> {
        let target = target.parse().context("an address with a port")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mut proxy = Self {
            port: listener.local_addr()?,
            target,
            network: watch::Sender::new(Network::Pass),
            faults: Arc::default(),
            carried: Arc::default(),
            lines: Arc::default(),
            listener: None,
        };
        proxy.listen(listener);
        Ok(proxy)
    }

    /// What a device is told to connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.port)
    }

    /// Changes the network. Returns when the change holds.
    pub async fn set(&mut self, network: Network) -> Result<()> {
        self.network.send_replace(network);
        if network == Network::Refuse {
            if let Some(listener) = self.listener.take() {
                listener.abort();
                // Ends with the task's own error: it was told to stop.
                drop(listener.await);
            }
        } else if self.listener.is_none() {
            let port = self.port;
            let bind = async || Ok(TcpListener::bind(port).await.map(Some)?);
            self.listen(until("the proxy's own port is free again", bind).await?);
        }
        Ok(())
    }

    /// How often a connection was cut, or an answer lost or made up, since the start.
    pub fn faults(&self) -> u32 {
        self.faults.load(Ordering::SeqCst)
    }

    /// All bytes that have passed since the start, in the order in which they did.
    pub fn carried(&self) -> Vec<Carried> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn listen(&mut self, listener: TcpListener) {
        let (target, network) = (self.target, self.network.clone());
        let (faults, carried) = (Arc::clone(&self.faults), Arc::clone(&self.carried));
        let lines = Arc::clone(&self.lines);
        self.listener = Some(tokio::spawn(async move {
            while let Ok((device, _)) = listener.accept().await {
                let line = Line {
                    network: network.subscribe(),
                    faults: Arc::clone(&faults),
                    carried: Arc::clone(&carried),
                    number: lines.fetch_add(1, Ordering::SeqCst),
                };
                tokio::spawn(async move {
                    // An unreachable city looks to the device as one behind a bad network.
                    if let Ok(city) = TcpStream::connect(target).await {
                        drop(line.carry(device, city).await);
                    }
                });
            }
        }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
        self.network.send_replace(Network::Refuse);
    }
}

/// One connection through the proxy.
struct Line {
    network: watch::Receiver<Network>,
    faults: Arc<AtomicU32>,
    carried: Arc<Mutex<Vec<Carried>>>,
    number: u64,
}

impl Line {
    /// Carries bytes both ways until an end closes or the network cuts. Dropping the halves closes
    /// both ends.
    async fn carry(mut self, device: TcpStream, city: TcpStream) -> io::Result<()> {
        let (mut from_device, mut to_device) = device.into_split();
        let (mut from_city, mut to_city) = city.into_split();
        let mut unanswered: u64 = 0;
        let (mut up, mut down) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        loop {
            tokio::select! {
                read = from_device.read(&mut up) => {
                    let read = read?;
                    if read == 0 {
                        return drain(&mut from_city, &mut to_device, &mut down).await;
                    }
                    if *self.network.borrow() == Network::Unavailable {
                        to_device.write_all(UNAVAILABLE).await?;
                        to_device.shutdown().await?;
                        // What the device still says is heard out, or it might not hear the answer.
                        while from_device.read(&mut up).await? > 0 {}
                        return self.fault();
                    }
                    let mut carried = read;
                    if let Network::CutAfter(limit) = *self.network.borrow() {
                        let left = usize::try_from(limit.saturating_sub(unanswered));
                        carried = read.min(left.unwrap_or(read));
                    }
                    unanswered += carried as u64;
                    self.note(true, &up[..carried]);
                    to_city.write_all(&up[..carried]).await?;
                    if carried < read {
                        to_city.flush().await?;
                        return self.fault();
                    }
                }
                read = from_city.read(&mut down) => {
                    let read = read?;
                    if read == 0 {
                        return Ok(());
                    }
                    self.note(false, &down[..read]);
                    if *self.network.borrow() == Network::LoseAnswers {
                        return self.fault();
                    }
                    unanswered = 0;
                    to_device.write_all(&down[..read]).await?;
                }
                changed = self.network.changed() => {
                    let network = *self.network.borrow();
                    if changed.is_err()
                        || matches!(network, Network::Refuse | Network::Unavailable)
                    {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn note(&self, up: bool, bytes: &[u8]) {
        let carried = Carried { line: self.number, up, bytes: bytes.to_vec() };
        self.carried.lock().unwrap_or_else(PoisonError::into_inner).push(carried);
    }

    fn fault(&self) -> io::Result<()> {
        self.faults.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// The device has said all; what the city still says is carried to it.
async fn drain(
    from_city: &mut OwnedReadHalf,
    to_device: &mut OwnedWriteHalf,
    buffer: &mut [u8],
) -> io::Result<()> {
    loop {
        match from_city.read(buffer).await? {
            0 => return Ok(()),
            read => to_device.write_all(&buffer[..read]).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A city that counts what it gets and answers each piece with one byte.
    async fn city() -> (String, watch::Receiver<Vec<u8>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (got, seen) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let got = got.clone();
                tokio::spawn(async move {
                    let mut piece = [0; 1024];
                    while let Ok(read @ 1..) = stream.read(&mut piece).await {
                        got.send_modify(|all| all.extend_from_slice(&piece[..read]));
                        if stream.write_all(b"!").await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        (address, seen)
    }

    async fn say(stream: &mut TcpStream, words: &[u8]) -> Option<u8> {
        stream.write_all(words).await.ok()?;
        stream.read_u8().await.ok()
    }

    async fn open(proxy: &Proxy) -> io::Result<TcpStream> {
        TcpStream::connect(proxy.port).await
    }

    #[tokio::test]
    async fn refusing_ends_open_lines_and_the_port_comes_back() {
        let (city, _) = city().await;
        let mut proxy = Proxy::before(&city).await.unwrap();
        let mut line = open(&proxy).await.unwrap();
        assert_eq!(say(&mut line, b"a").await, Some(b'!'));
        proxy.set(Network::Refuse).await.unwrap();
        assert_eq!(say(&mut line, b"b").await, None);
        let refused = open(&proxy).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        proxy.set(Network::Pass).await.unwrap();
        assert_eq!(say(&mut open(&proxy).await.unwrap(), b"c").await, Some(b'!'));
        assert_eq!(proxy.faults(), 0);
    }

    #[tokio::test]
    async fn a_lost_answer_is_lost_after_the_city_has_heard() {
        let (city, seen) = city().await;
        let mut proxy = Proxy::before(&city).await.unwrap();
        proxy.set(Network::LoseAnswers).await.unwrap();
        assert_eq!(say(&mut open(&proxy).await.unwrap(), b"hello").await, None);
        assert_eq!(*seen.borrow(), b"hello");
        assert_eq!(proxy.faults(), 1);
    }

    #[tokio::test]
    async fn a_gateway_answers_for_a_city_that_hears_nothing() {
        let (city, seen) = city().await;
        let mut proxy = Proxy::before(&city).await.unwrap();
        let mut live = open(&proxy).await.unwrap();
        assert_eq!(say(&mut live, b"a").await, Some(b'!'));
        proxy.set(Network::Unavailable).await.unwrap();
        assert_eq!(say(&mut live, b"b").await, None, "open lines end");
        let answer = reqwest::get(proxy.url());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.text().await.unwrap(), "<h1>Service Unavailable</h1>");
        assert_eq!(*seen.borrow(), b"a");
    }

    #[tokio::test]
    async fn large_things_are_cut_and_small_ones_pass() {
        let (city, mut seen) = city().await;
        let mut proxy = Proxy::before(&city).await.unwrap();
        proxy.set(Network::CutAfter(4)).await.unwrap();
        let mut line = open(&proxy).await.unwrap();
        assert_eq!(say(&mut line, b"one").await, Some(b'!'));
        assert_eq!(say(&mut line, b"two").await, Some(b'!'));
        line.write_all(b"large").await.unwrap();
        let cut = async || Ok((proxy.faults() == 1).then_some(()));
        until("the cut", cut).await.unwrap();
        seen.wait_for(|all| all == b"onetwolarg").await.unwrap();
    }
}
