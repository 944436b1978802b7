//! What a decision sees: the evidence as it was counted, judged, and what gateways, probes and people say.

use crate::error::Error;
use crate::hub::Hub;
use crate::ledger::Ledger;
use crate::length::oversized_rollout;
use crate::present::Present;
use crate::senses::{Senses, Subject};
use std::sync::Arc;
use viridian_core::analysis::drift::Sign;
use viridian_core::analysis::judge::{Units, decided};
use viridian_core::analysis::measurement::{ArmCounts, Evidence};
use viridian_core::application::Application;
use viridian_core::guard::maturity;
use viridian_core::rollout::input::{Gateways, Input};
use viridian_core::rollout::step::CALIBRATION;
use viridian_core::rollout::uncompared;
use viridian_core::routing::table::Placement;
use viridian_core::time::Timestamp;
use viridian_store::{PendingCommand, StoredExperiment, StoredRollout};

/// What was measured.
pub(crate) struct Measured {
    /// Since the rollout or the experiment began; empty without one.
    pub(crate) evidence: Arc<Evidence>,
    /// What the baseline did before.
    pub(crate) calibration: ArmCounts,
}

/// Reads what was measured that concerns an application now.
pub(crate) fn measured(store: &impl Ledger, present: &Present, now: Timestamp) -> Result<Measured, Error> {
    let name = &present.application.name;
    if let Some((StoredExperiment { experiment, first_epochs, .. }, _)) = &present.experiment {
        let from = first_epochs.get(name).copied().unwrap_or_default();
        return Ok(Measured {
            evidence: Arc::new(store.evidence(name, from, experiment.maturity(), now)?),
            calibration: store.calibration(name, from, CALIBRATION)?,
        });
    }
    let Some((rollout, _)) = &present.rollout else {
        return Ok(Measured { evidence: Arc::default(), calibration: ArmCounts::default() });
    };
    Ok(Measured {
        evidence: Arc::new(store.evidence(name, rollout.first_epoch, maturity(&rollout.plan.guards), now)?),
        calibration: store.calibration(name, rollout.first_epoch, CALIBRATION)?,
    })
}

/// Whether requests of an application are evidence one by one.
pub(crate) const fn units_of(application: &Application) -> Units {
    Units::of(&application.unit)
}

/// Everything the next step of a rollout depends on.
pub(crate) struct Sight<'a> {
    pub(crate) rollout: &'a StoredRollout,
    pub(crate) candidate: &'a Placement,
    pub(crate) commands: &'a [PendingCommand],
    pub(crate) signs: &'a [Sign],
}

impl Sight<'_> {
    /// Puts together the input of a step.
    pub(crate) fn input(
        &self,
        present: &Present,
        measured: &Measured,
        (hub, senses, now): (&Hub, &impl Senses, Timestamp),
    ) -> Input {
        let application = &present.application;
        Input {
            sequence: self.rollout.state.sequence,
            commands: self.commands.iter().map(|pending| pending.command.clone()).collect(),
            gateways: Gateways {
                oversized: oversized_rollout(present, hub.term()),
                ..hub.gateways(&application.name)
            },
            calibration: measured.calibration.tally.outcomes(),
            analysis: decided(&self.rollout.plan.guards, &measured.evidence, units_of(application)),
            signs: self.signs.to_vec(),
            gauges: senses
                .gauges(Subject { application, rollout: self.rollout, candidate: self.candidate }, now),
            smoke: senses.smoke(self.rollout, self.candidate),
            uncompared: uncompared::errors(&measured.evidence),
            baseline: senses.baseline(application, &present.baseline),
            candidate: senses.candidate(application, self.candidate),
        }
    }
}
