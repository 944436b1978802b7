//! What a document says of others, as far as it can be told while the rest of it has faults: [`Outline`]. It is what
//! lets a file tell all its faults at once.
//!
//! Nothing is guessed. A field is `None` when it cannot be told: it does not read, or it is not there in a document
//! that may have it under a misspelt name. A fault that only follows from another one is never told.

use super::application::{self, Declares};
use super::cursor::Cursor;
use super::document;
use super::release;
use super::written::Written;
use std::collections::BTreeSet;
use std::sync::Arc;
use viridian_core::application::{Application, Protocol};
use viridian_core::id::{ApplicationName, EnvironmentName, ExperimentName, ReleaseName, RolloutName};
use viridian_core::metric::Metric;
use viridian_core::release::Release;

/// What can be told of a document.
#[derive(Debug, Clone)]
pub(crate) struct Outline {
    /// What was written.
    pub(crate) written: Arc<Written>,
    /// What it describes.
    pub(crate) subject: Subject,
}

/// What a document describes.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Application(OfApplication),
    Release(OfRelease),
    Rollout(OfRollout),
    Experiment(OfExperiment),
    /// Its kind cannot be told.
    Unclear,
}

/// What others can refer to in an application, and what it refers to.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfApplication {
    pub(crate) name: Option<ApplicationName>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) environments: Option<BTreeSet<EnvironmentName>>,
    pub(crate) baseline: Option<Option<ReleaseName>>,
    /// Whether it guards what answers cost.
    pub(crate) guards_cost: Option<bool>,
    /// The metrics and scores of its own.
    pub(crate) declares: Option<Declares>,
}

/// What others can refer to in a release, and what it refers to.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfRelease {
    pub(crate) name: Option<ReleaseName>,
    pub(crate) application: Option<ApplicationName>,
    pub(crate) environment: Option<Option<EnvironmentName>>,
    /// Whether it asks the upstream for a model.
    pub(crate) names_model: Option<bool>,
    /// Which parameters of requests it sets.
    pub(crate) parameters: Option<BTreeSet<String>>,
    /// Whether it says what answers cost.
    pub(crate) has_prices: Option<bool>,
}

/// What a rollout refers to.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfRollout {
    pub(crate) name: Option<RolloutName>,
    pub(crate) application: Option<ApplicationName>,
    pub(crate) candidate: Option<ReleaseName>,
    pub(crate) strategy: Option<Way>,
}

/// What an experiment refers to.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfExperiment {
    pub(crate) name: Option<ExperimentName>,
    /// The releases of each arm, by application, as far as they can be told.
    pub(crate) releases: Vec<(ApplicationName, ReleaseName)>,
}

/// The strategies that ask for different things of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Canary,
    BlueGreen,
}

/// How much of a document can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// All of it.
    Sound,
    /// What is there; what is not there may be misspelt.
    Faulty,
    /// What it is called. Parts of the text were passed over.
    Torn,
}

impl Outline {
    /// The kind and the name, when both can be told.
    pub(crate) fn identity(&self) -> Option<(&'static str, &str)> {
        match &self.subject {
            Subject::Application(it) => Some(("Application", it.name.as_ref()?.as_str())),
            Subject::Release(it) => Some(("Release", it.name.as_ref()?.as_str())),
            Subject::Rollout(it) => Some(("Rollout", it.name.as_ref()?.as_str())),
            Subject::Experiment(it) => Some(("Experiment", it.name.as_ref()?.as_str())),
            Subject::Unclear => None,
        }
    }
}

impl Subject {
    /// Reads what can be told.
    pub(crate) fn read(document: &Cursor<'_>, condition: Condition) -> Self {
        let kind = document.field("kind");
        let spec = document.field("spec").filter(|_| condition != Condition::Torn);
        let fields = Fields { spec: spec.as_ref(), condition };
        match kind.as_ref().and_then(Cursor::text) {
            Some("Application") => Self::Application(OfApplication {
                name: document::name(document, ApplicationName::parse),
                protocol: fields.required(|spec| spec.required("protocol", |word| word.word())),
                environments: fields.required(environments),
                baseline: fields.optional("baseline", |text| text.parsed(ReleaseName::parse)),
                guards_cost: fields.optional("guards", guards_cost).map(|guards| guards == Some(true)),
                // A field that is misspelt may declare more.
                declares: spec.as_ref().filter(|_| condition == Condition::Sound).map(application::declares),
            }),
            Some("Release") => Self::Release(OfRelease {
                name: document::name(document, ReleaseName::parse),
                application: fields.required(of_application),
                environment: fields.optional("environment", |text| text.parsed(EnvironmentName::parse)),
                names_model: fields.optional("model", |_| Some(())).map(|model| model.is_some()),
                parameters: fields.optional("parameters", parameters).map(Option::unwrap_or_default),
                has_prices: fields.optional("prices", |_| Some(())).map(|prices| prices.is_some()),
            }),
            Some("Rollout") => Self::Rollout(OfRollout {
                name: document::name(document, RolloutName::parse),
                application: fields.required(of_application),
                candidate: fields
                    .required(|spec| spec.required("candidate", |text| text.parsed(ReleaseName::parse))),
                strategy: fields.required(strategy),
            }),
            Some("Experiment") => Self::Experiment(OfExperiment {
                name: document::name(document, ExperimentName::parse),
                releases: fields.required(releases).unwrap_or_default(),
            }),
            _ => Self::Unclear,
        }
    }
}

