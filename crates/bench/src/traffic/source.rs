//! Random numbers of traffic: the [`Dice`] of simulations, with the exponential and the normal distribution by the ziggurat,
//! which takes a logarithm or a cosine for one number of a hundred. Half a benchmark is the making of such numbers.

use rand_core::TryRng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use std::convert::Infallible;
use viridian_core::simulate::Dice;

/// A seeded source.
#[derive(Debug, Clone)]
pub(super) struct Source(pub(super) Dice);

impl Source {
    pub(super) const fn seeded(seed: u64) -> Self {
        Self(Dice::seeded(seed))
    }

    /// A uniform 64-bit number.
    pub(super) const fn bits(&mut self) -> u64 {
        self.0.bits()
    }

    /// A uniform whole number below a bound.
    #[expect(clippy::cast_possible_truncation, reason = "less than the bound")]
    pub(super) const fn below(&mut self, bound: u32) -> u32 {
        (self.bits() % bound as u64) as u32
    }

    /// A uniform number from 0 up to, not including, 1.
    pub(super) fn uniform(&mut self) -> f64 {
        self.0.uniform()
    }

    /// A normal number with mean 0 and deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        StandardNormal.sample(self)
    }

    /// How long something takes that takes one on average and may come at any moment (exponential).
    pub(super) fn wait(&mut self) -> f64 {
        Exp1.sample(self)
    }
}

impl TryRng for Source {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.bits() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for chunk in into.chunks_mut(8) {
            let bits = self.bits().to_le_bytes();
            chunk.iter_mut().zip(bits).for_each(|(byte, drawn)| *byte = drawn);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(draw: impl Fn(&mut Source) -> f64, expected: f64, tolerance: f64) {
        let mut source = Source::seeded(3);
        let mean = (0..100_000).map(|_| draw(&mut source)).sum::<f64>() / 100_000.0;
        assert!((mean - expected).abs() < tolerance, "{mean} instead of {expected}");
    }

    #[test]
    fn distributions_have_their_moments() {
        check(Source::normal, 0.0, 0.02);
        check(|source| source.normal().powi(2), 1.0, 0.03);
        check(|source| f64::from(u8::from(source.normal() > 1.959_963_984_540_054)), 0.025, 0.002);
        check(Source::wait, 1.0, 0.02);
        check(|source| source.wait().powi(2), 2.0, 0.1);
        check(|source| f64::from(u8::from(source.wait() > 20.0_f64.ln())), 0.05, 0.003);
    }
}
