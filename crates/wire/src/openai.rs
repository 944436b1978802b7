//! Shapes of the OpenAI API that the gateway itself answers with: errors and the list of models. Requests and the
//! answers of upstreams pass as bytes; what is read in them is in [`completion`].

pub mod completion;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse<'a> {
    /// The error.
    pub error: Error<'a>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error<'a> {
    /// What people read.
    pub message: Cow<'a, str>,
    /// `invalid_request_error` when the caller can mend it, else `server_error`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// The field of the request that is at fault.
    pub param: Option<Cow<'a, str>>,
    /// What machines tell it by.
    pub code: Option<Cow<'a, str>>,
}

/// The answer to `GET /v1/models`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelList<'a> {
    /// Always `list`.
    pub object: Cow<'a, str>,
    /// The models.
    pub data: Vec<Model<'a>>,
}

/// A model callers may name: an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model<'a> {
    /// The name to ask for.
    pub id: Cow<'a, str>,
    /// Always `model`.
    pub object: Cow<'a, str>,
    /// Seconds since 1970; zero, because an application outlives its releases.
    pub created: u64,
    /// Always `viridian`.
    pub owned_by: Cow<'a, str>,
}

/// The body that lists these applications as models.
pub fn list_models<'a>(applications: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let model = |id: &'a str| Model {
        id: id.into(),
        object: "model".into(),
        created: 0,
        owned_by: "viridian".into(),
    };
    let data = applications.into_iter().map(model).collect();
    let list = ModelList { object: "list".into(), data };
    // Shapes of texts and numbers can always be written.
    serde_json::to_vec(&list).unwrap_or_default()
}
