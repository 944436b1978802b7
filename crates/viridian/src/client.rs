//! The control plane's client: sends requests, reads answers, and turns problems into errors people understand.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::Full;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use viridian_platform::client::Client as Http;
use viridian_wire::api::Problem;

/// How long an answer may take. The control plane answers from its own disk.
const LIMIT: Duration = Duration::from_secs(30);

/// A client of one control plane.
pub(crate) struct Client {
    http: Http,
    server: String,
    authorization: Option<HeaderValue>,
}

/// Why there is no answer, or not the one that was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody answers there.
    #[error("nobody answers at {server}: is the control plane running? Start one with: viridian serve")]
    Unreachable {
        /// The address.
        server: String,
        /// What happened.
        source: viridian_platform::client::Error,
    },
    /// The control plane did not do as asked.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// What answered is no control plane, or one of another version.
    #[error("{server} answered with status {status} and something that is no answer of a control plane")]
    Strange {
        /// The address.
        server: String,
        /// The HTTP status.
        status: u16,
    },
}

impl Error {
    /// What the control plane said, when it answered.
    pub(crate) const fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            Self::Unreachable { .. } | Self::Strange { .. } => None,
        }
    }
}

impl Client {
    /// A client of the control plane at a base URL.
    ///
    /// # Errors
    /// It is no `http` or `https` URL, or the token cannot stand in a header.
    pub(crate) fn new(server: &str, token: Option<String>) -> Result<Self> {
        let server = server.trim_end_matches('/');
        let uri: Uri = server.parse().with_context(|| format!("'{server}' is not a URL"))?;
        let scheme = uri.scheme_str().unwrap_or_default();
        ensure!(
            matches!(scheme, "http" | "https"),
            "'{server}' is not a URL that begins with http:// or https://"
        );
        let bearer = token.map(|token| HeaderValue::try_from(format!("Bearer {token}")));
        let authorization =
            bearer.transpose().context("the token holds characters that no header may hold")?;
        Ok(Self { http: Http::new(), server: server.to_owned(), authorization })
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.exchange(Method::GET, path, Body { kind: "", bytes: Bytes::new() }).await
    }

    /// Sends a body as JSON.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        // A shape of ours can always be written.
        let bytes = Bytes::from(serde_json::to_vec(body).unwrap_or_default());
        self.exchange(Method::POST, path, Body { kind: "application/json", bytes }).await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<T, Error> {
        let request = self.form(method, path, body).map_err(|error| self.unreachable(error.into()))?;
        let answer = self.http.send(request, LIMIT).await.map_err(|error| self.unreachable(error))?;
        let status = answer.status();
        let strange = || Error::Strange { server: self.server.clone(), status: status.as_u16() };
        if status.is_success() {
            return serde_json::from_slice(answer.body()).map_err(|_| strange());
        }
        let problem = serde_json::from_slice(answer.body()).map_err(|_| strange())?;
        Err(Error::Refused(problem))
    }

    fn form(&self, method: Method, path: &str, body: Body) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request =
            Request::builder().uri(format!("{}{path}", self.server)).header(ACCEPT, "application/json");
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, body.kind).header("idempotency-key", key());
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.method(method).body(Full::new(body.bytes))
    }

    fn unreachable(&self, source: viridian_platform::client::Error) -> Error {
        Error::Unreachable { server: self.server.clone(), source }
    }
}

struct Body {
    kind: &'static str,
    bytes: Bytes,
}

/// A name in a path or a query, with everything that has a meaning there written otherwise.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// A new idempotency key, so that a request that is sent twice on the way is followed once.
fn key() -> String {
    let mut random = [0_u8; 16];
    // Without random numbers there is no key worth sending; an empty one is ignored.
    if getrandom::fill(&mut random).is_err() {
        return String::new();
    }
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_are_servers() {
        assert!(Client::new("http://127.0.0.1:8081/", None).is_ok());
        assert!(Client::new("127.0.0.1:8081", None).is_err());
        assert!(Client::new("ftp://a", None).is_err());
        assert!(Client::new("http://a", Some("line\nbreak".to_owned())).is_err());
    }

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(escaped("support-chat.v8"), "support-chat.v8");
        assert_eq!(escaped("a/../b?c=d"), "a%2F..%2Fb%3Fc%3Dd");
    }

    #[test]
    fn keys_differ() {
        assert_ne!(key(), key());
        assert_eq!(key().len(), 32);
    }
}
