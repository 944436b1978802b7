//! Manifests of applications that speak the OpenAI API, and of rollouts.

/// An application with one release, `<name>-v1`.
pub(crate) fn application(name: &str, url: &str) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  protocol: openai
  unit: user
  environments:
    main: {{endpoints: ['{url}']}}
  baseline: {name}-v1
---
{release}",
        release = release(name, "v1", "main"),
    )
}

/// An application with two releases in environments of their own: `<name>-v1`, the baseline, and `<name>-v2`. Each
/// request is drawn by itself, and errors are watched.
pub(crate) fn two_releases(name: &str, first: &str, second: &str) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  protocol: openai
  unit: request
  environments:
    blue: {{endpoints: ['{first}']}}
    green: {{endpoints: ['{second}']}}
  baseline: {name}-v1
  guards:
  - {{metric: errors, margin: 2pp, onFail: rollback}}
---
{blue}---
{green}",
        blue = release(name, "v1", "blue"),
        green = release(name, "v2", "green"),
    )
}

/// A rollout to `<application>-v2` by these steps; after a rollback the release may be tried again.
pub(crate) fn rollout(name: &str, application: &str, steps: &[&str]) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {{name: {name}}}
spec:
  application: {application}
  candidate: {application}-v2
  strategy: {{canary: {{steps: [{steps}]}}}}
  rollback: {{rejectRelease: false}}
",
        steps = steps.join(", "),
    )
}

fn release(application: &str, version: &str, environment: &str) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: {application}-{version}}}
spec: {{application: {application}, version: {version}, environment: {environment}}}
"
    )
}
