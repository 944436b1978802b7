//! When a span begins, and what it is drawn and scored by.

use super::*;
use crate::analysis::measurement::EpochCounts;
use crate::application::Unit;
use crate::companion::{Companion, Number};
use crate::declared::{self, Asks, Declared, Load};
use crate::epoch::Centres;
use crate::experiment::analysis::analyse;
use crate::experiment::definition::{Aim, Arm, Arms, Better, Decider, Stop};
use crate::experiment::step::End;
use crate::guard::Margin;
use crate::id::{ApplicationName, ArmName, ExperimentName, LayerName, ReleaseName};
use crate::meanings::Meanings;
use crate::metric::Metric;
use crate::routing::shares::Owner;
use crate::score::{Given, Score};
use std::collections::BTreeMap;

fn chat() -> ApplicationName {
    ApplicationName::parse("chat").unwrap()
}

fn percent(percent: u16) -> Weight {
    Weight::from_basis_points(percent * 100).unwrap()
}

fn experiment(allocation: Allocation) -> Experiment {
    let arm = |name: &str| Arm {
        name: ArmName::parse(name).unwrap(),
        share: percent(30),
        releases: BTreeMap::from([(chat(), ReleaseName::parse(name).unwrap())]),
    };
    Experiment {
        name: ExperimentName::parse("tone").unwrap(),
        layer: LayerName::parse("tone").unwrap(),
        traffic: Weight::FULL,
        unit: Unit::Request,
        arms: Arms::try_from(["now", "terse", "formal"].map(arm).to_vec()).unwrap(),
        holdout: percent(5),
        aim: Aim {
            application: chat(),
            metric: Metric::Errors,
            better: Better::Lower,
            minimum_effect: Margin::Points(100),
            maturity: Duration::ZERO,
        },
        guards: Vec::new(),
        meanings: BTreeMap::new(),
        allocation,
        lead_in: Duration::ZERO,
        stop: Stop { winner: Decider::ByRule, max_duration: DAY * 14 },
    }
}

/// What the baseline served before, and nothing else.
fn first() -> Epoch {
    Epoch {
        id: EpochId(7),
        weight: Weight::ZERO,
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: Timestamp(0),
        allotment: None,
    }
}

/// Requests of which so many failed.
fn counts(requests: u64, errors: u64) -> ArmCounts {
    let mut counts = ArmCounts::default();
    counts.tally.classes[0] = requests;
    counts.tally.metrics[Metric::Errors.index()] = Counts::of_share(requests, errors);
    counts
}

/// The span after one, a while later.
fn next(
    (experiment, phase): (&Experiment, &Phase),
    last: &Epoch,
    evidence: &Evidence,
    minutes: u64,
) -> Option<Epoch> {
    let calibration = counts(1_000, 40);
    let analysis = analyse(experiment, &crate::experiment::evidence::Evidence::default(), &[]);
    let companions = Companions::default();
    let renewal = Renewal {
        experiment,
        phase,
        evidence,
        calibration: &calibration,
        analysis: Some(&analysis),
        companions,
    };
    renewal.after(last, last.started_at.plus(Duration::from_secs(60 * minutes)))
}

const RUNNING: Phase = Phase::Running { stopped: Vec::new() };

fn shares(epoch: &Epoch) -> Vec<u16> {
    let allotment = epoch.allotment.unwrap();
    allotment.shares[..3].iter().map(|share| share.basis_points()).collect()
}

