//! Slices: which are named, and how often one that is sound is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "judge_slices/users.rs"]
mod users;

use serde_json::json;
use viridian_core::analysis::judge::slices::FALSE_DISCOVERIES;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::WorseSlice;
use viridian_core::arm::Arm;
use viridian_core::declared::{Asks, Declared, Load};
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin, Mode, OnSlice};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::simulate::Dice;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

const LANGUAGES: [&str; 8] = ["en", "de", "fr", "es", "it", "nl", "pl", "other"];
/// Requests between two looks, and looks in a run.
const LOOK: u64 = 500;
const LOOKS: u64 = 40;

fn guard(metric: Metric) -> Guard {
    Guard::new(metric, Margin::Points(50))
}

fn nothing() -> Evidence {
    let epoch = Epoch {
        id: EpochId(2),
        weight: Weight::from_basis_points(2_000).unwrap(),
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: Timestamp(0),
        allotment: None,
    };
    Evidence { epochs: vec![EpochCounts::empty(epoch)] }
}

/// What was counted of each language, on the baseline and on the candidate.
type Languages = [[Counts; 2]; LANGUAGES.len()];

/// The languages of one metric, and the whole of them.
fn sliced(metric: Metric, languages: &Languages) -> Evidence {
    let mut evidence = nothing();
    for (place, arm) in [Arm::Baseline, Arm::Candidate].into_iter().enumerate() {
        let of_arm = languages.map(|counted| counted[place]);
        let slices: serde_json::Map<_, _> = LANGUAGES
            .iter()
            .zip(of_arm)
            .map(|(language, counted)| ((*language).to_owned(), json!({metric.to_string(): counted})))
            .collect();
        let counts = evidence.epochs[0].arm_mut(arm);
        counts.groups.slices = serde_json::from_value(json!({"language": slices})).unwrap();
        let mut whole = Counts::default();
        of_arm.iter().for_each(|counted| whole.add(*counted));
        counts.tally.classes[0] = whole.trials;
        counts.tally.metrics[metric.index()] = whole;
    }
    evidence
}

/// Requests of any language; on the candidate, German ones fail more by so many points.
fn serve(languages: &mut Languages, dice: &mut Dice, worse_in_german: f64) {
    for _ in 0..LOOK {
        let language = dice.place(languages.len());
        let on_candidate = dice.hits(0.2);
        let worse = if language == 1 && on_candidate { worse_in_german } else { 0.0 };
        let failed = dice.hits(0.01 + worse);
        languages[language][usize::from(on_candidate)].add(Counts::of_share(1, u64::from(failed)));
    }
}

fn named(guard: Guard, evidence: &Evidence, units: Units) -> Vec<WorseSlice> {
    judge(&[guard], evidence, units).slices
}

fn runs() -> u64 {
    std::env::var("VIRIDIAN_SIMULATION_RUNS").map_or(300, |runs| runs.parse().unwrap())
}

/// The languages named at the first look that names any, in each run.
fn first_named(worse_in_german: f64) -> Vec<(u64, Vec<String>)> {
    let run = |seed| {
        let mut dice = Dice::seeded(seed);
        let mut languages = Languages::default();
        for look in 1..=LOOKS {
            serve(&mut languages, &mut dice, worse_in_german);
            let evidence = sliced(Metric::Errors, &languages);
            let found = named(guard(Metric::Errors), &evidence, Units::Independent);
            if !found.is_empty() {
                return (look * LOOK, found.into_iter().map(|slice| slice.value).collect());
            }
        }
        (LOOKS * LOOK, Vec::new())
    };
    (0..runs()).map(run).collect()
}

#[test]
fn sound_slices_are_rarely_named_at_any_look() {
    let found = first_named(0.0);
    let wrong = found.iter().filter(|(_, named)| !named.is_empty()).count() as f64;
    println!("no slice is worse: {wrong} of {} runs name one", found.len());
    // Where none is worse every one that is named is false: its chance is the level.
    assert!(wrong / found.len() as f64 <= FALSE_DISCOVERIES);
}

#[test]
fn worse_only_for_german_callers_is_named_alone() {
    let found = first_named(0.09);
    let right = found.iter().filter(|(_, named)| named.as_slice() == ["de"]).count() as f64;
    let sound: f64 = found
        .iter()
        .map(|(_, named)| {
            named.iter().filter(|value| *value != "de").count() as f64 / named.len().max(1) as f64
        })
        .sum();
    let mut requests: Vec<u64> = found.iter().map(|(requests, _)| *requests).collect();
    requests.sort_unstable();
    println!(
        "errors of German callers 1 % to 10 %: named alone in {right} of {} runs, after {} requests of all languages in the \
         median; {:.3} of the named are sound",
        found.len(),
        requests[requests.len() / 2],
        sound / found.len() as f64
    );
    assert!(sound / found.len() as f64 <= FALSE_DISCOVERIES);
    assert!(right / found.len() as f64 >= 0.9);
}

