//! Bets on the mean of amounts under a cap, from what was counted by bucket.
//!
//! Start with [`capital`]. Each outcome pays as in [`super::bounded`], under the published cap of
//! [`super::capped`]: with `Y` the capped amount, `c` the baseline's mean of earlier epochs and `r = 1 + margin`,
//! `z = (A/p - r (1 - A)/(1 - p)) (Y - c) + (1 - r) c`, whose mean is `mu_T - r mu_C`. An outcome adds
//! `ln(1 + h z / -lowest)` to the log capital of each bet. Of the outcomes of a bucket only their number and sum are kept, and
//! they count as parts of its two ends with the same sum. The logarithm bends downwards, so this is at most what the
//! outcomes themselves would add: the evidence errs on the side of saying nothing, by about the square of a bucket's width
//! over twelve variances (a few parts in a thousand where amounts vary as much as their mean).
//!
//! An outcome whose amount is not known has to be taken for something, or the others would be chosen by what the arms did.
//!
//! Sources: those of the bets and of the cap; that a concave function of a mean is at least the mean of the function (Jensen,
//! "Sur les fonctions convexes", Acta Mathematica 30, 1906) is why buckets err on that side.
//!
//! Exact for requests drawn one by one, for the capped mean. Whether more is beyond the cap is asked by a race.

use super::capital::{Capital, Side};
use super::capped::Cap;
use super::contrast::Contrast;
use super::means::{self, Compared};
use crate::arm::Arm;
use crate::stats::amounts::Amounts;
use crate::stats::moments::Moments;

/// The amounts of one epoch and what was published before it.
#[derive(Clone, Copy, Debug)]
pub struct AmountEpoch<'a> {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// What an amount counts at most: an end of a bucket, see [`crate::stats::amounts::cap_at_or_above`].
    pub cap: u64,
    /// The mean the baseline was expected to have.
    pub centre: f64,
    /// The candidate's amounts.
    pub candidate: &'a Amounts,
    /// The baseline's amounts.
    pub baseline: &'a Amounts,
    /// Outcomes without an amount, and what they are taken for: a whole amount up to the cap, by arm.
    pub unknown: Unknown,
}

/// Outcomes whose amount is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unknown {
    /// What each is taken for, at most the cap.
    pub amount: u64,
    /// How many the candidate has.
    pub candidate: u64,
    /// How many the baseline has.
    pub baseline: u64,
}

/// The evidence of one epoch against "the candidate's capped mean is at most `1 + margin` times the baseline's", or for
/// [`Side::Safe`] against "at least", by bets on `-z`; it adds over epochs.
///
/// The formula is that of the head of this file. The chance that the mean of the bets' capitals ever reaches `1/alpha` under the
/// hypothesis is at most `alpha`. Assumes that requests were drawn one by one, and that cap and centre were fixed before; amounts, cap
/// and centre are in one unit.
#[must_use]
pub fn capital(epoch: &AmountEpoch<'_>, side: Side, margin: f64) -> Capital {
    let rule = Cap(epoch.cap as f64).rule(epoch.probability, margin);
    let bets = rule.bets(side, epoch.centre);
    let mut capital = Capital::default();
    let arms = [
        (Arm::Candidate, epoch.candidate, epoch.unknown.candidate),
        (Arm::Baseline, epoch.baseline, epoch.unknown.baseline),
    ];
    for (arm, amounts, unknown) in arms {
        let unknown = (unknown > 0).then_some((epoch.unknown.amount, unknown as f64));
        for (end, part) in amounts.at_ends(epoch.cap).into_iter().chain(unknown) {
            capital.add(part, &bets.on(arm, end as f64).0);
        }
    }
    capital
}

/// The log e-value against "the candidate's capped mean is at least `1 + margin` times the baseline's": the sum of [`capital`]
/// over the epochs, with its error and assumptions.
#[must_use]
pub fn log_e_safe(epochs: &[AmountEpoch<'_>], margin: f64) -> f64 {
    let alike = alike(epochs);
    alike.iter().map(|alike| capital(&alike.epoch(), Side::Safe, margin)).sum::<Capital>().log_e()
}

/// Epochs whose outcomes are scored alike, as one: what they add does not depend on the epoch.
struct Alike<'a> {
    epochs: Vec<&'a AmountEpoch<'a>>,
    candidate: Amounts,
    baseline: Amounts,
}

fn alike<'a>(epochs: &'a [AmountEpoch<'a>]) -> Vec<Alike<'a>> {
    let rule = |epoch: &AmountEpoch<'_>| (epoch.probability, epoch.centre, epoch.cap, epoch.unknown.amount);
    let mut alike: Vec<Vec<&AmountEpoch<'a>>> = Vec::new();
    for epoch in epochs {
        match alike.iter_mut().find(|earlier| rule(earlier[0]) == rule(epoch)) {
            Some(earlier) => earlier.push(epoch),
            None => alike.push(vec![epoch]),
        }
    }
    alike.into_iter().map(Alike::of).collect()
}

impl<'a> Alike<'a> {
    fn of(epochs: Vec<&'a AmountEpoch<'a>>) -> Self {
        let candidate = Amounts::all(epochs.iter().map(|epoch| epoch.candidate));
        let baseline = Amounts::all(epochs.iter().map(|epoch| epoch.baseline));
        Self { epochs, candidate, baseline }
    }

    fn epoch(&self) -> AmountEpoch<'_> {
        let mut unknown = Unknown { candidate: 0, baseline: 0, ..self.epochs[0].unknown };
        for epoch in &self.epochs {
            unknown.candidate += epoch.unknown.candidate;
            unknown.baseline += epoch.unknown.baseline;
        }
        AmountEpoch { candidate: &self.candidate, baseline: &self.baseline, unknown, ..*self.epochs[0] }
    }
}

