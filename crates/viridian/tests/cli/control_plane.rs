//! A control plane in the test's own process, on a real store and without a controller: rollouts stand where the test
//! puts them.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use viridian_api::{State, Traffic, serve};
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::Evidence;
use viridian_core::analysis::verdict::Analysis;
use viridian_core::id::RolloutName;
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Phase, State as RolloutState};
use viridian_core::time::Timestamp;
use viridian_platform::token::Token;
use viridian_store::{Commit, Store};

use crate::program::{Run, run, spawn};

/// An application with two releases and a rollout from one to the other.
pub(crate) const MANIFEST: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: chat}
spec:
  protocol: openai
  unit: request
  baseline: chat-v1
  environments: {blue: {endpoints: ['http://127.0.0.1:1']}}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {name: chat-v1}
spec: {application: chat, version: v1}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {name: chat-v2}
spec: {application: chat, version: v2}
---
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {name: chat-v2}
spec:
  application: chat
  candidate: chat-v2
  strategy: {canary: {steps: [{weight: 5%}, {analysis: {}}]}}
";

pub(crate) struct ControlPlane {
    pub(crate) url: String,
    pub(crate) directory: TempDir,
    store: Store,
    _runtime: Runtime,
}

impl ControlPlane {
    pub(crate) fn new(token: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("chat.yaml"), MANIFEST).unwrap();
        let store = Store::open(&directory.path().join("data")).unwrap();
        let state = State {
            store: store.clone(),
            nudge: Arc::new(|| {}),
            gateways: Arc::new(Vec::new),
            traffic: Arc::new(Traffic::default),
            internal: Arc::new(|| None),
            notices: Arc::new(|| None),
            clock: Arc::new(now),
            token: token.map(Token::new),
        };
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(serve(listener, state, std::future::pending()));
        Self { url, directory, store, _runtime: runtime }
    }

    /// One that knows [`MANIFEST`].
    pub(crate) fn furnished() -> Self {
        let plane = Self::new(None);
        let applied = plane.run(&["apply", "-f", "chat.yaml"]);
        assert_eq!(applied.code, 0, "{applied:?}");
        plane
    }

    /// Runs the binary against this control plane.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let server = ["--server", &self.url];
        run(self.path(), &[arguments, server.as_slice()].concat())
    }

    /// The same, with another variable in its environment.
    pub(crate) fn run_with(&self, variable: (&str, &str), arguments: &[&str]) -> Run {
        let server = ["--server", &self.url];
        spawn(self.path(), &[arguments, server.as_slice()].concat(), &[variable], "")
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Moves the rollout, as a controller would.
    pub(crate) fn go(&self, phase: Phase) {
        self.go_by(phase, judge(&[], &Evidence::default(), Units::Independent));
    }

    /// Moves the rollout by what was judged.
    pub(crate) fn go_by(&self, phase: Phase, analysis: Analysis) {
        let name = RolloutName::parse("chat-v2").unwrap();
        let sequence = self.store.rollout(&name).unwrap().unwrap().state.sequence;
        let next = RolloutState { sequence: sequence + 1, phase, ..RolloutState::new() };
        let report = Report {
            at: now(),
            finding: Finding::Began,
            analysis,
            observed: Vec::new(),
            gauges: Vec::new(),
            warnings: Vec::new(),
            sentence: format!("it is {}", next.phase.word()),
        };
        let commit = Commit {
            rollout: &name,
            expected_sequence: sequence,
            next: &next,
            report: &report,
            table: None,
            epoch: None,
            effects: &[],
            answered: &[],
            at: now(),
        };
        self.store.commit(&commit).unwrap();
    }
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis().try_into().unwrap())
}
