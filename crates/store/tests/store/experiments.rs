//! Where experiments stand: what may begin beside what, how they move, what is kept of them, and what restarts keep.

use crate::world::*;
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, Opinion, Origin, Standing, TallyRow, slot_of};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::application::Unit;
use viridian_core::arm::{self, Arm};
use viridian_core::companion::{Companions, Elsewhere};
use viridian_core::epoch::{Allotment, Epoch, Stage};
use viridian_core::experiment::analysis::analyse;
use viridian_core::experiment::definition::{self, Aim, Allocation, Arms, Better, Decider, Experiment, Stop};
use viridian_core::experiment::evidence::{Counted, Evidence};
use viridian_core::experiment::report::Report;
use viridian_core::experiment::step::{End, Order, Phase, State};
use viridian_core::guard::Margin;
use viridian_core::id::{ArmName, BootId, EpochId, ExperimentName, LayerName, NodeName};
use viridian_core::metric::Metric;
use viridian_core::rollout::command::Command;
use viridian_core::rollout::effect::Effect;
use viridian_core::unit::{Group, UnitHash};
use viridian_core::weight::Weight;
use viridian_store::{Commit, Committed, Error, ExperimentCommit, ExperimentStart, Store, StoredExperiment};

/// Arms, each by its release; the first is the control.
pub(crate) fn experiment(name: &str, releases: &[&str]) -> Experiment {
    let arm = |release: &&str| definition::Arm {
        name: ArmName::parse(&format!("arm-{release}")).unwrap(),
        share: percent(30),
        releases: BTreeMap::from([(application_name(), release_name(release))]),
    };
    Experiment {
        name: ExperimentName::parse(name).unwrap(),
        layer: LayerName::parse("answers").unwrap(),
        traffic: percent(60),
        unit: Unit::User,
        arms: Arms::try_from(releases.iter().map(arm).collect::<Vec<_>>()).unwrap(),
        holdout: percent(5),
        aim: Aim {
            application: application_name(),
            metric: Metric::Feedback,
            better: Better::Lower,
            minimum_effect: Margin::Points(200),
            maturity: Duration::ZERO,
        },
        guards: Vec::new(),
        meanings: BTreeMap::new(),
        allocation: Allocation::Fixed,
        lead_in: Duration::ZERO,
        stop: Stop { winner: Decider::ByRule, max_duration: minutes(60) },
    }
}

pub(crate) fn begin(store: &Store, experiment: &Experiment) -> Result<StoredExperiment, Error> {
    store.start_experiment(&ExperimentStart { experiment, salt: SALT, at: NOW })
}

/// A span in which three arms have their shares.
fn span(id: u32) -> Epoch {
    let mut shares = [Weight::ZERO; arm::MOST];
    shares[..3].fill(percent(30));
    Epoch {
        allotment: Some(Allotment { stage: Stage::Running, shares, companions: Companions::default() }),
        ..epoch(id, Weight::ZERO)
    }
}

/// Commits a transition to a phase, with the span that begins with it.
pub(crate) fn moves(
    store: &Store,
    stored: &StoredExperiment,
    phase: Phase,
    epoch: Option<&Epoch>,
) -> Result<Committed, Error> {
    let next = State { sequence: stored.state.sequence + 1, phase, ..stored.state };
    let sentences = vec!["so it goes".to_owned()];
    let analysis = analyse(&stored.experiment, &Evidence::default(), &[]);
    store.commit_experiment(&ExperimentCommit {
        experiment: &stored.experiment.name,
        application: &application_name(),
        expected_sequence: stored.state.sequence,
        next: &next,
        report: &Report { at: NOW, sentences, analysis },
        table: None,
        epoch,
        answered: None,
        at: NOW,
    })
}

