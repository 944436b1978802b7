//! What is measured. Most metrics are shares: of so many requests, so many were bad. A percentile is one, too: of so many
//! answers, so many took longer than the baseline's percentile. The others are amounts, whose means are compared.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Metric {
    /// Requests the arm failed to answer: 5xx, no connection, too late, broken off. Per request.
    #[serde(rename = "errors")]
    Errors,
    /// The 95th percentile of the time to the last byte.
    #[serde(rename = "latency.p95")]
    LatencyP95,
    /// Negative feedback, of the requests that got any.
    #[serde(rename = "feedback")]
    Feedback,
    /// Requests the arm did not answer in the time the application allows; they are errors as well. Per request.
    #[serde(rename = "timeouts")]
    Timeouts,
    /// Requests the arm turned away because it was busy (429); no errors. Per request.
    #[serde(rename = "rateLimited")]
    RateLimited,
    /// The median of the time to the last byte.
    #[serde(rename = "latency.p50")]
    LatencyP50,
    /// The 99th percentile of the time to the last byte.
    #[serde(rename = "latency.p99")]
    LatencyP99,
    /// The median of the time to the first event, of the answers that were to be streamed.
    #[serde(rename = "timeToFirstToken.p50")]
    FirstTokenP50,
    /// The 95th percentile of the same.
    #[serde(rename = "timeToFirstToken.p95")]
    FirstTokenP95,
    /// The 99th percentile of the same.
    #[serde(rename = "timeToFirstToken.p99")]
    FirstTokenP99,
    /// Answers that decline to say what they were asked for, or were kept from saying it.
    #[serde(rename = "refusals")]
    Refusals,
    /// Answers that say nothing: no text, no call of a function, no refusal; or nothing of the protocol's form.
    #[serde(rename = "emptyAnswers")]
    EmptyAnswers,
    /// Answers that ended because they reached the most tokens they may have.
    #[serde(rename = "truncatedAnswers")]
    TruncatedAnswers,
    /// Answers whose text is not the JSON that the request declared, of those that declared it.
    #[serde(rename = "invalidOutput")]
    InvalidOutput,
    /// Answers with a call of a function that is not as the request declared it, of those with calls.
    #[serde(rename = "invalidToolCalls")]
    InvalidToolCalls,
    /// Answers for which no part of the prompt came from a cache, of those that tell.
    #[serde(rename = "cacheMisses")]
    CacheMisses,
    /// The median time a token takes after the first, of the streamed answers that tell how many there were.
    #[serde(rename = "timePerToken.p50")]
    PerTokenP50,
    /// The 95th percentile of the same.
    #[serde(rename = "timePerToken.p95")]
    PerTokenP95,
    /// The mean number of tokens read, of the answers that tell.
    #[serde(rename = "tokens.input")]
    InputTokens,
    /// The mean number of tokens written, of the answers that tell.
    #[serde(rename = "tokens.output")]
    OutputTokens,
    /// The mean of what an answer costs by the prices of its release, in billionths of their unit.
    #[serde(rename = "cost")]
    Cost,
    /// What all answers cost together for each good one, in the same billionths.
    #[serde(rename = "costPerSuccess")]
    CostPerSuccess,
    /// The mean time to the last byte, in microseconds.
    #[serde(rename = "latency.mean")]
    LatencyMean,
}

/// A time that part of the answers stay below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentile {
    /// The time that is meant.
    pub of: Elapsed,
    /// The part, strictly between 0 and 1.
    pub level: f64,
}

/// A time that every answer, or every streamed answer, takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elapsed {
    /// From the request's arrival to the last byte of its answer.
    ToLastByte,
    /// From the request's arrival to the first event of its answer.
    ToFirstToken,
    /// From the first event to the last byte, for each token after the first.
    PerToken,
}

/// Where a metric's outcomes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// How the request went: every request tells.
    Passing,
    /// What its answer says: it has to be read.
    Contents,
    /// What its caller says of it, later.
    Callers,
}

impl Metric {
    /// Every metric, in the order of the counters in a tally; new ones go last.
    pub const ALL: [Self; 23] = [
        Self::Errors,
        Self::LatencyP95,
        Self::Feedback,
        Self::Timeouts,
        Self::RateLimited,
        Self::LatencyP50,
        Self::LatencyP99,
        Self::FirstTokenP50,
        Self::FirstTokenP95,
        Self::FirstTokenP99,
        Self::Refusals,
        Self::EmptyAnswers,
        Self::TruncatedAnswers,
        Self::InvalidOutput,
        Self::InvalidToolCalls,
        Self::CacheMisses,
        Self::PerTokenP50,
        Self::PerTokenP95,
        Self::InputTokens,
        Self::OutputTokens,
        Self::Cost,
        Self::CostPerSuccess,
        Self::LatencyMean,
    ];

