//! Mend's backend: city, intake, store and http, as a library. The program `mend-server` runs it
//! by itself; the app carries it inside.
//!
//! Invariants, stated as absences: nothing outside `store/sqlite` knows the database, nothing
//! outside `http` knows axum; no SQLite call runs on an async thread; the actor of a command is
//! never read from its body; no log line holds a token, a password, a tracking code or a body.

pub mod auth;
pub mod backup;
pub mod check;
pub mod city;
pub mod clock;
pub mod explain;
pub mod history;
pub mod http;
pub mod intake;
pub mod limits;
pub mod photos;
mod start;
pub mod store;
pub mod ticker;

pub use auth::demo::DemoAccount;
pub use clock::Clock;
pub use limits::Limits;
pub use start::{Config, Running, StartError, rebuild, start};
