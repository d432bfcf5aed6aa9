//! A past for a city that has none: requests of the three years before its first start, for
//! demonstrations.
//!
//! [`Arrivals`] says what came when, [`Plan`] where it was and what became of it; both follow from
//! seed, city, count and end alone, so that a start after a kill makes the same records again.
//! [`Import`] takes the records over, one after the other, in the background. They go through the
//! same `decide`, `dispatch` and `apply` as everything else.
//!
//! The volumes, rhythms and times are shaped like Boston's ([`shape`]); streets, words and events
//! are invented.

mod arrivals;
mod days;
mod dice;
mod import;
mod plan;
pub mod shape;
mod sites;
mod words;

#[cfg(test)]
mod tests;

pub use arrivals::{Arrival, Arrivals};
pub use import::{Import, Ranges};
pub use plan::{Deed, Plan, Record, What};

/// The seed of every history. Another seed makes another past of the same shape.
pub const SEED: u64 = 0x4d45_4e44_2026;
/// Most records that are made.
pub const MOST: u32 = 200_000;
/// How many years of past are made.
pub const YEARS: i16 = 3;
