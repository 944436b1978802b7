//! Why a gateway is not followed, and how it is told: problem details (RFC 9457).

use crate::hub::Superseded;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use viridian_wire::door::PROTOCOL;

/// Why a gateway is not followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(
        "the internal token is missing or wrong: give the gateway the token the controller was started with"
    )]
    Unauthorized,
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    #[error(
        "this controller speaks version {PROTOCOL} of the internal protocol, and the gateway {0}: bring both to versions that are one apart at most"
    )]
    Protocol(u32),
    #[error("{0}: give each gateway a name of its own with --node")]
    Superseded(#[from] Superseded),
    #[error("this controller is about to end")]
    Closing,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Protocol(_) => StatusCode::UPGRADE_REQUIRED,
            Self::Superseded(_) => StatusCode::CONFLICT,
            Self::Closing => StatusCode::SERVICE_UNAVAILABLE,
        };
        let problem = json!({ "status": status.as_u16(), "detail": self.to_string() });
        (status, [(CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
    }
}
