//! A source: a system outside that measures, and how it is asked. What is asked of it is a [`crate::gauge::Gauge`].

use crate::environment::{Endpoint, SecretReference};
use crate::id::SourceName;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a source may take to answer unless told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a source that gave no number is asked again unless told otherwise.
pub const DEFAULT_RETRIES: u32 = 1;
/// The span that one number of CloudWatch is of, unless told otherwise.
pub const DEFAULT_PERIOD: Duration = Duration::from_secs(60);

/// A system that measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The name, unique within its application.
    pub name: SourceName,
    /// Where it is asked: the base URL of its API. Absent where the secret that leads there says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Endpoint>,
    /// What it speaks, and what it asks for.
    pub kind: SourceKind,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// How often it is asked again for one reading when it gave no number: a connection that was just closed is no news.
    #[serde(default = "default_retries")]
    pub retries: u32,
}

const fn default_retries() -> u32 {
    DEFAULT_RETRIES
}

/// What a source speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SourceKind {
    /// The HTTP API of Prometheus, and of what speaks it (Thanos, Mimir, VictoriaMetrics). A query is PromQL whose result is
    /// a scalar or a vector of one sample.
    Prometheus {
        /// The bearer token it asks for.
        bearer: Option<SecretReference>,
    },
    /// The metrics API of Datadog. A query is a timeseries query of one series, whose last point counts.
    Datadog {
        /// The key of the organisation.
        api_key: SecretReference,
        /// The key that may read.
        application_key: SecretReference,
    },
    /// NerdGraph of New Relic. A query is NRQL whose result is one row with one number.
    NewRelic {
        /// The key of a user.
        api_key: SecretReference,
        /// The account that is asked.
        account: u64,
    },
    /// CloudWatch of AWS. A query is an expression of one series, such as one of Metrics Insights, or a list of queries in JSON
    /// of which one returns data. The last whole period counts.
    CloudWatch {
        /// The region that is asked, and for which requests are signed.
        region: String,
        /// Who asks.
        keys: AwsKeys,
        /// The span that one number is of.
        period: Duration,
    },
    /// A PostgreSQL database. A query is one `SELECT` of one row: a column alone is the number; otherwise the columns are
    /// `value`, and `at` or `unit` or both.
    Sql {
        /// The connection string, with the database, the user and the password.
        connection: SecretReference,
    },
    /// Any endpoint that answers `GET` with JSON. A query is the path below the URL.
    Json {
        /// The bearer token it asks for.
        bearer: Option<SecretReference>,
        /// Where in the answer the number is, as a JSON pointer.
        value: String,
        /// Where it says when that was measured, in seconds since 1970 or RFC 3339; when absent, it is taken to be of now.
        at: Option<String>,
        /// Where it says the unit of the number.
        unit: Option<String>,
    },
}

/// Who asks AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsKeys {
    /// The id of the access key.
    pub access_key: SecretReference,
    /// The secret access key, by which requests are signed.
    pub secret_key: SecretReference,
    /// The token that comes with keys for a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SecretReference>,
}
