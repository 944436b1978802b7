//! What documents say of each other and of what is applied already: [`resolve`].
//!
//! Whether a release of the same name has other content is not asked here: who stores releases refuses that.

use super::cursor::Cursor;
use super::fault::{Fault, quoted};
use super::{ApplicationManifest, Document, Manifest};
use std::collections::BTreeMap;
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};
use viridian_core::release::Release;
use viridian_core::rollout::plan::{Proposal, Strategy};

/// What is applied already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Every application; its baseline is the release that serves now.
    pub applications: &'a [ApplicationManifest],
    /// Every release.
    pub releases: &'a [Release],
}

/// Everything that would be there, were the documents applied.
struct World<'a> {
    applications: BTreeMap<&'a ApplicationName, &'a ApplicationManifest>,
    /// The release that serves an application, or will serve it first.
    baselines: BTreeMap<&'a ApplicationName, &'a ReleaseName>,
    releases: BTreeMap<&'a ReleaseName, &'a Release>,
}

/// A document, and where the faults of it go.
struct Subject<'a, 'f> {
    document: &'a Document,
    faults: &'f mut Vec<Fault>,
}

/// Checks documents against each other and against what is known; the documents may come from several files.
/// Returns every fault, file by file in the order of the documents.
pub fn resolve(documents: &[Document], known: &Known<'_>) -> Vec<Fault> {
    let world = World::of(documents, known);
    let mut faults = Vec::new();
    let mut names = BTreeMap::new();
    for document in documents {
        let mut subject = Subject { document, faults: &mut faults };
        let first = *names.entry(document.manifest.identity()).or_insert(document);
        if !std::ptr::eq(first, document) {
            let Document { file, origin, .. } = first;
            let (kind, name) = document.manifest.identity();
            subject.fault(
                &["metadata", "name"],
                format!("the {kind} {} is described in {file}, line {origin}, already", quoted(name)),
            );
        }
        match &document.manifest {
            Manifest::Application(manifest) => world.check_application(manifest, &mut subject),
            Manifest::Release(release) => world.check_release(release, &mut subject),
            Manifest::Rollout(proposal) => world.check_rollout(proposal, &mut subject),
        }
    }
    faults
}

impl<'a> World<'a> {
    /// What is known, with the documents in place of what they replace.
    fn of(documents: &'a [Document], known: &Known<'a>) -> Self {
        let mut world =
            Self { applications: BTreeMap::new(), baselines: BTreeMap::new(), releases: BTreeMap::new() };
        for manifest in known.applications {
            world.add_application(manifest);
        }
        world.releases.extend(known.releases.iter().map(|release| (&release.name, release)));
        for document in documents {
            match &document.manifest {
                Manifest::Application(manifest) => world.add_application(manifest),
                Manifest::Release(release) => drop(world.releases.insert(&release.name, release)),
                Manifest::Rollout(_) => {}
            }
        }
        world
    }

    fn add_application(&mut self, manifest: &'a ApplicationManifest) {
        let name = &manifest.application.name;
        self.applications.insert(name, manifest);
        if let Some(baseline) = &manifest.baseline {
            // What serves already goes on serving, whatever a manifest says of the beginning.
            self.baselines.entry(name).or_insert(baseline);
        }
    }

    fn check_application(&self, manifest: &ApplicationManifest, subject: &mut Subject<'_, '_>) {
        let application = &manifest.application;
        if let Some(baseline) = &manifest.baseline {
            self.check_membership(baseline, &application.name, "baseline", subject);
        }
        let serving = self.baselines.get(&application.name).and_then(|name| self.releases.get(name));
        let Some(serving) = serving else { return };
        match &serving.environment {
            Some(environment) if !application.environments.contains_key(environment) => subject.fault(
                &["spec", "environments"],
                format!(
                    "there is no environment '{environment}', where its baseline '{}' serves",
                    serving.name
                ),
            ),
            None if application.environments.len() > 1 => subject.fault(
                &["spec", "baseline"],
                format!(
                    "the release '{}' names no environment, and as the baseline of an application with \
                     several it has to",
                    serving.name
                ),
            ),
            _ => {}
        }
    }

