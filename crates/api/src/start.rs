//! Starting a rollout from a request: a manifest, or the fields of one.

use crate::apply::{self, Mode};
use crate::error::Error;
use serde_json::{Value, json};
use viridian_core::id::RolloutName;
use viridian_core::rollout::plan::Proposal;
use viridian_core::time::Timestamp;
use viridian_store::{Store, StoredRollout};
use viridian_wire::api::{Action, ApplyRequest, ApplyResult, ManifestText, StartRequest};
use viridian_wire::manifest::{Document, Manifest};

/// What messages call a manifest that came in a request.
const FILE: &str = "request";
/// How many rollouts of one release get a name by themselves.
const MOST_NAMES: usize = 1_000;

/// A rollout, whether it is new, and what whoever starts it should know.
pub(crate) struct Started {
    pub(crate) rollout: StoredRollout,
    pub(crate) action: Action,
    pub(crate) warnings: Vec<String>,
}

/// Starts a rollout. Blocks on the disk.
pub(crate) fn start(store: &Store, request: &StartRequest, now: Timestamp) -> Result<Started, Error> {
    let text = text(store, request)?;
    let documents = apply::read(store, std::slice::from_ref(&text))?;
    let [Document { manifest: Manifest::Rollout(proposal), .. }] = documents.as_slice() else {
        return Err(Error::Malformed("the manifest has to be one document of kind Rollout".to_owned()));
    };
    let request = ApplyRequest {
        manifests: vec![text],
        takeover: request.takeover,
        retry_rejected: request.retry_rejected,
    };
    let result = apply::apply(store, &request, Mode::Apply, now)?;
    let rollout = crate::find::rollout(store, proposal.name.as_str())?;
    let (action, warnings) = outcome(result);
    Ok(Started { rollout, action, warnings })
}

/// What applying one manifest came to, and what is to be known of it.
pub(crate) fn outcome(result: ApplyResult) -> (Action, Vec<String>) {
    let change = result.changes.into_iter().next();
    change.map_or((Action::Created, Vec::new()), |change| (change.action, change.warnings))
}

/// The documents of a request and the one rollout among them. Nothing is started.
pub(crate) fn read(store: &Store, request: &StartRequest) -> Result<(Vec<Document>, Proposal), Error> {
    let documents = apply::read(store, &[text(store, request)?])?;
    let mut proposals = documents.iter().filter_map(|document| match &document.manifest {
        Manifest::Rollout(proposal) => Some(proposal.clone()),
        _ => None,
    });
    match (proposals.next(), proposals.next()) {
        (Some(proposal), None) => Ok((documents, proposal)),
        _ => Err(Error::Malformed("the manifest has to hold one document of kind Rollout".to_owned())),
    }
}

fn text(store: &Store, request: &StartRequest) -> Result<ManifestText, Error> {
    let text = match &request.manifest {
        Some(_) if request.name.is_some() || !request.spec.is_empty() => {
            return Err(Error::Malformed("with a manifest no other field of one is given".to_owned()));
        }
        Some(text) => text.clone(),
        None => written(store, request)?.to_string(),
    };
    Ok(ManifestText { file: FILE.to_owned(), text })
}

/// The fields of a request as a manifest, so that there is one way to read them.
fn written(store: &Store, request: &StartRequest) -> Result<Value, Error> {
    let mut spec = request.spec.clone();
    spec.entry("strategy").or_insert_with(default_strategy);
    let name = match (&request.name, spec.get("candidate").and_then(Value::as_str)) {
        (Some(name), _) => Value::from(name.clone()),
        (None, Some(candidate)) => Value::from(free_name(store, candidate)?),
        (None, None) => Value::Null,
    };
    Ok(json!({
        "apiVersion": "viridian.dev/v1",
        "kind": "Rollout",
        "metadata": {"name": name},
        "spec": spec,
    }))
}

/// Three shares, each judged; the plan adds the bake.
fn default_strategy() -> Value {
    let steps = ["5%", "25%", "50%"].into_iter();
    let steps: Vec<Value> =
        steps.flat_map(|share| [json!({"weight": share}), json!({"analysis": {}})]).collect();
    json!({"canary": {"steps": steps}})
}

/// The candidate's name, or the first of `name-2`, `name-3` and so on that no rollout has.
fn free_name(store: &Store, candidate: &str) -> Result<String, Error> {
    let numbered = (2..MOST_NAMES).map(|number| format!("{candidate}-{number}"));
    for name in std::iter::once(candidate.to_owned()).chain(numbered) {
        match RolloutName::parse(&name) {
            Ok(parsed) if store.rollout(&parsed)?.is_some() => {}
            // What is no name is told by whoever reads the manifest.
            _ => return Ok(name),
        }
    }
    Err(Error::Malformed(format!("give the rollout a name: there are many of '{candidate}' already")))
}
