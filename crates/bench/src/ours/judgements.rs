//! Judgements that come later than the answers they are about: [`Judgements`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A judgement and when it counts, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Judgement {
    pub(super) at: u64,
    pub(super) epoch: u32,
    pub(super) is_candidate: bool,
    pub(super) group: Option<u8>,
    pub(super) drawn: bool,
    pub(super) bad: bool,
}

/// Those that do not count yet, the next first.
#[derive(Default)]
pub(super) struct Judgements(BinaryHeap<Reverse<Judgement>>);

impl Judgements {
    pub(super) fn push(&mut self, judgement: Judgement) {
        self.0.push(Reverse(judgement));
    }

    /// The next whose time has come.
    pub(super) fn ripe(&mut self, now: u64) -> Option<Judgement> {
        let Reverse(next) = self.0.peek().copied().filter(|Reverse(next)| next.at <= now)?;
        self.0.pop();
        Some(next)
    }
}
