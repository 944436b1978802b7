//! Forecasts: what a rollout would come to, with nothing started.

use crate::error::Error;
use crate::request::{json, query};
use crate::state::State;
use crate::work::off_loop;
use crate::{find, forecast};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extract};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, json};
use utoipa::IntoParams;
use viridian_wire::api::{ForecastBody, Problem, StartRequest};

/// Which release would be rolled out.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Candidate {
    /// The release that would serve.
    candidate: String,
}

/// How long a canary of 5 %, 25 % and 50 % would take, and what it would see.
#[utoipa::path(
    get, path = "/api/v1/applications/{name}/plan", tag = "plans", operation_id = "planApplication",
    params(("name" = String, Path, description = "The application"), Candidate),
    responses((status = 200, body = ForecastBody), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn of_application(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    candidate: Result<Query<Candidate>, QueryRejection>,
) -> Result<Json<ForecastBody>, Error> {
    let candidate = query(candidate)?.candidate;
    let spec = [("application", name.clone()), ("candidate", candidate.clone())];
    let spec: Map<_, _> = spec.into_iter().map(|(field, name)| (field.to_owned(), json!(name))).collect();
    let request = StartRequest { spec, ..StartRequest::default() };
    let body = off_loop(&state, move |State { store, clock, .. }| {
        find::application(store, &name)?;
        find::release(store, &candidate)?;
        forecast::plan(store, &request, clock())
    });
    Ok(Json(body.await?))
}

/// How long a rollout would take, and what it would see.
#[utoipa::path(
    post, path = "/api/v1/plan", tag = "plans", operation_id = "plan", request_body = StartRequest,
    responses((status = 200, body = ForecastBody), (status = 422, body = Problem))
)]
pub(crate) async fn of_request(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ForecastBody>, Error> {
    let request: StartRequest = json(&headers, &body)?;
    let body = off_loop(&state, move |State { store, clock, .. }| forecast::plan(store, &request, clock()));
    Ok(Json(body.await?))
}
