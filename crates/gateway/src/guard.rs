//! What this gateway knows of a candidate by itself: whether it has had its warm-up, and whether the local guard sent
//! its share back to the baseline. Entry points: [`Watch::local`] before a decision, [`Watch::sent`] and
//! [`Watch::record`] after.
//!
//! The guard looks at the latest outcomes of the candidate here, and acts when too many are errors while the baseline's
//! own are not: when both arms are broken, sending everything to one of them helps nobody. It acts at once, with the
//! controller down, and holds until the next epoch. The warm-up belongs to the rollout: a new epoch does not repeat it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use viridian_core::application::LocalGuard;
use viridian_core::arm::Arm;
use viridian_core::id::{EpochId, RolloutName};
use viridian_core::outcome::Class;
use viridian_core::routing::decide::Local;
use viridian_core::routing::table::Comparison;
use viridian_core::routing::warmth::{Warmth, most_sent};
use viridian_core::weight::Weight;

/// The longest window: far beyond what a guard needs that is to act at once.
pub(crate) const LONGEST_WINDOW: u32 = 100_000;

/// What this gateway knows of the candidate of one epoch.
pub(crate) struct Watch {
    rollout: RolloutName,
    epoch: EpochId,
    warmup: u32,
    /// Shared by all epochs of the rollout.
    warmth: Arc<WarmingUp>,
    guard: Option<Guard>,
}

/// What is known of the candidate's [`Warmth`], as far as the warm-up.
#[derive(Default)]
struct WarmingUp {
    sent: AtomicU32,
    answered: AtomicU32,
}

struct Guard {
    rule: LocalGuard,
    tripped: AtomicBool,
    windows: Mutex<Windows>,
}

struct Windows {
    baseline: Window,
    candidate: Window,
}

/// The latest outcomes of one arm, the oldest overwritten first.
struct Window {
    /// Whether each was an error, in a ring.
    latest: Vec<bool>,
    capacity: usize,
    next: usize,
    errors: usize,
}

impl Watch {
    /// The watch over a comparison. What is known from the previous table goes on where it still applies.
    pub(crate) fn over(comparison: &Comparison, epoch: EpochId, previous: Option<&Arc<Self>>) -> Arc<Self> {
        let previous = previous.filter(|watch| watch.rollout == comparison.rollout);
        let same = |watch: &&Arc<Self>| {
            let rule = watch.guard.as_ref().map(|guard| guard.rule);
            watch.epoch == epoch && watch.warmup == comparison.warmup && rule == comparison.local_guard
        };
        if let Some(watch) = previous.filter(same) {
            return Arc::clone(watch);
        }
        Arc::new(Self {
            rollout: comparison.rollout.clone(),
            epoch,
            warmup: comparison.warmup,
            warmth: previous.map(|watch| Arc::clone(&watch.warmth)).unwrap_or_default(),
            guard: comparison.local_guard.map(Guard::new),
        })
    }

    /// What a decision is to take into account.
    pub(crate) fn local(&self) -> Local {
        if self.has_tripped() {
            Local::Tripped
        } else if self.warmth.now().suffices(self.warmup) {
            Local::Open
        } else {
            Local::WarmingUp
        }
    }

    /// Whether the local guard has acted and still holds.
    pub(crate) fn has_tripped(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.tripped.load(Ordering::Relaxed))
    }

    /// The rollout it watches.
    pub(crate) fn rollout(&self) -> &RolloutName {
        &self.rollout
    }

    /// A request goes to this arm.
    pub(crate) fn sent(&self, arm: Arm) {
        if arm == Arm::Candidate {
            count_below(&self.warmth.sent, most_sent(self.warmup));
        }
    }

    /// A request to this arm ended so.
    pub(crate) fn record(&self, arm: Arm, class: Class) {
        if class == Class::Cancelled {
            return;
        }
        if arm == Arm::Candidate {
            count_below(&self.warmth.answered, self.warmup);
        }
        if let Some(guard) = &self.guard {
            guard.record(arm, class.is_error());
        }
    }
}

impl WarmingUp {
    fn now(&self) -> Warmth {
        Warmth { sent: self.sent.load(Ordering::Relaxed), answered: self.answered.load(Ordering::Relaxed) }
    }
}

