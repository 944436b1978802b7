//! From documents to sources and gauges: [`sources`], [`gauges`].

use crate::manifest::cursor::Cursor;
use crate::manifest::fault::{Fault, alternatives, quoted};
use crate::manifest::text::{quantity, secret, url};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::gauge::{Bounds, DEFAULT_EVERY, DEFAULT_TIMES, Gauge};
use viridian_core::guard::{Mode, OnFail};
use viridian_core::id::{GaugeName, SourceName};
use viridian_core::question::{PLACEHOLDERS, Piece, pieces};
use viridian_core::source::{AwsKeys, DEFAULT_PERIOD, DEFAULT_RETRIES, DEFAULT_TIMEOUT, Source, SourceKind};

const DATADOG: &str = "https://api.datadoghq.com";
const NEW_RELIC: &str = "https://api.newrelic.com";
/// A source is not asked more often than this.
const SHORTEST: Duration = Duration::from_secs(1);

pub(crate) fn sources(map: &Cursor<'_>) -> Option<BTreeMap<SourceName, Source>> {
    let read = map.fields().map(|(name, written)| {
        let source = source(SourceName::parse(name).ok()?, &written)?;
        Some((source.name.clone(), source))
    });
    read.collect()
}

fn source(name: SourceName, written: &Cursor<'_>) -> Option<Source> {
    let (word, of) = written.fields().next()?;
    let secret = |field: &str| of.required(field, |text| text.parsed(secret));
    let site = |default: &str| self::site(&of, default).map(Some);
    let given = || of.required("url", |text| text.parsed(url::endpoint)).map(Some);
    let (url, kind) = match word {
        "sql" => (None, SourceKind::Sql { connection: secret("connection")? }),
        "cloudWatch" => {
            let (url, kind) = cloud_watch(&of)?;
            (Some(url), kind)
        }
        "prometheus" => (given()?, SourceKind::Prometheus { bearer: bearer(&of)? }),
        "datadog" => {
            let (api_key, application_key) = (secret("apiKey")?, secret("applicationKey")?);
            (site(DATADOG)?, SourceKind::Datadog { api_key, application_key })
        }
        "newRelic" => {
            let account = of.required("account", |number| number.number())?;
            (site(NEW_RELIC)?, SourceKind::NewRelic { api_key: secret("apiKey")?, account })
        }
        "json" => {
            let pointer = |field: &str| of.optional(field, |text| text.text().map(str::to_owned));
            let value = pointer("value")??;
            let kind =
                SourceKind::Json { bearer: bearer(&of)?, value, at: pointer("at")?, unit: pointer("unit")? };
            (given()?, kind)
        }
        _ => return None,
    };
    let timeout = of.or("timeout", DEFAULT_TIMEOUT, |text| text.parsed(quantity::timeout))?;
    let retries = of.or("retries", DEFAULT_RETRIES, |number| number.number())?;
    Some(Source { name, url, kind, timeout, retries })
}

/// Where a source is asked that has a place of its own.
fn site(of: &Cursor<'_>, default: &str) -> Option<Endpoint> {
    of.or("url", Endpoint(default.to_owned()), |text| text.parsed(url::endpoint))
}

fn cloud_watch(of: &Cursor<'_>) -> Option<(Endpoint, SourceKind)> {
    let secret = |field: &str| of.required(field, |text| text.parsed(secret));
    let region = of.required("region", |text| text.text().map(str::to_owned))?;
    let url = site(of, &format!("https://monitoring.{region}.amazonaws.com"))?;
    let keys = AwsKeys {
        access_key: secret("accessKey")?,
        secret_key: secret("secretKey")?,
        session_token: of.optional("sessionToken", |text| text.parsed(self::secret))?,
    };
    let period = of.or("period", DEFAULT_PERIOD, |text| text.parsed(quantity::period))?;
    Some((url, SourceKind::CloudWatch { region, keys, period }))
}

fn bearer(of: &Cursor<'_>) -> Option<Option<SecretReference>> {
    of.optional("auth", |auth| auth.required("bearer", |text| text.parsed(secret)))
}

