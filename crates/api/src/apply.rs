//! Applying manifests: everything that is wrong with them is found first, then all of them are applied in one
//! transaction, or none. Entry point: [`apply`].

mod known;
mod secrets;

use crate::error::Error;
use viridian_core::application::Application;
use viridian_core::experiment;
use viridian_core::gauge::unchecked;
use viridian_core::guard::hasty;
use viridian_core::id::{ApplicationName, RolloutName};
use viridian_core::rollout::plan::{Plan, Proposal};
use viridian_core::routing::table::Salt;
use viridian_core::slice::unasked;
use viridian_core::time::Timestamp;
use viridian_core::unit::Units;
use viridian_store::{
    Change as Changed, ExperimentStart, Item, Retry, Start, Store, StoredExperiment, Takeover,
};
use viridian_wire::api::{Action, ApplyRequest, ApplyResult, Change, FaultBody, ManifestText, TakeoverBody};
use viridian_wire::manifest::{self, Document, Fault, Manifest, Reading};

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Apply,
    /// It is only said what would be.
    Rehearse,
}

/// A rollout that is asked for, with what its start needs.
struct Asked<'a> {
    proposal: &'a Proposal,
    plan: Plan,
    salt: Salt,
}

/// Applies manifests. Blocks on the disk.
///
/// # Errors
/// [`Error::Manifest`] with every fault; what the store refuses.
pub fn apply(
    store: &Store,
    request: &ApplyRequest,
    mode: Mode,
    now: Timestamp,
) -> Result<ApplyResult, Error> {
    let documents = read(store, &request.manifests)?;
    let asked = asked(store, &documents)?;
    let mut rollouts = asked.iter();
    let mut items = Vec::new();
    for document in &documents {
        items.push(match &document.manifest {
            Manifest::Application(manifest) => {
                Item::Application { application: &manifest.application, baseline: manifest.baseline.as_ref() }
            }
            Manifest::Release(release) => Item::Release(release),
            Manifest::Rollout(_) => match rollouts.next() {
                Some(asked) => Item::Rollout(asked.start(request, now)),
                None => continue,
            },
            Manifest::Experiment(experiment) => {
                Item::Experiment(ExperimentStart { experiment, salt: salt()?, at: now })
            }
        });
    }
    let warnings = warnings(store, &documents)?;
    let changed = match mode {
        Mode::Apply => store.apply(&items, now)?,
        Mode::Rehearse => store.rehearse_apply(&items, now)?,
    };
    let changes = documents.iter().zip(changed).zip(warnings);
    Ok(ApplyResult {
        dry_run: mode == Mode::Rehearse,
        changes: changes.map(|((document, changed), warnings)| change(document, changed, warnings)).collect(),
    })
}

/// Reads manifests and checks them by themselves, against each other, against what is stored, and for secrets that are
/// not there; every fault of every text at once.
pub(crate) fn read(store: &Store, texts: &[ManifestText]) -> Result<Vec<Document>, Error> {
    let mut reading = Reading::default();
    for text in texts {
        reading.add(manifest::read(&text.file, &text.text));
    }
    let known = known::Known::load(store)?;
    reading.resolve(Some(&known.view()));
    let missing: Vec<Fault> = reading.documents().flat_map(secrets::missing).collect();
    reading.blame(missing);
    reading.finish().map_err(|faults| Error::Manifest(faults.iter().map(FaultBody::from).collect()))
}

/// An application as the documents have it, or as it is stored.
pub(crate) fn application(
    store: &Store,
    documents: &[Document],
    name: &ApplicationName,
) -> Result<Application, Error> {
    let written = documents.iter().find_map(|document| match &document.manifest {
        Manifest::Application(manifest) if manifest.application.name == *name => {
            Some(manifest.application.clone())
        }
        _ => None,
    });
    written.map_or_else(|| crate::find::application(store, name.as_str()), Ok)
}

fn asked<'a>(store: &Store, documents: &'a [Document]) -> Result<Vec<Asked<'a>>, Error> {
    let mut asked = Vec::new();
    for document in documents {
        if let Manifest::Rollout(proposal) = &document.manifest {
            let application = application(store, documents, &proposal.application)?;
            let plan = Plan::of(proposal, &application);
            asked.push(Asked { proposal, plan, salt: salt()? });
        }
    }
    Ok(asked)
}

