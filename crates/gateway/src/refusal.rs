//! Why a request gets no answer of an upstream, and what its caller is told. Every refusal is made here, so that the
//! codes callers see can be read in one place.

use crate::blame::Blame;
use http::StatusCode;
use std::borrow::Cow;
use viridian_core::id::EnvironmentName;
use viridian_core::outcome::Class;
use viridian_wire::error_body::ErrorBody;

/// A request that is answered by the gateway itself, with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) blame: Blame,
    /// What the request comes to if an arm was decided for it.
    pub(crate) class: Class,
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
    /// The field of the body that is at fault.
    pub(crate) param: Option<&'static str>,
    /// The method that the path does allow.
    pub(crate) allow: Option<&'static str>,
}

/// Whether the same request, sent again, may fare better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It would not, or this gateway has already tried what can be tried.
    Never,
    /// At once: it got stuck on its way here.
    AtOnce,
    /// In a moment.
    Soon,
}

impl Refusal {
    fn new(
        blame: Blame,
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let class = match blame {
            Blame::Caller => Class::CallerError,
            // No arm is to blame for what this gateway does.
            Blame::Gateway => Class::Cancelled,
            Blame::Upstream => Class::Unreachable,
        };
        Self { blame, class, status, code, message: message.into(), param: None, allow: None }
    }

    fn of_caller(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Blame::Caller, status, code, message)
    }

    /// Whether it is worth sending the request again.
    ///
    /// What an upstream did is never worth it: where nothing had been sent, the gateway has tried what endpoints there
    /// are, and where something had, the upstream may be at work on it or have charged for it. Client libraries would
    /// send three requests for one, to an upstream that is in trouble already, and each would count against its arm.
    pub(crate) fn again(&self) -> Again {
        match self.blame {
            Blame::Gateway => Again::Soon,
            Blame::Caller if self.status == StatusCode::REQUEST_TIMEOUT => Again::AtOnce,
            Blame::Caller | Blame::Upstream => Again::Never,
        }
    }

    // The caller's fault.

    pub(crate) fn unsafe_path() -> Self {
        let message = "the path is ambiguous: it holds dot segments, empty segments or encoded separators";
        Self::of_caller(StatusCode::BAD_REQUEST, "unsafe_path", message)
    }

    pub(crate) fn unknown_application(name: &str) -> Self {
        Self::of_caller(
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
        Self { param: Some("model"), ..Self::of_caller(StatusCode::BAD_REQUEST, "model_missing", message) }
    }

    pub(crate) fn path_not_allowed() -> Self {
        Self::of_caller(StatusCode::NOT_FOUND, "path_not_allowed", "the application does not serve this path")
    }

    pub(crate) fn not_addressed() -> Self {
        let message = "name an application: in the path /apps/<application>/ or in x-viridian-application";
        Self::of_caller(StatusCode::NOT_FOUND, "not_addressed", message)
    }

    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        let message = "the path does not allow this method";
        Self {
            allow: Some(allowed),
            ..Self::of_caller(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        }
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        let message = format!("the body is longer than {limit} bytes");
        Self::of_caller(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    }

    pub(crate) fn body_too_slow() -> Self {
        Self::of_caller(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body stopped coming")
    }

    pub(crate) fn body_broken() -> Self {
        Self::of_caller(StatusCode::BAD_REQUEST, "body_broken", "the body could not be read to its end")
    }

    pub(crate) fn body_encoded() -> Self {
        let message = "send the body without a content-encoding";
        Self::of_caller(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body_encoded", message)
    }

    pub(crate) fn malformed_json(reason: &str) -> Self {
        let message = format!("the body is no JSON object: {reason}");
        Self::of_caller(StatusCode::BAD_REQUEST, "malformed_json", message)
    }

    pub(crate) fn malformed_feedback() -> Self {
        let message =
            r#"feedback is {"id": "...", "value": true, false or a number from 0 to 1}, or a list of these"#;
        Self::of_caller(StatusCode::BAD_REQUEST, "malformed_feedback", message)
    }

    // Ours.

    pub(crate) fn overloaded() -> Self {
        let message = "the gateway holds as many request bodies as it may; try again";
        Self::of_gateway("overloaded", message)
    }

    pub(crate) fn stopping() -> Self {
        Self::of_gateway("stopping", "the gateway is stopping; try again")
    }

    fn of_gateway(code: &'static str, message: &'static str) -> Self {
        Self::new(Blame::Gateway, StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    // The upstream's.

    pub(crate) fn unreachable(environment: &EnvironmentName) -> Self {
        let message = format!("no endpoint of environment '{environment}' could be connected to");
        Self::new(Blame::Upstream, StatusCode::BAD_GATEWAY, "upstream_unreachable", message)
    }

    pub(crate) fn too_slow(reason: &'static str) -> Self {
        let status = StatusCode::GATEWAY_TIMEOUT;
        Self { class: Class::Timeout, ..Self::new(Blame::Upstream, status, "upstream_timeout", reason) }
    }

    /// The upstream broke off before its answer began.
    pub(crate) fn unanswered(reason: &'static str) -> Self {
        Self::new(Blame::Upstream, StatusCode::BAD_GATEWAY, "upstream_broke_off", reason)
    }

    /// The upstream broke off in the middle of its answer.
    pub(crate) fn truncated() -> Self {
        Self { class: Class::Truncated, ..Self::unanswered("the upstream broke off") }
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
