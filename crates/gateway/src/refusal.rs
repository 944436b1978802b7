//! Why a request gets no answer of an upstream, and what its caller is told. Every refusal is made here, so that the
//! codes callers see can be read in one place.

use http::StatusCode;
use std::borrow::Cow;
use viridian_wire::error_body::ErrorBody;

/// A request that is answered by the gateway itself, with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
    /// The field of the body that is at fault.
    pub(crate) param: Option<&'static str>,
    /// The method that the path does allow.
    pub(crate) allow: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), param: None, allow: None }
    }

    // The caller's fault.

    pub(crate) fn unsafe_path() -> Self {
        let message = "the path is ambiguous: it holds dot segments, empty segments or encoded separators";
        Self::new(StatusCode::BAD_REQUEST, "unsafe_path", message)
    }

    pub(crate) fn unknown_application(name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_application",
            format!("there is no application '{name}' here"),
        )
    }

    pub(crate) fn unknown_model(name: &str) -> Self {
        Self { param: Some("model"), ..Self::unknown_application(name) }
    }

    pub(crate) fn model_missing() -> Self {
        let message = "name an application: as the model, in the path /apps/<application>/ or in x-viridian-application";
        Self { param: Some("model"), ..Self::new(StatusCode::BAD_REQUEST, "model_missing", message) }
    }

    pub(crate) fn path_not_allowed() -> Self {
        Self::new(StatusCode::NOT_FOUND, "path_not_allowed", "the application does not serve this path")
    }

    pub(crate) fn not_addressed() -> Self {
        let message = "name an application: in the path /apps/<application>/ or in x-viridian-application";
        Self::new(StatusCode::NOT_FOUND, "not_addressed", message)
    }

    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        let message = "the path does not allow this method";
        Self {
            allow: Some(allowed),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        }
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        let message = format!("the body is longer than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    }

    pub(crate) fn body_too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body stopped coming")
    }

    pub(crate) fn body_broken() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "body_broken", "the body could not be read to its end")
    }

    pub(crate) fn body_encoded() -> Self {
        let message = "send the body without a content-encoding";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body_encoded", message)
    }

    pub(crate) fn malformed_json(reason: &str) -> Self {
        let message = format!("the body is no JSON object: {reason}");
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", message)
    }

    pub(crate) fn malformed_feedback() -> Self {
        let message =
            r#"feedback is {"id": "...", "value": true, false or a number from 0 to 1}, or a list of these"#;
        Self::new(StatusCode::BAD_REQUEST, "malformed_feedback", message)
    }

    // Ours.

    pub(crate) fn overloaded() -> Self {
        let message = "the gateway holds as many request bodies as it may; try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message)
    }

    pub(crate) fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "the gateway is stopping; try again")
    }

    // The upstream's.

    pub(crate) fn unreachable(reason: &'static str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "upstream_unreachable", reason)
    }

    pub(crate) fn too_slow(reason: &'static str) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", reason)
    }

    pub(crate) fn broken_off(reason: &'static str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "upstream_broke_off", reason)
    }

    /// The refusal in words of the wire.
    pub(crate) fn error_body(&self) -> ErrorBody {
        ErrorBody {
            status: self.status.as_u16(),
            code: self.code,
            message: self.message.clone(),
            param: self.param,
        }
    }
}
