//! A routing table, computed from committed state. Total: what could be missing was resolved into
//! [`Placement`]s before.

use super::table::{Comparison, Placement, Reads, RoutingTable, Running, Salt};
use crate::application::{Application, Unit};
use crate::declared::Definition;
use crate::environment::Environment;
use crate::epoch::Epoch;
use crate::id::{Generation, RolloutName, Term};
use crate::meanings::Meanings;
use crate::metric::Metric;
use crate::release::Release;
use crate::score;
use crate::slice::Slicing;
use crate::unit::Units;
use crate::weight::Split;

/// What a table is computed from.
#[derive(Debug, Clone)]
pub struct Committed<'a> {
    /// The application as it was applied.
    pub application: &'a Application,
    /// What serves when nothing else is decided.
    pub baseline: Placement,
    /// The rollout that is running, if one is.
    pub trial: Option<Trial>,
    /// The experiment that is running, if one is; never beside a rollout.
    pub conduct: Option<Conduct>,
    /// The span that begins with the table, with the candidate's weight.
    pub epoch: &'a Epoch,
}

/// The candidate of a running rollout.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The rollout.
    pub rollout: RolloutName,
    /// The release on trial.
    pub candidate: Placement,
    /// The secret key of the rollout's draw.
    pub salt: Salt,
    /// Requests a gateway sends the candidate before it counts.
    pub warmup: u32,
    /// What its guards watch beside what every application measures.
    pub metrics: Vec<Definition>,
    /// The scores its guards watch.
    pub scores: Vec<score::Definition>,
}

/// How an experiment is conducted now.
#[derive(Debug, Clone)]
pub struct Conduct {
    /// Its arms.
    pub running: Running,
    /// What keeps a caller on one of them.
    pub unit: Unit,
    /// What is asked of their answers.
    pub metrics: Vec<Metric>,
    /// What the application meant by what it declares of that, when the experiment began.
    pub meanings: Meanings,
}

/// Computes the table of a generation.
pub fn build(committed: &Committed<'_>, generation: Generation, term: Term) -> RoutingTable {
    let application = committed.application;
    let comparison = committed.trial.as_ref().map(|trial| Comparison {
        rollout: trial.rollout.clone(),
        candidate: trial.candidate.clone(),
        split: Split::to_candidate(committed.epoch.weight),
        salt: trial.salt,
        warmup: trial.warmup,
        local_guard: application.local_guard,
    });
    let conduct = committed.conduct.as_ref();
    let asked = application.guards.iter().map(|guard| guard.metric);
    let on_trial = committed.trial.iter().flat_map(|trial| &trial.metrics);
    let begun_with =
        conduct.into_iter().flat_map(|conduct| &conduct.meanings.metrics).chain(on_trial.clone());
    let asked: Vec<Metric> = asked
        .chain(conduct.into_iter().flat_map(|conduct| conduct.metrics.clone()))
        .chain(on_trial.map(|definition| Metric::Declared(definition.metric)))
        .collect();
    RoutingTable {
        application: application.name.clone(),
        generation,
        term,
        protocol: application.protocol,
        unit: conduct.map_or(&application.unit, |conduct| &conduct.unit).clone(),
        allow_paths: application.allow_paths.clone(),
        pins: application.pins.clone(),
        timeouts: application.timeouts,
        epoch: committed.epoch.id,
        thresholds: committed.epoch.thresholds,
        reads: Reads::of(&asked, application.protocol),
        metrics: declared(application.metrics.iter().chain(begun_with), &asked),
        scores: scores(committed),
        feedback: application.feedback.clone(),
        slicing: comparison.as_ref().and_then(|_| slicing(application)),
        baseline: committed.baseline.clone(),
        comparison,
        experiment: conduct.map(|conduct| conduct.running.clone()),
    }
}

fn slicing(application: &Application) -> Option<Slicing> {
    Slicing::of(&application.slices, &application.guards, Units::of(&application.unit))
}

/// Each metric that is asked for, once. What a rollout or an experiment watches keeps the meaning it had when that began, beside
/// what the application means by it now.
fn declared<'a>(definitions: impl Iterator<Item = &'a Definition>, asked: &[Metric]) -> Vec<Definition> {
    let mut declared: Vec<Definition> = Vec::new();
    for definition in Metric::defined(definitions, asked) {
        if declared.iter().all(|known| known.metric != definition.metric) {
            declared.push(definition.clone());
        }
    }
    declared
}

/// Each score that answers may be given, once, what the application means now before what the rollout or the experiment began
/// with. Scores that no guard watches are taken as well: a guard to come is calibrated on them.
fn scores(committed: &Committed<'_>) -> Vec<score::Definition> {
    let mut scores = committed.application.scores.clone();
    let conducted = committed.conduct.iter().flat_map(|conduct| &conduct.meanings.scores);
    for definition in committed.trial.iter().flat_map(|trial| &trial.scores).chain(conducted) {
        if scores.iter().all(|known| known.score != definition.score) {
            scores.push(definition.clone());
        }
    }
    scores
}

impl Placement {
    /// A release in an environment.
    pub fn of(release: &Release, environment: &Environment) -> Self {
        Self {
            release: release.name.clone(),
            version: release.version.clone(),
            digest: release.digest.clone(),
            environment: environment.name.clone(),
            endpoints: environment.endpoints.clone(),
            bearer: environment.bearer.clone(),
            model: release.model.clone(),
            parameters: release.parameters.clone(),
            prices: release.prices,
        }
    }
}
