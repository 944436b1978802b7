//! A candidate that nothing is compared with: with `holdback: 0` it gets all of the traffic, and what there is to know
//! of it then is its own errors. They are held to the limit of the application's local guard.
//!
//! A limit is no comparison. It says nothing of a candidate that is worse and stays below it, and an incident that
//! would have met the baseline as well counts against the candidate. So it stands in only where a plan never leaves both
//! arms traffic; whatever was compared before has to have shown the candidate safe.

use super::plan::{Plan, Step};
use crate::analysis::measurement::Evidence;
use crate::analysis::tally::Counts;
use crate::application::LocalGuard;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::weight::Weight;

/// Errors of the candidate while it had all of the traffic.
pub fn errors(evidence: &Evidence) -> Counts {
    let alone = evidence.epochs.iter().filter(|counts| counts.epoch.weight == Weight::FULL);
    let mut total = Counts::default();
    for counts in alone {
        total.add(counts.candidate.counts(Metric::Errors));
    }
    total
}

/// Whether as many errors as these reach a limit, by the same rule as on a gateway.
pub fn reaches(errors: Counts, limit: &LocalGuard) -> bool {
    let trials = errors.trials > 0 && errors.trials >= u64::from(limit.min_requests);
    trials && errors.share().is_some_and(|share| share >= limit.errors.probability())
}

impl Plan {
    /// Whether any of its shares leaves both arms traffic to compare.
    pub fn compares(&self) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Weight(weight) => self.effective(*weight).compares(),
            Step::Bake(_) => self.effective(Weight::FULL).compares(),
            Step::Smoke(_) | Step::Analysis { .. } | Step::Pause { .. } => false,
        })
    }

    /// What whoever starts it should know, a sentence each: where it does not compare, and what then decides.
    pub fn caveats(&self) -> Vec<String> {
        let armed = self.guards.iter().any(Guard::gates_promotion);
        if self.effective(Weight::FULL).compares() || !armed {
            return Vec::new();
        }
        if self.compares() {
            return vec![
                "not compared during the bake: with holdback 0 nothing stays on the baseline, so that every guard has \
                 to have shown the candidate safe before"
                    .to_owned(),
            ];
        }
        let decides = self.local_guard.map_or_else(
            || {
                "the application has no localGuard to set a limit on errors, so that only a person can promote it"
                    .to_owned()
            },
            |limit| {
                format!(
                    "promotion needs time, fresh outcomes and errors below the localGuard's limit of {}",
                    limit.errors
                )
            },
        );
        vec![format!(
            "not compared: with holdback 0 and no share before it no guard can say anything; {decides}"
        )]
    }
}
