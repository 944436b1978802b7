//! What Viridian asks of the world around an application: secrets by reference, trust in upstreams' certificates,
//! whether an environment is alive and answers smoke requests.
//!
//! Entry points: [`secret::resolve`], [`tls::client_config`], [`reach::endpoint`] and [`smoke::run`]. Nothing here
//! moves a rollout or routes a request.

pub mod causes;
pub mod client;
pub mod reach;
pub mod secret;
pub mod smoke;
pub mod source;
pub mod tls;
pub mod token;
pub mod webhook;
