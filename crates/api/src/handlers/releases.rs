//! Releases: all of them, and one with what became of it.

use crate::error::Error;
use crate::page::{Length, no_place};
use crate::request::query;
use crate::state::State;
use crate::work::off_loop;
use crate::{find, present};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extract};
use serde::Deserialize;
use utoipa::IntoParams;
use viridian_core::time::Timestamp;
use viridian_store::{ReleasePlace, StoredRelease};
use viridian_wire::api::{List, Problem, ReleaseBody};

/// Which releases are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only those of this application.
    application: Option<String>,
    /// Where the list goes on, as `next` said.
    after: Option<String>,
    /// How many at most, up to 500; 100 unless given.
    limit: Option<usize>,
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
        let application = application.as_ref().map(|application| &application.name);
        let (after, length) = (place(filter.after.as_deref())?, Length::asked(filter.limit)?);
        let stored = store.releases_after(&after, application, length.looked_for())?;
        length.list(stored, place_of, |stored| present::release(store, stored))
    });
    Ok(Json(body.await?))
}

/// A place in the list: when the release before it was registered, and its name.
fn place_of(stored: &StoredRelease) -> String {
    format!("{}.{}", stored.registered_at.0, stored.release.name)
}

fn place(after: Option<&str>) -> Result<ReleasePlace, Error> {
    let Some(after) = after else { return Ok(ReleasePlace::default()) };
    let (moment, name) = after.split_once('.').ok_or_else(|| no_place(after))?;
    let registered_at = Timestamp(moment.parse().map_err(|_| no_place(after))?);
    Ok(ReleasePlace { registered_at, name: name.to_owned() })
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
