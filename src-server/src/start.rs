//! Putting the rooms together, and taking them apart again.

use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use mend_core::city::{City, PackError};
use mend_core::time::Timestamp;
use mend_photos::{Layout, PhotoFiles, Unfinished};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::auth::demo::{self, DemoAccount, DemoError};
use crate::auth::random;
use crate::city::{Problem, check, load};
use crate::clock::Clock;
use crate::history::{self, Arrivals, Import};
use crate::http::{Counters, Hosts, Room, Server, router};
use crate::limits::Limits;
use crate::store::pool::Readers;
use crate::store::sqlite::{CommitFault, FILE, Options, SqliteReads, SqliteStore};
use crate::store::thread::Committer;
use crate::store::{Rebuilt, Store, StoreError};
use crate::ticker::Ticker;

/// Reads that run at a time.
const READERS: usize = 4;
/// Passwords and photos that are worked on at a time.
const HEAVY: usize = 2;
/// How long open connections may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// What a server needs to start.
#[derive(Clone)]
pub struct Config {
    /// The city's folder.
    pub city_dir: PathBuf,
    /// The data folder; made if need be. One server at a time.
    pub data_dir: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The time.
    pub clock: Clock,
    /// Names beside loopback under which the server answers.
    pub allow_hosts: Vec<String>,
    /// How much is taken from whom.
    pub limits: Limits,
    /// So many requests of the years before the first start are invented, for demonstrations; only
    /// on loopback, like the demo accounts.
    pub history: Option<u32>,
    /// For tests: makes commits fail.
    pub commit_fault: Option<CommitFault>,
}

impl Config {
    /// A server for this city, with its data here, on any free port of loopback.
    pub fn new(city_dir: impl Into<PathBuf>, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            city_dir: city_dir.into(),
            data_dir: data_dir.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Clock::system(),
            allow_hosts: Vec::new(),
            limits: Limits::default(),
            history: None,
            commit_fault: None,
        }
    }
}

/// Why a server does not start. The texts are for the person who starts it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The city's folder.
    #[error("the city cannot be used:\n{}", .0.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n"))]
    City(Vec<Problem>),
    /// The city's data as a whole.
    #[error("the city cannot be used: {0}")]
    Pack(#[from] PackError),
    /// The data folder.
    #[error("the data folder {path} cannot be used: {error}")]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another server.
    #[error("the data folder {0} is in use by another Mend. End it, or give another data folder")]
    InUse(PathBuf),
    /// Invented requests where others may take them for real ones.
    #[error(
        "a history is invented, for demonstrations, and made only where the server listens on loopback. Leave --history out, or listen on 127.0.0.1"
    )]
    History,
    /// Nothing to rebuild; nothing was made.
    #[error(
        "there is no mend.sqlite in {0}. Nothing was changed. Give the data folder that the server was started with"
    )]
    NoDatabase(PathBuf),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Demo accounts.
    #[error("the demo accounts could not be made: {0}")]
    Demo(#[from] DemoError),
    /// The address.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// No randomness.
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The commit thread.
    #[error("the commit thread could not be started: {0}")]
    Thread(io::Error),
}

impl StartError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::City(_) => "city_faulty",
            Self::Pack(error) => error.code(),
            Self::Data { .. } => "data_unusable",
            Self::InUse(_) => "data_in_use",
            Self::History => "history_not_on_loopback",
            Self::NoDatabase(_) => "data_missing",
            Self::Store(error) => error.code(),
            Self::Demo(_) => "demo_accounts_failed",
            Self::Listen { .. } => "cannot_listen",
            Self::Random(_) => "no_randomness",
            Self::Thread(_) => "no_thread",
        }
    }
}

/// A running server.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The demo accounts; none unless it listens on loopback.
    pub demo_accounts: Vec<DemoAccount>,
    ending: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    ticking: tokio::task::JoinHandle<()>,
    importing: Option<tokio::task::JoinHandle<()>>,
    committer: Committer,
    committing: JoinHandle<()>,
    _lock: File,
}

impl Running {
    /// Stops accepting, lets what is under way end, commits what was handed in, and closes the
    /// store.
    pub async fn shutdown(mut self) {
        // No receiver left means that nothing is left to be told.
        let _ = self.ending.send(true);
        if tokio::time::timeout(GRACE, &mut self.serving).await.is_err() {
            tracing::warn!("some connections did not end in time");
            self.serving.abort();
        }
        // It ends between two looks at the clocks.
        let _ = self.ticking.await;
        // It ends between two batches, and goes on there at the next start.
        if let Some(importing) = self.importing {
            let _ = importing.await;
        }
        self.committer.end().await;
        let committing = self.committing;
        // A commit thread that panicked has said so itself.
        let _ = tokio::task::spawn_blocking(move || committing.join()).await;
    }
}

/// The city as it can be served now. What should be looked at is logged.
fn open_city(folder: &Path, now: Timestamp) -> Result<Arc<City>, StartError> {
    let checked = check(folder, now);
    let Some(pack) = checked.pack else { return Err(StartError::City(checked.problems)) };
    for problem in checked.problems {
        tracing::warn!("the city's folder: {problem}");
    }
    Ok(Arc::new(City::from_pack(pack)?))
}

