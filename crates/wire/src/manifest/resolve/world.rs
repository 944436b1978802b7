//! Everything that would be there, were some documents applied: [`World`].

use super::Known;
use crate::manifest::experiment::Names;
use crate::manifest::outline::{OfApplication, OfRelease, Subject};
use crate::manifest::reading::{Reading, Remainder};
use std::collections::BTreeMap;
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};

/// What is applied already, with documents in place of what they replace.
#[derive(Default)]
pub(super) struct World {
    applications: BTreeMap<ApplicationName, OfApplication>,
    releases: BTreeMap<ReleaseName, OfRelease>,
    baselines: BTreeMap<ApplicationName, Baseline>,
    /// Kinds of which there may be more than can be told.
    applications_are: Listing,
    releases_are: Listing,
}

/// Whether everything of a kind is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Listing {
    #[default]
    Complete,
    Incomplete,
}

/// The release that serves an application now, or is to serve it first.
pub(super) struct Baseline {
    pub(super) release: ReleaseName,
    /// Where it serves, when that is known already.
    environment: Option<EnvironmentName>,
}

/// What looking for something came to.
pub(super) enum Found<'a, T> {
    /// It is there.
    It(&'a T),
    /// It is certainly not there.
    Nothing,
    /// A document with faults may have it.
    Unclear,
}

impl World {
    /// What would be there. What is not known to be applied may be.
    pub(super) fn of(reading: &Reading, known: Option<&Known<'_>>) -> Self {
        let mut world = Self::default();
        match known {
            Some(known) => world.know(known),
            None => world.may_hold_more(),
        }
        if reading.remainder == Remainder::Unread {
            world.may_hold_more();
        }
        for outline in &reading.outlines {
            world.add(&outline.subject);
        }
        world
    }

    fn know(&mut self, known: &Known<'_>) {
        for release in known.releases {
            self.releases.insert(release.name.clone(), release.into());
        }
        for known in known.applications {
            let name = &known.application.name;
            self.applications.insert(name.clone(), (&known.application).into());
            if let Some(serving) = &known.serving {
                let (release, environment) = (serving.release.clone(), Some(serving.environment.clone()));
                self.baselines.insert(name.clone(), Baseline { release, environment });
            }
        }
    }

    fn may_hold_more(&mut self) {
        (self.applications_are, self.releases_are) = (Listing::Incomplete, Listing::Incomplete);
    }

    fn add(&mut self, subject: &Subject) {
        match subject {
            Subject::Application(application) => self.add_application(application),
            Subject::Release(release) => match &release.name {
                Some(name) => drop(self.releases.insert(name.clone(), release.clone())),
                None => self.releases_are = Listing::Incomplete,
            },
            Subject::Rollout(_) | Subject::Experiment(_) => {}
            Subject::Unclear => self.may_hold_more(),
        }
    }

    fn add_application(&mut self, application: &OfApplication) {
        let Some(name) = &application.name else {
            self.applications_are = Listing::Incomplete;
            return;
        };
        self.applications.insert(name.clone(), application.clone());
        if let Some(Some(release)) = &application.baseline {
            // What serves already goes on serving, whatever was to serve first.
            let first = || Baseline { release: release.clone(), environment: None };
            self.baselines.entry(name.clone()).or_insert_with(first);
        }
    }

    /// The application of a name.
    pub(super) fn application(&self, name: &ApplicationName) -> Found<'_, OfApplication> {
        Found::or(self.applications.get(name), self.applications_are)
    }

    /// What applications declare, as far as it can be told.
    pub(super) fn names(&self) -> Names<'_> {
        Names::of(
            self.applications
                .iter()
                .filter_map(|(name, application)| Some((name, application.declares.as_ref()?))),
        )
    }

    /// The release of a name.
    pub(super) fn release(&self, name: &ReleaseName) -> Found<'_, OfRelease> {
        Found::or(self.releases.get(name), self.releases_are)
    }

    /// The baseline of an application.
    pub(super) fn baseline(&self, name: &ApplicationName) -> Found<'_, Baseline> {
        let application = self.applications.get(name);
        let is_told = application.is_none_or(|application| application.baseline.is_some());
        let listing = if is_told { Listing::Complete } else { Listing::Incomplete };
        Found::or(self.baselines.get(name), listing)
    }

    /// Where a baseline serves: where it serves already, where it says, or in the only environment there is.
    pub(super) fn place<'a>(
        &'a self,
        baseline: &'a Baseline,
        application: &'a OfApplication,
    ) -> Found<'a, EnvironmentName> {
        if let Some(environment) = &baseline.environment {
            return Found::It(environment);
        }
        match self.release(&baseline.release) {
            Found::It(OfRelease { environment: Some(Some(said)), .. }) => return Found::It(said),
            Found::It(OfRelease { environment: None, .. }) | Found::Unclear => return Found::Unclear,
            Found::It(_) | Found::Nothing => {}
        }
        let Some(environments) = &application.environments else { return Found::Unclear };
        let mut names = environments.iter();
        match (names.next(), names.next()) {
            (Some(only), None) => Found::It(only),
            _ => Found::Nothing,
        }
    }
}

impl<'a, T> Found<'a, T> {
    fn or(found: Option<&'a T>, listing: Listing) -> Self {
        match (found, listing) {
            (Some(it), _) => Self::It(it),
            (None, Listing::Complete) => Self::Nothing,
            (None, Listing::Incomplete) => Self::Unclear,
        }
    }
}
