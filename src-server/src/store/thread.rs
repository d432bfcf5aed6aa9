//! The commit thread: the one owner of the writing half.
//!
//! Async code hands in batches through a bounded channel. The thread takes what waits, up to a
//! group's size, commits it in one transaction and only then answers, so one fsync serves many.

use std::thread::JoinHandle;

use mend_core::api::CommandAnswer;
use mend_core::id::Principal;
use mend_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::{Prepared, Store, StoreError};

/// Commands after which a group is closed. A batch is never torn.
const GROUP: usize = 64;
/// Batches that may wait.
const WAITING: usize = 256;

type Reply<T> = oneshot::Sender<T>;

enum Work {
    Commit(Vec<Prepared>, Reply<Vec<CommandAnswer>>),
    Bind(Principal, String, Timestamp, Reply<Result<(), StoreError>>),
    ReadNotices(Principal, i64, Reply<Result<(), StoreError>>),
    End,
}

/// Async code's way to the commit thread. The thread ends when the last clone is gone.
#[derive(Clone)]
pub struct Committer {
    work: mpsc::Sender<Work>,
    changed: watch::Receiver<u64>,
}

/// The answer that asks to send the same bytes again.
pub fn retry(code: &str) -> CommandAnswer {
    CommandAnswer::Retry { code: code.to_owned() }
}

impl Committer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn start(store: Box<dyn Store>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (work, inbox) = mpsc::channel(WAITING);
        let (tick, changed) = watch::channel(0);
        let thread = std::thread::Builder::new()
            .name("commit".to_owned())
            .spawn(move || run(store, inbox, &tick))?;
        Ok((Self { work, changed }, thread))
    }

    /// Commits a batch; one answer for each, in order. Once handed in, it is committed also if
    /// the caller goes away. `busy` if too much waits, `store_failed` if the thread has ended.
    pub async fn commit(&self, batch: Vec<Prepared>) -> Vec<CommandAnswer> {
        let count = batch.len();
        if count == 0 {
            return Vec::new();
        }
        let (reply, answer) = oneshot::channel();
        let code = match self.work.try_send(Work::Commit(batch, reply)) {
            Ok(()) => match answer.await {
                Ok(answers) => return answers,
                Err(_) => "store_failed",
            },
            Err(mpsc::error::TrySendError::Full(_)) => "busy",
            Err(mpsc::error::TrySendError::Closed(_)) => "store_failed",
        };
        vec![retry(code); count]
    }

    /// Binds a key to an account.
    ///
    /// # Errors
    /// When the database fails or the thread has ended.
    pub async fn bind(
        &self,
        key: Principal,
        account: String,
        valid_until: Timestamp,
    ) -> Result<(), StoreError> {
        self.ask(|reply| Work::Bind(key, account, valid_until, reply)).await
    }

    /// Marks notices as read.
    ///
    /// # Errors
    /// When the database fails or the thread has ended.
    pub async fn read_notices(&self, key: Principal, up_to: i64) -> Result<(), StoreError> {
        self.ask(|reply| Work::ReadNotices(key, up_to, reply)).await
    }

    async fn ask(
        &self,
        work: impl FnOnce(Reply<Result<(), StoreError>>) -> Work,
    ) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.work.try_send(work(reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends the thread when everything handed in before is committed.
    pub async fn end(&self) {
        // A closed channel means that it has ended already.
        let _ = self.work.send(Work::End).await;
    }

    /// Counts up after each commit: whoever watches it looks at the feeds again.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }
}

/// An answer that nobody waits for any more is in the store all the same, hence `let _`.
fn run(mut store: Box<dyn Store>, mut inbox: mpsc::Receiver<Work>, tick: &watch::Sender<u64>) {
    // Set aside when a group was closed by something that is no batch.
    let mut held: Option<Work> = None;
    while let Some(work) = held.take().or_else(|| inbox.blocking_recv()) {
        let (batch, reply) = match work {
            Work::Commit(batch, reply) => (batch, reply),
            Work::Bind(key, account, valid_until, reply) => {
                let _ = reply.send(store.bind(key, &account, valid_until));
                continue;
            }
            Work::ReadNotices(key, up_to, reply) => {
                let _ = reply.send(store.read_notices(key, up_to));
                continue;
            }
            Work::End => return,
        };
        let mut group = batch;
        let mut replies = vec![(group.len(), reply)];
        while group.len() < GROUP {
            match inbox.try_recv() {
                Ok(Work::Commit(batch, reply)) => {
                    replies.push((batch.len(), reply));
                    group.extend(batch);
                }
                Ok(other) => {
                    held = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        let mut answers = store.commit(&group).into_iter();
        for (count, reply) in replies {
            let _ = reply.send(answers.by_ref().take(count).collect());
        }
        tick.send_modify(|n| *n += 1);
    }
}
