//! How the forms of the core are written into the log: each of them once, in a golden file. A form that is new gets a
//! file of its own; those that are there are read for ever.

use crate::experiments::experiment;
use crate::world::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;
use viridian_core::analysis::drift::About;
use viridian_core::analysis::measurement::Seen;
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::WorseSlice;
use viridian_core::analysis::verdict::{self, Heavy, SplitCheck, Validity, Verdict, Wait};
use viridian_core::declared::{Asks, Declared, Definition, Load};
use viridian_core::experiment::definition::Better;
use viridian_core::guard::{Guard, Margin, OnFail, OnSlice, Unproven};
use viridian_core::id::GaugeName;
use viridian_core::meanings::Meanings;
use viridian_core::metric::Metric;
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::effect::{Effect, Severity};
use viridian_core::rollout::input::Oversized;
use viridian_core::rollout::plan::{Bake, BlueGreen, Smoke, SmokeRequest, Step, Strategy};
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Cause, Clock, Hold, Phase, Position, State, Waiting, Warned};
use viridian_core::score::{self, Score};

/// Every form that a rollout is stored in.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Forms {
    strategies: Vec<Strategy>,
    steps: Vec<Step>,
    phases: Vec<Phase>,
    holds: Vec<Hold>,
    causes: Vec<Cause>,
    findings: Vec<Finding>,
    waitings: Vec<Waiting>,
    waits: Vec<Wait>,
    verdicts: Vec<Verdict>,
    splits: Vec<SplitCheck>,
    validities: Vec<Validity>,
    commands: Vec<Command>,
    effects: Vec<Effect>,
}

fn ann() -> String {
    "ann".to_owned()
}

fn position() -> Position {
    Position {
        weight: percent(10),
        clock: Some(Clock { started_at: NOW, seen: Seen { baseline: 900, candidate: 100 } }),
        patience_from: Some(NOW),
        ordered_by: Some(ann()),
        pardoned: vec![Metric::Errors, Metric::LatencyP95, Metric::Feedback],
        ..Position::at(1, NOW)
    }
}

fn smoke() -> Smoke {
    let full = SmokeRequest {
        method: "POST".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        body: Some("{}".to_owned()),
        status: 200,
        contains: Some("choices".to_owned()),
    };
    let least = SmokeRequest { body: None, contains: None, ..full.clone() };
    Smoke { requests: vec![full, least] }
}

fn steps() -> Vec<Step> {
    vec![
        Step::Smoke(smoke()),
        Step::Weight(percent(5)),
        Step::Analysis { min_samples: 200 },
        Step::Pause { duration: None },
        Step::Pause { duration: Some(Duration::from_secs(90)) },
        Step::Bake(Bake::default()),
    ]
}

fn waits() -> Vec<Wait> {
    vec![
        Wait::Calibrating { have: 1, need: 500 },
        Wait::TooFewUnits { units: 7, groups: 3 },
        Wait::TooFewSamples { have: 1, need: 200 },
        Wait::NoData,
        Wait::LoadTooSmall { need: percent(25) },
        Wait::Undecided,
        Wait::Lopsided(heavy()),
    ]
}

fn heavy() -> Heavy {
    Heavy { groups: 2, share: percent(50) }
}

fn waitings() -> Vec<Waiting> {
    vec![
        Waiting::Gateways { acknowledged: 1, known: 2 },
        Waiting::Smoke,
        Waiting::Time { until: NOW },
        Waiting::Evidence(Wait::NoData),
        Waiting::Guard { metric: Metric::Feedback, wait: Wait::Undecided },
        Waiting::Risk { next: percent(50), bound: 700 },
        Waiting::Baseline,
        Waiting::Candidate,
        Waiting::Person,
    ]
}

fn holds() -> Vec<Hold> {
    vec![
        Hold::Paused { by: ann() },
        Hold::PlannedPause,
        Hold::Regression { metric: Metric::Errors },
        Hold::SplitBroken,
        Hold::Waiting(Waiting::Smoke),
    ]
}

fn causes() -> Vec<Cause> {
    vec![
        Cause::Regression { metric: Metric::LatencyP95 },
        Cause::LocalGuard { node: "gateway-1".to_owned() },
        Cause::Limit { errors: percent(50) },
        Cause::SmokeFailed { detail: "status 503 instead of 200".to_owned() },
        Cause::Insufficient,
        Cause::Ordered { by: ann(), reason: Some("a bad feeling".to_owned()) },
        Cause::Aborted { by: ann(), reason: None },
        Cause::Superseded { by: rollout_name("r2") },
    ]
}

fn phases() -> Vec<Phase> {
    let cause = Cause::Insufficient;
    vec![
        Phase::Pending,
        Phase::Progressing(Position::at(0, NOW)),
        Phase::Progressing(position()),
        Phase::Held { reason: Hold::PlannedPause, since: NOW, at: position() },
        Phase::Baking(position()),
        Phase::RollingBack { cause: cause.clone(), since: NOW },
        Phase::Promoted,
        Phase::RolledBack { cause: cause.clone() },
        Phase::Aborted { cause },
        Phase::Superseded { by: rollout_name("r2") },
    ]
}

