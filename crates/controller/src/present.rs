//! What is committed about one application: everything a decision starts from.

use crate::error::Error;
use crate::ledger::Ledger;
use viridian_core::analysis::epoch::Epoch;
use viridian_core::application::Application;
use viridian_core::companion::Number;
use viridian_core::experiment::company::Other;
use viridian_core::experiment::definition::Experiment;
use viridian_core::id::{ApplicationName, EnvironmentName};
use viridian_core::release::Release;
use viridian_core::routing::build::Trial;
use viridian_core::routing::table::{Placement, RoutingTable};
use viridian_store::{StoredExperiment, StoredRollout};

/// What is committed about one application.
pub(crate) struct Present {
    pub(crate) application: Application,
    pub(crate) baseline: Placement,
    /// The rollout that is under way, with its candidate in place.
    pub(crate) rollout: Option<(StoredRollout, Placement)>,
    /// The experiment it takes part in, with the arms beside the control in place.
    pub(crate) experiment: Option<(StoredExperiment, Vec<Placement>)>,
    /// The experiments that are under way elsewhere, in the application that the aim of its own is measured in.
    pub(crate) others: Vec<Other>,
    /// The table that was committed last.
    pub(crate) table: Option<RoutingTable>,
    /// The span that was begun last.
    pub(crate) epoch: Option<Epoch>,
}

impl Present {
    /// Loads an application; nothing when no release of it serves yet.
    pub(crate) fn load(store: &impl Ledger, name: &ApplicationName) -> Result<Option<Self>, Error> {
        let (Some(application), Some(baseline)) = (store.application(name)?, store.baseline(name)?) else {
            return Ok(None);
        };
        let table = store.table(name)?;
        let serving = table.as_ref().map(|table| table.baseline.environment.clone());
        let baseline = place(&application, &baseline.release, serving.as_ref())?;
        let rollout = match store.active_rollout(name)? {
            Some(rollout) => {
                let candidate = &rollout.proposal.candidate;
                let release =
                    store.release(candidate)?.ok_or_else(|| Error::ReleaseMissing(candidate.clone()))?;
                let candidate = place(&application, &release.release, Some(&baseline.environment))?;
                Some((rollout, candidate))
            }
            None => None,
        };
        let experiment = match store.active_experiment(name)? {
            Some(stored) => {
                let arms = stored.experiment.arms.all().iter().skip(1);
                let releases = arms.filter_map(|arm| arm.releases.get(name));
                let placements = releases.map(|name| {
                    let release = store.release(name)?.ok_or_else(|| Error::ReleaseMissing(name.clone()))?;
                    place(&application, &release.release, Some(&baseline.environment))
                });
                let placements = placements.collect::<Result<_, Error>>()?;
                Some((stored, placements))
            }
            None => None,
        };
        let others = match &experiment {
            Some((stored, _)) if meets_others(&stored.experiment, name) => others(store, &stored.experiment)?,
            _ => Vec::new(),
        };
        let epoch = store.latest_epoch(name)?;
        Ok(Some(Self { application, baseline, rollout, experiment, others, table, epoch }))
    }
}

/// Whether units of an experiment can have an arm in another one, as it is measured in this application.
fn meets_others(experiment: &Experiment, application: &ApplicationName) -> bool {
    experiment.unit.is_sticky() && experiment.aim.application == *application
}

/// Every experiment that is under way, but one.
fn others(store: &impl Ledger, but: &Experiment) -> Result<Vec<Other>, Error> {
    let active = store.active_experiments()?.into_iter();
    let other = |StoredExperiment { experiment, salt, part, state, created_seq, .. }| {
        let mut pinned = Vec::new();
        for application in experiment.arms.applications() {
            let pins = store.application(application)?.map(|application| application.pins);
            pinned.extend(pins.into_iter().flatten().map(|pin| pin.unit));
        }
        Ok(Other { number: Number(created_seq), phase: state.phase, experiment, part, salt, pinned })
    };
    active.filter(|stored| stored.experiment.name != but.name).map(other).collect()
}

/// Puts a release where it runs: in the environment it names, else where the baseline runs, else in the only one.
fn place(
    application: &Application,
    release: &Release,
    serving: Option<&EnvironmentName>,
) -> Result<Placement, Error> {
    let only = || match application.environments.len() {
        1 => application.environments.keys().next(),
        _ => None,
    };
    let name = release.environment.as_ref().or(serving).or_else(only).ok_or_else(|| {
        Error::EnvironmentAmbiguous { application: application.name.clone(), release: release.name.clone() }
    })?;
    let environment = application.environments.get(name).ok_or_else(|| Error::EnvironmentMissing {
        application: application.name.clone(),
        release: release.name.clone(),
        environment: name.clone(),
    })?;
    Ok(Placement::of(release, environment))
}

/// The candidate of a rollout that is under way, as a table has it.
pub(crate) fn trial_of(rollout: &StoredRollout, candidate: &Placement) -> Trial {
    Trial {
        rollout: rollout.proposal.name.clone(),
        candidate: candidate.clone(),
        salt: rollout.salt,
        warmup: rollout.plan.policy.warmup,
        metrics: rollout.plan.metrics.clone(),
        scores: rollout.plan.scores.clone(),
    }
}
