//! Shapes of the Open Inference Protocol, version 2, that the gateway itself answers with: its errors, and what it says
//! of itself. Tensors pass as bytes and have no shape here.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse<'a> {
    /// What people read.
    pub error: Cow<'a, str>,
}

/// The answer to `GET /v2/health/live`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Whether the server runs.
    pub live: bool,
}

/// The answer to `GET /v2/health/ready`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Whether the server can answer.
    pub ready: bool,
}

/// The answer to `GET /v2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata<'a> {
    /// Always `viridian`.
    pub name: Cow<'a, str>,
    /// Of Viridian.
    pub version: Cow<'a, str>,
    /// What it serves beyond the protocol: nothing of its own.
    pub extensions: Vec<Cow<'a, str>>,
}

/// The body that says that the gateway runs.
pub fn live() -> Vec<u8> {
    to_vec(&Live { live: true })
}

/// The body that says whether the gateway can answer.
pub fn ready(is_ready: bool) -> Vec<u8> {
    to_vec(&Ready { ready: is_ready })
}

/// The body that says what the gateway is.
pub fn metadata() -> Vec<u8> {
    to_vec(&Metadata {
        name: "viridian".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        extensions: Vec::new(),
    })
}

/// Shapes of texts and booleans can always be written.
fn to_vec(shape: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(shape).unwrap_or_default()
}
