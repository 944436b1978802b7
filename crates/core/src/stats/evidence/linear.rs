//! Any number of arms: a weighted sum of their means, by groups of units, with what was known before the draw taken out.
//!
//! Start with [`Linear::of`]. An arm against the control is the sum with the weights 1 and -1; the interaction of two factors
//! that were crossed has 1, -1, -1 and 1 over their four arms. Arms are compared within each span, in which their shares stay
//! the same, and each group contributes one number over all spans: how far the sum moves when the group is left out, as in
//! [`super::contrast`], of which this is the form for several arms.
//!
//! *What was known before.* In a lead-in every arm is served by the same release, so that the same sum over it has the mean zero,
//! and differs from it only by who was drawn. What of the later sum follows from that is taken out: `estimate - slope before`, with
//! the slope that leaves least variance between the groups. It is the gain of CUPED for units that are only counted by group.
//!
//! Bounds are one-sided asymptotic confidence sequences, widened for the groups' effective number. Assumes that units were drawn
//! for the arms, and many groups; where requests are independent one group stands for all, and the variance is that of the
//! observations. Source of the adjustment: Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments
//! by utilizing pre-experiment data", WSDM 2013, with the covariate of a group in place of a unit's.

use super::contrast::{Spread, TUNED_FOR, student};
use crate::stats::moments::Moments;
use crate::stats::sequence::asymptotic::{LEAST_EVENTS, one_sided_deviation};
use crate::stats::special::normal_quantile;

/// One span: the observations of each arm, group by group; one group for observations that are independent.
pub type Span = Vec<Vec<Moments>>;

/// What the observations are, which says what they vary by at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Each is zero or one: they vary at least as independent ones do, and one more of either keeps a share of zero from being
    /// taken for certain (Agresti and Coull, "Approximate is better than exact", American Statistician 52, 1998).
    Share,
    /// Amounts: those of one group vary as they do, those of several as the groups do.
    Amount,
    /// Each lies between two ends: they vary at least as independent ones do, and each arm is taken to have seen one more
    /// degree of freedom with the largest variance there can be, `width^2 / 4`, so that a few equal ones are no certainty.
    Bounded {
        /// How far apart the ends are.
        width: f64,
    },
}

/// A weighted sum of the arms' means, estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    /// The best guess, in the unit of the observations.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// How many groups' worth of independent numbers the standard error rests on.
    pub degrees_of_freedom: f64,
    /// Observations it rests on, as many of each arm.
    pub sample_size: f64,
}

impl Linear {
    /// The sum over the spans in which every arm with a weight was seen, each span weighted by how well it compares them; nothing
    /// while there is none. `weights` has an entry per arm.
    ///
    /// The estimate is `sum_s I_s sum_a v_a m_as / I` with `v` the weights, `m_as` arm `a`'s mean in span `s`, `1 / I_s = sum_a v_a^2 / n_as` and
    /// `I = sum_s I_s`: in the unit of the observations. With `b_g = sum_s I_s sum_a v_a (m_as - m_as(-g))`, `m_as(-g)` being the mean without
    /// group `g`, its variance is `max(G / (G - 1) sum_g b_g^2, sum_s I_s^2 sum_a v_a^2 V_a / n_as) / I^2`, `V` being what one observation varies by at
    /// least, as `kind` says. Degrees of freedom: `3 (sum b_g^2)^2 / sum b_g^4 - 1`, at most `G - 1`; without end for one group. The sample
    /// size is `I sum_a v_a^2 / 2`, as many of each arm.
    ///
    /// Assumes that shares stay the same within a span; that units were drawn and are in groups by a hash of their own, and many
    /// groups; or, for one group, independent observations.
    #[must_use]
    pub fn of(spans: &[Span], weights: &[f64], kind: Kind) -> Option<Self> {
        let parts = Parts::of(spans, weights, (kind, Scale::Mean))?;
        let spread = Spread::of(&parts.contributions);
        Some(parts.estimate(spread))
    }

    /// The same sum of the logarithms of the means, by the delta method: with the weights 1, -1, -1 and 1 the logarithm of how many times
    /// larger one ratio is than another. An arm's number of a group counts by `1 / mean`, so that the jackknife is that of the means.
    /// A span in which a share has fewer than ten events on an arm is left out, and one in which an amount is nothing.
    #[must_use]
    pub fn of_logarithms(spans: &[Span], weights: &[f64], kind: Kind) -> Option<Self> {
        let parts = Parts::of(spans, weights, (kind, Scale::Logarithm))?;
        let spread = Spread::of(&parts.contributions);
        Some(parts.estimate(spread))
    }

