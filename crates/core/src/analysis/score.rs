//! What one outcome adds to each metric: [`scores`], or to one: [`score`].

use super::counts::Counts;
use crate::epoch::{Threshold, Thresholds};
use crate::metric::{Elapsed, Metric};
use crate::outcome::{Class, Contents, FirstToken, Outcome};

/// The metrics that ask whether something was so.
const SHARES: [Metric; 10] = [
    Metric::Errors,
    Metric::Timeouts,
    Metric::RateLimited,
    Metric::CallerErrors,
    Metric::Refusals,
    Metric::EmptyAnswers,
    Metric::TruncatedAnswers,
    Metric::InvalidOutput,
    Metric::InvalidToolCalls,
    Metric::CacheMisses,
];

/// Those that ask how much something came to.
const AMOUNTS: [Metric; 5] =
    [Metric::InputTokens, Metric::OutputTokens, Metric::Cost, Metric::CostPerSuccess, Metric::LatencyMean];

/// Those that ask whether something took longer than a threshold.
const PERCENTILES: [(Elapsed, &[Metric]); 3] = [
    (Elapsed::ToLastByte, &[Metric::LatencyP50, Metric::LatencyP95, Metric::LatencyP99]),
    (Elapsed::ToFirstToken, &[Metric::FirstTokenP50, Metric::FirstTokenP95, Metric::FirstTokenP99]),
    (Elapsed::PerToken, &[Metric::PerTokenP50, Metric::PerTokenP95]),
];

/// Says what one outcome adds to each of the metrics that are known with the answer: kind by kind, as every request is asked
/// all of them.
pub(super) fn scores(outcome: &Outcome, thresholds: &Thresholds, mut says: impl FnMut(Metric, Counts)) {
    for metric in SHARES {
        if let Some(is_bad) = is_bad(metric, outcome) {
            says(metric, of_case(is_bad));
        }
    }
    for metric in AMOUNTS {
        if let Some(counts) = thresholds.cap(metric).and_then(|cap| under(cap, metric, outcome)) {
            says(metric, counts);
        }
    }
    for (elapsed, percentiles) in PERCENTILES {
        let Some(time) = time(elapsed, outcome) else { continue };
        for metric in percentiles {
            if let Some(threshold) = thresholds.of(*metric) {
                says(*metric, time.against(threshold));
            }
        }
    }
}

/// What it adds to one metric. Nothing while a percentile has no threshold or an amount no cap, and for what the outcome is no
/// case of.
pub(super) fn score(metric: Metric, outcome: &Outcome, thresholds: &Thresholds) -> Option<Counts> {
    if let Some(percentile) = metric.percentile() {
        return Some(time(percentile.of, outcome)?.against(thresholds.of(metric)?));
    }
    if metric.is_amount() {
        return under(thresholds.cap(metric)?, metric, outcome);
    }
    is_bad(metric, outcome).map(of_case)
}

fn of_case(is_bad: bool) -> Counts {
    Counts::of_share(1, u64::from(is_bad))
}

/// Whether what the metric asks about was so; nothing for what the outcome is no case of, and for what callers say later or
/// an expression finds.
#[inline]
const fn is_bad(metric: Metric, outcome: &Outcome) -> Option<bool> {
    match metric {
        Metric::Errors => Some(outcome.class.is_error()),
        Metric::Timeouts => Some(matches!(outcome.class, Class::Timeout)),
        Metric::RateLimited => Some(matches!(outcome.class, Class::RateLimited)),
        Metric::CallerErrors => Some(matches!(outcome.class, Class::CallerError)),
        Metric::Refusals => outcome.contents.refused,
        Metric::EmptyAnswers => outcome.contents.empty,
        Metric::TruncatedAnswers => outcome.contents.truncated,
        Metric::InvalidOutput => outcome.contents.invalid_output,
        Metric::InvalidToolCalls => outcome.contents.invalid_tool_calls,
        Metric::CacheMisses => outcome.contents.missed_cache,
        _ => None,
    }
}

/// What it adds to an amount under its cap; nothing when it does not tell.
#[inline]
fn under(cap: u64, metric: Metric, outcome: &Outcome) -> Option<Counts> {
    match metric {
        Metric::CostPerSuccess => {
            let cost = capped(outcome.contents.cost?, cap);
            Some(Counts { trials: u64::from(outcome.contents.is_good()), ..cost })
        }
        Metric::LatencyMean => Some(match time(Elapsed::ToLastByte, outcome)?.known_under(cap) {
            Some(us) => Counts { trials: 1, ..capped(us, cap) },
            None => Counts { trials: 1, failed_early: 1, ..Counts::default() },
        }),
        _ => Some(Counts { trials: 1, ..capped(amount(metric, &outcome.contents)?, cap) }),
    }
}