fn refusal<T>(outcome: Result<T, Error>) -> String {
    outcome.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn an_application_has_one_rollout_or_experiment_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let store = furnished(home.path());
    let rollout = start(&store, "r1", "v2").unwrap();
    let why = refusal(begin(&store, &experiment("tone", &["v1", "v2", "v3"])));
    assert!(why.contains("rollout 'r1' moves the traffic"), "{why}");
    let (next, report) = (rolled_back(1), report("so it goes"));
    store.commit(&bare(&rollout.proposal.name, &next, &report)).unwrap();

    let why = refusal(begin(&store, &experiment("tone", &["v2", "v1"])));
    assert!(why.contains("the control 'arm-v2' has to be what serves"), "{why}");
    let stored = begin(&store, &experiment("tone", &["v1", "v2", "v3"])).unwrap();
    let why = refusal(begin(&store, &experiment("other", &["v1", "v2"])));
    assert!(why.contains("takes part in experiment 'tone'"), "{why}");
    let why = refusal(start(&store, "r2", "v2"));
    assert!(why.contains("takes part in experiment 'tone'"), "{why}");

    moves(&store, &stored, Phase::Ended(End::Stopped), None).unwrap();
    assert_eq!(store.active_experiment(&application_name()).unwrap(), None);
    start(&store, "r2", "v2").unwrap();
}

#[test]
fn a_rejected_release_and_one_of_another_application_are_no_arms() {
    let home = tempfile::tempdir().unwrap();
    let store = furnished(home.path());
    let rollout = start(&store, "r1", "v2").unwrap();
    let (next, report) = (rolled_back(1), report("worse"));
    let commit = bare(&rollout.proposal.name, &next, &report);
    store.commit(&Commit { effects: &[Effect::RejectCandidate], ..commit }).unwrap();
    assert!(matches!(begin(&store, &experiment("tone", &["v1", "v2"])), Err(Error::Rejected { .. })));
    assert!(matches!(begin(&store, &experiment("tone", &["v1", "v9"])), Err(Error::Unknown { .. })));
    assert_eq!(store.experiments().unwrap(), [], "nothing was begun");
}

#[test]
fn a_transition_is_written_once_and_survives_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let store = furnished(home.path());
    let stored = begin(&store, &experiment("tone", &["v1", "v2", "v3"])).unwrap();
    let name = &stored.experiment.name;
    let order = store.order_experiment(name, (Order::StopArm { arm: 1 }, "ann"), NOW).unwrap();
    assert_eq!(store.next_order(name).unwrap(), Some(order));
    let stopped = Phase::Running { stopped: vec![1] };
    let first = moves(&store, &stored, stopped.clone(), None).unwrap();
    let Committed::Now { event } = first else { panic!("{first:?}") };
    assert_eq!(moves(&store, &stored, stopped.clone(), None).unwrap(), Committed::Already { event });
    let stale = moves(&store, &stored, Phase::Ended(End::OutOfTime), None);
    assert!(matches!(stale, Err(Error::Conflict { .. })), "{stale:?}");

    drop(store);
    let store = open(home.path());
    let stored = store.experiment(name).unwrap().unwrap();
    assert_eq!((stored.salt, &stored.state.phase), (SALT, &stopped));
    assert!(store.next_order(name).unwrap().is_some(), "it was not answered");
    moves(&store, &stored, Phase::Ended(End::Stopped), None).unwrap();
    assert_eq!(store.next_order(name).unwrap(), None, "the end answers every order");
    assert!(matches!(store.order_experiment(name, (Order::Stop, "ann"), NOW), Err(Error::Refused(_))));
}

