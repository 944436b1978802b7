//! A whole world in one process, for tests: upstreams that do as they are told, callers, and routing tables to serve by.
//!
//! Everything listens on port 0 of the loopback interface. Nothing here is used by production code.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use this crate, and they fail by panicking"
)]

pub mod authority;
pub mod caller;
pub mod disk;
pub mod line;
pub mod table;
pub mod upstream;
pub mod wait;
