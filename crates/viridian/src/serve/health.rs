//! What a gateway alone in its process tells whoever watches over it. Entry point: [`start`].

use super::admin::{certificate, traffic};
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use viridian_api::{Alone, Fitness};
use viridian_gateway::Handle;
use viridian_platform::tls::{ClientConfig, Watched};
use viridian_wire::operator::Candidates;

/// Listens and answers until told to stop.
pub(super) fn start(
    runtime: &Runtime,
    address: SocketAddr,
    (gateway, trust): (Handle, Option<Arc<Watched<ClientConfig>>>),
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<SocketAddr> {
    let listener = runtime.block_on(TcpListener::bind(address)).with_context(|| {
        format!("the gateway's health cannot be asked for on {address}: give another with --health")
    })?;
    let address = listener.local_addr().context("the address for health cannot be read")?;
    let look = Arc::new(move || alone(&gateway, trust.as_deref()));
    let stopped = async move {
        // An error means that whoever could stop it is gone.
        let _ = stop.wait_for(|stopped| *stopped).await;
    };
    runtime.spawn(async move {
        if let Err(error) = viridian_api::serve_probes(listener, look, stopped).await {
            tracing::error!(%error, "the gateway's health can no longer be asked for");
        }
    });
    Ok(address)
}

fn alone(gateway: &Handle, trust: Option<&Watched<ClientConfig>>) -> Alone {
    let (standing, metrics) = (gateway.standing(), gateway.metrics());
    let fitness = match () {
        () if gateway.is_draining() => Fitness::Draining,
        () if standing.tables.is_empty() => Fitness::WithoutTables,
        () => Fitness::Ready,
    };
    Alone {
        fitness,
        traffic: traffic(gateway),
        applications: standing.tables.len(),
        pinned: standing.tables.iter().filter(|table| table.pinned).count(),
        silence: standing.heard_ago.map(Duration::from_millis),
        withdrawn: standing.candidates == Candidates::Withdrawn,
        rejected_tables: metrics.rejected_tables,
        lost: metrics.feedback.dropped,
        certificate: trust.and_then(|trust| certificate(&trust.standing())),
        now: gateway.now(),
    }
}
