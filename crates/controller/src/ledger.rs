//! What the loop, the intake and the registry remember by, as far as they need it. Entry point: [`Ledger`].
//!
//! The database keeps to it in production; the simulation of whole fleets keeps to it with a model in memory that can be
//! away, full or uncertain on cue. What each call promises is written at [`Store`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use viridian_core::analysis::measurement::{ArmCounts, Evidence};
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, Origin, TallyRow};
use viridian_core::application::Application;
use viridian_core::companion::Number;
use viridian_core::epoch::Epoch;
use viridian_core::experiment::verdict::Analysis;
use viridian_core::id::{
    ApplicationName, EpochId, ExperimentName, Generation, NodeName, ReleaseName, RolloutName,
};
use viridian_core::rollout::noted::Noted;
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_store::{
    Commit, Committed, Error, ExperimentCommit, FeedbackReceipt, KnownGateway, PendingCommand, PendingOrder,
    Store, StoredExperiment, StoredRelease, StoredRollout, TableChange,
};

/// Applications, their rollouts and what was measured, for one term.
#[expect(clippy::missing_errors_doc, reason = "each call is that of the store, and so are its errors")]
pub trait Ledger {
    /// As [`Store::applications`].
    fn applications(&self) -> Result<Vec<Application>, Error>;
    /// As [`Store::application`].
    fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Error>;
    /// As [`Store::baseline`].
    fn baseline(&self, application: &ApplicationName) -> Result<Option<StoredRelease>, Error>;
    /// As [`Store::release`].
    fn release(&self, name: &ReleaseName) -> Result<Option<StoredRelease>, Error>;
    /// As [`Store::table`].
    fn table(&self, application: &ApplicationName) -> Result<Option<RoutingTable>, Error>;
    /// As [`Store::active_rollout`].
    fn active_rollout(&self, application: &ApplicationName) -> Result<Option<StoredRollout>, Error>;
    /// As [`Store::latest_epoch`].
    fn latest_epoch(&self, application: &ApplicationName) -> Result<Option<Epoch>, Error>;
    /// As [`Store::pending_commands`].
    fn pending_commands(&self, rollout: &RolloutName) -> Result<Vec<PendingCommand>, Error>;
    /// As [`Store::evidence`].
    fn evidence(
        &self,
        application: &ApplicationName,
        from: EpochId,
        maturity: Duration,
        now: Timestamp,
    ) -> Result<Evidence, Error>;
    /// As [`Store::calibration`].
    fn calibration(
        &self,
        application: &ApplicationName,
        before: EpochId,
        enough: u64,
    ) -> Result<ArmCounts, Error>;
    /// As [`Store::note_report`].
    fn note_report(&self, rollout: &RolloutName, report: Noted);
    /// As [`Store::reserve_generations`].
    fn reserve_generations(&self, application: &ApplicationName, count: u64) -> Result<Range<u64>, Error>;
    /// As [`Store::commit`].
    fn commit(&self, commit: &Commit<'_>) -> Result<Committed, Error>;
    /// As [`Store::commit_table`].
    fn commit_table(&self, change: &TableChange<'_>) -> Result<(), Error>;
    /// As [`Store::record`].
    fn record(&self, origin: &Origin, tallies: &[TallyRow], groups: &[GroupRow]) -> Result<(), Error>;
    /// As [`Store::record_feedback`].
    fn record_feedback(
        &self,
        records: &[FeedbackRecord],
        maturity: &BTreeMap<ApplicationName, Duration>,
    ) -> Result<FeedbackReceipt, Error>;
    /// As [`Store::known_gateways`].
    fn known_gateways(&self) -> Result<Vec<KnownGateway>, Error>;
    /// As [`Store::gateway_came`].
    fn gateway_came(&self, origin: &Origin, at: Timestamp) -> Result<(), Error>;
    /// As [`Store::gateways_heard`].
    fn gateways_heard(&self, heard: &[(NodeName, Timestamp)]) -> Result<(), Error>;
    /// As [`Store::gateway_left`].
    fn gateway_left(&self, origin: &Origin) -> Result<(), Error>;
    /// As [`Store::active_experiment`].
    fn active_experiment(&self, application: &ApplicationName) -> Result<Option<StoredExperiment>, Error>;
    /// As [`Store::active_experiments`].
    fn active_experiments(&self) -> Result<Vec<StoredExperiment>, Error>;
    /// As [`Store::experiment_numbered`].
    fn experiment_numbered(&self, number: Number) -> Result<Option<StoredExperiment>, Error>;
    /// As [`Store::next_order`].
    fn next_order(&self, experiment: &ExperimentName) -> Result<Option<PendingOrder>, Error>;
    /// As [`Store::commit_experiment`].
    fn commit_experiment(&self, commit: &ExperimentCommit<'_>) -> Result<Committed, Error>;
    /// As [`Store::note_analysis`].
    fn note_analysis(&self, experiment: &ExperimentName, analysis: Analysis);
    /// As [`Store::settle`].
    fn settle(&self, reached: &[(ApplicationName, Generation)]) -> Result<(), Error>;
}

impl Ledger for Store {
    fn applications(&self) -> Result<Vec<Application>, Error> {
        Self::applications(self)
    }

    fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Error> {
        Self::application(self, name)
    }

    fn baseline(&self, application: &ApplicationName) -> Result<Option<StoredRelease>, Error> {
        Self::baseline(self, application)
    }

    fn release(&self, name: &ReleaseName) -> Result<Option<StoredRelease>, Error> {
        Self::release(self, name)
    }

    fn table(&self, application: &ApplicationName) -> Result<Option<RoutingTable>, Error> {
        Self::table(self, application)
    }

    fn active_rollout(&self, application: &ApplicationName) -> Result<Option<StoredRollout>, Error> {
        Self::active_rollout(self, application)
    }

    fn latest_epoch(&self, application: &ApplicationName) -> Result<Option<Epoch>, Error> {
        Self::latest_epoch(self, application)
    }

    fn pending_commands(&self, rollout: &RolloutName) -> Result<Vec<PendingCommand>, Error> {
        Self::pending_commands(self, rollout)
    }

    fn evidence(
        &self,
        application: &ApplicationName,
        from: EpochId,
        maturity: Duration,
        now: Timestamp,
    ) -> Result<Evidence, Error> {
        Self::evidence(self, application, from, maturity, now)
    }

    fn calibration(
        &self,
        application: &ApplicationName,
        before: EpochId,
        enough: u64,
    ) -> Result<ArmCounts, Error> {
        Self::calibration(self, application, before, enough)
    }

    fn note_report(&self, rollout: &RolloutName, report: Noted) {
        Self::note_report(self, rollout, report);
    }

    fn reserve_generations(&self, application: &ApplicationName, count: u64) -> Result<Range<u64>, Error> {
        Self::reserve_generations(self, application, count)
    }

    fn commit(&self, commit: &Commit<'_>) -> Result<Committed, Error> {
        Self::commit(self, commit)
    }

    fn commit_table(&self, change: &TableChange<'_>) -> Result<(), Error> {
        Self::commit_table(self, change)
    }

    fn record(&self, origin: &Origin, tallies: &[TallyRow], groups: &[GroupRow]) -> Result<(), Error> {
        Self::record(self, origin, tallies, groups)
    }

    fn record_feedback(
        &self,
        records: &[FeedbackRecord],
        maturity: &BTreeMap<ApplicationName, Duration>,
    ) -> Result<FeedbackReceipt, Error> {
        Self::record_feedback(self, records, maturity)
    }
    fn known_gateways(&self) -> Result<Vec<KnownGateway>, Error> {
        Self::known_gateways(self)
    }

    fn gateway_came(&self, origin: &Origin, at: Timestamp) -> Result<(), Error> {
        Self::gateway_came(self, origin, at)
    }

    fn gateways_heard(&self, heard: &[(NodeName, Timestamp)]) -> Result<(), Error> {
        Self::gateways_heard(self, heard)
    }

    fn gateway_left(&self, origin: &Origin) -> Result<(), Error> {
        Self::gateway_left(self, origin)
    }

    fn settle(&self, reached: &[(ApplicationName, Generation)]) -> Result<(), Error> {
        Self::settle(self, reached)
    }

    fn active_experiment(&self, application: &ApplicationName) -> Result<Option<StoredExperiment>, Error> {
        Self::active_experiment(self, application)
    }

    fn active_experiments(&self) -> Result<Vec<StoredExperiment>, Error> {
        Self::active_experiments(self)
    }

    fn experiment_numbered(&self, number: Number) -> Result<Option<StoredExperiment>, Error> {
        Self::experiment_numbered(self, number)
    }

    fn next_order(&self, experiment: &ExperimentName) -> Result<Option<PendingOrder>, Error> {
        Self::next_order(self, experiment)
    }

    fn commit_experiment(&self, commit: &ExperimentCommit<'_>) -> Result<Committed, Error> {
        Self::commit_experiment(self, commit)
    }

    fn note_analysis(&self, experiment: &ExperimentName, analysis: Analysis) {
        Self::note_analysis(self, experiment, analysis);
    }
}
