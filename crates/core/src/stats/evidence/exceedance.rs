//! Quantiles of durations decided by a race of exceedances.
//!
//! No test of its own is needed. At the start of each epoch a threshold is published: the baseline's quantile so far,
//! rounded to a bucket edge. A request above it is an event, and [`super::race`] judges the events. For HARM both arms
//! count what exceeds the threshold, against a ratio of one. For SAFE the candidate counts what exceeds
//! [`scaled_threshold`], again against one: if the candidate's durations were the baseline's times one plus the margin,
//! it would exceed the scaled threshold exactly as often as the baseline exceeds the plain one. A slow-down of both
//! arms raises both counts alike and cancels.

use crate::stats::histogram::edge_at_or_below;

/// The candidate's threshold for SAFE: the baseline's times one plus the margin, in microseconds.
///
/// Rounded down to a bucket edge, so that rounding makes SAFE harder to pass and never easier.
#[must_use]
pub fn scaled_threshold(threshold: u64, margin: f64) -> u64 {
    edge_at_or_below((threshold as f64 * (1.0 + margin)) as u64)
}