#[test]
fn a_span_begins_with_the_experiment_and_whenever_shares_change() {
    let experiment = experiment(Allocation::Fixed);
    let nothing = Evidence::default();
    let begun = next((&experiment, &RUNNING), &first(), &nothing, 0).unwrap();
    assert_eq!((shares(&begun), begun.weight), (vec![3_000; 3], Weight::ZERO));
    assert!((begun.centres[Metric::Errors.index()] - 0.04).abs() < 1e-9, "what served before is known");
    assert_eq!(next((&experiment, &RUNNING), &begun, &nothing, 59), None);
    assert_eq!(next((&experiment, &RUNNING), &begun, &nothing, 23 * 60), None, "nothing was learned");
    assert!(next((&experiment, &RUNNING), &begun, &nothing, 24 * 60).is_some(), "a day is over");

    let stopped = Phase::Running { stopped: vec![1] };
    let after = next((&experiment, &stopped), &begun, &nothing, 1).unwrap();
    assert_eq!(shares(&after), [3_000, 0, 3_000]);
    assert_eq!(next((&experiment, &Phase::Ended(End::Stopped)), &after, &nothing, 1), None);

    let leads_in = next((&experiment, &Phase::LeadIn), &first(), &nothing, 0).unwrap();
    assert_eq!(leads_in.allotment.unwrap().stage, Stage::LeadIn);
    assert!(next((&experiment, &RUNNING), &leads_in, &nothing, 1).is_some());
}

/// A span says who ran elsewhere, so the next begins when that changes; before the arms differ it is nobody's matter.
#[test]
fn a_span_begins_when_shares_change_elsewhere() {
    let experiment = experiment(Allocation::Fixed);
    let (nothing, control) = (Evidence::default(), counts(1_000, 40));
    let next = |phase: &Phase, last: &Epoch, companions: Companions| {
        let (experiment, evidence, calibration) = (&experiment, &nothing, &control);
        let renewal = Renewal { experiment, phase, evidence, calibration, analysis: None, companions };
        renewal.after(last, last.started_at.plus(Duration::from_secs(60)))
    };
    let beside = |shares: [u16; 2]| {
        let mut places = [Weight::ZERO; arm::MOST];
        places.iter_mut().zip(shares).for_each(|(place, share)| *place = percent(share));
        Companions::of([Companion { experiment: Number(9), shares: places }])
    };
    let begun = next(&RUNNING, &first(), Companions::default()).unwrap();
    let met = next(&RUNNING, &begun, beside([50, 50])).unwrap();
    assert_eq!(met.allotment.unwrap().companions, beside([50, 50]));
    assert_eq!(next(&RUNNING, &met, beside([50, 50])), None);
    assert!(next(&RUNNING, &met, beside([50, 0])).is_some(), "an arm stops there");
    assert!(next(&RUNNING, &met, Companions::default()).is_some(), "it ends there");
    let leads_in = next(&Phase::LeadIn, &first(), beside([50, 50])).unwrap();
    assert!(leads_in.allotment.unwrap().companions.is_empty());
}

#[test]
fn what_spans_are_scored_by_comes_from_spans_that_are_over() {
    let experiment = experiment(Allocation::Fixed);
    let begun = next((&experiment, &RUNNING), &first(), &Evidence::default(), 0).unwrap();
    let measured = EpochCounts::of(begun, [counts(800, 80), ArmCounts::default()]);
    let evidence = Evidence { epochs: vec![measured] };
    assert_eq!(next((&experiment, &RUNNING), &begun, &evidence, 359), None);
    let renewed = next((&experiment, &RUNNING), &begun, &evidence, 360).unwrap();
    assert!((renewed.centres[Metric::Errors.index()] - 0.1).abs() < 1e-9);
    assert_eq!(renewed.allotment, begun.allotment);
}

#[test]
fn nobody_goes_to_another_arm_when_one_stops() {
    let experiment = experiment(Allocation::Fixed);
    let nothing = Evidence::default();
    let before = next((&experiment, &RUNNING), &first(), &nothing, 0).unwrap();
    let stopped = Phase::Running { stopped: vec![1] };
    let after = next((&experiment, &stopped), &before, &nothing, 1).unwrap();
    let places = |epoch: &Epoch| experiment.places(&epoch.allotment.unwrap()).unwrap();
    for bucket in 0..10_000 {
        match (places(&before).owner(bucket), places(&after).owner(bucket)) {
            (Owner::Arm(1), now) => assert_eq!(now, Owner::Nobody),
            (then, now) => assert_eq!(then, now),
        }
    }
}

