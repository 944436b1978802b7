//! Chance that can be repeated: the same seed always draws the same numbers. Entry point: [`Chance::seeded`].
//!
//! SplitMix64 (Steele, Lea, Flood, 2014), which is quick, small and good enough to pick faults.

use std::time::Duration;

/// A sequence of numbers that look random.
#[derive(Debug, Clone)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// The sequence of a seed.
    pub const fn seeded(seed: u64) -> Self {
        // Neighbouring seeds begin far from each other.
        Self { state: seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(0x9e37_79b9_7f4a_7c15) }
    }

    /// The next number, any of 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound; zero when there is none below it. The bias of the remainder is far below what matters
    /// here.
    pub const fn below(&mut self, bound: u64) -> u64 {
        let bits = self.bits();
        if bound == 0 { 0 } else { bits % bound }
    }

    /// A place in a list of this length.
    pub fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// One of several; the first when there is only one.
    pub fn pick<T: Copy>(&mut self, choices: &[T], otherwise: T) -> T {
        choices.get(self.place(choices.len())).copied().unwrap_or(otherwise)
    }

    /// Whether something with a chance of so many in a thousand happens.
    pub const fn hits(&mut self, in_thousand: u64) -> bool {
        self.below(1_000) < in_thousand
    }

    /// A span between two, to the millisecond.
    pub fn span(&mut self, from: Duration, to: Duration) -> Duration {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(millis(from) + self.below(millis(to).saturating_sub(millis(from)) + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_numbers_and_its_neighbour_others() {
        let draw = |seed| {
            let mut chance = Chance::seeded(seed);
            [chance.bits(), chance.bits(), chance.bits()]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn bounds_hold() {
        let mut chance = Chance::seeded(1);
        let (short, long) = (Duration::from_millis(5), Duration::from_millis(9));
        for _ in 0..1_000 {
            assert!(chance.below(3) < 3);
            assert!((short..=long).contains(&chance.span(short, long)));
        }
        assert_eq!(chance.below(0), 0);
        assert!(!chance.hits(0) && chance.hits(1_000));
    }
}
