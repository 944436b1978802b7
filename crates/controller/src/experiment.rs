//! What an experiment does next: everything that was counted of it is put together, judged and stepped. Entry point: [`look`].
//!
//! It is led where its aim is measured; the other applications that take part follow its state. It is looked at once a second,
//! because its numbers take longer than a rollout's, and at once when a person ordered something.

use crate::error::Error;
use crate::ledger::Ledger;
use crate::observe::Measured;
use crate::present::Present;
use crate::senses::Senses;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use viridian_core::companion::Number;
use viridian_core::experiment::analysis::analyse;
use viridian_core::experiment::definition::Experiment;
use viridian_core::experiment::evidence::{Counted, Evidence, Named};
use viridian_core::experiment::report::Report;
use viridian_core::experiment::step::{Input, Phase, State, step};
use viridian_core::experiment::verdict::Analysis;
use viridian_core::id::ExperimentName;
use viridian_core::rollout::input::Readiness;
use viridian_core::time::Timestamp;
use viridian_store::{CommandId, StoredExperiment};

/// How often an experiment is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// When each experiment was looked at last.
pub(crate) type Looks = HashMap<ExperimentName, Timestamp>;

/// What follows from a look.
pub(crate) enum Found {
    /// It is not yet time for one.
    Nothing,
    /// It has not begun, and one of its arms does not answer.
    NotReady,
    /// It stays where it is; with what it says, where that is judged.
    Stays(Option<Box<Analysis>>),
    /// It moves, or answers an order where it stands.
    Moves(Box<Step>),
}

/// A step of an experiment.
pub(crate) struct Step {
    pub(crate) experiment: ExperimentName,
    pub(crate) expected_sequence: u64,
    pub(crate) next: State,
    pub(crate) report: Report,
    pub(crate) answered: Option<CommandId>,
    /// Whether it takes traffic from arms, which waits for nothing.
    pub(crate) takes: bool,
}

/// Looks at the experiment that an application takes part in.
pub(crate) fn look<L: Ledger, S: Senses>(
    (ledger, senses, looks): (&L, &S, &mut Looks),
    present: &Present,
    measured: &Measured,
    now: Timestamp,
) -> Result<Found, Error> {
    let Some((stored, arms)) = &present.experiment else { return Ok(Found::Nothing) };
    let StoredExperiment { experiment, state, .. } = stored;
    let application = &present.application;
    let is_ready = || arms.iter().all(|arm| senses.candidate(application, arm) == Readiness::Ready);
    let has_begun = present.table.as_ref().is_some_and(|table| table.experiment.is_some());
    let waits = !has_begun && !is_ready();
    if experiment.aim.application != application.name {
        return Ok(if waits { Found::NotReady } else { Found::Stays(None) });
    }
    let order = ledger.next_order(&experiment.name)?;
    let looked = looks.get(&experiment.name).copied();
    if order.is_none() && looked.is_some_and(|at| now.since(at) < LOOK && at <= now) {
        return Ok(if waits { Found::NotReady } else { Found::Nothing });
    }
    if !waits {
        looks.insert(experiment.name.clone(), now);
    }
    let analysis = analysed(ledger, present, (stored, measured), now)?;
    ledger.note_analysis(&experiment.name, analysis.clone());
    let orders = order.iter().map(|pending| pending.order).collect();
    let input = Input { sequence: state.sequence, orders, analysis };
    let transition = step(experiment, state, &input, now);
    let moves = transition.next.sequence != state.sequence;
    let goes_out = state.phase == Phase::LeadIn && matches!(transition.next.phase, Phase::Running { .. });
    if moves && goes_out && !is_ready() {
        looks.remove(&experiment.name);
        return Ok(Found::Stays(None));
    }
    if !moves && order.is_none() {
        return Ok(if waits { Found::NotReady } else { Found::Stays(Some(Box::new(input.analysis))) });
    }
    let sentences = if moves { transition.report } else { vec!["the order changes nothing here".to_owned()] };
    Ok(Found::Moves(Box::new(Step {
        experiment: experiment.name.clone(),
        expected_sequence: state.sequence,
        takes: moves && !goes_out,
        next: transition.next,
        report: Report { at: now, sentences, analysis: input.analysis },
        answered: order.map(|pending| pending.id),
    })))
}

/// What the experiments are called that ran elsewhere meanwhile.
fn companions(ledger: &impl Ledger, evidence: &Evidence) -> Result<BTreeMap<Number, Named>, Error> {
    let spans = evidence.applications.values().flat_map(|counted| &counted.spans);
    let numbers: BTreeSet<Number> =
        spans.flat_map(|span| span.companions.iter()).map(|companion| companion.experiment).collect();
    let mut companions = BTreeMap::new();
    for number in numbers {
        let Some(stored) = ledger.experiment_numbered(number)? else { continue };
        let Experiment { name, arms, .. } = stored.experiment;
        let arms = arms.all().iter().map(|arm| arm.name.clone()).collect();
        companions.insert(number, Named { experiment: name, arms });
    }
    Ok(companions)
}

/// What follows from everything that was counted, in all applications.
fn analysed<L: Ledger>(
    ledger: &L,
    present: &Present,
    (stored, measured): (&StoredExperiment, &Measured),
    now: Timestamp,
) -> Result<Analysis, Error> {
    let StoredExperiment { experiment, first_epochs, state, .. } = stored;
    let arms = experiment.arms.len();
    let mut evidence = Evidence::default();
    for (name, from) in first_epochs {
        let counted = if *name == present.application.name {
            Counted::of(&measured.evidence, arms)
        } else {
            Counted::of(&ledger.evidence(name, *from, experiment.maturity(), now)?, arms)
        };
        evidence.applications.insert(name.clone(), counted);
    }
    evidence.companions = companions(ledger, &evidence)?;
    let stopped: &[usize] = match &state.phase {
        Phase::Running { stopped } => stopped,
        Phase::LeadIn | Phase::Ended(_) => &[],
    };
    Ok(analyse(experiment, &evidence, stopped))
}
