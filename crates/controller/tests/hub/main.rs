//! How far tables spread, and what is known of the gateways that serve by them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;
mod spread;
mod health;
mod refusals;
mod seats;
mod restart;
