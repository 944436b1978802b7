//! The draw: a keyed hash puts a unit into one of 10 000 buckets, and the candidate owns the buckets below its
//! weight. Raising the weight therefore only adds units; nobody who had the candidate is taken back.
//!
//! The hash is SipHash-2-4 (Aumasson and Bernstein, 2012) under the rollout's secret salt: without the salt nobody
//! can choose an arm, and each rollout begins with other users.

use super::table::Salt;
pub use crate::unit::{GROUPS, Group, UnitHash};
use crate::weight::Weight;
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// Which of the 10 000 equal parts of the traffic a unit falls into, 0 to 9 999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(u16);

impl Bucket {
    /// The bucket of a unit under a rollout's salt.
    pub fn of(salt: &Salt, unit: &str) -> Self {
        let mut hasher = SipHasher24::new_with_key(&salt.0);
        hasher.write(unit.as_bytes());
        Self::from_uniform(hasher.finish())
    }

    /// The bucket of a uniform 64-bit number, for requests drawn by themselves.
    pub const fn from_uniform(uniform: u64) -> Self {
        // A multiplication and a shift map the range without division; the bias is below 2^-50.
        Self(((uniform as u128 * 10_000) >> 64) as u16)
    }

    /// Its number.
    pub const fn index(self) -> u16 {
        self.0
    }

    /// Whether the candidate owns this bucket at `weight`.
    pub const fn is_candidate(self, weight: Weight) -> bool {
        self.0 < weight.basis_points()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ApplicationName;
    use crate::unit::UnitHash;
    use proptest::prelude::*;

    const TEST_SALT: Salt = Salt([7; 16]);

    fn application() -> ApplicationName {
        ApplicationName::parse("support-chat").unwrap()
    }

    /// Golden vectors: other languages can check their own draw against these.
    fn check(unit: &str, bucket: u16, group: u8) {
        assert_eq!(Bucket::of(&TEST_SALT, unit).0, bucket, "bucket of {unit}");
        assert_eq!(UnitHash::of(&application(), unit).group().0, group, "group of {unit}");
    }

    #[test]
    fn the_draw_matches_its_golden_vectors() {
        check("", 2976, 26);
        check("alice", 7777, 60);
        check("bob", 4164, 57);
        check("user-000042", 8984, 57);
        check("中文", 5889, 57);
    }

    #[test]
    fn uniform_numbers_cover_every_bucket() {
        assert_eq!(Bucket::from_uniform(0).0, 0);
        assert_eq!(Bucket::from_uniform(u64::MAX).0, 9_999);
        assert_eq!(Bucket::from_uniform(u64::MAX / 2).0, 4_999);
    }

    #[test]
    fn the_candidate_gets_its_share_of_units() {
        let weight = Weight::from_basis_points(1_000).unwrap();
        let drawn = (0..100_000)
            .filter(|n| Bucket::of(&TEST_SALT, &format!("user-{n}")).is_candidate(weight))
            .count();
        // Five standard deviations of a binomial with n = 100 000 and p = 0.1.
        assert!((9_500..10_500).contains(&drawn), "{drawn} of 100000 units at 10 %");
    }

    proptest! {
        #[test]
        fn a_unit_on_the_candidate_stays_while_the_weight_only_rises(unit in ".*", a in 0u16..=10_000, b in 0u16..=10_000) {
            let (lower, higher) = (a.min(b), a.max(b));
            let bucket = Bucket::of(&TEST_SALT, &unit);
            let at = |basis_points| bucket.is_candidate(Weight::from_basis_points(basis_points).unwrap());
            prop_assert!(!at(lower) || at(higher));
        }
    }
}
