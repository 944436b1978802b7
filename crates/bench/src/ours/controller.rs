//! What a controller adds to the evidence: [`input`] for a step, and the epoch that a rollout begins with.

use viridian_core::analysis::measurement::{ArmCounts, Evidence};
use viridian_core::analysis::verdict::Analysis;
use viridian_core::epoch::{Epoch, Thresholds};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::rollout::input::{Gateways, Input, Readiness, SmokeResult};
use viridian_core::rollout::state::State;
use viridian_core::rollout::uncompared;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// One gateway that serves by every table at once.
const GATEWAYS: Gateways = Gateways {
    known: 1,
    acknowledged: 1,
    exposed: 0,
    tripped: None,
    refused: None,
    oversized: None,
    unwell: None,
};

/// What a controller knows when it takes a step.
pub(crate) fn input(
    state: &State,
    analysis: &Analysis,
    calibration: &ArmCounts,
    evidence: &Evidence,
) -> Input {
    Input {
        sequence: state.sequence,
        commands: Vec::new(),
        gateways: GATEWAYS,
        calibration: calibration.tally.outcomes(),
        analysis: analysis.clone(),
        uncompared: uncompared::errors(evidence),
        gauges: Vec::new(),
        signs: Vec::new(),
        smoke: SmokeResult::Passed,
        baseline: Readiness::Ready,
        candidate: Readiness::Ready,
    }
}

/// The epoch before a rollout has given its candidate anything.
pub(crate) fn first_epoch() -> Epoch {
    Epoch {
        id: EpochId(1),
        weight: Weight::ZERO,
        thresholds: Thresholds::default(),
        centres: [0.0; Metric::ALL.len()],
        started_at: Timestamp(0),
        allotment: None,
    }
}
