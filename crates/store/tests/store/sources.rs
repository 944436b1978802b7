//! How systems outside that measure are written into the log, and what one that was written before it could say how often it
//! is asked again is read as.

use crate::forms::check;
use std::time::Duration;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::id::SourceName;
use viridian_core::source::{AwsKeys, Source, SourceKind};

fn source(kind: SourceKind) -> Source {
    let name = SourceName::parse("monitoring").unwrap();
    let url = Some(Endpoint("http://127.0.0.1:9090".to_owned()));
    Source { name, url, kind, timeout: Duration::from_secs(5), retries: 3 }
}

fn secret(name: &str) -> SecretReference {
    SecretReference::Environment(name.to_owned())
}

#[test]
fn every_source_is_written_as_before_and_read_back() {
    let keys = AwsKeys {
        access_key: secret("KEY"),
        secret_key: secret("SECRET"),
        session_token: Some(secret("TOKEN")),
    };
    let json = SourceKind::Json {
        bearer: Some(secret("TOKEN")),
        value: "/queue".to_owned(),
        at: Some("/at".to_owned()),
        unit: Some("/unit".to_owned()),
    };
    let region = "eu-central-1".to_owned();
    let kinds = [
        SourceKind::Prometheus { bearer: None },
        SourceKind::Datadog { api_key: secret("KEY"), application_key: secret("APPLICATION_KEY") },
        SourceKind::NewRelic { api_key: secret("KEY"), account: 7 },
        SourceKind::CloudWatch { region, keys, period: Duration::from_secs(60) },
        SourceKind::Sql { connection: secret("CONNECTION") },
        json,
    ];
    check("forms_of_sources.json", &kinds.map(source));
}

#[test]
fn one_that_does_not_say_how_often_is_asked_again_once() {
    let written = r#"{
        "name": "monitoring",
        "url": "http://127.0.0.1:9090",
        "kind": {"prometheus": {"bearer": null}},
        "timeout": {"secs": 5, "nanos": 0}
    }"#;
    let expected = Source { retries: 1, ..source(SourceKind::Prometheus { bearer: None }) };
    assert_eq!(serde_json::from_str::<Source>(written).unwrap(), expected);
}
