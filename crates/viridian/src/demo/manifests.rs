//! What the demo applies: an application with two environments, three releases and two rollouts. It is the language
//! users write, read by the same reader.

use std::net::SocketAddr;

/// The release on trial in each act.
pub(super) const BAD: &str = "support-chat-v2";
pub(super) const GOOD: &str = "support-chat-v3";

/// The application and what serves it at first. `good` and `bad` are the two model servers.
pub(super) fn application(good: SocketAddr, bad: SocketAddr) -> String {
    format!(
        "apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: support-chat}}
spec:
  protocol: openai
  unit: user
  environments:
    blue:  {{platform: static, endpoints: [\"http://{good}\"]}}
    green: {{platform: static, endpoints: [\"http://{bad}\"]}}
  baseline: support-chat-v1
  localGuard: {{errors: 50%, minRequests: 20}}
  guards:
  - {{metric: errors,      margin: 2pp, onFail: rollback}}
  - {{metric: latency.p95, margin: 25%, onFail: rollback}}
  - {{metric: feedback,    margin: 5pp, onFail: rollback, mode: observe}}
{}{}{}",
        release("support-chat-v1", "v1", "blue"),
        release(BAD, "v2", "green"),
        release(GOOD, "v3", "blue"),
    )
}

fn release(name: &str, version: &str, environment: &str) -> String {
    format!(
        "---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: {name}}}
spec:
  application: support-chat
  version: {version}
  environment: {environment}
  model: {{name: chat-{version}}}
"
    )
}

/// The rollout of a release.
pub(super) fn rollout(release: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1
kind: Rollout
metadata: {{name: {release}}}
spec:
  application: support-chat
  candidate: {release}
  strategy:
    canary:
      steps:
      - weight: 10%
      - analysis: {{minSamples: 300}}
      - weight: 50%
      - analysis: {{minSamples: 1000}}
      - bake: {{for: 6s, holdback: 10%}}
"
    )
}
