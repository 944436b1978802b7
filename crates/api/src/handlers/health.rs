//! Whether the process is alive, and whether it can do its work.

use crate::error::Error;
use crate::state::{GatewayStatus, State};
use crate::work::off_loop;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use viridian_core::id::ApplicationName;
use viridian_store::Store;

/// Whether the process can do its work.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Readiness {
    /// Whether nothing is missing.
    ready: bool,
    /// What is missing.
    missing: Vec<String>,
}

/// Answers as long as the process is alive.
#[utoipa::path(
    get, path = "/healthz", tag = "health", operation_id = "healthz",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether things can be written down and every application with a baseline is served by a gateway.
#[utoipa::path(
    get, path = "/readyz", tag = "health", operation_id = "readyz",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub(crate) async fn ready(Extract(state): Extract<State>) -> Result<(StatusCode, Json<Readiness>), Error> {
    let gateways = (state.gateways)();
    let missing = off_loop(&state, move |State { store, .. }| Ok(missing(store, &gateways))).await?;
    let ready = missing.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(Readiness { ready, missing })))
}

fn missing(store: &Store, gateways: &[GatewayStatus]) -> Vec<String> {
    let mut missing = Vec::new();
    if let Err(error) = store.probe() {
        missing.push(error.to_string());
    }
    match unserved(store, gateways) {
        Ok(names) => {
            missing.extend(names.into_iter().map(|name| format!("no gateway serves application '{name}'")));
        }
        Err(error) => missing.push(error.to_string()),
    }
    missing
}

/// Applications with a baseline that no gateway serves.
fn unserved(
    store: &Store,
    gateways: &[GatewayStatus],
) -> Result<Vec<ApplicationName>, viridian_store::Error> {
    let mut names = Vec::new();
    for application in store.applications()? {
        let name = application.name;
        let served = gateways.iter().any(|gateway| gateway.serving.iter().any(|(served, _)| *served == name));
        if !served && store.baseline(&name)?.is_some() {
            names.push(name);
        }
    }
    Ok(names)
}
