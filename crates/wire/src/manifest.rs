//! The manifests people write: [`read`] takes YAML or JSON to types of the core and finds every fault,
//! [`Reading::resolve`] checks what the documents of all texts say of each other, [`render`] writes a manifest back.
//!
//! What a kind looks like is one constant per kind, built from the few shapes of `shape`; `check` holds what people
//! wrote against it and `schema` renders it for their editors. The modules are listed in reading order: `fault` says
//! what is wrong, `tree` turns text into values with positions, `cursor` walks them, `text` knows the forms of text,
//! `document` what all kinds share, `digest` what a release is known by, `outline` what can be told of a document that has
//! faults.

mod fault;
mod tree;
mod cursor;
mod text;
mod shape;
mod check;
mod schema;
mod document;
mod application;
mod release;
mod rollout;
mod experiment;
mod digest;
mod written;
mod outline;
mod reading;
mod resolve;
mod yaml;

pub use application::ApplicationManifest;
pub use fault::Fault;
pub use reading::{Document, Reading, read};
pub use resolve::{Known, KnownApplication, Serving};
pub use yaml::to_yaml;

use serde_json::{Value, json};
use viridian_core::experiment::definition::Experiment;
use viridian_core::release::Release;
use viridian_core::rollout::plan::Proposal;

/// What a document says.
#[derive(Debug, Clone, PartialEq)]
pub enum Manifest {
    /// What callers address.
    Application(ApplicationManifest),
    /// An immutable bundle that defines behaviour.
    Release(Release),
    /// An attempt to bring a release into service.
    Rollout(Proposal),
    /// Several releases side by side, to learn which is best.
    Experiment(Experiment),
}

impl Manifest {
    /// The kind and the name; no two documents share both.
    pub fn identity(&self) -> (&'static str, &str) {
        match self {
            Self::Application(manifest) => ("Application", manifest.application.name.as_str()),
            Self::Release(release) => ("Release", release.name.as_str()),
            Self::Rollout(proposal) => ("Rollout", proposal.name.as_str()),
            Self::Experiment(experiment) => ("Experiment", experiment.name.as_str()),
        }
    }
}

/// The JSON Schema of one document, whatever its kind.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A manifest of Viridian",
        "oneOf": [
            {"$ref": "#/$defs/Application"},
            {"$ref": "#/$defs/Release"},
            {"$ref": "#/$defs/Rollout"},
            {"$ref": "#/$defs/Experiment"},
        ],
        "$defs": {
            "Application": schema::render(&application::SHAPE),
            "Release": schema::render(&release::SHAPE),
            "Rollout": schema::render(&rollout::SHAPE),
            "Experiment": schema::render(&experiment::SHAPE),
        },
    })
}

/// Writes a manifest as a document. Reading it gives the same manifest.
pub fn render(manifest: &Manifest) -> Value {
    match manifest {
        Manifest::Application(application) => application::write(application),
        Manifest::Release(release) => release::write(release),
        Manifest::Rollout(proposal) => rollout::write(proposal),
        Manifest::Experiment(experiment) => experiment::write(experiment),
    }
}

/// A commented text to start from: an application, two releases and a rollout.
pub const fn starting_file() -> &'static str {
    include_str!("manifest/start.yaml")
}
