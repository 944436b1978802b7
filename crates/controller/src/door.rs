//! The internal listener: gateways elsewhere come in here and use the hub and the intake as the one in the process does.
//!
//! Entry point: [`Door::open`]. Whoever comes has to know the token, and to show a certificate where one is asked for:
//! what is sent here are the keys request ids are signed with and the salts of the draws. Every answer names the term it
//! was given in, and whoever has heard of a later one is told that this one is over.

mod answer;
mod brought;
mod listener;
mod speaker;
mod tables;
mod turned_away;

pub use turned_away::TurnedAway;

use crate::hub::Hub;
use crate::intake::{Intake, Received};
use crate::nudge::Nudge;
use crate::registry::Registry;
use answer::Refusal;
use axum::extract::{DefaultBodyLimit, Extension, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use brought::Brought;
use rustls::ServerConfig;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use viridian_core::analysis::row::Origin;
use viridian_core::id::Term;
use viridian_crash as crash;
use viridian_platform::tls::Watched;
use viridian_platform::token::Token;
use viridian_wire::door::{ACKNOWLEDGEMENTS, FAREWELLS, REPORTS, Receipt, TABLES, TERM};
use viridian_wire::snapshot::Acknowledgement;
use viridian_wire::tally::TallyReport;

/// The most a gateway may bring at once, in bytes.
const MOST_BROUGHT: usize = 32 * 1024 * 1024;
/// Reports that are written down at the same time; the others wait their turn. There is one disk.
const REPORTS_AT_ONCE: usize = 4;
/// Gateways that are sent everything they lack at the same time; the others wait their turn.
const WELCOMES_AT_ONCE: usize = 8;

/// What gateways elsewhere reach.
#[derive(Clone)]
pub struct Door {
    hub: Arc<Hub>,
    intake: Arc<Intake>,
    registry: Arc<Registry>,
    nudge: Nudge,
    token: Token,
    turned_away: Arc<TurnedAway>,
    desk: Arc<Semaphore>,
    welcomes: Arc<Semaphore>,
    /// Told when streams are to end.
    closing: watch::Receiver<bool>,
}

/// What is behind the door.
#[derive(Clone)]
pub struct Behind {
    /// Where tables are had.
    pub hub: Arc<Hub>,
    /// Where counters are brought.
    pub intake: Arc<Intake>,
    /// Who is let in.
    pub registry: Arc<Registry>,
    /// What wakes the controller.
    pub nudge: Nudge,
}

/// How whoever comes is met.
pub struct Entrance {
    /// Where they come.
    pub listener: TcpListener,
    /// What they are shown and asked for; absent where nobody else can listen in.
    pub tls: Option<Arc<Watched<ServerConfig>>>,
    /// What they have to know.
    pub token: Token,
    /// Those who were not let in.
    pub turned_away: Arc<TurnedAway>,
}

impl Door {
    /// Lets gateways in until `closed`; their streams end then, and they come back to whoever follows.
    pub async fn open(entrance: Entrance, behind: Behind, closed: impl Future<Output = ()> + Send + 'static) {
        let Entrance { listener, tls, token, turned_away } = entrance;
        let Behind { hub, intake, registry, nudge } = behind;
        let (close, closing) = watch::channel(false);
        let entrance = listener::Entrance { listener, tls, turned_away: Arc::clone(&turned_away) };
        let desk = Arc::new(Semaphore::new(REPORTS_AT_ONCE));
        let welcomes = Arc::new(Semaphore::new(WELCOMES_AT_ONCE));
        let door = Self { hub, intake, registry, nudge, token, turned_away, desk, welcomes, closing };
        let signal = async move {
            closed.await;
            close.send_replace(true);
        };
        listener::serve(entrance, router(door), signal).await;
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

async fn let_in(
    State(door): State<Door>,
    Extension(peer): Extension<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let mut answer = match door.admit(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            door.turned_away.tell(peer.ip(), &refusal.to_string());
            refusal.into_response()
        }
    };
    // It may have learnt so from what was just brought: a gateway must not count its lease from this answer.
    if let Some(known) = door.hub.successor() {
        answer = Refusal::Over { own: door.hub.term(), known }.into_response();
    }
    answer.headers_mut().insert(TERM, HeaderValue::from(door.hub.term().0));
    answer
}

impl Door {
    /// Whether somebody is let in who says this of themselves.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer "));
        if !given.is_some_and(|given| self.token.matches(given.trim())) {
            return Err(Refusal::Unauthorized);
        }
        let followed = headers.get(TERM).and_then(|value| value.to_str().ok()?.parse().ok()).map(Term);
        match self.hub.successor().or(followed) {
            Some(known) if known > self.hub.term() => Err(Refusal::Over { own: self.hub.term(), known }),
            _ => Ok(()),
        }
    }
}

async fn acknowledge(State(door): State<Door>, body: Brought) -> Result<StatusCode, Refusal> {
    let acknowledgement: Acknowledgement = body.read()?;
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

async fn report(State(door): State<Door>, body: Brought) -> Result<Json<Receipt>, Refusal> {
    let report: TallyReport = body.read()?;
    let node = report.origin.node.clone();
    let _turn = door.desk.acquire().await.map_err(|_| Refusal::Closing)?;
    let intake = Arc::clone(&door.intake);
    let received = tokio::task::spawn_blocking(move || intake.receive(report)).await;
    // A panic in there is a report that was not written down.
    let durable =
        received.map_or(Ok(false), |received| received.map(|received| received == Received::Durable))?;
    Ok(Json(Receipt { durable, clock_ahead: door.hub.clock_ahead(&node) }))
}

async fn farewell(State(door): State<Door>, body: Brought) -> Result<StatusCode, Refusal> {
    let origin: Origin = body.read()?;
    tracing::info!(node = %origin.node, "a gateway has drained and ends");
    let registry = Arc::clone(&door.registry);
    // A gateway that could not be taken out is waited for until its lease has run out.
    let _left = tokio::task::spawn_blocking(move || registry.leave(&origin)).await;
    door.nudge.wake();
    Ok(StatusCode::NO_CONTENT)
}
