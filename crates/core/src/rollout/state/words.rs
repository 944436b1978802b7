//! What a state means, in words: causes, holds and what is waited for, without the numbers of the moment.

use super::{Cause, Hold, Waiting};
use crate::rollout::input::Oversized;
use std::fmt;

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because =
            |reason: &Option<String>| reason.as_ref().map_or_else(String::new, |text| format!(": {text}"));
        match self {
            Self::Regression { metric } => write!(f, "{metric} got worse"),
            Self::Slice { metric, attribute, value } => {
                write!(f, "{metric} got worse where {attribute} is {value}")
            }
            Self::OutOfBounds { detail, .. } => f.write_str(detail),
            Self::LocalGuard { node } => write!(f, "the local guard acted on gateway {node}"),
            Self::Unwell { node, detail } => {
                write!(f, "gateway {node} fared worse by the new table: {detail}")
            }
            Self::Limit { errors } => write!(f, "errors reached the limit of {errors}"),
            Self::SmokeFailed { detail } => write!(f, "a smoke request failed: {detail}"),
            Self::Insufficient => f.write_str("the evidence never sufficed"),
            Self::Unproven { metric } => write!(f, "the evidence of {metric} never sufficed"),
            Self::Ordered { by, reason } => write!(f, "ordered by {by}{}", because(reason)),
            Self::Aborted { by, reason } => write!(f, "aborted by {by}{}", because(reason)),
            Self::Superseded { by } => write!(f, "superseded by {by}"),
        }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused { by } => write!(f, "paused by {by}"),
            Self::PlannedPause => f.write_str("the plan pauses here until it is resumed"),
            Self::Regression { metric } => write!(f, "{metric} got worse and its guard pauses"),
            Self::OutOfBounds { gauge } => write!(f, "{gauge} is out of bounds and pauses"),
            Self::SplitBroken => {
                f.write_str("the traffic was not split as drawn, so nothing can be compared")
            }
            Self::Refused { node, reason } => write!(f, "gateway {node} refuses the new table: {reason}"),
            Self::Oversized(oversized) => oversized.fmt(f),
            Self::Waiting(waiting) => waiting.fmt(f),
        }
    }
}

impl fmt::Display for Oversized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { length, most } = self;
        write!(f, "the new table would be {length} bytes long, and gateways take {most}")
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateways { acknowledged, known } => {
                write!(f, "{acknowledged} of {known} gateways serve by the new table")
            }
            Self::Smoke => f.write_str("the smoke requests are being answered"),
            Self::Time { .. } => f.write_str("time has to pass"),
            Self::Evidence(wait) => wait.fmt(f),
            Self::Guard { metric, wait } => write!(f, "{metric}: {wait}"),
            Self::Gauge { detail, .. } => f.write_str(detail),
            Self::Risk { next, bound } => write!(
                f,
                "a weight of {next} would risk up to {} more errors per 100 requests",
                f64::from(*bound) / 100.0
            ),
            Self::Baseline => {
                f.write_str("the baseline does not answer, so it is neither compared with nor gone back to")
            }
            Self::Candidate => f.write_str("the candidate does not answer, so nobody is sent to it"),
            Self::Person => f.write_str(
                "nothing is compared and no localGuard sets a limit, so that only a person can promote it",
            ),
        }
    }
}
