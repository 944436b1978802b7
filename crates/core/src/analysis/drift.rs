//! Whether conditions are still what they were when a rollout began: [`Drifts::look`] finds what people are warned of.
//! Nothing here decides: both arms meet the same conditions, and what compares them side by side holds whatever these are.
//!
//! Two questions are asked when an epoch is over. Do the requests of every slice reach the arms as they are drawn
//! ([`split`])? Are the newest requests, answers and opinions like the first ones ([`series`])? What is read of the answers
//! is the baseline's alone, so that the candidate's own ways are not taken for those of the world.
//!
//! A drift is told in at most [`ALPHA_DRIFT`] of the rollouts in which nothing drifts, over all series and looks, and a split
//! in at most [`ALPHA_SLICE_SPLIT`] of those whose slices are split as drawn. Both assume independent requests, or units that
//! are known: where nothing says who is who, requests of few callers vary more than is assumed.

mod ends;
mod series;
mod shift;
mod split;
mod words;

use super::judge::Units;
use super::measurement::{EpochCounts, Evidence};
use crate::id::{EpochId, GaugeName};
use crate::metric::Metric;
use crate::score::Score;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The share of rollouts under the same conditions throughout in which any drift is told.
pub const ALPHA_DRIFT: f64 = 0.04;
/// The share of rollouts split as drawn in every slice in which the split of any is told.
pub const ALPHA_SLICE_SPLIT: f64 = 0.01;
/// So long after an epoch most of the requests that were decided in it are answered and counted. Those that take longer miss on
/// the baseline alone, of which the series are; where they would miss on one arm more than on the other, more is asked.
const SETTLING: Duration = Duration::from_secs(10);

/// What was found at the latest look, until another epoch has settled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drifts {
    /// The newest epoch that was looked at.
    newest: Option<EpochId>,
    found: Vec<Sign>,
}

/// What is known of one thing that may change.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// What may change.
    pub about: About,
    /// Whether it has.
    pub strength: Strength,
    /// The numbers, in words.
    pub sentence: String,
}

/// What people may be warned of during a rollout: conditions that change, which are looked at here, and what a guard or a gauge
/// finds that was asked to tell and to do nothing, of the whole or of a slice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum About {
    /// How the requests of one slice are split between the arms.
    Split {
        /// What it is sliced by.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// The shares of the requests by the values of one attribute.
    Mix {
        /// Which.
        attribute: String,
    },
    /// The tokens that requests have.
    InputTokens,
    /// The tokens that answers have.
    OutputTokens,
    /// How long answers take.
    Latency,
    /// The share that is bad by a metric that is no amount and no time.
    Share {
        /// Which.
        metric: Metric,
    },
    /// The scores that answers are given.
    Scores {
        /// Which.
        score: Score,
    },
    /// The candidate is worse by a guard.
    Guard {
        /// Whose metric this is.
        metric: Metric,
    },
    /// The candidate is worse by a guard in one slice.
    Slice {
        /// Whose metric this is.
        metric: Metric,
        /// What it is sliced by.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// A number is out of bounds.
    Gauge {
        /// Whose number.
        gauge: GaugeName,
    },
}

impl About {
    /// Whether somebody asked to be told of it, by a guard or a gauge.
    pub const fn is_asked_for(&self) -> bool {
        matches!(self, Self::Guard { .. } | Self::Slice { .. } | Self::Gauge { .. })
    }
}

/// How much speaks for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Enough to begin to warn.
    Clear,
    /// Not enough to begin, and too much to end.
    Faint,
    /// Nothing to speak of.
    Gone,
}

impl Drifts {
    /// What is known of everything that may change. It is looked at once for each epoch that has settled; in between this
    /// answers what it answered before.
    pub fn look(&mut self, evidence: &Evidence, units: Units, now: Timestamp) -> &[Sign] {
        let settled = settled(evidence, now);
        let newest = settled.last().map(|counts| counts.epoch.id);
        if newest != self.newest {
            self.newest = newest;
            self.found = found(settled, units);
        }
        &self.found
    }
}

/// The epochs that are over for long enough.
fn settled(evidence: &Evidence, now: Timestamp) -> &[EpochCounts] {
    let epochs = &evidence.epochs;
    let is_over = |next: &EpochCounts| now.since(next.epoch.started_at) >= SETTLING;
    let over = epochs.iter().skip(1).take_while(|next| is_over(next)).count();
    epochs.get(..over).unwrap_or_default()
}

/// What is known by these epochs, splits first, each kind by how much speaks for it.
pub fn found(epochs: &[EpochCounts], units: Units) -> Vec<Sign> {
    let compared: Vec<&EpochCounts> = epochs.iter().filter(|counts| counts.epoch.weight.compares()).collect();
    // Of slices it is not known how many requests were drawn: of a slower candidate more would be missing.
    let ended: Vec<&EpochCounts> = compared.iter().copied().filter(|counts| !counts.is_under_way()).collect();
    let mut signs = split::signs(&ended, units);
    signs.extend(series::signs(&compared, units));
    signs
}
