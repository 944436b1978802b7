//! Shapes of the Open Inference Protocol, version 2, that the gateway itself answers with: its errors. Tensors pass as
//! bytes and have no shape here.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse<'a> {
    /// What people read.
    pub error: Cow<'a, str>,
}
