//! Bets on a ratio of sums over requests: what all answers cost together, over how many of them are good.
//!
//! Start with [`capital`]. With `Y` an answer's cost under its cap, `S` one where it is good and zero elsewhere,
//! `r = 1 + margin` and any ratio `R`, each answer yields
//! `z = A/p (Y - r R S) - (1 - A)/(1 - p) r (Y - R S)`. With `q` the share of good answers of an arm and `C` its cost per
//! good answer, its mean is `q_T (C_T - r R) - r q_C (C_C - R)`, and at the margin, `C_T = r C_C`, that is
//! `r (q_T - q_C) (C_C - R)`: zero where `R` is what the baseline costs per good answer. `R` is not known, and what was published
//! before the epoch may have drifted since; so the bets have to win with either end of a range around what the baseline
//! came to in this epoch, three standard errors wide to each side. The logarithm of a bet bends downwards in `R`, so they
//! then win with everything between. Where both arms have as many good answers, that costs nothing.
//!
//! Exact for requests drawn one by one but for that range, whose coverage is that of a normal estimate; so an epoch says
//! nothing before the baseline has [`FEWEST`] good answers. An answer that cost nothing and is not good, such as a request that
//! failed, yields zero: whether it is counted makes no difference.
//!
//! Amounts count as parts of the ends of their buckets, as in [`super::amounts`], good answers apart from the others, so the
//! evidence is a lower bound of that of the answers themselves. The linearisation is Fieller's, of a ratio of means against
//! a claimed one ("Some problems in interval estimation", JRSS B 16, 1954), under the weights of the draw.

use super::amounts::AS_MUCH_AS_THE_MEAN;
use super::betting::log_payoffs;
use super::capital::{BETS, Capital, Side};
use super::contrast::Contrast;
use super::means::{self, Compared};
use crate::arm::Arm;
use crate::stats::amounts::Amounts;
use crate::stats::moments::Moments;

/// The costs of one arm in one epoch.
#[derive(Clone, Copy, Debug)]
pub struct Costs<'a> {
    /// Of all answers.
    pub all: &'a Amounts,
    /// Of those of them that are not good.
    pub wasted: &'a Amounts,
}

/// The costs of one epoch and what was published before it.
#[derive(Clone, Copy, Debug)]
pub struct CostEpoch<'a> {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// What an answer's cost counts at most: an end of a bucket.
    pub cap: u64,
    /// The candidate's.
    pub candidate: Costs<'a>,
    /// The baseline's.
    pub baseline: Costs<'a>,
}

/// Good answers of the baseline before an epoch says anything.
pub const FEWEST: u64 = 50;
/// How far the range of the ratio reaches to each side, in standard errors.
const DEVIATIONS: f64 = 3.0;

