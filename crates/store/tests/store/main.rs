//! What the store promises, on real files in temporary directories.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod applying;
mod backup;
mod disk_full;
mod evidence;
mod experiments;
mod feedback;
mod scores;
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
mod sources;
mod world;
mod years;
