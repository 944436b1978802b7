//! The table that follows from a state, and the epoch that begins with it. Only what differs from what is served
//! is drafted, so that a generation is spent exactly when something changes.

use crate::generations::Generations;
use crate::length::oversized;
use crate::observe::Measured;
use crate::present::{Present, trial_of};
use viridian_core::analysis::calibration::Renewal;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::experiment::company::{companions, company};
use viridian_core::experiment::renewal;
use viridian_core::experiment::step::Phase;
use viridian_core::experiment::verdict::Analysis;
use viridian_core::id::{EpochId, Term};
use viridian_core::rollout::input::Oversized;
use viridian_core::rollout::state::State;
use viridian_core::routing::build::{Committed, Conduct, build};
use viridian_core::routing::table::{Placement, RoutingTable};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_store::StoredExperiment;

/// What is to be served by from now on, as far as it differs from what is.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) epoch: Option<Epoch>,
    pub(crate) table: Option<RoutingTable>,
    /// What would follow is longer than gateways take, so none of them is sent it.
    pub(crate) oversized: Option<Oversized>,
}

/// What a table is numbered by, and what it must not bring back.
pub(crate) struct Numbers<'a> {
    pub(crate) generations: &'a mut Generations,
    pub(crate) term: Term,
    /// A table that was taken back. A rollout on its way is not held up by it: the way back leads past it as well.
    pub(crate) withdrawn: Option<&'a RoutingTable>,
}

/// What moves an application's traffic from now on.
#[derive(Clone, Copy)]
pub(crate) enum Course<'a> {
    /// Nothing.
    Rest,
    /// Its rollout, in this state.
    Rollout(&'a State),
    /// The experiment it takes part in, in this phase, by what it says.
    Experiment(&'a Phase, Option<&'a Analysis>),
}

/// Drafts the table for a course.
pub(crate) fn draft(
    present: &Present,
    course: Course<'_>,
    measured: &Measured,
    numbers: Numbers<'_>,
    now: Timestamp,
) -> Draft {
    let state = match course {
        Course::Rollout(state) => Some(state),
        Course::Rest | Course::Experiment(..) => None,
    };
    let weight = state.map_or(Weight::ZERO, State::weight);
    let begins = next_epoch(present, (course, weight), measured, now);
    let Some(current) = begins.or(present.epoch) else { return Draft::default() };
    let promoted = state.is_some_and(State::is_promoted);
    let trial = present.rollout.as_ref().filter(|_| weight > Weight::ZERO);
    let mut committed = Committed {
        application: &present.application,
        baseline: baseline_after(present, promoted),
        trial: trial.map(|(rollout, candidate)| trial_of(rollout, candidate)),
        conduct: conduct(present, course, &current),
        epoch: &current,
    };
    let Numbers { generations, term, withdrawn } = numbers;
    let is_withdrawn = withdrawn
        .filter(|_| state.is_none())
        .is_some_and(|table| !table.moves_traffic(&build(&committed, table.generation, table.term)));
    if is_withdrawn {
        return Draft::default();
    }
    let unchanged = present
        .table
        .as_ref()
        .is_some_and(|table| table.term == term && build(&committed, table.generation, term) == *table);
    if unchanged {
        return Draft::default();
    }
    let oversized = oversized(&committed, term);
    // Gateways took what they serve by: without its candidate it leads back whatever has become of the application.
    let way_back = present.table.as_ref().filter(|table| is_way_back(&committed, table));
    if oversized.is_some() && way_back.is_none() {
        return Draft { oversized, ..Draft::default() };
    }
    // An epoch begins with a table and by its number, or waits until there is one.
    let Some(generation) = generations.next(&present.application.name) else { return Draft::default() };
    let epoch = begins.map(|epoch| Epoch { id: generation.epoch(), ..epoch });
    if let Some(epoch) = &epoch {
        committed.epoch = epoch;
    }
    let mut table = build(&committed, generation, term);
    if let Some(before) = way_back.filter(|_| oversized.is_some()) {
        let RoutingTable { epoch, thresholds, .. } = table;
        table = RoutingTable {
            generation,
            term,
            epoch,
            thresholds,
            comparison: None,
            experiment: None,
            ..before.clone()
        };
    }
    Draft { table: Some(table), epoch, oversized }
}

/// Whether a table leads back to its baseline by nothing but taking its candidate away.
fn is_way_back(committed: &Committed<'_>, table: &RoutingTable) -> bool {
    committed.trial.is_none()
        && committed.conduct.is_none()
        && (table.comparison.is_some() || table.experiment.is_some())
        && table.baseline.release == committed.baseline.release
}

/// How the experiment is conducted during a span, if one is.
fn conduct(present: &Present, course: Course<'_>, epoch: &Epoch) -> Option<Conduct> {
    let (Course::Experiment(..), Some((stored, arms))) = (course, &present.experiment) else { return None };
    let allotment = epoch.allotment.as_ref()?;
    let Present { application, others, .. } = present;
    let StoredExperiment { experiment, salt, part, .. } = stored;
    // Shares that are none cannot have been begun.
    let mut conduct = experiment.conduct(&application.name, (*salt, *part), allotment, arms).ok()?;
    conduct.running.company = company(experiment, &allotment.companions, others);
    Some(conduct)
}

fn baseline_after(present: &Present, promoted: bool) -> Placement {
    match &present.rollout {
        Some((_, candidate)) if promoted => candidate.clone(),
        _ => present.baseline.clone(),
    }
}

/// The span that begins now, if one does; its number is the table's.
fn next_epoch(
    present: &Present,
    (course, weight): (Course<'_>, Weight),
    measured: &Measured,
    now: Timestamp,
) -> Option<Epoch> {
    let Some(last) = &present.epoch else {
        let first = Epoch {
            id: EpochId(1),
            weight,
            thresholds: Thresholds::default(),
            centres: Centres::default(),
            started_at: now,
            allotment: None,
        };
        return Some(first);
    };
    let Measured { evidence, calibration } = measured;
    if let (Course::Experiment(phase, analysis), Some((stored, _))) = (course, &present.experiment)
        && !matches!(phase, Phase::Ended(_))
    {
        let experiment = &stored.experiment;
        let companions = companions(experiment, &present.others);
        let renewal = renewal::Renewal { experiment, phase, evidence, calibration, analysis, companions };
        return renewal.after(last, now);
    }
    let guards =
        present.rollout.as_ref().map_or(&present.application.guards, |(rollout, _)| &rollout.plan.guards);
    Renewal { weight, guards, evidence, calibration }.after(last, now)
}
