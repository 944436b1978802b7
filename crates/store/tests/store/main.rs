//! What the store promises, on real files in temporary directories.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod log;
mod opening;
mod rollouts;
mod world;
