//! Applications: all of them, and one with everything that is known of it.

use crate::error::Error;
use crate::page::{Length, Part};
use crate::request::query;
use crate::state::State;
use crate::work::off_loop;
use crate::{find, present};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extract};
use viridian_core::application::Application;
use viridian_wire::api::{ApplicationBody, ApplicationSummary, List, Problem};

/// Every application, by name.
#[utoipa::path(
    get, path = "/api/v1/applications", tag = "applications", operation_id = "listApplications", params(Part),
    responses((status = 200, body = List<ApplicationSummary>))
)]
pub(crate) async fn list(
    Extract(state): Extract<State>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<List<ApplicationSummary>>, Error> {
    let part = query(part)?;
    let body = off_loop(&state, move |State { store, .. }| {
        let length = Length::asked(part.limit)?;
        let after = part.after.as_deref().unwrap_or_default();
        let applications = store.applications_after(after, length.looked_for())?;
        let place = |application: &Application| application.name.to_string();
        length.list(applications, place, |application| present::application_summary(store, application))
    });
    Ok(Json(body.await?))
}

/// One application with everything that is known of it.
#[utoipa::path(
    get, path = "/api/v1/applications/{name}", tag = "applications", operation_id = "getApplication",
    params(("name" = String, Path, description = "The application")),
    responses((status = 200, body = ApplicationBody), (status = 404, body = Problem))
)]
pub(crate) async fn show(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<Json<ApplicationBody>, Error> {
    let body = off_loop(&state, move |State { store, .. }| {
        present::application(store, &find::application(store, &name)?)
    });
    Ok(Json(body.await?))
}
