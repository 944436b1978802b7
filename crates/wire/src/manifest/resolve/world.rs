//! Everything that would be there, were some documents applied: [`World`].

use super::Known;
use crate::manifest::{Document, Manifest};
use std::collections::BTreeMap;
use viridian_core::application::Application;
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};
use viridian_core::release::Release;

/// What is applied already, with documents in place of what they replace.
#[derive(Default)]
pub(super) struct World<'a> {
    applications: BTreeMap<&'a ApplicationName, &'a Application>,
    releases: BTreeMap<&'a ReleaseName, &'a Release>,
    baselines: BTreeMap<&'a ApplicationName, Baseline<'a>>,
}

/// The release that serves an application now, or is to serve it first.
#[derive(Clone, Copy)]
pub(super) struct Baseline<'a> {
    pub(super) release: &'a ReleaseName,
    /// Where it serves, when that is known already.
    environment: Option<&'a EnvironmentName>,
}

impl<'a> World<'a> {
    /// What would be there.
    pub(super) fn of(documents: &'a [Document], known: &Known<'a>) -> Self {
        let mut world = Self::default();
        world.releases.extend(known.releases.iter().map(|release| (&release.name, release)));
        for known in known.applications {
            let name = &known.application.name;
            world.applications.insert(name, &known.application);
            if let Some(serving) = &known.serving {
                let baseline =
                    Baseline { release: &serving.release, environment: Some(&serving.environment) };
                world.baselines.insert(name, baseline);
            }
        }
        for document in documents {
            world.add(&document.manifest);
        }
        world
    }

    fn add(&mut self, manifest: &'a Manifest) {
        match manifest {
            Manifest::Application(manifest) => {
                let name = &manifest.application.name;
                self.applications.insert(name, &manifest.application);
                if let Some(release) = &manifest.baseline {
                    // What serves already goes on serving, whatever was to serve first.
                    self.baselines.entry(name).or_insert(Baseline { release, environment: None });
                }
            }
            Manifest::Release(release) => {
                self.releases.insert(&release.name, release);
            }
            Manifest::Rollout(_) => {}
        }
    }

    /// The application of a name.
    pub(super) fn application(&self, name: &ApplicationName) -> Option<&'a Application> {
        self.applications.get(name).copied()
    }

    /// The release of a name.
    pub(super) fn release(&self, name: &ReleaseName) -> Option<&'a Release> {
        self.releases.get(name).copied()
    }

    /// The baseline of an application.
    pub(super) fn baseline(&self, name: &ApplicationName) -> Option<Baseline<'a>> {
        self.baselines.get(name).copied()
    }

    /// Where a baseline serves: where it serves already, where it says, or in the only environment there is.
    pub(super) fn place(
        &self,
        baseline: Baseline<'a>,
        application: &'a Application,
    ) -> Option<&'a EnvironmentName> {
        let said = || self.release(baseline.release).and_then(|release| release.environment.as_ref());
        let mut names = application.environments.keys();
        let only = names.next().filter(|_| names.next().is_none());
        baseline.environment.or_else(said).or(only)
    }
}
