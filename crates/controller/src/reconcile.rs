//! The walk of a decision: load, observe, judge, step, build, commit, publish.
//!
//! It takes no message and may run twice: what it does follows from what is committed and what was measured. A step
//! away from the baseline is committed first and published after. A step back is published first, under a
//! generation that was reserved before, and committed after; while that commit fails, nothing else is started.

use crate::draft::{Course, Draft, Numbers, draft};
use crate::error::Error;
use crate::experiment::{self, Found, Looks, Step};
use crate::generations::Generations;
use crate::hub::Hub;
use crate::ledger::Ledger;
use crate::observe::{self, Measured, Sight, units_of};
use crate::present::Present;
use crate::senses::Senses;
use std::collections::HashMap;
use std::sync::Arc;
use viridian_core::analysis::drift::Drifts;
use viridian_core::analysis::judge::{Units, tell};
use viridian_core::analysis::measurement::Evidence;
use viridian_core::id::{ApplicationName, RolloutName, Term};
use viridian_core::rollout::input::{Input, Unwell};
use viridian_core::rollout::noted::Noted;
use viridian_core::rollout::state::Phase;
use viridian_core::rollout::step::{Transition, step};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_crash as crash;
use viridian_store::{CommandId, Commit, ExperimentCommit, PendingCommand, StoredRollout, TableChange};

/// What the walk works with.
pub struct Room<L, S> {
    pub(crate) ledger: L,
    pub(crate) hub: Arc<Hub>,
    pub(crate) senses: S,
    term: Term,
    generations: Generations,
    /// Restorations that were published and could not be committed yet.
    unsaved: HashMap<ApplicationName, Decided>,
    /// When experiments were looked at.
    looks: Looks,
    /// The same for experiments whose arms lost their share.
    unsaved_moves: HashMap<ApplicationName, Moved>,
    /// Tables that were taken back, by whose content nobody is served until something else is asked for. After a restart
    /// the first gateway finds out again.
    withdrawn: HashMap<ApplicationName, RoutingTable>,
    /// What was found of the conditions of rollouts, until another epoch has settled.
    drifts: HashMap<ApplicationName, Drifts>,
}

impl<L: Ledger, S: Senses> Room<L, S> {
    /// A room in which nothing has been decided yet. The ledger acts in this term.
    pub fn new(ledger: L, hub: Arc<Hub>, senses: S, term: Term) -> Self {
        Self {
            ledger,
            hub,
            senses,
            term,
            generations: Generations::default(),
            unsaved: HashMap::new(),
            looks: Looks::default(),
            unsaved_moves: HashMap::new(),
            withdrawn: HashMap::new(),
            drifts: HashMap::new(),
        }
    }

    /// The table that follows from a state.
    fn draft(&mut self, present: &Present, course: Course<'_>, measured: &Measured, now: Timestamp) -> Draft {
        let withdrawn = self.withdrawn.get(&present.application.name);
        draft(
            present,
            course,
            measured,
            Numbers { generations: &mut self.generations, term: self.term, withdrawn },
            now,
        )
    }
}

/// A transition with everything that follows from it, kept until it is written down.
pub(crate) struct Decided {
    rollout: RolloutName,
    expected_sequence: u64,
    transition: Transition,
    answered: Vec<CommandId>,
    drafted: Draft,
    at: Timestamp,
}

/// A step of an experiment with everything that follows from it, kept until it is written down.
struct Moved {
    step: Step,
    drafted: Draft,
    at: Timestamp,
}

/// Whether there is more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Something changed; look again.
    Moved,
    /// Nothing to do until something happens.
    Rests,
}

/// Takes the next step of one application.
///
/// # Errors
/// Something could not be read or written down. What may be served without that is; the rest waits for the next call.
pub fn reconcile<L: Ledger, S: Senses>(
    room: &mut Room<L, S>,
    name: &ApplicationName,
    now: Timestamp,
) -> Result<Progress, Error> {
    walk(room, name, now).inspect_err(|error| {
        if let Error::Store(error) = error {
            room.hub.resign_if_fenced(error);
        }
    })
}

