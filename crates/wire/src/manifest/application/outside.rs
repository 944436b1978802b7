//! Systems outside that measure, and what they are asked: `sources` and `gauges` of an application.

mod read;
mod write;

pub(super) use read::{gauges, sources};
pub(super) use write::{gauge, source};

use crate::manifest::shape::{Field, Need, Object, Shape, optional, required};
use crate::manifest::text::{self, quantity, url};

/// A bound may be passed so often in a row at most; more would be no watch.
const MOST_TIMES: u64 = 100;
/// A source is asked again for one reading so often at most: whoever does not answer then is not asked harder.
const MOST_RETRIES: u64 = 5;

pub(super) const SOURCES: Shape = Shape::map(&text::NAME, &SOURCE, Need::Optional);

const SOURCE: Shape = Shape::OneOf(Object {
    fields: &[
        optional(
            "prometheus",
            "The HTTP API of Prometheus, or of what speaks it. A query is PromQL with one value.",
            Shape::object(&[URL, BEARER, TIMEOUT, RETRIES]),
        ),
        optional(
            "datadog",
            "The metrics API of Datadog. A query has one series, whose last point counts.",
            Shape::object(&[
                optional(
                    "url",
                    "Its site; https://api.datadoghq.com unless given.",
                    Shape::Text(&url::ENDPOINT),
                ),
                required("apiKey", "The key of the organisation.", Shape::Text(&text::SECRET)),
                required("applicationKey", "The key that may read.", Shape::Text(&text::SECRET)),
                TIMEOUT,
                RETRIES,
            ]),
        ),
        optional(
            "newRelic",
            "NerdGraph of New Relic. A query is NRQL with one number.",
            Shape::object(&[
                optional(
                    "url",
                    "Its site; https://api.newrelic.com unless given.",
                    Shape::Text(&url::ENDPOINT),
                ),
                required("apiKey", "The key of a user.", Shape::Text(&text::SECRET)),
                required("account", "The account that is asked.", Shape::number(1, u64::MAX)),
                TIMEOUT,
                RETRIES,
            ]),
        ),
        optional(
            "cloudWatch",
            "CloudWatch of AWS. A query is an expression of one series, such as one of Metrics Insights.",
            Shape::object(&[
                required("region", "The region that is asked.", Shape::Text(&text::REGION)),
                required("accessKey", "The id of the access key.", Shape::Text(&text::SECRET)),
                required("secretKey", "The secret access key.", Shape::Text(&text::SECRET)),
                optional("sessionToken", "The token of keys for a time.", Shape::Text(&text::SECRET)),
                optional(
                    "period",
                    "The span one number is of; 1m unless given.",
                    Shape::Text(&quantity::PERIOD),
                ),
                optional(
                    "url",
                    "Its endpoint; that of the region unless given.",
                    Shape::Text(&url::ENDPOINT),
                ),
                TIMEOUT,
                RETRIES,
            ]),
        ),
        optional(
            "sql",
            "A PostgreSQL database. A query is a SELECT of one row with one number, or with value, at and unit.",
            Shape::object(&[
                required(
                    "connection",
                    "The connection string, such as postgres://user:password@host/database.",
                    Shape::Text(&text::SECRET),
                ),
                TIMEOUT,
                RETRIES,
            ]),
        ),
        optional(
            "json",
            "Any endpoint that answers GET with JSON. A query is the path below the URL.",
            Shape::object(&[
                URL,
                BEARER,
                required("value", "Where in the answer the number is.", Shape::Text(&text::POINTER)),
                optional(
                    "at",
                    "Where it says when that was measured, in seconds since 1970 or as RFC 3339; now unless given.",
                    Shape::Text(&text::POINTER),
                ),
                optional("unit", "Where it says the unit of the number.", Shape::Text(&text::POINTER)),
                TIMEOUT,
                RETRIES,
            ]),
        ),
    ],
    refused: &[],
});

const URL: Field = required("url", "The base URL of its API.", Shape::Text(&url::ENDPOINT));
const BEARER: Field = optional(
    "auth",
    "What it asks for.",
    Shape::object(&[required("bearer", "A bearer token.", Shape::Text(&text::SECRET))]),
);
const TIMEOUT: Field =
    optional("timeout", "How long it may take to answer; 10s unless given.", Shape::Text(&quantity::TIMEOUT));
const RETRIES: Field = optional(
    "retries",
    "How often it is asked again for one reading, a second later, when it gave no number; 1 unless given.",
    Shape::number(0, MOST_RETRIES),
);

pub(super) const GAUGE: Shape = Shape::object(&[
    required("name", "What it is called.", Shape::Text(&text::NAME)),
    required("source", "The name of the source that measures.", Shape::Text(&text::NAME)),
    required(
        "query",
        "What the source is asked; {{release}}, {{environment}}, {{application}} and {{rollout}} stand for the candidate's.",
        Shape::Text(&text::ANY),
    ),
    optional("atLeast", "The least the number may be.", Shape::Decimal),
    optional("atMost", "The most it may be.", Shape::Decimal),
    optional(
        "unit",
        "The unit of the number, in the source's words: a source that says another is not believed. Prometheus, New Relic and \
         CloudWatch say none.",
        Shape::Text(&text::LABEL),
    ),
    optional(
        "every",
        "How often the source is asked; 30s unless given. A number counts for three times as long. Not more often than the source \
         measures: one that does not say when it did is believed to have measured again.",
        Shape::Text(&quantity::TIMEOUT),
    ),
    optional(
        "times",
        "How often in a row the number has to be out of bounds; 3 unless given.",
        Shape::number(1, MOST_TIMES),
    ),
    optional(
        "onFail",
        "What happens then; rollback unless given.",
        Shape::choice(&["rollback", "pause", "notify"]),
    ),
    optional(
        "mode",
        "Whether the gauge may act or only reports what it would have done; enforce unless given.",
        Shape::choice(&["enforce", "observe"]),
    ),
]);
