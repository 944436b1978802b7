//! Shares of traffic as whole basis points, so that a split always sums to 10 000 and never holds a NaN.

use crate::hundredths::Hundredths;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A share of traffic in basis points: 10 000 is everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Weight(u16);

/// A number above 10 000 was given as a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightOutOfRange(pub u16);

impl fmt::Display for WeightOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} basis points are more than the whole (10000)", self.0)
    }
}

impl std::error::Error for WeightOutOfRange {}

impl Weight {
    /// No traffic.
    pub const ZERO: Self = Self(0);
    /// All traffic.
    pub const FULL: Self = Self(10_000);

    /// A weight from basis points, at most 10 000.
    pub const fn from_basis_points(basis_points: u16) -> Result<Self, WeightOutOfRange> {
        if basis_points <= 10_000 { Ok(Self(basis_points)) } else { Err(WeightOutOfRange(basis_points)) }
    }

    /// The weight in basis points, 0 to 10 000.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// What is left of the whole.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self(10_000 - self.0)
    }

    /// The weight as a probability between 0 and 1.
    pub fn probability(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// Whether some but not all traffic is meant, so that two arms can be compared.
    pub const fn compares(self) -> bool {
        self.0 > 0 && self.0 < 10_000
    }
}

impl TryFrom<u16> for Weight {
    type Error = WeightOutOfRange;
    fn try_from(basis_points: u16) -> Result<Self, WeightOutOfRange> {
        Self::from_basis_points(basis_points)
    }
}

impl From<Weight> for u16 {
    fn from(weight: Weight) -> u16 {
        weight.0
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}%", Hundredths(self.0.into())))
    }
}

/// Who gets how much: the baseline has what the candidate has not, so the two always sum to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Split {
    candidate: Weight,
}

impl Split {
    /// The split that gives `candidate` to the candidate and the rest to the baseline.
    pub const fn to_candidate(candidate: Weight) -> Self {
        Self { candidate }
    }

    /// The candidate's share.
    pub const fn candidate(self) -> Weight {
        self.candidate
    }

    /// The baseline's share.
    pub const fn baseline(self) -> Weight {
        self.candidate.complement()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(basis_points: u16, text: &str) {
        assert_eq!(Weight::from_basis_points(basis_points).unwrap().to_string(), text);
    }

    #[test]
    fn weights_read_as_percentages() {
        check(0, "0%");
        check(5, "0.05%");
        check(50, "0.5%");
        check(250, "2.5%");
        check(2_000, "20%");
        check(10_000, "100%");
        assert!(Weight::from_basis_points(10_001).is_err());
    }

    proptest! {
        #[test]
        fn a_split_sums_to_the_whole(basis_points in 0u16..=10_000) {
            let split = Split::to_candidate(Weight::from_basis_points(basis_points).unwrap());
            prop_assert_eq!(split.baseline().basis_points() + split.candidate().basis_points(), 10_000);
        }
    }
}
