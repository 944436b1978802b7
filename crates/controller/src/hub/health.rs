//! Whether a gateway fares worse as a whole since it serves by a table: what a table can do wrong that nobody thought of
//! shows in the errors of whoever got it first. Entry point: [`Watch`].
//!
//! A brake, not a test: it compares the share of requests that failed since with what failed there before and with what
//! fails meanwhile where the table has not come, and acts on what no chance explains. Small harm is for guards to find.

use viridian_wire::tally::Vitals;

/// So many failures at least, before anything is called worse.
const LEAST_FAILED: u64 = 10;
/// Requests from which on a gateway is known to fare as before.
const ENOUGH: u64 = 20;
/// How much larger the share of failures has to be, in parts of the one it is compared with, and beyond that.
const TIMES: f64 = 2.0;
const BEYOND: f64 = 0.1;

/// What a gateway counted when it began to serve by a table.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    ended: u64,
    failed: u64,
}

/// Requests, and those of them that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counted {
    pub(super) ended: u64,
    pub(super) failed: u64,
}

impl Watch {
    pub(super) const fn begin(vitals: &Vitals) -> Self {
        Self { ended: vitals.ended, failed: vitals.failed }
    }

    /// What it counted since.
    pub(super) const fn counted(&self, vitals: &Vitals) -> Counted {
        Counted {
            ended: vitals.ended.saturating_sub(self.ended),
            failed: vitals.failed.saturating_sub(self.failed),
        }
    }

    /// What it had counted before.
    pub(super) const fn before(&self) -> Counted {
        Counted { ended: self.ended, failed: self.failed }
    }
}

impl Counted {
    pub(super) const fn add(&mut self, other: Self) {
        self.ended += other.ended;
        self.failed += other.failed;
    }

    /// Whether it is enough to tell that nothing has changed.
    pub(super) const fn is_enough(self) -> bool {
        self.ended >= ENOUGH
    }

    fn share(self) -> f64 {
        if self.ended == 0 { 0.0 } else { self.failed as f64 / self.ended as f64 }
    }

    /// How it is worse than both of what it is compared with, in numbers; nothing when it is not.
    /// `candidates` is the share a candidate has: what fails within it is for the guards to judge.
    pub(super) fn worse_than(self, before: Self, elsewhere: Self, candidates: f64) -> Option<String> {
        let reference = before.share().max(elsewhere.share());
        let most = TIMES * reference + BEYOND + candidates;
        let is_worse = self.failed >= LEAST_FAILED && self.share() > most;
        is_worse.then(|| {
            format!(
                "{} of {} requests failed since, {:.1}% before and {:.1}% meanwhile on other gateways",
                self.failed,
                self.ended,
                before.share() * 100.0,
                elsewhere.share() * 100.0
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_chance_explains_is_worse() {
        let check = |since: (u64, u64), before: (u64, u64), elsewhere: (u64, u64), worse: bool| {
            let [since, before, elsewhere] =
                [since, before, elsewhere].map(|(failed, ended)| Counted { ended, failed });
            let said = since.worse_than(before, elsewhere, 0.0);
            assert_eq!(said.is_some(), worse, "{since:?} {before:?} {elsewhere:?}");
        };
        check((0, 1_000), (0, 0), (0, 0), false);
        check((9, 9), (0, 1_000), (0, 0), false);
        check((10, 10), (0, 1_000), (0, 0), true);
        check((10, 10), (0, 0), (0, 0), true);
        check((10, 200), (0, 1_000), (0, 0), false);
        check((30, 200), (10, 1_000), (0, 100), true);
        // Everything fails everywhere: that is not the table's doing.
        check((50, 50), (0, 1_000), (48, 50), false);
        check((50, 50), (600, 1_000), (0, 50), false);
        // A candidate with half of the traffic that fails all of it is found by its guards.
        let half = Counted { ended: 100, failed: 50 };
        assert_eq!(half.worse_than(Counted::default(), Counted::default(), 0.5), None);
    }
}
