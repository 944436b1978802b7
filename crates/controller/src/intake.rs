//! Where the gateways' counters and feedback arrive. What is answered as durable is on disk.

use crate::hub::Hub;
use crate::nudge::{Clock, Nudge};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use viridian_core::analysis::guard::Guard;
use viridian_core::analysis::row::FeedbackRecord;
use viridian_core::id::ApplicationName;
use viridian_store::Store;
use viridian_wire::tally::TallyReport;

/// The most feedback that is kept in memory while it cannot be written down.
const UNSAVED_FEEDBACK: usize = 100_000;

/// Takes in what gateways report.
pub struct Intake {
    store: Store,
    hub: Arc<Hub>,
    clock: Clock,
    nudge: Nudge,
    unsaved: Mutex<Vec<FeedbackRecord>>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is on disk: the gateway may forget what is complete.
    Durable,
    /// It could not be written down; the gateway keeps its totals and reports them again.
    Kept,
}

impl Intake {
    /// An intake that writes to a store and nudges a controller.
    pub fn new(store: Store, hub: Arc<Hub>, clock: Clock, nudge: Nudge) -> Self {
        Self { store, hub, clock, nudge, unsaved: Mutex::default() }
    }

    /// Takes in a report. Blocks on the disk.
    pub fn receive(&self, report: TallyReport) -> Received {
        let now = (self.clock)();
        let tripped = !report.trips.is_empty();
        self.hub.heard(&report.origin.node, report.trips, now);
        if tripped {
            self.nudge.wake();
        }
        let totals = self.store.record(&report.origin, &report.tallies, &report.groups);
        let feedback = self.receive_feedback(report.feedback);
        match totals.and(feedback) {
            Ok(()) => Received::Durable,
            Err(error) => {
                tracing::warn!(error = %error, "measurements could not be written down");
                Received::Kept
            }
        }
    }

    /// Writes feedback down, with what could not be written before; keeps it when that fails.
    fn receive_feedback(&self, fresh: Vec<FeedbackRecord>) -> Result<(), viridian_store::Error> {
        let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        let room = UNSAVED_FEEDBACK.saturating_sub(unsaved.len());
        if fresh.len() > room {
            tracing::error!(lost = fresh.len() - room, "feedback was lost: the store cannot be written");
        }
        unsaved.extend(fresh.into_iter().take(room));
        if unsaved.is_empty() {
            return Ok(());
        }
        let maturities = self.maturities()?;
        self.store.record_feedback(&unsaved, &maturities)?;
        unsaved.clear();
        Ok(())
    }

    /// How long an opinion may still change, by application.
    fn maturities(&self) -> Result<BTreeMap<ApplicationName, Duration>, viridian_store::Error> {
        let applications = self.store.applications()?.into_iter();
        Ok(applications.map(|application| (application.name, longest(&application.guards))).collect())
    }
}

fn longest(guards: &[Guard]) -> Duration {
    guards.iter().map(|guard| guard.maturity).max().unwrap_or_default()
}