/// Counts of three arms come back arm by arm, before and after they were folded.
#[test]
fn every_arm_is_counted_by_itself_whatever_is_folded() {
    let home = tempfile::tempdir().unwrap();
    let store = furnished(home.path());
    let stored = begin(&store, &experiment("tone", &["v1", "v2", "v3"])).unwrap();
    let from = stored.first_epochs[&application_name()];
    moves(&store, &stored, Phase::Running { stopped: vec![2] }, Some(&span(from.0))).unwrap();
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(1) };
    for (place, requests) in [(0, 10), (1, 20), (2, 30)] {
        let arm = Arm::of_experiment(place).unwrap();
        let (application, epoch) = (application_name(), from);
        let mut tally = Tally::default();
        tally.classes[0] = requests;
        let mut groups = GroupTally::default();
        groups.record_counts(Metric::Errors, Group(7), Counts::of_share(requests, 1));
        groups.units.insert(UnitHash(requests << 52));
        let row = TallyRow { application: application.clone(), epoch, slot: slot_of(NOW), arm, tally };
        store.record(&origin, &[row], &[GroupRow { application, epoch, arm, groups }]).unwrap();
        let opinion = FeedbackRecord {
            request: format!("request-{place}"),
            application: application_name(),
            epoch,
            arm,
            group: Group(7),
            evidence: Standing::Measured,
            issued_at: NOW,
            received_at: NOW,
            opinion: Some(Opinion::Bad),
            scores: Vec::new(),
            elsewhere: Elsewhere::NOWHERE,
        };
        store.record_feedback(&[opinion], &BTreeMap::new()).unwrap();
    }
    let check = |when: &str| {
        let evidence = store.evidence(&application_name(), from, Duration::ZERO, later(1)).unwrap();
        let counted = Counted::of(&evidence, 3);
        let arms = &counted.spans[0].arms;
        let requests: Vec<u64> = arms.iter().map(|arm| arm.tally.outcomes()).collect();
        assert_eq!(requests, [10, 20, 30], "{when}");
        assert!(arms.iter().all(|arm| arm.counts(Metric::Feedback) == Counts::of_share(1, 1)), "{when}");
        assert!(arms.iter().all(|arm| arm.groups.units.count() == 1), "{when}");
        assert_eq!(counted.spans[0].shares, [percent(30); 3], "{when}");
    };
    check("as it came");
    fold(&store, later(3 * 24 * 60));
    check("folded");
    let rows: u64 = raw(home.path()).query_row("SELECT count(*) FROM tallies", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0, "slots of every arm are folded");
}

/// Experiments of a layer in several applications lie side by side, under one key.
#[test]
fn a_layer_that_has_no_room_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let store = furnished(home.path());
    let other = viridian_core::id::ApplicationName::parse("search").unwrap();
    let elsewhere =
        |name: &str| viridian_core::release::Release { application: other.clone(), ..release(name, name) };
    store
        .apply_application(
            &viridian_core::application::Application { name: other.clone(), ..application() },
            NOW,
        )
        .unwrap();
    for name in ["i1", "i2"] {
        store.register_release(&elsewhere(name), NOW).unwrap();
    }
    store.set_first_baseline(&other, &release_name("i1"), NOW).unwrap();
    begin(&store, &experiment("tone", &["v1", "v2"])).unwrap();
    let mut index = experiment("index", &["v1", "v2"]);
    let arms: Vec<definition::Arm> = ["i1", "i2"]
        .map(|release| definition::Arm {
            name: ArmName::parse(release).unwrap(),
            share: percent(50),
            releases: BTreeMap::from([(other.clone(), release_name(release))]),
        })
        .to_vec();
    index.arms = Arms::try_from(arms).unwrap();
    index.aim.application = other.clone();
    index.holdout = Weight::ZERO;
    let why = refusal(begin(&store, &index));
    assert!(why.contains("has 40% in one piece to give, and 60% are asked for"), "{why}");
    index.traffic = percent(40);
    let other_salt = viridian_core::routing::table::Salt([1; 16]);
    let stored =
        store.start_experiment(&ExperimentStart { experiment: &index, salt: other_salt, at: NOW }).unwrap();
    assert_eq!((stored.part.start, stored.salt), (6_000, SALT));
    assert_eq!(stored.first_epochs.keys().collect::<Vec<_>>(), [&other]);
    // Orders of rollouts have nothing to do with it.
    assert!(store.order(&rollout_name("tone"), &Command::Pause { by: String::new() }, NOW).is_err());
    assert_eq!(stored.first_epochs[&other], EpochId(2));
}
