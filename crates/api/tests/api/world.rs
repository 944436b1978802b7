//! A control plane on a port of its own, and a client that sends it anything.

use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::Full;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use viridian_api::{Certificate, GatewayStatus, Internal, Notices, RequestCount, State, Traffic, serve};
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::Evidence;
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::id::RolloutName;
use viridian_core::outcome::Class;
use viridian_core::rollout::noted::Noted;
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Phase, Position, State as RolloutState};
use viridian_core::time::Timestamp;
use viridian_platform::client::Client;
use viridian_platform::token::Token;
use viridian_store::{Commit, Store};

pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A rollout to its second release.
pub(crate) const ROLLOUT: &str = "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {name: r1}
spec:
  application: support-chat
  candidate: support-chat-v2
  strategy: {canary: {steps: [{weight: 5%}, {analysis: {}}]}}
";

/// An application with two releases, the first of which serves.
pub(crate) const APPLICATION: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: support-chat}
spec:
  protocol: openai
  unit: user
  baseline: support-chat-v1
  environments:
    blue: {endpoints: ['http://127.0.0.1:1']}
  guards:
  - {metric: errors, margin: 0.5pp, onFail: rollback}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {name: support-chat-v1}
spec: {application: support-chat, version: v1}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {name: support-chat-v2}
spec: {application: support-chat, version: v2, parameters: {temperature: 0.2}}
";

/// A control plane and what it works with.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) nudges: Arc<AtomicU64>,
    pub(crate) gateways: Arc<Mutex<Vec<GatewayStatus>>>,
    pub(crate) address: String,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    _directory: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// What machines tell a problem by.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16(), "{self:?}");
        body["code"].as_str().unwrap().to_owned()
    }
}

impl World {
    /// A control plane that serves this machine.
    pub(crate) async fn new() -> Self {
        Self::with_token(None).await
    }

    /// A control plane that asks for a token.
    pub(crate) async fn with_token(token: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let (nudges, gateways) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, listed) = (Arc::clone(&nudges), Arc::clone(&gateways));
        let state = State {
            store: store.clone(),
            nudge: Arc::new(move || {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
            gateways: Arc::new(move || listed.lock().unwrap().clone()),
            traffic: Arc::new(traffic),
            internal: Arc::new(|| {
                let expires_at = Timestamp(NOW.0 + 86_400_000);
                let certificate = Certificate { expires_at, failures: 2, is_stale: true };
                Some(Internal { turned_away: 5, certificate: Some(certificate) })
            }),
            notices: Arc::new(|| Some(Notices { posted: 7, lost: 1, waiting: 2 })),
            clock: Arc::new(|| NOW),
            token: token.map(Token::new),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, state, async {
            let _ = stopped.await;
        }));
        Self {
            store,
            nudges,
            gateways,
            address,
            client: Client::new(),
            stop: Some(stop),
            _directory: directory,
        }
    }

    /// A control plane that knows [`APPLICATION`].
    pub(crate) async fn furnished() -> Self {
        let world = Self::new().await;
        let answer = world.apply(APPLICATION).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        world
    }

    /// One with a rollout called `r1`.
    pub(crate) async fn with_rollout() -> Self {
        let world = Self::furnished().await;
        let request = r#"{"name": "r1", "application": "support-chat", "candidate": "support-chat-v2"}"#;
        let answer = world.post("/api/v1/rollouts", request).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        world
    }

    pub(crate) async fn apply(&self, manifest: &str) -> Answer {
        self.send(Method::POST, "/api/v1/apply", &[("content-type", "application/yaml")], manifest).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], body).await
    }

    /// Sends a request with these headers and no others.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let response = self.client.send(request, Duration::from_secs(20)).await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            text: String::from_utf8(response.body().to_vec()).unwrap(),
        }
    }

    /// Moves a rollout, as the controller would.
    pub(crate) fn go(&self, rollout: &str, phase: Phase, sentence: &str) {
        self.move_to(rollout, phase, sentence, None);
    }

    /// The rollout `r1` begins its first step, and an epoch with it.
    pub(crate) fn begin(&self, epoch: &Epoch) {
        self.move_to("r1", progressing(0), "it begins", Some(epoch));
    }

    fn move_to(&self, rollout: &str, phase: Phase, sentence: &str, epoch: Option<&Epoch>) {
        let name = RolloutName::parse(rollout).unwrap();
        let sequence = self.store.rollout(&name).unwrap().unwrap().state.sequence;
        let next = RolloutState { sequence: sequence + 1, phase, ..RolloutState::new() };
        let report = report(sentence);
        let commit = Commit {
            rollout: &name,
            expected_sequence: sequence,
            next: &next,
            report: &report,
            table: None,
            epoch,
            effects: &[],
            answered: &[],
            at: NOW,
        };
        self.store.commit(&commit).unwrap();
    }

    /// Tells the control plane to stop.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }
}

pub(crate) fn progressing(step: usize) -> Phase {
    Phase::Progressing(Position::at(step, NOW))
}

pub(crate) fn report(sentence: &str) -> Report {
    Report {
        at: NOW,
        finding: Finding::Began,
        analysis: judge(&[], &Evidence::default(), Units::Independent),
        observed: Vec::new(),
        gauges: Vec::new(),
        warnings: Vec::new(),
        sentence: sentence.to_owned(),
    }
}

/// A report that led to nothing.
pub(crate) fn noted(report: Report) -> Noted {
    Noted::new(report, Arc::default(), Units::Independent)
}

/// What a gateway in the same process has seen.
fn traffic() -> Traffic {
    let application = "support-chat".to_owned();
    let request = RequestCount { application, arm: Arm::Candidate, class: Class::Ok, count: 5 };
    Traffic { refusals: vec![("upstream", 3)], requests: vec![request], in_flight: 0 }
}
