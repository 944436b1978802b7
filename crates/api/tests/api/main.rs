//! What the control plane promises its clients, through real sockets and on a real store in a temporary directory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod applying;
mod description;
mod events;
mod experiments;
mod health;
mod orders;
mod percentiles;
mod planning;
mod reading;
mod repeating;
mod starting;
mod world;
