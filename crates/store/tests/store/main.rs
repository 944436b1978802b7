//! What the store promises, on real files in temporary directories.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod applying;
mod backup;
mod counted;
mod disk_full;
mod evidence;
mod experiments;
mod feedback;
mod folding;
mod forms;
mod gateways;
mod golden;
mod grown;
mod keeping;
mod kill;
mod log;
mod log_file;
mod opening;
mod recent;
mod rollouts;
mod scores;
mod sources;
mod world;
mod years;
