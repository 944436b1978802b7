//! What the demo's callers saw with their own eyes, independent of anything the gateway counts.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// What the callers saw.
#[derive(Default)]
pub(super) struct Ledger {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    requests: u64,
    lost: u64,
    trial: Trial,
    /// The arm each user was served by last in this trial.
    arms: HashMap<usize, Side>,
}

/// What the callers saw of one candidate.
#[derive(Debug, Clone, Default)]
pub(super) struct Trial {
    /// Requests the candidate served.
    pub(super) candidate: u64,
    /// Of these, the bad answers.
    pub(super) bad: u64,
    /// Users the candidate served at least once.
    pub(super) touched: u64,
    /// Times a user went from the candidate to the baseline and back again.
    pub(super) flipped: u64,
    /// When the first bad answer of the candidate came.
    pub(super) first_bad: Option<Instant>,
    /// When the last request that the candidate served was sent.
    pub(super) last_candidate: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Baseline,
    /// The candidate, in a request sent then.
    Candidate(Instant),
    /// The candidate before, the baseline now.
    Returned,
}

impl Ledger {
    /// Begins the page of another candidate.
    pub(super) fn begin_trial(&self) {
        let mut pages = self.lock();
        pages.trial = Trial::default();
        pages.arms.clear();
    }

    /// A request that got no answer at all.
    pub(super) fn lost(&self) {
        self.lock().lost += 1;
    }

    /// An answer.
    pub(super) fn record(&self, user: usize, arm: &str, good: bool, started: Instant) {
        let mut pages = self.lock();
        pages.requests += 1;
        let before = pages.arms.get(&user).copied();
        let now = match (arm, before) {
            ("candidate", None | Some(Side::Baseline)) => {
                pages.trial.touched += 1;
                Side::Candidate(started)
            }
            ("candidate", Some(Side::Returned)) => {
                pages.trial.flipped += 1;
                Side::Candidate(started)
            }
            ("candidate", Some(Side::Candidate(at))) => Side::Candidate(at.max(started)),
            // A slow answer to an older request says nothing about where the user is sent now.
            (_, Some(Side::Candidate(at))) if started > at => Side::Returned,
            (_, before) => before.unwrap_or(Side::Baseline),
        };
        pages.arms.insert(user, now);
        if arm == "candidate" {
            let trial = &mut pages.trial;
            trial.candidate += 1;
            trial.last_candidate = trial.last_candidate.max(Some(started));
            if !good {
                trial.bad += 1;
                trial.first_bad.get_or_insert_with(Instant::now);
            }
        }
    }

    /// What was seen of the present candidate.
    pub(super) fn trial(&self) -> Trial {
        self.lock().trial.clone()
    }

    /// All answers, and requests without one.
    pub(super) fn totals(&self) -> (u64, u64) {
        let pages = self.lock();
        (pages.requests, pages.lost)
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        // Every entry is complete before the lock is released, so a poisoned ledger is still sound.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
