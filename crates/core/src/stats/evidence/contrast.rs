//! What sticky units say: the arms are compared within each epoch, and the uncertainty is what the groups of units
//! show, never what the number of requests suggests.
//!
//! Start with [`Contrast::of`]. Each group contributes one number over all epochs: how far the arms' shares move when it
//! is left out. The variance between these numbers is that of the delete-a-group jackknife (Bell and McCaffrey, "Bias
//! reduction in standard errors for linear regression with multi-stage samples", Survey Methodology 28(2), 2002). It holds
//! for any number of requests per unit, also when one group makes most of an arm's requests: its distance from the arm's
//! own share would hide that, because the group sets that share. Where the groups show less than independent requests
//! would, the binomial variance under the hypothesis in question stands in, so that no errors at all is no proof of safety.
//!
//! The bounds are one-sided asymptotic confidence sequences (Waudby-Smith et al., arXiv 2103.06476), widened from the
//! normal to Student's distribution for a variance that was estimated from a limited number of groups.

mod estimate;
pub mod ratio;

use crate::stats::sequence::asymptotic::one_sided_deviation;
pub use estimate::Estimate;
use estimate::Shares;

/// Sums of one group in one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GroupSums {
    /// Requests on the candidate.
    pub candidate: f64,
    /// Bad requests on the candidate.
    pub candidate_events: f64,
    /// Requests on the baseline.
    pub baseline: f64,
    /// Bad requests on the baseline.
    pub baseline_events: f64,
}

/// The sums of one epoch, group by group; one group for requests that are independent of each other.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochSums {
    /// The probability with which a unit was drawn for the candidate.
    pub probability: f64,
    /// One entry per group.
    pub groups: Vec<GroupSums>,
}

/// The hypothesis an estimate is held against: `candidate = ratio * baseline + difference`, in shares of bad requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hypothesis {
    /// The factor on the baseline's share.
    pub ratio: f64,
    /// What is added to it.
    pub difference: f64,
}

impl Hypothesis {
    /// The arms do alike.
    pub const EQUAL: Self = Self { ratio: 1.0, difference: 0.0 };
}

/// How far the candidate lies from a hypothesis; above zero is worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// The distance, a difference of shares or of means in the unit of the outcomes, each epoch weighted by how well it compares
    /// the arms.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// How many groups' worth of independent numbers the standard error rests on.
    pub degrees_of_freedom: f64,
    /// Requests it rests on, as many of each arm.
    pub sample_size: f64,
    /// Groups in which the candidate had a bad request.
    pub event_groups: usize,
}

/// The sample size at which the sequences are tightest: a few hundred requests on the candidate, where most decisions
/// fall.
pub(super) const TUNED_FOR: f64 = 500.0;

impl Contrast {
    /// Compares the arms' shares of bad requests with a hypothesis, `p_T = r p_C + d`; nothing while no epoch has requests on both.
    ///
    /// The estimate is `sum_e w_e (p_Te - r p_Ce - d) / W` with `w_e = n_Te n_Ce / (n_Te + n_Ce)`, the harmonic weight of epoch `e`, and
    /// `W = sum_e w_e`: a difference of shares. With `b_g = sum_e w_e (D_e - D_e(-g))`, `D_e` being epoch `e`'s difference and `D_e(-g)` that
    /// without group `g`, its variance is `max(G / (G - 1) sum_g b_g^2, V) / W^2` over `G` groups. `V` is the binomial variance of the
    /// sum with the shares that fit the hypothesis best. Degrees of freedom: `3 (sum b_g^2)^2 / sum b_g^4 - 1`, at most `G - 1` and at least
    /// one.
    ///
    /// Assumes that units were drawn, that they are in groups by a hash of their own, and many groups; nothing of how many requests a
    /// unit makes or how alike they are. An epoch in which one group makes all requests of an arm says nothing.
    #[must_use]
    pub fn of(epochs: &[EpochSums], hypothesis: Hypothesis) -> Option<Self> {
        Distance::of(epochs, hypothesis).of_shares()
    }

