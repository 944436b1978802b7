//! Who is called by what a rollout does, and how often.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use viridian_core::analysis::measurement::Seen;
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{
    Analysis, Effect, Judgement, SplitCheck, Validity, Verdict, Wait, WorseSlice,
};
use viridian_core::gauge::{Bounds, Gauge, Gauged, Standing};
use viridian_core::guard::{Guard, Margin, Mode, OnFail, OnSlice};
use viridian_core::id::{GaugeName, SourceName};
use viridian_core::metric::Metric;
use viridian_core::rollout::command::Command;
use viridian_core::rollout::effect::{self, Severity};
use viridian_core::rollout::input::{Gateways, Input, Readiness, SmokeResult};
use viridian_core::rollout::plan::{OnInsufficient, Plan, Policy, Step, Strategy};
use viridian_core::rollout::state::{Phase, Position, State};
use viridian_core::rollout::step::{Transition, step};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

const BEGAN: Timestamp = Timestamp(1_790_000_000_000);
const PASS: Verdict = Verdict::Pass;
const OPEN: Verdict = Verdict::Wait(Wait::Undecided);

/// What a look finds.
struct Found {
    guard: Guard,
    verdict: Verdict,
    gauge: OnFail,
    standing: Standing,
    split: SplitCheck,
    /// The languages in which the candidate is worse.
    languages: Vec<&'static str>,
    commands: Vec<Command>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            guard: Guard::new(Metric::Errors, Margin::Points(50)),
            verdict: OPEN,
            gauge: OnFail::Rollback,
            standing: Standing::Unknown { why: "no answer".to_owned() },
            split: SplitCheck::Sound,
            languages: Vec::new(),
            commands: Vec::new(),
        }
    }
}

impl Found {
    fn gauged(&self) -> Gauged {
        let gauge = Gauge {
            name: GaugeName::parse("queue").unwrap(),
            source: SourceName::parse("metrics").unwrap(),
            query: "queue_length".to_owned(),
            bounds: Bounds { at_most: Some(10.0), ..Bounds::default() },
            unit: None,
            every: Duration::from_secs(30),
            times: 3,
            on_fail: self.gauge,
            mode: Mode::Enforce,
        };
        Gauged { gauge, standing: self.standing.clone() }
    }

    fn worse(&self, language: &str) -> WorseSlice {
        WorseSlice {
            attribute: "language".to_owned(),
            value: language.to_owned(),
            guard: self.guard,
            baseline: Counts::of_share(100, 1),
            candidate: Counts::of_share(100, 50),
            effect: Effect::default(),
            log_harm: 20.0,
            since: None,
            certain: false,
        }
    }

    fn judged(&self) -> Judgement {
        let counts = Counts::of_share(1_000, 10);
        Judgement {
            guard: self.guard,
            verdict: self.verdict,
            baseline: counts,
            candidate: counts,
            effect: Effect::default(),
            log_harm: None,
            log_safe: None,
            passes_with: None,
            without: None,
            since: None,
        }
    }
}

/// A rollout that waits for evidence under a share.
fn under_way() -> State {
    let weight = Weight::from_basis_points(500).unwrap();
    State { phase: Phase::Progressing(Position { weight, ..Position::at(1, BEGAN) }), ..State::new() }
}

fn look(state: &State, found: &Found, (next, policy): (Step, Policy), now: Timestamp) -> Transition {
    let steps = vec![Step::Weight(state.weight()), next];
    let plan = Plan::compile(&Strategy::Canary { steps }, &[found.guard], policy);
    let input = Input {
        sequence: state.sequence,
        commands: found.commands.clone(),
        gateways: Gateways { known: 1, acknowledged: 1, ..Gateways::default() },
        calibration: 1_000,
        analysis: Analysis {
            validity: Validity::Exact,
            seen: Seen::default(),
            candidate_units: 0,
            wait: None,
            split: found.split,
            guards: vec![found.judged()],
            harm_bound: None,
            slices: found.languages.iter().map(|language| found.worse(language)).collect(),
        },
        gauges: vec![found.gauged()],
        signs: Vec::new(),
        smoke: SmokeResult::Passed,
        uncompared: Counts::default(),
        baseline: Readiness::Ready,
        candidate: Readiness::Ready,
    };
    step(&plan, state, &input, now)
}

