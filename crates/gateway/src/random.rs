//! Numbers that look random, without a lock or a system call. Entry point: [`Random::next`].
//!
//! SplitMix64 (Steele, Lea, Flood, 2014): every number occurs once in a period, which nonces need, and each is uniform,
//! which draws need. It keeps no secret: whoever sees a number knows the next, so what leaves the process and what
//! decides come from generators of their own.

use std::cell::Cell;

/// A generator of one worker.
#[derive(Debug)]
pub(crate) struct Random {
    state: Cell<u64>,
}

impl Random {
    /// A generator that begins somewhere unpredictable.
    pub(crate) fn seeded() -> Result<Self, getrandom::Error> {
        Ok(Self { state: Cell::new(getrandom::u64()?) })
    }

    /// The next number.
    pub(crate) fn next(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_reference() {
        let random = Random { state: Cell::new(1_234_567) };
        // The first outputs of the reference implementation for this seed.
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }
}
