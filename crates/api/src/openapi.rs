//! The description of the API, from the handlers themselves.

use crate::handlers;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::OpenApi;

/// The description. What lists a path here and what serves it are held together by a test.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Viridian control plane",
        description = "Releases changes to AI behaviour: applications, releases, rollouts and experiments. Errors are problem \
                       details (RFC 9457). With a token, every path under /api asks for it.",
        license(name = "Apache-2.0")
    ),
    paths(
        handlers::apply::apply,
        handlers::applications::list,
        handlers::applications::show,
        handlers::plan::of_application,
        handlers::plan::of_request,
        handlers::releases::list,
        handlers::releases::show,
        handlers::rollouts::list,
        handlers::rollouts::start,
        handlers::rollouts::show,
        handlers::rollouts::history,
        handlers::rollouts::explain,
        handlers::orders::pause,
        handlers::orders::resume,
        handlers::orders::promote,
        handlers::orders::abort,
        handlers::orders::rollback,
        handlers::experiments::list,
        handlers::experiments::start,
        handlers::experiments::show,
        handlers::experiments::stop,
        handlers::experiments::promote,
        handlers::gateways::list,
        handlers::gateways::show,
        handlers::events::stream,
        show,
        handlers::health::alive,
        handlers::health::ready,
        handlers::metrics::show,
    ),
    components(schemas(viridian_wire::api::EventBody))
)]
struct Description;

/// The description of the API as JSON (OpenAPI 3.1).
pub fn openapi() -> String {
    // It is made of texts and numbers; an empty text would only follow a fault of the library.
    Description::openapi().to_pretty_json().unwrap_or_default()
}

/// The description of this API.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "health", operation_id = "getOpenapi",
    responses((status = 200, content_type = "application/json"))
)]
pub(crate) async fn show() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi())
}