impl From<&Application> for OfApplication {
    fn from(application: &Application) -> Self {
        Self {
            name: Some(application.name.clone()),
            protocol: Some(application.protocol),
            environments: Some(application.environments.keys().cloned().collect()),
            // What serves an application that is applied is known apart from it.
            baseline: Some(None),
            guards_cost: Some(application.guards.iter().any(|guard| guard.metric.is_priced())),
            declares: Some(application.into()),
        }
    }
}

impl From<&Release> for OfRelease {
    fn from(release: &Release) -> Self {
        Self {
            name: Some(release.name.clone()),
            application: Some(release.application.clone()),
            environment: Some(release.environment.clone()),
            names_model: Some(release.model.is_some()),
            parameters: Some(release.parameters.values.keys().cloned().collect()),
            has_prices: Some(release.prices.is_some()),
        }
    }
}

/// The fields of a document below `spec`.
struct Fields<'a> {
    spec: Option<&'a Cursor<'a>>,
    condition: Condition,
}

impl Fields<'_> {
    fn required<T>(&self, read: impl FnOnce(&Cursor<'_>) -> Option<T>) -> Option<T> {
        self.spec.and_then(read)
    }

    /// A field that may be left out: only in a sound document does its absence say so.
    fn optional<T>(&self, name: &str, read: impl FnOnce(&Cursor<'_>) -> Option<T>) -> Option<Option<T>> {
        match self.spec?.field(name) {
            Some(field) => read(&field).map(Some),
            None => (self.condition == Condition::Sound).then_some(None),
        }
    }
}

fn of_application(spec: &Cursor<'_>) -> Option<ApplicationName> {
    spec.required("application", |text| text.parsed(ApplicationName::parse))
}

fn environments(spec: &Cursor<'_>) -> Option<BTreeSet<EnvironmentName>> {
    let read = |map: &Cursor<'_>| map.fields().map(|(name, _)| EnvironmentName::parse(name).ok()).collect();
    spec.required("environments", read).filter(|names: &BTreeSet<_>| !names.is_empty())
}

fn guards_cost(guards: &Cursor<'_>) -> Option<bool> {
    let metric = |guard: Cursor<'_>| guard.required("metric", |word| word.word::<Metric>());
    Some(guards.items().any(|guard| metric(guard).is_some_and(Metric::is_priced)))
}

fn parameters(parameters: &Cursor<'_>) -> Option<BTreeSet<String>> {
    Some(release::sets(parameters).map(|(name, _)| name.to_owned()).collect())
}

/// Every release of every arm that can be told.
fn releases(spec: &Cursor<'_>) -> Option<Vec<(ApplicationName, ReleaseName)>> {
    let of_arm = |arm: Cursor<'_>| -> Vec<(ApplicationName, ReleaseName)> {
        let Some(map) = arm.field("releases") else { return Vec::new() };
        let each = map.fields().filter_map(|(name, release)| {
            Some((ApplicationName::parse(name).ok()?, release.parsed(ReleaseName::parse)?))
        });
        each.collect()
    };
    spec.required("arms", |arms| Some(arms.items().flat_map(of_arm).collect()))
}

fn strategy(spec: &Cursor<'_>) -> Option<Way> {
    spec.required("strategy", |strategy| {
        let mut fields = strategy.fields().map(|(name, _)| name);
        match (fields.next(), fields.next()) {
            (Some("canary"), None) => Some(Way::Canary),
            (Some("blueGreen"), None) => Some(Way::BlueGreen),
            _ => None,
        }
    })
}
