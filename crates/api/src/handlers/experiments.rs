//! Experiments: where they stand and what they say; starting and stopping one, and releasing its winner.

use crate::error::Error;
use crate::page::{self, Length};
use crate::request::{json, json_or_default, query};
use crate::state::State;
use crate::work::off_loop;
use crate::{conduct, find, present};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extract};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde::Deserialize;
use utoipa::IntoParams;
use viridian_core::experiment::step::Phase;
use viridian_store::StoredExperiment;
use viridian_wire::api::{
    Action, ExperimentBody, ExperimentRequest, List, Problem, RolloutSummary, StopReceipt, StopRequest,
};

/// Which experiments are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only those that this application takes part in.
    application: Option<String>,
    /// Only those that have not ended, or only those that have.
    active: Option<bool>,
    /// Where the list goes on, as `next` said.
    after: Option<String>,
    /// How many at most, up to 500; 100 unless given.
    limit: Option<usize>,
}

/// Experiments in the order in which they were asked for.
#[utoipa::path(
    get, path = "/api/v1/experiments", tag = "experiments", operation_id = "listExperiments", params(Filter),
    responses((status = 200, body = List<ExperimentBody>), (status = 404, body = Problem))
)]
pub(crate) async fn list(
    Extract(state): Extract<State>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<List<ExperimentBody>>, Error> {
    let filter = query(filter)?;
    let body = off_loop(&state, move |State { store, .. }| {
        let application = filter.application.map(|name| find::application(store, &name)).transpose()?;
        let (after, length) = (page::number(filter.after.as_deref())?, Length::asked(filter.limit)?);
        let is_meant = |stored: &StoredExperiment| {
            let is_active = !matches!(stored.state.phase, Phase::Ended(_));
            let takes_part =
                |name| stored.experiment.arms.applications().any(|application| application == name);
            stored.created_seq > after
                && filter.active.is_none_or(|active| active == is_active)
                && application.as_ref().is_none_or(|application| takes_part(&application.name))
        };
        let stored = store.experiments()?.into_iter().filter(is_meant).take(length.looked_for()).collect();
        let place = |stored: &StoredExperiment| stored.created_seq.to_string();
        length.list(stored, place, |stored| present::experiment(store, stored))
    });
    Ok(Json(body.await?))
}

/// One experiment, with its numbers.
#[utoipa::path(
    get, path = "/api/v1/experiments/{name}", tag = "experiments", operation_id = "getExperiment",
    params(("name" = String, Path, description = "The experiment")),
    responses((status = 200, body = ExperimentBody), (status = 404, body = Problem))
)]
pub(crate) async fn show(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<Json<ExperimentBody>, Error> {
    let body = off_loop(&state, move |State { store, .. }| {
        present::experiment(store, &find::experiment(store, &name)?)
    });
    Ok(Json(body.await?))
}

/// Starts an experiment. The same experiment again, under the same name, changes nothing.
#[utoipa::path(
    post, path = "/api/v1/experiments", tag = "experiments", operation_id = "startExperiment",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")),
    request_body = ExperimentRequest,
    responses(
        (status = 201, body = ExperimentBody),
        (status = 200, body = ExperimentBody, description = "Just this experiment was started before"),
        (status = 409, body = Problem),
        (status = 422, body = Problem)
    )
)]
pub(crate) async fn start(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Error> {
    let request: ExperimentRequest = json(&headers, &body)?;
    let (status, body) = off_loop(&state, move |State { store, clock, .. }| {
        let (stored, (action, warnings)) = conduct::start(store, &request, clock())?;
        let status = match action {
            Action::Unchanged => StatusCode::OK,
            Action::Created | Action::Configured => StatusCode::CREATED,
        };
        Ok((status, ExperimentBody { warnings, ..present::experiment(store, &stored)? }))
    })
    .await?;
    (state.nudge)();
    let place = format!("/api/v1/experiments/{}", body.name);
    Ok((status, AppendHeaders([(LOCATION, place)]), Json(body)))
}

/// Stops an experiment, or one arm of it, or ends it with a winner that a person names.
#[utoipa::path(
    post, path = "/api/v1/experiments/{name}/stop", tag = "experiments", operation_id = "stopExperiment",
    params(("name" = String, Path, description = "The experiment")),
    request_body = StopRequest,
    responses((status = 202, body = StopReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn stop(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<StopReceipt>), Error> {
    let request: StopRequest = json_or_default(&headers, &body)?;
    let receipt =
        off_loop(&state, move |State { store, clock, .. }| conduct::stop(store, &name, &request, clock()))
            .await?;
    (state.nudge)();
    Ok((StatusCode::ACCEPTED, Json(receipt)))
}

/// Starts the rollouts that release the winner of an experiment that has ended, one for each application it changes.
#[utoipa::path(
    post, path = "/api/v1/experiments/{name}/promote", tag = "experiments", operation_id = "promoteExperiment",
    params(("name" = String, Path, description = "The experiment")),
    responses(
        (status = 201, body = List<RolloutSummary>),
        (status = 404, body = Problem),
        (status = 409, body = Problem)
    )
)]
pub(crate) async fn promote(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<List<RolloutSummary>>), Error> {
    let body = off_loop(&state, move |State { store, clock, .. }| {
        let started = conduct::promote(store, &name, clock())?;
        let items = started.iter().map(|rollout| present::rollout_summary(store, rollout)).collect();
        Ok(List { items, next: None })
    })
    .await?;
    (state.nudge)();
    Ok((StatusCode::CREATED, Json(body)))
}
