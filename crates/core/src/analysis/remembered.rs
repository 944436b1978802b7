//! What bets have made of an epoch, remembered as long as its counts stand. A rollout is judged every second, and of its epochs
//! only the latest changes.

use crate::metric::Metric;
use crate::stats::evidence::capital::{Capital, Side};
use std::sync::{Mutex, PoisonError};

/// What is asked of an epoch, with everything but its counts that the answer follows from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Question {
    /// What is bet on.
    pub(super) metric: Metric,
    /// Which side.
    pub(super) side: Side,
    /// By how much the candidate may be worse, as a part of the baseline.
    pub(super) margin: f64,
    /// What an amount that is not known counts as.
    pub(super) unknown: u64,
}

/// Answers that were found.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Vec<(Question, Capital)>>);

impl Remembered {
    /// The answer, found now if it was not before.
    pub(super) fn or_find(&self, question: Question, find: impl FnOnce() -> Capital) -> Capital {
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

/// Who copies counts is about to change them.
impl Clone for Remembered {
    fn clone(&self) -> Self {
        Self::default()
    }
}
