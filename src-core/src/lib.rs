//! Mend's domain: types and rules.
//!
//! Invariants, stated as absences: nothing here does I/O, reads a clock, draws a random
//! number or awaits. What a rule needs is passed in; what it decides is returned.
//! Coordinates are latitude, then longitude, in degrees WGS84. Instants are milliseconds
//! since 1970-01-01T00:00:00Z.

pub mod api;
pub mod apply;
pub mod catalogue;
#[cfg(feature = "city")]
pub mod city;
pub mod command;
pub mod decide;
#[cfg(feature = "city")]
pub mod dispatch;
pub mod event;
pub mod frame;
pub mod id;
pub mod location;
pub mod photo_hint;
pub mod planted;
pub mod refusal;
pub mod subject;
pub mod sync;
pub mod time;
pub mod tracking;
pub mod view;
