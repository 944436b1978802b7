//! Why a request is not followed, and how that is said: [`Error`] becomes problem details (RFC 9457).

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use viridian_core::rollout::state::Refusal;
use viridian_store::Error as StoreError;
use viridian_wire::api::{FaultBody, Problem};

/// How long a client should wait before it tries again what a full disk refused, in seconds.
const RETRY: HeaderValue = HeaderValue::from_static("5");

/// Why a request is not followed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing of that name.
    #[error("there is no {what} '{name}'{}", meant.as_ref().map_or_else(String::new, |meant| format!("; did you mean '{meant}'?")))]
    Unknown {
        /// The kind of thing.
        what: &'static str,
        /// The name.
        name: String,
        /// A name that is there and looks like it.
        meant: Option<String>,
    },
    /// The address leads nowhere.
    #[error("nothing is served at this path")]
    NoSuchPath,
    /// The address is right and the method is not.
    #[error("this path does not know the method")]
    WrongMethod,
    /// A manifest cannot be applied as it is.
    #[error("{}", count(.0))]
    Manifest(Vec<FaultBody>),
    /// The body or the query is not what it should be.
    #[error("{0}")]
    Malformed(String),
    /// The body is of no known type.
    #[error("the body has to be {0}")]
    MediaType(&'static str),
    /// The body is too large.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// The rollout cannot follow the order now.
    #[error("the order cannot be followed: {0}")]
    Order(#[from] Refusal),
    /// The rollout has moved since the client looked.
    #[error("the rollout has moved on since: it is at {found} now, not at {expected}")]
    Stale {
        /// What the client saw.
        expected: String,
        /// What stands.
        found: String,
    },
    /// The same request is being followed at this moment.
    #[error("a request with this idempotency key is being followed now")]
    UnderWay,
    /// The token is missing or wrong.
    #[error("this control plane asks for a token: send it as 'Authorization: Bearer <token>'")]
    Unauthorized,
    /// The request came under a name that is not this machine's.
    #[error(
        "without a token only requests to 127.0.0.1, ::1 or localhost are followed, so that no page in a browser \
         can pass itself off as this control plane"
    )]
    ForeignHost,
    /// A page of another origin sent the request.
    #[error("pages of another origin may not change anything here")]
    ForeignOrigin,
    /// The database did not do as asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that cannot go wrong did.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// The status and the code that machines tell it by.
    fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown"),
            Self::NoSuchPath => (StatusCode::NOT_FOUND, "noSuchPath"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "wrongMethod"),
            Self::Manifest(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalidManifest"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::MediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "mediaType"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "tooLarge"),
            Self::Order(_) => (StatusCode::CONFLICT, "orderRefused"),
            Self::Stale { .. } => (StatusCode::PRECONDITION_FAILED, "stale"),
            Self::UnderWay => (StatusCode::CONFLICT, "underWay"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::ForeignHost => (StatusCode::FORBIDDEN, "foreignHost"),
            Self::ForeignOrigin => (StatusCode::FORBIDDEN, "foreignOrigin"),
            Self::Store(error) => of_store(error),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// The error as it is sent.
    pub fn problem(&self) -> Problem {
        let (status, code) = self.status();
        Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: code.to_owned(),
            errors: match self {
                Self::Manifest(faults) => faults.clone(),
                _ => Vec::new(),
            },
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = self.problem();
        if problem.status >= 500 {
            tracing::error!(code = problem.code, detail = problem.detail, "a request could not be followed");
        }
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(RETRY_AFTER, RETRY);
            }
            _ => {}
        }
        response
    }
}

/// What the database's refusals mean for a client.
const fn of_store(error: &StoreError) -> (StatusCode, &'static str) {
    match error {
        StoreError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown"),
        StoreError::Exists { .. } => (StatusCode::CONFLICT, "exists"),
        StoreError::Immutable { .. } => (StatusCode::CONFLICT, "immutable"),
        StoreError::Rejected { .. } => (StatusCode::CONFLICT, "rejected"),
        StoreError::Refused(_) => (StatusCode::CONFLICT, "refused"),
        StoreError::Conflict { .. } => (StatusCode::CONFLICT, "conflict"),
        StoreError::KeyReused { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "keyReused"),
        StoreError::Unwritable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unwritable"),
        StoreError::Fenced { .. } => (StatusCode::SERVICE_UNAVAILABLE, "fenced"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

fn count(faults: &[FaultBody]) -> String {
    match faults {
        [_] => "the manifest has one fault".to_owned(),
        faults => format!("the manifest has {} faults", faults.len()),
    }
}
