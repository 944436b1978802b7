//! Gateways: all of them, and one.

use crate::error::Error;
use crate::find;
use crate::state::{GatewayStatus, State};
use axum::Json;
use axum::extract::{Path, State as Extract};
use viridian_wire::api::{GatewayBody, List, Problem, RefusedTableBody, ServingBody};

/// Every gateway the controller knows, by name.
#[utoipa::path(
    get, path = "/api/v1/gateways", tag = "gateways", operation_id = "listGateways",
    responses((status = 200, body = List<GatewayBody>))
)]
pub(crate) async fn list(Extract(state): Extract<State>) -> Json<List<GatewayBody>> {
    Json(List { items: (state.gateways)().into_iter().map(body).collect(), next: None })
}

/// One gateway.
#[utoipa::path(
    get, path = "/api/v1/gateways/{name}", tag = "gateways", operation_id = "getGateway",
    params(("name" = String, Path, description = "The gateway")),
    responses((status = 200, body = GatewayBody), (status = 404, body = Problem))
)]
pub(crate) async fn show(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<Json<GatewayBody>, Error> {
    Ok(Json(body(find::gateway((state.gateways)(), &name)?)))
}

fn body(status: GatewayStatus) -> GatewayBody {
    let serving = status.serving.into_iter();
    let refused = status.rejected.into_iter();
    GatewayBody {
        name: status.node.to_string(),
        live: status.live,
        heard_at: status.heard_at.into(),
        serving: serving
            .map(|(application, generation)| ServingBody {
                application: application.to_string(),
                generation: generation.0,
            })
            .collect(),
        refused: refused
            .map(|(application, reason)| RefusedTableBody { application: application.to_string(), reason })
            .collect(),
        clock_ahead_ms: status.clock_ahead,
        lost: status.lost,
        pinned: status.pinned.iter().map(ToString::to_string).collect(),
    }
}
