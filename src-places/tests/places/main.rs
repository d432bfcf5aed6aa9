//! The index of places, beside a slow and obvious reading of the same pack.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

mod city;
mod files;
mod near;
mod oracle;
mod words;
