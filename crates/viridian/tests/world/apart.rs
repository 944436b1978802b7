//! A controller and gateways in processes of their own, and callers of each gateway. Entry point: [`Apart::start`].

use crate::chat_model::{ChatModel, Failing};
use crate::load::Load;
use crate::manifests;
use crate::process::{PATIENCE, PAUSE, Process, free_ports};
use crate::viridian::{Viridian, address, serve};
use bytes::Bytes;
use http::Request;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_testkit::caller::Caller;

/// The application that everybody calls.
pub(crate) const APPLICATION: &str = "parcels";

/// A controller, gateways named `gw-0`, `gw-1` …, and callers of each.
pub(crate) struct Apart {
    pub(crate) controller: Viridian,
    pub(crate) gateways: Vec<Process>,
    pub(crate) loads: Vec<Load>,
    pub(crate) candidate: ChatModel,
    _baseline: ChatModel,
    /// Where gateways come in.
    pub(crate) internal: u16,
    pub(crate) manifest: String,
    pub(crate) home: TempDir,
}

impl Apart {
    /// Starts everything, with a candidate that fails so; callers wait so long after each answer.
    pub(crate) async fn start(count: usize, failing: Failing, pace: Duration) -> Self {
        let home = TempDir::new().unwrap();
        let baseline = ChatModel::start(Failing::Never).await;
        let candidate = ChatModel::start(failing).await;
        let manifest = manifests::two_releases(APPLICATION, "request", [&baseline.url(), &candidate.url()]);
        let [internal] = free_ports();
        let controller = Viridian::control(home.path(), &manifest, internal);
        let (gateways, addresses): (Vec<Process>, Vec<SocketAddr>) =
            (0..count).map(|number| gateway(home.path(), &name(number), internal)).unzip();
        let world = Self {
            controller,
            gateways,
            loads: Vec::new(),
            candidate,
            _baseline: baseline,
            internal,
            manifest,
            home,
        };
        world.until_all_serve(count).await;
        let loads = addresses.into_iter().map(|address| Load::start(address, APPLICATION, pace)).collect();
        Self { loads, ..world }
    }

    /// Starts a gateway of this name, which may have been there before.
    pub(crate) fn gateway(&self, name: &str) -> (Process, SocketAddr) {
        gateway(self.home.path(), name, self.internal)
    }

    /// Waits until the controller knows that all of them serve.
    async fn until_all_serve(&self, count: usize) {
        let expected: Vec<String> = (0..count).map(name).collect();
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

fn name(number: usize) -> String {
    format!("gw-{number}")
}

/// A gateway of its own, and where it serves callers.
pub(crate) fn gateway(home: &Path, name: &str, internal: u16) -> (Process, SocketAddr) {
    let mut command = serve("gateway");
    command.arg("--data-dir").arg(home.join("gateways"));
    command.args(["--node", name, "--listen", "127.0.0.1:0", "--workers", "1"]);
    command.args(["--controller", &format!("http://127.0.0.1:{internal}")]);
    let mut process = Process::start(&mut command);
    let listens = process.until_it_says("where it listens", |line| address(line, "gateway"));
    (process, listens)
}
