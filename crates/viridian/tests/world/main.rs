//! The product as people run it: the binary in a process of its own, real model servers, real clients, real signals.
//!
//! Each test starts what it needs on loopback ports and ends it by its process id. `process`, `viridian`, `python`,
//! `mlserver`, `chat_model`, `defects`, `apart`, `load`, `ledger`, `published`, `history`, `manifests`, `seed` and `result` are the
//! world; the other modules are the tests.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a test saw is for those who run it by hand"
)]

mod apart;
mod chat_model;
mod defects;
mod history;
mod ledger;
mod load;
mod manifests;
mod mlserver;
mod process;
mod published;
mod python;
mod result;
mod seed;
mod viridian;

mod aims;
mod bandit;
mod beside;
mod blue_green;
mod conditions;
mod crossed;
mod delivery;
mod digits;
mod disk_full;
mod elsewhere;
mod experiment;
mod faults;
mod gauges;
mod kill;
mod late;
mod metrics;
mod moto;
mod nginx;
mod notified;
mod openai_client;
mod opinions;
mod postgres;
mod prometheus;
mod rollback_speed;
mod scores;
mod secure;
mod skew;
mod slices;
mod start_speed;
mod strict;
mod unproven;
mod unsound;
