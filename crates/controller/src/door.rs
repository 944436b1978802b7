//! The internal listener: gateways elsewhere come in here and use the hub and the intake as the one in the process does.
//!
//! Entry point: [`Door::open`]. Whoever comes has to know the token: what is sent here are the keys request ids are
//! signed with and the salts of the draws.

mod answer;
mod tables;

use crate::hub::Hub;
use crate::intake::{Intake, Received};
use crate::nudge::Nudge;
use answer::Refusal;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, serve};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use viridian_core::analysis::row::Origin;
use viridian_crash as crash;
use viridian_platform::token::Token;
use viridian_wire::door::{ACKNOWLEDGEMENTS, FAREWELLS, REPORTS, Receipt, TABLES};
use viridian_wire::snapshot::Acknowledgement;
use viridian_wire::tally::TallyReport;

/// The most a gateway may bring at once, in bytes.
const MOST_BROUGHT: usize = 32 * 1024 * 1024;
/// Reports that are written down at the same time; the others wait their turn. There is one disk.
const REPORTS_AT_ONCE: usize = 4;

/// What gateways elsewhere reach.
#[derive(Clone)]
pub struct Door {
    hub: Arc<Hub>,
    intake: Arc<Intake>,
    nudge: Nudge,
    token: Token,
    desk: Arc<Semaphore>,
    /// Told when streams are to end.
    closing: watch::Receiver<bool>,
}

impl Door {
    /// Lets gateways in on a listener until `closed`; their streams end then, and they come back to whoever follows.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn open(
        listener: TcpListener,
        parts: (Arc<Hub>, Arc<Intake>, Nudge),
        token: Token,
        closed: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let (close, closing) = watch::channel(false);
        let (hub, intake, nudge) = parts;
        let desk = Arc::new(Semaphore::new(REPORTS_AT_ONCE));
        let door = Self { hub, intake, nudge, token, desk, closing };
        let signal = async move {
            closed.await;
            close.send_replace(true);
        };
        serve(listener, router(door)).with_graceful_shutdown(signal).await
    }
}

fn router(door: Door) -> Router {
    Router::new()
        .route(TABLES, post(tables::stream))
        .route(ACKNOWLEDGEMENTS, post(acknowledge))
        .route(REPORTS, post(report))
        .route(FAREWELLS, post(farewell))
        .layer(DefaultBodyLimit::max(MOST_BROUGHT))
        .layer(from_fn_with_state(door.clone(), let_in))
        .with_state(door)
}

async fn let_in(State(door): State<Door>, request: Request, next: Next) -> Result<Response, Refusal> {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| door.token.matches(given.trim())) {
        Ok(next.run(request).await)
    } else {
        Err(Refusal::Unauthorized)
    }
}

async fn acknowledge(State(door): State<Door>, body: Bytes) -> Result<StatusCode, Refusal> {
    let acknowledgement: Acknowledgement = read(&body)?;
    for answer in &acknowledgement.answers {
        if let Some(rejection) = &answer.rejected {
            tracing::error!(
                node = %acknowledgement.node,
                application = %answer.application,
                generation = %rejection.generation,
                reason = rejection.reason,
                "a gateway refused a table"
            );
        }
    }
    crash::at(crash::Place::Answered);
    door.hub.acknowledge(acknowledgement)?;
    door.nudge.wake();
    Ok(StatusCode::NO_CONTENT)
}

async fn report(State(door): State<Door>, body: Bytes) -> Result<Json<Receipt>, Refusal> {
    let report: TallyReport = read(&body)?;
    let _turn = door.desk.acquire().await.map_err(|_| Refusal::Closing)?;
    let intake = Arc::clone(&door.intake);
    let received = tokio::task::spawn_blocking(move || intake.receive(report)).await;
    match received {
        Ok(received) => Ok(Json(Receipt { durable: received? == Received::Durable })),
        Err(_) => Ok(Json(Receipt { durable: false })),
    }
}

async fn farewell(State(door): State<Door>, body: Bytes) -> Result<StatusCode, Refusal> {
    let Origin { node, boot } = read(&body)?;
    tracing::info!(%node, "a gateway has drained and ends");
    door.hub.leave(&node, boot);
    door.nudge.wake();
    Ok(StatusCode::NO_CONTENT)
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))
}
