//! Async code's way to the readers: a bounded number of blocking reads at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{Reads, StoreError};

/// The reading half behind a bound. Cheap to clone.
#[derive(Clone)]
pub struct Readers {
    reads: Arc<dyn Reads>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// At most `at_once` reads run at a time; others wait for their turn.
    pub fn new(reads: Arc<dyn Reads>, at_once: usize) -> Self {
        Self { reads, turns: Arc::new(Semaphore::new(at_once)) }
    }

    /// Runs one read off the async threads.
    ///
    /// # Errors
    /// What the read says, or that the server is ending.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reads) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let reads = self.reads.clone();
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            read(reads.as_ref())
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }
}
