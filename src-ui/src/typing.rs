//! When what is typed is kept: soon after the last key, and never long after the first.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use crate::format;

/// Typing is kept this long after the last key.
const PAUSE_MS: i64 = 250;
/// And at the latest this long after the first key that is not kept: who types on and on would
/// otherwise lose all of it.
const LONGEST_MS: i64 = 1_000;

/// How long to wait at `now` for one more key, when the first key that is not kept was at `first`.
/// Both in milliseconds.
fn wait_ms(first: i64, now: i64) -> i64 {
    // A clock that was set back must not put it off.
    let elapsed = now.saturating_sub(first).max(0);
    PAUSE_MS.min(LONGEST_MS.saturating_sub(elapsed)).max(0)
}

/// What is typed and not kept yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typing {
    timer: StoredValue<Option<TimeoutHandle>>,
    /// When the first key that is not kept was pressed, in milliseconds.
    first: StoredValue<Option<i64>>,
}

impl Typing {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { timer: StoredValue::new(None), first: StoredValue::new(None) }
    }

    /// Calls `save` at once when the window is left with something not kept, for as long as the
    /// screen that asks for it is there.
    pub(crate) fn keep_on_leaving(self, save: impl Fn() + Copy + 'static) {
        // Not every system tells every one of them, and after the last one there is no time.
        for event in ["visibilitychange", "pagehide", "blur"] {
            let heard = window_event_listener_untyped(event, move |_| {
                if self.first.try_get_value().flatten().is_some() {
                    save();
                }
            });
            on_cleanup(move || heard.remove());
        }
    }

    /// A key was pressed.
    pub(crate) fn key(self, save: impl Fn() + 'static) {
        let now = format::now().0;
        let first = self.first.try_get_value().flatten().unwrap_or(now);
        self.first.set_value(Some(first));
        self.clear_timer();
        let wait = Duration::from_millis(u64::try_from(wait_ms(first, now)).unwrap_or(0));
        self.timer.set_value(set_timeout_with_handle(save, wait).ok());
    }

    /// All of it is being kept.
    pub(crate) fn done(self) {
        self.clear_timer();
        self.first.try_update_value(|first| *first = None);
    }

    fn clear_timer(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_enough() {
        assert_eq!(wait_ms(1_000, 1_000), 250);
        assert_eq!(wait_ms(1_000, 1_700), 250);
    }

    #[test]
    fn who_types_on_and_on_is_kept_within_a_second() {
        // A key every 100 ms: each puts the timer off, but none beyond the end.
        for now in (5_000..6_000).step_by(100) {
            assert!(now + wait_ms(5_000, now) <= 6_000, "{now}");
        }
        assert_eq!(wait_ms(5_000, 5_900), 100);
        assert_eq!(wait_ms(5_000, 9_000), 0);
    }

    #[test]
    fn a_clock_that_was_set_back_puts_nothing_off() {
        assert_eq!(wait_ms(5_000, 1_000), 250);
    }
}
