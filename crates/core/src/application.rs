//! An application: what callers address, how they are told apart, where its releases can run and what is guarded.

use crate::arm::Arm;
use crate::declared::Definition;
use crate::environment::Environment;
use crate::gauge::Gauge;
use crate::guard::Guard;
use crate::id::{ApplicationName, EnvironmentName, SourceName};
use crate::opinion::Opinions;
use crate::score;
use crate::slice::Attribute;
use crate::source::Source;
use crate::unit::Units;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The AI-backed thing callers address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// The name callers use.
    pub name: ApplicationName,
    /// Free labels, for people.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What callers speak.
    pub protocol: Protocol,
    /// What keeps a caller on one arm.
    pub unit: Unit,
    /// Where releases can run, by name.
    pub environments: BTreeMap<EnvironmentName, Environment>,
    /// Paths the `http` protocol passes; a trailing `*` stands for any rest. Empty for other protocols.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_paths: Vec<String>,
    /// Units that are always served by one arm while a rollout runs, and never count as evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// What a gateway may decide on its own, at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_guard: Option<LocalGuard>,
    /// Armed in every rollout of this application.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// What it measures beside what every application does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Definition>,
    /// Scores that its answers are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<score::Definition>,
    /// What callers may say of its answers.
    #[serde(default, skip_serializing_if = "Opinions::is_usual")]
    pub feedback: Opinions,
    /// What its traffic is cut by, to find who fares worse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Attribute>,
    /// Systems outside that measure, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<SourceName, Source>,
    /// What they are asked in every rollout of this application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<Gauge>,
    /// How long a request may take.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// What callers of an application speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// The OpenAI API: chat completions, streamed or not, and models.
    #[serde(rename = "openai")]
    OpenAi,
    /// The Open Inference Protocol, version 2, over REST.
    OpenInference,
    /// Any HTTP, on the allowed paths.
    Http,
}

/// The key that keeps a caller on one arm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// Every request is drawn by itself.
    Request,
    /// The user.
    User,
    /// The conversation.
    Conversation,
    /// The tenant.
    Tenant,
    /// The value of a request header, named in lower case.
    Header(String),
}

/// As people write it: `user`, `header:x-tenant`.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => f.write_str("request"),
            Self::User => f.write_str("user"),
            Self::Conversation => f.write_str("conversation"),
            Self::Tenant => f.write_str("tenant"),
            Self::Header(name) => write!(f, "header:{name}"),
        }
    }
}

impl Unit {
    /// Whether requests of one unit stay together, so that they are not independent evidence.
    pub const fn is_sticky(&self) -> bool {
        !matches!(self, Self::Request)
    }
}

impl Units {
    /// Those of traffic that is drawn by this.
    pub const fn of(unit: &Unit) -> Self {
        if unit.is_sticky() { Self::Sticky } else { Self::Independent }
    }
}

/// A unit that is always served by one arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// The unit, as it appears in requests.
    pub unit: String,
    /// The arm that serves it.
    pub arm: Arm,
}

/// When a gateway sends the candidate's share to the baseline without asking anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalGuard {
    /// The share of errors among the candidate's latest requests at which it acts.
    pub errors: Weight,
    /// How many of the latest requests are looked at, at least one.
    pub min_requests: u32,
}

/// How long each phase of a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeouts {
    /// Until a connection to the upstream stands, TLS included.
    pub connect: Duration,
    /// From the request's last byte sent to the first byte of the answer.
    pub first_byte: Duration,
    /// Between two events of a streamed answer, or two pieces of any other.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(60),
        }
    }
}
