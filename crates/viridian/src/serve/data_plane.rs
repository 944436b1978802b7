//! The data plane of a process: a gateway, and what ties it to its controller. Entry points: [`beside`] for a controller
//! in the same process, [`apart`] for one elsewhere.

use super::control_plane::ControlPlane;
use super::health;
use super::link::Link;
use anyhow::{Context, anyhow};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, NodeName};
use viridian_gateway::{Config, Gateway, State, StateKey, Uplink};
use viridian_platform::client::Client;
use viridian_platform::tls::{self, ClientFiles};

/// The name of the gateway beside a controller.
const LOCAL: &str = "local";

/// Where callers are served.
#[derive(Debug, Clone)]
pub struct Callers {
    /// Where the gateway listens.
    pub listen: SocketAddr,
    /// How many threads serve; one per processor when absent.
    pub workers: Option<NonZeroUsize>,
    /// Where an operator on this machine reaches it.
    pub socket: Option<PathBuf>,
}

/// The controller of a gateway elsewhere.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The address of its internal listener.
    pub url: String,
    /// The token it asks gateways for.
    pub token: String,
    /// What the gateway is called; no other may be called so.
    pub node: NodeName,
    /// Whom it trusts there, and what it shows; for an `https` address.
    pub tls: ClientFiles,
    /// Where whoever watches over the gateway is answered.
    pub health: SocketAddr,
    /// Where the gateway keeps what it serves by, for a start without its controller.
    pub directory: PathBuf,
}

/// Whether the gateway's counters reach the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evidence {
    /// They do.
    #[default]
    Flows,
    /// They do not, to show that nothing moves without evidence.
    Cut,
}

/// Starts a gateway beside a controller, with every table there is.
pub(super) fn beside(
    callers: &Callers,
    control: &ControlPlane,
    evidence: Evidence,
    runtime: &Runtime,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<(Gateway, JoinHandle<()>)> {
    // Every start has a term of its own, so it names the boot as well.
    let origin = Origin { node: NodeName::parse(LOCAL)?, boot: BootId(control.store.term().0) };
    let mut tables = control.hub.open(&origin.node, origin.boot, []);
    let first = runtime.block_on(async {
        let mut first = Vec::new();
        while let Some(update) = tables.next().await {
            let is_last = update.complete;
            first.push(update.into());
            if is_last {
                break;
            }
        }
        first
    });
    let (gateway, answers) = Gateway::start_with(config(callers, origin.clone()), &first)
        .with_context(|| format!("callers cannot be served on {}", callers.listen))?;
    for answer in answers {
        control.hub.acknowledge(answer)?;
    }
    let link = Link {
        origin,
        gateway: gateway.handle(),
        hub: Arc::clone(&control.hub),
        tables,
        intake: (evidence == Evidence::Flows).then(|| Arc::clone(&control.intake)),
        nudge: control.nudge(),
    };
    Ok((gateway, runtime.spawn(link.run(stop))))
}

/// Starts a gateway whose controller is elsewhere. It need not be there yet.
pub(super) fn apart(
    callers: &Callers,
    controller: &Remote,
    runtime: &Runtime,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<(Gateway, SocketAddr, JoinHandle<()>)> {
    // The database keeps whole numbers with a sign.
    let boot = getrandom::u64().map_err(|error| anyhow!("no random number for this start: {error}"))? >> 1;
    let origin = Origin { node: controller.node.clone(), boot: BootId(boot) };
    let config = Config {
        exposure_lease: Some(Config::EXPOSURE_LEASE),
        state: Some(State { directory: controller.directory.clone(), key: StateKey::of(&controller.token) }),
        ..config(callers, origin)
    };
    let gateway =
        Gateway::start(config).with_context(|| format!("callers cannot be served on {}", callers.listen))?;
    let trust = match controller.url.starts_with("https:") {
        true => {
            Some(Arc::new(tls::client(controller.tls.clone()).context("the controller cannot be trusted")?))
        }
        false => None,
    };
    let client = trust.as_ref().map_or_else(Client::new, |trust| Client::trusting(Arc::clone(trust)));
    let uplink = Uplink::new(gateway.handle(), &controller.url, &controller.token, client)?;
    if let Some(trust) = &trust {
        runtime.spawn(Arc::clone(trust).keep_looking());
    }
    let health = health::start(runtime, controller.health, (gateway.handle(), trust), stop.clone())?;
    Ok((gateway, health, runtime.spawn(uplink.run(stop))))
}

fn config(callers: &Callers, origin: Origin) -> Config {
    let mut config = Config::new(callers.listen, origin);
    config.socket.clone_from(&callers.socket);
    if let Some(workers) = callers.workers {
        config.workers = workers;
    }
    config
}
