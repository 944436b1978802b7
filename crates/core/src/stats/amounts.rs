//! Amounts of any size, such as tokens or money, counted and summed by bucket; they add across gateways.
//!
//! Start with [`Amounts::record`]. Everything is a whole number, so sums are the same in any order. With the sum of each
//! bucket the evidence of bets follows to within a hair ([`super::evidence::amounts`]), for any cap, centre and margin, none
//! of which a gateway needs to know while it counts.
//!
//! Amounts up to 15 have a bucket each; above, every doubling has eight of the same width, so an amount is known to one
//! part in eight, and a mean exactly. The layout is part of the stored form.

use super::histogram::Histogram;
use super::moments::Moments;
use serde::{Deserialize, Serialize};

/// Larger amounts count as this one: a thousand dollars in billionths, or a million million tokens.
pub const LARGEST: u64 = 1 << 40;

/// Buckets to each doubling, as a power of two.
const PARTS_BITS: u32 = 3;
const PARTS: u64 = 1 << PARTS_BITS;
/// Amounts below this one have a bucket each, as a power of two.
const SINGLE_BITS: u32 = PARTS_BITS + 1;
const SINGLE: u64 = 1 << SINGLE_BITS;
/// Caps are this many buckets apart, a factor of about 1.4, so that epochs share them.
const CAP_STEP: u16 = 4;

/// Amounts by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u16, u64, u64)>", into = "Vec<(u16, u64, u64)>")]
pub struct Amounts {
    /// Where the first bucket in use stands.
    first: u16,
    /// From the first in use to the last.
    buckets: Vec<Bucket>,
    /// How many all of them have, and what these come to.
    count: u64,
    sum: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bucket {
    count: u64,
    sum: u64,
}

impl Amounts {
    /// Nothing yet.
    #[must_use]
    pub const fn none() -> Self {
        Self { first: 0, buckets: Vec::new(), count: 0, sum: 0 }
    }

    /// The durations of a histogram, in microseconds, each as its bucket's upper edge.
    #[must_use]
    pub fn of_times(times: &Histogram) -> Self {
        let mut amounts = Self::none();
        for (edge, count) in times.counts() {
            amounts.add(place_of(edge), Bucket { count, sum: edge.saturating_mul(count) });
        }
        amounts
    }

    /// Counts one amount.
    pub fn record(&mut self, amount: u64) {
        let amount = amount.min(LARGEST);
        self.add(place_of(amount), Bucket { count: 1, sum: amount });
    }

    /// Adds other amounts.
    pub fn merge(&mut self, other: &Self) {
        other.in_use().for_each(|(place, bucket)| self.add(place, bucket));
    }

    /// All of them.
    #[must_use]
    pub fn all<'a>(several: impl Iterator<Item = &'a Self>) -> Self {
        several.fold(Self::none(), |mut all, amounts| {
            all.merge(amounts);
            all
        })
    }

    fn add(&mut self, place: u16, more: Bucket) {
        if more.count == 0 {
            return;
        }
        self.count += more.count;
        self.sum = self.sum.saturating_add(more.sum);
        let bucket = self.bucket(place);
        bucket.count += more.count;
        bucket.sum = bucket.sum.saturating_add(more.sum);
    }

    /// The bucket at a place, with those between it and the ones in use.
    fn bucket(&mut self, place: u16) -> &mut Bucket {
        if self.buckets.is_empty() {
            self.first = place;
        }
        let before = usize::from(self.first.saturating_sub(place));
        if before > 0 {
            self.buckets.splice(..0, std::iter::repeat_n(Bucket::default(), before));
            self.first = place;
        }
        let at = usize::from(place - self.first);
        if at >= self.buckets.len() {
            self.buckets.resize(at + 1, Bucket::default());
        }
        &mut self.buckets[at]
    }

    /// The buckets in use with their places, in order.
    fn in_use(&self) -> impl Iterator<Item = (u16, Bucket)> {
        let placed = (self.first..).zip(self.buckets.iter().copied());
        placed.filter(|(_, bucket)| bucket.count > 0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// What they come to together.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// Their mean; nothing without any.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum() as f64 / count as f64)
    }

    /// What the share `q` of them does not reach or exceed, rounded up to the end of a bucket; nothing without any.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let rank = (q * self.count() as f64).ceil().max(1.0);
        let mut seen = 0;
        let found = self.in_use().find(|(_, bucket)| {
            seen += bucket.count;
            seen as f64 >= rank
        });
        found.map(|(place, _)| start_of(place + 1))
    }

    /// How many each bucket has, by the largest amount it holds.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> {
        self.in_use().map(|(place, bucket)| (start_of(place + 1) - 1, bucket.count))
    }

    /// The amounts as parts of bucket ends, each at most the cap, which is a bucket's end itself: `(end, how many)`, each end
    /// once and in order. An amount between two ends is divided between them so that its own size is the mean of the parts.
    ///
    /// A function that bends downwards, such as a logarithm, has a sum over the parts that is at most the sum over the
    /// amounts.
    #[must_use]
    pub fn at_ends(&self, cap: u64) -> Vec<(u64, f64)> {
        let mut parts: Vec<(u64, f64)> = Vec::with_capacity(2 * self.buckets.len());
        let mut add = |end: u64, part: f64| match parts.last_mut() {
            Some((last, sum)) if *last == end => *sum += part,
            _ => parts.push((end, part)),
        };
        self.parts(cap).flatten().for_each(|(end, part)| add(end, part));
        parts
    }

    /// The sums over those parts.
    #[must_use]
    pub fn moments(&self, cap: u64) -> Moments {
        self.parts(cap).flatten().map(|(end, part)| Moments::of(part, end as f64)).sum()
    }

    /// What lies at the lower and at the upper end of each bucket.
    fn parts(&self, cap: u64) -> impl Iterator<Item = [(u64, f64); 2]> {
        self.in_use().map(move |(place, bucket)| {
            let (low, high) = (start_of(place), start_of(place + 1));
            let count = bucket.count as f64;
            if low >= cap {
                return [(cap, count), (cap, 0.0)];
            }
            let above = (bucket.sum as f64 - low as f64 * count) / (high - low) as f64;
            [(low, count - above), (high, above)]
        })
    }
}

