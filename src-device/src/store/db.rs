//! The store's thread: SQLite blocks, and async code must not.

use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::{Store, StoreError, Tables};

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// The store as async code reaches it. What was handed in is done also when nobody waits for the
/// answer any more.
#[derive(Debug)]
pub struct Db {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Db {
    /// Opens the store and starts its thread. Blocks while opening.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut store = Store::open(path)?;
        let (jobs, queue) = channel::<Job>();
        let thread = std::thread::Builder::new()
            .name("mend-store".into())
            .spawn(move || {
                for job in queue {
                    job(&mut store);
                }
            })
            .map_err(|_| StoreError::Closed)?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    async fn run<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        f: impl FnOnce(&mut Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |store| {
            // Nobody waits any more: the work is done all the same.
            let _ = answer.send(f(store));
        });
        let sent = match self.jobs.lock() {
            Ok(jobs) => jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok()),
            Err(_) => false,
        };
        if !sent {
            return Err(StoreError::Closed.into());
        }
        wait.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Reads, from one state of all tables.
    ///
    /// # Errors
    /// [`StoreError`], or what `f` says.
    pub async fn read<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        f: impl FnOnce(Tables<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.run(|store| store.read(f)).await
    }

    /// Writes, all or nothing.
    ///
    /// # Errors
    /// [`StoreError`], or what `f` says.
    pub async fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        f: impl FnOnce(Tables<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.run(|store| store.write(f)).await
    }

    /// Ends the thread after what is already handed in, and waits for it. Blocks.
    pub fn close(&self) {
        if let Ok(mut jobs) = self.jobs.lock() {
            jobs.take();
        }
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            // A job that panicked has already answered its caller with `Closed`.
            let _ = thread.join();
        }
    }
}
