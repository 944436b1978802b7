//! A judgement in one sentence: the numbers, the interval and the rule, for people.

use super::tally::Counts;
use super::verdict::{Judgement, Verdict};
use crate::guard::{Margin, Mode, OnFail};
use crate::metric::Metric;

impl Judgement {
    /// What was found, on which numbers, by which rule.
    pub fn sentence(&self) -> String {
        format!("{}: {}; {}", self.guard.metric, self.comparison(), self.conclusion())
    }

    /// The two arms side by side.
    pub fn comparison(&self) -> String {
        if self.candidate.trials == 0 && self.baseline.trials == 0 {
            return "nothing measured yet".to_owned();
        }
        let unit = match self.guard.metric {
            Metric::Errors => "of",
            Metric::LatencyP95 => "slow of",
            Metric::Feedback => "negative of",
        };
        let effect = self.effect_text();
        format!(
            "{} on the candidate against {} on the baseline{effect}",
            share(self.candidate, unit),
            share(self.baseline, unit)
        )
    }

    /// The effect with its interval, on the margin's scale.
    pub fn effect_text(&self) -> String {
        let Some(estimate) = self.effect.estimate else { return String::new() };
        let scaled = |value: f64| self.on_scale(value);
        let interval = match (self.effect.lower, self.effect.upper) {
            (Some(lower), Some(upper)) => format!(" ({} to {})", scaled(lower), scaled(upper)),
            (Some(lower), None) => format!(" ({} or more)", scaled(lower)),
            (None, Some(upper)) => format!(" (at most {})", scaled(upper)),
            (None, None) => String::new(),
        };
        format!(", a difference of {}{interval}", scaled(estimate))
    }

    fn on_scale(&self, value: f64) -> String {
        match self.guard.margin {
            _ if value > 99.0 => "more than 100 times".to_owned(),
            Margin::Points(_) => format!("{:+.2}pp", value * 100.0),
            Margin::Relative(_) => format!("{:+.1}%", value * 100.0),
        }
    }

    fn conclusion(&self) -> String {
        let margin = self.guard.margin;
        match self.verdict {
            Verdict::Pass => format!("safe: not worse by the margin of {margin}"),
            Verdict::Wait(wait) => format!("{wait} (margin {margin})"),
            Verdict::Fail(on_fail) => {
                let rule = match (self.guard.mode, on_fail) {
                    (Mode::Observe, _) => "worse, but the guard only observes",
                    (_, OnFail::Notify) => "worse, but the guard only tells",
                    (_, OnFail::Pause) => "worse, so the rollout pauses",
                    (_, OnFail::Rollback) => "worse, so the baseline is restored",
                };
                format!("{rule}: proven at 1 false alarm in 100 rollouts, and beyond the margin of {margin}")
            }
        }
    }
}

fn share(counts: Counts, unit: &str) -> String {
    counts.share().map_or_else(
        || "nothing".to_owned(),
        |share| format!("{:.2}% ({} {unit} {})", share * 100.0, counts.events, counts.trials),
    )
}