    /// The same for means of amounts, such as capped cost: the sums of amounts stand where the bad requests stood, and the
    /// ratio and difference are of means per request, in the unit of the amounts.
    ///
    /// No variance of the hypothesis stands in: amounts that do not vary between groups do not vary.
    #[must_use]
    pub fn of_amounts(epochs: &[EpochSums], hypothesis: Hypothesis) -> Option<Self> {
        Distance::of(epochs, hypothesis).of_amounts()
    }

    /// The least the distance is, at error `alpha` over all looks: the estimate less its standard error times `t(b, f)`.
    ///
    /// `b` is the one-sided deviation of [`crate::stats::sequence::asymptotic`] at the sample size `W`, tuned for 500, and `t` the quantile of
    /// Student's distribution with `f` degrees of freedom at its level. Against "the distance is at most `x`" it tells where it lies above `x`.
    /// Asymptotic.
    #[must_use]
    pub fn lower(&self, alpha: f64) -> f64 {
        self.estimate - self.radius(alpha)
    }

    /// The most the distance is, at error `alpha` over all looks: the estimate with as much added.
    #[must_use]
    pub fn upper(&self, alpha: f64) -> f64 {
        self.estimate + self.radius(alpha)
    }

    fn radius(&self, alpha: f64) -> f64 {
        let normal = one_sided_deviation(self.sample_size / TUNED_FOR, alpha);
        self.standard_error * student(normal, self.degrees_of_freedom)
    }
}

/// How much more sums over groups vary than sums over independent requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignEffect {
    /// The variance between groups over that of independent requests with the same shares: at least one, and at most what
    /// it would be if the requests of a group were all good or all bad.
    pub factor: f64,
    /// Groups in which the candidate had a bad request.
    pub event_groups: usize,
}

impl DesignEffect {
    /// What the groups show at equal shares; nothing while no epoch has requests on both arms.
    ///
    /// `D = min(G / (G - 1) sum_g b_g^2 / V_shares, A / V_equal)`, at least one, with `b_g` as in [`Contrast::of`], `V` the binomial variances of the
    /// sum with the observed and with equal shares, and `A` that of groups whose requests on an arm are all good or all bad. A pure
    /// number. Source: Kish, "Survey Sampling", 1965, section 8.2; the upper end is ours.
    #[must_use]
    pub fn of(epochs: &[EpochSums]) -> Option<Self> {
        Distance::of(epochs, Hypothesis::EQUAL).design_effect()
    }
}

/// The distance from a hypothesis as sums that add over epochs, in any order.
#[derive(Debug, Clone)]
pub(super) struct Distance {
    estimate: Estimate,
    /// How far each group moves it.
    contributions: Vec<f64>,
    /// The variance of the estimate's sum if requests were independent: with the hypothesis true, and with the shares observed.
    by_hypothesis: f64,
    by_shares: f64,
    /// How far each group's requests on the candidate, and on the baseline, would move the distance with the hypothesis
    /// true, if they were all good or all bad: a standard deviation.
    if_alike: Vec<[f64; 2]>,
    /// The groups in which the candidate had a bad request.
    with_events: Vec<bool>,
}

impl Distance {
    pub(super) const fn from(hypothesis: Hypothesis) -> Self {
        Self {
            estimate: Estimate::from(hypothesis),
            contributions: Vec::new(),
            by_hypothesis: 0.0,
            by_shares: 0.0,
            if_alike: Vec::new(),
            with_events: Vec::new(),
        }
    }

    fn of(epochs: &[EpochSums], hypothesis: Hypothesis) -> Self {
        let mut distance = Self::from(hypothesis);
        for epoch in epochs {
            distance.add(epoch);
        }
        distance
    }

