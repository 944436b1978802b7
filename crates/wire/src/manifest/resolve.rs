//! What documents say of each other and of what is applied already: [`Reading::resolve`].
//!
//! Documents with faults take part as far as they can be told: what refers to one that has faults is not blamed for
//! them, and what it refers to itself is looked for. Whether a release of the same name has other content is not asked
//! here: who stores releases refuses that.

mod world;

use super::fault::{Fault, listing, quoted};
use super::outline::{OfApplication, OfExperiment, OfRelease, OfRollout, Outline, Subject, Way};
use super::reading::Reading;
use std::collections::{BTreeMap, BTreeSet};
use viridian_core::application::{Application, Protocol};
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};
use viridian_core::release::Release;
use world::{Found, World};

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

impl Reading {
    /// Checks documents against each other and against what is applied; when that is not known, nothing is missed
    /// that may be applied. Experiments that name metrics of applications are read. Faults are added to those there are.
    pub fn resolve(&mut self, known: Option<&Known<'_>>) {
        let world = World::of(self, known);
        let mut faults = Vec::new();
        let mut first = BTreeMap::new();
        for outline in &self.outlines {
            let mut subject = Checked { outline, faults: &mut faults };
            if let Some(identity) = outline.identity() {
                let first = *first.entry(identity).or_insert(outline);
                if !std::ptr::eq(first, outline) {
                    subject.repeats(identity, first);
                }
            }
            match &outline.subject {
                Subject::Application(application) => subject.check_application(application, &world),
                Subject::Release(release) => subject.check_release(release, &world),
                Subject::Rollout(rollout) => subject.check_rollout(rollout, &world),
                Subject::Experiment(experiment) => subject.check_experiment(experiment, &world),
                Subject::Unclear => {}
            }
        }
        self.blame(faults);
        self.read_open(&world.names(), known.is_some());
    }
}

/// A document, and where the faults of it go.
struct Checked<'a, 'f> {
    outline: &'a Outline,
    faults: &'f mut Vec<Fault>,
}

impl Checked<'_, '_> {
    fn repeats(&mut self, (kind, name): (&str, &str), first: &Outline) {
        let (name, file, line) = (quoted(name), &first.written.file, first.written.line());
        let message = format!("the {kind} {name} is described in {file}, line {line}, already");
        self.fault(&["metadata", "name"], message);
    }

    fn check_application(&mut self, application: &OfApplication, world: &World) {
        let Some(name) = &application.name else { return };
        if let Some(Some(baseline)) = &application.baseline
            && self.member(baseline, Some(name), "baseline", world).is_none()
        {
            return;
        }
        let Found::It(baseline) = world.baseline(name) else { return };
        let release = &baseline.release;
        match (world.place(baseline, application), &application.environments) {
            (Found::It(place), Some(environments)) if !environments.contains(place) => self.fault(
                &["spec", "environments"],
                format!("there is no environment '{place}', where the baseline '{release}' serves"),
            ),
            (Found::Nothing, _) => self.fault(
                &["spec", "baseline"],
                format!("'{release}' names no environment, and there are several it could serve in"),
            ),
            _ => {}
        }
    }

    fn check_release(&mut self, release: &OfRelease, world: &World) {
        let Some(name) = &release.application else { return };
        let Some(application) = self.application(name, world) else { return };
        if let (Some(Some(place)), Some(environments)) = (&release.environment, &application.environments)
            && !environments.contains(place)
        {
            let there_are = listing(environments.iter().map(EnvironmentName::as_str));
            let message =
                format!("the application '{name}' has no environment '{place}'; it has {there_are}");
            self.fault(&["spec", "environment"], message);
        }
        if application.protocol == Some(Protocol::Http) {
            self.check_release_of_http(release, name);
        }
    }

    /// What no request over plain HTTP can carry would be left out in silence.
    fn check_release_of_http(&mut self, release: &OfRelease, application: &ApplicationName) {
        let because = |what| {
            format!("the application '{application}' speaks http, whose requests have no place for {what}")
        };
        if release.names_model == Some(true) {
            let advice = "run each model in an environment of its own and name that in spec.environment";
            self.fault(&["spec", "model"], format!("{}; {advice}", because("a model")));
        }
        if release.parameters.as_ref().is_some_and(|set| !set.is_empty()) {
            let advice = "put them where its server reads them";
            self.fault(&["spec", "parameters"], format!("{}; {advice}", because("parameters")));
        }
    }

