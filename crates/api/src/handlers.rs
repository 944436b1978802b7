//! What each path does, one file per resource: read the request, ask the store where blocking is allowed, answer
//! with a body of the API.

pub(crate) mod applications;
pub(crate) mod apply;
pub(crate) mod events;
pub(crate) mod experiments;
pub(crate) mod gateways;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod orders;
pub(crate) mod plan;
pub(crate) mod releases;
pub(crate) mod rollouts;
