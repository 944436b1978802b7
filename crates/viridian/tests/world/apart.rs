//! A controller and gateways in processes of their own, and callers of each gateway. Entry point: [`Apart::start`].

use crate::chat_model::{ChatModel, Failing};
use crate::ledger::{self, Ledger, Totals};
use crate::load::Load;
use crate::manifests;
use crate::process::{PATIENCE, PAUSE, Process, free_ports};
use crate::viridian::{Viridian, address, binary, serve_of};
use bytes::Bytes;
use http::Request;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;
use viridian_store::Store;
use viridian_testkit::caller::Caller;
use viridian_testkit::line::Line;

/// The application that everybody calls.
pub(crate) const APPLICATION: &str = "parcels";

/// A controller, gateways named `gw-0`, `gw-1` …, and callers of each.
pub(crate) struct Apart {
    pub(crate) controller: Viridian,
    pub(crate) gateways: Vec<Process>,
    pub(crate) loads: Vec<Load>,
    /// What each gateway reaches its controller by, where it can be disturbed.
    pub(crate) lines: Vec<Line>,
    pub(crate) candidate: ChatModel,
    baseline: ChatModel,
    /// Where gateways come in.
    pub(crate) internal: u16,
    /// Where gateways serve callers.
    ports: Vec<u16>,
    pub(crate) manifest: String,
    pub(crate) home: TempDir,
    /// Where the controller's database is, if it is not at home.
    pub(crate) elsewhere: Option<TempDir>,
}

/// What tells one gateway from another.
struct Identity<'a> {
    binary: &'a Path,
    name: &'a str,
    /// Where it serves callers; 0 for anywhere.
    port: u16,
    /// Where it is told its controller is.
    controller: u16,
}

impl Apart {
    /// Starts everything, with a candidate that fails so; callers wait so long after each answer.
    pub(crate) async fn start(count: usize, failing: Failing, pace: Duration) -> Self {
        let [internal] = free_ports();
        Self::build(&binary(), (TempDir::new().unwrap(), internal, Vec::new()), (count, failing, pace), plain)
            .await
    }

