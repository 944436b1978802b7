//! Which starts are asked: those whose best guess lies at the margin or beyond may act, and all are asked to tell people.
//! A start that may not act needs no evidence, and most epochs of a sound candidate none at all.

use super::super::gap::{Gap, margin_of};
use super::Starts;
use crate::guard::Guard;

/// Which starts are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Those whose best guess lies at the margin or beyond: they act.
    Material,
    /// All, to tell people.
    All,
}

/// The starts that are asked.
pub(in super::super) struct Chosen {
    /// The first epoch of the earliest; no epoch when there is none.
    pub(super) first: usize,
    /// Whether each start is.
    pub(super) starts: Vec<bool>,
}

/// The best guess over the epochs since a start; they come one by one, the last first.
pub(in super::super) trait BestGuess {
    /// Adds an epoch, by its place among the compared ones.
    fn add(&mut self, epoch: usize);
    /// Whether it lies at the margin or beyond.
    fn is_material(&self) -> bool;
}

/// The best guess as gaps that add.
pub(in super::super) struct Gaps<'a> {
    guard: &'a Guard,
    /// On the scale of the gaps.
    margin: f64,
    gaps: &'a [Gap],
    sum: Gap,
}

impl<'a> Gaps<'a> {
    /// By the gap of each compared epoch.
    pub(in super::super) fn of(guard: &'a Guard, gaps: &'a [Gap]) -> Self {
        Self { guard, margin: margin_of(guard), gaps, sum: Gap::default() }
    }
}

impl BestGuess for Gaps<'_> {
    fn add(&mut self, epoch: usize) {
        self.sum += self.gaps[epoch];
    }

    fn is_material(&self) -> bool {
        self.sum.is_at(self.guard, self.margin)
    }
}

impl Starts<'_> {
    /// The starts that may act by a best guess.
    pub(in super::super) fn material(&self, guess: impl BestGuess) -> Chosen {
        self.chosen(Which::Material, guess)
    }

    /// All of them.
    pub(in super::super) fn all(&self) -> Chosen {
        Chosen { first: 0, starts: vec![true; self.starts.len()] }
    }

    pub(super) fn chosen(&self, which: Which, mut guess: impl BestGuess) -> Chosen {
        if which == Which::All {
            return self.all();
        }
        let mut chosen = Chosen { first: self.epochs.len(), starts: vec![false; self.starts.len()] };
        let mut unseen = self.epochs.len();
        for ((first, _), chosen_start) in self.starts.iter().zip(&mut chosen.starts).rev() {
            (*first..unseen).rev().for_each(|epoch| guess.add(epoch));
            unseen = *first;
            if guess.is_material() {
                (chosen.first, *chosen_start) = (*first, true);
            }
        }
        chosen
    }
}
