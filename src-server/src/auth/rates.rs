//! Limits on how fast: each name has a bucket that fills with time and pays for what is taken.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use mend_core::time::Timestamp;

use crate::limits::Rate;

/// Most names remembered; beyond it, those whose buckets are full again are forgotten, then all.
const NAMES: usize = 50_000;

/// A bucket for each name. Kept as the instant at which it will be full again, which is all that a
/// bucket is (ITU-T I.371, the virtual scheduling algorithm).
pub struct Rates<K> {
    every_us: i64,
    burst_us: i64,
    full_at: Mutex<HashMap<K, i64>>,
}

impl<K: Eq + Hash> Rates<K> {
    /// Full buckets of this rate.
    pub fn new(rate: Rate) -> Self {
        let every_us = 60_000_000 / i64::from(rate.per_minute.max(1));
        let burst_us = every_us * i64::from(rate.burst.max(1));
        Self { every_us, burst_us, full_at: Mutex::default() }
    }

    /// Seconds until an empty bucket has one again, at least 1.
    pub fn wait_s(&self) -> u64 {
        u64::try_from(self.every_us).unwrap_or(0).div_ceil(1_000_000).max(1)
    }

    /// Takes one from the bucket of `name`; false if there is none to take.
    pub fn take(&self, name: K, now: Timestamp) -> bool {
        let now = now.0.saturating_mul(1_000);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= NAMES && !full_at.contains_key(&name) {
            full_at.retain(|_, at| *at > now);
            if full_at.len() >= NAMES {
                full_at.clear();
            }
        }
        let at = full_at.entry(name).or_insert(now);
        // Never longer than a whole bucket, also when the clock was put back.
        *at = (*at).clamp(now, now.saturating_add(self.burst_us));
        if *at + self.every_us - now > self.burst_us {
            return false;
        }
        *at += self.every_us;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let rates = Rates::new(Rate { per_minute: 60, burst: 3 });
        let took = |name, ms| rates.take(name, Timestamp(ms));
        assert_eq!([0; 4].map(|ms| took("a", ms)), [true, true, true, false]);
        assert!(took("b", 0), "another name has its own");
        assert!(!took("a", 999));
        assert_eq!([1_000; 2].map(|ms| took("a", ms)), [true, false]);
        // A long rest fills it to the brim and not over it.
        assert_eq!([900_000; 4].map(|ms| took("a", ms)), [true, true, true, false]);
        // A clock that is put back holds nobody up for longer than a bucket.
        assert!(!took("a", 0));
        assert!(took("a", 3_000));
    }

    #[test]
    fn names_are_forgotten_before_they_fill_the_memory() {
        let rates = Rates::new(Rate { per_minute: 60, burst: 1 });
        for name in 0..NAMES + 10 {
            assert!(rates.take(name, Timestamp(0)));
        }
        assert!(rates.full_at.lock().unwrap().len() <= NAMES);
    }
}
