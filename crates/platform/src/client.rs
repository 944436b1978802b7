//! A plain HTTP client for the few requests the control plane makes itself: smoke requests and probes. Traffic
//! never passes here; the gateway has its own path.

use crate::tls::{self, Watched};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The most of an answer that is read.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// A client for `http` and `https`. Certificate authorities are loaded with the first `https` request, so that a
/// machine without any can do without.
#[derive(Clone)]
pub struct Client {
    plain: Pool<HttpConnector, Full<Bytes>>,
    /// Absent for what the machine trusts.
    closed: Option<Arc<Closed>>,
}

/// Connections to somebody in particular, over TLS.
struct Closed {
    trust: Arc<Watched<ClientConfig>>,
    open: Mutex<Option<(Arc<ClientConfig>, Secure)>>,
}

type Secure = Pool<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request could not be formed.
    #[error("the request could not be formed")]
    Form(#[from] http::Error),
    /// The upstream could not be reached, or broke off.
    #[error("it could not be reached")]
    Reach(#[from] hyper_util::client::legacy::Error),
    /// The answer did not come in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    /// The answer broke off or was larger than 1 MiB.
    #[error("the answer could not be read: {0}")]
    Read(String),
    /// The secret the upstream asks for cannot be had.
    #[error(transparent)]
    Secret(#[from] crate::secret::Error),
    /// The machine cannot speak TLS.
    #[error(transparent)]
    Tls(#[from] tls::Error),
}

impl Client {
    /// A client without connections.
    pub fn new() -> Self {
        Self { plain: Pool::builder(TokioExecutor::new()).build_http(), closed: None }
    }

    /// A client that trusts nobody over `https` but whom this trusts, and keeps connections to them for as long as that
    /// does not change.
    pub fn trusting(trust: Arc<Watched<ClientConfig>>) -> Self {
        Self { closed: Some(Arc::new(Closed { trust, open: Mutex::default() })), ..Self::new() }
    }

    /// Sends a request whose answer is read as it comes; the time is that until its head is there.
    pub async fn open(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Response<Incoming>, Error> {
        tokio::time::timeout(limit, self.ask(request)).await.unwrap_or(Err(Error::Late(limit)))
    }

    /// Sends a request and reads its whole answer, within a time.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Response<Bytes>, Error> {
        let exchange = async {
            let (parts, body) = self.ask(request).await?.into_parts();
            let read = Limited::new(body, ANSWER_LIMIT).collect().await;
            let bytes = read.map_err(|source| Error::Read(source.to_string()))?.to_bytes();
            Ok(Response::from_parts(parts, bytes))
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(Error::Late(limit)))
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        Ok(match (request.uri().scheme_str(), &self.closed) {
            (Some("https"), Some(closed)) => closed.pool().request(request).await?,
            // A connection of its own for each request: there are few.
            (Some("https"), None) => {
                let trust = tls::client_config()?;
                secure(&trust).request(request).await?
            }
            _ => self.plain.request(request).await?,
        })
    }
}

impl Closed {
    /// Connections by what is trusted now.
    fn pool(&self) -> Secure {
        let trust = self.trust.current();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match &*open {
            Some((made_by, pool)) if Arc::ptr_eq(made_by, &trust) => pool.clone(),
            _ => {
                let pool = secure(&trust);
                *open = Some((Arc::clone(&trust), pool.clone()));
                pool
            }
        }
    }
}

fn secure(trust: &ClientConfig) -> Secure {
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(trust.clone()).https_only().enable_http1().build();
    Pool::builder(TokioExecutor::new()).build(connector)
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}
