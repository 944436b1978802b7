//! Reports that are not written down: why a rollout waits changes several times a second, and only what came with a
//! transition is history. Readers of the store find the latest one here.

use crate::Store;
use crate::transaction::unpoisoned;
use std::sync::Arc;
use viridian_core::id::RolloutName;
use viridian_core::rollout::noted::Noted;
use viridian_core::rollout::report::Report;

impl Store {
    /// Notes the latest report of a rollout, which may have led to nothing. It does not survive this process.
    pub fn note_report(&self, rollout: &RolloutName, report: Noted) {
        let mut notes = unpoisoned(&self.inner.notes);
        notes.insert(rollout.clone(), Arc::new(report));
    }

    /// The report that was noted last, if one was in this process.
    pub fn noted_report(&self, rollout: &RolloutName) -> Option<Report> {
        let noted = unpoisoned(&self.inner.notes).get(rollout).cloned();
        noted.map(|noted| noted.read().clone())
    }

    /// Forgets what was noted about a rollout that has ended.
    pub fn forget_report(&self, rollout: &RolloutName) {
        unpoisoned(&self.inner.notes).remove(rollout);
    }
}
