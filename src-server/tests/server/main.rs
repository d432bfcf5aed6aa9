//! The server as its devices meet it: a real one on a free port, real frames over HTTP.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the answer")]

mod backup;
mod city_programs;
mod clocks;
mod commands;
mod crew;
mod delivery;
mod feeds;
mod folder;
mod history;
mod input;
mod limits;
mod load;
mod permissions;
mod photos;
mod private;
mod program;
mod session;
mod support;
mod upgrade;
mod web;
