//! Orders to rollouts. An order is asked of the rollout's state first, then written down; the controller follows it
//! when it wakes, which is at once.

use crate::error::Error;
use crate::idempotency::{self, AlreadyRemembered, Known};
use crate::request::{check_unchanged, json_or_default};
use crate::state::State;
use crate::work::off_loop;
use crate::{find, present};
use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, Required, Type};
use utoipa::{IntoParams, PartialSchema};
use viridian_core::rollout::command::Command;
use viridian_crash as crash;
use viridian_store::{Once, PendingCommand};
use viridian_wire::api::{InWords, OrderReceipt, OrderRequest, Problem};

/// Who gives an order when the request does not say.
const NOBODY_IN_PARTICULAR: &str = "api";

/// An order, before it is known which.
pub(crate) struct Given {
    state: State,
    rollout: String,
    headers: HeaderMap,
    request: OrderRequest,
    /// Present when it carried an idempotency key.
    known: Option<Known>,
}

/// What became of an order.
type Answer = Result<(StatusCode, Option<Extension<AlreadyRemembered>>, Json<OrderReceipt>), Error>;

/// What an order is answered with.
const TAKEN: StatusCode = StatusCode::ACCEPTED;

/// Holds a rollout where it stands.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/pause", tag = "orders", operation_id = "pauseRollout",
    params(Given), request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn pause(given: Given) -> Answer {
    let command = Command::Pause { by: given.by() };
    given.follow(command).await
}

/// Lets a rollout that is held go on.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/resume", tag = "orders", operation_id = "resumeRollout",
    params(Given), request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn resume(given: Given) -> Answer {
    let command = Command::Resume { by: given.by() };
    given.follow(command).await
}

/// Sends a rollout to its next step without waiting for the present one's gate, or to its end.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/promote", tag = "orders", operation_id = "promoteRollout",
    params(Given), request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn promote(given: Given) -> Answer {
    let reach = given.request.reach.unwrap_or_default().into();
    let command = Command::Promote { by: given.by(), reach };
    given.follow(command).await
}

/// Stops a rollout and restores the baseline; the release is not rejected.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/abort", tag = "orders", operation_id = "abortRollout",
    params(Given), request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn abort(given: Given) -> Answer {
    let command = Command::Abort { by: given.by(), reason: given.request.reason.clone() };
    given.follow(command).await
}

/// Restores the baseline and rejects the release.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{name}/rollback", tag = "orders", operation_id = "rollbackRollout",
    params(Given), request_body = OrderRequest,
    responses((status = 202, body = OrderReceipt), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn rollback(given: Given) -> Answer {
    let command = Command::Rollback { by: given.by(), reason: given.request.reason.clone() };
    given.follow(command).await
}

impl Given {
    /// Who gives it.
    fn by(&self) -> String {
        let by = self.request.by.clone().filter(|by| !by.is_empty());
        by.unwrap_or_else(|| NOBODY_IN_PARTICULAR.to_owned())
    }

    /// Writes the order down and wakes the controller.
    async fn follow(self, command: Command) -> Answer {
        let Self { state, rollout, headers, known, .. } = self;
        let is_remembered = known.is_some();
        let receipt = off_loop(&state, move |State { store, clock, .. }| {
            let rollout = find::rollout(store, &rollout)?;
            check_unchanged(&headers, &present::tag(&rollout))?;
            rollout.state.accepts(&command)?;
            let name = &rollout.proposal.name;
            let order = match &known {
                Some(Known { key, fingerprint }) => {
                    let once = Once { key, fingerprint, answer: &answer };
                    store.order_once(&once, name, &command, clock())?
                }
                None => store.order(name, &command, clock())?,
            };
            crash::at(crash::Place::Ordered);
            Ok(receipt(&order))
        })
        .await?;
        (state.nudge)();
        Ok((TAKEN, is_remembered.then_some(Extension(AlreadyRemembered)), Json(receipt)))
    }
}

fn receipt(order: &PendingCommand) -> OrderReceipt {
    OrderReceipt {
        id: order.id.0,
        rollout: order.rollout.to_string(),
        order: InWords(&order.command).to_string(),
        durable: order.durable,
    }
}

/// The answer as it is remembered.
fn answer(order: &PendingCommand) -> String {
    // Numbers and text are always JSON.
    idempotency::remembered(TAKEN, serde_json::to_string(&receipt(order)).unwrap_or_default())
}

impl<S: Send + Sync> FromRequest<S> for Given
where
    State: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let rollout = Path::<String>::from_request_parts(&mut parts, state).await;
        let Path(rollout) = rollout.map_err(IntoResponse::into_response)?;
        let headers = parts.headers.clone();
        let known = parts.extensions.get::<Known>().cloned();
        let body = Bytes::from_request(Request::from_parts(parts, body), state).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let request = json_or_default(&headers, &body).map_err(IntoResponse::into_response)?;
        Ok(Self { state: State::from_ref(state), rollout, headers, request, known })
    }
}

impl IntoParams for Given {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = |name: &str, description: &str| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
            let text = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
            parameter.required(Required::False).description(Some(description)).schema(Some(text)).build()
        };
        let name = ParameterBuilder::new().name("name").parameter_in(ParameterIn::Path);
        let name = name.required(Required::True).description(Some("The rollout"));
        vec![
            name.schema(Some(String::schema())).build(),
            header("If-Match", "Only if the rollout has this entity tag"),
            header("Idempotency-Key", "The same request twice is followed once"),
        ]
    }
}
