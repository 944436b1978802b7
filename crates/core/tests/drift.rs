//! What people are warned of: how often when nothing changed, and by which name when something did.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "drift/traffic.rs"]
mod traffic;

use serde_json::json;
use traffic::{Callers, Traffic, curt, helpful};
use viridian_core::analysis::drift::{ALPHA_DRIFT, ALPHA_SLICE_SPLIT, About, Drifts, Sign, Strength, found};
use viridian_core::analysis::judge::Units;
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::metric::Metric;
use viridian_core::simulate::Dice;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

const REQUESTS: u64 = 2_500;

fn weight(percent: u16) -> Weight {
    Weight::from_basis_points(100 * percent).unwrap()
}

/// The share rises as in most plans.
fn weight_at(epoch: u32) -> Weight {
    weight(match epoch {
        0..4 => 5,
        4..10 => 25,
        _ => 50,
    })
}

fn clear(signs: &[Sign]) -> Vec<About> {
    signs.iter().filter(|sign| sign.strength == Strength::Clear).map(|sign| sign.about.clone()).collect()
}

fn runs() -> u64 {
    std::env::var("VIRIDIAN_SIMULATION_RUNS").map_or(150, |runs| runs.parse().unwrap())
}

/// In how many rollouts of so many epochs anything is told at all, looked at after each.
fn told(traffic: Traffic, units: Units, (epochs, requests): (u32, u64)) -> u64 {
    let is_told = |seed: &u64| {
        let mut dice = Dice::seeded(*seed);
        let mut counted: Vec<EpochCounts> = Vec::new();
        (0..epochs).any(|epoch| {
            counted.push(traffic.epoch(epoch, weight_at(epoch), requests, &mut dice));
            !clear(&found(&counted, units)).is_empty()
        })
    };
    (0..runs()).filter(is_told).count() as u64
}

#[test]
fn calm_rollouts_are_rarely_warned_of_at_any_look() {
    let by = |callers| Traffic { callers, ..Traffic::CALM };
    let check = |what: &str, traffic, units, size| {
        let told = told(traffic, units, size);
        println!("{what}: {told} of {} calm rollouts are warned of", runs());
        assert!(told as f64 <= (ALPHA_DRIFT + ALPHA_SLICE_SPLIT) * runs() as f64, "{what}: {told}");
    };
    check("strangers", Traffic::CALM, Units::Independent, (16, 1_500));
    check("strangers, hardly enough", Traffic::CALM, Units::Independent, (16, 700));
    check("110 users who always ask the same", by(Callers::Few(110)), Units::Sticky, (16, 900));
    check("500 users who always ask the same", by(Callers::Few(500)), Units::Sticky, (16, 900));
    check("300 users, one with a quarter", by(Callers::Lopsided(300)), Units::Sticky, (16, 900));
}

/// Epochs before and after a change.
fn changed(before: Traffic, after: Traffic) -> Vec<EpochCounts> {
    let mut dice = Dice::seeded(7);
    let mut epoch =
        |epoch| if epoch < 3 { before } else { after }.epoch(epoch, weight(20), REQUESTS, &mut dice);
    (0..6).map(&mut epoch).collect()
}

fn language() -> About {
    About::Mix { attribute: "language".to_owned() }
}

#[test]
fn a_change_is_told_with_its_name_and_numbers() {
    let check = |after: Traffic, about: About, sentence: &str| {
        let signs = found(&changed(Traffic::CALM, after), Units::Independent);
        assert_eq!(clear(&signs), std::slice::from_ref(&about), "{about}");
        let sign = signs.iter().find(|sign| sign.about == about).unwrap();
        assert_eq!(sign.sentence, sentence, "{about}");
    };
    let calm = Traffic::CALM;
    check(
        Traffic { germans: 0.5, ..calm },
        language(),
        "requests by language: de 50.3% instead of 23.7%, en 25.9% instead of 51.5% (a large shift: PSI 0.37 beyond chance)",
    );
    check(
        Traffic { input_tokens: 700.0, ..calm },
        About::InputTokens,
        "input tokens on the baseline: 767 at the median instead of 415 (a large shift: PSI 0.81 beyond chance, KS 0.36)",
    );
    check(
        Traffic { output_tokens: 80.0, ..calm },
        About::OutputTokens,
        "output tokens on the baseline: 87 at the median instead of 159 (a large shift: PSI 0.89 beyond chance, KS 0.38)",
    );
    check(
        Traffic { latency_ms: 1_300.0, ..calm },
        About::Latency,
        "latency of the baseline: 1329ms at the median instead of 822ms (a large shift: PSI 0.64 beyond chance, KS 0.33)",
    );
    check(
        Traffic { negative: 0.3, ..calm },
        About::Share { metric: Metric::Feedback },
        "negative feedback on the baseline: 28.5% instead of 4.9% (a large shift: PSI 0.48 beyond chance)",
    );
    check(
        Traffic { curt: 0.35, ..calm },
        About::Share { metric: Metric::Declared(curt()) },
        "curt on the baseline: 35.2% instead of 11.6% (a large shift: PSI 0.33 beyond chance)",
    );
    check(
        Traffic { helpful: 3.2, ..calm },
        About::Scores { score: helpful() },
        "helpful on the baseline: 3.22 on average instead of 4.04, 2 in 27.9% instead of 0.0% (a large shift: PSI 2.12 beyond chance, KS 0.28)",
    );
}

