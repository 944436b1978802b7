//! How many different units were seen, in a few hundred bytes: [`UnitSketch`].

use crate::unit::UnitHash;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// How many bits tell units apart when they are counted: linear counting (Whang et al., 1990) errs by about 1 %
/// up to 4 000 units and saturates near 34 000, far above the floor of 100 it serves.
const UNIT_BITS: usize = 4_096;
/// The words these bits are kept in.
const WORDS: usize = UNIT_BITS / 64;

/// A count of different units that can be added without counting anyone twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UnitSketch(Vec<u64>);

impl Default for UnitSketch {
    fn default() -> Self {
        Self(vec![0; WORDS])
    }
}

impl UnitSketch {
    /// Marks a unit as seen.
    pub fn insert(&mut self, unit: UnitHash) {
        // The group is the hash modulo 64; other bits are used here so that the two do not depend on each other.
        let bit = usize::try_from(unit.0 >> 52).unwrap_or(0);
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    /// Adds the units another sketch has seen.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// About how many different units were seen.
    pub fn count(&self) -> u64 {
        let size = UNIT_BITS as f64;
        let empty: u32 = self.0.iter().map(|word| word.count_zeros()).sum();
        // A full sketch is read as if one bit were still empty: "at least this many".
        let estimate = size * (size / f64::from(empty.max(1))).ln();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 34 070")]
        let units = estimate.round() as u64;
        units
    }
}

impl<'de> Deserialize<'de> for UnitSketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words: Vec<u64> = Deserialize::deserialize(deserializer)?;
        match words.len() {
            WORDS => Ok(Self(words)),
            found => Err(D::Error::custom(format_args!("{found} words of units seen instead of {WORDS}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut seen = UnitSketch::default();
        (0..500_u64).for_each(|unit| seen.insert(UnitHash(unit << 52)));
        let written = serde_json::to_string(&seen).unwrap();
        assert_eq!(serde_json::from_str::<UnitSketch>(&written).unwrap(), seen);
    }

    #[test]
    fn another_number_of_words_is_a_mistake() {
        let check = |words: usize, expected: &str| {
            let written = serde_json::to_string(&vec![1_u64; words]).unwrap();
            let error = serde_json::from_str::<UnitSketch>(&written).unwrap_err().to_string();
            assert_eq!(error, expected);
        };
        check(0, "0 words of units seen instead of 64");
        check(63, "63 words of units seen instead of 64");
        check(65, "65 words of units seen instead of 64");
    }
}
