//! What is measured. Most metrics are shares: of so many requests, so many were bad. A percentile is one, too: of so many
//! answers, so many took longer than the baseline's percentile. The others are amounts and scores, whose means are compared.

use crate::declared::{Asks, Declared, Definition, Load};
use crate::score::{self, Score};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Requests the arm failed to answer: 5xx, no connection, too late, broken off. Per request.
    Errors,
    /// The 95th percentile of the time to the last byte.
    LatencyP95,
    /// Negative feedback, of the requests that got any.
    Feedback,
    /// Requests the arm did not answer in the time the application allows; they are errors as well. Per request.
    Timeouts,
    /// Requests the arm turned away because it was busy (429); no errors. Per request.
    RateLimited,
    /// The median of the time to the last byte.
    LatencyP50,
    /// The 99th percentile of the time to the last byte.
    LatencyP99,
    /// The median of the time to the first event, of the answers that were to be streamed.
    FirstTokenP50,
    /// The 95th percentile of the same.
    FirstTokenP95,
    /// The 99th percentile of the same.
    FirstTokenP99,
    /// Answers that decline to say what they were asked for, or were kept from saying it.
    Refusals,
    /// Answers that say nothing: no text, no call of a function, no refusal; or nothing of the protocol's form.
    EmptyAnswers,
    /// Answers that ended because they reached the most tokens they may have.
    TruncatedAnswers,
    /// Answers whose text is not the JSON that the request declared, of those that declared it.
    InvalidOutput,
    /// Answers with a call of a function that is not as the request declared it, of those with calls.
    InvalidToolCalls,
    /// Answers for which no part of the prompt came from a cache, of those that tell.
    CacheMisses,
    /// The median time a token takes after the first, of the streamed answers that tell how many there were.
    PerTokenP50,
    /// The 95th percentile of the same.
    PerTokenP95,
    /// The mean number of tokens read, of the answers that tell.
    InputTokens,
    /// The mean number of tokens written, of the answers that tell.
    OutputTokens,
    /// The mean of what an answer costs by the prices of its release, in billionths of their unit.
    Cost,
    /// What all answers cost together for each good one, in the same billionths.
    CostPerSuccess,
    /// The mean time to the last byte, in microseconds.
    LatencyMean,
    /// Requests the arm refused as wrong (4xx other than 429); no errors. A model that no longer takes what callers send refuses
    /// what its baseline answers. Per request.
    CallerErrors,
    /// A share that the application declares.
    Declared(Declared),
    /// The mean of a score that its callers or a judge give answers, of those that got it; more is better.
    Score(Score),
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
    /// Every metric that every application has, in the order of the counters in a tally; new ones go last.
    pub const ALL: [Self; 24] = [
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
        Self::CallerErrors,
    ];

    /// The names of all of them, in the same order.
    pub const NAMES: [&str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut place = 0;
        while place < names.len() {
            names[place] = Self::ALL[place].known_name();
            place += 1;
        }
        names
    };

    /// The name people write.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Declared(declared) => declared.name(),
            Self::Score(score) => score.name(),
            known => known.known_name(),
        }
    }

    /// The name of a metric that every application has; nothing for another.
    const fn known_name(self) -> &'static str {
        match self {
            Self::Declared(_) | Self::Score(_) => "",
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
            Self::CallerErrors => "callerErrors",
        }
    }

    /// Those of these definitions that some of the metrics are.
    pub fn defined<'a>(
        definitions: impl Iterator<Item = &'a Definition>,
        metrics: &[Self],
    ) -> impl Iterator<Item = &'a Definition> {
        definitions.filter(|definition| metrics.contains(&Self::Declared(definition.metric)))
    }

    /// Those of these scores that some of the metrics are.
    pub fn scored<'a>(
        definitions: impl Iterator<Item = &'a score::Definition>,
        metrics: &[Self],
    ) -> impl Iterator<Item = &'a score::Definition> {
        definitions.filter(|definition| metrics.contains(&Self::Score(definition.score)))
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

    /// Whether it is about how long answers take: a request that fails early says nothing of it, and one that got no answer is
    /// no case.
    pub const fn is_time(self) -> bool {
        self.percentile().is_some() || matches!(self, Self::LatencyMean)
    }

    /// Where its outcomes come from.
    pub const fn witness(self) -> Witness {
        match self {
            Self::Feedback | Self::Score(_) => Witness::Callers,
            Self::Declared(declared) => match declared.asks() {
                Asks::Passing => Witness::Passing,
                Asks::Answer | Asks::Text => Witness::Contents,
            },
            Self::Errors
            | Self::Timeouts
            | Self::RateLimited
            | Self::CallerErrors
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
        match self {
            Self::Declared(_) => true,
            Self::InvalidToolCalls => false,
            _ => matches!(self.witness(), Witness::Contents),
        }
    }

    /// Whether a small share of the traffic can make an arm look better than it would be under more of it.
    pub const fn depends_on_load(self) -> bool {
        match self {
            Self::Declared(declared) => matches!(declared.load(), Load::Matters),
            Self::Timeouts | Self::RateLimited => true,
            _ => self.is_time(),
        }
    }

    /// Whether outcomes arrive after the request, in an order of their own.
    pub const fn arrives_late(self) -> bool {
        matches!(self, Self::Feedback | Self::Score(_))
    }

    /// Whether every outcome is a case of it, whatever is known of the answer.
    pub const fn is_asked_of_all(self) -> bool {
        matches!(self, Self::Errors | Self::Timeouts | Self::RateLimited | Self::CallerErrors)
    }

    /// Whether the draw decides how many outcomes of each arm are cases of it: every request is one, and what good answers cost is
    /// what all of them cost. Of the others an outcome may be no case, and an arm of which fewer are has no smaller share or mean
    /// for that.
    pub const fn cases_are_drawn(self) -> bool {
        self.is_asked_of_all() || matches!(self, Self::CostPerSuccess)
    }

    /// Where the counters of a metric that every application has stand in a tally; behind the last for another, whose
    /// counters have no place among them.
    pub const fn index(self) -> usize {
        match self {
            Self::Errors => 0,
            Self::LatencyP95 => 1,
            Self::Feedback => 2,
            Self::Timeouts => 3,
            Self::RateLimited => 4,
            Self::LatencyP50 => 5,
            Self::LatencyP99 => 6,
            Self::FirstTokenP50 => 7,
            Self::FirstTokenP95 => 8,
            Self::FirstTokenP99 => 9,
            Self::Refusals => 10,
            Self::EmptyAnswers => 11,
            Self::TruncatedAnswers => 12,
            Self::InvalidOutput => 13,
            Self::InvalidToolCalls => 14,
            Self::CacheMisses => 15,
            Self::PerTokenP50 => 16,
            Self::PerTokenP95 => 17,
            Self::InputTokens => 18,
            Self::OutputTokens => 19,
            Self::Cost => 20,
            Self::CostPerSuccess => 21,
            Self::LatencyMean => 22,
            Self::CallerErrors => 23,
            Self::Declared(_) | Self::Score(_) => Self::ALL.len(),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// As it is stored: by its name, or as [`Declared`] and [`Score`] say.
impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Declared(declared) => serializer.collect_str(declared),
            Self::Score(score) => serializer.collect_str(score),
            known => serializer.serialize_str(known.known_name()),
        }
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Stored)
    }
}

