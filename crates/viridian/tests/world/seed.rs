//! Chance that can be repeated. Entry point: [`chance`].

/// Repeats what a test that failed did.
const SEED: &str = "VIRIDIAN_SEED";

/// A source of random numbers whose seed is told, and shown when the test fails.
pub(crate) fn chance() -> fastrand::Rng {
    let seed = match std::env::var(SEED) {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => fastrand::u64(..),
    };
    println!("to do the same again: {SEED}={seed}");
    fastrand::Rng::with_seed(seed)
}
