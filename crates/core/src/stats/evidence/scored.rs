//! Mean scores of two arms, from counts of each hundredth of the scale.
//!
//! Start with [`harm`] and [`log_e_safe`], the bets, and [`contrast`], the estimate with its standard error. A score is kept as
//! its distance below the top of the scale, a part between 0 and 1 in hundredths, so that more is worse as it is for shares;
//! differences are parts of the scale, too.
//!
//! The bets are those of [`super::bounded`]: a scored request yields `z = (A/p - (1 - A)/(1 - p)) (Y - c)` with `A = 1` on the
//! candidate, `p` the draw probability, `Y` the part below the top and `c` the centre published before its epoch. A payoff
//! follows from arm and hundredth alone, so that counts suffice, and they add in any order. Sources: those of the bets. Exact
//! for requests drawn one by one, of which as large a part is scored on one arm as on the other, whoever they are; nothing is
//! assumed of how the means move. Where the arms make different parts of their callers speak, a centre beside the mean favours
//! one of them.
//!
//! [`contrast`] compares the means among those that were scored and does not care how many they are. It is asymptotic. Whoever
//! decides asks both, and is wrong only where both are.

use super::bounded::{Rule, Worse};
use super::capital::Capital;
use super::contrast::{Contrast, Hypothesis};
use super::graded::Grades;
use super::means::{self, Compared};
use crate::arm::Arm;
use crate::stats::moments::Moments;

/// The scores of one epoch and what was published before it.
#[derive(Clone, Copy, Debug)]
pub struct ScoreEpoch<'a> {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// How far below the top the baseline was expected to be, a part of the scale.
    pub centre: f64,
    /// The candidate's scores, as parts below the top.
    pub candidate: &'a Grades,
    /// The baseline's.
    pub baseline: &'a Grades,
}

