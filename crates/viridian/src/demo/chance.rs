//! Reproducible chance for the demo's callers and model servers: SplitMix64 (Steele, Lea and Flood, 2014), shared
//! between tasks without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

/// The increment of SplitMix64, the golden ratio as a 64-bit fraction.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of pseudo-random numbers.
pub(super) struct Chance {
    state: AtomicU64,
}

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// A number between 0 and 1, 1 excluded.
    pub(super) fn uniform(&self) -> f64 {
        let mut z = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The upper 53 bits are a fraction a double holds exactly.
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// One of `count` callers, the active ones far more often than the others: a quarter of the callers sends half
    /// of the requests.
    pub(super) fn caller(&self, count: usize) -> usize {
        let position = self.uniform().powi(2);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the count")]
        let index = (position * count as f64) as usize;
        index.min(count.saturating_sub(1))
    }
}
