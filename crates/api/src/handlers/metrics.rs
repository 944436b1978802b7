//! Everything that is counted, as Prometheus asks for it.

use crate::error::Error;
use crate::metrics::exposition;
use crate::state::State;
use crate::work::off_loop;
use axum::extract::State as Extract;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// The media type of the OpenMetrics text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted, in the OpenMetrics text format.
#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "metrics",
    responses((status = 200, content_type = "application/openmetrics-text", body = String))
)]
pub(crate) async fn show(Extract(state): Extract<State>) -> Result<impl IntoResponse, Error> {
    let text = off_loop(&state, exposition).await?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text))
}
