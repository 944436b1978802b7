//! What an application means by metrics and scores of its own, kept from the moment an experiment began: [`Meanings`]. What it means
//! by the same names later is another metric, and changes nothing of what is counted.

use crate::declared::Definition;
use crate::metric::Metric;
use crate::score;
use serde::{Deserialize, Serialize};

/// What one application declares of the metrics that an experiment looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meanings {
    /// Its metrics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Definition>,
    /// Its scores.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<score::Definition>,
}

impl Meanings {
    /// Those of some definitions that are looked at.
    pub fn of<'a>(
        metrics: impl Iterator<Item = &'a Definition>,
        scores: impl Iterator<Item = &'a score::Definition>,
        looked_at: &[Metric],
    ) -> Self {
        Self {
            metrics: Metric::defined(metrics, looked_at).cloned().collect(),
            scores: Metric::scored(scores, looked_at).cloned().collect(),
        }
    }

    /// Whether the application declares nothing of what is looked at.
    pub const fn is_nothing(&self) -> bool {
        self.metrics.is_empty() && self.scores.is_empty()
    }

    /// The names of all of it that is not among other definitions.
    pub fn missing_in<'a>(
        &'a self,
        metrics: &'a [Definition],
        scores: &'a [score::Definition],
    ) -> impl Iterator<Item = &'a str> {
        let of_metrics =
            self.metrics.iter().filter(|mine| metrics.iter().all(|known| known.metric != mine.metric));
        let of_scores =
            self.scores.iter().filter(|mine| scores.iter().all(|known| known.score != mine.score));
        of_metrics.map(|mine| mine.metric.name()).chain(of_scores.map(|mine| mine.score.name()))
    }

    /// Whether a metric is one of them.
    pub fn has(&self, metric: Metric) -> bool {
        match metric {
            Metric::Declared(declared) => self.metrics.iter().any(|known| known.metric == declared),
            Metric::Score(score) => self.scores.iter().any(|known| known.score == score),
            _ => false,
        }
    }
}