/// Eight languages with a thousand requests on the candidate, so many of which are bad in German.
fn by_hand(metric: Metric, bad_in_german: u64) -> Evidence {
    let mut languages = [[Counts::of_share(4_000, 40), Counts::of_share(1_000, 10)]; LANGUAGES.len()];
    languages[1][1] = Counts::of_share(1_000, bad_in_german);
    sliced(metric, &languages)
}

#[test]
fn a_named_slice_says_where_and_by_how_much() {
    let found = named(guard(Metric::Errors), &by_hand(Metric::Errors, 60), Units::Independent);
    assert_eq!(found.len(), 1);
    let sentence = found[0].sentence();
    let expected = "errors where language is de: 6.00% (60 of 1000) on the candidate, 1.00% (40 of 4000) on the baseline, \
                    +5.00pp (between ";
    assert!(sentence.starts_with(expected), "{sentence}");
    let claim = ": worse, by the best guess by 0.5pp or more; of rollouts of candidates that are no worse at most 1 in 100 says \
                 so of any slice";
    assert!(sentence.ends_with(claim), "{sentence}");
    let strict = Guard { strict: true, ..guard(Metric::Errors) };
    let sentence = named(strict, &by_hand(Metric::Errors, 60), Units::Independent)[0].sentence();
    let claim = ": worse by more than 0.5pp, at most 1 false alarm in 100 rollouts over all slices";
    assert!(sentence.ends_with(claim), "{sentence}");
}

/// Eight languages, so many of whose thousand answers on the candidate are slow in German, and so many beyond the margin.
fn slow_in_german(slow: u64, beyond_margin: u64) -> Evidence {
    let counts = |trials, events, scaled| Counts { scaled, ..Counts::of_share(trials, events) };
    let mut languages = [[counts(4_000, 200, 120), counts(1_000, 50, 30)]; LANGUAGES.len()];
    languages[1][1] = counts(1_000, slow, beyond_margin);
    sliced(Metric::LatencyP95, &languages)
}

#[test]
fn a_slice_whose_answers_take_longer_is_named() {
    let guard = Guard::new(Metric::LatencyP95, Margin::Relative(2_000));
    let check = |what: &str, guard: Guard, (slow, beyond_margin), expected: &[(&str, bool)]| {
        let found = named(guard, &slow_in_german(slow, beyond_margin), Units::Independent);
        let told: Vec<_> = found.iter().map(|worse| (worse.value.as_str(), worse.certain)).collect();
        assert_eq!(told, expected, "{what}");
    };
    check("beyond the margin as often as the baseline is slow", guard, (120, 60), &[("de", true)]);
    check("slower, and not by the margin", guard, (120, 45), &[]);
    check("as slow", guard, (50, 30), &[]);
    check("quicker", guard, (5, 0), &[]);
    let strict = Guard { strict: true, ..guard };
    check("by more than the margin, and not beyond doubt", strict, (120, 60), &[]);
    check("by more than the margin", strict, (180, 120), &[("de", true)]);

    let sentence = named(guard, &slow_in_german(120, 60), Units::Independent)[0].sentence();
    let expected = "latency.p95 where language is de: slow 12.0% (120 of 1000) on the candidate, 5.00% (200 of 4000) on the \
                    baseline: worse, by the best guess by 20% or more; ";
    assert!(sentence.starts_with(expected), "{sentence}");
}

/// What gateways counted by slice, judged with the whole: nine languages with as many requests as the first.
fn counted(errors_in_german: u64) -> Evidence {
    let mut evidence = nothing();
    for (arm, trials, events) in [(Arm::Baseline, 4_000, 40), (Arm::Candidate, 1_000, 10)] {
        let of = |events: u64| json!({"errors": Counts::of_share(trials, events)});
        let german = if arm == Arm::Candidate { errors_in_german } else { events };
        let mut values = json!({"de": of(german), "rare": {"errors": Counts::of_share(15, 15)}});
        for language in ["en", "fr", "es", "it", "nl", "pl", "other"] {
            values[language] = of(events);
        }
        let counts = evidence.epochs[0].arm_mut(arm);
        counts.groups.slices = serde_json::from_value(json!({"language": values})).unwrap();
        counts.tally.classes[0] = 8 * trials;
        counts.tally.metrics[Metric::Errors.index()] = Counts::of_share(8 * trials, 7 * events + german);
    }
    evidence
}

#[test]
fn a_judgement_names_the_slices_of_its_evidence() {
    let check = |what: &str, errors, units, expected: &[(&str, bool)]| {
        let analysis = judge(&[guard(Metric::Errors)], &counted(errors), units);
        let named: Vec<_> =
            analysis.slices.iter().map(|worse| (worse.value.as_str(), worse.certain)).collect();
        assert_eq!(named, expected, "{what}");
    };
    check("much worse", 60, Units::Independent, &[("de", true)]);
    check("worse, and not beyond doubt", 28, Units::Independent, &[("de", false)]);
    check("equal", 10, Units::Independent, &[]);
    check("units that nothing is known of", 60, Units::Sticky, &[]);
}

