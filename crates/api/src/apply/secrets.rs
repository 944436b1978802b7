//! Secrets that manifests refer to and that are not there: found when they are applied, not when the first caller
//! needs them.

use std::error::Error;
use viridian_platform::secret;
use viridian_wire::manifest::{Document, Fault, Manifest};

/// A fault for each reference that leads to no secret.
pub(super) fn missing(document: &Document) -> Vec<Fault> {
    let Manifest::Application(manifest) = &document.manifest else { return Vec::new() };
    let mut faults = Vec::new();
    for (name, environment) in &manifest.application.environments {
        let Some(reference) = &environment.bearer else { continue };
        if let Err(error) = secret::resolve(reference) {
            let path = ["spec", "environments", name.as_str(), "auth", "bearer"];
            let why = error.source().map_or_else(String::new, |source| format!(": {source}"));
            faults.push(document.fault(&path, format!("{error}{why}")));
        }
    }
    faults
}
