//! A bandit: the shares of the next span by the chance of each arm to be the best, with a floor. [`shares`] is asked between
//! spans, and the probability of each draw is stamped on its request, so that the evidence stays what it is.
//!
//! A chance of being best moves traffic and never names a winner: looked at often enough it comes by itself.

use super::definition::Better;
use crate::analysis::tally::Counts;
use crate::stats::allocation::{chance_best, floored};
use crate::stats::report::card::Beta;
use crate::weight::Weight;

/// The whole, in basis points.
const WHOLE: u32 = 10_000;

/// The share of each arm, together what `whole` is, from what the arms came to; stopped arms get none. The floor is a part of the
/// whole. Equal shares while nothing is known.
pub fn shares(
    arms: &[Counts],
    live: &[bool],
    (better, floor): (Better, Weight),
    whole: Weight,
) -> Vec<Weight> {
    let belief = |counts: &Counts| {
        let Beta { a, b } = Beta::after(counts.events, counts.trials);
        match better {
            Better::Higher => Beta { a, b },
            Better::Lower => Beta { a: b, b: a },
        }
    };
    let open: Vec<usize> = (0..arms.len()).filter(|arm| live.get(*arm) == Some(&true)).collect();
    let beliefs: Vec<Beta> = open.iter().filter_map(|arm| arms.get(*arm)).map(belief).collect();
    let chances = chance_best(&beliefs);
    let sum: f64 = chances.iter().sum();
    let chances: Vec<f64> = chances.iter().map(|chance| chance / sum).collect();
    let parts = in_whole_points(&floored(&chances, floor.probability()), whole);
    let mut shares = vec![Weight::ZERO; arms.len()];
    for (arm, part) in open.into_iter().zip(parts) {
        shares[arm] = part;
    }
    shares
}

/// Parts of the whole in basis points, with what rounding leaves given to the largest remainders.
fn in_whole_points(parts: &[f64], whole: Weight) -> Vec<Weight> {
    let whole = u32::from(whole.basis_points());
    let exact: Vec<f64> = parts.iter().map(|part| part * f64::from(whole)).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10 000")]
    let mut points: Vec<u32> = exact.iter().map(|part| (part.floor() as u32).min(WHOLE)).collect();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()));
    let left = whole.saturating_sub(points.iter().sum());
    for arm in order.iter().cycle().take(left as usize) {
        points[*arm] += 1;
    }
    let weight =
        |points: u32| u16::try_from(points).ok().and_then(|points| Weight::from_basis_points(points).ok());
    points.into_iter().map(|points| weight(points).unwrap_or(Weight::FULL)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weight(basis_points: u16) -> Weight {
        Weight::from_basis_points(basis_points).unwrap()
    }

    #[test]
    fn traffic_follows_the_arm_that_fails_least() {
        let arms = [Counts::of_share(1_000, 60), Counts::of_share(1_000, 30), Counts::of_share(1_000, 58)];
        let rule = (Better::Lower, weight(500));
        let found = shares(&arms, &[true; 3], rule, Weight::FULL);
        assert!(found[1] > weight(8_500) && found[0] >= weight(499) && found[2] >= weight(499), "{found:?}");
        let other_way = shares(&arms, &[true; 3], (Better::Higher, weight(500)), Weight::FULL);
        assert!(other_way[1] < weight(600), "{other_way:?}");
    }

    #[test]
    fn a_stopped_arm_gets_nothing_and_unknown_arms_alike() {
        let found = shares(
            &[Counts::default(); 3],
            &[true, false, true],
            (Better::Lower, weight(1_000)),
            weight(9_000),
        );
        assert_eq!(found, [weight(4_500), Weight::ZERO, weight(4_500)]);
    }

    proptest! {
        // Chances of many arms are integrals: a few cases take a second.
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn shares_sum_to_the_whole(
            counts in proptest::collection::vec((0_u64..=400, 400_u64..=4_000), 2..=8),
            whole in 100_u16..=10_000,
            floor in 0_u16..=1_000,
        ) {
            let arms: Vec<Counts> = counts.iter().map(|(x, n)| Counts::of_share(*n, *x)).collect();
            let found = shares(&arms, &vec![true; arms.len()], (Better::Lower, weight(floor)), weight(whole));
            prop_assert_eq!(found.iter().map(|share| u32::from(share.basis_points())).sum::<u32>(), u32::from(whole));
            let least = f64::from(whole) * f64::from(floor) / 10_000.0;
            prop_assert!(found.iter().all(|share| f64::from(share.basis_points()) >= least - 1.0));
        }
    }
}
