//! What holds of every manifest: whatever is written back reads as the same, whatever is read is valid by the
//! schema, and no text at all does harm.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::application::{Application, LocalGuard, Pin, Protocol, Timeouts, Unit};
use viridian_core::arm::Arm;
use viridian_core::environment::{Endpoint, Environment, Platform, ReadinessCheck, SecretReference};
use viridian_core::gauge::{Bounds, Gauge};
use viridian_core::guard::{Guard, Margin, Mode, OnFail, OnSlice, Unproven};
use viridian_core::id::{ApplicationName, EnvironmentName, GaugeName, ReleaseName, RolloutName, SourceName};
use viridian_core::metric::{Elapsed, Metric, Witness};
use viridian_core::release::{Digest, Model, Parameters, Precedence, Price, Prices, Release};
use viridian_core::rollout::plan::{
    self, Bake, BlueGreen, OnInsufficient, Policy, Proposal, Rejection, Smoke, SmokeRequest, Step,
};
use viridian_core::slice::Attribute;
use viridian_core::source::{Source, SourceKind};
use viridian_core::weight::Weight;
use viridian_wire::manifest::{
    ApplicationManifest, Known, Manifest, read, render, schema, starting_file, to_yaml,
};

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?"
}

fn weight(range: std::ops::RangeInclusive<u16>) -> impl Strategy<Value = Weight> {
    range.prop_map(|basis_points| Weight::from_basis_points(basis_points).unwrap())
}

fn duration() -> impl Strategy<Value = Duration> {
    (1..365 * 86_400_000_u64).prop_map(Duration::from_millis)
}

