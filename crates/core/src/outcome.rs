//! What one request came to. A gateway makes exactly one of these for each request it decided.

pub use crate::contents::Contents;
use crate::routing::decide::Decision;
use serde::{Deserialize, Serialize};

/// What one request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Where it went and whether it counts.
    pub decision: Decision,
    /// How it ended.
    pub class: Class,
    /// From the request's arrival at the gateway to the last byte of the answer, in microseconds.
    pub latency_us: u64,
    /// When the answer began to come, of those that were to be streamed.
    pub first_token: FirstToken,
    /// What the answer says, as far as it was read; of a complete one alone.
    pub contents: Contents,
}

impl Outcome {
    /// How long a token took after the first, in microseconds; nothing for what was not streamed or does not tell.
    pub fn per_token_us(&self) -> Option<u64> {
        let FirstToken::After(began_us) = self.first_token else { return None };
        let later = self.contents.output_tokens?.checked_sub(1).filter(|later| *later > 0)?;
        Some(self.latency_us.saturating_sub(began_us) / later)
    }
}

/// When a streamed answer began to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstToken {
    /// The caller did not ask for a stream.
    #[default]
    NotStreamed,
    /// The first event came so many microseconds after the request's arrival.
    After(u64),
    /// The request ended without one.
    Never,
}

/// How a request ended. The order is that of the counters in a tally and never changes; new classes go last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// The upstream answered as asked (2xx or 3xx), to the last byte.
    Ok,
    /// The upstream refused the caller's request (4xx other than 429): the caller's fault.
    CallerError,
    /// The upstream was busy (429): a class of its own, never the candidate's fault.
    RateLimited,
    /// The upstream failed (5xx).
    UpstreamError,
    /// No connection to the upstream, or it broke before an answer.
    Unreachable,
    /// The upstream took longer than the application allows.
    Timeout,
    /// The answer broke off after it had begun.
    Truncated,
    /// The caller went away first.
    Cancelled,
}

impl Class {
    /// Every class, in the order of the counters.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::CallerError,
        Self::RateLimited,
        Self::UpstreamError,
        Self::Unreachable,
        Self::Timeout,
        Self::Truncated,
        Self::Cancelled,
    ];

    /// Whether the metric `errors` counts it against the arm that was to serve it.
    pub const fn is_error(self) -> bool {
        matches!(self, Self::UpstreamError | Self::Unreachable | Self::Timeout | Self::Truncated)
    }

    /// The class of a complete answer with this HTTP status.
    pub const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::RateLimited,
            400..=499 => Self::CallerError,
            500.. => Self::UpstreamError,
            _ => Self::Ok,
        }
    }
}
