//! What people want of experiments: [`start`] one from a manifest, [`stop`] it, [`promote`] its winner.

use crate::apply::{self, Mode};
use crate::error::Error;
use crate::{find, start as starting};
use serde_json::{Map, Value};
use viridian_core::experiment::definition::Experiment;
use viridian_core::experiment::step::{End, Order, Phase};
use viridian_core::time::Timestamp;
use viridian_store::{Store, StoredExperiment, StoredRollout};
use viridian_wire::api::{
    Action, ApplyRequest, ExperimentRequest, ManifestText, StartRequest, StopReceipt, StopRequest,
    TakeoverBody,
};
use viridian_wire::manifest::{Document, Manifest};

/// What messages call a manifest that came in a request.
const FILE: &str = "request";
/// Who stops an experiment when the request does not say.
const NOBODY_IN_PARTICULAR: &str = "api";

/// Starts an experiment; says whether it is new, and what is to be known of it. Blocks on the disk.
pub(crate) fn start(
    store: &Store,
    request: &ExperimentRequest,
    now: Timestamp,
) -> Result<(StoredExperiment, (Action, Vec<String>)), Error> {
    let text = ManifestText { file: FILE.to_owned(), text: request.manifest.clone() };
    let documents = apply::read(store, std::slice::from_ref(&text))?;
    let [Document { manifest: Manifest::Experiment(experiment), .. }] = documents.as_slice() else {
        return Err(Error::Malformed("the manifest has to be one document of kind Experiment".to_owned()));
    };
    let request =
        ApplyRequest { manifests: vec![text], takeover: TakeoverBody::Refuse, retry_rejected: false };
    let result = apply::apply(store, &request, Mode::Apply, now)?;
    Ok((find::experiment(store, experiment.name.as_str())?, starting::outcome(result)))
}

/// Writes down that an experiment is to stop. Blocks on the disk.
pub(crate) fn stop(
    store: &Store,
    name: &str,
    request: &StopRequest,
    now: Timestamp,
) -> Result<StopReceipt, Error> {
    let StoredExperiment { experiment, state, .. } = find::experiment(store, name)?;
    let order = match (&request.arm, &request.winner) {
        (None, None) => Order::Stop,
        (Some(arm), None) => Order::StopArm { arm: treatment(&experiment, arm)? },
        (None, Some(winner)) => Order::Name { arm: treatment(&experiment, winner)? },
        (Some(_), Some(_)) => {
            return Err(Error::Malformed(
                "either an arm stops or the experiment ends with a winner".to_owned(),
            ));
        }
    };
    match (&state.phase, order) {
        (Phase::LeadIn, Order::StopArm { .. }) => {
            return Err(refused("while it leads in, every arm is served by the control"));
        }
        (Phase::Running { stopped }, Order::StopArm { arm }) if stopped.contains(&arm) => {
            return Err(refused("the arm was stopped before"));
        }
        _ => {}
    }
    let by = request.by.as_deref().filter(|by| !by.is_empty()).unwrap_or(NOBODY_IN_PARTICULAR);
    let taken = store.order_experiment(&experiment.name, (order, by), now)?;
    Ok(StopReceipt::new(taken.id.0, &experiment, (order, by)))
}

/// Starts the rollouts that release the winner. Blocks on the disk.
pub(crate) fn promote(store: &Store, name: &str, now: Timestamp) -> Result<Vec<StoredRollout>, Error> {
    let StoredExperiment { experiment, state, .. } = find::experiment(store, name)?;
    let winner = match state.phase {
        Phase::Ended(End::Winner { arm, .. }) => experiment.arms.all().get(arm),
        Phase::Ended(_) => None,
        Phase::LeadIn | Phase::Running { .. } => {
            return Err(refused(format!(
                "experiment '{name}' has not ended: stop it with a winner first, or wait for its verdict"
            )));
        }
    };
    let winner = winner.ok_or_else(|| refused(format!("experiment '{name}' ended without a winner")))?;
    let control = experiment.arms.control();
    let changed =
        winner.releases.iter().filter(|(name, release)| control.releases.get(*name) != Some(release));
    changed
        .map(|(application, release)| {
            let spec = [("application", application.to_string()), ("candidate", release.to_string())];
            let spec: Map<String, Value> =
                spec.into_iter().map(|(field, value)| (field.to_owned(), Value::from(value))).collect();
            let request = StartRequest { spec, ..StartRequest::default() };
            Ok(starting::start(store, &request, now)?.rollout)
        })
        .collect()
}

/// The place of an arm that is not the control.
fn treatment(experiment: &Experiment, name: &str) -> Result<usize, Error> {
    match experiment.arms.all().iter().position(|arm| arm.name.as_str() == name) {
        Some(0) => Err(refused(format!("'{name}' is the control, which serves anyway"))),
        Some(place) => Ok(place),
        None => Err(Error::Unknown { what: "arm", name: name.to_owned(), meant: None }),
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::Store(viridian_store::Error::Refused(why.into()))
}
