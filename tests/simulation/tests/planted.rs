//! Every planted bug is found. Run with the feature `planted`, as `cargo xtask test` does.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]
#![cfg(feature = "planted")]

use mend_core::planted::{Bug, plant};
use mend_sim::world::{Ground, run};

/// By this seed each bug must have been found.
const SEEDS: u64 = 5_000;

/// The first seed that finds the bug, and what it found.
fn found(bug: Bug) -> Option<(u64, String)> {
    // Made without the bug: what it does to empty stores is not in question.
    let ground = Ground::new().unwrap();
    plant(Some(bug));
    let found = (0..SEEDS).find_map(|seed| {
        let violations = run(&ground, seed, false).unwrap().violations;
        violations.into_iter().next().map(|violation| (seed, violation))
    });
    plant(None);
    found
}

#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        match found(bug) {
            Some((seed, violation)) => println!("{bug:?}: seed {seed}: {violation}"),
            None => missed.push(bug),
        }
    }
    assert!(missed.is_empty(), "not found in {SEEDS} seeds: {missed:?}");
}

#[test]
fn without_a_bug_nothing_is_found() {
    let ground = Ground::new().unwrap();
    for seed in 0..100 {
        assert_eq!(run(&ground, seed, false).unwrap().violations, [""; 0], "seed {seed}");
    }
}