struct Stored;

impl Visitor<'_> for Stored {
    type Value = Metric;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a metric")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Metric, E> {
        let known = Metric::ALL.into_iter().find(|metric| metric.known_name() == text);
        let declared = || text.parse().map(Metric::Declared).ok();
        let score = || text.parse().map(Metric::Score).ok();
        known.or_else(declared).or_else(score).ok_or_else(|| E::unknown_variant(text, &Metric::NAMES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declared::LONGEST_NAME;

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

    #[test]
    fn a_declared_metric_is_stored_with_its_meaning_and_told_by_its_name() {
        let check = |name: &str, (meaning, asks, load), stored: &str| {
            let metric = Metric::Declared(Declared::new(name, meaning, asks, load).unwrap());
            let written = serde_json::to_string(&metric).unwrap();
            assert_eq!(written, format!("\"{stored}\""));
            assert_eq!(serde_json::from_str::<Metric>(&written).unwrap(), metric);
            assert_eq!(metric.to_string(), name);
        };
        let longest = "a".repeat(LONGEST_NAME);
        check("curt", (7, Asks::Answer, Load::Indifferent), "declared/curt/0000000000000007/answer");
        check(
            "too-slow",
            (u64::MAX, Asks::Passing, Load::Matters),
            "declared/too-slow/ffffffffffffffff/passing/load",
        );
        check(
            &longest,
            (0, Asks::Text, Load::Matters),
            &format!("declared/{longest}/0000000000000000/text/load"),
        );
        for text in ["curt", "declared/curt", "declared/curt/7", "declared/c t/7/text", "declared//7/text"] {
            assert!(serde_json::from_str::<Metric>(&format!("\"{text}\"")).is_err(), "{text}");
        }
        assert_eq!(Declared::new(&"a".repeat(LONGEST_NAME + 1), 0, Asks::Text, Load::Matters), None);
    }
}
