//! Gives the API what it needs of its neighbours: the store, a way to wake the controller, and what gateways say of
//! themselves. The API knows neither of them; here is where they meet. Entry point: [`start`].

use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use viridian_api::{Certificate, GatewayStatus, RequestCount, State, Traffic};
use viridian_controller::hub::GatewayView;
use viridian_controller::{Clock, Hub, Notices, Nudge, TurnedAway};
use viridian_gateway::Handle;
use viridian_platform::tls::{ServerConfig, Standing, Watched};
use viridian_platform::token::Token;
use viridian_store::Store;

/// What the API is put together from.
pub(super) struct Parts {
    pub(super) store: Store,
    pub(super) hub: Arc<Hub>,
    /// The gateway in this process, if there is one.
    pub(super) gateway: Option<Handle>,
    pub(super) nudge: Nudge,
    /// The listener for gateways elsewhere, if there is one.
    pub(super) internal: Option<Internal>,
    /// What became of notices, where people are called.
    pub(super) notices: Option<Arc<Notices>>,
    pub(super) clock: Clock,
}

/// The listener for gateways elsewhere.
#[derive(Clone)]
pub(super) struct Internal {
    pub(super) turned_away: Arc<TurnedAway>,
    pub(super) tls: Option<Arc<Watched<ServerConfig>>>,
}

/// What the API works with.
fn state(parts: Parts, token: Option<Token>) -> State {
    let Parts { store, hub, gateway, nudge, internal, notices, clock } = parts;
    State {
        store,
        nudge: Arc::new(move || nudge.wake()),
        gateways: Arc::new(move || hub.view().into_iter().map(status).collect()),
        traffic: Arc::new(move || gateway.as_ref().map(traffic).unwrap_or_default()),
        internal: Arc::new(move || internal.as_ref().map(Internal::status)),
        notices: Arc::new(move || notices.as_deref().map(counted)),
        clock,
        token,
    }
}

fn counted(notices: &Notices) -> viridian_api::Notices {
    let (posted, lost, waiting) = (notices.posted(), notices.lost(), notices.waiting());
    viridian_api::Notices { posted, lost, waiting }
}

impl Internal {
    fn status(&self) -> viridian_api::Internal {
        let standing = self.tls.as_ref().map(|tls| tls.standing());
        viridian_api::Internal {
            turned_away: self.turned_away.count(),
            certificate: standing.as_ref().and_then(certificate),
        }
    }
}

/// How a certificate stands, if there is one.
pub(super) fn certificate(standing: &Standing) -> Option<Certificate> {
    let expires_at = standing.expires_at?;
    Some(Certificate { expires_at, failures: standing.failures, is_stale: standing.failure.is_some() })
}

/// Listens and answers until told to stop.
pub(super) fn start(
    runtime: &Runtime,
    (admin, token): (SocketAddr, Option<Token>),
    parts: Parts,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
    let state = state(parts, token);
    let listener = runtime
        .block_on(TcpListener::bind(admin))
        .with_context(|| format!("the control plane cannot listen on {admin}"))?;
    let address = listener.local_addr().context("the control plane's address cannot be read")?;
    viridian_api::check_exposure(address, &state)?;
    let stopped = async move {
        // An error means that whoever could stop it is gone.
        let _ = stop.wait_for(|stopped| *stopped).await;
    };
    let served = runtime.spawn(async move {
        if let Err(error) = viridian_api::serve(listener, state, stopped).await {
            tracing::error!(%error, "the control plane ended");
        }
    });
    Ok((address, served))
}

fn status(view: GatewayView) -> GatewayStatus {
    GatewayStatus {
        node: view.node,
        heard_at: view.heard_at,
        live: view.live,
        serving: view.serving,
        rejected: view.rejected.into_iter().map(|(application, why)| (application, why.reason)).collect(),
        clock_ahead: view.clock_ahead,
        lost: view.vitals.as_ref().map_or(0, |vitals| vitals.lost),
        pinned: view.vitals.map(|vitals| vitals.pinned).unwrap_or_default(),
    }
}

/// What a gateway in this process has served.
pub(super) fn traffic(gateway: &Handle) -> Traffic {
    let metrics = gateway.metrics();
    let count = |requests: viridian_gateway::Requests| RequestCount {
        application: requests.application.to_string(),
        arm: requests.arm,
        class: requests.class,
        count: requests.count,
    };
    Traffic {
        refusals: metrics.refused.iter().map(|refusals| (refusals.blame.word(), refusals.count)).collect(),
        in_flight: metrics.traffic.in_flight(),
        requests: metrics.requests.into_iter().map(count).collect(),
    }
}
