//! What the loop and the intake ask of the database made up.

use super::{Begun, Direction, Disk, Model, unknown};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use viridian_controller::Ledger;
use viridian_core::analysis::measurement::{ArmCounts, Evidence};
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, Origin, TallyRow};
use viridian_core::application::Application;
use viridian_core::companion::Number;
use viridian_core::epoch::Epoch;
use viridian_core::experiment::verdict::Analysis;
use viridian_core::id::{
    ApplicationName, EpochId, ExperimentName, Generation, NodeName, ReleaseName, RolloutName, Term,
};
use viridian_core::rollout::effect::Effect;
use viridian_core::rollout::noted::Noted;
use viridian_core::rollout::state::Phase;
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_store::events::{Fact, Move, Stream};
use viridian_store::{
    Commit, Committed, Error, ExperimentCommit, FeedbackReceipt, KnownGateway, PendingCommand, PendingOrder,
    Rejected, StoredExperiment, StoredRelease, StoredRollout, TableChange,
};

/// How many epochs calibration looks back, as in the store.
const CALIBRATION_EPOCHS: usize = 64;

impl Ledger for Model {
    fn applications(&self) -> Result<Vec<Application>, Error> {
        self.read(|disk| Ok(disk.applications.values().map(|applied| applied.application.clone()).collect()))
    }

    fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Error> {
        self.read(|disk| Ok(disk.applications.get(name).map(|applied| applied.application.clone())))
    }

    fn baseline(&self, application: &ApplicationName) -> Result<Option<StoredRelease>, Error> {
        self.read(|disk| {
            let name = disk.applied(application)?.baseline.as_ref();
            Ok(name.and_then(|name| disk.releases.get(name)).cloned())
        })
    }

    fn release(&self, name: &ReleaseName) -> Result<Option<StoredRelease>, Error> {
        self.read(|disk| Ok(disk.releases.get(name).cloned()))
    }

    fn table(&self, application: &ApplicationName) -> Result<Option<RoutingTable>, Error> {
        self.read(|disk| Ok(disk.tables.get(application).cloned()))
    }

    fn active_rollout(&self, application: &ApplicationName) -> Result<Option<StoredRollout>, Error> {
        self.read(|disk| {
            let is_active = |stored: &&StoredRollout| {
                stored.proposal.application == *application
                    && stored.ended_at.is_none()
                    && stored.waits_for.is_none()
            };
            Ok(disk.rollouts.iter().find(is_active).cloned())
        })
    }

    fn latest_epoch(&self, application: &ApplicationName) -> Result<Option<Epoch>, Error> {
        self.read(|disk| Ok(disk.begun(application).last().map(|begun| begun.epoch)))
    }

    fn pending_commands(&self, rollout: &RolloutName) -> Result<Vec<PendingCommand>, Error> {
        let unwritten = self.unwritten.borrow().clone();
        self.read(|disk| {
            let open = disk.commands.iter().filter(|ordered| !ordered.is_answered);
            let written = open.map(|ordered| &ordered.order).filter(|order| order.rollout == *rollout);
            let mut pending: Vec<PendingCommand> = written.cloned().collect();
            pending.extend(unwritten.into_iter().filter(|order| order.rollout == *rollout));
            pending.sort_by_key(|order| order.id);
            Ok(pending)
        })
    }

    fn evidence(
        &self,
        application: &ApplicationName,
        from: EpochId,
        _maturity: Duration,
        now: Timestamp,
    ) -> Result<Evidence, Error> {
        self.read(|disk| {
            let epochs = disk.begun(application).iter().filter(|begun| begun.epoch.id >= from);
            let counts = epochs.map(|begun| disk.counted.of_epoch(application, begun.epoch));
            Ok(Evidence::until(now, counts.collect()))
        })
    }

    fn calibration(
        &self,
        application: &ApplicationName,
        before: EpochId,
        enough: u64,
    ) -> Result<ArmCounts, Error> {
        self.read(|disk| {
            let baseline = disk.applications.get(application).and_then(|applied| applied.baseline.as_ref());
            let is_like_now = |begun: &&Begun| begun.epoch.id < before && Some(&begun.baseline) == baseline;
            let mut total = ArmCounts::default();
            let earlier = disk.begun(application).iter().rev().filter(is_like_now);
            for begun in earlier.take(CALIBRATION_EPOCHS) {
                if total.tally.outcomes() >= enough {
                    break;
                }
                total.add(&disk.counted.of_epoch(application, begun.epoch).baseline);
            }
            Ok(total)
        })
    }

    /// Reports of waiting are for people, of whom there are none here.
    fn note_report(&self, _rollout: &RolloutName, _report: Noted) {}

    fn reserve_generations(&self, application: &ApplicationName, count: u64) -> Result<Range<u64>, Error> {
        self.write(Direction::Back, |disk| {
            let applied = disk.applied_mut(application)?;
            let start = applied.next_generation;
            applied.next_generation += count;
            Ok(start..start + count)
        })
    }

