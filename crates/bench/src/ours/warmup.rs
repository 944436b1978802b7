//! The warm-up of the candidate, as the one gateway there is would see it.

use super::micros;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use viridian_core::routing::warmth::Warmth;

/// How far the candidate is warmed up.
pub(super) struct Warmup {
    answers: u32,
    warmth: Warmth,
    /// When those that are not answered yet will be, in microseconds.
    answering: BinaryHeap<Reverse<u64>>,
}

impl Warmup {
    /// One of so many answers.
    pub(super) const fn of(answers: u32) -> Self {
        Self { answers, warmth: Warmth { sent: 0, answered: 0 }, answering: BinaryHeap::new() }
    }

    /// Whether it is over at a moment; none before is asked for afterwards.
    pub(super) fn is_over(&mut self, at: f64) -> bool {
        while !self.warmth.suffices(self.answers)
            && self.answering.peek().is_some_and(|Reverse(answered)| *answered <= micros(at))
        {
            self.answering.pop();
            self.warmth.answered += 1;
        }
        self.warmth.suffices(self.answers)
    }

    /// The candidate was sent a request that it will have answered at a moment.
    pub(super) fn sent(&mut self, answered: f64) {
        if !self.warmth.suffices(self.answers) {
            self.warmth.sent += 1;
            self.answering.push(Reverse(micros(answered)));
        }
    }
}
