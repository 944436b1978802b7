//! Additive counters: what a gateway folds outcomes into, and what is summed over gateways, restarts and time.
//! Adding is commutative and loses nothing, so the order in which counters meet does not matter.

use crate::epoch::{Threshold, Thresholds};
use crate::grown;
use crate::metric::Metric;
use crate::outcome::{Class, Outcome};
use crate::routing::decide::{Exempt, Standing};
use crate::stats::histogram::Histogram;
use crate::unit::{GROUPS, Group, UnitHash};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// How many bits tell units apart when they are counted: linear counting (Whang et al., 1990) errs by about 1 %
/// up to 4 000 units and saturates near 34 000, far above the floor of 100 it serves.
const UNIT_BITS: usize = 4_096;

/// Of so many requests, so many were bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Requests that were looked at.
    #[serde(rename = "n")]
    pub trials: u64,
    /// Of these, the bad ones.
    #[serde(rename = "x")]
    pub events: u64,
    /// Of these, the ones that are bad even with the guard's margin granted; equal to `events` except for latency.
    #[serde(rename = "xs")]
    pub scaled: u64,
    /// Of the others, the ones that failed before they could be slow: how long their answers would have taken is not
    /// known. Only latency has them.
    #[serde(rename = "fe", default, skip_serializing_if = "is_zero")]
    pub failed_early: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature the serializer asks for")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What one arm's outcomes came to, in one span of time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// Measured outcomes by [`Class`].
    #[serde(deserialize_with = "grown::array")]
    pub classes: [u64; Class::ALL.len()],
    /// Requests kept out of the evidence, by [`Exempt`] reason; not part of `classes`.
    #[serde(deserialize_with = "grown::array")]
    pub exempt: [u64; Exempt::ALL.len()],
    /// Shares by [`Metric::index`].
    #[serde(deserialize_with = "grown::array")]
    pub metrics: [Counts; Metric::ALL.len()],
    /// Time to the last byte, without early failures where a threshold tells them.
    pub latency: Histogram,
}

/// What one arm's outcomes came to, per group of units; kept per epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupTally {
    /// Shares by [`Metric::index`], then by group; always [`GROUPS`] of each.
    #[serde(deserialize_with = "groups_by_metric")]
    pub metrics: [Vec<Counts>; Metric::ALL.len()],
    /// Which units were seen.
    pub units: UnitSketch,
}

/// A count of different units that can be added without counting anyone twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitSketch(Vec<u64>);

impl Counts {
    /// Counts of a metric other than latency.
    pub const fn of_share(trials: u64, events: u64) -> Self {
        Self { trials, events, scaled: events, failed_early: 0 }
    }

    /// Bad requests per request, when there was one.
    pub fn share(self) -> Option<f64> {
        (self.trials > 0).then(|| self.events as f64 / self.trials as f64)
    }

    /// Adds other counts.
    pub const fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.events += other.events;
        self.scaled += other.scaled;
        self.failed_early += other.failed_early;
    }
}

impl Tally {
    /// Counts an outcome. Requests kept out of the evidence are only counted by reason, except those that no draw
    /// could have decided: they are what the baseline is calibrated on.
    pub fn record(&mut self, outcome: &Outcome, thresholds: &Thresholds) {
        if let Standing::Exempt(reason) = outcome.decision.standing
            && reason != Exempt::NotCompared
        {
            self.exempt[reason as usize] += 1;
            return;
        }
        self.classes[outcome.class as usize] += 1;
        if !thresholds.latency_p95.is_some_and(|threshold| failed_early(outcome, threshold)) {
            self.latency.record(outcome.latency_us);
        }
        for metric in [Metric::Errors, Metric::LatencyP95] {
            if let Some(counts) = score(metric, outcome, thresholds) {
                self.metrics[metric.index()].add(counts);
            }
        }
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        add_each(&mut self.classes, &other.classes);
        add_each(&mut self.exempt, &other.exempt);
        for (mine, theirs) in self.metrics.iter_mut().zip(&other.metrics) {
            mine.add(*theirs);
        }
        self.latency.merge(&other.latency);
    }

