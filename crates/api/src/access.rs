//! Who is let in. With a token, whoever knows it. Without one, whoever is on this machine; and because a page in a
//! browser is on this machine too, requests have to name the machine as itself, and pages of other origins change
//! nothing.

use crate::error::Error;
use crate::state::State;
use axum::extract::{Request, State as Extract};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, HOST, HeaderMap, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use viridian_platform::token::Token;

/// The paths that ask for the token.
const API: &str = "/api/";
/// How a browser says where a request comes from.
const FETCH_SITE: &str = "sec-fetch-site";

/// Lets a request pass or refuses it.
pub(crate) async fn guard(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    check(state.token.as_ref(), &request)?;
    Ok(next.run(request).await)
}

/// Keeps answers out of caches and from being taken for something else.
pub(crate) async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(token: Option<&Token>, request: &Request) -> Result<(), Error> {
    let headers = request.headers();
    let host = host(headers, request.uri());
    match token {
        Some(token) if request.uri().path().starts_with(API) => {
            let known = bearer(headers).is_some_and(|given| token.matches(given));
            known.then_some(()).ok_or(Error::Unauthorized)?;
        }
        None if !host.is_some_and(is_loopback) => return Err(Error::ForeignHost),
        Some(_) | None => {}
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && comes_from_elsewhere(headers, host) {
        return Err(Error::ForeignOrigin);
    }
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The host and port the request was sent to, as the client names them.
fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    uri.authority().map(axum::http::uri::Authority::as_str).or_else(|| text(headers, HOST.as_str()))
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "[::1]") || name.eq_ignore_ascii_case("localhost")
}

fn comes_from_elsewhere(headers: &HeaderMap, host: Option<&str>) -> bool {
    let site = headers.get(FETCH_SITE).map(|site| site.as_bytes());
    if site.is_some_and(|site| !matches!(site, b"same-origin" | b"none")) {
        return true;
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    !authority.is_some_and(|(_, authority)| host.is_some_and(|host| host.eq_ignore_ascii_case(authority)))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn check_open(method: &str, headers: &[(&str, &str)], accepted: bool) {
        let request = request(method, "/api/v1/rollouts", headers);
        assert_eq!(check(None, &request).is_ok(), accepted, "{method} {headers:?}");
    }

    fn check_closed(path: &str, headers: &[(&str, &str)], accepted: bool) {
        let request = request("GET", path, headers);
        let token = Token::new("secret");
        assert_eq!(check(Some(&token), &request).is_ok(), accepted, "{path} {headers:?}");
    }

    #[test]
    fn without_a_token_the_host_is_this_machine() {
        check_open("GET", &[("host", "127.0.0.1:8081")], true);
        check_open("GET", &[("host", "localhost")], true);
        check_open("GET", &[("host", "LOCALHOST:1")], true);
        check_open("GET", &[("host", "[::1]:8081")], true);
        check_open("GET", &[("host", "example.com")], false);
        check_open("GET", &[("host", "127.0.0.1.example.com")], false);
        check_open("GET", &[("host", "localhost:80@example.com")], false);
        check_open("GET", &[], false);
    }

    #[test]
    fn pages_of_other_origins_change_nothing() {
        let host = ("host", "127.0.0.1:8081");
        check_open("POST", &[host], true);
        check_open("POST", &[host, ("origin", "http://127.0.0.1:8081")], true);
        check_open("POST", &[host, ("origin", "http://127.0.0.1:9999")], false);
        check_open("POST", &[host, ("origin", "https://example.com")], false);
        check_open("POST", &[host, ("origin", "null")], false);
        check_open("POST", &[host, ("sec-fetch-site", "cross-site")], false);
        check_open("POST", &[host, ("sec-fetch-site", "same-site")], false);
        check_open("POST", &[host, ("sec-fetch-site", "same-origin")], true);
        check_open("GET", &[host, ("origin", "https://example.com")], true);
    }

    #[test]
    fn with_a_token_the_api_asks_for_it() {
        let host = ("host", "viridian.example.com");
        check_closed("/api/v1/rollouts", &[host, ("authorization", "Bearer secret")], true);
        check_closed("/api/v1/rollouts", &[host, ("authorization", "bearer secret")], true);
        check_closed("/api/v1/rollouts", &[host, ("authorization", "Bearer secre")], false);
        check_closed("/api/v1/rollouts", &[host, ("authorization", "secret")], false);
        check_closed("/api/v1/rollouts", &[host], false);
        check_closed("/healthz", &[host], true);
    }
}
