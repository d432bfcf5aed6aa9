//! The times in which work waited, joined and in order.

use crate::subject::Pause;
use crate::time::Timestamp;

/// A time without end.
const FOR_EVER: i64 = i64::MAX;

/// Times in which a clock stands still: from the first instant until before the second, in
/// milliseconds, in order, none touching the next.
#[derive(Debug, Clone, Default)]
pub(in crate::city) struct Waits(Vec<(i64, i64)>);

/// One time in which a clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::city) struct Wait {
    pub from: Timestamp,
    /// None: it lasts.
    pub until: Option<Timestamp>,
}

impl Waits {
    /// A pause that has not ended lasts for ever. Empty ones are none.
    pub fn new(pauses: &[Pause]) -> Self {
        let mut all: Vec<(i64, i64)> = pauses
            .iter()
            .map(|pause| (pause.from.0, pause.until.map_or(FOR_EVER, |until| until.0)))
            .filter(|(from, until)| from < until)
            .collect();
        all.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(all.len());
        for (from, until) in all {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => joined.push((from, until)),
            }
        }
        Self(joined)
    }

    /// The last one, taken out.
    pub fn pop(&mut self) -> Option<Wait> {
        self.0.pop().map(wait)
    }

    /// The one in which the clock stands still right before this instant: at the instant at which
    /// a wait begins the clock has run so far, at the one at which it ends it has not yet run on.
    pub fn at_end_of(&self, at: Timestamp) -> Option<Wait> {
        self.0.iter().find(|(from, until)| *from < at.0 && at.0 <= *until).copied().map(wait)
    }

    /// The first instant at which the clock, started at `start`, has run for `ms`. None if it
    /// stands still for ever before that.
    pub fn after_running(&self, start: Timestamp, ms: i64) -> Option<Timestamp> {
        let (mut at, mut left) = (start.0, ms);
        for (from, until) in self.0.iter().copied().filter(|(_, until)| start.0 < *until) {
            let runs = from.saturating_sub(at).max(0);
            if left <= runs {
                break;
            }
            if until == FOR_EVER {
                return None;
            }
            left -= runs;
            at = until;
        }
        Some(Timestamp(at.saturating_add(left)))
    }

    /// Adds the pieces of a span in which the clock runs.
    pub fn running(&self, from: Timestamp, until: Timestamp, pieces: &mut Vec<(i64, i64)>) {
        let mut at = from.0;
        for wait in self.0.iter().filter(|wait| from.0 < wait.1 && wait.0 < until.0) {
            if at < wait.0 {
                pieces.push((at, wait.0));
            }
            at = wait.1;
        }
        if at < until.0 {
            pieces.push((at, until.0));
        }
    }
}

fn wait((from, until): (i64, i64)) -> Wait {
    Wait { from: Timestamp(from), until: (until != FOR_EVER).then_some(Timestamp(until)) }
}
