//! Where the gateways' counters and feedback arrive. What is answered as durable is on disk.

use crate::hub::{Hub, Unheard};
use crate::ledger::Ledger;
use crate::nudge::Nudge;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use viridian_core::analysis::row::{FeedbackRecord, Origin};
use viridian_core::application::Application;
use viridian_core::guard::maturity;
use viridian_core::id::ApplicationName;
use viridian_crash as crash;
use viridian_store::Store;
use viridian_wire::tally::TallyReport;

/// Takes in what gateways report.
pub struct Intake<L = Store> {
    ledger: L,
    hub: Arc<Hub>,
    nudge: Nudge,
    /// Whether the last report could not be written down.
    failing: AtomicBool,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is on disk: the gateway may forget what is complete.
    Durable,
    /// It could not be written down; the gateway keeps its totals and reports them again.
    Kept,
}

impl<L: Ledger> Intake<L> {
    /// An intake that writes to a ledger and nudges a controller.
    pub fn new(ledger: L, hub: Arc<Hub>, nudge: Nudge) -> Self {
        Self { ledger, hub, nudge, failing: AtomicBool::new(false) }
    }

    /// Takes in a report. What was counted is true whoever has the gateway's name by now. Blocks on the disk.
    ///
    /// # Errors
    /// Another process has taken the gateway's name, or it has no place here; what could be written down was.
    pub fn receive(&self, report: TallyReport) -> Result<Received, Unheard> {
        let TallyReport { origin, tallies, groups, feedback, trips, vitals } = report;
        let Origin { node, boot } = &origin;
        if let Some(vitals) = vitals {
            self.hub.fares(node, *boot, vitals);
        }
        let tripped = !trips.is_empty();
        let heard = self.hub.heard(node, *boot, trips);
        if tripped {
            self.nudge.wake();
        }
        let totals = self.ledger.record(&origin, &tallies, &groups);
        let feedback = self.receive_feedback(&feedback);
        let written = totals.and(feedback).inspect_err(|error| self.hub.resign_if_fenced(error));
        crash::at(crash::Place::Counted);
        self.tell(written.as_ref().err());
        heard.map(|()| if written.is_ok() { Received::Durable } else { Received::Kept })
    }

    /// Says once that measurements cannot be written down, and once that they can again: reports come several times in
    /// a second, and the log may lie on the disk that is full.
    fn tell(&self, error: Option<&viridian_store::Error>) {
        let failed_before = self.failing.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !failed_before => {
                tracing::warn!(error = %error, "measurements cannot be written down; steps forward wait, traffic goes on");
            }
            None if failed_before => tracing::info!("measurements are written down again"),
            _ => {}
        }
    }

    fn receive_feedback(&self, fresh: &[FeedbackRecord]) -> Result<(), viridian_store::Error> {
        if fresh.is_empty() {
            return Ok(());
        }
        self.ledger.record_feedback(fresh, &self.maturities()?)?;
        Ok(())
    }

    /// How long an opinion may still change, by application: as long as one of its guards waits, or one of those that its
    /// rollout was planned with, or its experiment.
    fn maturities(&self) -> Result<BTreeMap<ApplicationName, Duration>, viridian_store::Error> {
        let applications = self.ledger.applications()?.into_iter();
        let longest = |application: Application| {
            let rollout = self.ledger.active_rollout(&application.name)?;
            let planned = rollout.map(|stored| maturity(&stored.plan.guards));
            let experiment = self.ledger.active_experiment(&application.name)?;
            let conducted = experiment.map(|stored| stored.experiment.maturity());
            let own = maturity(&application.guards);
            Ok((application.name, own.max(planned.unwrap_or_default()).max(conducted.unwrap_or_default())))
        };
        applications.map(longest).collect()
    }
}