    /// The name people write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::LatencyP95 => "latency.p95",
            Self::Feedback => "feedback",
            Self::Timeouts => "timeouts",
            Self::RateLimited => "rateLimited",
            Self::LatencyP50 => "latency.p50",
            Self::LatencyP99 => "latency.p99",
            Self::FirstTokenP50 => "timeToFirstToken.p50",
            Self::FirstTokenP95 => "timeToFirstToken.p95",
            Self::FirstTokenP99 => "timeToFirstToken.p99",
            Self::Refusals => "refusals",
            Self::EmptyAnswers => "emptyAnswers",
            Self::TruncatedAnswers => "truncatedAnswers",
            Self::InvalidOutput => "invalidOutput",
            Self::InvalidToolCalls => "invalidToolCalls",
            Self::CacheMisses => "cacheMisses",
            Self::PerTokenP50 => "timePerToken.p50",
            Self::PerTokenP95 => "timePerToken.p95",
            Self::InputTokens => "tokens.input",
            Self::OutputTokens => "tokens.output",
            Self::Cost => "cost",
            Self::CostPerSuccess => "costPerSuccess",
            Self::LatencyMean => "latency.mean",
        }
    }

    /// The percentile that is meant; nothing for a plain share or an amount.
    pub const fn percentile(self) -> Option<Percentile> {
        let (of, level) = match self {
            Self::LatencyP50 => (Elapsed::ToLastByte, 0.50),
            Self::LatencyP95 => (Elapsed::ToLastByte, 0.95),
            Self::LatencyP99 => (Elapsed::ToLastByte, 0.99),
            Self::FirstTokenP50 => (Elapsed::ToFirstToken, 0.50),
            Self::FirstTokenP95 => (Elapsed::ToFirstToken, 0.95),
            Self::FirstTokenP99 => (Elapsed::ToFirstToken, 0.99),
            Self::PerTokenP50 => (Elapsed::PerToken, 0.50),
            Self::PerTokenP95 => (Elapsed::PerToken, 0.95),
            _ => return None,
        };
        Some(Percentile { of, level })
    }

    /// Whether it is an amount, whose mean is compared, and no share.
    pub const fn is_amount(self) -> bool {
        matches!(
            self,
            Self::InputTokens | Self::OutputTokens | Self::Cost | Self::CostPerSuccess | Self::LatencyMean
        )
    }

    /// Whether it needs the prices of releases.
    pub const fn is_priced(self) -> bool {
        matches!(self, Self::Cost | Self::CostPerSuccess)
    }

    /// Whether it is about how long answers take, so that a request that fails early says nothing of it.
    pub const fn is_time(self) -> bool {
        self.percentile().is_some() || matches!(self, Self::LatencyMean)
    }

    /// Where its outcomes come from.
    pub const fn witness(self) -> Witness {
        match self {
            Self::Feedback => Witness::Callers,
            Self::Errors
            | Self::Timeouts
            | Self::RateLimited
            | Self::LatencyP50
            | Self::LatencyP95
            | Self::LatencyP99
            | Self::LatencyMean
            | Self::FirstTokenP50
            | Self::FirstTokenP95
            | Self::FirstTokenP99 => Witness::Passing,
            Self::Refusals
            | Self::EmptyAnswers
            | Self::TruncatedAnswers
            | Self::InvalidOutput
            | Self::InvalidToolCalls
            | Self::CacheMisses
            | Self::PerTokenP50
            | Self::PerTokenP95
            | Self::InputTokens
            | Self::OutputTokens
            | Self::Cost
            | Self::CostPerSuccess => Witness::Contents,
        }
    }

    /// Whether every answer to a request like the others tells of it, so that an arm of which fewer answers do hides
    /// something. Whether functions are called is the answer's own affair.
    pub const fn is_told_alike(self) -> bool {
        matches!(self.witness(), Witness::Contents) && !matches!(self, Self::InvalidToolCalls)
    }

    /// Whether a small share of the traffic can make an arm look better than it would be under more of it.
    pub const fn depends_on_load(self) -> bool {
        self.is_time() || matches!(self, Self::Timeouts | Self::RateLimited)
    }

    /// Whether outcomes arrive after the request, in an order of their own.
    pub const fn arrives_late(self) -> bool {
        matches!(self, Self::Feedback)
    }

    /// Where the metric's counters stand in a tally.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counters stand in the order of the list, and a name is written and read the same way.
    #[test]
    fn every_metric_has_a_place_and_a_name() {
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric.index(), place, "{metric}");
            let written = serde_json::to_string(&metric).unwrap();
            assert_eq!(written, format!("\"{metric}\""));
            assert_eq!(serde_json::from_str::<Metric>(&written).unwrap(), metric);
        }
    }
}