fn findings() -> Vec<Finding> {
    vec![
        Finding::Nothing,
        Finding::Began,
        Finding::Waiting { waiting: Waiting::Smoke },
        Finding::Shifted { from: percent(0), to: percent(5) },
        Finding::ClockStarted,
        Finding::Passed { step: 2 },
        Finding::PassedOver { by: ann(), from: 2, to: 4, reach: Reach::Full },
        Finding::PassedOver { by: ann(), from: 2, to: 2, reach: Reach::Step },
        Finding::Held,
        Finding::StillHeld { reason: Hold::SplitBroken },
        Finding::Resumed,
        Finding::RollingBack { cause: Cause::Insufficient },
        Finding::Restored,
        Finding::Promoted,
        Finding::Refused { why: "not yet".to_owned() },
    ]
}

fn commands() -> Vec<Command> {
    vec![
        Command::Pause { by: ann() },
        Command::Resume { by: ann() },
        Command::Promote { by: ann(), reach: Reach::Step },
        Command::Promote { by: ann(), reach: Reach::Full },
        Command::Abort { by: ann(), reason: Some("lunch".to_owned()) },
        Command::Rollback { by: ann(), reason: None },
        Command::Supersede { by: rollout_name("r2") },
    ]
}

fn forms() -> Forms {
    let switch = BlueGreen { smoke: smoke(), trial: Some(percent(10)), bake: Bake::default() };
    let notify = |severity| Effect::Notify { severity, message: "look".to_owned() };
    Forms {
        strategies: vec![
            Strategy::Canary { steps: steps() },
            Strategy::BlueGreen(BlueGreen { smoke: Smoke::default(), trial: None, ..switch.clone() }),
            Strategy::BlueGreen(switch),
        ],
        steps: steps(),
        phases: phases(),
        holds: holds(),
        causes: causes(),
        findings: findings(),
        waitings: waitings(),
        waits: waits(),
        verdicts: vec![
            Verdict::Pass,
            Verdict::Fail(OnFail::Rollback),
            Verdict::Fail(OnFail::Pause),
            Verdict::Fail(OnFail::Notify),
            Verdict::Wait(Wait::NoData),
        ],
        splits: vec![SplitCheck::Sound, SplitCheck::Broken { expected: 0.1, observed: 0.25 }],
        validities: vec![Validity::Exact, Validity::Asymptotic],
        commands: commands(),
        effects: vec![
            Effect::MakeBaseline,
            Effect::RejectCandidate,
            notify(Severity::Info),
            notify(Severity::Warning),
            notify(Severity::Critical),
        ],
    }
}

pub(crate) fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, forms: &T) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let written = serde_json::to_string_pretty(forms).unwrap() + "\n";
    if std::env::var_os("VIRIDIAN_BLESS").is_some() {
        std::fs::write(&golden, &written).unwrap();
    }
    let stored = std::fs::read_to_string(&golden).unwrap();
    assert_eq!(written, stored, "{}", golden.display());
    assert_eq!(&serde_json::from_str::<T>(&stored).unwrap(), forms, "{}", golden.display());
}

#[test]
fn every_form_of_a_rollout_is_written_as_before_and_read_back() {
    check("forms.json", &forms());
}

/// What came with gateways that are watched as a whole and asked twice.
#[test]
fn what_gateways_bring_about_is_written_as_before_and_read_back() {
    let refused = Hold::Refused { node: "gateway-1".to_owned(), reason: "env:KEY is not set".to_owned() };
    let unwell =
        Cause::Unwell { node: "gateway-1".to_owned(), detail: "40 of 50 requests failed".to_owned() };
    check("forms_of_gateways.json", &(refused, unwell));
}

/// What came with bounds on the length of tables.
#[test]
fn what_long_tables_bring_about_is_written_as_before_and_read_back() {
    check("forms_of_long_tables.json", &Hold::Oversized(Oversized { length: 130_000, most: 122_880 }));
}

/// What came with guards on what answers say.
#[test]
fn what_answers_bring_about_is_written_as_before_and_read_back() {
    check("forms_of_answers.json", &Wait::Unread);
}

/// What came with systems outside that are asked.
#[test]
fn what_gauges_bring_about_is_written_as_before_and_read_back() {
    let gauge = || GaugeName::parse("gpu-faults").unwrap();
    let detail = || "gpu-faults is 7, and should be at most 5, 3 times in a row".to_owned();
    let forms = (
        Hold::OutOfBounds { gauge: gauge() },
        Cause::OutOfBounds { gauge: gauge(), detail: detail() },
        Waiting::Gauge { gauge: gauge(), detail: detail() },
        Position { pardoned_gauges: vec![gauge()], ..position() },
    );
    check("forms_of_gauges.json", &forms);
}

