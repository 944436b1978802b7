//! Releases: all of them, and one with what became of it.

use crate::error::Error;
use crate::request::query;
use crate::state::State;
use crate::work::off_loop;
use crate::{find, present};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extract};
use serde::Deserialize;
use utoipa::IntoParams;
use viridian_wire::api::{List, Problem, ReleaseBody};

/// Which releases are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only those of this application.
    application: Option<String>,
}

/// Releases, oldest first.
#[utoipa::path(
    get, path = "/api/v1/releases", tag = "releases", operation_id = "listReleases", params(Filter),
    responses((status = 200, body = List<ReleaseBody>), (status = 404, body = Problem))
)]
pub(crate) async fn list(
    Extract(state): Extract<State>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<List<ReleaseBody>>, Error> {
    let filter = query(filter)?;
    let body = off_loop(&state, move |State { store, .. }| {
        let application = filter.application.map(|name| find::application(store, &name)).transpose()?;
        let stored = store.releases(application.as_ref().map(|application| &application.name))?;
        let items = stored.iter().map(|stored| present::release(store, stored));
        Ok(List { items: items.collect::<Result<_, _>>()? })
    });
    Ok(Json(body.await?))
}

/// One release and what became of it.
#[utoipa::path(
    get, path = "/api/v1/releases/{name}", tag = "releases", operation_id = "getRelease",
    params(("name" = String, Path, description = "The release")),
    responses((status = 200, body = ReleaseBody), (status = 404, body = Problem))
)]
pub(crate) async fn show(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<Json<ReleaseBody>, Error> {
    let body =
        off_loop(&state, move |State { store, .. }| present::release(store, &find::release(store, &name)?));
    Ok(Json(body.await?))
}
