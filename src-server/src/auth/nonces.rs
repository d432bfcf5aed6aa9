//! Nonces: 32 random bytes to sign, good once and for five minutes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use mend_core::time::Timestamp;

/// How long a nonce is good, in milliseconds.
pub const LIFE_MS: i64 = 5 * 60 * 1000;
/// Most nonces at a time; beyond it the oldest go. Someone who asks for more only ends their own.
const KEPT: usize = 20_000;

/// The nonces given and not yet used.
#[derive(Default)]
pub struct Nonces {
    given: Mutex<Given>,
}

#[derive(Default)]
struct Given {
    until: HashMap<[u8; 32], Timestamp>,
    order: VecDeque<[u8; 32]>,
}

impl Nonces {
    /// Notes a nonce as given.
    pub fn give(&self, nonce: [u8; 32], now: Timestamp) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.until.insert(nonce, now.plus_ms(LIFE_MS));
        given.order.push_back(nonce);
        while given.order.len() > KEPT {
            if let Some(oldest) = given.order.pop_front() {
                given.until.remove(&oldest);
            }
        }
    }

    /// Uses a nonce up. False if it was never given, is used, or is too old.
    pub fn take(&self, nonce: [u8; 32], now: Timestamp) -> bool {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.until.remove(&nonce).is_some_and(|until| now <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once_and_not_for_long() {
        let nonces = Nonces::default();
        nonces.give([1; 32], Timestamp(0));
        nonces.give([2; 32], Timestamp(0));
        assert!(!nonces.take([9; 32], Timestamp(1)));
        assert!(nonces.take([1; 32], Timestamp(LIFE_MS)));
        assert!(!nonces.take([1; 32], Timestamp(LIFE_MS)));
        assert!(!nonces.take([2; 32], Timestamp(LIFE_MS + 1)));
    }

    #[test]
    fn the_oldest_go_first() {
        let nonces = Nonces::default();
        for n in 0..=KEPT {
            let mut nonce = [0; 32];
            nonce[..8].copy_from_slice(&n.to_be_bytes());
            nonces.give(nonce, Timestamp(0));
        }
        assert!(!nonces.take([0; 32], Timestamp(0)));
        let mut second = [0; 32];
        second[7] = 1;
        assert!(nonces.take(second, Timestamp(0)));
    }
}
