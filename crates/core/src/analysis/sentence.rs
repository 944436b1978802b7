//! A judgement in one sentence: the numbers, the interval and the rule, for people.

use super::tally::Counts;
use super::verdict::{Judgement, Verdict, WorseSlice};
use crate::guard::{Guard, Margin, Mode, OnFail};
use crate::metric::Metric;
use crate::score::Score;
use crate::time::readable;
use std::time::Duration;

/// From this share on a tenth of a per cent is exact enough to read.
const COARSE: f64 = 10.0;
/// A change beyond a hundredfold is not told in digits.
const TELLABLE: f64 = 99.0;
/// How often a guard that is not strict is wrong: candidates that are worse by less than the margin are none of these.
const OF_SOUND_ROLLOUTS: &str = "of rollouts of candidates that are no worse at most 1 in 100 says so";

impl Judgement {
    /// What was found, on which numbers, by which rule.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.guard.metric, self.finding())
    }

    /// The same without the metric's name.
    pub fn finding(&self) -> String {
        if self.candidate.is_nothing() || self.baseline.is_nothing() {
            return format!("{} (margin {})", self.missing(), self.guard.margin);
        }
        format!("{}: {}", self.comparison(), self.conclusion())
    }

    /// The guard with how the candidate compares so far, in a few words.
    pub fn brief(&self) -> String {
        let metric = self.guard.metric;
        let margin = self.guard.margin;
        match self.difference() {
            Some(difference) => format!("{metric}, {difference}, margin {margin}"),
            None => format!("{metric}, nothing to compare yet"),
        }
    }

    /// The two arms side by side, and how they differ.
    fn comparison(&self) -> String {
        let both = |negative: &str| {
            let (candidate, baseline) = (share(self.candidate), share(self.baseline));
            format!("{negative}{candidate} on the candidate, {baseline} on the baseline")
        };
        let sides = match self.guard.metric {
            // Thresholds differ between epochs, so the sums of slow answers do not compare: the percentiles do.
            metric if metric.percentile().is_some() => {
                format!(
                    "{} answers of the candidate, {} of the baseline",
                    self.candidate.trials, self.baseline.trials
                )
            }
            metric if metric.is_amount() => {
                let (candidate, baseline) = (mean(metric, self.candidate), mean(metric, self.baseline));
                format!("{candidate} on the candidate, {baseline} on the baseline")
            }
            Metric::Score(score) => {
                let (candidate, baseline) = (scored(score, self.candidate), scored(score, self.baseline));
                format!("{candidate} on the candidate, {baseline} on the baseline")
            }
            Metric::Feedback => both("negative "),
            Metric::Declared(_) if self.baseline.unknown + self.candidate.unknown > 0 => {
                let (candidate, baseline) = (self.candidate.unknown, self.baseline.unknown);
                format!("{}, and unknown of {candidate} and {baseline}", both(""))
            }
            _ => both(""),
        };
        let difference = self.difference().map(|difference| format!(", {difference}")).unwrap_or_default();
        let without = self.without.map(|heavy| format!(", without {heavy}")).unwrap_or_default();
        format!("{sides}{difference}{without}{}", beginning(self.since))
    }

    fn difference(&self) -> Option<String> {
        let estimate = self.effect.estimate?;
        Some(format!("{}{}", self.on_scale(estimate), self.interval()))
    }

    /// Between what the difference lies at every look together, as far as it is known.
    fn interval(&self) -> String {
        let bounds = (self.effect.lower.map(|low| self.on_scale(low)), self.effect.upper);
        match bounds {
            (Some(lower), Some(upper)) => format!(" (between {lower} and {})", self.on_scale(upper)),
            (Some(lower), None) => format!(" (at least {lower})"),
            (None, Some(upper)) => format!(" (at most {})", self.on_scale(upper)),
            (None, None) => String::new(),
        }
    }

    /// The most the difference can be, as far as it is known.
    pub(super) fn at_most(&self) -> Option<String> {
        self.effect.upper.map(|upper| self.on_scale(upper))
    }

    fn on_scale(&self, value: f64) -> String {
        match self.guard.margin {
            Margin::Score(_) if value < 0.0 => format!("{:.2} points higher", -value),
            Margin::Score(_) => format!("{value:.2} points lower"),
            _ if value > TELLABLE => "more than 100 times".to_owned(),
            Margin::Points(_) => format!("{:+.2}pp", value * 100.0),
            Margin::Relative(_) => format!("{:+.1}%", value * 100.0),
        }
    }

    fn conclusion(&self) -> String {
        let margin = self.guard.margin;
        match self.verdict {
            Verdict::Pass => format!("safe, not worse by {margin}"),
            Verdict::Wait(wait) => format!("{wait} (margin {margin})"),
            Verdict::Fail(on_fail) => {
                let consequence = match (self.guard.mode, on_fail) {
                    (Mode::Observe, _) => "; the guard only observes",
                    (Mode::Enforce, OnFail::Notify) => "; the guard only notifies",
                    (Mode::Enforce, OnFail::Pause | OnFail::Rollback) => "",
                };
                let claim = match self.guard.strict {
                    true => "at most 1 false alarm in 100 rollouts",
                    false => OF_SOUND_ROLLOUTS,
                };
                format!("{}{claim}{consequence}", worse(&self.guard))
            }
        }
    }

    fn missing(&self) -> String {
        match self.verdict {
            Verdict::Wait(wait) => wait.to_string(),
            // A verdict without outcomes does not happen; it would be told as it is.
            _ => self.conclusion(),
        }
    }
}

