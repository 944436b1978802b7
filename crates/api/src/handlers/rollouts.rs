//! Rollouts: where they stand, how they came there and why; starting one.

use crate::error::Error;
use crate::page::{self, Length, Part};
use crate::request::{json, query};
use crate::state::State;
use crate::work::off_loop;
use crate::{find, present, start as starting};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extract};
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde::Deserialize;
use utoipa::IntoParams;
use viridian_store::{Activity, RolloutFilter, StoredRollout};
use viridian_wire::api::{
    Action, Explanation, History, List, Problem, RolloutBody, RolloutSummary, StartRequest,
};

/// Which rollouts are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only those of this application.
    application: Option<String>,
    /// Only those that have not ended, or only those that have.
    active: Option<bool>,
    /// Where the list goes on, as `next` said.
    after: Option<String>,
    /// How many at most, up to 500; 100 unless given.
    limit: Option<usize>,
}

/// Rollouts in the order in which they were asked for.
#[utoipa::path(
    get, path = "/api/v1/rollouts", tag = "rollouts", operation_id = "listRollouts", params(Filter),
    responses((status = 200, body = List<RolloutSummary>), (status = 404, body = Problem))
)]
pub(crate) async fn list(
    Extract(state): Extract<State>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<List<RolloutSummary>>, Error> {
    let filter = query(filter)?;
    let body = off_loop(&state, move |State { store, .. }| {
        let application = filter.application.map(|name| find::application(store, &name)).transpose()?;
        let activity = match filter.active {
            None => Activity::Any,
            Some(true) => Activity::NotEnded,
            Some(false) => Activity::Ended,
        };
        let application = application.map(|application| application.name);
        let (after, length) = (page::number(filter.after.as_deref())?, Length::asked(filter.limit)?);
        let wanted = RolloutFilter { application, activity };
        let stored = store.rollouts_after(after, &wanted, length.looked_for())?;
        let place = |stored: &StoredRollout| stored.created_seq.to_string();
        length.list(stored, place, |stored| Ok(present::rollout_summary(store, stored)))
    });
    Ok(Json(body.await?))
}

/// One rollout with its plan and the numbers it is judged by. The entity tag changes with every transition.
#[utoipa::path(
    get, path = "/api/v1/rollouts/{name}", tag = "rollouts", operation_id = "getRollout",
    params(("name" = String, Path, description = "The rollout")),
    responses((status = 200, body = RolloutBody), (status = 404, body = Problem))
)]
pub(crate) async fn show(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Error> {
    let (tag, body) = off_loop(&state, move |State { store, clock, .. }| {
        let stored = find::rollout(store, &name)?;
        Ok((present::tag(&stored), present::rollout(store, &stored, clock())?))
    })
    .await?;
    Ok((AppendHeaders([(ETAG, tag)]), Json(body)))
}

/// What happened to a rollout, oldest first, every transition with the numbers it was decided on.
#[utoipa::path(
    get, path = "/api/v1/rollouts/{name}/history", tag = "rollouts", operation_id = "getRolloutHistory",
    params(("name" = String, Path, description = "The rollout"), Part),
    responses((status = 200, body = History), (status = 404, body = Problem))
)]
pub(crate) async fn history(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<History>, Error> {
    let part = query(part)?;
    let body = off_loop(&state, move |State { store, .. }| {
        let (after, length) = (page::number(part.after.as_deref())?, Length::asked(part.limit)?);
        present::history(store, &find::rollout(store, &name)?, (after, length))
    });
    Ok(Json(body.await?))
}

/// Why a rollout stands where it stands, and what would change it.
#[utoipa::path(
    get, path = "/api/v1/rollouts/{name}/explain", tag = "rollouts", operation_id = "explainRollout",
    params(("name" = String, Path, description = "The rollout")),
    responses((status = 200, body = Explanation), (status = 404, body = Problem))
)]
pub(crate) async fn explain(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<Json<Explanation>, Error> {
    let body = off_loop(&state, move |State { store, .. }| {
        Ok(present::explanation(store, &find::rollout(store, &name)?))
    });
    Ok(Json(body.await?))
}

/// Starts a rollout. The same rollout again, under the same name, changes nothing.
#[utoipa::path(
    post, path = "/api/v1/rollouts", tag = "rollouts", operation_id = "startRollout",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")),
    request_body = StartRequest,
    responses(
        (status = 201, body = RolloutBody),
        (status = 200, body = RolloutBody, description = "Just this rollout was started before"),
        (status = 409, body = Problem),
        (status = 422, body = Problem)
    )
)]
pub(crate) async fn start(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Error> {
    let request: StartRequest = json(&headers, &body)?;
    let (status, stored, body) = off_loop(&state, move |State { store, clock, .. }| {
        let started = starting::start(store, &request, clock())?;
        let status = match started.action {
            Action::Unchanged => StatusCode::OK,
            Action::Created | Action::Configured => StatusCode::CREATED,
        };
        let body = present::rollout(store, &started.rollout, clock())?;
        Ok((status, started.rollout, RolloutBody { warnings: started.warnings, ..body }))
    })
    .await?;
    (state.nudge)();
    let place = format!("/api/v1/rollouts/{}", stored.proposal.name);
    Ok((status, AppendHeaders([(ETAG, present::tag(&stored)), (LOCATION, place)]), Json(body)))
}
