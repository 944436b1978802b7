//! Where a release can run: an environment with its endpoints and the secret its upstream asks for.

use crate::id::EnvironmentName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A named place where a release can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// The name, unique within its application.
    pub name: EnvironmentName,
    /// What starts and stops the servers in it.
    pub platform: Platform,
    /// The base URLs requests are sent to, at least one; several are used in turn.
    pub endpoints: Vec<Endpoint>,
    /// The bearer token the upstream asks for, by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<SecretReference>,
    /// How an endpoint is asked whether it is ready; when absent it only has to accept connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<ReadinessCheck>,
}

/// A request that an endpoint answers with a status from 200 to 299 when it is ready, and otherwise or not at all when
/// it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadinessCheck {
    /// The path, below the endpoint, asked for with `GET`.
    pub path: String,
}

/// Who runs the servers of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Platform {
    /// They run already, at fixed endpoints.
    Static,
}

/// The base URL of an upstream: scheme `http` or `https`, host, optional port and path prefix, without a trailing
/// slash. Checked where manifests are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Endpoint(pub String);

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a secret is to be found. The secret itself never enters a manifest, a table or the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretReference {
    /// `env:NAME`: an environment variable of the process that needs it.
    Environment(String),
    /// `file:/path`: the contents of a file, without surrounding white space.
    File(String),
}

/// A text that is no reference to a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAReference;

impl fmt::Display for NotAReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret is referred to as env:NAME or file:/path")
    }
}

impl std::error::Error for NotAReference {}

impl TryFrom<String> for SecretReference {
    type Error = NotAReference;

    fn try_from(text: String) -> Result<Self, NotAReference> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            Some(("file", path)) if path.starts_with('/') => Ok(Self::File(path.to_owned())),
            _ => Err(NotAReference),
        }
    }
}

impl From<SecretReference> for String {
    fn from(reference: SecretReference) -> String {
        reference.to_string()
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}
