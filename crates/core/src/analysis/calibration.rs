//! When an epoch follows another, and what it is scored by: what the baseline did before it. [`Renewal::after`] is
//! the rule.

use super::measurement::{ArmCounts, Evidence};
use crate::epoch::{Centres, Epoch, Threshold, Thresholds};
use crate::guard::Guard;
use crate::id::EpochId;
use crate::metric::Metric;
use crate::score::Level;
use crate::stats::amounts::{cap_at_or_above, end_at_or_below};
use crate::stats::evidence::capped::Cap;
use crate::stats::evidence::exceedance;
use crate::time::Timestamp;
use crate::weight::Weight;
use std::time::Duration;

/// How long scoring parameters serve before they are renewed: short against the drifts of a day, long enough to
/// measure a 95th percentile by. A late change is looked for from the beginning of each epoch on, so they are short.
const REFRESH: Duration = Duration::from_secs(5 * 60);
/// Outcomes of the baseline that are worth renewing them from.
const ENOUGH: u64 = 500;

impl Thresholds {
    /// Thresholds from what the baseline did, for the guards that need one.
    pub fn calibrated(guards: &[Guard], baseline: &ArmCounts) -> Self {
        let mut thresholds = Self::default();
        for guard in guards {
            if let Some(cap) = cap(guard.metric, baseline) {
                thresholds.set_cap(guard.metric, cap);
            }
            let Some(percentile) = guard.metric.percentile() else { continue };
            if let Some(at_us) = baseline.tally.times(percentile.of).quantile(percentile.level) {
                let scaled_us = exceedance::scaled_threshold(at_us, guard.margin.fraction());
                thresholds.set(guard.metric, Threshold { at_us, scaled_us });
            }
        }
        thresholds
    }
}

/// What an amount counts at most from now on.
fn cap(metric: Metric, baseline: &ArmCounts) -> Option<u64> {
    let amounts = baseline.tally.expected_amounts(metric)?;
    let (mean, largest) = amounts.mean().zip(amounts.quantile(LARGEST))?;
    Some(cap_at_or_above(Cap::published(mean, largest as f64).0))
}

/// The part of the baseline's amounts that a cap leaves as they are.
const LARGEST: f64 = 0.999;

/// Centres come in this many steps from none to all. Being half a step beside the share adds less than half a per cent to
/// what bets vary by; and epochs with the same centre are one span of bets, of which a rollout of days then has few.
const STEPS: f64 = 200.0;

/// Centres from what the baseline did, to the nearest step, or for an amount to the end of its bucket; zero for a metric
/// without outcomes.
pub fn centres(baseline: &ArmCounts) -> Centres {
    Metric::ALL.map(|metric| match baseline.tally.expected_amounts(metric) {
        Some(amounts) => end_at_or_below(amounts.mean().unwrap_or(0.0)) as f64,
        None => (baseline.counts(metric).share().unwrap_or(0.0) * STEPS).round() / STEPS,
    })
}

/// What the next epoch follows from.
#[derive(Debug, Clone, Copy)]
pub struct Renewal<'a> {
    /// The candidate's share from now on.
    pub weight: Weight,
    /// The guards that are armed.
    pub guards: &'a [Guard],
    /// What was measured since the rollout began.
    pub evidence: &'a Evidence,
    /// What the baseline did before.
    pub calibration: &'a ArmCounts,
}

impl Renewal<'_> {
    /// The epoch after `last`, when the share changes, or when the scoring parameters have served long enough and
    /// more is known than they were made from. They come from epochs that are over, never from requests they are
    /// going to score.
    pub fn after(&self, last: &Epoch, now: Timestamp) -> Option<Epoch> {
        let learned = self.evidence.epochs.last().is_some_and(|counts| says_enough(&counts.baseline));
        let stale = self.weight.compares() && learned && now.since(last.started_at) >= REFRESH;
        if last.weight == self.weight && last.allotment.is_none() && !stale {
            return None;
        }
        let (mut thresholds, centres) = match latest_baseline(self.evidence, self.calibration) {
            Some(baseline) => (Thresholds::calibrated(self.guards, baseline), centres(baseline)),
            None => (last.thresholds, last.centres),
        };
        expect_scores(&mut thresholds, self.guards, (self.evidence, self.calibration));
        let id = EpochId(last.id.0 + 1);
        Some(Epoch { id, weight: self.weight, thresholds, centres, started_at: now, allotment: None })
    }
}

/// Sets where the scores that guards watch are expected. They come late and are few: all of the baseline's until now say it, since
/// the beginning and before.
pub fn expect_scores(
    thresholds: &mut Thresholds,
    guards: &[Guard],
    (evidence, calibration): (&Evidence, &ArmCounts),
) {
    for guard in guards {
        let Metric::Score(score) = guard.metric else { continue };
        let mut known = calibration.tally.scores(score).clone();
        evidence.epochs.iter().for_each(|counts| known.add(counts.baseline.tally.scores(score)));
        if let Some(level) = known.mean().filter(|_| known.count() >= ENOUGH_SCORES).and_then(centre) {
            thresholds.expect(score, level);
        }
    }
}

/// Scores of the baseline that are worth centring by.
const ENOUGH_SCORES: u64 = 20;

/// The hundredth that a part of the scale is nearest to.
fn centre(part: f64) -> Option<Level> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the level")]
    let hundredths = (part * 100.0).round() as u8;
    Level::try_from(hundredths).ok()
}

/// What the baseline did in the latest epoch that says enough to score by, or before the first.
pub fn latest_baseline<'a>(evidence: &'a Evidence, calibration: &'a ArmCounts) -> Option<&'a ArmCounts> {
    let epochs = evidence.epochs.iter().rev().map(|counts| &counts.baseline);
    epochs.chain([calibration]).find(|counts| says_enough(counts))
}

/// Whether what the baseline did is worth scoring by.
pub fn says_enough(baseline: &ArmCounts) -> bool {
    baseline.tally.outcomes() >= ENOUGH
}