/// Each worker of a gateway tells other tenants apart, so together they name more than any of them: the largest are asked.
#[test]
fn a_large_slice_is_named_among_more_than_one_worker_tells_apart() {
    let check = |what: &str, tenant: &str, times: u64, expected: &[&str]| {
        let mut evidence = nothing();
        for (arm, trials, events, worse) in [(Arm::Baseline, 400, 4, 4), (Arm::Candidate, 100, 1, 40)] {
            let of = |times: u64, events| json!({"errors": Counts::of_share(times * trials, times * events)});
            let mut tenants: serde_json::Map<_, _> =
                (10..50).map(|number| (format!("tenant-{number}"), of(2, events))).collect();
            tenants.insert(tenant.to_owned(), of(times, worse));
            // A language has fewer requests than any tenant, and is asked all the same.
            let languages = json!({"de": of(1, worse), "en": of(80 + times, events)});
            let slices = json!({"tenant": tenants, "language": languages});
            evidence.epochs[0].arm_mut(arm).groups.slices = serde_json::from_value(slices).unwrap();
        }
        let analysis = judge(&[guard(Metric::Errors)], &evidence, Units::Independent);
        let named: Vec<_> = analysis.slices.iter().map(|worse| worse.value.as_str()).collect();
        assert_eq!(named, expected, "{what}");
    };
    check("the largest, first by name", "acme", 3, &["acme", "de"]);
    check("the largest, last by name", "zenith", 3, &["zenith", "de"]);
    check("the smallest", "acme", 1, &["de"]);
}

/// Only German answers are ever curt: the language that is looked at after German has its errors and nothing of that.
#[test]
fn what_was_counted_in_one_slice_is_not_found_in_the_next() {
    let declared = Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap();
    let curt = Metric::Declared(declared);
    let mut evidence = nothing();
    for (arm, trials, bad) in [(Arm::Baseline, 4_000, 40), (Arm::Candidate, 1_000, 60)] {
        let errors = Counts::of_share(trials, trials / 100);
        let german = json!({"errors": errors, declared.to_string(): Counts::of_share(trials, bad)});
        let slices = json!({"language": {"de": german, "en": {"errors": errors}}});
        evidence.epochs[0].arm_mut(arm).groups.slices = serde_json::from_value(slices).unwrap();
    }
    let analysis = judge(&[guard(Metric::Errors), guard(curt)], &evidence, Units::Independent);
    let named: Vec<_> =
        analysis.slices.iter().map(|worse| (worse.value.as_str(), worse.guard.metric)).collect();
    assert_eq!(named, [("de", curt)]);
}

#[test]
fn only_a_guard_that_says_so_rolls_back_for_a_slice() {
    let check = |what: &str, errors, slices, mode, expected| {
        let guard = Guard { slices, mode, ..guard(Metric::Errors) };
        let analysis = judge(&[guard], &counted(errors), Units::Independent);
        assert_eq!(analysis.slices.iter().any(WorseSlice::rolls_back), expected, "{what}");
    };
    check("it says so", 60, OnSlice::Rollback, Mode::Enforce, true);
    check("it says nothing", 60, OnSlice::Notify, Mode::Enforce, false);
    check("it only observes", 60, OnSlice::Rollback, Mode::Observe, false);
    check("not beyond doubt", 28, OnSlice::Rollback, Mode::Enforce, false);
}

#[test]
fn what_cannot_be_named_is_not() {
    let check = |what: &str, metric, errors, units, expected: usize| {
        let found = named(guard(metric), &by_hand(metric, errors), units);
        assert_eq!(found.len(), expected, "{what}");
    };
    check("worse", Metric::Errors, 60, Units::Independent, 1);
    check("equal", Metric::Errors, 10, Units::Independent, 0);
    check("within the margin", Metric::Errors, 14, Units::Independent, 0);
    check("better", Metric::Errors, 0, Units::Independent, 0);
    check("late outcomes", Metric::Feedback, 60, Units::Independent, 0);
    check("units that nothing is known of", Metric::Errors, 60, Units::Sticky, 0);
}

/// What is counted of no slice is asked of none: it takes nothing from what is.
#[test]
fn guards_that_no_slice_is_asked_about_add_no_hypotheses() {
    let found = |others: &[Metric], errors| {
        let guards: Vec<Guard> = std::iter::once(guard(Metric::Errors))
            .chain(others.iter().map(|metric| Guard::new(*metric, Margin::Relative(2_000))))
            .collect();
        let slices = judge(&guards, &counted(errors), Units::Independent).slices;
        slices.into_iter().map(|worse| (worse.value, worse.certain)).collect::<Vec<_>>()
    };
    for errors in 15..50 {
        let alone = found(&[], errors);
        for other in [Metric::Cost, Metric::OutputTokens, Metric::LatencyMean, Metric::Feedback] {
            assert_eq!(found(&[other], errors), alone, "{errors} errors, with {other}");
        }
    }
}