    /// Adds an epoch; answers its totals if the arms can be compared in it.
    pub(super) fn add(&mut self, epoch: &EpochSums) -> Option<GroupSums> {
        let groups = self.contributions.len().max(epoch.groups.len());
        self.contributions.resize(groups, 0.0);
        self.if_alike.resize(groups, [0.0; 2]);
        self.with_events.resize(groups, false);
        for (has_event, group) in self.with_events.iter_mut().zip(&epoch.groups) {
            *has_event |= group.candidate_events > 0.0;
        }
        let (total, weight) = self.estimate.compared(epoch)?;
        let (ratio, shares) = (self.estimate.hypothesis.ratio, Shares::of(&total));
        let null = Shares::under(self.estimate.hypothesis, &total);
        self.by_hypothesis += weight * weight * variance_at(&total, null, ratio);
        self.by_shares += weight * weight * variance_at(&total, shares, ratio);
        let deviation = |share: f64| weight * (share * (1.0 - share)).sqrt();
        let if_alike = [deviation(null.candidate), ratio * deviation(null.baseline)];
        let moved = self.contributions.iter_mut().zip(&mut self.if_alike).zip(&epoch.groups);
        for ((contribution, [candidate, baseline]), group) in moved {
            let others = Others::of(group, &total);
            *contribution += weight * others.pull(group, shares, ratio);
            *candidate += if_alike[0] * group.candidate * others.candidate;
            *baseline += if_alike[1] * group.baseline * others.baseline;
        }
        Some(total)
    }

    /// How many groups had a bad request on the candidate.
    pub(super) fn event_groups(&self) -> usize {
        self.with_events.iter().filter(|has_event| **has_event).count()
    }

    fn of_shares(&self) -> Option<Contrast> {
        self.contrast(self.by_hypothesis)
    }

    fn of_amounts(&self) -> Option<Contrast> {
        self.contrast(0.0)
    }

    /// The most it can be counts where nearly all of the candidate's requests failed: the few good ones of one user then
    /// vary without measure against independent requests, and yet no user can be more alike than wholly.
    pub(super) fn design_effect(&self) -> Option<DesignEffect> {
        let over = |variance: f64, independent: f64| (independent > 0.0).then(|| variance / independent);
        let if_alike: f64 = self.if_alike.iter().flatten().map(|deviation| deviation * deviation).sum();
        let most = over(if_alike, self.by_hypothesis).unwrap_or(f64::INFINITY);
        let shown = over(Spread::of(&self.contributions).variance, self.by_shares).unwrap_or(1.0);
        let factor = shown.min(most).max(1.0);
        (self.estimate.worth > 0.0).then(|| DesignEffect { factor, event_groups: self.event_groups() })
    }

    /// Nothing while no epoch has requests on both arms.
    fn contrast(&self, least_variance: f64) -> Option<Contrast> {
        let estimate = self.estimate.value()?;
        let (worth, spread) = (self.estimate.worth, Spread::of(&self.contributions));
        Some(Contrast {
            estimate,
            standard_error: spread.variance.max(least_variance).sqrt() / worth,
            degrees_of_freedom: spread.degrees_of_freedom,
            sample_size: worth,
            event_groups: self.event_groups(),
        })
    }
}

/// What the groups' contributions vary by.
pub(super) struct Spread {
    /// The variance of their sum.
    pub(super) variance: f64,
    /// How many of them it rests on: few when a few groups contribute most.
    pub(super) degrees_of_freedom: f64,
}

impl Spread {
    pub(super) fn of(contributions: &[f64]) -> Self {
        let count = contributions.len() as f64;
        if contributions.len() < 2 {
            // Nothing varies between fewer than two: the variance of the hypothesis stands alone.
            return Self { variance: 0.0, degrees_of_freedom: f64::INFINITY };
        }
        let squares: f64 = contributions.iter().map(|value| value * value).sum();
        let fourths: f64 = contributions.iter().map(|value| value.powi(4)).sum();
        // For normal contributions three times the squared sum of squares over the sum of fourth powers is their count.
        let effective = if fourths > 0.0 { 3.0 * squares * squares / fourths } else { count };
        Self {
            variance: squares * count / (count - 1.0).max(1.0),
            degrees_of_freedom: (effective.min(count) - 1.0).max(1.0),
        }
    }
}

