//! An epoch: a span in which the draw's probability and everything outcomes are scored by stay the same, fixed
//! before the first request of the span. That is what keeps the evidence free of the clock: whatever befalls both
//! arms alike, at any hour, cancels.

use crate::arm;
use crate::companion::Companions;
use crate::grown;
use crate::id::EpochId;
use crate::metric::{Elapsed, Metric};
use crate::score::{Level, MOST_SCORES, Score};
use crate::time::Timestamp;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// A span with constant draw probabilities and scoring parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Its number, counted per application.
    pub id: EpochId,
    /// The candidate's share; evidence only when it compares.
    pub weight: Weight,
    /// The thresholds slow answers are counted against.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// What the baseline is expected to do.
    #[serde(default, deserialize_with = "grown::array")]
    pub centres: Centres,
    /// When it began.
    pub started_at: Timestamp,
    /// How a running experiment spreads its units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allotment: Option<Allotment>,
}

impl Epoch {
    /// What the baseline is expected to do by a metric; nothing bad by one that its application declares.
    pub fn centre(&self, metric: Metric) -> f64 {
        self.centres.get(metric.index()).copied().unwrap_or_default()
    }
}

/// How an experiment spreads its units during a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allotment {
    /// What the arms are served by.
    pub stage: Stage,
    /// The share of each arm, the control first; nothing for those that were stopped and those there are not.
    #[serde(deserialize_with = "grown::array")]
    pub shares: [Weight; arm::MOST],
    /// The experiments that run elsewhere meanwhile, and what their arms have.
    #[serde(default, skip_serializing_if = "Companions::is_empty")]
    pub companions: Companions,
}

/// What the arms of an experiment are served by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The control, all of them.
    LeadIn,
    /// Releases of their own.
    Running,
}

/// What is published before an epoch so that counts against it are exact: thresholds of times, which are edges of the
/// histograms, caps of amounts, which are ends of their buckets, and centres of scores. One is absent before calibration or
/// without a guard on its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Thresholds {
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p50: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p95: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p99: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_p50: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_p95: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_p99: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_token_p50: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_token_p95: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_per_success: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_mean: Option<u64>,
    #[serde(skip_serializing_if = "Expected::is_nothing")]
    scores: Expected,
}

/// Where the baseline's scores were expected to lie: by the score, the hundredth of the scale below its top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<(Score, Level)>", into = "Vec<(Score, Level)>")]
struct Expected([Option<(Score, Level)>; MOST_SCORES]);

/// A time an answer is slow above, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Threshold {
    /// The baseline's quantile in earlier epochs.
    pub at_us: u64,
    /// The same, the guard's margin higher: what the candidate may take and still pass as safe.
    pub scaled_us: u64,
}

impl Thresholds {
    /// No thresholds but this one; none for a metric that is no percentile.
    pub fn only(metric: Metric, threshold: Threshold) -> Self {
        let mut thresholds = Self::default();
        thresholds.set(metric, threshold);
        thresholds
    }

    /// The threshold of a percentile, when it has one.
    pub const fn of(&self, metric: Metric) -> Option<Threshold> {
        match metric {
            Metric::LatencyP50 => self.latency_p50,
            Metric::LatencyP95 => self.latency_p95,
            Metric::LatencyP99 => self.latency_p99,
            Metric::FirstTokenP50 => self.first_token_p50,
            Metric::FirstTokenP95 => self.first_token_p95,
            Metric::FirstTokenP99 => self.first_token_p99,
            Metric::PerTokenP50 => self.per_token_p50,
            Metric::PerTokenP95 => self.per_token_p95,
            _ => None,
        }
    }

    /// What an amount counts at most, when it has a cap.
    pub const fn cap(&self, metric: Metric) -> Option<u64> {
        match metric {
            Metric::InputTokens => self.input_tokens,
            Metric::OutputTokens => self.output_tokens,
            Metric::Cost => self.cost,
            Metric::CostPerSuccess => self.cost_per_success,
            Metric::LatencyMean => self.latency_mean,
            _ => None,
        }
    }

    /// Sets the cap of an amount; nothing happens for another metric.
    pub const fn set_cap(&mut self, metric: Metric, cap: u64) {
        let place = match metric {
            Metric::InputTokens => &mut self.input_tokens,
            Metric::OutputTokens => &mut self.output_tokens,
            Metric::Cost => &mut self.cost,
            Metric::CostPerSuccess => &mut self.cost_per_success,
            Metric::LatencyMean => &mut self.latency_mean,
            _ => return,
        };
        *place = Some(cap);
    }

    /// Sets the threshold of a percentile; nothing happens for another metric.
    pub const fn set(&mut self, metric: Metric, threshold: Threshold) {
        let place = match metric {
            Metric::LatencyP50 => &mut self.latency_p50,
            Metric::LatencyP95 => &mut self.latency_p95,
            Metric::LatencyP99 => &mut self.latency_p99,
            Metric::FirstTokenP50 => &mut self.first_token_p50,
            Metric::FirstTokenP95 => &mut self.first_token_p95,
            Metric::FirstTokenP99 => &mut self.first_token_p99,
            Metric::PerTokenP50 => &mut self.per_token_p50,
            Metric::PerTokenP95 => &mut self.per_token_p95,
            _ => return,
        };
        *place = Some(threshold);
    }

    /// How far below the top of its scale the mean of a score was expected to lie, as a part of the scale: in the middle where
    /// nothing was known.
    pub fn expected(&self, score: Score) -> f64 {
        let known = self.scores.0.iter().flatten().find(|(known, _)| *known == score);
        known.map_or(0.5, |(_, level)| f64::from(level.hundredths()) / 100.0)
    }

    /// Sets where a score is expected to lie; nothing happens beyond as many scores as an application has.
    pub fn expect(&mut self, score: Score, level: Level) {
        let is_its = |place: &&mut Option<(Score, Level)>| place.is_none_or(|(known, _)| known == score);
        if let Some(place) = self.scores.0.iter_mut().find(is_its) {
            *place = Some((score, level));
        }
    }

    /// The highest threshold of a time, in microseconds.
    pub fn highest(&self, elapsed: Elapsed) -> Option<u64> {
        let is_of_it = |metric: &Metric| metric.percentile().is_some_and(|wanted| wanted.of == elapsed);
        let thresholds = Metric::ALL.into_iter().filter(is_of_it).filter_map(|metric| self.of(metric));
        thresholds.map(|threshold| threshold.at_us).max()
    }
}

impl Expected {
    fn is_nothing(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

impl TryFrom<Vec<(Score, Level)>> for Expected {
    type Error = &'static str;

    fn try_from(given: Vec<(Score, Level)>) -> Result<Self, Self::Error> {
        let mut expected = [None; MOST_SCORES];
        if given.len() > MOST_SCORES {
            return Err("more scores than an application has");
        }
        expected.iter_mut().zip(given).for_each(|(place, given)| *place = Some(given));
        Ok(Self(expected))
    }
}

impl From<Expected> for Vec<(Score, Level)> {
    fn from(expected: Expected) -> Self {
        expected.0.into_iter().flatten().collect()
    }
}

/// The baseline's shares, or mean amounts under their cap in the amount's own unit, in earlier epochs, by [`Metric::index`]; zero
/// where nothing was known. They centre the bets; a wrong centre costs power and never validity.
pub type Centres = [f64; Metric::ALL.len()];
