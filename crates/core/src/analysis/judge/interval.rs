//! The range that is told around the best guess: valid at every look, at half of the promotion's error on each side. That of
//! percentiles and amounts is a part of the baseline's. Shares have the bounds of their tests, see [`super::independent`] and
//! [`super::sticky`]; where these are of a difference and of a race, [`points`] joins them.

use super::ALPHA_PROMOTE;
use super::events::{contrast_of_amounts, times_of};
use super::reading::Reading;
use crate::analysis::measurement::EpochCounts;
use crate::analysis::verdict::Effect;
use crate::guard::Guard;
use crate::stats::evidence::contrast::{EpochSums, Estimate, Hypothesis};
use crate::stats::evidence::exceedance::{self, TimesEpoch};
use crate::stats::interval::Interval;

/// The range of a percentile. `worth` says what one slow answer counts for in a reading of early failures: one where requests
/// were drawn one by one, less where those of one unit come together.
pub(super) fn of_times(
    guard: &Guard,
    epochs: &[&EpochCounts],
    estimate: Option<f64>,
    worth: impl Fn(Reading) -> f64,
) -> Effect {
    let readings = Reading::all(guard.metric).iter().map(|reading| {
        let times: Vec<TimesEpoch<'_>> =
            epochs.iter().filter_map(|counts| times_of(counts, guard.metric, *reading)).collect();
        let bounds = exceedance::ratio_bounds(&times, worth(*reading), ALPHA_PROMOTE / 2.0);
        (bounds.lower, bounds.upper)
    });
    widest(estimate, readings)
}

/// The range of an amount's mean under its cap.
pub(super) fn of_amounts(guard: &Guard, epochs: &[&EpochCounts], estimate: Option<f64>) -> Effect {
    let readings = Reading::all(guard.metric).iter().map(|reading| {
        let told = contrast_of_amounts(epochs, guard.metric, *reading);
        let told = told.map(|told| [told.lower(ALPHA_PROMOTE / 2.0), told.upper(ALPHA_PROMOTE / 2.0)]);
        let [lower, upper] = told.map_or([None; 2], |ends| ends.map(|end| Some(end.exp())));
        (lower, upper)
    });
    widest(estimate, readings)
}

/// The error of each of two bounds that make one end.
pub(super) const ALPHA_EITHER: f64 = ALPHA_PROMOTE / 4.0;

/// The lower end of a difference of shares: its own bound, or what a race says that found the candidate's share to be more than the
/// baseline's, if that is more. A few bad answers more are beyond doubt long before it is known how many points they are.
///
/// `max(d, (r - 1) p)` with the bound `d` of the difference, the bound `r` of the ratio, above one, and the baseline's share `p` over
/// epochs weighted as the best guess weights them. To first order `(r - 1) p` lies too low rather than too high: `r` allows for
/// the chance in the baseline's events as a part of the candidate's share, which is the larger one. How often it is wrong is
/// measured.
pub(super) fn points(difference: f64, ratio: Option<f64>, epochs: &[EpochSums]) -> f64 {
    let of_race = ratio.zip(baseline_share(epochs)).map(|(ratio, share)| (ratio - 1.0) * share);
    of_race.map_or(difference, |of_race| difference.max(of_race))
}

/// The baseline's share or mean, each epoch weighted by how well it compares the arms.
pub(super) fn baseline_share(epochs: &[EpochSums]) -> Option<f64> {
    let [of_candidate, difference] = [0.0, 1.0].map(|ratio| {
        let mut estimate = Estimate::from(Hypothesis { ratio, difference: 0.0 });
        epochs.iter().for_each(|epoch| estimate.add(epoch));
        estimate.value()
    });
    Some(of_candidate? - difference?)
}

/// A best guess and the range around it, of which an infinite end is open. Where the arms' distance changes over time each end may
/// be of another time: the guess is between them all the same.
pub(super) fn around(estimate: Option<f64>, range: Interval) -> Effect {
    let Some(guess) = estimate else { return Effect::default() };
    let end = |end: f64| end.is_finite().then_some(end);
    Effect { estimate, lower: end(range.lower.min(guess)), upper: end(range.upper.max(guess)) }
}

/// How much more than the baseline's a range of ratios is, as a part of it.
pub(super) fn excess(ratios: Interval) -> Interval {
    Interval { lower: ratios.lower - 1.0, upper: ratios.upper - 1.0 }
}

/// What holds in every reading of early failures, from ratios; an end that one of them leaves open is open. Buckets and caps may
/// put the best guess at an end, and never beyond.
fn widest(estimate: Option<f64>, ratios: impl Iterator<Item = (Option<f64>, Option<f64>)>) -> Effect {
    let both = |a: Option<f64>, b: Option<f64>, end: fn(f64, f64) -> f64| Some(end(a?, b?));
    let joined = ratios.reduce(|a, b| (both(a.0, b.0, f64::min), both(a.1, b.1, f64::max)));
    let (lower, upper) = joined.unwrap_or_default();
    let [lower, upper] = [lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY)];
    around(estimate, excess(Interval { lower, upper }))
}