    fn commit(&self, commit: &Commit<'_>) -> Result<Committed, Error> {
        let direction = match &commit.next.phase {
            Phase::RollingBack { .. }
            | Phase::RolledBack { .. }
            | Phase::Aborted { .. }
            | Phase::Superseded { .. } => Direction::Back,
            _ => Direction::Forward,
        };
        let term = self.term;
        self.write_decision(direction, |disk| disk.commit(commit, term))
    }

    fn commit_table(&self, change: &TableChange<'_>) -> Result<(), Error> {
        let application = &change.table.application;
        let stream = Stream::Application(application.clone());
        let fact = Fact::TablePublished {
            generation: change.table.generation,
            epoch: change.table.epoch,
            because: change.because.to_owned(),
        };
        let term = self.term;
        self.write_decision(Direction::Forward, |disk| {
            if disk.latest_if_same(&stream, &fact).is_some() {
                return Ok(());
            }
            disk.check_publication(application, Some(change.table), change.epoch)?;
            disk.publish(application, Some(change.table), change.epoch);
            disk.append(term, stream, fact);
            Ok(())
        })
    }

    fn record(&self, origin: &Origin, tallies: &[TallyRow], groups: &[GroupRow]) -> Result<(), Error> {
        self.write(Direction::Forward, |disk| {
            disk.counted.record(origin, tallies, groups);
            Ok(())
        })
    }

    /// Nobody rates answers here.
    fn record_feedback(
        &self,
        _records: &[FeedbackRecord],
        _maturity: &BTreeMap<ApplicationName, Duration>,
    ) -> Result<FeedbackReceipt, Error> {
        Ok(FeedbackReceipt::default())
    }

    fn known_gateways(&self) -> Result<Vec<KnownGateway>, Error> {
        self.read(|disk| Ok(disk.gateways.values().cloned().collect()))
    }

    fn gateway_came(&self, origin: &Origin, at: Timestamp) -> Result<(), Error> {
        self.write(Direction::Back, |disk| {
            let known = KnownGateway { origin: origin.clone(), came_at: at, heard_at: at };
            disk.gateways.insert(origin.node.clone(), known);
            Ok(())
        })
    }

    fn gateways_heard(&self, heard: &[(NodeName, Timestamp)]) -> Result<(), Error> {
        self.write(Direction::Forward, |disk| {
            for (node, at) in heard {
                if let Some(known) = disk.gateways.get_mut(node) {
                    known.heard_at = known.heard_at.max(*at);
                }
            }
            Ok(())
        })
    }

    fn gateway_left(&self, origin: &Origin) -> Result<(), Error> {
        self.write(Direction::Back, |disk| {
            disk.gateways.retain(|_, known| known.origin != *origin);
            Ok(())
        })
    }

    /// Nobody experiments here.
    fn active_experiment(&self, _application: &ApplicationName) -> Result<Option<StoredExperiment>, Error> {
        Ok(None)
    }

    fn active_experiments(&self) -> Result<Vec<StoredExperiment>, Error> {
        Ok(Vec::new())
    }

    fn experiment_numbered(&self, _number: Number) -> Result<Option<StoredExperiment>, Error> {
        Ok(None)
    }

    fn next_order(&self, _experiment: &ExperimentName) -> Result<Option<PendingOrder>, Error> {
        Ok(None)
    }

    fn commit_experiment(&self, commit: &ExperimentCommit<'_>) -> Result<Committed, Error> {
        Err(unknown("experiment", commit.experiment))
    }

    fn note_analysis(&self, _experiment: &ExperimentName, _analysis: Analysis) {}

    /// Every table reaches all at once when a controller starts here.
    fn settle(&self, _reached: &[(ApplicationName, Generation)]) -> Result<(), Error> {
        self.write(Direction::Back, |_| Ok(()))
    }
}

impl Disk {
    fn begun(&self, application: &ApplicationName) -> &[Begun] {
        self.epochs.get(application).map_or(&[], Vec::as_slice)
    }

    fn commit(&mut self, commit: &Commit<'_>, term: Term) -> Result<Committed, Error> {
        let stored = self.rollout(commit.rollout)?.clone();
        let stream = Stream::Rollout(commit.rollout.clone());
        let fact = Fact::Moved(Box::new(Move {
            next: commit.next.clone(),
            report: commit.report.clone(),
            effects: commit.effects.to_vec(),
            answered: commit.answered.to_vec(),
            generation: commit.table.map(|table| table.generation),
            epoch: commit.epoch.map(|epoch| epoch.id),
        }));
        if let Some(event) = self.latest_if_same(&stream, &fact) {
            return Ok(Committed::Already { event });
        }
        check_sequence(&stored, commit)?;
        let application = &stored.proposal.application;
        self.check_publication(application, commit.table, commit.epoch)?;
        let event = self.append(term, stream, fact);
        self.update(commit);
        for effect in commit.effects {
            self.carry_out(&stored, commit, effect, term);
        }
        self.publish(application, commit.table, commit.epoch);
        let is_end = commit.next.is_end();
        for ordered in &mut self.commands {
            let is_over = is_end && ordered.order.rollout == *commit.rollout;
            ordered.is_answered |= is_over || commit.answered.contains(&ordered.order.id);
        }
        if is_end {
            self.release_waiting(&stored);
        }
        Ok(Committed::Now { event })
    }

