//! What was found of an epoch, remembered as long as its counts stand. A rollout is judged every second, and of its epochs only
//! the latest changes.

use crate::metric::Metric;
use crate::stats::evidence::capital::Side;
use crate::stats::evidence::conditional::CasesEpoch;
use std::sync::{Mutex, PoisonError};

/// What bets are asked of an epoch, with everything but its counts that the answer follows from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bet {
    /// What is bet on.
    pub(super) metric: Metric,
    /// Which side.
    pub(super) side: Side,
    /// By how much the candidate may be worse, as a part of the baseline.
    pub(super) margin: f64,
    /// What an amount that is not known counts as.
    pub(super) unknown: u64,
    /// The candidate's part of the cases.
    pub(super) probability: f64,
}

/// What a race among cases is asked, likewise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Race {
    /// The cases, as they are read.
    pub(super) cases: CasesEpoch,
    /// Which side.
    pub(super) side: Side,
}

/// By what the arms of an epoch are compared, likewise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Compared {
    /// The metric.
    pub(super) metric: Metric,
    /// How.
    pub(super) scale: Scale,
}

/// How arms are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// By the difference, or as the metric is compared anyway.
    Points,
    /// By the ratio.
    Ratio,
    /// By amounts as they are, beyond their cap as well.
    Uncapped,
}

/// Answers that were found.
#[derive(Debug)]
pub(super) struct Remembered<Question, Answer>(Mutex<Vec<(Question, Answer)>>);

impl<Question: Copy + PartialEq, Answer: Copy> Remembered<Question, Answer> {
    /// The answer, found now if it was not before.
    pub(super) fn or_find(&self, question: Question, find: impl FnOnce() -> Answer) -> Answer {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = known.iter().find(|(earlier, _)| *earlier == question) {
            return *found;
        }
        let found = find();
        known.push((question, found));
        found
    }

    /// Forgets all of it.
    pub(super) fn forget(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl<Question, Answer> Default for Remembered<Question, Answer> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

/// Who copies counts is about to change them.
impl<Question, Answer> Clone for Remembered<Question, Answer> {
    fn clone(&self) -> Self {
        Self::default()
    }
}