fn walk<L: Ledger, S: Senses>(
    room: &mut Room<L, S>,
    name: &ApplicationName,
    now: Timestamp,
) -> Result<Progress, Error> {
    save_restoration(room, name)?;
    let Some(present) = Present::load(&room.ledger, name)? else { return Ok(Progress::Rests) };
    publish_missed(room, &present);
    // A restoration may use what was reserved before, so a failure here only stops what needs a write anyway.
    let reserved = room.generations.reserve(&room.ledger, name);
    let measured = observe::measured(&room.ledger, &present, now)?;

    let Some((rollout, candidate)) = &present.rollout else {
        if let Some((stored, _)) = &present.experiment {
            let found =
                experiment::look((&room.ledger, &room.senses, &mut room.looks), &present, &measured, now)?;
            let phase = &stored.state.phase;
            match found {
                Found::Nothing => return Ok(Progress::Rests),
                Found::NotReady => {}
                Found::Stays(analysis) => {
                    reserved?;
                    return rest(
                        room,
                        &present,
                        (Course::Experiment(phase, analysis.as_deref()), &measured),
                        now,
                    );
                }
                Found::Moves(step) => {
                    if !step.takes {
                        reserved?;
                    }
                    let course = Course::Experiment(&step.next.phase, Some(&step.report.analysis));
                    let drafted = room.draft(&present, course, &measured, now);
                    return carry_out_step(room, name, Moved { step: *step, drafted, at: now });
                }
            }
        }
        reserved?;
        return rest(room, &present, (Course::Rest, &measured), now);
    };

    let commands = room.ledger.pending_commands(&rollout.proposal.name)?;
    let drifts = room.drifts.entry(name.clone()).or_default();
    let signs = drifts.look(&measured.evidence, units_of(&present.application), now);
    let sight = Sight { rollout, candidate, commands: &commands, signs };
    let input = sight.input(&present, &measured, (&room.hub, &room.senses, now));
    let known = (&measured.evidence, units_of(&present.application));
    let transition = decide(&room.ledger, rollout, (input, known), now);
    let stays = transition.next.sequence == rollout.state.sequence;
    if !matches!(transition.next.phase, Phase::RollingBack { .. }) {
        // The last numbers are for the way back: an attempt to go forward that cannot be written spends none of them.
        reserved?;
    }
    let drafted = room.draft(&present, Course::Rollout(&transition.next), &measured, now);

    if stays {
        return serve_table(room, drafted, now);
    }
    // Nothing is given that gateways cannot be told.
    let gives = transition.next.weight() > rollout.state.weight() || transition.next.is_promoted();
    if let Some(oversized) = drafted.oversized.filter(|_| gives) {
        return Err(Error::Oversized { application: name.clone(), oversized });
    }
    let decided = Decided {
        rollout: rollout.proposal.name.clone(),
        expected_sequence: rollout.state.sequence,
        answered: answered(&transition, &commands),
        transition,
        drafted,
        at: now,
    };
    carry_out(room, name, decided)
}

/// Takes a step by the verdicts. How the candidate compares is told beside them where something moves, which is written down, and
/// else to whoever reads why nothing does.
fn decide(
    ledger: &impl Ledger,
    StoredRollout { proposal, plan, state, .. }: &StoredRollout,
    (mut input, (evidence, units)): (Input, (&Arc<Evidence>, Units)),
    now: Timestamp,
) -> Transition {
    let transition = step(plan, state, &input, now);
    if transition.next.sequence == state.sequence {
        let noted = Noted::new(transition.report.clone(), Arc::clone(evidence), units);
        ledger.note_report(&proposal.name, noted);
        return transition;
    }
    tell(&mut input.analysis, evidence, units);
    step(plan, state, &input, now)
}

