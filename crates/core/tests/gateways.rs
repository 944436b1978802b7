//! What a rollout does when a gateway refuses its table, or fares worse by it.

use viridian_core::analysis::measurement::Seen;
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Analysis, SplitCheck, Validity};
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::effect::{Effect, Severity};
use viridian_core::rollout::input::{
    Gateways, Input, Oversized, Readiness, RefusedTable, SmokeResult, Unwell,
};
use viridian_core::rollout::plan::{Plan, Policy, Step, Strategy};
use viridian_core::rollout::state::{Cause, Hold, Phase, Position, State};
use viridian_core::rollout::step::{Transition, step};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A rollout at a share, in its second step.
fn at_a_share() -> State {
    let at =
        Position { weight: Weight::from_basis_points(500).unwrap_or(Weight::ZERO), ..Position::at(1, NOW) };
    State { sequence: 7, phase: Phase::Progressing(at), ..State::new() }
}

fn look(state: &State, gateways: Gateways, commands: Vec<Command>) -> Transition {
    let steps = vec![Step::Weight(state.weight()), Step::Analysis { min_samples: 200 }];
    let plan = Plan::compile(&Strategy::Canary { steps }, &[], Policy::default());
    let input = Input {
        sequence: state.sequence,
        commands,
        gateways,
        calibration: 1_000,
        analysis: Analysis {
            validity: Validity::Exact,
            seen: Seen::default(),
            candidate_units: 0,
            wait: None,
            split: SplitCheck::Sound,
            guards: Vec::new(),
            harm_bound: None,
            slices: Vec::new(),
        },
        gauges: Vec::new(),
        signs: Vec::new(),
        smoke: SmokeResult::Passed,
        uncompared: Counts::default(),
        baseline: Readiness::Ready,
        candidate: Readiness::Ready,
    };
    step(&plan, state, &input, NOW)
}

fn serving(acknowledged: usize) -> Gateways {
    Gateways { known: 2, acknowledged, ..Gateways::default() }
}

fn refusing() -> Gateways {
    let refused = RefusedTable { node: "gw-2".to_owned(), reason: "env:KEY is not set".to_owned() };
    Gateways { refused: Some(refused), ..serving(1) }
}

fn severity(transition: &Transition) -> Option<Severity> {
    transition.effects.iter().find_map(|effect| match effect {
        Effect::Notify { severity, .. } => Some(*severity),
        _ => None,
    })
}

#[test]
fn a_refused_table_freezes_the_rollout_and_people_are_called() {
    let frozen = look(&at_a_share(), refusing(), Vec::new());
    let hold = Hold::Refused { node: "gw-2".to_owned(), reason: "env:KEY is not set".to_owned() };
    assert!(matches!(&frozen.next.phase, Phase::Held { reason, .. } if *reason == hold), "{frozen:?}");
    assert_eq!(frozen.report.sentence, "held: gateway gw-2 refuses the new table: env:KEY is not set");
    assert_eq!(severity(&frozen), Some(Severity::Critical));
    assert_eq!(frozen.next.weight(), at_a_share().weight(), "whoever the candidate serves it serves on");

    let again = look(&frozen.next, refusing(), Vec::new());
    assert_eq!((again.next.sequence, again.effects.len()), (frozen.next.sequence, 0), "once");
    let resumed = look(&frozen.next, refusing(), vec![Command::Resume { by: "ann".to_owned() }]);
    assert!(resumed.report.sentence.contains("gw-2 still refuses the table"), "{}", resumed.report.sentence);
    assert!(matches!(resumed.next.phase, Phase::Held { .. }));
    let waiting = look(&frozen.next, serving(1), Vec::new());
    assert_eq!(waiting.next.sequence, frozen.next.sequence, "it has not taken the table yet");
    let mended = look(&frozen.next, serving(2), Vec::new());
    assert!(matches!(mended.next.phase, Phase::Progressing(_)), "{mended:?}");
}

#[test]
fn a_table_that_is_too_long_freezes_the_rollout_until_it_is_shorter() {
    let too_long = |length| Gateways { oversized: Some(Oversized { length, most: 500 }), ..serving(2) };
    let frozen = look(&at_a_share(), too_long(700), Vec::new());
    let sentence = "held: the new table would be 700 bytes long, and gateways take 500";
    assert_eq!(frozen.report.sentence, sentence);
    assert_eq!(severity(&frozen), Some(Severity::Critical));
    assert_eq!(frozen.next.weight(), at_a_share().weight(), "whoever the candidate serves it serves on");

    let again = look(&frozen.next, too_long(701), Vec::new());
    assert_eq!((again.next.sequence, again.effects.len()), (frozen.next.sequence, 0), "once");
    let resumed = look(&frozen.next, too_long(700), vec![Command::Resume { by: "ann".to_owned() }]);
    assert!(resumed.report.sentence.contains("shorten it"), "{}", resumed.report.sentence);
    assert!(matches!(resumed.next.phase, Phase::Held { .. }));
    let promote = Command::Promote { by: "ann".to_owned(), reach: Reach::Full };
    let promoted = look(&frozen.next, too_long(700), vec![promote]);
    assert!(promoted.report.sentence.contains("not yet: the new table"), "{}", promoted.report.sentence);
    assert_eq!(promoted.next.weight(), frozen.next.weight());
    let ordered =
        look(&frozen.next, too_long(700), vec![Command::Rollback { by: "ann".to_owned(), reason: None }]);
    assert!(matches!(ordered.next.phase, Phase::RollingBack { .. }), "{ordered:?}");
    let mended = look(&frozen.next, serving(2), Vec::new());
    assert!(matches!(mended.next.phase, Phase::Progressing(_)), "{mended:?}");
}

#[test]
fn a_frozen_rollout_is_rolled_back_like_any_other() {
    let frozen = look(&at_a_share(), refusing(), Vec::new()).next;
    let ordered = look(&frozen, refusing(), vec![Command::Rollback { by: "ann".to_owned(), reason: None }]);
    assert!(matches!(ordered.next.phase, Phase::RollingBack { .. }));
    let tripped = Gateways { tripped: Some("gw-1".to_owned()), ..refusing() };
    assert!(matches!(look(&frozen, tripped, Vec::new()).next.phase, Phase::RollingBack { .. }));
}

#[test]
fn a_gateway_that_fares_worse_by_a_new_table_takes_it_back_and_blames_no_release() {
    let unwell = Unwell { node: "gw-1".to_owned(), detail: "40 of 50 requests failed".to_owned() };
    let back = look(&at_a_share(), Gateways { unwell: Some(unwell), ..serving(1) }, Vec::new());
    assert_eq!(
        back.report.sentence,
        "back to the baseline: gateway gw-1 fared worse by the new table: 40 of 50 requests failed"
    );
    assert_eq!(severity(&back), Some(Severity::Critical));
    let cause = |phase: &Phase| match phase {
        Phase::RollingBack { cause, .. } | Phase::RolledBack { cause } => cause.clone(),
        _ => Cause::Insufficient,
    };
    assert!(matches!(cause(&back.next.phase), Cause::Unwell { .. }));
    let end = look(&back.next, serving(2), Vec::new());
    assert!(matches!(cause(&end.next.phase), Cause::Unwell { .. }));
    assert!(!end.effects.contains(&Effect::RejectCandidate), "{:?}", end.effects);
}