    fn check_rollout(&mut self, rollout: &OfRollout, world: &World) {
        let name = rollout.application.as_ref();
        let application = name.and_then(|name| self.application(name, world));
        let candidate = rollout.candidate.as_ref();
        let candidate = candidate.and_then(|candidate| self.member(candidate, name, "candidate", world));
        if let (Some(application), Some(candidate), Some(Way::BlueGreen)) =
            (application, candidate, rollout.strategy)
        {
            self.check_switch(candidate, application, world);
        }
        if let (Some(application), Some(candidate)) = (application, candidate) {
            self.check_prices(candidate, application, world);
        }
    }

    /// Every release of an arm is one of the application it is named for, and a release that is there.
    fn check_experiment(&mut self, experiment: &OfExperiment, world: &World) {
        let mut told = BTreeSet::new();
        for (application, release) in &experiment.releases {
            let message = match (world.application(application), world.release(release)) {
                (Found::Nothing, _) => format!("there is no application '{application}'"),
                (_, Found::Nothing) => format!("there is no release '{release}'"),
                (_, Found::It(found)) => match &found.application {
                    Some(owner) if owner != application => {
                        format!("'{release}' is a release of '{owner}', not of '{application}'")
                    }
                    _ => continue,
                },
                (_, Found::Unclear) => continue,
            };
            if told.insert(message.clone()) {
                self.fault(&["spec", "arms"], message);
            }
        }
    }

    /// What answers cost can be compared when both releases say it: without that the guard would wait for ever.
    fn check_prices(&mut self, candidate: &OfRelease, application: &OfApplication, world: &World) {
        let (Some(true), Some(name)) = (application.guards_cost, &application.name) else { return };
        let baseline = match world.baseline(name) {
            Found::It(baseline) => world.release(&baseline.release),
            Found::Nothing | Found::Unclear => Found::Unclear,
        };
        let baseline = if let Found::It(baseline) = baseline { Some(baseline) } else { None };
        for release in [Some(candidate), baseline].into_iter().flatten() {
            if let (Some(false), Some(unpriced)) = (release.has_prices, &release.name) {
                let message = format!(
                    "the application '{name}' guards cost, and the release '{unpriced}' has no spec.prices to tell it by"
                );
                self.fault(&["spec", "candidate"], message);
            }
        }
    }

    /// A blue-green switch needs a candidate in an environment of its own.
    fn check_switch(&mut self, candidate: &OfRelease, application: &OfApplication, world: &World) {
        let (Some(application_name), Some(name)) = (&application.name, &candidate.name) else { return };
        let serving = match world.baseline(application_name) {
            // The switch was made; applying the file once more changes nothing.
            Found::It(baseline) if baseline.release == *name => return,
            Found::It(baseline) => world.place(baseline, application),
            Found::Nothing => Found::Nothing,
            Found::Unclear => return,
        };
        let message = match (&candidate.environment, serving) {
            (Some(None), _) => {
                format!("blueGreen needs a candidate in an environment of its own, and '{name}' names none")
            }
            (Some(Some(idle)), Found::It(serving)) if idle == serving => format!(
                "blueGreen needs an idle environment, and '{name}' runs in '{idle}', where the baseline serves"
            ),
            _ => return,
        };
        self.fault(&["spec", "strategy"], message);
    }

    /// The application a document speaks of.
    fn application<'w>(&mut self, name: &ApplicationName, world: &'w World) -> Option<&'w OfApplication> {
        match world.application(name) {
            Found::It(application) => return Some(application),
            Found::Nothing => {
                self.fault(&["spec", "application"], format!("there is no application '{name}'"));
            }
            Found::Unclear => {}
        }
        None
    }

    /// The release a document speaks of in one of its fields, when it belongs to an application.
    fn member<'w>(
        &mut self,
        name: &ReleaseName,
        application: Option<&ApplicationName>,
        field: &str,
        world: &'w World,
    ) -> Option<&'w OfRelease> {
        let message = match (world.release(name), application) {
            (Found::Nothing, _) => format!("there is no release '{name}'"),
            (Found::It(release), Some(application)) => match &release.application {
                Some(owner) if owner != application => {
                    format!("'{name}' is a release of '{owner}', not of '{application}'")
                }
                _ => return Some(release),
            },
            (Found::It(_), None) | (Found::Unclear, _) => return None,
        };
        self.fault(&["spec", field], message);
        None
    }

    /// Puts a fault on record at a field, or at the closest one that was written.
    fn fault(&mut self, path: &[&str], message: String) {
        self.faults.push(self.outline.written.fault(path, message));
    }
}