/// Serves by a course that no transition asks for, as far as it differs from what is served.
fn rest<L: Ledger, S: Senses>(
    room: &mut Room<L, S>,
    present: &Present,
    (course, measured): (Course<'_>, &Measured),
    now: Timestamp,
) -> Result<Progress, Error> {
    let name = &present.application.name;
    if let Some((before, Unwell { node, detail })) = room.hub.to_take_back(name) {
        let because = format!("taken back: gateway {node} fared worse by the table: {detail}");
        return take_back(room, present, (before, because), now);
    }
    let drafted = room.draft(present, course, measured, now);
    if drafted.table.is_some() {
        room.withdrawn.remove(name);
    }
    if let Some(oversized) = drafted.oversized {
        return Err(Error::Oversized { application: name.clone(), oversized });
    }
    serve_table(room, drafted, now)
}

/// Commits and publishes a step of an experiment: what takes traffic from arms is published first.
fn carry_out_step<L: Ledger, S>(
    room: &mut Room<L, S>,
    name: &ApplicationName,
    moved: Moved,
) -> Result<Progress, Error> {
    if moved.step.takes {
        publish(room, &moved.drafted);
        if let Err(error) = room.ledger.commit_experiment(&moved.commit(name)) {
            room.unsaved_moves.insert(name.clone(), moved);
            return Err(error.into());
        }
    } else {
        room.ledger.commit_experiment(&moved.commit(name))?;
        publish(room, &moved.drafted);
    }
    let experiment = &moved.step.experiment;
    for sentence in &moved.step.report.sentences {
        tracing::info!(%experiment, "{sentence}");
    }
    Ok(Progress::Moved)
}

/// Commits and publishes: a step away from the baseline in this order, a step back in the other.
fn carry_out<L: Ledger, S: Senses>(
    room: &mut Room<L, S>,
    name: &ApplicationName,
    decided: Decided,
) -> Result<Progress, Error> {
    if matches!(decided.transition.next.phase, Phase::RollingBack { .. }) {
        publish(room, &decided.drafted);
        crash::at(crash::Place::Uncommitted);
        if let Err(error) = room.ledger.commit(&decided.commit()) {
            room.unsaved.insert(name.clone(), decided);
            return Err(error.into());
        }
    } else {
        room.ledger.commit(&decided.commit())?;
        crash::at(crash::Place::Unpublished);
        publish(room, &decided.drafted);
    }
    crash::at(crash::Place::Published);
    if decided.transition.next.is_end() {
        room.senses.forget(&decided.rollout);
        room.drifts.remove(name);
    }
    Ok(Progress::Moved)
}

/// Writes down a restoration that is already served.
fn save_restoration<L: Ledger, S>(room: &mut Room<L, S>, name: &ApplicationName) -> Result<(), Error> {
    if let Some(decided) = room.unsaved.get(name) {
        room.ledger.commit(&decided.commit())?;
        room.unsaved.remove(name);
    }
    if let Some(moved) = room.unsaved_moves.get(name) {
        room.ledger.commit_experiment(&moved.commit(name))?;
        room.unsaved_moves.remove(name);
    }
    Ok(())
}

/// Commits and publishes a table that changed without the rollout moving.
fn serve_table<L: Ledger, S>(room: &Room<L, S>, drafted: Draft, now: Timestamp) -> Result<Progress, Error> {
    if let Some(table) = &drafted.table {
        let epoch = drafted.epoch.as_ref();
        let because = if epoch.is_some() { "a new epoch begins" } else { "what is served changed" };
        room.ledger.commit_table(&TableChange { table, epoch, because, at: now })?;
        crash::at(crash::Place::TableUnpublished);
        publish(room, &drafted);
        return Ok(Progress::Moved);
    }
    Ok(Progress::Rests)
}

/// Publishes a committed table that nobody has: this controller has just started, or its commit was written although
/// it was told that it was not. Before anything is decided, because what gateways acknowledged is asked of the table
/// that was published last.
fn publish_missed<L, S>(room: &Room<L, S>, present: &Present) {
    let Some(committed) = &present.table else { return };
    let published = room.hub.table(&committed.application);
    let is_missing =
        |table: &RoutingTable| committed.term == room.term && table.generation < committed.generation;
    if published.as_ref().is_none_or(is_missing) {
        room.hub.publish(committed.clone());
    }
}

/// Puts what every gateway had before in the place of a table that no rollout asked for and by which the first gateway
/// fares worse. What was taken back is not published again before something else is asked for.
fn take_back<L: Ledger, S>(
    room: &mut Room<L, S>,
    present: &Present,
    (before, because): (RoutingTable, String),
    now: Timestamp,
) -> Result<Progress, Error> {
    let name = &present.application.name;
    let Some(generation) = room.generations.next(name) else { return Ok(Progress::Rests) };
    tracing::error!(application = %name, "{because}");
    let table = RoutingTable { generation, term: room.term, ..before };
    // Towards what served before, so it is served first.
    room.hub.publish(table.clone());
    if let Some(withdrawn) = present.table.clone() {
        room.withdrawn.insert(name.clone(), withdrawn);
    }
    room.ledger.commit_table(&TableChange { table: &table, epoch: None, because: &because, at: now })?;
    Ok(Progress::Moved)
}

fn publish<L, S>(room: &Room<L, S>, drafted: &Draft) {
    if let Some(table) = &drafted.table {
        room.hub.publish(table.clone());
    }
}

fn answered(transition: &Transition, commands: &[PendingCommand]) -> Vec<CommandId> {
    transition.answered.iter().filter_map(|&index| commands.get(index)).map(|pending| pending.id).collect()
}

impl Decided {
    fn commit(&self) -> Commit<'_> {
        Commit {
            rollout: &self.rollout,
            expected_sequence: self.expected_sequence,
            next: &self.transition.next,
            report: &self.transition.report,
            table: self.drafted.table.as_ref(),
            epoch: self.drafted.epoch.as_ref(),
            effects: &self.transition.effects,
            answered: &self.answered,
            at: self.at,
        }
    }
}

impl Moved {
    const fn commit<'a>(&'a self, application: &'a ApplicationName) -> ExperimentCommit<'a> {
        ExperimentCommit {
            experiment: &self.step.experiment,
            application,
            expected_sequence: self.step.expected_sequence,
            next: &self.step.next,
            report: &self.step.report,
            table: self.drafted.table.as_ref(),
            epoch: self.drafted.epoch.as_ref(),
            answered: self.step.answered,
            at: self.at,
        }
    }
}
