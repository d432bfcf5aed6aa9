//! The server's clock: the machine's, moved by an offset.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use mend_core::time::Timestamp;

/// The server's clock. Clones share the offset, so that a demo or a test can move a running
/// server's time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Clock {
    /// The machine's own time.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `at` now and runs from there.
    pub fn starting_at(at: Timestamp) -> Self {
        let offset = at.0.saturating_sub(system_now().0);
        Self { offset_ms: Arc::new(AtomicI64::new(offset)) }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        system_now().plus_ms(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Moves the clock and all its clones by `ms` milliseconds.
    pub fn advance(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_starts_where_it_is_told_and_moves_with_its_clones() {
        let clock = Clock::starting_at(Timestamp(1_000_000));
        let twin = clock.clone();
        assert!(clock.now().0 - 1_000_000 < 60_000);
        twin.advance(3_600_000);
        assert!(clock.now().0 >= 4_600_000);
    }
}
