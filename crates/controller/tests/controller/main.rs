//! The loop with a real store, gateways that answer as they are told, and a clock that is moved by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod experiment;
mod failure;
mod housekeeping;
mod maturity;
mod notices;
mod walk;
mod world;
