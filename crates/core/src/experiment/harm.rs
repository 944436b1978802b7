//! Guards of an experiment: each arm is held against the control as a rollout's candidate is against its baseline, by the same
//! judge. [`harmed`] says which arms a guard found worse.

use super::definition::Experiment;
use super::evidence::{Counted, Evidence, Span};
use crate::analysis::judge::{ALPHA_ROLLBACK, Units, verdicts_of_harm};
use crate::analysis::measurement::{self, EpochCounts};
use crate::analysis::verdict::{Judgement, Verdict};
use crate::epoch::Epoch;
use crate::guard::{Mode, OnFail};
use crate::id::ApplicationName;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// An arm that a guard found worse than the control. Of arms that are not, at most one in a hundred is ever found so: the
/// applications share that error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Harm {
    /// The arm, counted from zero.
    pub arm: usize,
    /// Where it did worse.
    pub application: ApplicationName,
    /// The guard and what it saw.
    pub judgement: Judgement,
    /// What follows for the arm.
    pub follows: Follows,
}

/// What follows from an arm that did worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Follows {
    /// It is told.
    Nothing,
    /// Nothing is concluded until a person has looked.
    APerson,
    /// The arm gets no more traffic.
    ArmStops,
}

/// Every arm that a guard found worse than the control, in any application, in the order of arms and guards.
pub fn harmed(experiment: &Experiment, evidence: &Evidence, units: Units) -> Vec<Harm> {
    let alpha = ALPHA_ROLLBACK / experiment.arms.applications().count().max(1) as f64;
    let mut found = Vec::new();
    for arm in 1..experiment.arms.len() {
        for (application, counted) in &evidence.applications {
            let against_control = against_control(counted, arm);
            let analysis = verdicts_of_harm(&experiment.guards, &against_control, units, alpha);
            for judgement in analysis.guards {
                let Verdict::Fail(on_fail) = judgement.verdict else { continue };
                let follows = match (judgement.guard.mode, on_fail) {
                    (Mode::Observe, _) | (_, OnFail::Notify) => Follows::Nothing,
                    (Mode::Enforce, OnFail::Pause) => Follows::APerson,
                    (Mode::Enforce, OnFail::Rollback) => Follows::ArmStops,
                };
                found.push(Harm { arm, application: application.clone(), judgement, follows });
            }
        }
    }
    found
}

/// An arm and the control as a rollout would see them.
fn against_control(counted: &Counted, arm: usize) -> measurement::Evidence {
    let of_span = |span: &Span| {
        let weight = rounded_up(span.probability(arm, 0)?);
        let epoch = Epoch {
            id: span.epoch,
            weight,
            thresholds: span.thresholds,
            centres: span.centres,
            started_at: span.started_at,
            allotment: None,
        };
        let (baseline, candidate) = (span.arms.first()?.clone(), span.arms.get(arm)?.clone());
        Some(EpochCounts::of(epoch, [baseline, candidate]))
    };
    measurement::Evidence { epochs: counted.spans.iter().filter_map(of_span).collect() }
}

/// A probability in whole basis points, never less than it is: more events are then expected on the arm, so that rounding can only
/// make it look better. Nothing is passed as safe here.
fn rounded_up(probability: f64) -> Weight {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 9 999")]
    let basis_points = (probability * 10_000.0 - 1e-6).ceil().clamp(1.0, 9_999.0) as u16;
    Weight::from_basis_points(basis_points).unwrap_or(Weight::FULL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_never_blames_an_arm() {
        let check = |probability: f64, basis_points| {
            assert_eq!(rounded_up(probability).basis_points(), basis_points, "{probability}");
        };
        check(0.5, 5_000);
        check(1.0 / 3.0, 3_334);
        check(2_000.0 / 8_000.0, 2_500);
        check(0.000_01, 1);
        check(0.999_99, 9_999);
    }
}