    /// The same in a directory, with a line to each gateway that can be disturbed. The manifest says how the application
    /// is, given the addresses of its two model servers.
    pub(crate) async fn on_lines(
        home: TempDir,
        (count, failing, pace): (usize, Failing, Duration),
        manifest: impl Fn([&str; 2]) -> String,
    ) -> Self {
        let [internal] = free_ports();
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.push(Line::to(SocketAddr::from(([127, 0, 0, 1], internal))).await);
        }
        Self::build(&binary(), (home, internal, lines), (count, failing, pace), manifest).await
    }

    /// The same of another version, without lines.
    pub(crate) async fn of_version(
        binary: &Path,
        home: TempDir,
        callers: (usize, Failing, Duration),
        manifest: impl Fn([&str; 2]) -> String,
    ) -> Self {
        let [internal] = free_ports();
        Self::build(binary, (home, internal, Vec::new()), callers, manifest).await
    }

    async fn build(
        binary: &Path,
        (home, internal, lines): (TempDir, u16, Vec<Line>),
        (count, failing, pace): (usize, Failing, Duration),
        manifest: impl Fn([&str; 2]) -> String,
    ) -> Self {
        let baseline = ChatModel::start(Failing::Never).await;
        let candidate = ChatModel::start(failing).await;
        let manifest = manifest([&baseline.url(), &candidate.url()]);
        let process = Viridian::launch_control_of(binary, (home.path(), &manifest), [internal, 0], &[]);
        let controller = Viridian::controlled_by(process);
        let mut world = Self {
            controller,
            gateways: Vec::new(),
            loads: Vec::new(),
            lines,
            candidate,
            baseline,
            internal,
            ports: (0..count).map(|_| free_ports::<1>()[0]).collect(),
            manifest,
            home,
            elsewhere: None,
        };
        world.gateways = (0..count).map(|number| world.gateway_of(binary, &name(number))).collect();
        world.until_all_serve(count).await;
        let address = |port: &u16| SocketAddr::from(([127, 0, 0, 1], *port));
        world.loads = world.ports.iter().map(|port| Load::start(address(port), APPLICATION, pace)).collect();
        world
    }

    /// Starts a gateway of this name, which may have been there before.
    pub(crate) fn gateway(&self, name: &str) -> (Process, SocketAddr) {
        self.gateway_in(name, &[])
    }

    /// The same, in this environment.
    pub(crate) fn gateway_in(&self, name: &str, environment: &[(&str, &str)]) -> (Process, SocketAddr) {
        started(self.launch_gateway(&binary(), name, environment))
    }

    /// The same of another version.
    pub(crate) fn gateway_of(&self, binary: &Path, name: &str) -> Process {
        started(self.launch_gateway(binary, name, &[])).0
    }

    fn launch_gateway(&self, binary: &Path, name: &str, environment: &[(&str, &str)]) -> Process {
        let number: Option<usize> = name.strip_prefix("gw-").and_then(|number| number.parse().ok());
        let port = number.and_then(|number| self.ports.get(number)).copied().unwrap_or_default();
        let line = number.and_then(|number| self.lines.get(number));
        let controller = line.map_or(self.internal, |line| line.address().port());
        launch(self.home.path(), &Identity { binary, name, port, controller }, environment)
    }

    /// Ends the controller without a warning.
    pub(crate) fn kill_controller(&mut self) {
        self.controller.kill();
    }

    /// Starts a controller with what the one before left.
    pub(crate) fn restart_controller(&mut self) {
        self.controller = self.control_in(&[]);
    }

    /// The same, in this environment, for the caller to put in its place.
    pub(crate) fn control_in(&self, environment: &[(&str, &str)]) -> Viridian {
        Viridian::controlled_by(self.launch_controller(environment))
    }

    /// The same, without waiting until it listens.
    pub(crate) fn launch_controller(&self, environment: &[(&str, &str)]) -> Process {
        Viridian::launch_control(self.home.path(), &self.manifest, [self.internal, 0], environment)
    }

    /// The same of another version.
    pub(crate) fn launch_controller_of(&self, binary: &Path) -> Process {
        Viridian::launch_control_of(binary, (self.home.path(), &self.manifest), [self.internal, 0], &[])
    }

    /// What callers of all gateways wrote down.
    pub(crate) fn ledgers(&self) -> Vec<&Ledger> {
        self.loads.iter().map(Load::ledger).collect()
    }

    /// Lets callers finish, has every gateway bring its last counters and end, and the controller end; then holds what
    /// callers wrote down against what model servers received.
    pub(crate) async fn audit(&mut self) -> Totals {
        for load in &mut self.loads {
            load.finish().await;
        }
        for gateway in &mut self.gateways {
            gateway.end();
        }
        self.controller.process().end();
        ledger::audit(&self.ledgers(), [("v1", &self.baseline), ("v2", &self.candidate)])
    }

    /// How many requests the controller has counted for an arm, of those that were drawn and those that were exempt. It
    /// must have ended.
    pub(crate) fn counted(&self, arm: Arm) -> usize {
        let home = self.elsewhere.as_ref().unwrap_or(&self.home);
        let store = Store::open(&home.path().join("data")).unwrap();
        let name = ApplicationName::parse(APPLICATION).unwrap();
        let now = Timestamp(u64::from(u32::MAX) * 1_000);
        let evidence = store.evidence(&name, EpochId(0), Duration::ZERO, now).unwrap();
        let tallies = evidence.epochs.iter().map(|epoch| &epoch.arm(arm).tally);
        let counted: u64 = tallies.map(|tally| tally.outcomes() + tally.exempt.iter().sum::<u64>()).sum();
        usize::try_from(counted + store.unwritten(&name, arm).unwrap()).unwrap()
    }

    /// Waits until the controller knows that all of them serve.
    pub(crate) async fn until_all_serve(&self, count: usize) {
        self.until_these_serve(&(0..count).map(name).collect::<Vec<_>>()).await;
    }

    /// Waits until the controller knows that these serve and no others, by their names in order.
    pub(crate) async fn until_these_serve(&self, expected: &[String]) {
        let begun = Instant::now();
        while self.names().await != expected {
            assert!(begun.elapsed() < PATIENCE, "{:?}", self.names().await);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The gateways that serve, as the controller knows them, in the order of their names.
    pub(crate) async fn names(&self) -> Vec<String> {
        let admin = self.controller.admin();
        let request = Request::get("/metrics").header("host", admin.to_string()).body(Bytes::new()).unwrap();
        let answer = Caller::connect(admin).await.send(request).await;
        let serving = answer.text().lines().filter_map(|line| {
            let labels = line.strip_prefix("viridian_gateway_generation{")?;
            Some(labels.split_once("gateway=\"")?.1.split('"').next()?.to_owned())
        });
        let mut names: Vec<String> = serving.collect();
        names.sort();
        names
    }

    /// How many requests were answered.
    pub(crate) fn served(&self) -> usize {
        self.loads.iter().map(|load| load.served().len()).sum()
    }

    /// How many requests got no answer, or not all of one.
    pub(crate) fn lost(&self) -> usize {
        self.loads.iter().map(Load::lost).sum()
    }
}

/// Two releases, and errors are watched.
pub(crate) fn plain(urls: [&str; 2]) -> String {
    manifests::two_releases(APPLICATION, "request", urls)
}

fn name(number: usize) -> String {
    format!("gw-{number}")
}

/// A gateway of its own, and where it serves callers.
pub(crate) fn gateway(home: &Path, name: &str, internal: u16) -> (Process, SocketAddr) {
    started(launch(home, &Identity { binary: &binary(), name, port: 0, controller: internal }, &[]))
}

/// A gateway of its own behind a line, without waiting until it listens.
pub(crate) fn launch_behind(home: &Path, name: &str, line: &Line) -> Process {
    let controller = line.address().port();
    launch(home, &Identity { binary: &binary(), name, port: 0, controller }, &[])
}

fn started(mut process: Process) -> (Process, SocketAddr) {
    let listens = process.until_it_says("where it listens", |line| address(line, "gateway"));
    (process, listens)
}

/// Starts a gateway without waiting until it serves.
fn launch(home: &Path, gateway: &Identity<'_>, environment: &[(&str, &str)]) -> Process {
    let mut command = serve_of(gateway.binary, "gateway");
    command.arg("--data-dir").arg(home.join("gateways"));
    command.args(["--node", gateway.name, "--workers", "1"]);
    command.args(["--listen", &format!("127.0.0.1:{}", gateway.port)]);
    command.args(["--controller", &format!("http://127.0.0.1:{}", gateway.controller)]);
    Process::start(command.envs(environment.iter().copied()))
}
