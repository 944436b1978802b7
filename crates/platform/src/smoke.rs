//! Smoke requests: a release answers a few requests as expected before anyone else sends it one.

use crate::causes::Causes;
use crate::client::{Client, Error};
use crate::{reach, secret};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, Response};
use http_body_util::Full;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use viridian_core::environment::Endpoint;
use viridian_core::rollout::plan::{Smoke, SmokeRequest};
use viridian_core::routing::table::Placement;
use viridian_core::time::readable;

/// How long an environment may take to accept connections, all of its endpoints together: a server that is just being
/// started, or a network that drops one connection, does not make a release a bad one.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before a connection is tried again.
const PAUSE: Duration = Duration::from_millis(250);
/// How long one smoke request may take; a model that has just been loaded answers its first request slowly.
const LIMIT: Duration = Duration::from_secs(60);
/// How much of an unexpected answer is shown.
const EXCERPT: usize = 200;

/// Why an endpoint was not as expected.
enum Failure {
    /// Nobody answered: it may be there later.
    Unreached(String),
    /// It answered, and otherwise than expected, or was too slow.
    Unfit(String),
}

/// Sends every smoke request to every endpoint of a placement, one after the other. An endpoint that cannot be
/// reached, or breaks off before it answers, is asked everything again until `patience` is over; an answer is final. The
/// error says which was not answered as expected, and how.
pub async fn run(
    client: &Client,
    placement: &Placement,
    smoke: &Smoke,
    patience: Duration,
) -> Result<(), String> {
    let until = Instant::now() + patience;
    for endpoint in &placement.endpoints {
        while let Err(failure) = ask(client, placement, endpoint, smoke).await {
            match failure {
                Failure::Unfit(why) => return Err(why),
                Failure::Unreached(why) if Instant::now() >= until => {
                    return Err(format!("{why}, tried for {}", readable(patience)));
                }
                Failure::Unreached(_) => sleep(PAUSE.min(patience)).await,
            }
        }
    }
    Ok(())
}

/// Sends every smoke request to one endpoint.
async fn ask(
    client: &Client,
    placement: &Placement,
    endpoint: &Endpoint,
    smoke: &Smoke,
) -> Result<(), Failure> {
    reach::endpoint(endpoint).await.map_err(|why| Failure::Unreached(format!("{endpoint}: {why}")))?;
    for expected in &smoke.requests {
        let where_to = format!("{} {endpoint}{}", expected.method, expected.path);
        let unfit = |why: String| Failure::Unfit(format!("{where_to}: {why}"));
        let request = form(placement, endpoint, expected).map_err(|error| unfit(error.to_string()))?;
        let answer = match client.send(request, LIMIT).await {
            Ok(answer) => answer,
            Err(error @ Error::Reach(_)) => {
                return Err(Failure::Unreached(format!("{where_to}: {}", Causes(&error))));
            }
            Err(error) => return Err(unfit(Causes(&error).to_string())),
        };
        compare(expected, &answer).map_err(unfit)?;
    }
    Ok(())
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

#[cfg(test)]
mod tests;
