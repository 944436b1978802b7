//! `viridian check`: says everything that is wrong with manifests, without a server.

use super::files::{Manifests, show, show_nothing};
use crate::args::CheckArgs;
use crate::exit::Exit;
use crate::output::note;
use crate::settings::Settings;
use anyhow::Result;
use std::collections::BTreeSet;
use viridian_core::experiment;
use viridian_core::gauge::unchecked;
use viridian_core::guard::hasty;
use viridian_core::id::RolloutName;
use viridian_core::rollout::plan::Plan;
use viridian_core::slice::unasked;
use viridian_core::unit::Units;
use viridian_wire::api::FaultBody;
use viridian_wire::manifest::{ApplicationManifest, Document, Manifest};

pub(super) fn run(args: &CheckArgs, settings: &Settings) -> Result<Exit> {
    let Manifests { texts, reading } = Manifests::load(&args.files)?;
    let unread: Vec<String> = reading.open().iter().map(|name| format!("experiment/{name}")).collect();
    let faults = match reading.finish() {
        Ok(documents) if documents.is_empty() && unread.is_empty() => {
            show_nothing(&texts);
            return Ok(Exit::Invalid);
        }
        Ok(documents) => {
            for (rollout, caveat) in caveats(&documents) {
                note(format_args!("note: rollout/{rollout} is {caveat}"));
            }
            for (whose, warning) in warnings(&documents) {
                note(format_args!("warning: {whose}: {warning}"));
            }
            let mut open = open(&documents);
            open.extend(unread);
            if !open.is_empty() {
                note(format_args!(
                    "note: {} refer to what is not in these files; viridian apply --dry-run asks the server",
                    open.join(", ")
                ));
            }
            Vec::new()
        }
        Err(faults) => faults,
    };
    if !settings.output.is_for_people() {
        let faults: Vec<FaultBody> = faults.iter().map(FaultBody::from).collect();
        settings.output.several(&faults, |_| String::new())?;
    } else if faults.is_empty() {
        note("No faults.");
    } else {
        show(&faults, &texts);
    }
    Ok(if faults.is_empty() { Exit::Ok } else { Exit::Invalid })
}

/// What whoever starts the rollouts should know of their plans.
fn caveats(documents: &[Document]) -> Vec<(&RolloutName, String)> {
    let applications = || {
        documents.iter().filter_map(|document| match &document.manifest {
            Manifest::Application(manifest) => Some(&manifest.application),
            _ => None,
        })
    };
    let mut caveats = Vec::new();
    for document in documents {
        if let Manifest::Rollout(proposal) = &document.manifest
            && let Some(application) = applications().find(|found| found.name == proposal.application)
        {
            let plan = Plan::of(proposal, application);
            caveats.extend(plan.caveats().into_iter().map(|caveat| (&proposal.name, caveat)));
        }
    }
    caveats
}

/// What whoever wrote the documents should know: of guards and aims that leave callers no time to speak, of slices that nothing
/// is asked of, and of units that nobody checks.
fn warnings(documents: &[Document]) -> impl Iterator<Item = (String, String)> {
    documents.iter().flat_map(|document| {
        let warnings: Vec<String> = match &document.manifest {
            Manifest::Application(ApplicationManifest { application, .. }) => {
                let unchecked = unchecked::warnings(&application.gauges, &application.sources);
                let hasty = hasty::warning(&application.guards);
                let units = Units::of(&application.unit);
                let unasked = unasked::warning(&application.slices, &application.guards, units);
                hasty.into_iter().chain(unasked).chain(unchecked).collect()
            }
            Manifest::Experiment(found) => experiment::hasty::warning(found).into_iter().collect(),
            Manifest::Release(_) | Manifest::Rollout(_) => Vec::new(),
        };
        warnings.into_iter().map(|warning| (key(&document.manifest), warning))
    })
}

/// Documents that refer to something else than each other: without a server nobody knows whether that is there.
fn open(documents: &[Document]) -> Vec<String> {
    let defined: BTreeSet<String> = documents.iter().map(|document| key(&document.manifest)).collect();
    let is_open = |document: &&Document| {
        references(&document.manifest).iter().any(|reference| !defined.contains(reference))
    };
    documents.iter().filter(is_open).map(|document| key(&document.manifest)).collect()
}

fn key(manifest: &Manifest) -> String {
    match manifest {
        Manifest::Application(manifest) => format!("application/{}", manifest.application.name),
        Manifest::Release(release) => format!("release/{}", release.name),
        Manifest::Rollout(proposal) => format!("rollout/{}", proposal.name),
        Manifest::Experiment(experiment) => format!("experiment/{}", experiment.name),
    }
}

fn references(manifest: &Manifest) -> Vec<String> {
    match manifest {
        Manifest::Application(manifest) => {
            manifest.baseline.iter().map(|baseline| format!("release/{baseline}")).collect()
        }
        Manifest::Release(release) => vec![format!("application/{}", release.application)],
        Manifest::Rollout(proposal) => {
            vec![format!("application/{}", proposal.application), format!("release/{}", proposal.candidate)]
        }
        Manifest::Experiment(experiment) => {
            let releases = experiment.arms.all().iter().flat_map(|arm| &arm.releases);
            releases
                .flat_map(|(application, release)| {
                    [format!("application/{application}"), format!("release/{release}")]
                })
                .collect()
        }
    }
}