/// The log e-value against "the candidate costs at least `1 + margin` times as much per good answer": the sum of [`capital`] over the
/// epochs, with its error and assumptions.
#[must_use]
pub fn log_e_safe(epochs: &[CostEpoch<'_>], margin: f64) -> f64 {
    epochs.iter().map(|epoch| capital(epoch, Side::Safe, margin)).sum::<Capital>().log_e()
}

/// The logarithm of the candidate's cost per good answer over the baseline's, as [`means`] estimates it: what is told beside the
/// bets. Nothing while no epoch has good answers of both arms.
///
/// A ratio `R` of sums varies as the mean over good answers of `Y - R S` does, by the delta method. Assumes that the answers of
/// an arm are independent of each other within an epoch.
#[must_use]
pub fn contrast(epochs: &[CostEpoch<'_>]) -> Option<Contrast> {
    let compared = epochs.iter().filter_map(|epoch| {
        let (now, candidate) = epoch.candidate.told(epoch.cap)?;
        let (before, baseline) = epoch.baseline.told(epoch.cap)?;
        Some(Compared { difference: (now / before).ln(), candidate, baseline })
    });
    means::contrast(compared, AS_MUCH_AS_THE_MEAN)
}

/// The evidence of one epoch against "the candidate costs at most `1 + margin` times as much per good answer as the baseline", or
/// for [`Side::Safe`] against "at least", by bets on `-z`; it adds over epochs.
///
/// `ln(1 + h z / most)` summed over the answers of an epoch, for sixteen `h` from 0.004 to 0.9 and at the end of the range of `R` at which
/// it is less; `most` is what an answer can lose at most at the upper end. The range is `R_C -+ 3 sqrt(sum (Y - R_C S)^2) / n`, with `R_C` what
/// the baseline came to in the epoch and `n` its good answers. The chance that the mean of the bets' capitals ever reaches `1/alpha` under
/// the hypothesis is at most `alpha`, as far as the range holds the baseline's true ratio. Costs are under their cap, in its unit.
#[must_use]
pub fn capital(epoch: &CostEpoch<'_>, side: Side, margin: f64) -> Capital {
    let Some((low, high)) = epoch.baseline.ratio(epoch.cap) else { return Capital::default() };
    let bets = |ratio| Bets::new(epoch, margin, side, (ratio, high)).capital(epoch);
    let (low, high) = (bets(low), bets(high));
    Capital(std::array::from_fn(|bet| low.0[bet].min(high.0[bet])))
}

impl Costs<'_> {
    /// The range of what a good answer costs, all others included; nothing while there are too few.
    fn ratio(&self, cap: u64) -> Option<(f64, f64)> {
        let (ratio, squares) = self.per_good(cap)?;
        let good = self.good() as f64;
        let far = DEVIATIONS * squares.sqrt() / good;
        (self.good() >= FEWEST).then_some(((ratio - far).max(0.0), ratio + far))
    }

    /// What a good answer costs, and what that varies by, in units of it.
    fn told(&self, cap: u64) -> Option<(f64, Moments)> {
        let (ratio, squares) = self.per_good(cap)?;
        let residuals = Moments { count: self.good() as f64, sum: 0.0, sum_of_squares: squares };
        Some((ratio, residuals.in_units_of(ratio)))
    }

    fn good(&self) -> u64 {
        self.all.count().saturating_sub(self.wasted.count())
    }

    /// What a good answer costs, all others included, and the sum of the squares of what each answer costs more than its part;
    /// nothing while nothing was good or cost anything.
    fn per_good(&self, cap: u64) -> Option<(f64, f64)> {
        let (all, wasted) = (self.all.moments(cap), self.wasted.moments(cap));
        let ratio = all.sum / self.good() as f64;
        let is_known = self.good() > 0 && ratio > 0.0;
        is_known.then(|| {
            // The sum of `(Y - R S)^2`: of all answers, with the ratio taken from the good ones.
            let squares = all.sum_of_squares - 2.0 * ratio * (all.sum - wasted.sum)
                + ratio * ratio * (all.count - wasted.count);
            (ratio, squares.max(0.0))
        })
    }
}

/// What the answers of one epoch are bet by.
struct Bets {
    probability: f64,
    /// `r`, and `R`.
    times: f64,
    ratio: f64,
    sign: f64,
    /// The most that one answer can lose.
    most_lost: f64,
}

impl Bets {
    /// Bets at a ratio, whose stakes are those of the highest.
    fn new(epoch: &CostEpoch<'_>, margin: f64, side: Side, (ratio, highest): (f64, f64)) -> Self {
        let sign = match side {
            Side::Harm => 1.0,
            Side::Safe => -1.0,
        };
        let (probability, times) = (epoch.probability, 1.0 + margin);
        let extreme = Self { probability, times, ratio: highest, sign, most_lost: 0.0 };
        let answers = [0.0, epoch.cap as f64].into_iter().flat_map(|cost| [(cost, 0.0), (cost, 1.0)]);
        let lost = answers.flat_map(|(cost, good)| {
            [Arm::Candidate, Arm::Baseline].map(|arm| -sign * extreme.z(arm, cost, good))
        });
        Self { ratio, most_lost: lost.fold(0.0, f64::max), ..extreme }
    }

    /// Whose mean is above zero where the candidate costs more per good answer than `r` times what the baseline does.
    fn z(&self, arm: Arm, cost: f64, good: f64) -> f64 {
        match arm {
            Arm::Candidate | Arm::Treatment(_) => (cost - self.times * self.ratio * good) / self.probability,
            Arm::Baseline => -self.times * (cost - self.ratio * good) / (1.0 - self.probability),
        }
    }

    fn payoff(&self, arm: Arm, cost: f64, good: f64) -> [f64; BETS] {
        let gain = self.sign * self.z(arm, cost, good) / self.most_lost;
        log_payoffs(gain)
    }

    fn capital(&self, epoch: &CostEpoch<'_>) -> Capital {
        let mut capital = Capital::default();
        for (arm, costs) in [(Arm::Candidate, &epoch.candidate), (Arm::Baseline, &epoch.baseline)] {
            for (end, part) in costs.all.at_ends(epoch.cap).into_iter().filter(|(_, part)| *part > 0.0) {
                capital.add(part, &self.payoff(arm, end as f64, 1.0));
            }
            // Those that are not good were counted with the good ones: what they have too much is taken away.
            for (end, part) in costs.wasted.at_ends(epoch.cap).into_iter().filter(|(_, part)| *part > 0.0) {
                capital.add(part, &self.payoff(arm, end as f64, 0.0));
                capital.add(-part, &self.payoff(arm, end as f64, 1.0));
            }
        }
        capital
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

    /// An arm whose answers cost so much, and whether each is good.
    fn arm(answers: &[(u64, bool)]) -> [Amounts; 2] {
        let all: Vec<u64> = answers.iter().map(|(cost, _)| *cost).collect();
        let wasted: Vec<u64> = answers.iter().filter(|(_, good)| !good).map(|(cost, _)| *cost).collect();
        [of(&all), of(&wasted)]
    }

    fn epoch<'a>(candidate: &'a [Amounts; 2], baseline: &'a [Amounts; 2]) -> CostEpoch<'a> {
        let costs = |arm: &'a [Amounts; 2]| Costs { all: &arm[0], wasted: &arm[1] };
        CostEpoch { probability: 0.2, cap: 4_096, candidate: costs(candidate), baseline: costs(baseline) }
    }

    #[test]
    fn the_range_of_the_ratio_holds_it() {
        let answers = |cost: u64, wasted: usize| {
            let good = [(cost, true), (3 * cost, true)].repeat(200);
            arm(&[good, vec![(2 * cost, false); wasted]].concat())
        };
        // Good answers cost 800 on average, and 1,000 with the fifth of all that is wasted.
        let (baseline, candidate) = (answers(400, 100), answers(600, 100));
        let told = contrast(&[epoch(&candidate, &baseline)]).unwrap();
        assert!((told.estimate - 1.5_f64.ln()).abs() < 0.01, "{told:?}");
        let (lower, upper) = (told.lower(0.025).exp(), told.upper(0.025).exp());
        assert!(1.3 < lower && lower < 1.5 && 1.5 < upper && upper < 1.75, "{lower} to {upper}");
        let nothing_good = arm(&[(400, false); 10]);
        assert_eq!(contrast(&[epoch(&nothing_good, &baseline)]), None);
    }

    proptest! {
        #[test]
        fn buckets_say_no_more_than_the_answers(
            candidate in prop::collection::vec((1u64..4_000, any::<bool>()), 10..60),
            baseline in prop::collection::vec((1u64..4_000, any::<bool>()), 40..200),
        ) {
            let (a, b) = (arm(&candidate), arm(&baseline));
            let epoch = epoch(&a, &b);
            for (side, margin) in [(Side::Harm, 0.0), (Side::Safe, 0.2)] {
                let bets = Bets::new(&epoch, margin, side, (900.0, 1_100.0));
                let mut exact = Capital::default();
                for (arm, answers) in [(Arm::Candidate, &candidate), (Arm::Baseline, &baseline)] {
                    for (cost, good) in answers {
                        exact += Capital(bets.payoff(arm, *cost as f64, f64::from(u8::from(*good))));
                    }
                }
                let counted = bets.capital(&epoch);
                for (counted, exact) in counted.0.iter().zip(exact.0) {
                    prop_assert!(*counted <= exact + 1e-9, "{counted} is more than {exact}");
                }
            }
        }
    }

    /// Cheaper by request, and dearer by good answer.
    #[test]
    fn it_is_the_good_answers_that_count() {
        let answers = |cost, good_in_ten: usize, ten: usize| -> Vec<(u64, bool)> {
            (0..ten * 10).map(|number| (cost, number % 10 < good_in_ten)).collect()
        };
        let (cheap, usual) = (arm(&answers(800, 5, 60)), arm(&answers(1_000, 10, 240)));
        let harm = |epoch: CostEpoch<'_>| capital(&epoch, Side::Harm, 0.0).log_e();
        assert!(harm(epoch(&cheap, &usual)) > 5.0);
        assert!(log_e_safe(&[epoch(&cheap, &usual)], 0.2) < 0.0);
        let equal = arm(&answers(1_000, 10, 60));
        assert!(harm(epoch(&equal, &usual)) <= 0.0);
        assert!(log_e_safe(&[epoch(&equal, &usual)], 0.2) > 3.0);
    }
}
