//! Applications of every kind that can be written.

use super::{duration, name, weight};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::analysis::judge::Units;
use viridian_core::analysis::row::Opinion;
use viridian_core::application::{Application, LocalGuard, Pin, Protocol, Timeouts, Unit};
use viridian_core::arm::Arm;
use viridian_core::environment::{Endpoint, Environment, Platform, ReadinessCheck, SecretReference};
use viridian_core::gauge::{Bounds, Gauge};
use viridian_core::guard::{Guard, Margin, Mode, OnFail, OnSlice, Unproven};
use viridian_core::id::{ApplicationName, EnvironmentName, GaugeName, ReleaseName, SourceName};
use viridian_core::metric::{Elapsed, Metric, Witness};
use viridian_core::opinion::{Opinions, Scale};
use viridian_core::slice::{Attribute, is_counted};
use viridian_core::source::{AwsKeys, Source, SourceKind};
use viridian_wire::manifest::{ApplicationManifest, Manifest};

fn guard(metric: Metric) -> impl Strategy<Value = Guard> {
    let points = (1..=10_000_u32).prop_map(Margin::Points);
    let relative = (1..=1_000_000_u32).prop_map(Margin::Relative).boxed();
    let margin = if metric.percentile().is_some() || metric.is_amount() {
        relative
    } else {
        prop_oneof![points, relative].boxed()
    };
    let maturity = if metric == Metric::Feedback { duration().boxed() } else { Just(Duration::ZERO).boxed() };
    let on_fail = select(vec![OnFail::Rollback, OnFail::Pause, OnFail::Notify]);
    let mode = select(vec![Mode::Enforce, Mode::Observe]);
    let own = prop_oneof![
        Just(Unproven::AsRollout),
        Just(Unproven::Hold),
        proptest::option::of(duration()).prop_map(|after| Unproven::Rollback { after }),
    ];
    let said = move |on_fail, mode, own| match (on_fail, mode) {
        (OnFail::Rollback | OnFail::Pause, Mode::Enforce) => own,
        _ => Unproven::AsRollout,
    };
    let all = (margin, on_fail, mode, maturity, own, proptest::bool::ANY);
    all.prop_map(move |(margin, on_fail, mode, maturity, own, strict)| Guard {
        strict,
        unproven: said(on_fail, mode, own),
        slices: if (on_fail, mode) == (OnFail::Rollback, Mode::Enforce) && is_counted(metric, Units::Sticky) {
            OnSlice::Rollback
        } else {
            OnSlice::Notify
        },
        on_fail,
        mode,
        maturity,
        ..Guard::new(metric, margin)
    })
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    "https?://[a-z][a-z0-9.-]{0,10}(:[1-9][0-9]{0,3})?(/[a-z0-9_~-]{1,5}){0,2}".prop_map(Endpoint)
}

fn environment() -> impl Strategy<Value = Environment> {
    let bearer = prop_oneof![
        "[A-Z_]{1,8}".prop_map(SecretReference::Environment),
        "(/[ -~]{1,8}){1,3}".prop_map(SecretReference::File),
    ];
    let readiness = "(/[a-z0-9_~?=-]{1,8}){1,3}".prop_map(|path| ReadinessCheck { path });
    let parts = (vec(endpoint(), 1..3), option::of(bearer), option::of(readiness));
    parts.prop_map(|(endpoints, bearer, readiness)| Environment {
        name: EnvironmentName::parse("replaced").unwrap(),
        platform: Platform::Static,
        endpoints,
        bearer,
        readiness,
    })
}

fn environments() -> impl Strategy<Value = BTreeMap<EnvironmentName, Environment>> {
    btree_map(name(), environment(), 1..3).prop_map(|environments| {
        let named = environments.into_iter().map(|(name, environment)| {
            let name = EnvironmentName::parse(&name).unwrap();
            (name.clone(), Environment { name, ..environment })
        });
        named.collect()
    })
}

fn unit() -> impl Strategy<Value = Unit> {
    prop_oneof![
        select(vec![Unit::Request, Unit::User, Unit::Conversation, Unit::Tenant]),
        "[a-z0-9-]{1,10}".prop_map(Unit::Header),
    ]
}

fn pins() -> impl Strategy<Value = Vec<Pin>> {
    let pins = btree_map("\\PC{1,8}", select(vec![Arm::Baseline, Arm::Candidate]), 0..3);
    pins.prop_map(|pins| pins.into_iter().map(|(unit, arm)| Pin { unit, arm }).collect())
}

/// Only streams have first tokens, and only chat completions are read.
fn is_measured(metric: Metric, protocol: Protocol) -> bool {
    let is_streamed = metric.percentile().is_some_and(|percentile| percentile.of == Elapsed::ToFirstToken);
    (!is_streamed && metric.witness() != Witness::Contents) || protocol == Protocol::OpenAi
}

/// A guard that may act on slices where these are asked of it.
fn for_slices_of(unit: &Unit, guard: Guard) -> Guard {
    let is_asked = is_counted(guard.metric, Units::of(unit));
    Guard { slices: if is_asked { guard.slices } else { OnSlice::Notify }, ..guard }
}

/// Every kind of attribute.
fn slices() -> Vec<Attribute> {
    ["route", "tenant", "language", "header:x-plan"].map(|text| Attribute::parse(text).unwrap()).to_vec()
}

