//! The gateway over real sockets: callers on one side, upstreams that do as they are told on the other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addressing;
mod bodies;
mod deadlines;
mod declared;
mod draw;
mod drain;
mod experiment;
mod exposure;
mod feedback;
mod lease;
mod local_guard;
mod outcomes;
mod pinned;
mod reading;
mod refusals;
mod releases;
mod restart;
mod snapshots;
mod socket;
mod streaming;
mod tallies;
mod tls;
mod uplink;
mod upstreams;
mod world;