/// One over the requests of all other groups, on each arm. Only an arm's single group has nothing beside it, and moves
/// nothing.
#[derive(Clone, Copy)]
struct Others {
    candidate: f64,
    baseline: f64,
}

impl Others {
    fn of(group: &GroupSums, total: &GroupSums) -> Self {
        let left = |requests: f64, all: f64| if requests < all { 1.0 / (all - requests) } else { 0.0 };
        Self {
            candidate: left(group.candidate, total.candidate),
            baseline: left(group.baseline, total.baseline),
        }
    }

    /// How far the group moves the distance: what it is with the group, less what it is without.
    fn pull(self, group: &GroupSums, shares: Shares, ratio: f64) -> f64 {
        (group.candidate_events - shares.candidate * group.candidate) * self.candidate
            - ratio * (group.baseline_events - shares.baseline * group.baseline) * self.baseline
    }
}

/// The variance of the distance if requests were independent, at given shares.
fn variance_at(total: &GroupSums, shares: Shares, ratio: f64) -> f64 {
    let binomial = |share: f64, count: f64| share * (1.0 - share) / count;
    binomial(shares.candidate, total.candidate) + ratio * ratio * binomial(shares.baseline, total.baseline)
}

/// The quantile of Student's distribution at the level of a normal quantile.
///
/// `t = sqrt(f (exp((z (8f + 3) / (8f + 1))^2 / f) - 1))`, the inverse of Wallace's approximation, Annals of
/// Mathematical Statistics 30, 1959.
pub(super) fn student(normal: f64, degrees_of_freedom: f64) -> f64 {
    let f = degrees_of_freedom;
    if f.is_infinite() {
        return normal;
    }
    let stretched = normal * (8.0 * f + 3.0) / (8.0 * f + 1.0);
    (f * (stretched * stretched / f).exp_m1()).sqrt()
}

/// Whether the candidate's requests differ from the share that was drawn, at error `alpha` over all looks and both
/// directions.
///
/// Hypothesis: units fall on the candidate with the probability `p_e` of their epoch. With `u_g = sum_e (x_eg - p_e n_eg)` over group `g`'s
/// requests `n` and those on the candidate `x`, it is rejected where `|sum_g u_g|` exceeds `s t(b, f)`: `s^2 = G / (G - 1) sum_g (u_g - mean u)^2`, and
/// `b` and `t` as in [`Contrast::lower`] at the number of requests and half of the error. Asymptotic in the number of groups; assumes that
/// units were drawn and put into groups by a hash of their own, and nothing of how many requests each makes. False without requests.
#[must_use]
pub fn split_is_off(epochs: &[EpochSums], alpha: f64) -> bool {
    let groups = epochs.iter().map(|epoch| epoch.groups.len()).max().unwrap_or(0);
    let mut excess = vec![0.0; groups];
    let mut requests = 0.0;
    for epoch in epochs {
        for (excess, group) in excess.iter_mut().zip(&epoch.groups) {
            let all = group.candidate + group.baseline;
            *excess += group.candidate - epoch.probability * all;
            requests += all;
        }
    }
    if requests <= 0.0 {
        return false;
    }
    let sum: f64 = excess.iter().sum();
    let mean = sum / groups as f64;
    let centred: Vec<f64> = excess.iter().map(|value| value - mean).collect();
    let spread = Spread::of(&centred);
    let normal = one_sided_deviation(requests / TUNED_FOR, alpha / 2.0);
    sum.abs() > spread.variance.sqrt() * student(normal, spread.degrees_of_freedom)
}
