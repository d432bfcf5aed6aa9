//! Limits on guessing: so many tries in so much time, for each address or account.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use mend_core::time::Timestamp;

use crate::limits::Tries;

/// Most names remembered; beyond it, those whose time is over are forgotten, then all. Forgetting
/// opens the door a little for a moment; growing without end would close it for everyone.
const NAMES: usize = 50_000;

/// A sliding window for each name.
pub struct Limit {
    tries: usize,
    window_ms: i64,
    seen: Mutex<HashMap<String, VecDeque<Timestamp>>>,
}

/// Too many tries; the next is possible after this many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Seconds to wait, at least 1.
    pub retry_after_s: u64,
}

impl Limit {
    /// At most so many.
    pub fn new(Tries { tries, window_ms }: Tries) -> Self {
        Self { tries, window_ms, seen: Mutex::default() }
    }

    /// Counts a try, unless there were too many.
    ///
    /// # Errors
    /// Too many; this one was not counted.
    pub fn count(&self, name: &str, now: Timestamp) -> Result<(), TooMany> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let start = now.plus_ms(-self.window_ms);
        if seen.len() >= NAMES && !seen.contains_key(name) {
            seen.retain(|_, tries| tries.back().is_some_and(|last| *last > start));
            if seen.len() >= NAMES {
                seen.clear();
            }
        }
        let tries = seen.entry(name.to_owned()).or_default();
        while tries.front().is_some_and(|first| *first <= start) {
            tries.pop_front();
        }
        match tries.front() {
            Some(first) if tries.len() >= self.tries => {
                let wait_ms = first.0 + self.window_ms - now.0;
                let seconds = u64::try_from((wait_ms + 999) / 1000).unwrap_or(1);
                Err(TooMany { retry_after_s: seconds.max(1) })
            }
            _ => {
                tries.push_back(now);
                Ok(())
            }
        }
    }

    /// Forgets a name's tries: it has shown that it knows.
    pub fn forget(&self, name: &str) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_back_with_time() {
        let limit = Limit::new(Tries { tries: 2, window_ms: 10_000 });
        assert_eq!(limit.count("a", Timestamp(0)), Ok(()));
        assert_eq!(limit.count("a", Timestamp(4_000)), Ok(()));
        assert_eq!(limit.count("a", Timestamp(5_000)), Err(TooMany { retry_after_s: 5 }));
        assert_eq!(limit.count("b", Timestamp(5_000)), Ok(()));
        assert_eq!(limit.count("a", Timestamp(10_000)), Ok(()));
        assert!(limit.count("a", Timestamp(10_001)).is_err());
        limit.forget("a");
        assert_eq!(limit.count("a", Timestamp(10_001)), Ok(()));
    }
}
