//! Instants, and the clamp that makes a device's clock harmless.

use serde::{Deserialize, Serialize};

use crate::planted::{self, Bug};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant and `ms` milliseconds more; stops at the ends instead of wrapping.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// One day in milliseconds (for ages and limits, never for calendars).
pub const DAY_MS: i64 = 86_400_000;

/// How far back a device is believed that had seen nothing of the server when it acted.
pub const UNSEEN_MS: i64 = 365 * DAY_MS;

/// When something happened, as far as the server will believe it: the device's time corrected by
/// its measured offset, not before what the device had already seen (or [`UNSEEN_MS`] before its
/// arrival, if it had seen nothing), not after its arrival.
///
/// `offset_ms` is server minus device, as the device measured it. `seen` is the `recorded_at` of
/// the newest thing that the device knew of when it acted. If `seen` lies after `arrival` (it
/// cannot, but a damaged row could say so) the arrival wins.
pub fn occurred_at(
    device_clock: Timestamp,
    offset_ms: i32,
    seen: Option<Timestamp>,
    arrival: Timestamp,
) -> Timestamp {
    let corrected = device_clock.plus_ms(i64::from(offset_ms));
    if planted::is(Bug::ClockTrusted) {
        return corrected;
    }
    let floor = seen.unwrap_or(arrival.plus_ms(-UNSEEN_MS));
    Timestamp(corrected.0.max(floor.0).min(arrival.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_after_arrival_and_never_before_what_was_seen(
            clock: i64, offset: i32, seen in proptest::option::of(0i64..2_000_000), arrival in 0i64..4_000_000,
        ) {
            let at = occurred_at(Timestamp(clock), offset, seen.map(Timestamp), Timestamp(arrival));
            prop_assert!(at.0 <= arrival);
            prop_assert!(at.0 >= arrival - UNSEEN_MS);
            if let Some(seen) = seen
                && seen <= arrival
            {
                prop_assert!(at.0 >= seen);
            }
        }
    }

    #[test]
    fn a_clock_that_is_an_hour_slow_is_put_right() {
        let at = occurred_at(Timestamp(1_000), 3_600_000, Some(Timestamp(0)), Timestamp(9_000_000));
        assert_eq!(at, Timestamp(3_601_000));
    }
}