/// What came with slices.
#[test]
fn forms_of_slices() {
    let cause =
        Cause::Slice { metric: Metric::Errors, attribute: "language".to_owned(), value: "de".to_owned() };
    let guard = Guard { slices: OnSlice::Rollback, ..Guard::new(Metric::Errors, Margin::Points(50)) };
    let worse = WorseSlice {
        attribute: "language".to_owned(),
        value: "de".to_owned(),
        guard,
        baseline: Counts::of_share(1_000, 10),
        candidate: Counts::of_share(1_000, 90),
        effect: verdict::Effect { estimate: Some(0.08), lower: Some(0.05), upper: Some(0.11) },
        log_harm: 31.5,
        since: Some(Duration::from_secs(300)),
        certain: true,
    };
    check("forms_of_slices.json", &(cause, worse));
}

/// What a guard says of itself when its evidence does not suffice, and what follows.
#[test]
fn forms_of_unproven_guards() {
    let guard = |unproven| Guard { unproven, ..Guard::new(Metric::Cost, Margin::Relative(2_000)) };
    let after = Some(Duration::from_secs(7_200));
    let forms = (
        Cause::Unproven { metric: Metric::Cost },
        [
            Unproven::AsRollout,
            Unproven::Hold,
            Unproven::Rollback { after: None },
            Unproven::Rollback { after },
        ]
        .map(guard),
    );
    check("forms_of_unproven_guards.json", &forms);
}

/// What came with conditions that are compared with those of the beginning.
#[test]
fn what_people_are_warned_of_is_written_as_before_and_read_back() {
    let slice = |attribute: &str| attribute.to_owned();
    let about = [
        About::Split { attribute: slice("language"), value: "de".to_owned() },
        About::Mix { attribute: slice("route") },
        About::InputTokens,
        About::OutputTokens,
        About::Latency,
        About::Share { metric: Metric::Feedback },
    ];
    let warned: Vec<Warned> = about.iter().cloned().map(|about| Warned { about, since: NOW }).collect();
    let state = State { sequence: 7, phase: Phase::Progressing(position()), warned: warned.clone() };
    let report = Report {
        finding: Finding::Warned { begun: about.to_vec(), over: warned },
        warnings: vec!["latency of the baseline: 960ms at the median instead of 800ms".to_owned()],
        ..report("conditions have changed")
    };
    check("forms_of_warnings.json", &(state, report));
}

/// What came with guards and gauges that only tell.
#[test]
fn what_was_asked_to_be_told_is_written_as_before_and_read_back() {
    let gauge = GaugeName::parse("gpu-faults").unwrap();
    let about = [About::Guard { metric: Metric::Errors }, About::Gauge { gauge }];
    let warned = about.iter().cloned().map(|about| Warned { about, since: NOW }).collect();
    let finding = Finding::Warned { begun: about.to_vec(), over: Vec::new() };
    let state = State { sequence: 7, phase: Phase::Progressing(position()), warned };
    check("forms_of_what_only_tells.json", &(state, finding));
}

/// What came with slices that only tell.
#[test]
fn what_was_told_of_a_slice_is_written_as_before_and_read_back() {
    let (attribute, value) = ("language".to_owned(), "de".to_owned());
    let about = About::Slice { metric: Metric::Errors, attribute, value };
    let warned = Warned { about: about.clone(), since: NOW };
    let finding = Finding::Warned { begun: vec![about], over: vec![warned.clone()] };
    let state = State { sequence: 7, phase: Phase::Progressing(position()), warned: vec![warned] };
    check("forms_of_told_slices.json", &(state, finding));
}

/// What came with scores in experiments, in what is waited for, and in what people are warned of.
#[test]
fn what_is_declared_is_kept_with_its_meaning() {
    let score = Score::new("helpful", 7, 1, 5).unwrap();
    let curt = Declared::new("curt", 9, Asks::Text, Load::Indifferent).unwrap();
    let metrics = vec![Definition { metric: curt, bad: "answer.length < 20".to_owned(), when: None }];
    let scores = vec![score::Definition { score, judge: Some("gpt-4o/rubric-3".to_owned()) }];
    let mut experiment = experiment("tone", &["v1", "v2"]);
    (experiment.aim.metric, experiment.aim.better) = (Metric::Score(score), Better::Higher);
    experiment.aim.minimum_effect = Margin::Score(200);
    experiment.guards = vec![Guard::new(Metric::Declared(curt), Margin::Points(200))];
    experiment.meanings.insert(application_name(), Meanings { metrics, scores });
    let waits = [
        viridian_core::experiment::verdict::Wait::TooFewScored { arm: 1, groups: 12 },
        viridian_core::experiment::verdict::Wait::Unread { arm: 1, than: 0 },
    ];
    let waiting =
        Waiting::Guard { metric: Metric::Score(score), wait: Wait::TooFewScored { groups: 12, need: 48 } };
    let warned = Warned { about: About::Scores { score }, since: NOW };
    check("forms_of_scores.json", &(experiment, waits, waiting, warned));
}

/// What came with aims that wait for what callers say.
#[test]
fn an_aim_that_waits_is_written_as_before_and_read_back() {
    let mut experiment = experiment("tone", &["v1", "v2"]);
    experiment.aim.maturity = minutes(90);
    check("forms_of_aims_that_wait.json", &experiment);
}
