//! Intake: one file per channel, each turning its input into commands for the store.

pub mod frames;
pub mod photo;
