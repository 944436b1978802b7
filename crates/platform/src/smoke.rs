//! Smoke requests: a release answers a few requests as expected before anyone else sends it one.

use crate::client::{Client, Error};
use crate::secret;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, Response};
use http_body_util::Full;
use std::time::Duration;
use viridian_core::environment::Endpoint;
use viridian_core::rollout::plan::{Smoke, SmokeRequest};
use viridian_core::routing::table::Placement;

/// How long one smoke request may take; a model that has just been loaded answers its first request slowly.
const LIMIT: Duration = Duration::from_secs(60);
/// How much of an unexpected answer is shown.
const EXCERPT: usize = 200;

/// Sends every smoke request to every endpoint of a placement, one after the other. The error says which was not
/// answered as expected, and how.
pub async fn run(client: &Client, placement: &Placement, smoke: &Smoke) -> Result<(), String> {
    for endpoint in &placement.endpoints {
        crate::reach::endpoint(endpoint).await.map_err(|why| format!("{endpoint}: {why}"))?;
        for request in &smoke.requests {
            check(client, placement, endpoint, request)
                .await
                .map_err(|why| format!("{} {endpoint}{}: {why}", request.method, request.path))?;
        }
    }
    Ok(())
}

async fn check(
    client: &Client,
    placement: &Placement,
    endpoint: &Endpoint,
    expected: &SmokeRequest,
) -> Result<(), String> {
    let request = form(placement, endpoint, expected).map_err(|error| error.to_string())?;
    let answer = client.send(request, LIMIT).await.map_err(|error| explain(&error))?;
    compare(expected, &answer)
}

fn form(
    placement: &Placement,
    endpoint: &Endpoint,
    expected: &SmokeRequest,
) -> Result<Request<Full<Bytes>>, Error> {
    let mut request =
        Request::builder().method(expected.method.as_str()).uri(format!("{endpoint}{}", expected.path));
    if expected.body.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    if let Some(reference) = &placement.bearer {
        let secret = secret::resolve(reference)?;
        request = request.header(AUTHORIZATION, format!("Bearer {}", secret.expose()));
    }
    let body = expected.body.clone().unwrap_or_default();
    Ok(request.body(Full::new(Bytes::from(body)))?)
}

fn compare(expected: &SmokeRequest, answer: &Response<Bytes>) -> Result<(), String> {
    let text = String::from_utf8_lossy(answer.body());
    let status = answer.status().as_u16();
    if status != expected.status {
        return Err(format!("status {status} instead of {}: {}", expected.status, excerpt(&text)));
    }
    match &expected.contains {
        Some(wanted) if !text.contains(wanted.as_str()) => {
            Err(format!("the answer does not contain '{wanted}': {}", excerpt(&text)))
        }
        _ => Ok(()),
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}

/// The error with its causes, since "could not be reached" alone helps nobody.
fn explain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}
