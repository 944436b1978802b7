//! How a gateway keeps in touch with a controller elsewhere. Entry point: [`Uplink::run`].
//!
//! Two conversations side by side: `tables` are taken as they come and acknowledged, `reports` carry what was counted. A
//! controller that is away changes nothing here: callers are served by the last tables, counters wait, and both come
//! back by themselves.

mod backoff;
mod following;
mod halves;
mod lines;
mod reporting;
mod reports;
mod tables;

pub use following::Following;
pub use reporting::Reporting;

use crate::handle::Handle;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use viridian_core::analysis::row::Origin;
use viridian_core::id::Term;
use viridian_platform::causes::Causes;
use viridian_platform::client::{self, Client};
use viridian_platform::tls::reason;
use viridian_wire::door::{FAREWELLS, TERM, mark};

/// How long an answer of the controller may take.
const ANSWER: Duration = Duration::from_secs(10);

/// A gateway's line to its controller.
#[derive(Clone)]
pub struct Uplink {
    handle: Handle,
    origin: Origin,
    controller: Uri,
    authorization: HeaderValue,
    client: Client,
    /// Rung when the controller was heard after it was not.
    back: Arc<Notify>,
}

/// Why the controller was not reached, or did not follow.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the controller is none.
    #[error("'{0}' is no address of a controller: give http://host:port")]
    Address(String),
    /// The token cannot be sent.
    #[error("the internal token holds characters that cannot be sent")]
    Token,
    /// What is sent there must not be read on the way.
    #[error(
        "'{0}' is reached over a network in the clear: give an https:// address, or one of the loopback interface"
    )]
    InTheClear(String),
    /// The two sides did not come to trust each other.
    #[error("no secure connection to the controller: {0}")]
    Untrusted(String),
    /// No connection, or it broke off.
    #[error(transparent)]
    Reach(client::Error),
    /// The request could not be formed.
    #[error("the request could not be formed")]
    Form(#[from] http::Error),
    /// The controller refused.
    #[error("the controller refused with {status}: {detail}")]
    Refused {
        /// Its answer.
        status: StatusCode,
        /// Its reason.
        detail: String,
    },
    /// It acts in a term that is over.
    #[error("this controller acts in term {theirs}, and term {own} has begun: it is not followed")]
    Over {
        /// The one it acts in.
        theirs: Term,
        /// The one this gateway has followed.
        own: Term,
    },
    /// Another process has taken this gateway's name.
    #[error(
        "another gateway process has taken the name of this one: give each a name of its own with --node"
    )]
    Superseded,
    /// What it sent cannot be read.
    #[error("what the controller sent cannot be read: {0}")]
    Unreadable(String),
    /// The next start may bring back candidates, so the controller has to wait for their leases.
    #[error("the tables on disk cannot be marked as left behind")]
    Retire(#[source] std::io::Error),
    /// It fell silent.
    #[error("nothing was heard of the controller for {} s", .0.as_secs())]
    Silent(Duration),
    /// The lease on candidates ran out while the stream went on.
    #[error("the lease on candidates ran out: everything is asked for again")]
    LeaseOver,
    /// The stream ended.
    #[error("the controller ended the stream")]
    Ended,
}

impl Uplink {
    /// A line that is not in use yet.
    ///
    /// # Errors
    /// The address or the token cannot be used.
    pub fn new(handle: Handle, controller: &str, token: &str, client: Client) -> Result<Self, Error> {
        let address = || Error::Address(controller.to_owned());
        let text = controller;
        let controller: Uri = controller.parse().map_err(|_| address())?;
        match (controller.scheme_str(), controller.host()) {
            (Some("https"), Some(_)) => {}
            (Some("http"), Some(host)) if is_loopback(host) => {}
            (Some("http"), Some(_)) => return Err(Error::InTheClear(text.to_owned())),
            _ => return Err(address()),
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| Error::Token)?;
        authorization.set_sensitive(true);
        let origin = handle.origin().clone();
        Ok(Self { handle, origin, controller, authorization, client, back: Arc::default() })
    }

    /// Keeps in touch until told to stop; then brings the last counters and says farewell.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        tokio::join!(tables::follow(&self, stop.clone()), reports::keep_sending(&self, stop));
        if let Err(error) = self.take_leave().await {
            tracing::warn!(error = %Causes(&error), "the controller was not told that this gateway ends");
        }
    }

    /// Says farewell, once no start after this one takes up where this one ended.
    async fn take_leave(&self) -> Result<(), Error> {
        let handle = self.handle.clone();
        let retired = tokio::task::spawn_blocking(move || handle.retire()).await;
        retired.map_err(std::io::Error::other).flatten().map_err(Error::Retire)?;
        self.post(FAREWELLS, &self.origin).await?;
        Ok(())
    }

    /// Brings the controller something; answers with the body of its answer.
    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Bytes, Error> {
        self.post_text(path, text_of(body)?).await
    }

    /// The same of what is written already.
    async fn post_text(&self, path: &str, text: Vec<u8>) -> Result<Bytes, Error> {
        let asked = self.handle.now();
        let answer = self.client.send(self.request(path, text)?, ANSWER).await.map_err(unreached)?;
        let status = answer.status();
        self.check_term(&answer)?;
        let body = answer.into_body();
        if !status.is_success() {
            return Err(refused(status, &body));
        }
        self.handle.contact_since(asked);
        Ok(body)
    }

    fn request(&self, path: &str, text: Vec<u8>) -> Result<Request<Full<Bytes>>, Error> {
        let base = self.controller.to_string();
        Ok(Request::post(format!("{}{path}", base.trim_end_matches('/')))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, mark::content_type(&text))
            .header(TERM, HeaderValue::from(self.handle.term().0))
            .body(Full::new(Bytes::from(text)))?)
    }

    async fn open(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Response<hyper::body::Incoming>, Error> {
        let answer =
            self.client.open(self.request(path, text_of(body)?)?, ANSWER).await.map_err(unreached)?;
        self.check_term(&answer)?;
        Ok(answer)
    }

    /// Whether whoever answers acts in a term that is not over. A controller that was replaced and does not know it must
    /// not be taken for one that counts this gateway's lease.
    fn check_term<T>(&self, answer: &Response<T>) -> Result<(), Error> {
        let own = self.handle.term();
        let theirs = answer.headers().get(TERM).and_then(|value| value.to_str().ok()?.parse().ok()).map(Term);
        match theirs {
            Some(theirs) if theirs < own => Err(Error::Over { theirs, own }),
            _ => Ok(()),
        }
    }
}

impl Error {
    /// Whether it takes somebody to mend it: trying again soon is of no use.
    fn is_lasting(&self) -> bool {
        match self {
            Self::Refused { status, .. } => status.is_client_error(),
            Self::Untrusted(_) | Self::Over { .. } => true,
            _ => false,
        }
    }
}

/// What is sent of a body.
fn text_of(body: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(body).map_err(|error| Error::Unreadable(error.to_string()))
}

/// Whether a host is this machine, whatever the network says.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Why the controller was not reached; what is a matter of trust is told as one.
fn unreached(error: client::Error) -> Error {
    match reason::of_server(&error) {
        Some(reason) => Error::Untrusted(reason),
        None => Error::Reach(error),
    }
}

fn refused(status: StatusCode, body: &[u8]) -> Error {
    if status == StatusCode::CONFLICT {
        return Error::Superseded;
    }
    let problem: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let detail = problem.as_ref().and_then(|problem| problem.get("detail")?.as_str());
    Error::Refused { status, detail: detail.unwrap_or("no reason was given").to_owned() }
}
