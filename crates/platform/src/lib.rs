//! What Viridian asks of the world around an application: secrets by reference, trust in upstreams' certificates.
//!
//! Entry points: [`secret::resolve`] and [`tls::client_config`]. Nothing here knows rollouts or routing.

pub mod secret;
pub mod tls;
