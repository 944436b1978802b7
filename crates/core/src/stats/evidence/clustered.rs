//! The event race for sticky units: of events that come together, each counts for less.
//!
//! Start with [`log_e_harm`] and [`log_e_safe`]. Requests of one unit share their arm and their luck, so a race that counted each of their
//! events would be sure too soon. How much more the groups' sums vary than those of independent requests would (the design
//! effect) says what one event is worth, and the race is run on events of that worth. Compared with an interval around the
//! observed difference ([`super::contrast`]) it takes the variance where the hypothesis puts it, at equal shares, and not
//! where a bad candidate has moved it; a regression of rare events is found with about half of the requests.
//!
//! Groups that make more than a twentieth of the requests are left out before, by the caller and on both arms: one user of
//! half of all calls decides what an arm looks like, and left in, 8 of 300 equal candidates were called worse at 1 %.
//!
//! [`ClusteredRace`] takes epochs one by one, so that several starts share the work.

use super::capital::{BETS, Capital};
use super::contrast::{DesignEffect, Distance, EpochSums, GroupSums, Hypothesis};
use super::race::{largest_rejected, least_rejected, log_likelihood_ratios};
use crate::stats::interval::Interval;

/// Epochs that race together; they are added in any order.
#[derive(Debug, Clone)]
pub struct ClusteredRace {
    ratio: f64,
    /// 1 for alternatives above `ratio`, -1 for those below.
    sign: f64,
    /// What the design effect follows from.
    distance: Distance,
    /// What the race would be if every event counted in full.
    in_full: Capital,
}

impl ClusteredRace {
    /// The race against "bad requests are at most `ratio` times as frequent on the candidate": see [`log_e_harm`].
    #[must_use]
    pub const fn harm(ratio: f64) -> Self {
        Self::new(ratio, 1.0)
    }

    /// The race against "bad requests are at least `ratio` times as frequent on the candidate": see [`log_e_safe`].
    #[must_use]
    pub const fn safe(ratio: f64) -> Self {
        Self::new(ratio, -1.0)
    }

    const fn new(ratio: f64, sign: f64) -> Self {
        let distance = Distance::from(Hypothesis::EQUAL);
        Self { ratio, sign, distance, in_full: Capital::none() }
    }

    /// Adds an epoch.
    pub fn add(&mut self, epoch: &EpochSums) {
        if let Some(sums) = self.distance.add(epoch) {
            self.in_full += in_full(&sums, self.ratio, self.sign);
        }
    }

    /// The capital of the bets, each event counted for what it is worth; nothing while no epoch has requests on both arms.
    #[must_use]
    pub fn capital(&self) -> Option<Capital> {
        Some(worth(self.in_full, &self.distance.design_effect()?))
    }

    /// Groups in which the candidate had a bad request.
    #[must_use]
    pub fn event_groups(&self) -> usize {
        self.distance.event_groups()
    }
}

/// The log evidence against "bad requests are at most `ratio` times as frequent on the candidate as on the baseline".
///
/// `log E = log mean_j prod_k L_jk^w`: the likelihood ratios of [`super::race`], where an event of epoch `k` falls on the
/// candidate with probability `q r / (q r + 1 - q)` and `q` is the candidate's part of that epoch's requests. The worth is
/// `w = 1 / D`: `D` is the variance of the difference between the groups over that of independent requests with the observed
/// shares, at least one, and at most what it would be if each group were wholly good or wholly bad: where nearly every request
/// of the candidate fails, the observed variances say next to nothing. Nothing while no epoch has requests on both arms.
///
/// Asymptotic in the number of groups with events, which the caller demands; with `D = 1` it is the race. Assumes that units
/// were drawn, and groups are units put together by a hash of their own. Source: Rao and Scott, "A simple method for the
/// analysis of clustered binary data", Biometrics 48, 1992, for counts divided by the design effect; the race on them is
/// ours, and its error is measured: widening it for the groups' effective number, as the interval needs, would cost a fifth
/// of the power and buy nothing.
#[must_use]
pub fn log_e_harm(epochs: &[EpochSums], ratio: f64) -> Option<f64> {
    log_e(ClusteredRace::harm(ratio), epochs)
}

/// The log evidence against "bad requests are at least `ratio` times as frequent on the candidate as on the baseline": for
/// margins in per cent. In percentage points [`super::contrast`] is sharper.
///
/// As [`log_e_harm`] with alternatives below the ratio.
#[must_use]
pub fn log_e_safe(epochs: &[EpochSums], ratio: f64) -> Option<f64> {
    log_e(ClusteredRace::safe(ratio), epochs)
}

/// The confidence sequence of the ratio, with error `alpha_per_side` on each side over all looks together; nothing while no epoch has
/// requests on both arms.
///
/// The lower end is the largest ratio that [`log_e_harm`] rejects (0 when none), the upper end the smallest that [`log_e_safe`]
/// rejects (infinite when none).
#[must_use]
pub fn confidence(epochs: &[EpochSums], alpha_per_side: f64) -> Option<Interval> {
    let events = Events::of(epochs)?;
    Some(Interval {
        lower: largest_rejected(alpha_per_side, |ratio| events.capital(ratio, 1.0).log_e()),
        upper: least_rejected(alpha_per_side, |ratio| events.capital(ratio, -1.0).log_e()),
    })
}