/// The logarithm of the candidate's capped mean over the baseline's, as [`means`] estimates it: what is told beside the bets.
/// Nothing while no epoch has amounts of both arms above zero.
///
/// Outcomes are divided by their arm's mean of the epoch, by the delta method: `var(ln m) = var(Y) / (n m^2)`. Assumes that the
/// amounts of an arm are independent of each other within an epoch.
#[must_use]
pub fn contrast(epochs: &[AmountEpoch<'_>]) -> Option<Contrast> {
    let compared = epochs.iter().filter_map(|epoch| {
        let Unknown { amount, candidate, baseline } = epoch.unknown;
        let [candidate, baseline] =
            [(epoch.candidate, candidate), (epoch.baseline, baseline)].map(|(known, unknown)| {
                let mut moments = known.moments(epoch.cap);
                moments += Moments::of(unknown as f64, amount as f64);
                moments
            });
        let (now, before) =
            candidate.mean().zip(baseline.mean()).filter(|(now, before)| now.min(*before) > 0.0)?;
        Some(Compared {
            difference: (now / before).ln(),
            candidate: candidate.in_units_of(now),
            baseline: baseline.in_units_of(before),
        })
    });
    means::contrast(compared, AS_MUCH_AS_THE_MEAN)
}

/// Amounts mostly vary by about as much as their mean.
pub(super) const AS_MUCH_AS_THE_MEAN: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::bounded::Rule;
    use proptest::prelude::*;

    const CAP: u64 = 16_384;

    fn of(amounts: &[u64]) -> Amounts {
        let mut all = Amounts::default();
        amounts.iter().for_each(|amount| all.record(*amount));
        all
    }

    /// The evidence of the outcomes themselves.
    fn by_outcome(margin: f64, pay: fn(&Rule, Arm, f64, f64) -> Capital, arms: [&[u64]; 2]) -> f64 {
        let rule = Cap(CAP as f64).rule(0.2, margin);
        let of = |arm, amounts: &[u64]| -> Capital {
            amounts.iter().map(|amount| pay(&rule, arm, *amount as f64, 900.0)).sum()
        };
        let mut capital = of(Arm::Candidate, arms[0]);
        capital += of(Arm::Baseline, arms[1]);
        capital.log_e()
    }

    proptest! {
        #[test]
        fn buckets_say_no_more_than_the_outcomes_and_hardly_less(
            candidate in prop::collection::vec(1u64..4_000, 10..60),
            baseline in prop::collection::vec(1u64..4_000, 40..200),
        ) {
            let (candidates, baselines) = (of(&candidate), of(&baseline));
            let epoch = AmountEpoch { probability: 0.2, cap: CAP, centre: 900.0, candidate: &candidates, baseline: &baselines, unknown: Unknown::default() };
            let outcomes = (candidate.len() + baseline.len()) as f64;
            let check = |bucketed: f64, exact: f64| {
                prop_assert!(bucketed <= exact + 1e-9, "{bucketed} is more than {exact}");
                prop_assert!(exact - bucketed <= 0.002 * outcomes, "{bucketed} is far less than {exact}");
                Ok(())
            };
            check(capital(&epoch, Side::Harm, 0.0).log_e(), by_outcome(0.0, Rule::harm, [&candidate, &baseline]))?;
            check(log_e_safe(&[epoch], 0.2), by_outcome(0.2, Rule::safe, [&candidate, &baseline]))?;
        }
    }

    #[test]
    fn the_range_of_the_ratio_holds_it() {
        let cheap = of(&[400, 800, 1_200, 1_600].repeat(200));
        let dear = of(&[600, 1_200, 1_800, 2_400].repeat(50));
        let epoch = AmountEpoch {
            probability: 0.2,
            cap: CAP,
            centre: 900.0,
            candidate: &dear,
            baseline: &cheap,
            unknown: Unknown::default(),
        };
        let told = contrast(&[epoch, epoch]).unwrap();
        assert!((told.estimate - 1.5_f64.ln()).abs() < 1e-9, "{told:?}");
        let (lower, upper) = (told.lower(0.025).exp(), told.upper(0.025).exp());
        assert!(1.35 < lower && lower < 1.5 && 1.5 < upper && upper < 1.68, "{lower} to {upper}");
        // Half of the requests that are not known came to nothing: the mean is half.
        let unknown = Unknown { amount: 0, candidate: 200, baseline: 0 };
        let told = contrast(&[AmountEpoch { unknown, ..epoch }]).unwrap();
        assert!((told.estimate - 0.75_f64.ln()).abs() < 1e-9, "{told:?}");
        let nothing = Amounts::none();
        assert_eq!(contrast(&[AmountEpoch { candidate: &nothing, ..epoch }]), None);
    }

    #[test]
    fn a_dearer_candidate_is_found_and_an_equal_one_is_shown_safe() {
        let (cheap, dear) = (of(&[800; 400]), of(&[1_600; 100]));
        let equal = of(&[800; 100]);
        let epoch = |candidate| AmountEpoch {
            probability: 0.2,
            cap: 2_048,
            centre: 800.0,
            candidate,
            baseline: &cheap,
            unknown: Unknown::default(),
        };
        let harm = |epoch: AmountEpoch<'_>, margin| capital(&epoch, Side::Harm, margin).log_e();
        assert!(harm(epoch(&dear), 0.0) > 10.0);
        assert!(harm(epoch(&equal), 0.0) <= 0.0);
        assert!(harm(epoch(&dear), 0.5) > 3.0);
        assert!(harm(epoch(&dear), 1.1) < 0.0);
        assert!(log_e_safe(&[epoch(&equal)], 0.2) > 3.0);
        assert!(log_e_safe(&[epoch(&dear)], 0.2) < 0.0);
    }
}
