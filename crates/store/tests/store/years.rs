//! A database of ten years: started on by `cargo xtask bench start`, and made here.

use crate::grown::{Size, grow};
use std::path::PathBuf;

/// Where the database is to be made.
const DIRECTORY: &str = "VIRIDIAN_TEST_DIRECTORY";

#[test]
#[ignore = "makes what `cargo xtask bench start` starts on"]
fn make() {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    grow(&directory, Size::YEARS);
}
