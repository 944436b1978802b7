//! How callers of an application are told that their request was not answered: in the shape of the protocol they
//! speak, so that their client library raises the error it always raises. Entry point: [`ErrorBody::to_json`].

use crate::{open_inference, openai};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use viridian_core::application::Protocol;

/// An error, whatever the caller speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    /// The HTTP status it is sent with.
    pub status: u16,
    /// What machines tell it by, such as `unknown_application`. Codes are never renamed.
    pub code: &'static str,
    /// What people read.
    pub message: Cow<'static, str>,
    /// The field of the request that is at fault, if one is.
    pub param: Option<&'static str>,
}

/// An error of plain HTTP: problem details (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem<'a> {
    /// Always `about:blank`: the code says what the type would.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// The meaning of the status.
    pub title: Cow<'a, str>,
    /// The HTTP status.
    pub status: u16,
    /// What people read.
    pub detail: Cow<'a, str>,
    /// What machines tell it by.
    pub code: Cow<'a, str>,
}

impl ErrorBody {
    /// The body for callers of this protocol.
    pub fn to_json(&self, protocol: Protocol) -> Vec<u8> {
        match protocol {
            Protocol::OpenAi => to_vec(&self.to_openai()),
            Protocol::OpenInference => to_vec(&self.to_open_inference()),
            Protocol::Http => to_vec(&self.to_problem()),
        }
    }

    /// The event that tells the reader of an OpenAI stream that it broke off. Client libraries raise an error for it;
    /// no `[DONE]` follows.
    pub fn to_openai_event(&self) -> Vec<u8> {
        let body = to_vec(&self.to_openai());
        [b"data: ", body.as_slice(), b"\n\n"].concat()
    }

    fn to_openai(&self) -> openai::ErrorResponse<'_> {
        let kind = if self.status < 500 { "invalid_request_error" } else { "server_error" };
        openai::ErrorResponse {
            error: openai::Error {
                message: self.message.as_ref().into(),
                kind: kind.into(),
                param: self.param.map(Cow::from),
                code: Some(self.code.into()),
            },
        }
    }

    fn to_open_inference(&self) -> open_inference::ErrorResponse<'_> {
        open_inference::ErrorResponse { error: self.message.as_ref().into() }
    }

    fn to_problem(&self) -> Problem<'_> {
        Problem {
            kind: "about:blank".into(),
            title: title(self.status).into(),
            status: self.status,
            detail: self.message.as_ref().into(),
            code: self.code.into(),
        }
    }
}

/// The media type of an error body for callers of this protocol.
pub const fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::OpenAi | Protocol::OpenInference => "application/json",
        Protocol::Http => "application/problem+json",
    }
}

/// The meaning of the statuses that are sent (RFC 9110, section 15).
const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ if status < 500 => "Client Error",
        _ => "Server Error",
    }
}

/// Shapes of texts and numbers can always be written; an empty body would only follow a fault of the library.
fn to_vec(shape: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(shape).unwrap_or_default()
}