/// What an amount adds under its cap; whether that is a trial is for the metric to say.
fn capped(amount: u64, cap: u64) -> Counts {
    Counts { events: amount.min(cap), scaled: u64::from(amount > cap), ..Counts::default() }
}

/// What an answer came to, by a metric whose mean is that of what single answers tell; nothing when it does not tell.
pub(super) const fn amount(metric: Metric, contents: &Contents) -> Option<u64> {
    match metric {
        Metric::InputTokens => contents.input_tokens,
        Metric::OutputTokens => contents.output_tokens,
        Metric::Cost => contents.cost,
        _ => None,
    }
}

/// How long something took, in microseconds, or how long it was waited for in vain when that was longer than any
/// threshold. While there is no threshold, a failed request is taken to have had its last byte, and no first token.
pub(super) fn known_time(elapsed: Elapsed, outcome: &Outcome, thresholds: &Thresholds) -> Option<u64> {
    let time = time(elapsed, outcome)?;
    let is_long = || match thresholds.highest(elapsed) {
        Some(highest) => time.elapsed_us > highest,
        None => elapsed == Elapsed::ToLastByte,
    };
    (time.is_whole || is_long()).then_some(time.elapsed_us)
}

/// How long an answer took, in microseconds, or how long it was waited for in vain when that was longer than the cap of a
/// mean.
pub(super) fn known_time_under(cap: u64, outcome: &Outcome) -> Option<u64> {
    time(Elapsed::ToLastByte, outcome)?.known_under(cap)
}

/// How long something took, or how long it was waited for in vain.
struct Time {
    elapsed_us: u64,
    /// Whether what was waited for came.
    is_whole: bool,
}

impl Time {
    /// The time, unless it ended under a cap for another reason.
    const fn known_under(&self, cap: u64) -> Option<u64> {
        if self.is_whole || self.elapsed_us > cap { Some(self.elapsed_us) } else { None }
    }

    /// A request that failed after the threshold was slow, whatever ended it, and beyond the margin if that is when it failed; before
    /// either, nobody can tell.
    fn against(&self, threshold: Threshold) -> Counts {
        let [is_slow, is_beyond] =
            [threshold.at_us, threshold.scaled_us].map(|threshold_us| self.elapsed_us > threshold_us);
        Counts {
            trials: 1,
            events: u64::from(is_slow),
            scaled: u64::from(is_beyond),
            failed_early: u64::from(!self.is_whole && !is_slow),
            given_up: u64::from(!self.is_whole && is_slow && !is_beyond),
            unknown: 0,
        }
    }
}

/// How long something took of an outcome that has it. An answer that was not given has no time: a request that was turned away or
/// that the caller got wrong is no case. One that the caller did not wait for is, and nobody can tell how long it would have taken.
fn time(elapsed: Elapsed, outcome: &Outcome) -> Option<Time> {
    if matches!(outcome.class, Class::RateLimited | Class::CallerError) {
        return None;
    }
    let (elapsed_us, is_whole) = match (elapsed, outcome.first_token) {
        (Elapsed::ToLastByte, _) => (outcome.latency_us, outcome.class == Class::Ok),
        (Elapsed::ToFirstToken, FirstToken::After(elapsed_us)) => (elapsed_us, true),
        (Elapsed::ToFirstToken, FirstToken::Never) => (outcome.latency_us, false),
        (Elapsed::ToFirstToken, FirstToken::NotStreamed) => return None,
        (Elapsed::PerToken, _) => (outcome.per_token_us()?, true),
    };
    Some(Time { elapsed_us, is_whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind by kind or one by one, an outcome adds the same.
    #[test]
    fn every_metric_known_with_the_answer_is_asked_once() {
        let of_times = PERCENTILES.iter().flat_map(|(_, metrics)| *metrics).copied();
        let mut asked: Vec<Metric> = SHARES.into_iter().chain(AMOUNTS).chain(of_times).collect();
        asked.push(Metric::Feedback);
        asked.sort_by_key(|metric| metric.index());
        assert_eq!(asked, Metric::ALL);
        for (elapsed, metrics) in PERCENTILES {
            assert!(metrics.iter().all(|metric| metric.percentile().is_some_and(|asks| asks.of == elapsed)));
        }
        assert!(AMOUNTS.iter().all(|metric| metric.is_amount()));
    }
}
