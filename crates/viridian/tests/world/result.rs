//! What a test saw, for those who run it against a peer to write it down. Entry point: [`tell`].

/// Where to write it; set by `cargo xtask interop`.
const RESULT: &str = "VIRIDIAN_RESULT";

/// Prints what was seen, and writes it where it was asked for.
pub(crate) fn tell(seen: &str) {
    println!("{seen}");
    if let Some(file) = std::env::var_os(RESULT) {
        std::fs::write(file, seen).unwrap();
    }
}
