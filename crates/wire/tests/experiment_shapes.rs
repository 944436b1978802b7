//! What came with experiments, against golden files, written and read back: the arms of a table, their counters, and the
//! bodies of the API.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;
use viridian_core::analysis::row::GroupRow;
use viridian_core::analysis::tally::GroupTally;
use viridian_core::application::Unit;
use viridian_core::arm::{self, Arm};
use viridian_core::companion::Companions;
use viridian_core::epoch::{Allotment, Stage};
use viridian_core::experiment::analysis::analyse;
use viridian_core::experiment::compare::Gain;
use viridian_core::experiment::days::{Day, DayGain};
use viridian_core::experiment::definition::{self, Aim, Allocation, Arms, Better, Decider, Experiment, Stop};
use viridian_core::experiment::evidence::Evidence;
use viridian_core::experiment::step::{End, Order, Phase, State};
use viridian_core::experiment::verdict::Verdict;
use viridian_core::guard::Margin;
use viridian_core::id::{
    ApplicationName, ArmName, EnvironmentName, EpochId, ExperimentName, LayerName, ReleaseName,
};
use viridian_core::metric::Metric;
use viridian_core::release::{Digest, Parameters};
use viridian_core::routing::layer::Part;
use viridian_core::routing::table::{Placement, Salt};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_wire::api::{ExperimentBody, ExperimentFacts, ExperimentRequest, StopReceipt, StopRequest};
use viridian_wire::tally::TallyReport;

const BEGAN: Timestamp = Timestamp(1_767_225_600_000);

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.json"));
    let written = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("VIRIDIAN_BLESS").is_some() {
        std::fs::write(&golden, &written).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    assert_eq!(written, expected, "{}", golden.display());
    assert_eq!(&serde_json::from_str::<T>(&expected).unwrap(), value, "{}", golden.display());
}

fn chat() -> ApplicationName {
    ApplicationName::parse("chat").unwrap()
}

fn percent(percent: u16) -> Weight {
    Weight::from_basis_points(percent * 100).unwrap()
}

fn experiment() -> Experiment {
    let arm = |(name, release): (&str, &str)| definition::Arm {
        name: ArmName::parse(name).unwrap(),
        share: percent(30),
        releases: BTreeMap::from([(chat(), ReleaseName::parse(release).unwrap())]),
    };
    Experiment {
        name: ExperimentName::parse("tone").unwrap(),
        layer: LayerName::parse("answers").unwrap(),
        traffic: percent(50),
        unit: Unit::User,
        arms: Arms::try_from([("now", "v1"), ("terse", "v2"), ("formal", "v3")].map(arm).to_vec()).unwrap(),
        holdout: percent(5),
        aim: Aim {
            application: chat(),
            metric: Metric::Feedback,
            better: Better::Lower,
            minimum_effect: Margin::Points(200),
            maturity: Duration::ZERO,
        },
        guards: Vec::new(),
        meanings: BTreeMap::new(),
        allocation: Allocation::Fixed,
        lead_in: Duration::ZERO,
        stop: Stop { winner: Decider::ByPerson, max_duration: Duration::from_secs(14 * 86_400) },
    }
}

fn allotment() -> Allotment {
    let mut shares = [Weight::ZERO; arm::MOST];
    (shares[0], shares[1]) = (percent(30), percent(30));
    Allotment { stage: Stage::Running, shares, companions: Companions::default() }
}

#[test]
fn a_table_tells_the_arms() {
    let placement = |version: &str| Placement {
        release: ReleaseName::parse(version).unwrap(),
        version: version.to_owned(),
        digest: Digest("sha256:0".to_owned()),
        environment: EnvironmentName::parse("blue").unwrap(),
        endpoints: Vec::new(),
        bearer: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
    };
    let part = Part { start: 5_000, width: percent(50) };
    let conduct = experiment()
        .conduct(&chat(), (Salt([7; 16]), part), &allotment(), &[placement("v2"), placement("v3")])
        .unwrap();
    check("control/running", &conduct.running);
    check("control/allotment", &allotment());
    let row = GroupRow {
        application: chat(),
        epoch: EpochId(7),
        arm: Arm::of_experiment(7).unwrap(),
        groups: GroupTally::default(),
    };
    check("control/groups_of_treatment", &row);
}

#[test]
fn bodies_of_experiments() {
    let experiment = experiment();
    let mut analysis = analyse(&experiment, &Evidence::default(), &[2]);
    analysis.arms[1].gain = Some(Gain { estimate: 0.031, lower: Some(0.004), upper: None });
    analysis.arms[1].units = 812;
    analysis.verdict = Verdict::Winner { arm: 1 };
    let told = DayGain { estimate: 0.04, within: 0.015 };
    analysis.days = vec![
        Day { from: BEGAN, arms: vec![Some(told), None] },
        Day { from: Timestamp(BEGAN.0 + 86_400_000), arms: vec![None, None] },
    ];
    let running = State { sequence: 1, started_at: BEGAN, phase: Phase::Running { stopped: vec![2] } };
    let because = ["'formal' fails more".to_owned()];
    let moved = experiment.shares().unwrap().with(&[percent(5), percent(25), Weight::ZERO]).unwrap();
    let facts = ExperimentFacts {
        state: &running,
        analysis: Some(&analysis),
        shares: Some(&moved),
        because: &because,
        ended_at: None,
    };
    check("api/experiment", &ExperimentBody::new(&experiment, facts));
    let won = Phase::Ended(End::Winner { arm: 1, by: Decider::ByPerson });
    let state = State { sequence: 2, phase: won, ..running };
    let facts = ExperimentFacts { state: &state, shares: None, ended_at: Some(BEGAN.into()), ..facts };
    check("api/experiment-won", &ExperimentBody::new(&experiment, facts));
    let fresh = ExperimentFacts { state: &state, analysis: None, shares: None, because: &[], ended_at: None };
    check("api/experiment-fresh", &ExperimentBody::new(&experiment, fresh));
    let allocation = Allocation::Bandit { floor: percent(10) };
    let bandit = Experiment { unit: Unit::Request, allocation, ..experiment.clone() };
    check("api/experiment-bandit", &ExperimentBody::new(&bandit, fresh));

    check("api/experiment-start", &ExperimentRequest { manifest: "kind: Experiment".to_owned() });
    let stop = StopRequest {
        by: Some("ann".to_owned()),
        arm: Some("formal".to_owned()),
        winner: Some("terse".to_owned()),
    };
    check("api/experiment-stop", &stop);
    check("api/experiment-receipt", &StopReceipt::new(7, &experiment, (Order::Name { arm: 1 }, "ann")));
}

/// From before experiments ran: nobody was outside of one, or in its holdout.
#[test]
fn the_sixth_form_of_tally_reports_is_read() {
    let read = |name: &str| -> TallyReport {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/control/{name}.json"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let (sixth, mut now) = (read("tally_report_6"), read("tally_report_7"));
    let exempt = &mut now.tallies[0].tally.exempt;
    assert_eq!(exempt[7..], [1, 1]);
    exempt[7..].fill(0);
    assert_eq!(sixth, now);
}