    fn check_release(&self, release: &Release, subject: &mut Subject<'_, '_>) {
        let Some(manifest) = self.application(&release.application, subject) else { return };
        let environments = &manifest.application.environments;
        if let Some(environment) = &release.environment
            && !environments.contains_key(environment)
        {
            let names: Vec<String> = environments.keys().map(|name| format!("'{name}'")).collect();
            subject.fault(
                &["spec", "environment"],
                format!(
                    "the application '{}' has no environment '{environment}'; it has {}",
                    release.application,
                    names.join(", ")
                ),
            );
        }
    }

    fn check_rollout(&self, proposal: &Proposal, subject: &mut Subject<'_, '_>) {
        if self.application(&proposal.application, subject).is_none() {
            return;
        }
        let candidate =
            self.check_membership(&proposal.candidate, &proposal.application, "candidate", subject);
        if let (Some(candidate), Strategy::BlueGreen(_)) = (candidate, &proposal.strategy) {
            self.check_switch(candidate, subject);
        }
    }

    /// A blue-green switch needs a candidate in an environment of its own.
    fn check_switch(&self, candidate: &Release, subject: &mut Subject<'_, '_>) {
        let baseline = self.baselines.get(&candidate.application);
        if baseline.is_some_and(|baseline| **baseline == candidate.name) {
            // The switch was made; applying the file once more changes nothing.
            return;
        }
        let serving = baseline.and_then(|name| self.environment(name));
        let idle = self.environment(&candidate.name);
        match (idle, serving) {
            (None, _) => subject.fault(
                &["spec", "strategy"],
                format!(
                    "blueGreen needs a candidate in an environment of its own, and '{}' names none",
                    candidate.name
                ),
            ),
            (Some(idle), Some(serving)) if idle == serving => subject.fault(
                &["spec", "strategy"],
                format!(
                    "blueGreen needs an idle environment, and '{}' runs in '{idle}', where the baseline serves",
                    candidate.name
                ),
            ),
            _ => {}
        }
    }

    /// Where a release runs by its own account.
    fn environment(&self, release: &ReleaseName) -> Option<&'a EnvironmentName> {
        self.releases.get(release).and_then(|release| release.environment.as_ref())
    }

    fn application(
        &self,
        name: &ApplicationName,
        subject: &mut Subject<'_, '_>,
    ) -> Option<&'a ApplicationManifest> {
        let found = self.applications.get(name).copied();
        if found.is_none() {
            subject.fault(&["spec", "application"], format!("there is no application '{name}'"));
        }
        found
    }

    /// The release of a name, when it exists and belongs to an application.
    fn check_membership(
        &self,
        name: &ReleaseName,
        application: &ApplicationName,
        field: &str,
        subject: &mut Subject<'_, '_>,
    ) -> Option<&'a Release> {
        let release = self.releases.get(name).copied();
        let message = match release {
            None => format!("there is no release '{name}'"),
            Some(release) if release.application != *application => {
                format!("'{name}' is a release of '{}', not of '{application}'", release.application)
            }
            Some(release) => return Some(release),
        };
        subject.fault(&["spec", field], message);
        None
    }
}

impl Subject<'_, '_> {
    /// Puts a fault on record at a field, or at the closest one that was written.
    fn fault(&mut self, path: &[&str], message: String) {
        let fault = descend(&Cursor::root(&self.document.root), path, message);
        self.faults.push(Fault { file: self.document.file.clone(), ..fault });
    }
}

fn descend(cursor: &Cursor<'_>, path: &[&str], message: String) -> Fault {
    match path.split_first().and_then(|(name, rest)| cursor.field(name).map(|field| (field, rest))) {
        Some((field, rest)) => descend(&field, rest, message),
        None => cursor.fault(message),
    }
}

impl Manifest {
    /// The kind and name, which together are given once.
    pub fn identity(&self) -> (&'static str, &str) {
        match self {
            Self::Application(manifest) => ("Application", manifest.application.name.as_str()),
            Self::Release(release) => ("Release", release.name.as_str()),
            Self::Rollout(proposal) => ("Rollout", proposal.name.as_str()),
        }
    }
}