    /// Measured outcomes of any class.
    pub fn outcomes(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// Measured outcomes of one class.
    pub const fn of_class(&self, class: Class) -> u64 {
        self.classes[class as usize]
    }
}

/// What one outcome adds to a metric that is known with the answer; nothing while the metric has no threshold.
fn score(metric: Metric, outcome: &Outcome, thresholds: &Thresholds) -> Option<Counts> {
    match metric {
        Metric::Errors => Some(Counts::of_share(1, u64::from(outcome.class.is_error()))),
        Metric::LatencyP95 => thresholds.latency_p95.map(|threshold| Counts {
            trials: 1,
            events: u64::from(outcome.latency_us > threshold.at_us),
            scaled: u64::from(outcome.latency_us > threshold.scaled_us),
            failed_early: u64::from(failed_early(outcome, threshold)),
        }),
        Metric::Feedback => None,
    }
}

/// Whether a request failed before it could be slow. One that failed later was slow, whatever ended it.
const fn failed_early(outcome: &Outcome, threshold: Threshold) -> bool {
    outcome.class.is_error() && outcome.latency_us <= threshold.at_us
}

fn add_each<const N: usize>(mine: &mut [u64; N], theirs: &[u64; N]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

/// Reads the shares of a [`GroupTally`]: none for a metric it was written before.
fn groups_by_metric<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<[Vec<Counts>; Metric::ALL.len()], D::Error> {
    let mut metrics: [Vec<Counts>; _] = grown::array(deserializer)?;
    for groups in &mut metrics {
        match groups.len() {
            0 => *groups = vec![Counts::default(); GROUPS],
            GROUPS => {}
            other => {
                return Err(D::Error::custom(format_args!("{other} groups of units instead of {GROUPS}")));
            }
        }
    }
    Ok(metrics)
}

impl Default for GroupTally {
    fn default() -> Self {
        Self {
            metrics: std::array::from_fn(|_| vec![Counts::default(); GROUPS]),
            units: UnitSketch::default(),
        }
    }
}

impl GroupTally {
    /// Counts an outcome that is evidence and belongs to a unit.
    pub fn record(&mut self, outcome: &Outcome, thresholds: &Thresholds) {
        let (Standing::Drawn(_), Some(unit)) = (outcome.decision.standing, outcome.decision.unit) else {
            return;
        };
        self.units.insert(unit);
        for metric in [Metric::Errors, Metric::LatencyP95] {
            if let Some(counts) = score(metric, outcome, thresholds) {
                self.record_counts(metric, unit.group(), counts);
            }
        }
    }

    /// Adds counts to one group of one metric.
    pub fn record_counts(&mut self, metric: Metric, group: Group, counts: Counts) {
        if let Some(mine) = self.metrics[metric.index()].get_mut(usize::from(group.0)) {
            mine.add(counts);
        }
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.metrics.iter_mut().zip(&other.metrics) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.add(*theirs);
            }
        }
        self.units.add(&other.units);
    }
}

impl Default for UnitSketch {
    fn default() -> Self {
        Self(vec![0; UNIT_BITS / 64])
    }
}

impl UnitSketch {
    /// Marks a unit as seen.
    pub fn insert(&mut self, unit: UnitHash) {
        // The group is the hash modulo 64; other bits are used here so that the two do not depend on each other.
        let bit = usize::try_from(unit.0 >> 52).unwrap_or(0);
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    /// Adds the units another sketch has seen.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// About how many different units were seen.
    pub fn count(&self) -> u64 {
        let size = UNIT_BITS as f64;
        let empty: u32 = self.0.iter().map(|word| word.count_zeros()).sum();
        // A full sketch is read as if one bit were still empty: "at least this many".
        let estimate = size * (size / f64::from(empty.max(1))).ln();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 34 070")]
        let units = estimate.round() as u64;
        units
    }
}
