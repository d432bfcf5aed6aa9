//! A seed is a seed: the same world again, to the byte; and some seeds hold.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use mend_sim::world::{Ground, STEPS, run};

#[test]
fn a_replay_is_the_same_to_the_byte() {
    // Two grounds, as in two runs of the program: nothing of a log depends on where it ran.
    let (one, other) = (Ground::new().unwrap(), Ground::new().unwrap());
    for seed in 0..12 {
        let first = run(&one, seed, true).unwrap();
        assert_eq!(first, run(&other, seed, true).unwrap(), "seed {seed}");
        assert_eq!(first.violations, [""; 0], "seed {seed}");
        assert!(first.crashes > 0 && first.log.len() >= STEPS / 2, "seed {seed}");
        // Looking on changes nothing.
        let unseen = run(&one, seed, false).unwrap();
        assert_eq!((unseen.crashes, unseen.accepted), (first.crashes, first.accepted));
    }
}

#[test]
fn some_seeds_hold() {
    let ground = Ground::new().unwrap();
    let mut accepted = 0;
    for seed in 1_000..1_100 {
        let report = run(&ground, seed, false).unwrap();
        assert_eq!(report.violations, [""; 0], "seed {seed}");
        accepted += report.accepted;
    }
    assert!(accepted > 500, "so little happens that nothing is proven: {accepted}");
}