    /// The same with what the lead-in explains taken out; as it is when the lead-in explains nothing, or has none of these arms.
    ///
    /// `slope = sum_g a_g b_g / sum_g b_g^2` over the groups' contributions after and before; one degree of freedom is paid for it.
    #[must_use]
    pub fn adjusted(spans: &[Span], lead_in: &[Span], weights: &[f64], kind: Kind) -> Option<Self> {
        let mut parts = Parts::of(spans, weights, (kind, Scale::Mean))?;
        let Some(before) = Parts::of(lead_in, &balanced(weights), (kind, Scale::Mean)) else {
            return Some(parts.estimate(Spread::of(&parts.contributions)));
        };
        let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let square = product(&before.contributions, &before.contributions);
        if square <= 0.0 {
            return Some(parts.estimate(Spread::of(&parts.contributions)));
        }
        let slope = product(&parts.contributions, &before.contributions) / square;
        parts.sum -= slope * before.sum;
        for (after, before) in parts.contributions.iter_mut().zip(&before.contributions) {
            *after -= slope * before;
        }
        let spread = Spread::of(&parts.contributions);
        let degrees_of_freedom = (spread.degrees_of_freedom - 1.0).max(1.0);
        Some(parts.estimate(Spread { degrees_of_freedom, ..spread }))
    }

    /// The least the sum is, at error `alpha` over all looks: the one-sided asymptotic confidence sequence at the sample size, tuned for
    /// 500 and widened to Student's distribution, as in [`super::contrast::Contrast::lower`].
    #[must_use]
    pub fn lower(&self, alpha: f64) -> f64 {
        self.estimate - self.radius(alpha)
    }

    /// The most the sum is, at error `alpha` over all looks, likewise.
    #[must_use]
    pub fn upper(&self, alpha: f64) -> f64 {
        self.estimate + self.radius(alpha)
    }

    /// Half the width of the two-sided interval at one look: for what is shown and decides nothing.
    #[must_use]
    pub fn radius_at_one_look(&self, alpha: f64) -> f64 {
        self.standard_error * student(normal_quantile(1.0 - alpha / 2.0), self.degrees_of_freedom)
    }

    /// The standard error, widened as much as one deviation of Student's distribution is: for beliefs, which are shown and decide
    /// nothing.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        self.standard_error * student(1.0, self.degrees_of_freedom)
    }

    fn radius(&self, alpha: f64) -> f64 {
        let normal = one_sided_deviation(self.sample_size / TUNED_FOR, alpha);
        self.standard_error * student(normal, self.degrees_of_freedom)
    }
}

/// What is summed of each arm.
#[derive(Clone, Copy, PartialEq)]
enum Scale {
    Mean,
    Logarithm,
}

impl Scale {
    /// What a mean counts as, and how fast that moves with the mean.
    fn of(self, mean: f64) -> (f64, f64) {
        match self {
            Self::Mean => (mean, 1.0),
            Self::Logarithm => (mean.ln(), mean.recip()),
        }
    }

    /// Whether what an arm came to can be put on it.
    fn holds(self, total: &Moments, kind: Kind) -> bool {
        match (self, kind) {
            (Self::Mean, _) => true,
            (Self::Logarithm, Kind::Share) => total.sum >= LEAST_EVENTS,
            (Self::Logarithm, _) => total.sum > 0.0,
        }
    }
}

/// Sums over spans, each weighted by the information it holds.
struct Parts {
    sum: f64,
    information: f64,
    /// The variance of the sum if observations were independent.
    independent: f64,
    contributions: Vec<f64>,
    sample_size: f64,
}

impl Parts {
    fn of(spans: &[Span], weights: &[f64], scale: (Kind, Scale)) -> Option<Self> {
        let groups = spans.iter().flatten().map(Vec::len).max()?;
        let mut parts = Self {
            sum: 0.0,
            information: 0.0,
            independent: 0.0,
            contributions: vec![0.0; groups],
            sample_size: 0.0,
        };
        spans.iter().for_each(|span| parts.add(span, weights, scale));
        (parts.information > 0.0).then(|| parts.per_information())
    }

