//! What one outcome adds to each metric: [`scores`], or to one: [`score`].

use super::counts::Counts;
use crate::epoch::Thresholds;
use crate::metric::{Elapsed, Metric};
use crate::outcome::{Class, Contents, FirstToken, Outcome};

/// Says what one outcome adds to each of the metrics that are known with the answer.
pub(super) fn scores(outcome: &Outcome, thresholds: &Thresholds, mut says: impl FnMut(Metric, Counts)) {
    for metric in Metric::ALL {
        if let Some(counts) = score(metric, outcome, thresholds) {
            says(metric, counts);
        }
    }
}

/// Nothing while a percentile has no threshold or an amount no cap, and for what the outcome is no case of.
#[inline]
pub(super) fn score(metric: Metric, outcome: &Outcome, thresholds: &Thresholds) -> Option<Counts> {
    let share = |is_bad| Some(Counts::of_share(1, u64::from(is_bad)));
    match metric {
        Metric::Errors => share(outcome.class.is_error()),
        Metric::Timeouts => share(outcome.class == Class::Timeout),
        Metric::RateLimited => share(outcome.class == Class::RateLimited),
        // Callers say the one later, an expression finds the other.
        Metric::Feedback | Metric::Declared(_) | Metric::Score(_) => None,
        Metric::Refusals => share(outcome.contents.refused?),
        Metric::EmptyAnswers => share(outcome.contents.empty?),
        Metric::TruncatedAnswers => share(outcome.contents.truncated?),
        Metric::InvalidOutput => share(outcome.contents.invalid_output?),
        Metric::InvalidToolCalls => share(outcome.contents.invalid_tool_calls?),
        Metric::CacheMisses => share(outcome.contents.missed_cache?),
        Metric::InputTokens | Metric::OutputTokens | Metric::Cost => {
            Some(Counts { trials: 1, ..capped(amount(metric, &outcome.contents)?, thresholds.cap(metric)?) })
        }
        Metric::CostPerSuccess => {
            let cost = capped(outcome.contents.cost?, thresholds.cap(metric)?);
            Some(Counts { trials: u64::from(outcome.contents.is_good()), ..cost })
        }
        Metric::LatencyMean => {
            let cap = thresholds.cap(metric)?;
            Some(match known_time_under(cap, outcome) {
                Some(us) => Counts { trials: 1, ..capped(us, cap) },
                None => Counts { trials: 1, failed_early: 1, ..Counts::default() },
            })
        }
        Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::LatencyP99
        | Metric::FirstTokenP50
        | Metric::FirstTokenP95
        | Metric::FirstTokenP99
        | Metric::PerTokenP50
        | Metric::PerTokenP95 => {
            let (time, threshold) = (time(metric.percentile()?.of, outcome)?, thresholds.of(metric)?);
            Some(Counts {
                trials: 1,
                events: u64::from(time.elapsed_us > threshold.at_us),
                scaled: u64::from(time.elapsed_us > threshold.scaled_us),
                failed_early: u64::from(!time.is_whole && time.elapsed_us <= threshold.at_us),
                unknown: 0,
            })
        }
    }
}

/// What an amount adds under its cap; whether that is a trial is for the metric to say.
fn capped(amount: u64, cap: u64) -> Counts {
    Counts {
        trials: 0,
        events: amount.min(cap),
        scaled: u64::from(amount > cap),
        failed_early: 0,
        unknown: 0,
    }
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
    let time = time(Elapsed::ToLastByte, outcome)?;
    (time.is_whole || time.elapsed_us > cap).then_some(time.elapsed_us)
}

/// How long something took, or how long it was waited for in vain.
struct Time {
    elapsed_us: u64,
    /// Whether what was waited for came.
    is_whole: bool,
}

/// A request that failed after the threshold was slow, whatever ended it; before it, nobody can tell.
fn time(elapsed: Elapsed, outcome: &Outcome) -> Option<Time> {
    let (elapsed_us, is_whole) = match (elapsed, outcome.first_token) {
        (Elapsed::ToLastByte, _) => (outcome.latency_us, !outcome.class.is_error()),
        (Elapsed::ToFirstToken, FirstToken::After(elapsed_us)) => (elapsed_us, true),
        (Elapsed::ToFirstToken, FirstToken::Never) => (outcome.latency_us, false),
        (Elapsed::ToFirstToken, FirstToken::NotStreamed) => return None,
        (Elapsed::PerToken, _) => (outcome.per_token_us()?, true),
    };
    Some(Time { elapsed_us, is_whole })
}
