//! Which definitions are sound, and how each fault is told.

use super::*;
use crate::declared::{Asks, Declared, Load};
use crate::guard::Margin;
use crate::score::Score;

fn name<T: TryFrom<String>>(text: &str) -> T {
    T::try_from(text.to_owned()).ok().unwrap()
}

fn weight(basis_points: u16) -> Weight {
    Weight::from_basis_points(basis_points).unwrap()
}

fn arm(called: &str, release: &str) -> Arm {
    Arm {
        name: name(called),
        share: weight(3_000),
        releases: BTreeMap::from([(name("support-chat"), name(release))]),
    }
}

/// An experiment of three arms without a fault.
pub(in crate::experiment) fn sound() -> Experiment {
    let arms = vec![arm("terse", "v9"), arm("now", "v8"), arm("kind", "v10")];
    Experiment {
        name: name("tone"),
        layer: name("prompts"),
        traffic: Weight::FULL,
        unit: Unit::User,
        arms: Arms::new(arms, &name("now")).unwrap(),
        holdout: weight(1_000),
        aim: Aim {
            application: name("support-chat"),
            metric: Metric::Feedback,
            better: Better::Lower,
            minimum_effect: Margin::Points(100),
            maturity: Duration::ZERO,
        },
        guards: Vec::new(),
        meanings: BTreeMap::new(),
        allocation: Allocation::Fixed,
        lead_in: Duration::ZERO,
        stop: Stop { winner: Decider::ByRule, max_duration: Duration::from_secs(14 * 86_400) },
    }
}

#[test]
fn the_control_comes_first_and_the_others_stay_in_order() {
    let experiment = sound();
    let names: Vec<&str> = experiment.arms.all().iter().map(|arm| arm.name.as_str()).collect();
    assert_eq!(names, ["now", "terse", "kind"]);
    assert_eq!(experiment.faults(), []);
    let stored = serde_json::to_string(&experiment).unwrap();
    assert_eq!(serde_json::from_str::<Experiment>(&stored).unwrap(), experiment);
}

#[test]
fn arms_that_are_none_of_one_experiment_are_refused() {
    let check = |arms: Vec<Arm>, control: &str, text: &str| {
        let fault = Arms::new(arms, &name(control)).unwrap_err();
        assert!(fault.to_string().contains(text), "{fault}");
    };
    check(vec![arm("a", "v1")], "a", "1 arms: an experiment has 2 to 8");
    check((0..9).map(|n| arm(&format!("a{n}"), &format!("v{n}"))).collect(), "a0", "9 arms");
    check(vec![arm("a", "v1"), arm("a", "v2")], "a", "two arms are called 'a'");
    check(vec![arm("a", "v1"), arm("b", "v1")], "a", "arms 'a' and 'b' are the same releases");
    check(vec![arm("a", "v1"), arm("b", "v2")], "c", "the control 'c' is no arm");
    let mut elsewhere = arm("b", "v2");
    elsewhere.releases.insert(name("search"), name("v3"));
    check(vec![arm("a", "v1"), elsewhere], "a", "arm 'b' needs a release of every application");
    let stored = serde_json::to_string(&vec![arm("a", "v1")]).unwrap();
    assert!(serde_json::from_str::<Arms>(&stored).is_err());
}

#[test]
fn every_fault_is_told_at_once() {
    let check = |change: &dyn Fn(&mut Experiment), texts: &[&str]| {
        let mut experiment = sound();
        change(&mut experiment);
        let faults: Vec<String> = experiment.faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), texts.len(), "{faults:?}");
        for (fault, text) in faults.iter().zip(texts) {
            assert!(fault.contains(text), "'{fault}' instead of '{text}'");
        }
    };
    check(&|e| e.holdout = weight(1_001), &["0.01% more than the whole"]);
    check(&|e| e.traffic = Weight::ZERO, &["no part of its layer"]);
    check(&|e| e.aim.application = name("search"), &["measured in 'search'"]);
    check(&|e| e.aim.metric = Metric::LatencyP95, &["latency.p95 is a percentile"]);
    check(&|e| e.aim.metric = Metric::CostPerSuccess, &["costPerSuccess is a ratio of sums"]);
    check(&|e| e.aim.minimum_effect = Margin::Points(0), &["has to be above zero"]);
    let score = Metric::Score(Score::new("helpful", 7, 1, 5).unwrap());
    let curt = Metric::Declared(Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap());
    check(&|e| (e.aim.metric, e.aim.better) = (score, Better::Higher), &[]);
    check(&|e| e.aim.metric = score, &["helpful is a score, of which more is better"]);
    check(&|e| e.aim.metric = curt, &[]);
    check(
        &|e| (e.aim.metric, e.aim.better) = (curt, Better::Higher),
        &["curt is declared as what is bad, so less of it is better"],
    );
    check(&|e| e.lead_in = Duration::from_secs(15 * 86_400), &["the lead-in takes the whole duration"]);
    let bandit = |floor| Allocation::Bandit { floor: weight(floor) };
    check(&|e| e.allocation = bandit(500), &["a bandit would move a user from arm to arm"]);
    check(
        &|e| {
            (e.allocation, e.unit) = (bandit(3_334), Unit::Request);
            e.aim.metric = Metric::Cost;
            e.stop.max_duration = Duration::ZERO;
        },
        &["cost is none", "a floor of 33.34%", "the longest duration"],
    );
    check(&|e| (e.allocation, e.unit) = (bandit(500), Unit::Request), &[]);
    check(
        &|e| {
            (e.allocation, e.unit) = (bandit(500), Unit::Request);
            (e.aim.metric, e.aim.better) = (score, Better::Higher);
        },
        &["helpful is none"],
    );
    check(
        &|e| {
            (e.allocation, e.unit) = (bandit(500), Unit::Request);
            let mut arms = e.arms.all().to_vec();
            arms.iter_mut().for_each(|arm| {
                arm.releases.insert(name("search"), name("i1"));
            });
            e.arms = Arms::try_from(arms).unwrap();
        },
        &["several take part"],
    );
}
