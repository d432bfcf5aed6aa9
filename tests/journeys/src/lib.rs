//! What journeys are made of: the shipped programs as processes, a real window driven by
//! WebDriver, a proxy that plays the network's faults, and photos as cameras write them.
//!
//! Nothing here knows the programs' insides: they are started by their command lines and watched
//! from outside. Only tests use it, so what cannot go on panics or returns an error that names
//! what was waited for.

pub mod photo;
pub mod programs;
pub mod proxy;
pub mod server;
pub mod wait;
pub mod window;

pub use crate::{
    photo::CameraPhoto,
    programs::Programs,
    proxy::{Carried, Network, Proxy},
    server::Server,
    wait::until,
    window::{Browser, Installation, Window, assert_accessible},
};
