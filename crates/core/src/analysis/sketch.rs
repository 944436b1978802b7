//! How many different units were seen, in a few hundred bytes: [`UnitSketch`].

use crate::unit::UnitHash;
use serde::{Deserialize, Serialize};

/// How many bits tell units apart when they are counted: linear counting (Whang et al., 1990) errs by about 1 %
/// up to 4 000 units and saturates near 34 000, far above the floor of 100 it serves.
const UNIT_BITS: usize = 4_096;

/// A count of different units that can be added without counting anyone twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitSketch(Vec<u64>);

impl Default for UnitSketch {
    fn default() -> Self {
        Self(vec![0; UNIT_BITS / 64])
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