#[test]
fn what_is_not_enough_to_warn_of_is_not_told() {
    let check = |what: &str, after: Traffic, about: About, strength| {
        let signs = found(&changed(Traffic::CALM, after), Units::Independent);
        let sign = signs.iter().find(|sign| sign.about == about).unwrap();
        assert_eq!(sign.strength, strength, "{what}: {}", sign.sentence);
    };
    let calm = Traffic::CALM;
    check("nothing changed", calm, language(), Strength::Gone);
    check("a sixth slower", Traffic { latency_ms: 930.0, ..calm }, About::Latency, Strength::Faint);
    check("a third slower", Traffic { latency_ms: 1_070.0, ..calm }, About::Latency, Strength::Clear);
}

/// In every epoch other values come first, so that the shares of those that have a name follow who came when.
#[test]
fn values_that_are_not_all_told_apart_are_not_compared() {
    let epochs = |other: u64| -> Vec<EpochCounts> {
        let mut epochs = changed(Traffic::CALM, Traffic { germans: 0.5, ..Traffic::CALM });
        for counts in &mut epochs {
            let errors = json!({"errors": Counts::of_share(other, 0)});
            let slices = &mut counts.baseline.groups.slices;
            slices.add(&serde_json::from_value(json!({"language": {"other": errors}})).unwrap());
        }
        epochs
    };
    assert_eq!(clear(&found(&epochs(5), Units::Independent)), [language()]);
    let signs = found(&epochs(500), Units::Independent);
    assert!(signs.iter().all(|sign| sign.about != language()), "{signs:?}");
}

#[test]
fn a_split_that_is_broken_in_one_slice_alone_is_named() {
    let broken = Traffic { kept_back: 0.3, ..Traffic::CALM };
    let signs = found(&changed(broken, broken), Units::Independent);
    let german = About::Split { attribute: "language".to_owned(), value: "de".to_owned() };
    assert_eq!(clear(&signs), std::slice::from_ref(&german));
    let expected =
        "of the requests where language is de, 14.7% reached the candidate instead of 20.0% (558 of 3799)";
    assert_eq!(signs[0].sentence, expected);
    let users = |kept_back| Traffic { kept_back, callers: Callers::Few(400), ..Traffic::CALM };
    let signs = found(&changed(users(0.8), users(0.8)), Units::Sticky);
    assert_eq!(clear(&signs), [german]);
    assert_eq!(found(&changed(users(0.0), users(0.0)), Units::Sticky)[0].strength, Strength::Gone);
    let sound = found(&changed(Traffic::CALM, Traffic::CALM), Units::Independent);
    assert!(sound.iter().all(|sign| sign.strength == Strength::Gone), "{sound:?}");
}

/// Each worker of a gateway tells other tenants apart; of all that they tell the largest are asked.
#[test]
fn a_split_is_asked_of_the_largest_slices() {
    let strength = |requests: u64, units| {
        let mut epochs = changed(Traffic::CALM, Traffic::CALM);
        for counts in &mut epochs {
            for (arm, drawn, reached) in [(Arm::Baseline, 4, 8), (Arm::Candidate, 1, 0)] {
                let of = |requests| json!({"errors": Counts::of_share(requests, 0)});
                let mut tenants: serde_json::Map<_, _> =
                    (10..50).map(|number| (format!("tenant-{number}"), of(20 * drawn))).collect();
                tenants.insert("zenith".to_owned(), of(requests * reached));
                let slices = json!({"tenant": tenants});
                counts.arm_mut(arm).groups.slices.add(&serde_json::from_value(slices).unwrap());
            }
        }
        let about = About::Split { attribute: "tenant".to_owned(), value: "zenith".to_owned() };
        found(&epochs, units).into_iter().find(|sign| sign.about == about).unwrap().strength
    };
    assert_eq!(strength(30, Units::Independent), Strength::Clear);
    // What was told of it while it was larger is over.
    assert_eq!(strength(10, Units::Independent), Strength::Gone);
}

/// Whatever is counted later, one epoch is looked at once: that bounds how often chance has a try.
#[test]
fn it_is_looked_at_once_for_each_epoch_that_has_settled() {
    let slow = Traffic { latency_ms: 1_300.0, ..Traffic::CALM };
    let mut evidence = Evidence { epochs: changed(Traffic::CALM, slow) };
    let mut drifts = Drifts::default();
    let mut told = |evidence: &Evidence, seconds: u64| {
        clear(drifts.look(evidence, Units::Independent, Timestamp(1_000 * seconds)))
    };
    // The fourth epoch is slow. It is over when the fifth begins, at 1,200 s, and has settled ten seconds later.
    assert_eq!(told(&evidence, 1_209), []);
    let late = evidence.epochs[3].baseline.clone();
    evidence.epochs[3].baseline = evidence.epochs[2].baseline.clone();
    assert_eq!(told(&evidence, 1_210), []);
    evidence.epochs[3].baseline = late;
    assert_eq!(told(&evidence, 1_500), []);
    assert_eq!(told(&evidence, 1_510), [About::Latency]);
}

/// Of a slower candidate more requests are under way, in every slice and not alike in all.
#[test]
fn the_split_of_slices_waits_for_what_is_under_way() {
    let broken = Traffic { kept_back: 0.3, ..Traffic::CALM };
    let mut epochs = changed(broken, broken);
    for counts in &mut epochs {
        let candidate = &mut counts.candidate.tally;
        candidate.drawn = candidate.outcomes() + 1;
    }
    let is_split = |signs: &[Sign]| signs.iter().any(|sign| matches!(sign.about, About::Split { .. }));
    assert!(!is_split(&found(&epochs, Units::Independent)));
    epochs.iter_mut().for_each(EpochCounts::settle);
    assert!(is_split(&found(&epochs, Units::Independent)));
}
