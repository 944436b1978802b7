//! What is stored, as manifests are checked against it.

use crate::error::Error;
use viridian_core::application::Application;
use viridian_core::id::EnvironmentName;
use viridian_core::release::Release;
use viridian_store::Store;
use viridian_wire::manifest::{self, KnownApplication, Serving};

/// What is stored.
pub(super) struct Known {
    applications: Vec<KnownApplication>,
    releases: Vec<Release>,
}

impl Known {
    /// Loads everything manifests can refer to.
    pub(super) fn load(store: &Store) -> Result<Self, Error> {
        let mut applications = Vec::new();
        for application in store.applications()? {
            let serving = serving(store, &application)?;
            applications.push(KnownApplication { application, serving });
        }
        let releases = store.releases(None)?.into_iter().map(|stored| stored.release).collect();
        Ok(Self { applications, releases })
    }

    /// The same, as manifests are checked against it.
    pub(super) fn view(&self) -> manifest::Known<'_> {
        manifest::Known { applications: &self.applications, releases: &self.releases }
    }
}

/// What serves an application and where: as gateways do it, or as they will when they are told.
fn serving(store: &Store, application: &Application) -> Result<Option<Serving>, Error> {
    let Some(baseline) = store.baseline(&application.name)? else { return Ok(None) };
    let table = store.table(&application.name)?;
    let served = table.map(|table| table.baseline.environment);
    let environment = baseline.release.environment.or(served).or_else(|| only(application));
    Ok(environment.map(|environment| Serving { release: baseline.release.name, environment }))
}

fn only(application: &Application) -> Option<EnvironmentName> {
    let mut names = application.environments.keys();
    match (names.next(), names.next()) {
        (Some(name), None) => Some(name.clone()),
        _ => None,
    }
}