/// Counts one more, as long as it is below a number. Workers that count at once may pass it by as many as they are.
fn count_below(counter: &AtomicU32, most: u32) {
    if counter.load(Ordering::Relaxed) < most {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Guard {
    fn new(rule: LocalGuard) -> Self {
        let window = || Window::new(rule.min_requests.clamp(1, LONGEST_WINDOW));
        let windows = Windows { baseline: window(), candidate: window() };
        Self { rule, tripped: AtomicBool::new(false), windows: Mutex::new(windows) }
    }

    fn record(&self, arm: Arm, is_error: bool) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        match arm {
            Arm::Baseline => windows.baseline.push(is_error),
            Arm::Candidate => windows.candidate.push(is_error),
            Arm::Treatment(_) => {}
        }
        let Windows { baseline, candidate } = &*windows;
        if candidate.is_full() && candidate.reaches(self.rule.errors) && !baseline.reaches(self.rule.errors) {
            self.tripped.store(true, Ordering::Relaxed);
        }
    }
}

impl Window {
    fn new(capacity: u32) -> Self {
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        Self { latest: Vec::new(), capacity, next: 0, errors: 0 }
    }

    fn push(&mut self, is_error: bool) {
        self.errors += usize::from(is_error);
        if self.is_full() {
            let oldest = std::mem::replace(&mut self.latest[self.next], is_error);
            self.errors -= usize::from(oldest);
        } else {
            self.latest.push(is_error);
        }
        self.next = (self.next + 1) % self.capacity;
    }

    fn is_full(&self) -> bool {
        self.latest.len() == self.capacity
    }

    /// Whether the share of errors is at least the limit; never without outcomes.
    fn reaches(&self, limit: Weight) -> bool {
        let share_reached = self.errors * 10_000 >= self.latest.len() * usize::from(limit.basis_points());
        !self.latest.is_empty() && share_reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: LocalGuard = LocalGuard {
        errors: match Weight::from_basis_points(5_000) {
            Ok(half) => half,
            Err(_) => Weight::FULL,
        },
        min_requests: 4,
    };

    fn comparison(rollout: &str, warmup: u32, local_guard: Option<LocalGuard>) -> Comparison {
        let comparison = viridian_testkit::table::comparison(
            viridian_testkit::table::placement("v2", "http://green"),
            1_000,
        );
        Comparison { rollout: RolloutName::parse(rollout).unwrap(), warmup, local_guard, ..comparison }
    }

    fn guarded() -> Comparison {
        comparison("chat-v2", 0, Some(RULE))
    }

    /// Outcomes as text: arms `b` and `c`, in capitals when they are errors.
    fn check(outcomes: &str, trips: bool) {
        let watch = Watch::over(&guarded(), EpochId(1), None);
        for outcome in outcomes.chars() {
            let arm = if outcome.eq_ignore_ascii_case(&'c') { Arm::Candidate } else { Arm::Baseline };
            let class = if outcome.is_ascii_uppercase() { Class::UpstreamError } else { Class::Ok };
            watch.record(arm, class);
        }
        assert_eq!(watch.local() == Local::Tripped, trips, "{outcomes}");
    }

    #[test]
    fn the_guard_acts_on_the_latest_outcomes_of_the_candidate() {
        check("", false);
        check("CCC", false);
        check("CCCC", true);
        check("CCcc", true);
        check("Cccc", false);
        check("ccccccCC", true);
        check("CcccC", false);
    }

    #[test]
    fn the_guard_does_not_act_when_the_baseline_is_as_broken() {
        check("BBBBCCCC", false);
        check("BbBbCCCC", false);
        check("bbBbCCCC", true);
        check("BBBBCCCCbbbbC", true);
    }

    #[test]
    fn callers_who_went_away_say_nothing() {
        let watch = Watch::over(&guarded(), EpochId(1), None);
        for _ in 0..10 {
            watch.record(Arm::Candidate, Class::Cancelled);
        }
        assert_eq!(watch.local(), Local::Open);
    }

    #[test]
    fn a_tripped_guard_holds_until_the_next_epoch() {
        let watch = Watch::over(&guarded(), EpochId(1), None);
        for _ in 0..4 {
            watch.record(Arm::Candidate, Class::Timeout);
        }
        let republished = Watch::over(&guarded(), EpochId(1), Some(&watch));
        assert_eq!(republished.local(), Local::Tripped);
        let next = Watch::over(&guarded(), EpochId(2), Some(&watch));
        assert_eq!(next.local(), Local::Open);
    }

    #[test]
    fn the_warm_up_belongs_to_the_rollout() {
        let watch = Watch::over(&comparison("chat-v2", 2, None), EpochId(1), None);
        watch.record(Arm::Baseline, Class::Ok);
        watch.record(Arm::Candidate, Class::Ok);
        assert_eq!(watch.local(), Local::WarmingUp);
        let next = Watch::over(&comparison("chat-v2", 2, None), EpochId(2), Some(&watch));
        next.record(Arm::Candidate, Class::UpstreamError);
        assert_eq!(next.local(), Local::Open);
        let other = Watch::over(&comparison("chat-v3", 2, None), EpochId(3), Some(&next));
        assert_eq!(other.local(), Local::WarmingUp);
    }

    #[test]
    fn a_candidate_that_answers_nobody_is_waited_for_only_so_long() {
        let watch = Watch::over(&comparison("chat-v2", 2, None), EpochId(1), None);
        for _ in 0..5 {
            watch.sent(Arm::Candidate);
            watch.record(Arm::Candidate, Class::Cancelled);
            assert_eq!(watch.local(), Local::WarmingUp);
        }
        watch.sent(Arm::Candidate);
        assert_eq!(watch.local(), Local::Open);
    }
}