/// The cap at or above an amount: a bucket's end.
#[must_use]
pub fn cap_at_or_above(amount: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 2^40")]
    let amount = amount.ceil().clamp(1.0, LARGEST as f64) as u64;
    let place = place_of(amount);
    let is_end = start_of(place) == amount;
    start_of((if is_end { place } else { place + 1 }).next_multiple_of(CAP_STEP))
}

/// The bucket's end at or below an amount, by which centres are told apart.
#[must_use]
pub fn end_at_or_below(amount: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^40")]
    let amount = amount.clamp(0.0, LARGEST as f64) as u64;
    start_of(place_of(amount))
}

#[expect(clippy::cast_possible_truncation, reason = "64 doublings of eight at most")]
const fn place_of(amount: u64) -> u16 {
    if amount < SINGLE {
        return amount as u16;
    }
    let doubling = amount.ilog2();
    let part = (amount >> (doubling - PARTS_BITS)) - PARTS;
    (SINGLE + (doubling - SINGLE_BITS) as u64 * PARTS + part) as u16
}

/// The least amount of a bucket.
const fn start_of(place: u16) -> u64 {
    let place = place as u64;
    if place < SINGLE {
        return place;
    }
    let (doubling, part) = ((place - SINGLE) / PARTS, (place - SINGLE) % PARTS);
    (PARTS + part) << (doubling + 1)
}

impl TryFrom<Vec<(u16, u64, u64)>> for Amounts {
    type Error = &'static str;

    fn try_from(written: Vec<(u16, u64, u64)>) -> Result<Self, Self::Error> {
        let mut amounts = Self::none();
        let mut after = 0;
        for (place, count, sum) in written {
            if place > place_of(LARGEST) {
                return Err("amounts in a bucket beyond the last one");
            }
            if place < after {
                return Err("amounts whose buckets are not in order");
            }
            if sum < start_of(place).saturating_mul(count)
                || sum > (start_of(place + 1) - 1).saturating_mul(count)
            {
                return Err("amounts whose sum cannot be that of their bucket");
            }
            if amounts.count.checked_add(count).is_none() {
                return Err("more amounts than can be counted");
            }
            amounts.add(place, Bucket { count, sum });
            after = place + 1;
        }
        Ok(amounts)
    }
}

impl From<Amounts> for Vec<(u16, u64, u64)> {
    fn from(amounts: Amounts) -> Self {
        amounts.in_use().map(|(place, bucket)| (place, bucket.count, bucket.sum)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(amounts: &[u64]) -> Amounts {
        let mut all = Amounts::default();
        amounts.iter().for_each(|amount| all.record(*amount));
        all
    }

    #[test]
    fn buckets_have_no_gap_and_are_as_narrow_as_said() {
        for place in 0..place_of(LARGEST) {
            let (low, high) = (start_of(place), start_of(place + 1));
            assert_eq!((place_of(low), place_of(high - 1)), (place, place), "{low} to {high}");
            assert!(high - low <= (low / PARTS).max(1), "{low} to {high}");
        }
    }

    #[test]
    fn what_cannot_be_is_not_read() {
        let check = |text: &str, why: &str| {
            let error = serde_json::from_str::<Amounts>(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        };
        check("[[400, 1, 1]]", "beyond the last");
        check("[[9, 1, 9], [9, 1, 9]]", "not in order");
        check("[[9, 2, 19]]", "cannot be that of their bucket");
        check("[[9, 2, 17]]", "cannot be that of their bucket");
        check("[[0, 18446744073709551615, 0], [1, 1, 1]]", "than can be counted");
    }

    proptest! {
        #[test]
        fn they_add_in_any_order_and_read_as_written(a in prop::collection::vec(0u64..1 << 44, 0..40), b in prop::collection::vec(0u64..5_000, 0..40)) {
            let (first, second, both) = (of(&a), of(&b), of(&[a.clone(), b.clone()].concat()));
            let (mut one, mut other) = (first.clone(), second.clone());
            one.merge(&second);
            other.merge(&first);
            prop_assert_eq!(&one, &both);
            prop_assert_eq!(&other, &both);
            prop_assert_eq!(&Amounts::all([&first, &second].into_iter()), &both);
            let written = serde_json::to_string(&both).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amounts>(&written).unwrap(), both);
        }

        #[test]
        fn the_parts_at_the_ends_have_the_mean_of_the_capped_amounts(amounts in prop::collection::vec(0u64..1 << 24, 1..40), cap in 1.0..2e7) {
            let cap = cap_at_or_above(cap);
            let parts = of(&amounts).at_ends(cap);
            let total: f64 = parts.iter().map(|(end, part)| *end as f64 * part).sum();
            let count: f64 = parts.iter().map(|(_, part)| part).sum();
            let expected: u64 = amounts.iter().map(|amount| (*amount).min(cap)).sum();
            prop_assert!((count - amounts.len() as f64).abs() < 1e-6);
            prop_assert!((total - expected as f64).abs() <= 1e-9 * expected as f64 + 1e-6, "{total} for {expected}");
            prop_assert!(parts.iter().all(|(end, part)| *end <= cap && *part >= 0.0));
            prop_assert!(parts.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
