//! An application: what callers address, and who serves it.

use super::guard::GuardBody;
use super::rollout::RolloutSummary;
use super::step::percent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use viridian_core::application::{Application, Protocol};
use viridian_core::declared::Definition;
use viridian_core::environment::{Environment, Platform};
use viridian_core::routing::table::RoutingTable;
use viridian_core::score;

/// An application in a list.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSummary {
    /// The name callers use.
    pub name: String,
    /// What callers speak: `openai`, `openInference` or `http`.
    pub protocol: String,
    /// What keeps a caller on one arm: `request`, `user`, `conversation`, `tenant` or `header:<name>`.
    pub unit: String,
    /// The release that serves when no rollout says otherwise; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// The rollout that moves its traffic now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutSummary>,
}

/// An application with everything that is known of it.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationBody {
    /// What it is and who serves it.
    #[serde(flatten)]
    pub summary: ApplicationSummary,
    /// Free labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Where its releases can run.
    pub environments: Vec<EnvironmentBody>,
    /// Metrics of its own, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricBody>,
    /// Scores its answers are given, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<ScoreBody>,
    /// What is watched in every rollout of it.
    pub guards: Vec<GuardBody>,
    /// What gateways serve by; absent before the first table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableBody>,
    /// Requests that were answered and are nobody's evidence: the controller ended before it had written down the span they
    /// were counted in.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lost_evidence: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what is skipped is asked by reference")]
const fn is_none(requests: &u64) -> bool {
    *requests == 0
}

/// A place where releases can run.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentBody {
    /// Its name.
    pub name: String,
    /// Who runs the servers in it.
    pub platform: String,
    /// The base URLs requests are sent to.
    pub endpoints: Vec<String>,
    /// Where the bearer token its upstream asks for is found; never the token itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<String>,
    /// The path that each endpoint is asked at whether it is ready; absent when it only has to accept connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<String>,
}

/// A share that an application declares.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricBody {
    /// The name its guards use.
    pub name: String,
    /// True of an outcome that is bad.
    pub bad: String,
    /// True of an outcome that counts; all of them count when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// A score that answers of an application are given.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScoreBody {
    /// The name its guards and its callers use.
    pub name: String,
    /// The least that may be given.
    pub from: u32,
    /// The most; more is better.
    pub to: u32,
    /// Who gives it; whoever likes to when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
}

/// What gateways serve an application by.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableBody {
    /// Its number, which only rises.
    pub generation: u64,
    /// The start of the controller that published it.
    pub term: u64,
    /// The span outcomes are counted in.
    pub epoch: u32,
    /// The baseline and where it runs, as `release@environment`.
    pub baseline: String,
    /// The candidate and where it runs, as `release@environment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// The candidate's share, in per cent.
    pub weight: f64,
}

impl ApplicationSummary {
    /// What an application is and who serves it.
    pub fn new(application: &Application, baseline: Option<String>, rollout: Option<RolloutSummary>) -> Self {
        Self {
            name: application.name.to_string(),
            protocol: protocol(application.protocol).to_owned(),
            unit: application.unit.to_string(),
            baseline,
            rollout,
        }
    }
}

impl ApplicationBody {
    /// An application with everything that is known of it.
    pub fn new(
        application: &Application,
        baseline: Option<String>,
        rollout: Option<RolloutSummary>,
        table: Option<&RoutingTable>,
        lost_evidence: u64,
    ) -> Self {
        Self {
            summary: ApplicationSummary::new(application, baseline, rollout),
            labels: application.labels.clone(),
            environments: application.environments.values().map(EnvironmentBody::from).collect(),
            metrics: application.metrics.iter().map(MetricBody::from).collect(),
            scores: application.scores.iter().map(ScoreBody::from).collect(),
            guards: application.guards.iter().map(GuardBody::from).collect(),
            table: table.map(TableBody::from),
            lost_evidence,
        }
    }
}

impl From<&Definition> for MetricBody {
    fn from(definition: &Definition) -> Self {
        Self {
            name: definition.metric.name().to_owned(),
            bad: definition.bad.clone(),
            when: definition.when.clone(),
        }
    }
}

impl From<&score::Definition> for ScoreBody {
    fn from(definition: &score::Definition) -> Self {
        Self {
            name: definition.score.name().to_owned(),
            from: definition.score.from(),
            to: definition.score.to(),
            judge: definition.judge.clone(),
        }
    }
}

impl From<&Environment> for EnvironmentBody {
    fn from(environment: &Environment) -> Self {
        let platform = match environment.platform {
            Platform::Static => "static",
        };
        Self {
            name: environment.name.to_string(),
            platform: platform.to_owned(),
            endpoints: environment.endpoints.iter().map(ToString::to_string).collect(),
            bearer: environment.bearer.as_ref().map(ToString::to_string),
            readiness: environment.readiness.as_ref().map(|check| check.path.clone()),
        }
    }
}

impl From<&RoutingTable> for TableBody {
    fn from(table: &RoutingTable) -> Self {
        let place = |placement: &viridian_core::routing::table::Placement| {
            format!("{}@{}", placement.release, placement.environment)
        };
        Self {
            generation: table.generation.0,
            term: table.term.0,
            epoch: table.epoch.0,
            baseline: place(&table.baseline),
            candidate: table.comparison.as_ref().map(|comparison| place(&comparison.candidate)),
            weight: percent(table.candidate_weight()),
        }
    }
}

/// The word people write for a protocol.
const fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::OpenAi => "openai",
        Protocol::OpenInference => "openInference",
        Protocol::Http => "http",
    }
}
