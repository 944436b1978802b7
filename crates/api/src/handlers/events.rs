//! The stream of events, as server-sent events.

use crate::error::Error;
use crate::events::{Feed, Follower};
use crate::request::query;
use crate::state::State;
use crate::work::off_loop;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use utoipa::IntoParams;
use viridian_wire::api::EventBody;

/// How often a comment says that the stream is alive, well below what proxies wait for.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where the stream begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beginning {
    /// After the event of this number; from now on when it is left out. `Last-Event-ID` wins.
    after: Option<u64>,
}

/// What happens, as it happens: `id` is the event's number, `event` its kind. After a break, `Last-Event-ID` goes on
/// where it broke off. Events of kind `rollout.report` have no number and are not repeated.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", operation_id = "streamEvents",
    params(
        Beginning,
        ("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event that was received")
    ),
    responses((status = 200, content_type = "text/event-stream", body = EventBody))
)]
pub(crate) async fn stream(
    Extract(state): Extract<State>,
    Extract(feed): Extract<Feed>,
    beginning: Result<Query<Beginning>, QueryRejection>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let last = match headers.get("last-event-id") {
        Some(id) => Some(read_id(id.to_str().unwrap_or_default())?),
        None => query(beginning)?.after,
    };
    let last = match last {
        Some(last) => last,
        None => off_loop(&state, |State { store, .. }| Ok(store.latest_event()?)).await?,
    };
    let follower = feed.follow(state, last);
    let events = stream::unfold(follower, |mut follower: Follower| async move {
        let item = follower.next().await?;
        let data = serde_json::to_string(&item.body).unwrap_or_default();
        let event = Event::default().event(item.body.kind.as_str()).data(data);
        let event = match item.seq {
            Some(seq) => event.id(seq.to_string()),
            None => event,
        };
        Some((Ok::<_, Infallible>(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("alive")))
}

fn read_id(id: &str) -> Result<u64, Error> {
    id.parse().map_err(|_| Error::Malformed(format!("'{id}' is not the number of an event")))
}
