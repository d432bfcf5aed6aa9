//! Mend under one seed: a server, some devices, and everything that can go wrong between them.

pub mod check;
pub mod city;
pub mod device;
pub mod dice;
pub mod disk;
pub mod net;
pub mod people;
pub mod photos;
pub mod server;
pub mod vfs;
pub mod world;
