//! One process with everything in it, started and stopped in order.

use super::control_plane;
use super::first_tables;
use super::link::Link;
use anyhow::Context;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use viridian_api::Token;
use viridian_controller::{Clock, Config, Controller, Intake, Subscription};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, NodeName};
use viridian_gateway::Gateway;
use viridian_store::Store;
use viridian_wire::api::{ApplyRequest, ManifestText, TakeoverBody};
use viridian_wire::snapshot::Acknowledgement;

/// The name of the gateway in this process.
const NODE: &str = "local";
/// How long a drain waits for requests under way; streams of a minute finish.
const GRACE: Duration = Duration::from_secs(60);
/// How long each part may take to end once the gateway has.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Threads for the API, probes and the link to the gateway; none of them is on a request's way.
const CONTROL_THREADS: usize = 2;

/// Where a process keeps and offers what.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the database lives.
    pub data_directory: PathBuf,
    /// Where callers are served.
    pub listen: SocketAddr,
    /// Where the control plane is served.
    pub admin: SocketAddr,
    /// What the control plane asks for; without one it serves loopback addresses only.
    pub token: Option<String>,
    /// How many threads serve callers; one per processor when absent.
    pub workers: Option<NonZeroUsize>,
    /// Whether the gateway's counters reach the controller.
    pub evidence: Evidence,
    /// What to apply at the start.
    pub manifests: Vec<ManifestText>,
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

/// A running process. Stop it with [`Process::stop`]; dropped, it ends without draining.
pub struct Process {
    runtime: Runtime,
    gateway: Gateway,
    controller: Controller,
    admin: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Process {
    /// Starts everything. When this returns, callers are served as far as there is something to serve by.
    ///
    /// # Errors
    /// The database cannot be opened, or an address cannot be listened on.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let store = Store::open(&settings.data_directory).with_context(|| {
            format!("the database in {} cannot be used", settings.data_directory.display())
        })?;
        let clock = steady_clock();
        apply(&store, settings, &clock)?;
        let runtime = control_runtime()?;
        let hub = Arc::new(first_tables::hub(&store, Arc::clone(&clock))?);
        let controller = Controller::start(Config {
            store: store.clone(),
            hub: Arc::clone(&hub),
            clock: Arc::clone(&clock),
            runtime: runtime.handle().clone(),
        })?;
        first_tables::wait(&store, &hub)?;
        // Every start has a term of its own, so it names the boot as well.
        let origin = Origin { node: NodeName::parse(NODE)?, boot: BootId(store.term().0) };
        let mut tables = hub.open(&origin.node, origin.boot, []);
        let (gateway, answers) = runtime.block_on(start_gateway(settings, &origin, &mut tables))?;
        for answer in answers {
            hub.acknowledge(answer)?;
        }
        let (stop, stopped) = watch::channel(false);
        let intake = Intake::new(store.clone(), Arc::clone(&hub), controller.nudge());
        let link = Link {
            origin,
            gateway: gateway.handle(),
            hub: Arc::clone(&hub),
            tables,
            intake: (settings.evidence == Evidence::Flows).then(|| Arc::new(intake)),
            nudge: controller.nudge(),
        };
        let linked = runtime.spawn(link.run(stopped.clone()));
        let parts =
            control_plane::Parts { store, hub, gateway: gateway.handle(), nudge: controller.nudge(), clock };
        let state = control_plane::state(parts, settings.token.as_deref().map(Token::new));
        let (admin, served) = control_plane::start(&runtime, settings.admin, state, stopped)?;
        Ok(Self { runtime, gateway, controller, admin, tasks: vec![linked, served], stop })
    }

    /// Where callers are served.
    pub const fn gateway(&self) -> SocketAddr {
        self.gateway.local_addr()
    }

    /// Where the control plane answers.
    pub const fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Waits for something on the threads of the control plane.
    pub fn wait_for<F: Future>(&self, event: F) -> F::Output {
        self.runtime.block_on(event)
    }

    /// Lets requests end, takes in the last counters, and closes. Answers how many requests were cut.
    pub fn stop(self) -> u64 {
        self.stop_within(GRACE)
    }

    /// Closes without waiting for requests under way.
    pub fn stop_at_once(self) {
        self.stop_within(Duration::ZERO);
    }

    fn stop_within(self, grace: Duration) -> u64 {
        let Self { runtime, gateway, controller, tasks, stop, .. } = self;
        let cut = runtime.block_on(gateway.drain(grace));
        stop.send_replace(true);
        runtime.block_on(async {
            for task in tasks {
                let _ = tokio::time::timeout(LAST_WORDS, task).await;
            }
        });
        drop(controller);
        runtime.shutdown_timeout(LAST_WORDS);
        cut
    }
}

/// Applies what is to be applied at the start, all of it or nothing.
fn apply(store: &Store, settings: &Settings, clock: &Clock) -> anyhow::Result<()> {
    if settings.manifests.is_empty() {
        return Ok(());
    }
    let request = ApplyRequest {
        manifests: settings.manifests.clone(),
        takeover: TakeoverBody::Refuse,
        retry_rejected: false,
    };
    viridian_api::apply(store, &request, viridian_api::Mode::Apply, clock())?;
    Ok(())
}

fn control_runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CONTROL_THREADS)
        .thread_name("control")
        .enable_all()
        .build()
        .context("the control plane's threads cannot be started")
}

/// Starts the gateway in this process with every table there is.
async fn start_gateway(
    settings: &Settings,
    origin: &Origin,
    tables: &mut Subscription,
) -> anyhow::Result<(Gateway, Vec<Acknowledgement>)> {
    let mut config = viridian_gateway::Config::new(settings.listen, origin.clone());
    if let Some(workers) = settings.workers {
        config.workers = workers;
    }
    let mut first = Vec::new();
    while let Some(update) = tables.next().await {
        let is_last = update.complete;
        first.push(update.into());
        if is_last {
            break;
        }
    }
    Gateway::start_with(config, &first)
        .with_context(|| format!("callers cannot be served on {}", settings.listen))
}

/// What the time is, from a clock that nobody can set while the process runs: a rollout's waits and a gateway's lease
/// must not end because somebody corrected the time of day.
fn steady_clock() -> Clock {
    let clock = viridian_gateway::Clock::start();
    Arc::new(move || clock.now())
}
