//! The two releases of a story and where they run. Nothing is sent anywhere, so the addresses are made up.

use super::words::name;
use crate::application::{Application, Protocol, Timeouts, Unit};
use crate::environment::Endpoint;
use crate::guard::Guard;
use crate::opinion::Opinions;
use crate::release::{Digest, Parameters};
use crate::routing::table::Placement;
use std::collections::BTreeMap;

/// The application of a story.
pub(super) fn application(text: &str, unit: Unit, guards: &[Guard]) -> Result<Application, String> {
    Ok(Application {
        name: name(text)?,
        labels: BTreeMap::new(),
        protocol: Protocol::OpenAi,
        unit,
        environments: BTreeMap::new(),
        allow_paths: Vec::new(),
        pins: Vec::new(),
        local_guard: None,
        guards: guards.to_vec(),
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slices: Vec::new(),
        sources: BTreeMap::new(),
        gauges: Vec::new(),
        timeouts: Timeouts::default(),
    })
}

/// A release of it, in an environment of its own.
pub(super) fn placement(application: &str, version: &str) -> Result<Placement, String> {
    Ok(Placement {
        release: name(&format!("{application}-{version}"))?,
        version: version.to_owned(),
        digest: Digest(String::new()),
        environment: name(version)?,
        endpoints: vec![Endpoint(format!("http://{version}.invalid"))],
        bearer: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
    })
}
