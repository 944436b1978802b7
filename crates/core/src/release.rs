//! A release: the immutable bundle that defines behaviour, named by people and by the digest of its content.

use crate::contents::Contents;
use crate::id::{ApplicationName, EnvironmentName, ReleaseName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An immutable bundle that defines the behaviour of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The name, unique in the installation.
    pub name: ReleaseName,
    /// The application it is a release of.
    pub application: ApplicationName,
    /// The version people speak of, such as `v8`.
    pub version: String,
    /// Where it runs; absent when it runs wherever the baseline runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// The model it asks the upstream for; absent when the caller's choice stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// Request parameters it sets.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
    /// What its answers cost; absent when nobody asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// `sha256:` and the hexadecimal digest of the canonical content above, name excluded.
    pub digest: Digest,
}

/// The model a release asks its upstream for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// The name the upstream knows.
    pub name: String,
    /// The version the upstream knows, for protocols that carry one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Request parameters of a release, such as a temperature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// What happens when the caller sends the same parameter.
    #[serde(default)]
    pub precedence: Precedence,
    /// Each parameter's value as JSON text, by name.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

impl Parameters {
    /// Whether the release sets nothing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// What tokens cost, in any currency, the same for both releases of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prices {
    /// Of a token read.
    pub input: Price,
    /// Of a token read that came from a cache; that of any other unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<Price>,
    /// Of a token written.
    pub output: Price,
}

/// What a token costs, in billionths; or a million of them, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(pub u64);

impl Prices {
    /// What an answer costs, in billionths; nothing when it does not tell its tokens.
    pub fn cost(&self, contents: &Contents) -> Option<u64> {
        let (read, written) = contents.input_tokens.zip(contents.output_tokens)?;
        let cached = contents.cached_tokens.unwrap_or(0).min(read);
        let of = |tokens: u64, price: Price| tokens.saturating_mul(price.0);
        let cached_cost = of(cached, self.cached_input.unwrap_or(self.input));
        Some(
            of(read - cached, self.input)
                .saturating_add(cached_cost)
                .saturating_add(of(written, self.output)),
        )
    }
}

/// Whose parameter wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Precedence {
    /// The caller's, when there is one: the release gives defaults.
    #[default]
    Caller,
    /// The release's, always.
    Release,
}

/// A content digest, `sha256:` followed by 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);