impl WorseSlice {
    /// Where the candidate is worse, by which numbers and which rule.
    pub fn sentence(&self) -> String {
        let Self { attribute, value, .. } = self;
        let judged = Judgement {
            guard: self.guard,
            verdict: Verdict::Fail(OnFail::Notify),
            baseline: self.baseline,
            candidate: self.candidate,
            effect: self.effect,
            log_harm: Some(self.log_harm),
            log_safe: None,
            passes_with: None,
            without: None,
            since: self.since,
        };
        let compared = match self.guard.metric.percentile() {
            Some(_) => self.slow_answers(),
            None => judged.comparison(),
        };
        let rule = match (self.certain, self.guard.strict) {
            (true, true) => "at most 1 false alarm in 100 rollouts over all slices".to_owned(),
            (true, false) => format!("{OF_SOUND_ROLLOUTS} of any slice"),
            (false, _) => "of slices that are named 1 in 10 is sound at most".to_owned(),
        };
        format!(
            "{} where {attribute} is {value}: {compared}: {}{rule}",
            self.guard.metric,
            worse(&self.guard)
        )
    }

    /// How many took longer than the baseline's percentile in all slices: how long each took is not kept by slice.
    fn slow_answers(&self) -> String {
        let [candidate, baseline] = [self.candidate, self.baseline].map(share);
        let since = beginning(self.since);
        format!("slow {candidate} on the candidate, {baseline} on the baseline{since}")
    }
}

/// Since when what is said is so, unless it is since the beginning.
fn beginning(since: Option<Duration>) -> String {
    since.map(|after| format!(", from {} after the beginning on", readable(after))).unwrap_or_default()
}

/// How much worse, up to what the level of the claim is said of. A strict guard asked whether the candidate is worse by more than
/// the margin; any other whether it is worse at all, and the margin was held against the best guess.
fn worse(guard: &Guard) -> String {
    match guard.strict {
        true => format!("worse by more than {}, ", guard.margin),
        false => format!("worse, by the best guess by {} or more; ", guard.margin),
    }
}

fn share(counts: Counts) -> String {
    let percent = counts.share().unwrap_or(0.0) * 100.0;
    let decimals = if percent >= COARSE { 1 } else { 2 };
    format!("{percent:.decimals$}% ({} of {})", counts.events, counts.trials)
}

/// The mean of a score, on its scale.
fn scored(score: Score, counts: Counts) -> String {
    format!("{:.2} on average of {}", score.below_top(counts.share().unwrap_or(0.0)), counts.trials)
}

/// What an amount comes to on average, each at most its cap; money in its unit.
pub(crate) fn mean(metric: Metric, counts: Counts) -> String {
    let mean = counts.share().unwrap_or(0.0);
    let answers = counts.trials;
    match metric {
        Metric::Cost => format!("{:.6} on average of {answers}", mean / BILLION),
        Metric::CostPerSuccess if answers == 0 => {
            format!("{:.6} for no good answer", counts.events as f64 / BILLION)
        }
        Metric::CostPerSuccess => format!("{:.6} for each of {answers} good answers", mean / BILLION),
        Metric::LatencyMean => {
            let known = Counts { trials: counts.known(), ..counts };
            let mean = known.share().unwrap_or(0.0) / MICROSECONDS;
            format!("{mean:.1} ms on average of {}", known.trials)
        }
        _ => format!("{mean:.1} on average of {answers}"),
    }
}

/// By how much two means of an amount differ, in the unit that they are told in.
pub(crate) fn difference(metric: Metric, amount: f64) -> String {
    match metric {
        Metric::Cost | Metric::CostPerSuccess => format!("{:+.6}", amount / BILLION),
        Metric::LatencyMean => format!("{:+.1} ms", amount / MICROSECONDS),
        _ => format!("{amount:+.1}"),
    }
}

/// In a millisecond; times are counted in these.
const MICROSECONDS: f64 = 1e3;
/// Costs are counted in billionths.
const BILLION: f64 = 1e9;
