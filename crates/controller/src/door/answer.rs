//! Why a gateway is not followed, and how it is told: problem details (RFC 9457).

use super::MOST_BROUGHT;
use crate::hub::Unheard;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use viridian_core::id::{NodeName, Term};
use viridian_wire::door::{OLDEST_PROTOCOL, PROTOCOL};

/// Why a gateway is not followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(
        "the internal token is missing or wrong: give the gateway the token the controller was started with"
    )]
    Unauthorized,
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    #[error("the body was changed on the way, or does not say what it is: bring it again")]
    Changed,
    #[error(
        "its certificate names {names}, and it speaks for '{node}': give each gateway a certificate with its --node name among \
         the DNS names"
    )]
    Stranger { node: NodeName, names: String },
    #[error("more than {} MiB at once are not taken", MOST_BROUGHT >> 20)]
    Oversized,
    #[error(
        "this controller speaks versions {OLDEST_PROTOCOL} to {PROTOCOL} of the internal protocol, and the gateway \
         {0}: bring both to versions that are one apart at most"
    )]
    Protocol(u32),
    #[error(
        "this controller acts in term {own}, and one of term {known} is known: another controller acts now, or this one \
         runs on a database from before that"
    )]
    Over { own: Term, known: Term },
    #[error("many gateways come at the same time: try again in a moment")]
    Busy,
    #[error("the gateway cannot be written down, so it is sent nothing yet: {0}")]
    Unwritable(String),
    #[error("another gateway process has taken this name: give each gateway a name of its own with --node")]
    Superseded,
    #[error("{}: it has to ask for tables first", Unheard::Unknown)]
    Unknown,
    #[error("this controller is about to end")]
    Closing,
}

impl From<Unheard> for Refusal {
    fn from(unheard: Unheard) -> Self {
        match unheard {
            Unheard::Superseded => Self::Superseded,
            Unheard::Unknown => Self::Unknown,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Stranger { .. } => StatusCode::FORBIDDEN,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Oversized => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Protocol(_) => StatusCode::UPGRADE_REQUIRED,
            Self::Superseded => StatusCode::CONFLICT,
            Self::Over { .. } => StatusCode::GONE,
            // What was changed on the way is brought again soon, and as it was.
            Self::Changed | Self::Unknown | Self::Busy | Self::Unwritable(_) | Self::Closing => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let problem = json!({ "status": status.as_u16(), "detail": self.to_string() });
        (status, [(CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
    }
}
