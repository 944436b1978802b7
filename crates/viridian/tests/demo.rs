//! The demo, as whoever runs it first sees it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_viridian")).arg("demo").args(arguments).output().unwrap()
}

#[test]
fn a_bad_release_is_rolled_back_and_a_good_one_promoted() {
    let output = demo(&["--plain"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("support-chat-v2: RolledBack"), "{told}");
    assert!(told.contains("support-chat-v3: Promoted"), "{told}");
    assert!(told.contains("users sent back and forth: 0"), "{told}");
}

#[test]
fn nothing_moves_without_evidence() {
    let output = demo(&["--plain", "--cut-evidence", "--limit", "8"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("support-chat-v2: Progressing"), "{told}");
}
