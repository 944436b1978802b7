//! Gauges with a unit that nobody checks: it is held against what the source says, and this source never says one.

use super::Gauge;
use crate::id::SourceName;
use crate::source::{Source, SourceKind};
use std::collections::BTreeMap;

/// What is to be known of the gauges whose unit is written down for people alone; one sentence each.
pub fn warnings(gauges: &[Gauge], sources: &BTreeMap<SourceName, Source>) -> Vec<String> {
    let warning = |gauge: &Gauge| {
        let (unit, source) = (gauge.unit.as_ref()?, sources.get(&gauge.source)?);
        let why = says_none(source, &gauge.query)?;
        Some(format!("the unit {unit} of the gauge {} is shown and never checked: {why}", gauge.name))
    };
    gauges.iter().filter_map(warning).collect()
}

/// Why a source says no unit with its answer to a query, and what to do; nothing where it may.
fn says_none(source: &Source, query: &str) -> Option<String> {
    let never =
        |who: &str| format!("{who} says none with its numbers; convert in the query where units may differ");
    match &source.kind {
        SourceKind::Prometheus { .. } => Some(never("Prometheus")),
        SourceKind::NewRelic { .. } => Some(never("New Relic")),
        SourceKind::CloudWatch { .. } => Some(never("CloudWatch")),
        SourceKind::Json { unit: None, .. } => Some(format!(
            "the source {} does not say where its answer has the unit; give it a pointer there, such as 'unit: /unit'",
            source.name
        )),
        SourceKind::Sql { .. } if !may_have_a_unit(query) => {
            Some("its query has no column 'unit'; add one, such as 'AS unit'".to_owned())
        }
        SourceKind::Datadog { .. } | SourceKind::Json { .. } | SourceKind::Sql { .. } => None,
    }
}

/// Whether a query of SQL names such a column, or takes all there are.
fn may_have_a_unit(query: &str) -> bool {
    let mut words = query.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case("unit")) || query.replace("(*)", "").contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::SecretReference;
    use crate::gauge::{Bounds, DEFAULT_EVERY, DEFAULT_TIMES};
    use crate::guard::{Mode, OnFail};
    use crate::id::GaugeName;
    use crate::source::{AwsKeys, DEFAULT_PERIOD, DEFAULT_RETRIES, DEFAULT_TIMEOUT};

    /// What is said of a gauge that asks this of a source of this kind.
    fn check(kind: SourceKind, query: &str, unit: Option<&str>, part: Option<&str>) {
        let name = SourceName::parse("outside").unwrap();
        let gauge = Gauge {
            name: GaugeName::parse("queue").unwrap(),
            source: name.clone(),
            query: query.to_owned(),
            bounds: Bounds { at_least: None, at_most: Some(5.0) },
            unit: unit.map(str::to_owned),
            every: DEFAULT_EVERY,
            times: DEFAULT_TIMES,
            on_fail: OnFail::Rollback,
            mode: Mode::Enforce,
        };
        let source = Source {
            name: name.clone(),
            url: None,
            kind,
            timeout: DEFAULT_TIMEOUT,
            retries: DEFAULT_RETRIES,
        };
        let found = warnings(&[gauge], &BTreeMap::from([(name, source)]));
        let said =
            part.map(|part| format!("the unit ms of the gauge queue is shown and never checked: {part}"));
        let fits = match (found.as_slice(), &said) {
            ([], None) => true,
            ([found], Some(said)) => found.starts_with(said),
            _ => false,
        };
        assert!(fits, "{query}: {found:?}");
    }

    #[test]
    fn a_unit_that_no_source_says_is_told_of() {
        let secret = || SecretReference::Environment("KEY".to_owned());
        let keys = || AwsKeys { access_key: secret(), secret_key: secret(), session_token: None };
        let prometheus = || SourceKind::Prometheus { bearer: None };
        let sql = || SourceKind::Sql { connection: secret() };
        let json = |unit: Option<&str>| SourceKind::Json {
            bearer: None,
            value: "/value".to_owned(),
            at: None,
            unit: unit.map(str::to_owned),
        };
        let ms = Some("ms");
        check(prometheus(), "up", ms, Some("Prometheus says none with its numbers"));
        check(prometheus(), "up", None, None);
        check(
            SourceKind::NewRelic { api_key: secret(), account: 1 },
            "SELECT 1",
            ms,
            Some("New Relic says none"),
        );
        let cloud_watch = SourceKind::CloudWatch {
            region: "eu-central-1".to_owned(),
            keys: keys(),
            period: DEFAULT_PERIOD,
        };
        check(cloud_watch, "m", ms, Some("CloudWatch says none"));
        check(SourceKind::Datadog { api_key: secret(), application_key: secret() }, "avg:m", ms, None);
        check(json(None), "/m", ms, Some("the source outside does not say where its answer has the unit"));
        check(json(Some("/unit")), "/m", ms, None);
        check(sql(), "SELECT count(*) FROM units", ms, Some("its query has no column 'unit'"));
        check(sql(), "SELECT count(*) AS value, 'ms' AS Unit FROM waits", ms, None);
        check(sql(), "SELECT * FROM waits", ms, None);
        check(sql(), "SELECT count(*) FROM waits", None, None);
    }
}
