//! The margin a guard would have passed with: [`margin`]. It is told of guards that are undecided, so that whoever has to
//! decide without proof knows how much has been proven. Nothing follows from it.

use super::{Units, independent, scored, sticky};
use crate::analysis::measurement::Evidence;
use crate::analysis::verdict::Effect;
use crate::guard::{Guard, Margin};
use crate::metric::Metric;

/// The interval's upper end is at half of the error that SAFE has, and so somewhat wide: these parts of it are tried.
const PARTS: [f64; 5] = [0.93, 0.97, 1.0, 1.05, 1.1];
/// Where the bound is no guide, so many times the guard's margin are tried, the widest first.
const TIMES: [u32; 5] = [10, 2, 3, 5, 7];
/// A difference of shares is below one; beyond a hundred times the baseline nobody calls it a margin.
const WIDEST: (u32, u32) = (9_999, 1_000_000);

/// About the least margin with which a guard that does not pass would pass now, given how the candidate compares by it;
/// nothing when none is found. One or two tests tell, because it is asked at every look.
pub(super) fn margin(guard: &Guard, effect: Effect, evidence: &Evidence, units: Units) -> Option<Margin> {
    let passes = |margin: &Margin| {
        let widened = Guard { margin: *margin, ..*guard };
        match (units, guard.metric) {
            (_, Metric::Score(score)) => scored::is_safe(&widened, score, evidence, units),
            (Units::Independent, _) => independent::is_safe(&widened, evidence),
            (Units::Sticky, _) => sticky::is_safe(&widened, evidence),
        }
    };
    let is_percentile = guard.metric.percentile().is_some();
    if units == Units::Sticky && is_percentile {
        return None;
    }
    let near_the_end = effect.upper.and_then(|upper| {
        let wider = PARTS.map(|part| (upper * part).max(guard.margin.fraction()));
        wider.into_iter().filter_map(|fraction| of_fraction(guard.margin, fraction)).find(passes)
    });
    // Where fewer epochs show a metric safe than tell how it compares, or other bets do, the end is no guide.
    let is_told_otherwise = units == Units::Independent && (is_percentile || guard.metric.is_amount());
    near_the_end.or_else(|| is_told_otherwise.then(|| among_multiples(guard.margin, passes)).flatten())
}

/// The least of a few multiples, when the widest passes.
fn among_multiples(margin: Margin, passes: impl Fn(&Margin) -> bool) -> Option<Margin> {
    let multiples = TIMES.map(|times| scaled(margin, times));
    let [widest, narrower @ ..] = multiples;
    if !passes(&widest) {
        return None;
    }
    narrower.into_iter().find(passes).or(Some(widest))
}

const fn scaled(margin: Margin, times: u32) -> Margin {
    match margin {
        Margin::Points(points) => Margin::Points(points.saturating_mul(times)),
        Margin::Relative(parts) => Margin::Relative(parts.saturating_mul(times)),
        Margin::Score(points) => Margin::Score(points.saturating_mul(times)),
    }
}

/// A margin of the same kind, rounded up; nothing when it is no margin any more.
fn of_fraction(like: Margin, fraction: f64) -> Option<Margin> {
    let (steps, widest, make): (f64, u32, fn(u32) -> Margin) = match like {
        Margin::Points(_) => (10_000.0, WIDEST.0, Margin::Points),
        Margin::Relative(_) => (10_000.0, WIDEST.1, Margin::Relative),
        Margin::Score(_) => (1_000.0, WIDEST.1, Margin::Score),
    };
    let steps = (fraction * steps).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the widest")]
    let margin = (steps > 0.0 && steps <= f64::from(widest)).then(|| make(steps as u32));
    margin
}
