//! One process with its parts, started and stopped in order: a control plane, a data plane, or both.

use super::control_plane::{Control, ControlPlane};
use super::data_plane::{self, Callers, Evidence, Remote};
use anyhow::Context;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use viridian_core::id::Term;
use viridian_gateway::Gateway;

/// How long a drain waits for requests under way; streams of a minute finish.
const GRACE: Duration = Duration::from_secs(60);
/// How long each part may take to end once the gateway has.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Threads for the API, probes and the line between gateway and controller; none of them is on a request's way.
const CONTROL_THREADS: usize = 2;

/// What a process is.
#[derive(Debug, Clone)]
pub enum Role {
    /// Everything in one.
    All(Control, Callers, Evidence),
    /// The control plane alone; gateways are elsewhere.
    Controller(Control),
    /// A gateway alone; its controller is elsewhere.
    Gateway(Callers, Remote),
}

impl Role {
    /// Where an operator on this machine reaches its gateway.
    pub(super) fn socket(&self) -> Option<&Path> {
        match self {
            Self::All(_, callers, _) | Self::Gateway(callers, _) => callers.socket.as_deref(),
            Self::Controller(_) => None,
        }
    }
}

/// A running process. Stop it with [`Process::stop`]; dropped, it ends without draining.
pub struct Process {
    runtime: Runtime,
    addresses: Addresses,
    gateway: Option<Gateway>,
    control: Option<ControlPlane>,
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// Where a process can be reached.
#[derive(Debug, Clone, Copy, Default)]
pub struct Addresses {
    /// Where callers are served.
    pub gateway: Option<SocketAddr>,
    /// Where people are answered.
    pub admin: Option<SocketAddr>,
    /// Where gateways elsewhere come in.
    pub internal: Option<SocketAddr>,
    /// Where whoever watches over a gateway alone is answered.
    pub health: Option<SocketAddr>,
}

impl Process {
    /// Starts everything. When this returns, callers are served as far as there is something to serve by.
    ///
    /// # Errors
    /// The database cannot be opened, or an address cannot be listened on.
    pub fn start(role: &Role) -> anyhow::Result<Self> {
        let runtime = control_runtime()?;
        let (stop, stopped) = watch::channel(false);
        let mut process = Self {
            runtime,
            addresses: Addresses::default(),
            gateway: None,
            control: None,
            tasks: Vec::new(),
            stop,
        };
        match role {
            Role::All(control, callers, evidence) => {
                let plane = ControlPlane::start(control, &process.runtime)?;
                let beside =
                    data_plane::beside(callers, &plane, *evidence, &process.runtime, stopped.clone())?;
                process.serves_callers(beside);
                process.is_controlled(plane, control, stopped)?;
            }
            Role::Controller(control) => {
                let plane = ControlPlane::start(control, &process.runtime)?;
                process.is_controlled(plane, control, stopped)?;
            }
            Role::Gateway(callers, controller) => {
                let (gateway, health, line) =
                    data_plane::apart(callers, controller, &process.runtime, stopped)?;
                process.addresses.health = Some(health);
                process.serves_callers((gateway, line));
            }
        }
        Ok(process)
    }

    fn serves_callers(&mut self, (gateway, line): (Gateway, JoinHandle<()>)) {
        self.addresses.gateway = Some(gateway.local_addr());
        self.gateway = Some(gateway);
        self.tasks.push(line);
    }

    fn is_controlled(
        &mut self,
        plane: ControlPlane,
        control: &Control,
        stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let handle = self.gateway.as_ref().map(Gateway::handle);
        let (admin, served) = plane.answer_people(control, handle, &self.runtime, stopped.clone())?;
        self.addresses.admin = Some(admin);
        self.tasks.push(served);
        if let Some(internal) = &control.internal {
            let (internal, served) = plane.let_gateways_in(internal, &self.runtime, stopped)?;
            self.addresses.internal = Some(internal);
            self.tasks.push(served);
        }
        self.control = Some(plane);
        Ok(())
    }

    /// Where it can be reached.
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Waits for something on the threads of the control plane.
    pub fn wait_for<F: Future>(&self, event: F) -> F::Output {
        self.runtime.block_on(event)
    }

    /// Waits until a controller that serves no callers itself has no say any more. One that does goes on serving them by
    /// the last tables.
    pub async fn replaced(&self) -> Term {
        match self.control.as_ref().filter(|_| self.gateway.is_none()) {
            Some(control) => control.hub.resigned().await,
            None => std::future::pending().await,
        }
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
        let Self { runtime, gateway, control, tasks, stop, .. } = self;
        let cut = gateway.map_or(0, |gateway| runtime.block_on(gateway.drain(grace)));
        stop.send_replace(true);
        runtime.block_on(async {
            for task in tasks {
                let _ = tokio::time::timeout(LAST_WORDS, task).await;
            }
        });
        drop(control);
        runtime.shutdown_timeout(LAST_WORDS);
        cut
    }
}

fn control_runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CONTROL_THREADS)
        .thread_name("control")
        .enable_all()
        .build()
        .context("the control plane's threads cannot be started")
}
