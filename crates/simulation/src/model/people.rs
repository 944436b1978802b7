//! What people ask of the database made up: applications, releases, rollouts, orders.

use super::{Applied, Direction, Disk, Model, unknown};
use viridian_core::application::Application;
use viridian_core::id::{ApplicationName, EpochId, ReleaseName, RolloutName, Term};
use viridian_core::release::Release;
use viridian_core::rollout::command::Command;
use viridian_core::rollout::state::State;
use viridian_core::time::Timestamp;
use viridian_store::events::{Fact, Stream};
use viridian_store::{
    CommandId, Error, PendingCommand, Retry, Start, StoredRelease, StoredRollout, Takeover,
};

impl Model {
    /// As [`Store::apply_application`](viridian_store::Store::apply_application).
    ///
    /// # Errors
    /// As there.
    pub fn apply_application(&self, application: &Application, _at: Timestamp) -> Result<(), Error> {
        self.write(Direction::Forward, |disk| {
            let name = &application.name;
            match disk.applications.get_mut(name) {
                Some(applied) if applied.application == *application => return Ok(()),
                Some(applied) => applied.application = application.clone(),
                None => {
                    let applied =
                        Applied { application: application.clone(), baseline: None, next_generation: 1 };
                    disk.applications.insert(name.clone(), applied);
                }
            }
            let fact = Fact::Applied(application.clone());
            disk.append(self.term, Stream::Application(name.clone()), fact);
            Ok(())
        })
    }

    /// As [`Store::register_release`](viridian_store::Store::register_release), for releases that are new.
    ///
    /// # Errors
    /// As there.
    pub fn register_release(&self, release: &Release, at: Timestamp) -> Result<(), Error> {
        self.write(Direction::Forward, |disk| {
            disk.applied(&release.application)?;
            let name = &release.name;
            let stored = StoredRelease { release: release.clone(), registered_at: at, rejected: None };
            disk.releases.insert(name.clone(), stored);
            disk.append(self.term, Stream::Release(name.clone()), Fact::Registered(release.clone()));
            Ok(())
        })
    }

    /// As [`Store::set_first_baseline`](viridian_store::Store::set_first_baseline), for an application without one.
    ///
    /// # Errors
    /// As there.
    pub fn set_first_baseline(
        &self,
        application: &ApplicationName,
        release: &ReleaseName,
        _at: Timestamp,
    ) -> Result<(), Error> {
        self.write(Direction::Forward, |disk| {
            disk.applied_mut(application)?.baseline = Some(release.clone());
            let fact = Fact::BaselineSet { release: release.clone() };
            disk.append(self.term, Stream::Application(application.clone()), fact);
            Ok(())
        })
    }

    /// As [`Store::start_rollout`](viridian_store::Store::start_rollout).
    ///
    /// # Errors
    /// As there.
    pub fn start_rollout(&self, start: &Start<'_>) -> Result<StoredRollout, Error> {
        self.write(Direction::Forward, |disk| disk.start(start, self.term))
    }

    /// As [`Store::order`](viridian_store::Store::order).
    ///
    /// # Errors
    /// As there.
    pub fn order(
        &self,
        rollout: &RolloutName,
        command: &Command,
        at: Timestamp,
    ) -> Result<PendingCommand, Error> {
        let direction = if command.is_towards_baseline() { Direction::Back } else { Direction::Forward };
        let order = |id: CommandId, durable| PendingCommand {
            id,
            rollout: rollout.clone(),
            command: command.clone(),
            at,
            durable,
        };
        let written = self.write(direction, |disk| {
            check_open(disk, rollout)?;
            let order = order(CommandId(disk.highest_command().0 + 1), true);
            disk.write_down(&order, self.term);
            Ok(order)
        });
        match written {
            Err(Error::Unwritable(_)) if direction == Direction::Back => {
                let CommandId(written) = self.read(|disk| {
                    check_open(disk, rollout)?;
                    Ok(disk.highest_command())
                })?;
                let mut unwritten = self.unwritten.borrow_mut();
                let highest = unwritten.iter().map(|order| order.id.0).fold(written, u64::max);
                let order = order(CommandId(highest + 1), false);
                unwritten.push(order.clone());
                Ok(order)
            }
            outcome => outcome,
        }
    }
}

impl Disk {
    fn start(&mut self, start: &Start<'_>, term: Term) -> Result<StoredRollout, Error> {
        let proposal = start.proposal;
        let (name, application) = (&proposal.name, &proposal.application);
        if self.rollout(name).is_ok() {
            return Err(Error::Exists { what: "rollout", name: name.to_string() });
        }
        let baseline = self
            .applied(application)?
            .baseline
            .clone()
            .ok_or_else(|| Error::Refused(format!("application '{application}' has no baseline yet")))?;
        let candidate =
            self.releases.get(&proposal.candidate).ok_or_else(|| unknown("release", &proposal.candidate))?;
        if let Some(rejected) = &candidate.rejected
            && start.retry == Retry::Refuse
        {
            let because = rejected.because.clone();
            return Err(Error::Rejected { name: proposal.candidate.clone(), because });
        }
        let open = |stored: &&StoredRollout| {
            stored.proposal.application == *application && stored.ended_at.is_none()
        };
        let waits_for = self.rollouts.iter().rev().find(open).map(|stored| stored.proposal.name.clone());
        if let Some(present) = &waits_for {
            if start.takeover == Takeover::Refuse {
                return Err(Error::Refused(format!("rollout '{present}' has not ended")));
            }
            let id = CommandId(self.highest_command().0 + 1);
            let command = Command::Supersede { by: name.clone() };
            let order = PendingCommand { id, rollout: present.clone(), command, at: start.at, durable: true };
            self.write_down(&order, term);
        }
        let fact = Fact::Started {
            proposal: proposal.clone(),
            plan: start.plan.clone(),
            waits_for: waits_for.clone(),
        };
        let created_seq = self.append(term, Stream::Rollout(name.clone()), fact);
        let stored = StoredRollout {
            proposal: proposal.clone(),
            plan: start.plan.clone(),
            salt: start.salt,
            baseline,
            state: State::new(),
            latest_report: None,
            first_epoch: EpochId(self.next_epoch(application).max(2)),
            created_seq,
            started_at: start.at,
            ended_at: None,
            waits_for,
        };
        self.rollouts.push(stored.clone());
        Ok(stored)
    }
}

fn check_open(disk: &Disk, name: &RolloutName) -> Result<(), Error> {
    let stored = disk.rollout(name)?;
    if stored.state.is_end() {
        return Err(Error::Refused(format!("rollout '{name}' has ended: {}", stored.state.phase.word())));
    }
    Ok(())
}