fn opinions() -> impl Strategy<Value = Opinions> {
    let scale = (0..300_u32, 0..300_u32, 1..300_u32).prop_map(|(from, bad, to)| Scale {
        from,
        bad: from + bad,
        to: from + bad + to,
    });
    let categories = btree_map("[ -~]{1,8}", select(vec![Opinion::Good, Opinion::Bad]), 0..4);
    (option::of(scale), categories).prop_map(|(rating, categories)| Opinions { rating, categories })
}

pub(super) fn application() -> impl Strategy<Value = Manifest> {
    let described = (name(), btree_map("[ -~]{1,8}", "\\PC{1,8}", 0..3), option::of(name()));
    let protocol = select(vec![Protocol::OpenAi, Protocol::OpenInference, Protocol::Http]);
    let addressed = (protocol, unit(), environments(), vec("(/[a-z0-9]{1,5}){1,2}\\*?", 1..3), pins());
    let local_guard = (weight(1..=10_000), 1..=10_000_u32)
        .prop_map(|(errors, min_requests)| LocalGuard { errors, min_requests });
    let timeouts = (duration(), duration(), duration()).prop_map(|(connect, first_byte, idle)| Timeouts {
        connect,
        first_byte,
        idle,
    });
    let guards = Metric::ALL.map(|metric| option::of(guard(metric)));
    let guarded = (option::of(local_guard), guards, timeouts, (opinions(), sources(), gauges()));
    (described, addressed, guarded).prop_map(|(described, addressed, guarded)| {
        let (name, labels, baseline) = described;
        let (protocol, unit, environments, paths, pins) = addressed;
        let (local_guard, guards, timeouts, (feedback, sources, mut gauges)) = guarded;
        let asked = sources.keys().next().cloned();
        gauges.retain_mut(|gauge| asked.clone().map(|source| gauge.source = source).is_some());
        Manifest::Application(ApplicationManifest {
            application: Application {
                name: ApplicationName::parse(&name).unwrap(),
                labels,
                protocol,
                unit: unit.clone(),
                environments,
                allow_paths: if protocol == Protocol::Http { paths } else { Vec::new() },
                pins,
                local_guard,
                guards: guards
                    .into_iter()
                    .flatten()
                    .filter(|guard| is_measured(guard.metric, protocol))
                    .map(|guard| for_slices_of(&unit, guard))
                    .collect(),
                metrics: Vec::new(),
                scores: Vec::new(),
                feedback,
                slices: slices(),
                sources,
                gauges,
                timeouts,
            },
            baseline: baseline.map(|name| ReleaseName::parse(&name).unwrap()),
        })
    })
}

fn sources() -> impl Strategy<Value = BTreeMap<SourceName, Source>> {
    let secret = || "[A-Z]{1,8}".prop_map(SecretReference::Environment);
    let pointer = || "(/[a-z0-9]{1,4}){1,3}";
    let json = (option::of(secret()), pointer(), option::of(pointer()), option::of(pointer()))
        .prop_map(|(bearer, value, at, unit)| SourceKind::Json { bearer, value, at, unit });
    let kind = prop_oneof![
        option::of(secret()).prop_map(|bearer| SourceKind::Prometheus { bearer }),
        (secret(), secret())
            .prop_map(|(api_key, application_key)| SourceKind::Datadog { api_key, application_key }),
        (secret(), 1..u64::MAX).prop_map(|(api_key, account)| SourceKind::NewRelic { api_key, account }),
        (("[a-z]{2}-[a-z]{4,6}-[1-9]", 1..1440u64), (secret(), secret(), option::of(secret()))).prop_map(
            |((region, minutes), (access_key, secret_key, session_token))| {
                let keys = AwsKeys { access_key, secret_key, session_token };
                SourceKind::CloudWatch { region, keys, period: Duration::from_secs(60 * minutes) }
            }
        ),
        secret().prop_map(|connection| SourceKind::Sql { connection }),
        json,
    ];
    btree_map(name(), (endpoint(), kind, (duration(), 0..=5u32)), 0..3).prop_map(|sources| {
        let source = |(name, (url, kind, (timeout, retries))): (String, _)| {
            let name = SourceName::parse(&name).unwrap();
            let url = (!matches!(kind, SourceKind::Sql { .. })).then_some(url);
            (name.clone(), Source { name, url, kind, timeout, retries })
        };
        sources.into_iter().map(source).collect()
    })
}

/// Gauges without a source; what fits together is put together where both are known.
fn gauges() -> impl Strategy<Value = Vec<Gauge>> {
    let on_fail = select(vec![OnFail::Rollback, OnFail::Pause, OnFail::Notify]);
    let bounds = (-1e9..1e9, 0.0..1e9, 0..3).prop_map(|(least, room, kind)| Bounds {
        at_least: (kind != 0).then_some(least),
        at_most: (kind != 1).then_some(least + room),
    });
    // Braces alone: two of them would have to hold a name.
    let query = "([a-z()= ]\\{?){0,6}[a-z]{1,3}";
    let asked = (query, bounds, option::of("[a-z]{1,4}"));
    let paced = (1u64..1_000_000, 1..=100_u32, on_fail, select(vec![Mode::Enforce, Mode::Observe]));
    btree_map(name(), (asked, paced), 0..3).prop_map(|gauges| {
        let of_parts = |(name, ((query, bounds, unit), (seconds, times, on_fail, mode)))| {
            let name: String = name;
            Gauge {
                name: GaugeName::parse(&name).unwrap(),
                source: SourceName::parse("none").unwrap(),
                query,
                bounds,
                unit,
                every: Duration::from_secs(seconds),
                times,
                on_fail,
                mode,
            }
        };
        gauges.into_iter().map(of_parts).collect()
    })
}
