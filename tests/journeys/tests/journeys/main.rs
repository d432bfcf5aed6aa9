//! Journeys through the shipped programs, in the real window. `cargo xtask test` runs them.

mod acts;
mod catalogue;
mod faults;
mod line;
mod processes;
mod services;
mod start;
mod trouble;
mod uploads;
