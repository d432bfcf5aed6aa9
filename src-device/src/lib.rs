//! What a device does without a network, and with one.
//!
//! [`Device`] is the whole of it for the app: one method for each IPC command. Below it: photos
//! ([`photo`]), what is kept ([`store`]), what is on its way ([`outbox`]), what the city says
//! ([`feed`]) and how both are shown together ([`view`]).
//!
//! Invariants, stated as absences: nothing here knows Tauri; nothing outside `store` knows SQLite;
//! no blocking call on an async thread; a command's bytes never change once they are signed.

pub mod answers;
mod device;
pub mod error;
pub mod feed;
pub mod keys;
pub mod outbox;
mod pages;
pub mod photo;
mod places;
mod shared;
pub mod sse;
pub mod store;
mod sync;
pub mod transport;
mod uploads;
pub mod view;

pub use device::Device;
pub use error::DeviceError;
pub use shared::Now;
