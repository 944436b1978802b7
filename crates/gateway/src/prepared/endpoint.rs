//! The base URL of an upstream, taken apart. Entry point: [`Endpoint::parse`].

use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Uri};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use viridian_core::environment;

/// Where connections go, and what requests on them say.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// Scheme, host and port as text: endpoints of one origin share connections.
    pub(crate) origin: Arc<str>,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What the `host` header says.
    pub(crate) authority: HeaderValue,
    /// What paths are put behind; empty or `/…` without a slash at the end.
    pub(crate) prefix: String,
    pub(crate) tls: Option<Tls>,
}

/// How an `https` origin is spoken to.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

/// Why a text is no base URL.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no base URL: use http:// or https://, a host, and optionally a port and a path")]
pub(crate) struct NotABaseUrl(String);

impl Endpoint {
    /// Takes a base URL apart. `trust` is used when it is `https`.
    pub(crate) fn parse(
        text: &environment::Endpoint,
        trust: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, NotABaseUrl> {
        parse(&text.0, trust).ok_or_else(|| NotABaseUrl(text.0.clone()))
    }

    /// The request target for a path of an application.
    pub(crate) fn target(&self, path: &str, query: Option<&str>) -> Option<PathAndQuery> {
        let text = match query {
            Some(query) => format!("{}{path}?{query}", self.prefix),
            None => format!("{}{path}", self.prefix),
        };
        PathAndQuery::from_maybe_shared(text).ok()
    }
}

/// Whether a base URL asks for TLS.
pub(crate) fn is_https(text: &environment::Endpoint) -> bool {
    text.0.starts_with("https://")
}

fn parse(text: &str, trust: Option<&Arc<ClientConfig>>) -> Option<Endpoint> {
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let userinfo = authority.as_str().contains('@');
    if userinfo || uri.query().is_some() {
        return None;
    }
    let (default_port, tls) = match uri.scheme_str()? {
        "http" => (80, None),
        "https" => (443, Some(tls(authority, trust?)?)),
        _ => return None,
    };
    let port = authority.port_u16().unwrap_or(default_port);
    let scheme = uri.scheme_str()?;
    Some(Endpoint {
        origin: format!("{scheme}://{}:{port}", authority.host()).into(),
        host: bare_host(authority).to_owned(),
        port,
        authority: HeaderValue::from_str(authority.as_str()).ok()?,
        prefix: uri.path().trim_end_matches('/').to_owned(),
        tls,
    })
}

fn tls(authority: &Authority, trust: &Arc<ClientConfig>) -> Option<Tls> {
    let name = ServerName::try_from(bare_host(authority).to_owned()).ok()?;
    Some(Tls { connector: TlsConnector::from(Arc::clone(trust)), name })
}

/// The host as resolvers want it: an IPv6 address without its brackets.
fn bare_host(authority: &Authority) -> &str {
    authority.host().trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust() -> Arc<ClientConfig> {
        viridian_platform::tls::trusting([]).unwrap()
    }

    fn endpoint(text: &str) -> Option<Endpoint> {
        Endpoint::parse(&environment::Endpoint(text.to_owned()), Some(&trust())).ok()
    }

    fn check(text: &str, origin: &str, host: &str, target: &str) {
        let endpoint = endpoint(text).unwrap_or_else(|| panic!("{text} is a base URL"));
        assert_eq!(&*endpoint.origin, origin);
        assert_eq!(endpoint.host, host);
        assert_eq!(endpoint.tls.is_some(), text.starts_with("https"));
        assert_eq!(endpoint.target("/v1/models", Some("a=b")).unwrap(), target);
    }

    #[test]
    fn base_urls_are_taken_apart() {
        check("http://10.0.0.5:8000", "http://10.0.0.5:8000", "10.0.0.5", "/v1/models?a=b");
        check("http://blue", "http://blue:80", "blue", "/v1/models?a=b");
        check(
            "https://api.example.com/openai/",
            "https://api.example.com:443",
            "api.example.com",
            "/openai/v1/models?a=b",
        );
        check("http://[::1]:8000/a/b", "http://[::1]:8000", "::1", "/a/b/v1/models?a=b");
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for text in [
            "",
            "blue",
            "blue:8000",
            "ftp://blue",
            "http://",
            "http://user:password@blue",
            "http://blue?a=b",
            "/v1",
        ] {
            assert!(endpoint(text).is_none(), "{text:?}");
        }
    }
}
