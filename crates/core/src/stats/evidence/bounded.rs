//! Betting on a bounded mean: scores between two ends, and costs and durations under a cap.
//!
//! Start with [`Rule`]. Each drawn request yields
//! `z = (A/p - r (1 - A)/(1 - p)) (Y - c) + (1 - r) c - d`, with `A = 1` on the candidate, `p` the draw probability, `Y` the
//! outcome and `c` a centre known before it. Given the past its mean is `mu_T - r mu_C - d` for that request, for *any* such
//! centre: a good one, also one for this very request ([`super::centre`]), only makes it vary less. Sixteen bets of fixed
//! size multiply into an e-value per question, so a gateway ships 16 sums for HARM and 16 for SAFE, which add.
//!
//! With `r = 1` the question is one of differences; with `d = 0` one of ratios, such as "costs 20 % more"; and for a ratio
//! of sums over units, such as cost per request by user, `Y` is `numerator - R denominator` with a fixed `R` ([`linearised`]).
//!
//! Exact for requests drawn one by one, and nothing is assumed of how the means move over time. Sources: Waudby-Smith and
//! Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86(1), 2024; the centre as in Robins, Rotnitzky,
//! Zhao, "Estimation of regression coefficients when some regressors are not always observed", JASA 89, 1994.

use super::betting::log_payoffs;
use super::capital::{Capital, Side};
use super::contrast::Hypothesis;
use crate::arm::Arm;

/// Which direction of an outcome is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// More is worse: cost, tokens, durations.
    Higher,
    /// Less is worse: quality.
    Lower,
}

/// What the outcomes of one epoch are bet by, all of it fixed before the epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// The least and the most an outcome can be; outcomes and centres beyond are taken to these ends.
    pub range: (f64, f64),
    /// Which direction is worse.
    pub worse: Worse,
    /// What separates the two sides: the candidate's mean is `ratio` times the baseline's, plus `difference`.
    pub boundary: Hypothesis,
}

impl Rule {
    /// The evidence of one outcome against "the candidate is not beyond the boundary, on the worse side".
    ///
    /// `ln(1 + h z / -z_min)` for sixteen `h` from 0.004 to 0.9, `z_min` being the least that an outcome in the range could yield; `-z` in place of
    /// `z` where less is worse. Each payoff has a mean of at most one under the hypothesis, for any centre known before. The outcome
    /// and the centre are in one unit.
    #[must_use]
    pub fn harm(&self, arm: Arm, outcome: f64, centre: f64) -> Capital {
        self.bets(Side::Harm, centre).on(arm, outcome)
    }

    /// The evidence of one outcome against "the candidate is at the boundary or beyond, on the worse side": [`Rule::harm`] of the other
    /// sign.
    #[must_use]
    pub fn safe(&self, arm: Arm, outcome: f64, centre: f64) -> Capital {
        self.bets(Side::Safe, centre).on(arm, outcome)
    }

    /// The `z` of one outcome: its mean is how far the candidate's mean lies above the boundary, in units of the outcome.
    #[must_use]
    pub fn z(&self, arm: Arm, outcome: f64, centre: f64) -> f64 {
        let Hypothesis { ratio, difference } = self.boundary;
        let centre = self.within(centre);
        let share = match arm {
            Arm::Candidate | Arm::Treatment(_) => 1.0 / self.probability,
            Arm::Baseline => -ratio / (1.0 - self.probability),
        };
        share * (self.within(outcome) - centre) + (1.0 - ratio) * centre - difference
    }

    /// The bets of one side around a centre, all of which [`harm`](Self::harm) and [`safe`](Self::safe) place on each outcome.
    pub(super) fn bets(&self, side: Side, centre: f64) -> Bets<'_> {
        let sign = match (self.worse, side) {
            (Worse::Higher, Side::Harm) | (Worse::Lower, Side::Safe) => 1.0,
            (Worse::Higher, Side::Safe) | (Worse::Lower, Side::Harm) => -1.0,
        };
        let (low, high) = self.range;
        let ends =
            [(Arm::Candidate, low), (Arm::Candidate, high), (Arm::Baseline, low), (Arm::Baseline, high)];
        let losses = ends.iter().map(|(arm, end)| -sign * self.z(*arm, *end, centre));
        Bets { rule: self, centre, sign, most_lost: losses.fold(f64::NEG_INFINITY, f64::max) }
    }

    fn within(&self, value: f64) -> f64 {
        let (low, high) = self.range;
        value.max(low).min(high)
    }
}

/// Bets against "the mean of `sign * z` is at most zero".
pub(super) struct Bets<'a> {
    rule: &'a Rule,
    centre: f64,
    sign: f64,
    /// The most that one outcome can lose.
    most_lost: f64,
}

impl Bets<'_> {
    /// The evidence of one outcome: `ln(1 + h sign z / most_lost)` for each share `h` of the largest bet that cannot lose all.
    pub(super) fn on(&self, arm: Arm, outcome: f64) -> Capital {
        if self.most_lost <= 0.0 {
            // Nothing can be lost, so the question has one answer before any outcome.
            return Capital::default();
        }
        let gain = self.sign * self.rule.z(arm, outcome, self.centre) / self.most_lost;
        Capital(log_payoffs(gain))
    }
}

/// A unit's part in a ratio of sums, `numerator - ratio * denominator`, and the range it lies in.
///
/// Over many units its mean is zero on an arm whose ratio of sums is `ratio`, and above where it is higher. HARM and SAFE of
/// "the ratio is at most R" are those of "the candidate's mean is at most the baseline's" with `R` the baseline's ratio as
/// published before the epoch, times one plus the margin for SAFE. Units have to be whole: a unit's sums over a span
/// that is closed, each unit once.
#[must_use]
pub fn linearised(numerator: f64, denominator: f64, ratio: f64) -> f64 {
    numerator - ratio * denominator
}