fn called(transition: &Transition) -> Option<(Severity, &str)> {
    transition.effects.iter().find_map(|effect| match effect {
        effect::Effect::Notify { severity, message } => Some((*severity, message.as_str())),
        _ => None,
    })
}

const ANALYSIS: Step = Step::Analysis { min_samples: 200 };

/// Looks again and again, a minute apart; at which looks people are told what, and that the rollout stays where it is.
fn check_told(finds: Vec<Found>, expected: &[(usize, Severity, &str)]) {
    let (mut state, mut told) = (under_way(), Vec::new());
    let patient = Policy { patience: Duration::from_secs(86_400), ..Policy::default() };
    for (index, found) in finds.iter().enumerate() {
        let now = BEGAN.plus(Duration::from_secs(60 * index as u64));
        // Whatever was told is in the state, which a controller that starts anew reads.
        state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        let transition = look(&state, found, (ANALYSIS, patient), now);
        let message = called(&transition).map(|(severity, message)| (index, severity, message.to_owned()));
        told.extend(message);
        state = transition.next;
        assert_eq!(state.phase, under_way().phase);
    }
    let expected: Vec<_> =
        expected.iter().map(|(index, severity, text)| (*index, *severity, (*text).to_owned())).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_guard_that_only_tells_is_told_once_when_it_fails_and_once_when_it_is_over() {
    let fail = Verdict::Fail(OnFail::Notify);
    let guard = Guard { on_fail: OnFail::Notify, ..Found::default().guard };
    let check = |guard: Guard, verdicts: &[Verdict], expected: &[(usize, Severity, &str)]| {
        let found = |verdict: &Verdict| Found { guard, verdict: *verdict, ..Found::default() };
        check_told(verdicts.iter().map(found).collect(), expected);
    };
    let worse = "this is told and nothing follows: errors: 1.00% (10 of 1000) on the candidate, 1.00% (10 of 1000) on the \
                 baseline: worse, by the best guess by 0.5pp or more; of rollouts of candidates that are no worse at most 1 in 100 \
                 says so; the guard only notifies";
    let over = "in order again: errors, after 3m";
    check(guard, &[OPEN, PASS, OPEN], &[]);
    check(guard, &[OPEN, fail, fail, fail], &[(1, Severity::Critical, worse)]);
    // At the edge of enough it is told once.
    check(guard, &[fail, OPEN, fail, OPEN], &[(0, Severity::Critical, worse)]);
    check(
        guard,
        &[fail, fail, OPEN, PASS, PASS, fail],
        &[(0, Severity::Critical, worse), (3, Severity::Info, over), (5, Severity::Critical, worse)],
    );
    check(Guard { mode: Mode::Observe, ..guard }, &[fail, fail, PASS], &[]);
    // Of a strict guard the margin itself is what was asked.
    let beyond = "this is told and nothing follows: errors: 1.00% (10 of 1000) on the candidate, 1.00% (10 of 1000) on the \
                  baseline: worse by more than 0.5pp, at most 1 false alarm in 100 rollouts; the guard only notifies";
    check(Guard { strict: true, ..guard }, &[fail], &[(0, Severity::Critical, beyond)]);
}

#[test]
fn a_gauge_that_only_tells_is_told_once_when_it_is_out_of_bounds_and_once_when_it_is_over() {
    let beyond = || Standing::Beyond { value: 12.0 };
    let within = || Standing::Within { value: 3.0, at: BEGAN };
    let unknown = || Found::default().standing;
    let check = |standings: Vec<Standing>, expected: &[(usize, Severity, &str)]| {
        let found = |standing| Found { gauge: OnFail::Notify, standing, ..Found::default() };
        check_told(standings.into_iter().map(found).collect(), expected);
    };
    let out = "this is told and nothing follows: queue is 12, and should be at most 10, 3 times in a row";
    check(vec![unknown(), within(), unknown()], &[]);
    check(vec![beyond(), beyond(), unknown(), beyond()], &[(0, Severity::Critical, out)]);
    check(
        vec![beyond(), unknown(), within(), within()],
        &[(0, Severity::Critical, out), (2, Severity::Info, "in order again: queue, after 2m")],
    );
}

#[test]
fn a_slice_that_only_tells_is_told_once_when_it_is_named_and_once_when_it_no_longer_is() {
    let check = |guard: Guard, looks: &[&[&'static str]], expected: &[(usize, Severity, &str)]| {
        let found =
            |languages: &&[&'static str]| Found { guard, languages: languages.to_vec(), ..Found::default() };
        check_told(looks.iter().map(found).collect(), expected);
    };
    let guard = Found::default().guard;
    let (de, fr, both, none): (&[_], &[_], &[_], &[_]) = (&["de"], &["fr"], &["de", "fr"], &[]);
    let is = |language: &str| {
        format!(
            "errors where language is {language}: 50.0% (50 of 100) on the candidate, 1.00% (1 of 100) on the baseline: \
             worse, by the best guess by 0.5pp or more; of slices that are named 1 in 10 is sound at most"
        )
    };
    let worse = |languages: &[&str]| {
        let told: Vec<String> = languages.iter().map(|language| is(language)).collect();
        format!("this is told and nothing follows: {}", told.join("; "))
    };
    let begins = |look, text| (look, Severity::Critical, text);
    let (german, french, two) = (&*worse(&["de"]), &*worse(&["fr"]), &*worse(&["de", "fr"]));
    check(guard, &[none, de, de, de], &[begins(1, german)]);
    check(guard, &[both, both], &[begins(0, two)]);
    check(guard, &[de, both, fr], &[begins(0, german), begins(1, french)]);
    // At the edge of enough it is told once.
    check(guard, &[de, none, de, none, de], &[begins(0, german)]);
    let over = (60, Severity::Info, "no longer named: errors where language is de, after 1h");
    let hour: Vec<&[&str]> = std::iter::once(de).chain(vec![none; 60]).chain([de]).collect();
    check(guard, &hour, &[begins(0, german), over, begins(61, german)]);
    let lasting = vec![de; 90];
    check(guard, &lasting, &[begins(0, german)]);
    check(Guard { mode: Mode::Observe, ..guard }, &[de, de], &[]);
    // One that acts is not sure of this one yet.
    check(Guard { slices: OnSlice::Rollback, ..guard }, &[de, de], &[]);
}

/// Holds a rollout; whether people are called.
fn check_hold(found: Found, plan: (Step, Policy), expected: (Severity, &str)) {
    let held = look(&under_way(), &found, plan, BEGAN.plus(Policy::default().patience));
    assert!(matches!(held.next.phase, Phase::Held { .. }), "{held:?}");
    let (severity, message) = called(&held).unwrap();
    assert!(severity == expected.0 && message.contains(expected.1), "{severity:?}: {message}");
}

#[test]
fn people_are_called_for_a_hold_that_one_of_them_has_to_end() {
    let waiting = || (ANALYSIS, Policy::default());
    let worse = Found {
        guard: Guard { on_fail: OnFail::Pause, ..Found::default().guard },
        verdict: Verdict::Fail(OnFail::Pause),
        ..Found::default()
    };
    check_hold(worse, waiting(), (Severity::Critical, "its guard pauses"));
    let beyond =
        Found { gauge: OnFail::Pause, standing: Standing::Beyond { value: 12.0 }, ..Found::default() };
    check_hold(beyond, waiting(), (Severity::Critical, "3 times in a row; it pauses"));
    let broken = Found { split: SplitCheck::Broken { expected: 0.5, observed: 0.4 }, ..Found::default() };
    check_hold(broken, waiting(), (Severity::Critical, "not split as drawn"));
    let planned = (Step::Pause { duration: None }, Policy::default());
    check_hold(Found::default(), planned, (Severity::Critical, "until it is resumed"));
    let ordered = vec![Command::Pause { by: "ann".to_owned() }];
    let paused = Found { commands: ordered, ..Found::default() };
    check_hold(paused, waiting(), (Severity::Warning, "paused by ann"));
}

#[test]
fn people_are_called_for_missing_evidence_where_nothing_else_ends_the_hold() {
    let policy = |on_insufficient| Policy { on_insufficient, ..Policy::default() };
    let hold = (ANALYSIS, policy(OnInsufficient::Hold));
    check_hold(Found::default(), hold, (Severity::Critical, "too few outcomes"));
    let back = (ANALYSIS, policy(OnInsufficient::Rollback));
    check_hold(Found::default(), back, (Severity::Warning, "back to the baseline in"));
}