/// Reads gauges; they ask sources there are, of which the names and the words for what they speak are known.
pub(crate) fn gauges(
    list: &Cursor<'_>,
    sources: &BTreeMap<String, String>,
    faults: &mut Vec<Fault>,
) -> Option<Vec<Gauge>> {
    let mut names = BTreeSet::new();
    list.each(|item| {
        let spoken = item.field("source").and_then(|source| sources.get(source.text()?));
        let gauge = gauge(item, spoken.map(String::as_str), faults);
        if let Some(name) = item.field("name")
            && let Some(text) = name.text()
            && !names.insert(text.to_owned())
        {
            faults.push(name.fault(format!("there is a gauge {} already", quoted(text))));
        }
        if let Some(source) = item.field("source")
            && let Some(text) = source.text()
            && !sources.contains_key(text)
        {
            let known = match sources.is_empty() {
                true => "spec.sources names none".to_owned(),
                false => format!("spec.sources names {}", alternatives(sources.keys().map(String::as_str))),
            };
            faults.push(source.fault(format!("there is no source {}; {known}", quoted(text))));
        }
        gauge
    })
}

fn gauge(item: &Cursor<'_>, spoken: Option<&str>, faults: &mut Vec<Fault>) -> Option<Gauge> {
    let bounds = bounds(item, faults);
    let query = item.required("query", |query| self::query(query, spoken, faults));
    let every = item.or("every", DEFAULT_EVERY, |text| text.parsed(quantity::timeout));
    if let (Some(every), Some(field)) = (every, item.field("every"))
        && every < SHORTEST
    {
        faults.push(field.fault("a source is not asked more often than once in a second"));
    }
    Some(Gauge {
        name: item.required("name", |text| text.parsed(GaugeName::parse))?,
        source: item.required("source", |text| text.parsed(SourceName::parse))?,
        query: query?,
        bounds: bounds?,
        unit: item.optional("unit", |text| text.text().map(str::to_owned))?,
        every: every?,
        times: item.or("times", DEFAULT_TIMES, |number| number.number())?,
        on_fail: item.or("onFail", OnFail::Rollback, |word| word.word())?,
        mode: item.or("mode", Mode::Enforce, |word| word.word())?,
    })
}

/// What the number has to lie between: one bound at least, and room between two.
fn bounds(item: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Bounds> {
    let at_least = item.optional("atLeast", |number| number.decimal())?;
    let at_most = item.optional("atMost", |number| number.decimal())?;
    match (at_least, at_most) {
        (None, None) => {
            faults.push(item.fault("nothing is out of bounds without a bound; give atMost, atLeast or both"));
        }
        (Some(least), Some(most)) if least > most => {
            if let Some(field) = item.field("atLeast") {
                faults.push(field.fault(format!("no number is at least {least} and at most {most}")));
            }
        }
        _ => {}
    }
    Some(Bounds { at_least, at_most })
}

/// A query whose placeholders are known: one that is not would be asked as it is, and answered by nothing.
fn query(query: &Cursor<'_>, spoken: Option<&str>, faults: &mut Vec<Fault>) -> Option<String> {
    let text = query.text()?;
    let unknown = pieces(text).find_map(|piece| match piece {
        Piece::Placeholder(name) => (!PLACEHOLDERS.contains(&name)).then_some(name),
        Piece::Text(_) => None,
    });
    if let Some(name) = unknown {
        let known = alternatives(PLACEHOLDERS);
        faults.push(query.fault(format!("{} stands for nothing; known are {known}", quoted(name))));
    }
    if spoken == Some("sql")
        && let Some(why) = unsound(text)
    {
        faults.push(query.fault(why));
    }
    Some(text.to_owned())
}

/// What is wrong with a text as a query of SQL, in which placeholders become parameters.
fn unsound(text: &str) -> Option<String> {
    let mut quotes = 0;
    for piece in pieces(text) {
        match piece {
            Piece::Placeholder(name) if quotes % 2 == 1 => {
                return Some(format!(
                    "{} stands within quotes; it is sent as a parameter and needs none",
                    quoted(name)
                ));
            }
            Piece::Placeholder(_) => {}
            Piece::Text(part) => {
                quotes += part.matches('\'').count();
                if part.split('$').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
                    return Some("parameters are numbered where they are sent; write a placeholder such as '{{release}}'".to_owned());
                }
            }
        }
    }
    None
}
