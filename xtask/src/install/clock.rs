//! The library through which tests give a process another time of day.
//!
//! Entry point: [`install`]. Tests of wrong clocks say that they were skipped where it is missing, so nothing else waits
//! for it.

use std::path::Path;

use super::packages;

const PACKAGE: &str = "libfaketime";
/// Where Debian puts it, by the architecture.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// Installs it where it is missing and may be installed; otherwise says what is going to be skipped.
pub(super) fn install() {
    if LIBRARIES.iter().any(|library| Path::new(library).exists()) {
        return;
    }
    if let Err(error) = packages::install(&[PACKAGE]) {
        eprintln!("tests of wrong clocks will be skipped: {error:#}");
    }
}
