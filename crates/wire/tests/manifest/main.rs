//! Manifests from the outside: what is read, what is written back, and what people are told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod examples;
mod faults;
mod meanings;
mod properties;
mod resolve;
