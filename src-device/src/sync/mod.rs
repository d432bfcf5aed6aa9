//! The background: one task that sends ([`push`]), one for each key that reads ([`pull`]).

pub(crate) mod pull;
mod push;
pub(crate) mod session;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mend_core::id::Principal;
use tokio::task::{AbortHandle, JoinSet};

use crate::error::random;
use crate::shared::{Shared, Task, locked};

/// Runs until it is dropped or aborted: sends, and reads for the resident and for every staff
/// account that is signed in.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(push::run(Arc::clone(&shared)));
    let mut readers: HashMap<Principal, AbortHandle> = HashMap::new();
    loop {
        match shared.db.read(|t| t.accounts()).await {
            Ok(rows) => {
                let mut keys = vec![shared.me().key()];
                let signed_in = rows.iter().filter(|row| row.signed_in);
                keys.extend(signed_in.map(|row| crate::keys::Author::staff(row).key()));
                readers.retain(|key, task| {
                    let stays = keys.contains(key);
                    if !stays {
                        task.abort();
                        locked(&shared.problems).remove(&Task::Pull(*key));
                        shared.note_sign_in(*key, false);
                    }
                    stays
                });
                for key in keys {
                    readers
                        .entry(key)
                        .or_insert_with(|| tasks.spawn(pull::run(Arc::clone(&shared), key)));
                }
            }
            Err(error) => tracing::error!(%error, "the accounts cannot be read"),
        }
        shared.accounts.notified().await;
    }
}

/// How long to wait after so many failures in a row: doubling up to `longest`, and shortened by
/// up to half at random, so that a city's devices do not come back in step.
fn backoff(failures: u32, longest: Duration) -> Duration {
    let full = Duration::from_secs(1)
        .saturating_mul(1_u32.checked_shl(failures.saturating_sub(1).min(10)).unwrap_or(1024))
        .min(longest);
    let chance = f64::from(u32::from_be_bytes(random().unwrap_or_default())) / f64::from(u32::MAX);
    full.mul_f64(0.5 + chance / 2.0)
}