/// The lower end of [`confidence`] by bets of other weights, where it is above one; most looks at a sound candidate find out
/// that it is not at little cost.
#[must_use]
pub fn least_excess(epochs: &[EpochSums], alpha: f64, log_weights: &[f64; BETS]) -> Option<f64> {
    let events = Events::of(epochs)?;
    let log_e = |ratio| events.capital(ratio, 1.0).log_e_weighted(log_weights);
    let is_more = log_e(1.0) > -alpha.ln();
    is_more.then(|| largest_rejected(alpha, log_e))
}

/// The events of epochs in which the arms can be compared, and what each is worth: all that a race against any ratio needs.
struct Events {
    totals: Vec<GroupSums>,
    effect: DesignEffect,
}

impl Events {
    fn of(epochs: &[EpochSums]) -> Option<Self> {
        let mut distance = Distance::from(Hypothesis::EQUAL);
        let totals = epochs.iter().filter_map(|epoch| distance.add(epoch)).collect();
        Some(Self { totals, effect: distance.design_effect()? })
    }

    fn capital(&self, ratio: f64, sign: f64) -> Capital {
        worth(self.totals.iter().map(|sums| in_full(sums, ratio, sign)).sum(), &self.effect)
    }
}

/// The bets on the events of one epoch, each counted in full.
fn in_full(sums: &GroupSums, ratio: f64, sign: f64) -> Capital {
    let share = sums.candidate / (sums.candidate + sums.baseline);
    log_likelihood_ratios(share, ratio, sign).weighted([sums.candidate_events, sums.baseline_events])
}

/// The same, each counted for what it is worth.
fn worth(in_full: Capital, effect: &DesignEffect) -> Capital {
    Capital(in_full.0.map(|log| log / effect.factor))
}

fn log_e(mut race: ClusteredRace, epochs: &[EpochSums]) -> Option<f64> {
    for epoch in epochs {
        race.add(epoch);
    }
    Some(race.capital()?.log_e())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::race::{self, RaceEpoch};

    fn group(candidate_events: f64, baseline_events: f64) -> GroupSums {
        GroupSums { candidate: 10.0, candidate_events, baseline: 90.0, baseline_events }
    }

    fn epoch(groups: Vec<GroupSums>) -> [EpochSums; 1] {
        [EpochSums { probability: 0.1, groups }]
    }

    #[test]
    fn events_spread_evenly_are_a_race() {
        // Fewer differences between groups than chance makes: nothing shows that they come together.
        let even = epoch((0..64).map(|number| group(f64::from(number % 2), 2.0)).collect());
        let race = [RaceEpoch { probability: 0.1, candidate: 32, baseline: 128 }];
        let (sticky, independent) = (log_e_harm(&even, 1.0).unwrap(), race::log_e_harm(&race, 1.0));
        assert!((sticky - independent).abs() < 1e-12, "{sticky} {independent}");
    }

    #[test]
    fn the_same_events_in_few_groups_are_worth_little() {
        let uneven = |number| if number < 4 { group(8.0, 2.0) } else { group(0.0, 2.0) };
        let together = epoch((0..64).map(uneven).collect());
        let spread = epoch((0..64).map(|number| group(f64::from(number % 2), 2.0)).collect());
        let (together, spread) = (log_e_harm(&together, 1.0).unwrap(), log_e_harm(&spread, 1.0).unwrap());
        assert!(together < spread / 4.0, "{together} {spread}");
    }

    #[test]
    fn a_candidate_that_nearly_always_fails_is_worse_at_any_weight() {
        for probability in [0.05, 0.5, 0.9, 0.98] {
            // What was good before it began to fail lies with no group in particular.
            let group = |number: usize| GroupSums {
                candidate: 2_000.0 * probability,
                candidate_events: 2_000.0 * probability - (number % 5) as f64,
                baseline: 2_000.0 * (1.0 - probability),
                baseline_events: 0.0,
            };
            let epoch = EpochSums { probability, groups: (0..64).map(group).collect() };
            let log_e = log_e_harm(&[epoch], 1.0).unwrap();
            assert!(log_e > 100.0, "{log_e} at {probability}");
        }
    }

    #[test]
    fn one_user_for_whom_all_goes_well_hides_no_failing_candidate() {
        for probability in [0.1, 0.9] {
            let group = |number: usize| GroupSums {
                candidate: 2_000.0 * probability,
                candidate_events: if number == 7 { 0.0 } else { 2_000.0 * probability },
                baseline: 2_000.0 * (1.0 - probability),
                baseline_events: 0.0,
            };
            let epoch = EpochSums { probability, groups: (0..64).map(group).collect() };
            let log_e = log_e_harm(&[epoch], 1.0).unwrap();
            assert!(log_e > 20.0, "{log_e} at {probability}");
        }
    }

    #[test]
    fn nothing_is_said_of_one_arm() {
        let empty = GroupSums { baseline: 90.0, baseline_events: 3.0, ..GroupSums::default() };
        assert_eq!(log_e_harm(&epoch(vec![empty; 64]), 1.0), None);
        assert_eq!(log_e_harm(&[], 1.0), None);
    }
}
