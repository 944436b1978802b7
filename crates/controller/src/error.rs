//! What can keep the controller from deciding.

use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};
use viridian_core::rollout::input::Oversized;

/// What can keep the controller from deciding. It tries again at the next tick.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store did not do as asked.
    #[error("the store failed")]
    Store(#[from] viridian_store::Error),
    /// A release runs in an environment the application does not have.
    #[error("release {release} of {application} runs in environment '{environment}', which is not defined")]
    EnvironmentMissing {
        /// The application.
        application: ApplicationName,
        /// The release.
        release: ReleaseName,
        /// The environment.
        environment: EnvironmentName,
    },
    /// A release names no environment and the application has several.
    #[error("release {release} of {application} names no environment and there are several: name one")]
    EnvironmentAmbiguous {
        /// The application.
        application: ApplicationName,
        /// The release.
        release: ReleaseName,
    },
    /// What follows is a table that gateways would refuse.
    #[error("{oversized}: give {application} fewer pins, paths, endpoints or parameters")]
    Oversized {
        /// The application.
        application: ApplicationName,
        /// How long the table would be.
        oversized: Oversized,
    },
    /// A rollout's candidate is not in the store.
    #[error("release {0} is not in the store")]
    ReleaseMissing(ReleaseName),
    /// The thread of the loop could not be started.
    #[error("the controller's thread could not be started")]
    Start(#[source] std::io::Error),
}
