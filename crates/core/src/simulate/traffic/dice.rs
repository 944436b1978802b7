//! A small generator of numbers that look random and are the same for the same seed: SplitMix64 (Steele, Lea,
//! Flood, OOPSLA 2014), with the few distributions that traffic needs.

use std::f64::consts::TAU;
use std::time::Duration;

/// The odd number nearest to 2^64 divided by the golden ratio: the step from one state to the next.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The most arrivals that are drawn at once; `exp` of minus this is far above the smallest number.
const MOST_AT_ONCE: f64 = 100.0;

/// A seeded generator.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The generator that begins with a seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A uniform 64-bit number.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A uniform number from 0 up to, not including, 1.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub fn hits(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// One of `count` places, each as likely.
    pub const fn place(&mut self, count: usize) -> usize {
        ((self.bits() as u128 * count as u128) >> 64) as usize
    }

    /// How many of many independent rare things happen when `mean` are expected (Poisson, by Knuth's product).
    pub fn arrivals(&mut self, mean: f64) -> u64 {
        let mut left = mean;
        let mut arrivals = 0;
        while left > 0.0 {
            let floor = (-left.min(MOST_AT_ONCE)).exp();
            left -= MOST_AT_ONCE;
            let mut product = self.uniform();
            while product > floor {
                arrivals += 1;
                product *= self.uniform();
            }
        }
        arrivals
    }

    /// How long something takes that may come at any moment, by its mean (exponential). Nothing is drawn of what comes at once.
    pub fn wait(&mut self, mean: Duration) -> Duration {
        if mean.is_zero() { mean } else { mean.mul_f64(-(1.0 - self.uniform()).ln()) }
    }

    /// A normal number with mean 0 and deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of many draws.
    fn mean(mut draw: impl FnMut(&mut Dice) -> f64) -> f64 {
        let mut dice = Dice::seeded(3);
        (0..100_000).map(|_| draw(&mut dice)).sum::<f64>() / 100_000.0
    }

    fn check(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() < tolerance, "{found} instead of {expected}");
    }

    #[test]
    fn the_generator_is_splitmix64() {
        let mut dice = Dice::seeded(1_234_567);
        assert_eq!(dice.bits(), 6_457_827_717_110_365_317);
        assert_eq!(dice.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn distributions_have_their_means() {
        check(mean(Dice::uniform), 0.5, 0.005);
        check(mean(|dice| dice.arrivals(3.0) as f64), 3.0, 0.03);
        check(mean(|dice| dice.arrivals(250.0) as f64), 250.0, 0.3);
        check(mean(Dice::normal), 0.0, 0.02);
        check(mean(|dice| dice.normal().powi(2)), 1.0, 0.03);
        check(mean(|dice| dice.place(7) as f64), 3.0, 0.03);
        check(mean(|dice| dice.wait(Duration::from_secs(2)).as_secs_f64()), 2.0, 0.02);
    }
}
