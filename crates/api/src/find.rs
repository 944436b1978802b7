//! Looking things up by name. Who asks for something that is not there is told what looks like it.

use crate::error::Error;
use crate::state::GatewayStatus;
use viridian_core::application::Application;
use viridian_core::id::{ApplicationName, ExperimentName, ReleaseName, RolloutName};
use viridian_store::{Store, StoredExperiment, StoredRelease, StoredRollout};

/// An application that has to be there.
pub(crate) fn application(store: &Store, name: &str) -> Result<Application, Error> {
    let found = match ApplicationName::parse(name) {
        Ok(name) => store.application(&name)?,
        Err(_) => None,
    };
    match found {
        Some(application) => Ok(application),
        None => {
            let names = store.applications()?.into_iter().map(|application| application.name.into());
            Err(unknown("application", name, names))
        }
    }
}

/// A gateway that has to be there.
pub(crate) fn gateway(known: Vec<GatewayStatus>, name: &str) -> Result<GatewayStatus, Error> {
    let names: Vec<String> = known.iter().map(|gateway| gateway.node.to_string()).collect();
    let found = known.into_iter().find(|gateway| gateway.node.as_str() == name);
    found.ok_or_else(|| unknown("gateway", name, names.into_iter()))
}

/// A release that has to be there.
pub(crate) fn release(store: &Store, name: &str) -> Result<StoredRelease, Error> {
    let found = match ReleaseName::parse(name) {
        Ok(name) => store.release(&name)?,
        Err(_) => None,
    };
    match found {
        Some(release) => Ok(release),
        None => Err(unknown("release", name, store.release_names()?.into_iter())),
    }
}

/// An experiment that has to be there.
pub(crate) fn experiment(store: &Store, name: &str) -> Result<StoredExperiment, Error> {
    let found = match ExperimentName::parse(name) {
        Ok(name) => store.experiment(&name)?,
        Err(_) => None,
    };
    match found {
        Some(experiment) => Ok(experiment),
        None => {
            let names = store.experiments()?.into_iter().map(|stored| stored.experiment.name.into());
            Err(unknown("experiment", name, names))
        }
    }
}

/// A rollout that has to be there.
pub(crate) fn rollout(store: &Store, name: &str) -> Result<StoredRollout, Error> {
    let found = match RolloutName::parse(name) {
        Ok(name) => store.rollout(&name)?,
        Err(_) => None,
    };
    match found {
        Some(rollout) => Ok(rollout),
        None => Err(unknown("rollout", name, store.rollout_names()?.into_iter())),
    }
}

fn unknown(what: &'static str, name: &str, known: impl Iterator<Item = String>) -> Error {
    Error::Unknown { what, name: name.to_owned(), meant: similar(name, known) }
}

/// The known name that is closest, when at most a third of its letters differ.
fn similar(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let distances = known.map(|known| (strsim::damerau_levenshtein(name, &known), known));
    let (distance, closest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= closest.chars().count()).then_some(closest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let check = |name: &str, meant: Option<&str>| {
            let known = ["support-chat", "fraud-score"].map(str::to_owned);
            assert_eq!(similar(name, known.into_iter()).as_deref(), meant, "{name}");
        };
        check("support-caht", Some("support-chat"));
        check("suport-chat", Some("support-chat"));
        check("fraud", None);
        check("x", None);
    }
}
