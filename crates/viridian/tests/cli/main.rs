//! The command line as scripts and people see it: the built binary, its two outputs and its exit codes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backup;
mod control_plane;
mod files;
mod following;
mod program;
mod reading;
mod speaking;
