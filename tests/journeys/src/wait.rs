//! Waiting for a condition, never for a time.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};

/// How long something may take on a slow machine before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(40);

/// Looks until `look` finds something, for at most [`PATIENCE`]. An error of `look` counts as
/// "not yet", and the last one is told when patience ends.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    until_within(PATIENCE, what, look).await
}

/// As [`until`], with a patience of its own.
pub async fn until_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + patience;
    loop {
        let last = look().await;
        match last {
            Ok(Some(found)) => return Ok(found),
            Ok(None) if Instant::now() >= end => bail!("waited {patience:?} in vain: {what}"),
            Err(error) if Instant::now() >= end => {
                return Err(error).with_context(|| format!("waited {patience:?} in vain: {what}"));
            }
            _ => sleep(POLL).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_is_not_yet_and_told_at_the_end() {
        let mut looks = 0;
        let found = until("three looks", async || {
            looks += 1;
            if looks < 3 { bail!("look {looks}") } else { Ok(Some(looks)) }
        });
        assert_eq!(found.await.unwrap(), 3);
        let never: Result<()> =
            until_within(Duration::ZERO, "never", async || bail!("no such thing")).await;
        assert!(format!("{:#}", never.unwrap_err()).contains("no such thing"));
    }
}
