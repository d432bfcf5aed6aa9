//! How much the server takes from whom. Numbers only, so that a test can set them small; what
//! counts against them is in [`crate::auth`] and [`crate::http`].

use std::time::Duration;

use mend_photos::Bounds;

/// So many tries in any window of so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// At most so many.
    pub tries: usize,
    /// In any so many milliseconds.
    pub window_ms: i64,
}

/// So many in the long run, and so many at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run, at least 1.
    pub per_minute: u32,
    /// At once, at least 1.
    pub burst: u32,
}

/// All limits of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Passwords for one account.
    pub account: Tries,
    /// Passwords from one address.
    pub sign_in: Tries,
    /// Tracking codes from one address.
    pub track: Tries,
    /// Commands that one key signs. What is over it is sent again later; nothing is lost.
    pub frames_of_key: Rate,
    /// Commands from one address: many people may stand behind it.
    pub frames_from_address: Rate,
    /// How long a connection may take to say what it wants, and stay open without a word between
    /// two requests.
    pub head: Duration,
    /// How long the next piece of a body may take.
    pub body: Duration,
    /// The slowest bearable upload, in bytes a second, counted over the most that may come.
    pub body_bytes_per_second: u64,
    /// How long an answer may wait for its reader to take something of it.
    pub answer: Duration,
    /// Requests that are worked on at a time, at least 1; one more is answered 503.
    pub requests: usize,
    /// Bytes of bodies that are in memory at a time, of all requests together; at least as many as
    /// the longest body has, or that one never passes.
    pub body_bytes: usize,
    /// Connections at a time, at least 1. Each takes a file handle, and the system gives often no
    /// more than 1,024.
    pub connections: usize,
    /// Connections from one address at a time, at least 1. Behind a proxy all come from one.
    pub connections_of_address: usize,
    /// Live streams of one session at a time, at least 1; one more ends the oldest.
    pub streams: usize,
    /// Photos of which not all pieces are here.
    pub uploads: Bounds,
}

const MINUTE_MS: i64 = 60_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            account: Tries { tries: 10, window_ms: 15 * MINUTE_MS },
            sign_in: Tries { tries: 50, window_ms: 15 * MINUTE_MS },
            track: Tries { tries: 60, window_ms: MINUTE_MS },
            frames_of_key: Rate { per_minute: 120, burst: 200 },
            frames_from_address: Rate { per_minute: 3_000, burst: 5_000 },
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            body_bytes_per_second: 16 << 10,
            answer: Duration::from_secs(30),
            requests: 256,
            body_bytes: 64 << 20,
            connections: 768,
            connections_of_address: 512,
            streams: 4,
            uploads: Bounds::default(),
        }
    }
}