    /// Adds a span, unless an arm with a weight has nothing in it, or nothing beside one group.
    fn add(&mut self, span: &Span, weights: &[f64], (kind, scale): (Kind, Scale)) {
        let arms: Vec<(f64, &[Moments], Moments)> = weights
            .iter()
            .zip(span)
            .filter(|(weight, _)| **weight != 0.0)
            .map(|(weight, groups)| (*weight, groups.as_slice(), total(groups)))
            .collect();
        let is_told = |(_, groups, total): &(f64, &[Moments], Moments)| {
            total.count > 0.0 && (groups.len() == 1 || groups.iter().all(|group| group.count < total.count))
        };
        if arms.is_empty() || !arms.iter().all(|arm| is_told(arm) && scale.holds(&arm.2, kind)) {
            return;
        }
        // The variance of the sum when all observations vary alike: arms with few observations tell little.
        let variance: f64 = arms.iter().map(|(weight, _, total)| weight * weight / total.count).sum();
        let squares: f64 = arms.iter().map(|(weight, ..)| weight * weight).sum();
        let information = variance.recip();
        self.information += information;
        self.sample_size += information * squares / 2.0;
        for (weight, groups, total) in &arms {
            let mean = total.sum / total.count;
            let (value, slope) = scale.of(mean);
            self.sum += information * weight * value;
            self.independent +=
                (information * weight * slope).powi(2) * of_one(total, kind, groups.len()) / total.count;
            if groups.len() > 1 {
                for (contribution, group) in self.contributions.iter_mut().zip(*groups) {
                    let pull = (group.sum - mean * group.count) / (total.count - group.count);
                    *contribution += information * weight * slope * pull;
                }
            }
        }
    }

    fn per_information(mut self) -> Self {
        self.sum /= self.information;
        self.independent /= self.information.powi(2);
        self.contributions.iter_mut().for_each(|value| *value /= self.information);
        self
    }

    fn estimate(&self, spread: Spread) -> Linear {
        // One group says nothing of how groups vary.
        let is_one = self.contributions.len() < 2;
        Linear {
            estimate: self.sum,
            standard_error: spread.variance.max(self.independent).sqrt(),
            degrees_of_freedom: if is_one { f64::INFINITY } else { spread.degrees_of_freedom },
            sample_size: self.sample_size.max(1.0),
        }
    }
}

/// What one observation varies by at least.
fn of_one(total: &Moments, kind: Kind, groups: usize) -> f64 {
    match kind {
        Kind::Share => {
            let share = (total.sum + 1.0) / (total.count + 2.0);
            share * (1.0 - share)
        }
        Kind::Amount if groups == 1 => total.variance().unwrap_or(0.0),
        Kind::Amount => 0.0,
        Kind::Bounded { width } => {
            let squares = total.sum_of_squares - total.sum * total.sum / total.count;
            (squares.max(0.0) + width * width / 4.0) / total.count
        }
    }
}

fn total(groups: &[Moments]) -> Moments {
    groups.iter().fold(Moments::default(), |mut sum, group| {
        sum += *group;
        sum
    })
}

