//! The rules and what each was told, as it is written down.

use super::Watched;
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

/// All rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) viridian: Ours,
    pub(crate) windows: Vec<Windows>,
    pub(crate) kayenta: Vec<Kayenta>,
    pub(crate) tests: Vec<TTest>,
    pub(crate) sequential: Vec<Sequential>,
    pub(crate) sweep: Sweep,
}

/// Ours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ours {
    pub(crate) guards: Vec<GuardSpec>,
    /// Seconds between looks when nothing bad happens.
    pub(crate) look_every: f64,
    /// Requests a gateway sends the candidate before it counts, where a scenario says nothing of it.
    pub(crate) warmup: u32,
    /// The guard that takes the place of the one on mean latency for `viridian-percentile`.
    pub(crate) instead_of_mean: GuardSpec,
}

/// A guard, its margin in points or in per cent.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GuardSpec {
    pub(crate) metric: Metric,
    pub(crate) points: Option<f64>,
    pub(crate) per_cent: Option<f64>,
}

/// Windows of the candidate alone against a threshold.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Windows {
    pub(crate) rule: String,
    pub(crate) about: String,
    /// Seconds.
    pub(crate) window: u64,
    pub(crate) above: Above,
    /// Windows that may fail.
    pub(crate) failures: usize,
    pub(crate) counts: Counting,
}

/// Thresholds as factors on what is usual.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Above {
    pub(crate) errors: f64,
    pub(crate) feedback: f64,
    pub(crate) latency: f64,
    pub(crate) cost: f64,
}

/// Which failed windows count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Counting {
    /// All there ever were.
    All,
    /// Those in a row.
    Row,
}

/// Kayenta's judge.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kayenta {
    pub(crate) rule: String,
    pub(crate) about: String,
    /// After how many minutes it looks.
    pub(crate) minutes: Vec<usize>,
    /// Of the interval of the shift, in per cent.
    pub(crate) confidence: f64,
    /// The part of the shift that the interval's lower end has to exceed.
    pub(crate) tolerance: f64,
    /// The least ratio of the means that is worse.
    pub(crate) increase: f64,
}

/// Welch's test, two-sided.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TTest {
    pub(crate) rule: String,
    pub(crate) about: String,
    pub(crate) alpha: f64,
    /// The candidate's measured requests at the only look; every minute when absent.
    pub(crate) at: Option<u64>,
}

/// An asymptotic confidence sequence on pooled counts, two-sided.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Sequential {
    pub(crate) rule: String,
    pub(crate) about: String,
    pub(crate) alpha: f64,
    pub(crate) tuned_to: f64,
}

/// The settings that are tried of each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sweep {
    pub(crate) windows: WindowsSweep,
    pub(crate) kayenta: KayentaSweep,
    pub(crate) tests: TestsSweep,
    pub(crate) sequential: SequentialSweep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowsSweep {
    pub(crate) window: Vec<u64>,
    pub(crate) above: Vec<f64>,
    pub(crate) failures: Vec<usize>,
    pub(crate) counts: Vec<Counting>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KayentaSweep {
    pub(crate) minutes: Vec<Vec<usize>>,
    pub(crate) confidence: Vec<f64>,
    pub(crate) tolerance: Vec<f64>,
    pub(crate) increase: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestsSweep {
    pub(crate) alpha: Vec<f64>,
    pub(crate) at: Vec<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SequentialSweep {
    pub(crate) alpha: Vec<f64>,
    pub(crate) tuned_to: Vec<f64>,
}

impl Rules {
    /// How long windows are, in seconds.
    pub(crate) fn window_lengths(&self) -> Vec<u64> {
        let named = self.windows.iter().map(|rule| rule.window);
        let mut all: Vec<u64> = named.chain(self.sweep.windows.window.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// At which confidences Kayenta's judge is asked, in per cent.
    pub(crate) fn confidences(&self) -> Vec<f64> {
        let named = self.kayenta.iter().map(|rule| rule.confidence);
        let mut all: Vec<f64> = named.chain(self.sweep.kayenta.confidence.iter().copied()).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }
}

impl Above {
    /// The same factor on everything.
    pub(crate) const fn all(factor: f64) -> Self {
        Self { errors: factor, feedback: factor, latency: factor, cost: factor }
    }

    /// The factor on one metric.
    pub(crate) const fn on(&self, metric: Watched) -> f64 {
        match metric {
            Watched::Errors | Watched::All => self.errors,
            Watched::Feedback => self.feedback,
            Watched::Latency => self.latency,
            Watched::Cost => self.cost,
        }
    }
}

impl GuardSpec {
    /// The guard, which rolls back.
    pub(crate) fn guard(&self, maturity: Duration) -> Result<Guard> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a margin below 1,000")]
        let hundredths = |value: f64| (value * 100.0).round() as u32;
        let margin = match (self.points, self.per_cent) {
            (Some(points), None) => Margin::Points(hundredths(points)),
            (None, Some(per_cent)) => Margin::Relative(hundredths(per_cent)),
            _ => bail!("a guard on {} needs a margin either in points or in per cent", self.metric),
        };
        let maturity = if self.metric.arrives_late() { maturity } else { Duration::ZERO };
        Ok(Guard { maturity, ..Guard::new(self.metric, margin) })
    }
}