/// Makes the data folder and takes it for this process; a kill lets go of it.
pub(crate) fn take_folder(path: &Path) -> Result<File, StartError> {
    let unusable = |error| StartError::Data { path: path.to_owned(), error };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(unusable)?;
    let lock = File::create(path.join("server.lock")).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// What is opened on a blocking thread before anything is served.
struct Opened {
    city: Arc<City>,
    pack: Vec<u8>,
    store: SqliteStore,
    reads: SqliteReads,
    photos: PhotoFiles,
    unfinished: Unfinished,
    demo_accounts: Vec<DemoAccount>,
    history: Option<(Arrivals, history::Ranges)>,
    lock: File,
}

fn open(config: &Config, demo_allowed: bool) -> Result<Opened, StartError> {
    let city = open_city(&config.city_dir, config.clock.now())?;
    let pack = city.pack().to_json()?;
    let folder = &config.data_dir;
    let lock = take_folder(folder)?;
    let mut store = SqliteStore::open(Options {
        folder: folder.clone(),
        city: city.clone(),
        demo_allowed,
        fresh_mac_key: random()?,
        commit_fault: config.commit_fault.clone(),
    })?;
    let reads = SqliteReads::open(folder)?;
    let data = |error| StartError::Data { path: folder.clone(), error };
    let photos = PhotoFiles::open(folder.join("photos"), Layout::Shelves).map_err(data)?;
    let unfinished = folder.join("photos/unfinished");
    let unfinished = Unfinished::open(unfinished, config.limits.uploads, config.clock.now());
    let unfinished = unfinished.map_err(data)?;
    let demo_accounts =
        if demo_allowed { demo::ensure(folder, &city, &mut store, &reads)? } else { Vec::new() };
    let history = match config.history {
        Some(count) => {
            // Before anything is served: live reports are numbered after it.
            let until = store.history_until(config.clock.now())?;
            let arrivals = Arrivals::new(history::SEED, &city, count, until);
            let ranges = store.reserve_numbers(arrivals.counts())?;
            Some((arrivals, ranges))
        }
        None => None,
    };
    Ok(Opened { city, pack, store, reads, photos, unfinished, demo_accounts, history, lock })
}

/// Starts a server on the present tokio runtime. When this returns, it answers.
///
/// # Errors
/// See [`StartError`]; then nothing runs.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let listen = config.listen;
    // A name beside loopback means that others reach this server, be it through a proxy.
    let demo_allowed = listen.ip().is_loopback() && config.allow_hosts.is_empty();
    if config.history.is_some() && !demo_allowed {
        return Err(StartError::History);
    }
    let blocking = config.clone();
    let opened = tokio::task::spawn_blocking(move || open(&blocking, demo_allowed))
        .await
        .map_err(|error| StartError::Thread(io::Error::other(error)))??;
    let at = |error| StartError::Listen { address: listen, error };
    let listener = TcpListener::bind(listen).await.map_err(at)?;
    let addr = listener.local_addr().map_err(at)?;
    let mac_key = opened.store.mac_key();
    let (committer, committing) =
        Committer::start(Box::new(opened.store)).map_err(StartError::Thread)?;
    let (ending, ended) = watch::channel(false);
    let readers = Readers::new(Arc::new(opened.reads), READERS);
    let ticker = Ticker {
        city: opened.city.clone(),
        clock: config.clock.clone(),
        readers: readers.clone(),
        committer: committer.clone(),
    };
    let ticking = tokio::spawn(ticker.run(ended.clone()));
    let importing = opened.history.map(|(arrivals, ranges)| {
        let import = Import {
            city: opened.city.clone(),
            arrivals,
            ranges,
            clock: config.clock.clone(),
            readers: readers.clone(),
            committer: committer.clone(),
        };
        tokio::spawn(import.run(ended.clone()))
    });
    let server = Arc::new(Server {
        city: opened.city,
        pack: opened.pack.into(),
        clock: config.clock,
        readers,
        committer: committer.clone(),
        mac_key,
        photos: opened.photos,
        unfinished: Arc::new(opened.unfinished),
        nonces: Default::default(),
        sessions: Default::default(),
        limits: config.limits,
        counters: Counters::new(&config.limits),
        hosts: Hosts::new(config.allow_hosts),
        demo_allowed,
        heavy: Arc::new(Semaphore::new(HEAVY)),
        room: Room::new(&config.limits),
        ending: ended.clone(),
    });
    let serving = tokio::spawn(crate::http::serve(listener, router(server), config.limits, ended));
    Ok(Running {
        addr,
        demo_accounts: opened.demo_accounts,
        ending,
        serving,
        ticking,
        importing,
        committer,
        committing,
        _lock: opened.lock,
    })
}

/// Makes the read tables of a data folder again. No server may be running on it.
///
/// # Errors
/// See [`StartError`]; then the tables are as they were.
pub fn rebuild(city_dir: &Path, data_dir: &Path) -> Result<Rebuilt, StartError> {
    // Whatever the date is: what happened does not depend on it.
    let city = Arc::new(City::from_pack(load(city_dir).map_err(StartError::City)?)?);
    // Before the folder is taken: taking makes it.
    if !data_dir.join(FILE).is_file() {
        return Err(StartError::NoDatabase(data_dir.to_owned()));
    }
    let _lock = take_folder(data_dir)?;
    let mut store = SqliteStore::open(Options {
        folder: data_dir.to_owned(),
        city,
        demo_allowed: false,
        fresh_mac_key: random()?,
        commit_fault: None,
    })?;
    Ok(store.rebuild()?)
}
