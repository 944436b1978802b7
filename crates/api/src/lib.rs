//! The control plane's HTTP API: what is applied, where rollouts stand and why, and orders to them.
//!
//! Entry point: [`serve()`], with a [`State`] that whoever composes the process fills in. In reading order:
//! `router` is the whole API as a table; `access` says who is let in and `idempotency` follows a request once;
//! `handlers` has one file per resource; [`apply()`] and `start` bring manifests into the store, `forecast` plans,
//! `events` streams; `probe` is what a gateway alone answers about itself; `find` and `present` stand between the store and the bodies of `viridian-wire`.
//!
//! Nothing here moves a rollout: orders are written down, and the controller is woken.

mod error;
mod state;
mod access;
mod work;
mod request;
mod page;
mod find;
mod present;
mod apply;
mod conduct;
mod start;
mod forecast;
mod events;
mod metrics;
mod probe;
mod idempotency;
mod handlers;
mod openapi;
mod router;
mod serve;

pub use apply::{Mode, apply};
pub use error::Error;
pub use openapi::openapi;
pub use probe::{Alone, Fitness, serve_probes};
pub use serve::{ServeError, check_exposure, serve};
pub use state::{Certificate, GatewayStatus, Internal, Notices, RequestCount, State, Traffic};
