//! The whole API as a table: which path leads to which handler.

use crate::error::Error;
use crate::events::Feed;
use crate::idempotency::UnderWay;
use crate::state::State;
use crate::{access, handlers, idempotency, openapi};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{get, post};

/// What handlers work with.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) state: State,
    pub(crate) feed: Feed,
}

/// The routes with everything around them.
pub(crate) fn router(state: State, feed: Feed) -> Router {
    let shared = Shared { state: state.clone(), feed };
    let api = Router::new()
        .route("/apply", post(handlers::apply::apply))
        .route("/applications", get(handlers::applications::list))
        .route("/applications/{name}", get(handlers::applications::show))
        .route("/applications/{name}/plan", get(handlers::plan::of_application))
        .route("/releases", get(handlers::releases::list))
        .route("/releases/{name}", get(handlers::releases::show))
        .route("/rollouts", get(handlers::rollouts::list).post(handlers::rollouts::start))
        .route("/rollouts/{name}", get(handlers::rollouts::show))
        .route("/rollouts/{name}/history", get(handlers::rollouts::history))
        .route("/rollouts/{name}/explain", get(handlers::rollouts::explain))
        .route("/rollouts/{name}/pause", post(handlers::orders::pause))
        .route("/rollouts/{name}/resume", post(handlers::orders::resume))
        .route("/rollouts/{name}/promote", post(handlers::orders::promote))
        .route("/rollouts/{name}/abort", post(handlers::orders::abort))
        .route("/rollouts/{name}/rollback", post(handlers::orders::rollback))
        .route("/experiments", get(handlers::experiments::list).post(handlers::experiments::start))
        .route("/experiments/{name}", get(handlers::experiments::show))
        .route("/experiments/{name}/stop", post(handlers::experiments::stop))
        .route("/experiments/{name}/promote", post(handlers::experiments::promote))
        .route("/gateways", get(handlers::gateways::list))
        .route("/gateways/{name}", get(handlers::gateways::show))
        .route("/plan", post(handlers::plan::of_request))
        .route("/events", get(handlers::events::stream))
        .route("/openapi.json", get(openapi::show));
    Router::new()
        .nest("/api/v1", api)
        .route("/healthz", get(handlers::health::alive))
        .route("/readyz", get(handlers::health::ready))
        .route("/metrics", get(handlers::metrics::show))
        .fallback(async || Error::NoSuchPath)
        .method_not_allowed_fallback(async || Error::WrongMethod)
        // The body is limited where it is read.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state((state.clone(), UnderWay::default()), idempotency::once))
        .layer(from_fn_with_state(state, access::guard))
        .layer(map_response(access::harden))
        .with_state(shared)
}

impl FromRef<Shared> for State {
    fn from_ref(shared: &Shared) -> Self {
        shared.state.clone()
    }
}

impl FromRef<Shared> for Feed {
    fn from_ref(shared: &Shared) -> Self {
        shared.feed.clone()
    }
}
