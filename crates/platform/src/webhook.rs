//! Tells people by whatever calls them: a JSON text that is sent to an address by `POST`. Entry point: [`Webhook::post`].

use crate::causes::Causes;
use crate::client::{self, Client};
use crate::secret;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use viridian_core::environment::SecretReference;

/// The header that makes what comes twice one.
const ONCE: &str = "idempotency-key";

/// Where people are told, and how.
#[derive(Clone)]
pub struct Webhook {
    address: Uri,
    bearer: Option<SecretReference>,
    client: Client,
    limit: Duration,
}

/// Why an address cannot be used. It is not shown: with many services the path is the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is none.
    #[error("it is no address: give http://… or https://…, without a user or password in it")]
    Address,
    /// What is sent there must not be read on the way.
    #[error(
        "a token would cross a network in the clear: give an https:// address, or one of the loopback interface"
    )]
    InTheClear,
}

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The secret cannot be had, or cannot be sent.
    #[error("the token cannot be used: {0}")]
    Secret(String),
    /// There was no answer.
    #[error("{}", Causes(.0))]
    Unanswered(#[from] client::Error),
    /// The request could not be formed.
    #[error("the request could not be formed")]
    Form(#[from] http::Error),
    /// Whoever answers sends us elsewhere. What is told, and the token, are for the address that was given.
    #[error("it answers with status {}, which leads elsewhere: give the address it leads to", .0.as_u16())]
    Redirected(StatusCode),
    /// It answers that it does not take it.
    #[error("it answers with status {}", .0.as_u16())]
    Refused(StatusCode),
}

impl Webhook {
    /// Tells people at an address, with a token if they ask for one. An answer is waited for so long.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn new(address: &str, bearer: Option<SecretReference>, limit: Duration) -> Result<Self, Unusable> {
        let address: Uri = address.parse().map_err(|_| Unusable::Address)?;
        let host = address.host().filter(|host| !host.is_empty()).ok_or(Unusable::Address)?;
        if address.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(Unusable::Address);
        }
        match address.scheme_str() {
            Some("https") => {}
            Some("http") if bearer.is_none() || is_loopback(host) => {}
            Some("http") => return Err(Unusable::InTheClear),
            _ => return Err(Unusable::Address),
        }
        Ok(Self { address, bearer, client: Client::new(), limit })
    }

    /// Sends a text once; `once` is the same each time it is sent again. Taken is what is answered with a status of 200 to
    /// 299; nobody is followed elsewhere.
    ///
    /// # Errors
    /// It was not taken, as far as is known.
    pub async fn post(&self, once: &str, text: Bytes) -> Result<(), Error> {
        let mut request =
            Request::post(self.address.clone()).header(CONTENT_TYPE, "application/json").header(ONCE, once);
        if let Some(token) = self.token().await? {
            request = request.header(AUTHORIZATION, token);
        }
        let status = self.client.send(request.body(Full::new(text))?, self.limit).await?.status();
        match status {
            taken if taken.is_success() => Ok(()),
            elsewhere if elsewhere.is_redirection() => Err(Error::Redirected(elsewhere)),
            refused => Err(Error::Refused(refused)),
        }
    }

    /// Read each time: files of secrets change.
    async fn token(&self) -> Result<Option<HeaderValue>, Error> {
        let Some(reference) = self.bearer.clone() else { return Ok(None) };
        let read = tokio::task::spawn_blocking(move || secret::resolve(&reference)).await;
        let secret = read.map_err(|error| Error::Secret(error.to_string()))?;
        let secret = secret.map_err(|error| Error::Secret(Causes(&error).to_string()))?;
        let token = HeaderValue::from_str(&format!("Bearer {}", secret.expose()));
        let mut token = token.map_err(|_| Error::Secret("it holds what no header can hold".to_owned()))?;
        token.set_sensitive(true);
        Ok(Some(token))
    }
}

/// Shows the host alone: with many services the path is the secret.
impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address.host().unwrap_or_default())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({self})")
    }
}

/// Whether a host is this machine, whatever the network says.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use viridian_testkit::upstream::{Reply, Upstream};

    const LIMIT: Duration = Duration::from_secs(10);

    fn token() -> SecretReference {
        SecretReference::Environment("PATH".to_owned())
    }

    #[test]
    fn an_address_is_one_that_can_be_told_in() {
        let check = |address: &str, bearer: Option<SecretReference>, expected: Option<Unusable>| {
            assert_eq!(Webhook::new(address, bearer, LIMIT).err(), expected, "{address}");
        };
        check("https://hooks.example/services/x", Some(token()), None);
        check("http://pager.internal:9000/", None, None);
        check("http://127.0.0.1:9000/", Some(token()), None);
        check("http://pager.internal:9000/", Some(token()), Some(Unusable::InTheClear));
        for none in
            ["", "hooks.example", "/path", "ftp://hooks.example/", "https://ann:secret@hooks.example/"]
        {
            check(none, None, Some(Unusable::Address));
        }
    }

    #[test]
    fn the_path_is_not_shown() {
        let webhook = Webhook::new("https://hooks.example/services/secret", None, LIMIT).unwrap();
        assert_eq!(
            (webhook.to_string(), format!("{webhook:?}")),
            ("hooks.example".into(), "Webhook(hooks.example)".into())
        );
    }

    #[tokio::test]
    async fn what_is_taken_is_told_with_its_token_and_what_is_not_says_why() {
        let people = Upstream::start().await;
        let webhook = Webhook::new(&format!("{}/page", people.url()), Some(token()), LIMIT).unwrap();
        let post = || webhook.post("notice-7", Bytes::from_static(b"{}"));
        people.always(Reply::json("{}"));
        post().await.unwrap();
        let seen = &people.seen()[0];
        assert_eq!((seen.uri.path(), &seen.headers[ONCE]), ("/page", &HeaderValue::from_static("notice-7")));
        assert!(seen.headers[AUTHORIZATION].to_str().unwrap().starts_with("Bearer /"), "the value of PATH");
        for (status, expected) in [(307, "leads elsewhere"), (503, "status 503"), (404, "status 404")] {
            people.always(Reply::json("{}").status(status).header("location", "/elsewhere"));
            let error = post().await.unwrap_err().to_string();
            assert!(error.contains(expected), "{status}: {error}");
        }
        assert!(people.seen().iter().all(|seen| seen.uri.path() == "/page"), "nobody is followed");
    }

    #[tokio::test]
    async fn an_address_that_nobody_answers_at_says_so() {
        let webhook = Webhook::new("http://127.0.0.1:1/", None, LIMIT).unwrap();
        let error = webhook.post("1", Bytes::new()).await.unwrap_err();
        assert!(matches!(error, Error::Unanswered(_)), "{error}");
        let absent = SecretReference::Environment("VIRIDIAN_TEST_NO_SUCH_VARIABLE".to_owned());
        let webhook = Webhook::new("http://127.0.0.1:1/", Some(absent), LIMIT).unwrap();
        assert!(matches!(webhook.post("1", Bytes::new()).await, Err(Error::Secret(_))));
    }
}
