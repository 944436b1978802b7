//! The control plane of a process: store, controller, and the listeners for people and for gateways elsewhere. Entry
//! point: [`ControlPlane::start`].

use super::{admin, first_tables};
use anyhow::{Context, ensure};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use viridian_controller::{
    Behind, Clock, Config, Controller, Door, Entrance, Housekeeper, Hub, Intake, Nudge, Patience, Registry,
};
use viridian_gateway::Handle;
use viridian_platform::tls::{self, ServerFiles};
use viridian_platform::token::Token;
use viridian_platform::webhook::Webhook;
use viridian_store::{Retention, Store};
use viridian_wire::api::{ApplyRequest, ManifestText, TakeoverBody};

/// A clock that was put back by more was wrong before: the measurements of gateways, whose clocks are right, would be too
/// old to be taken.
const PUT_BACK: Duration = Duration::from_secs(12 * 3_600);

/// Where a control plane keeps and offers what.
#[derive(Debug, Clone)]
pub struct Control {
    /// Where the database lives.
    pub data_directory: PathBuf,
    /// Where people are answered.
    pub admin: SocketAddr,
    /// What they have to know; without it only loopback addresses are listened on.
    pub token: Option<String>,
    /// Where gateways elsewhere come in.
    pub internal: Option<Internal>,
    /// What to apply at the start.
    pub manifests: Vec<ManifestText>,
    /// By what people are called.
    pub webhook: Option<Webhook>,
    /// What is kept of measurements, and for how long.
    pub retention: Retention,
}

/// Where gateways elsewhere come in.
#[derive(Debug, Clone)]
pub struct Internal {
    /// Where.
    pub address: SocketAddr,
    /// The token they have to know.
    pub token: String,
    /// What they are shown and asked for; without it only loopback addresses are listened on.
    pub tls: Option<ServerFiles>,
}

/// A running control plane. Dropped, its loop ends after the walk it is in.
pub(super) struct ControlPlane {
    pub(super) store: Store,
    pub(super) hub: Arc<Hub>,
    pub(super) intake: Arc<Intake>,
    registry: Arc<Registry>,
    internal: Option<admin::Internal>,
    controller: Controller,
    _housekeeper: Housekeeper,
    clock: Clock,
}

impl ControlPlane {
    /// Starts the loop, and waits a moment for the first tables.
    pub(super) fn start(settings: &Control, runtime: &Runtime) -> anyhow::Result<Self> {
        let store = Store::open(&settings.data_directory).with_context(|| {
            format!("the database in {} cannot be used", settings.data_directory.display())
        })?;
        let clock = steady_clock(&store)?;
        apply(&store, &settings.manifests, &clock)?;
        let (hub, registry) = first_tables::hub(&store, &clock)?;
        let controller = Controller::start(Config {
            store: store.clone(),
            hub: Arc::clone(&hub),
            registry: Arc::clone(&registry),
            clock: Arc::clone(&clock),
            runtime: runtime.handle().clone(),
            webhook: settings.webhook.clone().map(|webhook| (webhook, Patience::default())),
        })?;
        first_tables::wait(&store, &hub)?;
        let housekeeper = Housekeeper::start(store.clone(), Arc::clone(&clock), settings.retention)?;
        let intake = Arc::new(Intake::new(store.clone(), Arc::clone(&hub), controller.nudge()));
        let internal = settings.internal.as_ref().map(Internal::prepare).transpose()?;
        Ok(Self { store, hub, intake, registry, internal, controller, _housekeeper: housekeeper, clock })
    }

    pub(super) fn nudge(&self) -> Nudge {
        self.controller.nudge()
    }

    /// Answers people.
    pub(super) fn answer_people(
        &self,
        settings: &Control,
        gateway: Option<Handle>,
        runtime: &Runtime,
        stop: watch::Receiver<bool>,
    ) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
        let parts = admin::Parts {
            store: self.store.clone(),
            hub: Arc::clone(&self.hub),
            gateway,
            nudge: self.nudge(),
            internal: self.internal.clone(),
            notices: self.controller.notices(),
            clock: Arc::clone(&self.clock),
        };
        let token = settings.token.as_deref().map(Token::new);
        admin::start(runtime, (settings.admin, token), parts, stop)
    }

    /// Lets gateways elsewhere in.
    pub(super) fn let_gateways_in(
        &self,
        settings: &Internal,
        runtime: &Runtime,
        mut stop: watch::Receiver<bool>,
    ) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
        let internal = self.internal.clone().context("the internal listener is not prepared")?;
        let listener = runtime
            .block_on(TcpListener::bind(settings.address))
            .with_context(|| format!("gateways cannot be let in on {}", settings.address))?;
        let address = listener.local_addr().context("the internal listener's address cannot be read")?;
        if let Some(tls) = &internal.tls {
            runtime.spawn(Arc::clone(tls).keep_looking());
        }
        let entrance = Entrance {
            listener,
            tls: internal.tls,
            token: Token::new(&settings.token),
            turned_away: internal.turned_away,
        };
        let behind = Behind {
            hub: Arc::clone(&self.hub),
            intake: Arc::clone(&self.intake),
            registry: Arc::clone(&self.registry),
            nudge: self.nudge(),
        };
        let closed = async move {
            // An error means that whoever could stop it is gone.
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        Ok((address, runtime.spawn(Door::open(entrance, behind, closed))))
    }
}

impl Internal {
    /// Reads what is shown to whoever comes.
    fn prepare(&self) -> anyhow::Result<admin::Internal> {
        // What is sent here are the keys request ids are signed with: it must not cross a network in the clear.
        ensure!(
            self.address.ip().is_loopback() || self.tls.is_some(),
            "gateways are not let in on {} in the clear: give --internal-certificate and --internal-key, or listen on \
             a loopback address",
            self.address
        );
        let tls = self.tls.clone().map(tls::server).transpose();
        let tls = tls.context("the internal listener cannot speak TLS")?.map(Arc::new);
        Ok(admin::Internal { turned_away: Arc::default(), tls })
    }
}

/// Applies what is to be applied at the start, all of it or nothing.
fn apply(store: &Store, manifests: &[ManifestText], clock: &Clock) -> anyhow::Result<()> {
    if manifests.is_empty() {
        return Ok(());
    }
    let request =
        ApplyRequest { manifests: manifests.to_vec(), takeover: TakeoverBody::Refuse, retry_rejected: false };
    viridian_api::apply(store, &request, viridian_api::Mode::Apply, clock())?;
    Ok(())
}

/// What the time is, from a clock that nobody can set while the process runs: a rollout's waits and a gateway's lease
/// must not end because somebody corrected the time of day. It begins no earlier than what was written down last, so
/// that the log never runs backwards and no wait begins anew because the clock was put back meanwhile.
fn steady_clock(store: &Store) -> anyhow::Result<Clock> {
    let clock = viridian_gateway::Clock::start();
    let latest = store.latest_event_at().context("the log cannot be read")?.unwrap_or_default();
    let put_back = latest.since(clock.now());
    if put_back > Duration::ZERO && put_back <= PUT_BACK {
        tracing::warn!(
            seconds = put_back.as_secs(),
            "the clock was put back: time goes on from the latest event"
        );
        clock.catch_up_with(latest);
    } else if put_back > PUT_BACK {
        tracing::error!(
            seconds = put_back.as_secs(),
            "events lie so far ahead that their clock must have been wrong: waits that began then take so much longer"
        );
    }
    Ok(Arc::new(move || clock.now()))
}