/// The weights with those below zero scaled so that all sum to zero: what is compared with a factor afterwards has none before.
fn balanced(weights: &[f64]) -> Vec<f64> {
    let above: f64 = weights.iter().filter(|weight| **weight > 0.0).sum();
    let below: f64 = -weights.iter().filter(|weight| **weight < 0.0).sum::<f64>();
    let scale = if below > 0.0 { above / below } else { 1.0 };
    weights.iter().map(|weight| if *weight < 0.0 { weight * scale } else { *weight }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::contrast::{Contrast, EpochSums, GroupSums, Hypothesis};

    fn counted(count: f64, sum: f64) -> Moments {
        Moments { count, sum, sum_of_squares: sum }
    }

    /// Sixty-four groups of unequal size and luck on each of three arms.
    fn span(shift: f64) -> Span {
        let arm = |arm: usize| {
            (0..64).map(move |group| {
                let count = (3 + (group * 7 + arm * 5) % 11) as f64;
                counted(count, ((group * 3 + arm) % 4) as f64 * 0.5 + shift * arm as f64)
            })
        };
        (0..3).map(|number| arm(number).collect()).collect()
    }

    #[test]
    fn two_arms_are_the_contrast_of_two_arms() {
        let spans = [span(0.0), span(0.1)];
        let linear = Linear::of(&spans, &[-1.0, 0.0, 1.0], Kind::Amount).unwrap();
        let epochs: Vec<EpochSums> = spans
            .iter()
            .map(|span| EpochSums {
                probability: 0.5,
                groups: (span[0].iter().zip(&span[2]))
                    .map(|(baseline, candidate)| GroupSums {
                        candidate: candidate.count,
                        candidate_events: candidate.sum,
                        baseline: baseline.count,
                        baseline_events: baseline.sum,
                    })
                    .collect(),
            })
            .collect();
        let contrast = Contrast::of_amounts(&epochs, Hypothesis::EQUAL).unwrap();
        for (linear, contrast) in [
            (linear.estimate, contrast.estimate),
            (linear.standard_error, contrast.standard_error),
            (linear.degrees_of_freedom, contrast.degrees_of_freedom),
            (linear.sample_size, contrast.sample_size),
            (linear.upper(0.01), contrast.upper(0.01)),
        ] {
            assert!((linear - contrast).abs() < 1e-12, "{linear} {contrast}");
        }
    }

    #[test]
    fn a_lead_in_that_tells_all_leaves_no_variance() {
        let before = span(0.0);
        // Afterwards every group does on each arm what it did before, the last arm by a tenth more per request.
        let after: Span = before
            .iter()
            .enumerate()
            .map(|(arm, groups)| {
                let more = if arm == 2 { 0.1 } else { 0.0 };
                groups.iter().map(|g| counted(g.count, g.sum + more * g.count)).collect()
            })
            .collect();
        let weights = [-1.0, 0.0, 1.0];
        let plain = Linear::of(std::slice::from_ref(&after), &weights, Kind::Amount).unwrap();
        let adjusted = Linear::adjusted(&[after], &[before], &weights, Kind::Amount).unwrap();
        assert!((adjusted.estimate - 0.1).abs() < 1e-9, "{adjusted:?}");
        assert!(adjusted.standard_error < 1e-9 && plain.standard_error > 0.01, "{plain:?}");
    }

    #[test]
    fn an_arm_that_was_not_seen_says_nothing() {
        let mut one = span(0.0);
        one[2] = vec![Moments::default(); 64];
        assert_eq!(Linear::of(std::slice::from_ref(&one), &[-1.0, 0.0, 1.0], Kind::Share), None);
        assert!(Linear::of(std::slice::from_ref(&one), &[-1.0, 1.0, 0.0], Kind::Share).is_some());
        assert_eq!(Linear::of(&[], &[-1.0, 1.0], Kind::Share), None);
        let spans = [span(0.0)];
        let without = Linear::of(&spans, &[-1.0, 1.0, 0.0], Kind::Share);
        assert_eq!(Linear::adjusted(&spans, &[], &[-1.0, 1.0, 0.0], Kind::Share), without);
    }

    /// Scores that are all the same say little while they are few, in one group or in many.
    #[test]
    fn equal_scores_are_no_certainty() {
        let kind = Kind::Bounded { width: 4.0 };
        let fives = |count: f64| Moments { count, sum: 5.0 * count, sum_of_squares: 25.0 * count };
        let check = |groups: usize, least: f64, most: f64| {
            let arm = vec![fives(128.0 / groups as f64); groups];
            let upper = Linear::of(&[vec![arm.clone(), arm]], &[-1.0, 1.0], kind).unwrap().upper(0.05);
            assert!((least..most).contains(&upper), "{groups} groups: {upper}");
        };
        check(1, 0.05, 0.2);
        check(64, 0.05, 0.2);
    }

    /// The variance of scores is that of the sample, but for the degree of freedom that is added.
    #[test]
    fn scores_vary_as_they_do() {
        let arm = |sum: f64, squares: f64| vec![Moments { count: 1_000.0, sum, sum_of_squares: squares }];
        // Half ones and half fives, and as many twos as fours.
        let spans: [Span; 1] = [vec![arm(3_000.0, 13_000.0), arm(3_000.0, 10_000.0)]];
        let found = Linear::of(&spans, &[-1.0, 1.0], Kind::Bounded { width: 4.0 }).unwrap();
        assert!((found.standard_error.powi(2) - (4.004 + 1.004) / 1_000.0).abs() < 1e-9, "{found:?}");
    }

    /// Of independent observations the variance of a logarithm is `(1 - p) / (p n)` for a share.
    #[test]
    fn logarithms_are_of_ratios() {
        let arm = |sum: f64| vec![Moments { count: 1_000.0, sum, sum_of_squares: sum }];
        let spans: [Span; 1] = [vec![arm(50.0), arm(200.0), arm(100.0), arm(100.0)]];
        let crossed = [1.0, -1.0, -1.0, 1.0];
        let found = Linear::of_logarithms(&spans, &crossed, Kind::Share).unwrap();
        assert!((found.estimate - 0.25_f64.ln()).abs() < 1e-12, "{found:?}");
        let variance: f64 = [0.05, 0.2, 0.1, 0.1].map(|p: f64| (1.0 - p) / (1_000.0 * p)).iter().sum();
        assert!((found.standard_error.powi(2) / variance - 1.0).abs() < 0.02, "{found:?}");
        let few: [Span; 1] = [vec![arm(9.0), arm(200.0), arm(100.0), arm(100.0)]];
        assert_eq!(Linear::of_logarithms(&few, &crossed, Kind::Share), None);
        assert!(Linear::of_logarithms(&few, &crossed, Kind::Amount).is_some());
    }

    #[test]
    fn nothing_bad_is_no_certainty() {
        let spans: [Span; 1] = [vec![vec![counted(100.0, 0.0)], vec![counted(100.0, 0.0)]]];
        let linear = Linear::of(&spans, &[-1.0, 1.0], Kind::Share).unwrap();
        assert!(linear.upper(0.05) > 0.03, "{}", linear.upper(0.05));
    }
}