#[test]
fn a_bandit_moves_traffic_by_the_hour_and_never_to_an_arm_that_stopped() {
    let experiment = experiment(Allocation::Bandit { floor: percent(10) });
    let nothing = Evidence::default();
    let begun = next((&experiment, &RUNNING), &first(), &nothing, 0).unwrap();
    assert_eq!(next((&experiment, &RUNNING), &begun, &nothing, 59), None);
    assert!(next((&experiment, &RUNNING), &begun, &nothing, 60).is_some());
    let stopped = Phase::Running { stopped: vec![1] };
    let after = next((&experiment, &stopped), &begun, &nothing, 1).unwrap();
    assert_eq!(shares(&after), [4_500, 0, 4_500], "nothing is known of them yet");
    assert_eq!(next((&experiment, &stopped), &after, &nothing, 1), None);
    assert_eq!(experiment.places(&after.allotment.unwrap()).unwrap().of(2), percent(45));
}

/// Scores come late and are few: those of the control until now say where the next ones are expected.
#[test]
fn scores_are_expected_where_those_of_the_control_lie() {
    let score = Score::new("helpful", 7, 1, 5).unwrap();
    let mut experiment = experiment(Allocation::Fixed);
    (experiment.aim.metric, experiment.aim.better) = (Metric::Score(score), Better::Higher);
    experiment.aim.minimum_effect = Margin::Score(200);
    let begun = next((&experiment, &RUNNING), &first(), &Evidence::default(), 0).unwrap();
    assert!((begun.thresholds.expected(score) - 0.5).abs() < 1e-9, "nothing is known");
    let mut control = counts(800, 80);
    control.tally.record_score(Given { score, level: score.level(4.0).unwrap() }, 40);
    let evidence = Evidence { epochs: vec![EpochCounts::of(begun, [control, ArmCounts::default()])] };
    let renewed = next((&experiment, &RUNNING), &begun, &evidence, 360).unwrap();
    assert!((renewed.thresholds.expected(score) - 0.25).abs() < 1e-9);
}

/// What an application declares is asked of its own answers alone.
#[test]
fn tables_ask_for_what_their_application_means() {
    let curt = declared::Definition {
        metric: Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap(),
        bad: "answer.length < 20".to_owned(),
        when: None,
    };
    let mut experiment = experiment(Allocation::Fixed);
    experiment.guards = vec![Guard::new(Metric::Declared(curt.metric), Margin::Points(100))];
    let meanings = Meanings { metrics: vec![curt.clone()], scores: Vec::new() };
    experiment.meanings = BTreeMap::from([(chat(), meanings.clone())]);
    let begun = next((&experiment, &RUNNING), &first(), &Evidence::default(), 0).unwrap();
    let conducted = |application: &ApplicationName| {
        let part = Part { start: 0, width: Weight::FULL };
        experiment.conduct(application, (Salt([7; 16]), part), &begun.allotment.unwrap(), &[]).unwrap()
    };
    let here = conducted(&chat());
    assert_eq!(
        (here.metrics, here.meanings),
        (vec![Metric::Declared(curt.metric), Metric::Errors], meanings)
    );
    let elsewhere = conducted(&ApplicationName::parse("search").unwrap());
    assert_eq!((elsewhere.metrics, elsewhere.meanings), (vec![Metric::Errors], Meanings::default()));

    // The same words ask for the same, whatever they mean by now.
    let mut later = experiment.clone();
    let other = Declared::new("curt", 8, Asks::Text, Load::Indifferent).unwrap();
    later.guards = vec![Guard::new(Metric::Declared(other), Margin::Points(100))];
    later.meanings.clear();
    assert!(experiment.asks_as(&later) && experiment.asks_as(&experiment.clone()));
    later.guards = vec![Guard::new(Metric::Declared(other), Margin::Points(200))];
    assert!(!experiment.asks_as(&later), "another margin");
    later.guards = vec![Guard::new(Metric::Feedback, Margin::Points(100))];
    assert!(!experiment.asks_as(&later), "another name");
    later.guards.clear();
    assert!(!experiment.asks_as(&later), "no guard");
}