impl Asked<'_> {
    const fn start(&self, request: &ApplyRequest, at: Timestamp) -> Start<'_> {
        Start {
            proposal: self.proposal,
            plan: &self.plan,
            salt: self.salt,
            takeover: match request.takeover {
                TakeoverBody::Refuse => Takeover::Refuse,
                TakeoverBody::Supersede => Takeover::Supersede,
            },
            retry: if request.retry_rejected { Retry::Acknowledged } else { Retry::Refuse },
            at,
        }
    }
}

/// A new secret key for a draw, so that it is not always the same users who go first.
fn salt() -> Result<Salt, Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)
        .map_err(|error| Error::Internal(format!("the system gave no random numbers: {error}")))?;
    Ok(Salt(salt))
}

/// What whoever applies the documents should know, for each of them.
fn warnings(store: &Store, documents: &[Document]) -> Result<Vec<Vec<String>>, Error> {
    documents
        .iter()
        .map(|document| match &document.manifest {
            Manifest::Application(manifest) => application_warnings(store, manifest),
            Manifest::Release(_) => Ok(Vec::new()),
            Manifest::Experiment(experiment) => {
                let stored = store.experiment(&experiment.name)?;
                let has_ended = stored.is_some_and(|stored| stored.ended_at.is_some());
                let warning = "it has ended and is not started again; another one needs a new name";
                let ended = has_ended.then(|| warning.to_owned());
                Ok(experiment::hasty::warning(experiment).into_iter().chain(ended).collect())
            }
            Manifest::Rollout(proposal) => {
                let application = application(store, documents, &proposal.application)?;
                let plan = Plan::of(proposal, &application);
                let mut warnings = plan.caveats();
                // The guards of an application that is applied as well are told of there.
                if !is_among(documents, &application.name) {
                    warnings.extend(hasty::warning(&plan.guards));
                }
                warnings.extend(ended(store, &proposal.name)?);
                Ok(warnings)
            }
        })
        .collect()
}

fn is_among(documents: &[Document], name: &ApplicationName) -> bool {
    documents.iter().any(|document| {
        matches!(&document.manifest, Manifest::Application(manifest) if manifest.application.name == *name)
    })
}

/// That a rollout did not succeed and is not tried again under its name, which whoever applies it anew may expect.
fn ended(store: &Store, name: &RolloutName) -> Result<Option<String>, Error> {
    let state = store.rollout(name)?.map(|stored| stored.state);
    let failed = state.filter(|state| state.is_end() && !state.is_promoted());
    Ok(failed.map(|state| {
        format!(
            "it ended as {} and is not started again; another attempt needs a new name",
            state.phase.word()
        )
    }))
}

fn application_warnings(
    store: &Store,
    manifest: &manifest::ApplicationManifest,
) -> Result<Vec<String>, Error> {
    let application = &manifest.application;
    let mut warnings = unchecked::warnings(&application.gauges, &application.sources);
    warnings.extend(hasty::warning(&application.guards));
    warnings.extend(unasked::warning(&application.slices, &application.guards, Units::of(&application.unit)));
    if store.application(&application.name)?.is_none() {
        if manifest.baseline.is_none() {
            warnings.push("it names no baseline, so nothing serves it yet".to_owned());
        }
        return Ok(warnings);
    }
    let serving = store.baseline(&application.name)?.map(|stored| stored.release.name);
    match (&manifest.baseline, serving) {
        (Some(first), Some(serving)) if *first != serving => warnings.push(format!(
            "'{serving}' goes on serving: the baseline in a manifest is the first one, a rollout changes it"
        )),
        (None, None) => warnings.push("it names no baseline, so nothing serves it yet".to_owned()),
        _ => {}
    }
    if let Some(rollout) = store.active_rollout(&application.name)?
        && rollout.plan.guards != application.guards
    {
        let name = rollout.proposal.name;
        warnings.push(format!("rollout '{name}' goes on with the guards it began with"));
    }
    if let Some(StoredExperiment { experiment, .. }) = store.active_experiment(&application.name)?
        && let Some(meanings) = experiment.meanings.get(&application.name)
    {
        let changed: Vec<&str> = meanings.missing_in(&application.metrics, &application.scores).collect();
        if !changed.is_empty() {
            let (name, changed) = (&experiment.name, changed.join(", "));
            warnings.push(format!("experiment '{name}' goes on with what {changed} meant when it began"));
        }
    }
    Ok(warnings)
}

fn change(document: &Document, changed: Changed, warnings: Vec<String>) -> Change {
    let (kind, name) = document.manifest.identity();
    Change {
        kind: kind.to_owned(),
        name: name.to_owned(),
        action: match changed {
            Changed::Created => Action::Created,
            Changed::Configured => Action::Configured,
            Changed::Unchanged => Action::Unchanged,
        },
        warnings,
    }
}