    fn update(&mut self, commit: &Commit<'_>) {
        let found = self.rollouts.iter_mut().find(|stored| stored.proposal.name == *commit.rollout);
        let Some(stored) = found else { return };
        stored.state = commit.next.clone();
        stored.latest_report = Some(commit.report.clone());
        stored.ended_at = commit.next.is_end().then_some(commit.at);
    }

    fn carry_out(&mut self, stored: &StoredRollout, commit: &Commit<'_>, effect: &Effect, term: Term) {
        let (application, candidate) = (&stored.proposal.application, &stored.proposal.candidate);
        match effect {
            Effect::MakeBaseline => {
                if let Some(applied) = self.applications.get_mut(application) {
                    applied.baseline = Some(candidate.clone());
                }
                let fact =
                    Fact::BaselineMoved { release: candidate.clone(), rollout: commit.rollout.clone() };
                self.append(term, Stream::Application(application.clone()), fact);
            }
            Effect::RejectCandidate => {
                let because = match &commit.next.phase {
                    Phase::RolledBack { cause } => cause.to_string(),
                    _ => commit.report.sentence.clone(),
                };
                let rollout = commit.rollout.clone();
                let fact = Fact::Rejected { rollout: rollout.clone(), because: because.clone() };
                if let Some(release) = self.releases.get_mut(candidate) {
                    release.rejected = Some(Rejected { at: commit.at, rollout, because });
                }
                self.append(term, Stream::Release(candidate.clone()), fact);
            }
            // The outbox is for people.
            Effect::Notify { .. } => {}
        }
    }

    /// Lets whoever waited for an ended rollout begin, with the baseline of now and no evidence of before.
    fn release_waiting(&mut self, ended: &StoredRollout) {
        let application = &ended.proposal.application;
        let baseline = self.applications.get(application).and_then(|applied| applied.baseline.clone());
        let first_epoch = EpochId(self.next_epoch(application).max(2));
        let waiting = self.rollouts.iter_mut().filter(|stored| {
            stored.waits_for.as_ref() == Some(&ended.proposal.name) && stored.ended_at.is_none()
        });
        for stored in waiting {
            stored.waits_for.clone_from(&ended.waits_for);
            stored.first_epoch = first_epoch;
            if let Some(baseline) = &baseline {
                stored.baseline = baseline.clone();
            }
        }
    }

    fn check_publication(
        &self,
        application: &ApplicationName,
        table: Option<&RoutingTable>,
        epoch: Option<&Epoch>,
    ) -> Result<(), Error> {
        if let Some(epoch) = epoch {
            if self.applied(application)?.baseline.is_none() {
                return Err(Error::Refused(format!("application '{application}' has no baseline yet")));
            }
            let least = self.next_epoch(application);
            if epoch.id.0 < least {
                return Err(conflict(
                    format!("the epoch of '{application}'"),
                    epoch.id.0.into(),
                    u64::from(least) - 1,
                ));
            }
        }
        let Some(table) = table else { return Ok(()) };
        let applied = self
            .applications
            .get(&table.application)
            .ok_or_else(|| unknown("application", &table.application))?;
        let Generation(given) = table.generation;
        if given >= applied.next_generation {
            return Err(Error::Refused(format!("generation {given} of '{application}' was not reserved")));
        }
        let found = self.tables.get(&table.application).map_or(0, |table| table.generation.0);
        if given <= found {
            return Err(conflict(format!("the routing table of '{application}'"), given, found));
        }
        Ok(())
    }

    fn publish(
        &mut self,
        application: &ApplicationName,
        table: Option<&RoutingTable>,
        epoch: Option<&Epoch>,
    ) {
        let baseline = self.applications.get(application).and_then(|applied| applied.baseline.clone());
        if let Some((epoch, baseline)) = epoch.zip(baseline) {
            self.epochs.entry(application.clone()).or_default().push(Begun { epoch: *epoch, baseline });
        }
        if let Some(table) = table {
            self.tables.insert(table.application.clone(), table.clone());
        }
    }
}

fn check_sequence(stored: &StoredRollout, commit: &Commit<'_>) -> Result<(), Error> {
    let found = stored.state.sequence;
    let what = || format!("rollout '{}'", commit.rollout);
    if found != commit.expected_sequence {
        return Err(conflict(what(), commit.expected_sequence, found));
    }
    let moves_on = commit.next.sequence == found + 1;
    let stays = *commit.next == stored.state;
    if moves_on || stays { Ok(()) } else { Err(conflict(what(), commit.next.sequence, found)) }
}

fn conflict(what: String, expected: u64, found: u64) -> Error {
    Error::Conflict { what, expected, found }
}
