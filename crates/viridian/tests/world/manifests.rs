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

/// An application with two releases in environments of their own: `<name>-v1`, the baseline, and `<name>-v2`. What is
/// drawn is the unit, and errors are watched.
pub(crate) fn two_releases(name: &str, unit: &str, [first, second]: [&str; 2]) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  protocol: openai
  unit: {unit}
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
    by(name, application, &format!("canary: {{steps: [{}]}}", steps.join(", ")))
}

/// A rollout to `<application>-v2` by a switch of these parts.
pub(crate) fn switch(name: &str, application: &str, parts: &[&str]) -> String {
    by(name, application, &format!("blueGreen: {{{}}}", parts.join(", ")))
}

fn by(name: &str, application: &str, strategy: &str) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {{name: {name}}}
spec:
  application: {application}
  candidate: {application}-v2
  strategy: {{{strategy}}}
  rollback: {{rejectRelease: false}}
"
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
