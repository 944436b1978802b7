//! What is committed about one application: everything a decision starts from.

use crate::error::Error;
use crate::ledger::Ledger;
use viridian_core::analysis::epoch::Epoch;
use viridian_core::application::Application;
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
        let epoch = store.latest_epoch(name)?;
        Ok(Some(Self { application, baseline, rollout, experiment, table, epoch }))
    }
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
