//! What holds of every manifest: whatever is written back reads as the same, whatever is read is valid by the
//! schema, and no text at all does harm.

mod applications;

use applications::application;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName, RolloutName};
use viridian_core::release::{Digest, Model, Parameters, Precedence, Price, Prices, Release};
use viridian_core::rollout::plan::{
    self, Bake, BlueGreen, OnInsufficient, Policy, Proposal, Rejection, Smoke, SmokeRequest, Step,
};
use viridian_core::weight::Weight;
use viridian_wire::manifest::{Known, Manifest, read, render, schema, starting_file, to_yaml};

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
