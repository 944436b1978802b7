//! The range that is told around the best guess of percentiles and amounts, as a part of the baseline's: valid at every look, at
//! half of the promotion's error on each side. Shares have the bounds of their tests, see [`super::independent`].

use super::ALPHA_PROMOTE;
use super::early::Reading;
use super::events::{contrast_of_amounts, times_of};
use crate::analysis::measurement::EpochCounts;
use crate::analysis::verdict::Effect;
use crate::guard::Guard;
use crate::stats::evidence::exceedance::{self, TimesEpoch};

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

/// What holds in every reading of early failures, from ratios; an end that one of them leaves open is open. Buckets and caps may
/// put the best guess at an end, and never beyond.
fn widest(estimate: Option<f64>, ratios: impl Iterator<Item = (Option<f64>, Option<f64>)>) -> Effect {
    let both = |a: Option<f64>, b: Option<f64>, end: fn(f64, f64) -> f64| Some(end(a?, b?));
    let joined = ratios.reduce(|a, b| (both(a.0, b.0, f64::min), both(a.1, b.1, f64::max)));
    let (lower, upper) = joined.unwrap_or_default();
    let Some(guess) = estimate else { return Effect::default() };
    Effect {
        estimate,
        lower: lower.map(|ratio| (ratio - 1.0).min(guess)),
        upper: upper.map(|ratio| (ratio - 1.0).max(guess)),
    }
}
