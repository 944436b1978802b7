//! Every shape that leaves the process: manifests people write, the protocols callers speak, the bodies of the
//! control-plane API, and what controller and gateways tell each other. And how far two answers of one shape agree ([`agreement`]).
//!
//! Shapes stay readable for ever: each has a golden file under `tests/golden`, and none is ever deleted.

pub mod agreement;
pub mod api;
pub mod door;
pub mod error_body;
pub mod expression;
pub mod feedback;
pub mod manifest;
pub mod notice;
pub mod open_inference;
pub mod openai;
pub mod operator;
pub mod snapshot;
pub mod tally;
