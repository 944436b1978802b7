//! Orders to rollouts. An order is asked of the rollout's state first, then written down; the controller follows it
//! when it wakes, which is at once.

use crate::error::Error;
use crate::request::{check_unchanged, json_or_default};
use crate::state::State;
use crate::work::off_loop;
use crate::{find, present};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use viridian_core::rollout::command::Command;
use viridian_wire::api::{InWords, OrderReceipt, OrderRequest, Problem};

/// Who gives an order when the request does not say.
const NOBODY_IN_PARTICULAR: &str = "api";

/// Holds a rollout where it stands.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/pause", tag = "orders", operation_id = "pauseRollout",
    params(
        ("name" = String, Path, description = "The rollout"),
        ("If-Match" = Option<String>, Header, description = "Only if the rollout has this entity tag"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")
    ),
    request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn pause(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<OrderReceipt>), Error> {
    let order: OrderRequest = json_or_default(&headers, &body)?;
    give(state, name, headers, Command::Pause { by: by(order) }).await
}

/// Lets a rollout that is held go on.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/resume", tag = "orders", operation_id = "resumeRollout",
    params(
        ("name" = String, Path, description = "The rollout"),
        ("If-Match" = Option<String>, Header, description = "Only if the rollout has this entity tag"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")
    ),
    request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn resume(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<OrderReceipt>), Error> {
    let order: OrderRequest = json_or_default(&headers, &body)?;
    give(state, name, headers, Command::Resume { by: by(order) }).await
}

/// Sends a rollout to its next step without waiting for the present one's gate, or to its end.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/promote", tag = "orders", operation_id = "promoteRollout",
    params(
        ("name" = String, Path, description = "The rollout"),
        ("If-Match" = Option<String>, Header, description = "Only if the rollout has this entity tag"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")
    ),
    request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn promote(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<OrderReceipt>), Error> {
    let order: OrderRequest = json_or_default(&headers, &body)?;
    let reach = order.reach.unwrap_or_default().into();
    give(state, name, headers, Command::Promote { by: by(order), reach }).await
}

/// Stops a rollout and restores the baseline; the release is not rejected.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/abort", tag = "orders", operation_id = "abortRollout",
    params(
        ("name" = String, Path, description = "The rollout"),
        ("If-Match" = Option<String>, Header, description = "Only if the rollout has this entity tag"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")
    ),
    request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn abort(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<OrderReceipt>), Error> {
    let order: OrderRequest = json_or_default(&headers, &body)?;
    let reason = order.reason.clone();
    give(state, name, headers, Command::Abort { by: by(order), reason }).await
}

/// Restores the baseline and rejects the release.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/rollback", tag = "orders", operation_id = "rollbackRollout",
    params(
        ("name" = String, Path, description = "The rollout"),
        ("If-Match" = Option<String>, Header, description = "Only if the rollout has this entity tag"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")
    ),
    request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn rollback(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<OrderReceipt>), Error> {
    let order: OrderRequest = json_or_default(&headers, &body)?;
    let reason = order.reason.clone();
    give(state, name, headers, Command::Rollback { by: by(order), reason }).await
}

async fn give(
    state: State,
    name: String,
    headers: HeaderMap,
    command: Command,
) -> Result<(StatusCode, Json<OrderReceipt>), Error> {
    let receipt = off_loop(&state, move |State { store, clock, .. }| {
        let rollout = find::rollout(store, &name)?;
        check_unchanged(&headers, &present::tag(&rollout))?;
        rollout.state.accepts(&command)?;
        let order = store.order(&rollout.proposal.name, &command, clock())?;
        Ok(OrderReceipt {
            id: order.id.0,
            rollout: order.rollout.to_string(),
            order: InWords(&order.command).to_string(),
            durable: order.durable,
        })
    })
    .await?;
    (state.nudge)();
    Ok((StatusCode::ACCEPTED, Json(receipt)))
}

fn by(order: OrderRequest) -> String {
    order.by.filter(|by| !by.is_empty()).unwrap_or_else(|| NOBODY_IN_PARTICULAR.to_owned())
}