fn json_text() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        vec(any::<String>(), 0..3).prop_map(Into::into),
        btree_map(any::<String>(), any::<u64>(), 0..3).prop_map(|fields| serde_json::json!(fields)),
    ];
    value.prop_map(|value: serde_json::Value| value.to_string())
}

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
    (margin, on_fail, mode, maturity, own).prop_map(move |(margin, on_fail, mode, maturity, own)| Guard {
        unproven: said(on_fail, mode, own),
        slices: if (on_fail, mode) == (OnFail::Rollback, Mode::Enforce) {
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

/// Every kind of attribute, where requests are drawn one by one.
fn slices(unit: &Unit) -> Vec<Attribute> {
    let all = ["route", "tenant", "language", "header:x-plan"].map(|text| Attribute::parse(text).unwrap());
    if unit.is_sticky() { Vec::new() } else { all.to_vec() }
}

fn application() -> impl Strategy<Value = Manifest> {
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
    let guarded = (option::of(local_guard), guards, timeouts, sources(), gauges());
    (described, addressed, guarded).prop_map(|(described, addressed, guarded)| {
        let (name, labels, baseline) = described;
        let (protocol, unit, environments, paths, pins) = addressed;
        let (local_guard, guards, timeouts, sources, mut gauges) = guarded;
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
                    .collect(),
                slices: slices(&unit),
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
        json,
    ];
    btree_map(name(), (endpoint(), kind, duration()), 0..3).prop_map(|sources| {
        let source = |(name, (url, kind, timeout)): (String, _)| {
            let name = SourceName::parse(&name).unwrap();
            (name.clone(), Source { name, url, kind, timeout })
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

fn parameters() -> impl Strategy<Value = Parameters> {
    let precedence = select(vec![Precedence::Caller, Precedence::Release]);
    let values = btree_map("[a-z_]{1,8}", json_text(), 0..4);
    (precedence, values).prop_map(|(precedence, mut values)| {
        values.remove("override");
        if values.is_empty() { Parameters::default() } else { Parameters { precedence, values } }
    })
}

/// A release without its digest.
fn release() -> impl Strategy<Value = Release> {
    let label = || "[ -~]{1,12}";
    let model = (label(), option::of(label())).prop_map(|(name, version)| Model { name, version });
    let described = (name(), name(), label(), option::of(name()));
    let price = || (0..=1_000_000_000_u64).prop_map(Price);
    let prices = (price(), option::of(price()), price()).prop_map(|(input, cached_input, output)| Prices {
        input,
        cached_input,
        output,
    });
    let parts = (described, option::of(model), parameters(), option::of(prices));
    parts.prop_map(|(described, model, parameters, prices)| {
        let (name, application, version, environment) = described;
        Release {
            name: ReleaseName::parse(&name).unwrap(),
            application: ApplicationName::parse(&application).unwrap(),
            version,
            environment: environment.map(|name| EnvironmentName::parse(&name).unwrap()),
            model,
            parameters,
            prices,
            digest: Digest(String::new()),
        }
    })
}

fn smoke() -> impl Strategy<Value = Smoke> {
    let method = select(vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).prop_map(str::to_owned);
    let sent = (method, "/[a-z0-9/?=&]{0,10}", option::of(json_text()));
    let request = (sent, 200..600_u16, option::of("\\PC{1,8}")).prop_map(|(sent, status, contains)| {
        let (method, path, body) = sent;
        SmokeRequest { method, path, body, status, contains }
    });
    vec(request, 0..3).prop_map(|requests| Smoke { requests })
}

fn bake() -> impl Strategy<Value = Bake> {
    (duration(), weight(0..=5_000), 1..1_000_000_u64).prop_map(|(duration, holdback, min_samples)| Bake {
        duration,
        holdback,
        min_samples,
    })
}

/// Steps in an order that leads somewhere: weights that rise, each with a gate, and a bake at the end.
fn canary() -> impl Strategy<Value = plan::Strategy> {
    let gate = prop_oneof![
        (1..1_000_000_u64).prop_map(|min_samples| Step::Analysis { min_samples }),
        option::of(duration()).prop_map(|duration| Step::Pause { duration }),
        smoke().prop_map(Step::Smoke),
    ];
    let weights = btree_map(1..=10_000_u16, gate, 1..4);
    (weights, option::of(bake())).prop_map(|(weights, bake)| {
        let climb = weights.into_iter().flat_map(|(basis_points, gate)| {
            [Step::Weight(Weight::from_basis_points(basis_points).unwrap()), gate]
        });
        let steps = climb.chain(bake.map(Step::Bake)).collect();
        plan::Strategy::Canary { steps }
    })
}

fn blue_green() -> impl Strategy<Value = plan::Strategy> {
    (smoke(), option::of(weight(1..=9_999)), bake())
        .prop_map(|(smoke, trial, bake)| plan::Strategy::BlueGreen(BlueGreen { smoke, trial, bake }))
}

fn policy() -> impl Strategy<Value = Policy> {
    let on_insufficient = select(vec![OnInsufficient::Hold, OnInsufficient::Rollback]);
    let rejection = select(vec![Rejection::Reject, Rejection::Keep]);
    let timing = (duration(), duration(), 0..1_000_000_u32);
    (on_insufficient, rejection, timing, weight(1..=10_000)).prop_map(
        |(on_insufficient, rejection, (max_hold, patience, warmup), risk_budget)| Policy {
            on_insufficient,
            max_hold,
            patience,
            risk_budget,
            warmup,
            rejection,
        },
    )
}

fn rollout() -> impl Strategy<Value = Manifest> {
    let strategy = prop_oneof![canary().boxed(), blue_green().boxed()];
    (name(), name(), name(), strategy, policy()).prop_map(
        |(name, application, candidate, strategy, policy)| {
            Manifest::Rollout(Proposal {
                name: RolloutName::parse(&name).unwrap(),
                application: ApplicationName::parse(&application).unwrap(),
                candidate: ReleaseName::parse(&candidate).unwrap(),
                strategy,
                policy,
            })
        },
    )
}

/// Reads the only document of a text.
fn only(text: &str) -> Manifest {
    let mut documents =
        read("file", text).finish().unwrap_or_else(|faults| unreachable!("{faults:?} in\n{text}"));
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0).manifest
}

/// Writes a manifest, as YAML and as JSON, and reads it again.
fn check(manifest: &Manifest) {
    let written = render(manifest);
    assert!(jsonschema::is_valid(&schema(), &written), "{written:#}");
    assert_eq!(&only(&to_yaml(&written)), manifest);
    assert_eq!(&only(&format!("{written:#}")), manifest);
}

proptest! {
    #[test]
    fn applications_survive_being_written_and_read(manifest in application()) {
        check(&manifest);
    }

    #[test]
    fn rollouts_survive_being_written_and_read(manifest in rollout()) {
        check(&manifest);
    }

    #[test]
    fn releases_survive_being_written_and_read(release in release()) {
        let read = only(&to_yaml(&render(&Manifest::Release(release.clone()))));
        let Manifest::Release(Release { digest, .. }) = &read else { unreachable!("{read:?}") };
        prop_assert_eq!(&read, &Manifest::Release(Release { digest: digest.clone(), ..release }));
        check(&read);
    }

    #[test]
    fn no_text_does_harm(text in any::<String>()) {
        harmless(&text);
    }

    #[test]
    fn no_yaml_does_harm(text in "([ \n]{0,3}[a-z&*!|>%@#'\"{}\\[\\],:?-]{1,4}){0,40}") {
        harmless(&text);
    }

    #[test]
    fn no_slip_of_the_keyboard_does_harm(
        at in 0..starting_file().len(),
        length in 0..40_usize,
        typed in "[ \n\ta-z0-9:{}\\[\\]%'\"*&-]{0,6}",
    ) {
        let (before, after) = starting_file().split_at(starting_file().floor_char_boundary(at));
        let after: String = after.chars().skip(length).collect();
        let text = format!("{before}{typed}{after}");
        harmless(&text);
    }
}

/// Reads a text and holds every fault against it.
fn harmless(text: &str) {
    let lines = text.lines().count() + 1;
    let mut reading = read("file", text);
    reading.resolve(Some(&Known::default()));
    for fault in reading.finish().err().unwrap_or_default() {
        assert!(fault.line >= 1 && fault.line <= lines && fault.column >= 1, "{fault} in {text:?}");
        assert!(!fault.message.contains("please report"), "{fault} in {text:?}");
        assert!(!fault.snippet(text).is_empty());
    }
}