/// The evidence against "the candidate's mean lies at most `margin` further below the top than the baseline's", a part of the
/// scale, epoch by epoch.
///
/// `ln(1 + h (z - margin) / -lowest)` for sixteen `h` from 0.004 to 0.9, summed over the scores. The chance that the mean of the bets' capitals
/// ever reaches `1/alpha` under that hypothesis is at most `alpha`, under the assumptions of the head of this file.
#[must_use]
pub fn harm(epochs: &[ScoreEpoch<'_>], margin: f64) -> Vec<Capital> {
    Bets::new(margin, Rule::harm).on(epochs)
}

/// The log e-value against "the candidate's mean lies at least `margin` further below the top than the baseline's", a part of
/// the scale: [`harm`] of the other sign, with the same error and assumptions. Large values say that it is worse by less.
#[must_use]
pub fn log_e_safe(epochs: &[ScoreEpoch<'_>], margin: f64) -> f64 {
    Bets::new(margin, Rule::safe).on(epochs).into_iter().sum::<Capital>().log_e()
}

struct Bets {
    margin: f64,
    pay: fn(&Rule, Arm, f64, f64) -> Capital,
    /// Payoffs that were computed, by probability and centre: epochs are mostly scored alike, and logarithms take time.
    known: Vec<((f64, f64), [Payoffs; 2])>,
}

/// What a score of each hundredth adds, in their order.
type Payoffs = Vec<(i8, Capital)>;

impl Bets {
    const fn new(margin: f64, pay: fn(&Rule, Arm, f64, f64) -> Capital) -> Self {
        Self { margin, pay, known: Vec::new() }
    }

    fn on(mut self, epochs: &[ScoreEpoch<'_>]) -> Vec<Capital> {
        epochs.iter().map(|epoch| self.capital(epoch)).collect()
    }

    fn capital(&mut self, epoch: &ScoreEpoch<'_>) -> Capital {
        let rule = Rule {
            probability: epoch.probability,
            range: (0.0, 1.0),
            worse: Worse::Higher,
            boundary: Hypothesis { ratio: 1.0, difference: self.margin },
        };
        let pay = self.pay;
        let known = self.known_of((epoch.probability, epoch.centre));
        let mut capital = Capital::default();
        let arms = [(Arm::Candidate, epoch.candidate), (Arm::Baseline, epoch.baseline)];
        for (known, (arm, grades)) in known.iter_mut().zip(arms) {
            for (hundredths, count) in grades.hundredths() {
                let place = known.partition_point(|(earlier, _)| *earlier < hundredths);
                if known.get(place).is_none_or(|(found, _)| *found != hundredths) {
                    known.insert(place, (hundredths, pay(&rule, arm, part(hundredths), epoch.centre)));
                }
                let payoff = known[place].1;
                capital.0.iter_mut().zip(payoff.0).for_each(|(sum, log)| *sum += count as f64 * log);
            }
        }
        capital
    }

    fn known_of(&mut self, of: (f64, f64)) -> &mut [Payoffs; 2] {
        let found = self.known.iter().position(|(known, _)| *known == of);
        let place = found.unwrap_or(self.known.len());
        if found.is_none() {
            self.known.push((of, [Vec::new(), Vec::new()]));
        }
        &mut self.known[place].1
    }
}

fn part(hundredths: i8) -> f64 {
    f64::from(hundredths) / 100.0
}

/// What a variance is, at most, of parts between 0 and 1.
const LARGEST_VARIANCE: f64 = 0.25;

/// How much further below the top the candidate's mean lies, a part of the scale, as [`means`] estimates it; nothing while no
/// epoch has scores of both. Assumes that the scores of an arm are independent of each other within an epoch.
#[must_use]
pub fn contrast(epochs: &[ScoreEpoch<'_>]) -> Option<Contrast> {
    let compared = epochs.iter().filter_map(|epoch| {
        let (candidate, baseline) = (moments(epoch.candidate), moments(epoch.baseline));
        let difference = candidate.mean()? - baseline.mean()?;
        Some(Compared { difference, candidate, baseline })
    });
    means::contrast(compared, LARGEST_VARIANCE)
}

fn moments(grades: &Grades) -> Moments {
    grades.hundredths().map(|(hundredths, count)| Moments::of(count as f64, part(hundredths))).sum()
}

/// The variance of parts within an arm, `mean(Y^2) - mean(Y)^2`, a square of parts of the scale; nothing without any.
#[must_use]
pub fn variance(grades: &Grades) -> Option<f64> {
    let moments = moments(grades);
    moments.mean().map(|mean| (moments.sum_of_squares / moments.count - mean * mean).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(hundredths: &[u8]) -> Grades {
        let mut grades = Grades::default();
        hundredths.iter().for_each(|level| grades.record_parts(*level, 1));
        grades
    }

    /// The evidence of the outcomes themselves, as scores on a scale from 1 to 5, of which less is worse.
    fn by_outcome(
        (probability, centre): (f64, f64),
        difference: f64,
        pay: fn(&Rule, Arm, f64, f64) -> Capital,
        arms: [&[u8]; 2],
    ) -> f64 {
        let score = |below: f64| 5.0 - 4.0 * below;
        let boundary = Hypothesis { ratio: 1.0, difference };
        let rule = Rule { probability, range: (1.0, 5.0), worse: Worse::Lower, boundary };
        let paid = |arm, levels: &[u8]| -> Capital {
            levels.iter().map(|level| pay(&rule, arm, score(f64::from(*level) / 100.0), score(centre))).sum()
        };
        let mut capital = paid(Arm::Candidate, arms[0]);
        capital += paid(Arm::Baseline, arms[1]);
        capital.log_e()
    }

    proptest! {
        #[test]
        fn counts_say_what_the_outcomes_say(
            candidate in prop::collection::vec(0u8..=100, 0..60),
            baseline in prop::collection::vec(0u8..=100, 0..200),
            (probability, centre, margin) in (0.01f64..0.99, 0.0f64..=1.0, 0.01f64..0.5),
            cut in 0usize..60,
        ) {
            let by = (probability, centre);
            let (candidates, baselines) = (of(&candidate), of(&baseline));
            let whole = ScoreEpoch { probability, centre, candidate: &candidates, baseline: &baselines };
            let harmed = harm(&[whole], 0.0).into_iter().sum::<Capital>().log_e();
            let exact = by_outcome(by, 0.0, Rule::harm, [&candidate, &baseline]);
            prop_assert!((harmed - exact).abs() < 1e-9, "{harmed} for {exact}");
            let safe = log_e_safe(&[whole], margin);
            // A margin in points of the scale from 1 to 5: four times the part.
            let exact = by_outcome(by, -4.0 * margin, Rule::safe, [&candidate, &baseline]);
            prop_assert!((safe - exact).abs() < 1e-9, "{safe} for {exact}");
            // In two parts, the later first.
            let cut = cut.min(candidate.len());
            let (first, second) = (of(&candidate[..cut]), of(&candidate[cut..]));
            let none = Grades::default();
            let parts = [
                ScoreEpoch { candidate: &second, baseline: &none, ..whole },
                ScoreEpoch { candidate: &first, ..whole },
            ];
            let apart = log_e_safe(&parts, margin) - safe;
            prop_assert!(apart.abs() < 1e-9, "{apart}");
        }

        #[test]
        fn the_estimate_is_the_difference_of_the_means_within_epochs(
            candidate in prop::collection::vec(0u8..=100, 1..60),
            baseline in prop::collection::vec(0u8..=100, 1..60),
        ) {
            let (candidates, baselines) = (of(&candidate), of(&baseline));
            let epoch = ScoreEpoch { probability: 0.3, centre: 0.5, candidate: &candidates, baseline: &baselines };
            let found = contrast(&[epoch]).unwrap();
            let expected = candidates.mean().unwrap() - baselines.mean().unwrap();
            prop_assert!((found.estimate - expected).abs() < 1e-12);
            prop_assert!(found.lower(0.01) < expected && expected < found.upper(0.01));
            let twice = contrast(&[epoch, epoch]).unwrap();
            prop_assert!((twice.estimate - expected).abs() < 1e-12);
            prop_assert!(twice.standard_error < found.standard_error);
        }
    }

    #[test]
    fn a_drift_of_both_arms_is_no_difference() {
        let (good, bad) = (of(&[10; 90]), of(&[60; 90]));
        let (few_good, few_bad) = (of(&[10; 10]), of(&[60; 30]));
        let epoch = |baseline, candidate| ScoreEpoch { probability: 0.2, centre: 0.1, candidate, baseline };
        let drifted = [epoch(&good, &few_good), epoch(&bad, &few_bad)];
        assert!(contrast(&drifted).unwrap().estimate.abs() < 1e-12);
    }

    #[test]
    fn few_scores_prove_nothing_and_none_say_nothing() {
        let (best, worst, none) = (of(&[0; 4]), of(&[100; 2]), Grades::default());
        let epoch = |candidate, baseline| ScoreEpoch { probability: 0.5, centre: 0.5, candidate, baseline };
        assert!(contrast(&[epoch(&worst, &best)]).unwrap().lower(0.01) < 0.0);
        assert!(contrast(&[epoch(&best, &best)]).unwrap().upper(0.05) > 0.2);
        assert_eq!(contrast(&[epoch(&none, &best)]), None);
        assert_eq!(variance(&none), None);
        assert!(variance(&best).unwrap() < 1e-12);
    }

    #[test]
    fn a_worse_candidate_is_found_and_an_equal_one_is_shown_safe() {
        let (good, bad) = (of(&[10, 30].repeat(400)), of(&[40, 60].repeat(50)));
        let equal = of(&[10, 30].repeat(100));
        let epoch = |candidate| ScoreEpoch { probability: 0.2, centre: 0.2, candidate, baseline: &good };
        assert!(harm(&[epoch(&bad)], 0.0)[0].log_e() > 10.0);
        assert!(harm(&[epoch(&equal)], 0.0)[0].log_e() <= 0.0);
        assert!(log_e_safe(&[epoch(&equal)], 0.1) > 3.0);
        assert!(log_e_safe(&[epoch(&bad)], 0.1) < 0.0);
        assert!(contrast(&[epoch(&bad)]).unwrap().lower(0.01) > 0.2);
        assert!(contrast(&[epoch(&equal)]).unwrap().upper(0.05) < 0.1);
    }
}
