//! Who is a companion, and what is told of it.

use super::*;
use crate::application::Unit;
use crate::experiment::definition::tests::sound;
use crate::experiment::definition::{Aim, Arm, Arms};
use crate::experiment::step::End;
use crate::id::{ApplicationName, ArmName, ExperimentName, LayerName, ReleaseName};
use std::collections::BTreeMap;

fn percent(percent: u16) -> Weight {
    Weight::from_basis_points(percent * 100).unwrap()
}

fn experiment(name: &str, layer: &str, unit: Unit) -> Experiment {
    let application = ApplicationName::parse(name).unwrap();
    let arm = |name: &str| Arm {
        name: ArmName::parse(name).unwrap(),
        share: percent(30),
        releases: BTreeMap::from([(application.clone(), ReleaseName::parse(name).unwrap())]),
    };
    let sound = sound();
    Experiment {
        name: ExperimentName::parse(name).unwrap(),
        layer: LayerName::parse(layer).unwrap(),
        unit,
        arms: Arms::try_from(["now", "b", "c"].map(arm).to_vec()).unwrap(),
        holdout: percent(5),
        aim: Aim { application: application.clone(), metric: Metric::Refusals, ..sound.aim },
        ..sound
    }
}

fn other(number: u64, experiment: Experiment, phase: Phase) -> Other {
    let pinned = vec!["ann".to_owned()];
    Other { number: Number(number), experiment, phase, part: Part::WHOLE, salt: Salt([7; 16]), pinned }
}

const RUNNING: Phase = Phase::Running { stopped: Vec::new() };

#[test]
fn companions_meet_the_same_units() {
    let chat = experiment("chat", "prompts", Unit::User);
    let check = |layer: &str, unit: Unit, phase: Phase, expected: Option<[u16; 3]>| {
        let told = format!("{layer}, {unit}, {phase:?}");
        let found = companions(&chat, &[other(9, experiment("search", layer, unit), phase)]);
        let shares = found.find(Number(9)).map(|(_, companion)| companion.shares);
        assert_eq!(shares.map(|shares| [0, 1, 2].map(|arm| shares[arm].basis_points())), expected, "{told}");
    };
    check("indexes", Unit::User, RUNNING, Some([3_000; 3]));
    check("indexes", Unit::User, Phase::Running { stopped: vec![1] }, Some([3_000, 0, 3_000]));
    check("prompts", Unit::User, RUNNING, None);
    check("indexes", Unit::Tenant, RUNNING, None);
    check("indexes", Unit::User, Phase::LeadIn, None);
    check("indexes", Unit::User, Phase::Ended(End::Stopped), None);
    let single = experiment("chat", "prompts", Unit::Request);
    let beside = [other(9, experiment("search", "indexes", Unit::Request), RUNNING)];
    assert!(companions(&single, &beside).is_empty(), "requests have nothing in common");
    assert!(companions(&chat, &[other(9, chat.clone(), RUNNING)]).is_empty(), "itself");
}

#[test]
fn gateways_are_told_how_each_is_drawn_in_its_place() {
    let mut chat = experiment("chat", "prompts", Unit::User);
    let others = [
        other(12, experiment("rank", "ranks", Unit::User), RUNNING),
        other(9, experiment("search", "indexes", Unit::User), Phase::Running { stopped: vec![1] }),
    ];
    let found = companions(&chat, &others);
    let told = company(&chat, &found, &others).unwrap();
    let names: Vec<&str> = told.draws.iter().map(|drawn| drawn.experiment.as_str()).collect();
    assert_eq!(names, ["search", "rank"], "in the order in which they began");
    let shares: Vec<Weight> = told.draws[0].shares.of_arms().collect();
    assert_eq!(shares, [percent(30), Weight::ZERO, percent(30)]);
    assert_eq!((told.draws[0].shares.holdout(), told.draws[0].pinned.len()), (percent(5), 1));
    assert_eq!(told.metrics, [Metric::Errors, Metric::Refusals]);
    chat.aim.metric = Metric::Feedback;
    assert_eq!(company(&chat, &found, &others).unwrap().metrics, [Metric::Errors], "callers say it later");
    assert_eq!(company(&chat, &companions(&chat, &[]), &others), None);
    assert_eq!(company(&chat, &found, &others[..1]), None, "no place is another's");
}
