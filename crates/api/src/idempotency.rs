//! The same request twice is followed once: a client that does not know whether its request arrived sends it again
//! with the same `Idempotency-Key` and gets the first answer again.
//!
//! An order's answer is written down with the order, in one transaction: a crash between the two would let the second
//! request order it again. What else is asked for is the same when it is done twice, and its answer is remembered after it.
//!
//! Only answers to requests that were followed are remembered. A request that was refused changed nothing, and may
//! be followed the next time.

use crate::error::Error;
use crate::request::BODY_LIMIT;
use crate::state::State;
use crate::work::off_loop;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use viridian_platform::causes::Causes;

/// The header that carries the key.
const KEY: &str = "idempotency-key";
/// The longest key that is accepted.
const LONGEST_KEY: usize = 255;

/// Keys of requests that are being followed now.
#[derive(Clone, Default)]
pub(crate) struct UnderWay {
    keys: Arc<Mutex<HashSet<String>>>,
}

/// A key that is taken until this is dropped.
struct Taken {
    keys: UnderWay,
    key: String,
}

/// The key of a request that is being followed, for a handler that remembers the answer with what it does.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) key: String,
    pub(crate) fingerprint: String,
}

/// Marks a response that was remembered with what was done.
#[derive(Clone, Copy)]
pub(crate) struct AlreadyRemembered;

/// An answer as it is remembered.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    body: String,
}

/// Follows a request that changes something, or answers as before.
pub(crate) async fn once(
    Extract((state, under_way)): Extract<(State, UnderWay)>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| Error::TooLarge { limit: BODY_LIMIT })?;
    let key = match parts.headers.get(KEY) {
        Some(key) if !key.is_empty() => read_key(key)?,
        _ => return Ok(next.run(Request::from_parts(parts, Body::from(body))).await),
    };
    let _taken = under_way.take(&key).ok_or(Error::UnderWay)?;
    let print =
        fingerprint(&parts.method, parts.uri.path_and_query().map_or("/", |path| path.as_str()), &body);

    let (asked, fingerprint) = (key.clone(), print.clone());
    let earlier =
        off_loop(&state, move |state| Ok(state.store.recall(&asked, &fingerprint, (state.clock)())?)).await?;
    if let Some(earlier) = earlier {
        return replay(&earlier);
    }
    parts.extensions.insert(Known { key: key.clone(), fingerprint: print.clone() });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let is_remembered = response.extensions().get::<AlreadyRemembered>().is_some();
    if is_remembered || !response.status().is_success() {
        return Ok(response);
    }
    remember(&state, (key, print), response).await
}

/// An answer in the words it is remembered by.
pub(crate) fn remembered(status: StatusCode, body: String) -> String {
    let answer = Answer { status: status.as_u16(), body };
    // Numbers and text are always JSON.
    serde_json::to_string(&answer).unwrap_or_default()
}

fn read_key(key: &HeaderValue) -> Result<String, Error> {
    match key.to_str() {
        Ok(key) if key.len() <= LONGEST_KEY => Ok(key.to_owned()),
        _ => Err(Error::Malformed(format!("an idempotency key is 1 to {LONGEST_KEY} visible characters"))),
    }
}

/// What tells one request from another.
fn fingerprint(method: &Method, path: &str, body: &Bytes) -> String {
    let mut digest = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn remember(
    state: &State,
    (key, print): (String, String),
    response: Response,
) -> Result<Response, Error> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| Error::Internal(error.to_string()))?;
    let text = remembered(parts.status, String::from_utf8_lossy(&bytes).into_owned());
    let remembered =
        off_loop(state, move |state| Ok(state.store.remember(&key, &print, &text, (state.clock)())?));
    if let Err(error) = remembered.await {
        // What was asked for was done; an order to roll back must not look refused because the disk is full.
        tracing::warn!(error = %Causes(&error), "an answer could not be remembered");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn replay(text: &str) -> Result<Response, Error> {
    let answer: Answer = serde_json::from_str(text).map_err(|error| Error::Internal(error.to_string()))?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = [
        (CONTENT_TYPE.as_str(), HeaderValue::from_static("application/json")),
        ("idempotency-replayed", HeaderValue::from_static("true")),
    ];
    Ok((status, headers, answer.body).into_response())
}

impl UnderWay {
    /// Takes a key, unless it is taken.
    fn take(&self, key: &str) -> Option<Taken> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.to_owned()).then(|| Taken { keys: self.clone(), key: key.to_owned() })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.keys.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
