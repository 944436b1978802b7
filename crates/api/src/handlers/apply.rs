//! Applying manifests, or saying what applying them would do.

use crate::apply::{self, Mode};
use crate::error::Error;
use crate::request::{json, media_type, query};
use crate::state::State;
use crate::work::off_loop;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;
use viridian_wire::api::{ApplyRequest, ApplyResult, ManifestText, Problem, TakeoverBody};

/// What messages call a manifest that came as it is.
const FILE: &str = "manifest";

/// How manifests are applied.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct How {
    /// Say what would be done and do nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Applies manifests, all of them or none. A release is registered, a rollout is started.
#[utoipa::path(
    post, path = "/api/v1/apply", tag = "manifests", operation_id = "apply",
    params(
        How,
        ("Idempotency-Key" = Option<String>, Header, description = "The same request twice is followed once")
    ),
    request_body(
        content((ApplyRequest = "application/json"), (String = "application/yaml")),
        description = "Several manifests, or the text of one"
    ),
    responses(
        (status = 200, body = ApplyResult),
        (status = 409, body = Problem, description = "A release exists with other content, or a rollout goes on"),
        (status = 422, body = Problem, description = "Every fault, with file, line and column")
    )
)]
pub(crate) async fn apply(
    Extract(state): Extract<State>,
    how: Result<Query<How>, QueryRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ApplyResult>, Error> {
    let mode = if query(how)?.dry_run { Mode::Rehearse } else { Mode::Apply };
    let request = read(&headers, &body)?;
    let result =
        off_loop(&state, move |State { store, clock, .. }| apply::apply(store, &request, mode, clock()))
            .await?;
    (state.nudge)();
    Ok(Json(result))
}

fn read(headers: &HeaderMap, body: &Bytes) -> Result<ApplyRequest, Error> {
    match media_type(headers).as_str() {
        "application/json" => json(headers, body),
        "application/yaml" | "application/x-yaml" | "text/yaml" => {
            let text = std::str::from_utf8(body)
                .map_err(|error| Error::Malformed(format!("the manifest is not UTF-8: {error}")))?;
            let manifest = ManifestText { file: FILE.to_owned(), text: text.to_owned() };
            Ok(ApplyRequest {
                manifests: vec![manifest],
                takeover: TakeoverBody::Refuse,
                retry_rejected: false,
            })
        }
        _ => Err(Error::MediaType("application/json or application/yaml")),
    }
}
