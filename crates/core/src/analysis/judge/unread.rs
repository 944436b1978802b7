//! Answers that do not tell: what they say could not be read, or leaves something out. What is not known is not bad, and a
//! candidate of which less is known than of its baseline is not safe.

use crate::analysis::measurement::{ArmCounts, Evidence};
use crate::epoch::Thresholds;
use crate::metric::Metric;
use crate::outcome::Class;
use crate::stats::amounts::Amounts;

/// A part of the answers that may tell less often by any accident.
const TOLERATED: f64 = 0.01;
/// And so many standard errors.
const DEVIATIONS: f64 = 3.0;

/// Whether fewer of the candidate's complete answers tell of a metric than of the baseline's.
pub(super) fn tells_less(metric: Metric, evidence: &Evidence) -> bool {
    let compared = evidence.compared();
    arm_tells_less(
        metric,
        compared.map(|counts| (&counts.epoch.thresholds, &counts.candidate, &counts.baseline)),
    )
}

/// Whether fewer of one arm's complete answers tell of a metric than of another's, over spans: what they were counted against, the
/// one and the other. They are compared within each span, weighted by how well it compares them (Mantel and Haenszel), so that what
/// answers tell may change over time on both alike.
pub(crate) fn arm_tells_less<'a>(
    metric: Metric,
    spans: impl Iterator<Item = (&'a Thresholds, &'a ArmCounts, &'a ArmCounts)>,
) -> bool {
    if !metric.is_told_alike() {
        return false;
    }
    let (mut missing, mut weight, mut variance) = (0.0, 0.0, 0.0);
    for (_, arm, other) in spans.filter(|(thresholds, ..)| is_counted(metric, thresholds)) {
        let [arm, other] = [arm, other].map(|arm| Told::of(metric, arm));
        let Some((expected, found)) = other.share().zip(arm.share()) else { continue };
        let of_span = arm.answers * other.answers / (arm.answers + other.answers);
        let both = (arm.tell + other.tell) / (arm.answers + other.answers);
        missing += of_span * (expected - found);
        variance += (of_span * both * (1.0 - both)).max(0.0);
        weight += of_span;
    }
    weight > 0.0 && missing / weight > TOLERATED + DEVIATIONS * variance.sqrt() / weight
}

/// Whether an epoch has what the metric is counted against.
fn is_counted(metric: Metric, thresholds: &Thresholds) -> bool {
    match metric.percentile() {
        Some(_) => thresholds.of(metric).is_some(),
        None => !metric.is_amount() || thresholds.cap(metric).is_some(),
    }
}

/// How many of an arm's complete answers tell; of a declared metric, of how many of the outcomes that it counts the
/// expression could be answered.
struct Told {
    answers: f64,
    tell: f64,
}

impl Told {
    fn of(metric: Metric, arm: &ArmCounts) -> Self {
        if let Metric::Declared(_) = metric {
            let counts = arm.counts(metric);
            return Self { answers: (counts.trials + counts.unknown) as f64, tell: counts.trials as f64 };
        }
        let told = arm.tally.amounts(metric).map_or_else(|| arm.counts(metric).trials, Amounts::count);
        Self { answers: arm.tally.of_class(Class::Ok) as f64, tell: told as f64 }
    }

    fn share(&self) -> Option<f64> {
        (self.answers > 0.0).then(|| self.tell / self.answers)
    }
}
