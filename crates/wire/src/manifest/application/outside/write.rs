//! From sources and gauges back to documents: [`source`], [`gauge`].

use crate::manifest::text::quantity;
use serde_json::{Value, json};
use viridian_core::environment::SecretReference;
use viridian_core::gauge::Gauge;
use viridian_core::source::{Source, SourceKind};

pub(crate) fn source(source: &Source) -> Value {
    let (word, mut written) = match &source.kind {
        SourceKind::Prometheus { bearer } => ("prometheus", with_bearer(json!({}), bearer.as_ref())),
        SourceKind::Datadog { api_key, application_key } => {
            ("datadog", json!({"apiKey": api_key, "applicationKey": application_key}))
        }
        SourceKind::NewRelic { api_key, account } => {
            ("newRelic", json!({"apiKey": api_key, "account": account}))
        }
        SourceKind::CloudWatch { region, keys, period } => {
            let mut written = json!({
                "region": region,
                "accessKey": keys.access_key,
                "secretKey": keys.secret_key,
                "period": quantity::duration_text(*period),
            });
            if let Some(token) = &keys.session_token {
                written["sessionToken"] = json!(token);
            }
            ("cloudWatch", written)
        }
        SourceKind::Sql { connection } => ("sql", json!({"connection": connection})),
        SourceKind::Json { bearer, value, at, unit } => {
            let mut written = with_bearer(json!({"value": value}), bearer.as_ref());
            for (name, pointer) in [("at", at), ("unit", unit)] {
                if let Some(pointer) = pointer {
                    written[name] = json!(pointer);
                }
            }
            ("json", written)
        }
    };
    if let Some(url) = &source.url {
        written["url"] = json!(url);
    }
    written["retries"] = json!(source.retries);
    written["timeout"] = json!(quantity::duration_text(source.timeout));
    json!({word: written})
}

fn with_bearer(mut written: Value, bearer: Option<&SecretReference>) -> Value {
    if let Some(bearer) = bearer {
        written["auth"] = json!({"bearer": bearer});
    }
    written
}

pub(crate) fn gauge(gauge: &Gauge) -> Value {
    let mut written = json!({
        "name": gauge.name,
        "source": gauge.source,
        "query": gauge.query,
        "every": quantity::duration_text(gauge.every),
        "times": gauge.times,
        "onFail": gauge.on_fail,
        "mode": gauge.mode,
    });
    if let Some(least) = gauge.bounds.at_least {
        written["atLeast"] = json!(least);
    }
    if let Some(most) = gauge.bounds.at_most {
        written["atMost"] = json!(most);
    }
    if let Some(unit) = &gauge.unit {
        written["unit"] = json!(unit);
    }
    written
}
