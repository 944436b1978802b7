//! What documents say of each other and of what is applied already: [`resolve`].
//!
//! Whether a release of the same name has other content is not asked here: who stores releases refuses that.

mod world;

use super::fault::{Fault, listing, quoted};
use super::{ApplicationManifest, Document, Manifest};
use std::collections::BTreeMap;
use viridian_core::application::{Application, Protocol};
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};
use viridian_core::release::Release;
use viridian_core::rollout::plan::{Proposal, Strategy};
use world::World;

/// What is applied already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Every application.
    pub applications: &'a [KnownApplication],
    /// Every release.
    pub releases: &'a [Release],
}

/// An application that is applied already.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownApplication {
    /// As it was applied.
    pub application: Application,
    /// What serves it now; absent before its first baseline.
    pub serving: Option<Serving>,
}

/// A release that serves, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// The release.
    pub release: ReleaseName,
    /// The environment, which the release itself may leave open.
    pub environment: EnvironmentName,
}

/// A document, and where the faults of it go.
struct Subject<'a, 'f> {
    document: &'a Document,
    faults: &'f mut Vec<Fault>,
}

/// Checks documents against each other and against what is known; the documents may come from several files.
/// Returns every fault, in the order of the documents.
pub fn resolve(documents: &[Document], known: &Known<'_>) -> Vec<Fault> {
    let world = World::of(documents, known);
    let mut faults = Vec::new();
    let mut first = BTreeMap::new();
    for document in documents {
        let mut subject = Subject { document, faults: &mut faults };
        let first = *first.entry(document.manifest.identity()).or_insert(document);
        if !std::ptr::eq(first, document) {
            subject.repeats(first);
        }
        match &document.manifest {
            Manifest::Application(manifest) => subject.check_application(manifest, &world),
            Manifest::Release(release) => subject.check_release(release, &world),
            Manifest::Rollout(proposal) => subject.check_rollout(proposal, &world),
        }
    }
    faults
}

impl Subject<'_, '_> {
    fn repeats(&mut self, first: &Document) {
        let (kind, name) = first.manifest.identity();
        let (name, file, line) = (quoted(name), &first.file, first.origin);
        let message = format!("the {kind} {name} is described in {file}, line {line}, already");
        self.fault(&["metadata", "name"], message);
    }

    fn check_application(&mut self, manifest: &ApplicationManifest, world: &World<'_>) {
        let application = &manifest.application;
        if let Some(baseline) = &manifest.baseline
            && self.member(baseline, &application.name, "baseline", world).is_none()
        {
            return;
        }
        let Some(baseline) = world.baseline(&application.name) else { return };
        let release = baseline.release;
        match world.place(baseline, application) {
            Some(place) if !application.environments.contains_key(place) => self.fault(
                &["spec", "environments"],
                format!("there is no environment '{place}', where the baseline '{release}' serves"),
            ),
            None => self.fault(
                &["spec", "baseline"],
                format!("'{release}' names no environment, and there are several it could serve in"),
            ),
            Some(_) => {}
        }
    }

    fn check_release(&mut self, release: &Release, world: &World<'_>) {
        let Some(application) = self.application(&release.application, world) else { return };
        let environments = &application.environments;
        if let Some(place) = &release.environment
            && !environments.contains_key(place)
        {
            let there_are = listing(environments.keys().map(EnvironmentName::as_str));
            let name = &release.application;
            let message =
                format!("the application '{name}' has no environment '{place}'; it has {there_are}");
            self.fault(&["spec", "environment"], message);
        }
        if application.protocol == Protocol::Http && !release.parameters.is_empty() {
            let name = &release.application;
            let message = format!(
                "the application '{name}' speaks http, whose requests have no place for parameters; put them where \
                 its server reads them"
            );
            self.fault(&["spec", "parameters"], message);
        }
    }

    fn check_rollout(&mut self, proposal: &Proposal, world: &World<'_>) {
        let Some(application) = self.application(&proposal.application, world) else { return };
        let candidate = self.member(&proposal.candidate, &application.name, "candidate", world);
        if let (Some(candidate), Strategy::BlueGreen(_)) = (candidate, &proposal.strategy) {
            self.check_switch(candidate, application, world);
        }
    }

    /// A blue-green switch needs a candidate in an environment of its own.
    fn check_switch(&mut self, candidate: &Release, application: &Application, world: &World<'_>) {
        let baseline = world.baseline(&application.name);
        if baseline.is_some_and(|baseline| *baseline.release == candidate.name) {
            // The switch was made; applying the file once more changes nothing.
            return;
        }
        let serving = baseline.and_then(|baseline| world.place(baseline, application));
        let name = &candidate.name;
        let message = match (&candidate.environment, serving) {
            (None, _) => {
                format!("blueGreen needs a candidate in an environment of its own, and '{name}' names none")
            }
            (Some(idle), Some(serving)) if idle == serving => format!(
                "blueGreen needs an idle environment, and '{name}' runs in '{idle}', where the baseline serves"
            ),
            _ => return,
        };
        self.fault(&["spec", "strategy"], message);
    }

    /// The application a document speaks of.
    fn application<'w>(&mut self, name: &ApplicationName, world: &World<'w>) -> Option<&'w Application> {
        let application = world.application(name);
        if application.is_none() {
            self.fault(&["spec", "application"], format!("there is no application '{name}'"));
        }
        application
    }

    /// The release a document speaks of in one of its fields, when it belongs to an application.
    fn member<'w>(
        &mut self,
        name: &ReleaseName,
        application: &ApplicationName,
        field: &str,
        world: &World<'w>,
    ) -> Option<&'w Release> {
        let message = match world.release(name) {
            None => format!("there is no release '{name}'"),
            Some(release) if release.application != *application => {
                format!("'{name}' is a release of '{}', not of '{application}'", release.application)
            }
            Some(release) => return Some(release),
        };
        self.fault(&["spec", field], message);
        None
    }

    /// Puts a fault on record at a field, or at the closest one that was written.
    fn fault(&mut self, path: &[&str], message: String) {
        self.faults.push(self.document.fault(path, message));
    }
}
