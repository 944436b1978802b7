//! The bodies of the control-plane API as JSON, against golden files, written and read back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "api_bodies/forecast.rs"]
mod forecast;

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;
use viridian_core::analysis::measurement::Seen;
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Analysis, Effect, Judgement, SplitCheck, Validity, Verdict, Wait};
use viridian_core::application::{Application, Protocol, Timeouts, Unit};
use viridian_core::environment::{Endpoint, Environment, Platform, SecretReference};
use viridian_core::guard::{Guard, Margin, Mode, OnFail};
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName, RolloutName};
use viridian_core::metric::Metric;
use viridian_core::opinion::Opinions;
use viridian_core::release::{Digest, Model, Parameters, Precedence, Release};
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::plan::{Bake, Plan, Policy, Proposal, Smoke, Step, Strategy};
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Phase, Position, State, Waiting};
use viridian_core::score::Score;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_wire::api::{
    Action, ApplicationBody, ApplyResult, Change, Entry, EventBody, EventKind, Explanation, Facts, Fate,
    FaultBody, GatewayBody, History, InWords, List, Moment, OrderReceipt, OrderRequest, Problem, ReachBody,
    RefusedTableBody, RejectionBody, ReleaseBody, RolloutBody, ServingBody, StartRequest,
};

const BEGAN: Timestamp = Timestamp(1_767_225_600_000);

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, golden: &str, body: &T) {
    let written = serde_json::to_string_pretty(body).unwrap();
    assert_eq!(written, golden.strip_suffix('\n').unwrap(), "tests/golden/api/{file}");
    assert_eq!(&serde_json::from_str::<T>(golden).unwrap(), body, "tests/golden/api/{file}");
}

fn weight(basis_points: u16) -> Weight {
    Weight::from_basis_points(basis_points).unwrap()
}

fn application() -> ApplicationName {
    ApplicationName::parse("support-chat").unwrap()
}

fn release(version: &str) -> ReleaseName {
    ReleaseName::parse(&format!("support-chat-{version}")).unwrap()
}

fn guards() -> [Guard; 2] {
    let errors = Guard::new(Metric::Errors, Margin::Points(50));
    let feedback = Guard {
        on_fail: OnFail::Pause,
        mode: Mode::Observe,
        maturity: Duration::from_secs(600),
        ..Guard::new(Metric::Feedback, Margin::Relative(2_500))
    };
    [errors, feedback]
}

fn proposal() -> Proposal {
    Proposal {
        name: RolloutName::parse("support-chat-v8").unwrap(),
        application: application(),
        candidate: release("v8"),
        strategy: Strategy::Canary {
            steps: vec![
                Step::Smoke(Smoke::default()),
                Step::Weight(weight(500)),
                Step::Analysis { min_samples: 200 },
                Step::Pause { duration: Some(Duration::from_secs(90)) },
                Step::Weight(Weight::FULL),
                Step::Bake(Bake::default()),
            ],
        },
        policy: Policy::default(),
    }
}

fn report() -> Report {
    let [errors, feedback] = guards();
    let counts = |trials, events| Counts::of_share(trials, events);
    let waiting = Waiting::Guard { metric: Metric::Errors, wait: Wait::Undecided };
    Report {
        at: BEGAN.plus(Duration::from_millis(90_250)),
        finding: Finding::Waiting { waiting },
        analysis: Analysis {
            validity: Validity::Asymptotic,
            seen: Seen { baseline: 1_900, candidate: 100 },
            candidate_units: 80,
            wait: None,
            split: SplitCheck::Sound,
            guards: vec![
                Judgement {
                    guard: errors,
                    verdict: Verdict::Wait(Wait::Undecided),
                    baseline: counts(1_900, 19),
                    candidate: counts(100, 2),
                    effect: Effect { estimate: Some(0.01), lower: Some(-0.02), upper: Some(0.05) },
                    log_harm: Some(0.5),
                    log_safe: None,
                    passes_with: None,
                    without: None,
                    since: None,
                },
                Judgement {
                    guard: feedback,
                    verdict: Verdict::Wait(Wait::NoData),
                    baseline: counts(0, 0),
                    candidate: counts(0, 0),
                    effect: Effect::default(),
                    log_harm: None,
                    log_safe: None,
                    passes_with: None,
                    without: None,
                    since: None,
                },
            ],
            harm_bound: Some(0.05),
            slices: Vec::new(),
        },
        observed: Vec::new(),
        gauges: Vec::new(),
        warnings: Vec::new(),
        sentence: "Step 3 goes on: errors: neither worse nor shown safe yet.".to_owned(),
    }
}

fn with_facts<T>(phase: Phase, body: impl FnOnce(&Facts<'_>) -> T) -> T {
    with_report(report(), phase, body)
}

fn with_report<T>(report: Report, phase: Phase, body: impl FnOnce(&Facts<'_>) -> T) -> T {
    let proposal = proposal();
    let plan = Plan::compile(&proposal.strategy, &guards(), proposal.policy);
    let state = State { sequence: 5, phase, ..State::new() };
    body(&Facts {
        proposal: &proposal,
        plan: &plan,
        state: &state,
        report: Some(&report),
        baseline: "support-chat-v7",
        last_step: None,
        waits_for: None,
        trouble: None,
        started_at: BEGAN.into(),
        ended_at: None,
    })
}

fn progressing() -> Phase {
    Phase::Progressing(Position { weight: weight(500), ..Position::at(2, BEGAN) })
}

#[test]
fn a_rollout_shows_its_plan_and_its_numbers() {
    let pause = Command::Pause { by: "ada".to_owned() };
    let body = with_facts(progressing(), |facts| RolloutBody::new(facts, vec![InWords(&pause).to_string()]));
    check("rollout.json", include_str!("golden/api/rollout.json"), &body);
}

#[test]
fn a_rollout_explains_itself() {
    let body = with_facts(progressing(), Explanation::new);
    check("explanation-turns.json", include_str!("golden/api/explanation-turns.json"), &body);
    // Older ones did not say what would change a verdict.
    let mut older = body;
    older.guards.iter_mut().for_each(|guard| guard.would_change = None);
    check("explanation.json", include_str!("golden/api/explanation.json"), &older);
}

/// In the status and in the explanation, in full and in what would change it.
#[test]
fn a_guard_that_lacks_scored_groups_says_so() {
    let metric = Metric::Score(Score::new("helpful", 7, 1, 5).unwrap());
    let wait = Wait::TooFewScored { groups: 12, need: 48 };
    let mut report = report();
    report.finding = Finding::Waiting { waiting: Waiting::Guard { metric, wait } };
    let judged = &mut report.analysis.guards[0];
    (judged.guard, judged.verdict) = (Guard::new(metric, Margin::Score(200)), Verdict::Wait(wait));
    let lacks =
        "too few units were given scores: those of 12 of 64 groups on both arms, and of 48 are needed";
    let status = with_report(report.clone(), progressing(), |facts| RolloutBody::new(facts, Vec::new()));
    let judged = &status.report.unwrap().analysis.guards[0];
    assert_eq!(judged.waits_for.as_deref(), Some(lacks));
    assert!(judged.sentence.ends_with(&format!(": {lacks} (margin 0.2 points)")), "{}", judged.sentence);
    let explanation = with_report(report, progressing(), Explanation::new);
    let change =
        "Scores of answers to more different units, so that on both arms those of 48 of 64 groups have some";
    assert!(explanation.would_change[0].starts_with(change), "{:?}", explanation.would_change);
    assert!(explanation.guards[0].sentence.contains(lacks), "{:?}", explanation.guards[0]);
    assert!(explanation.guards[0].would_change.as_ref().unwrap().starts_with(change));
}

#[test]
fn a_history_tells_who_and_why() {
    let state = State { sequence: 1, phase: progressing(), ..State::new() };
    let order = Command::Promote { by: "ada".to_owned(), reach: Reach::Step };
    let body = History {
        rollout: "support-chat-v8".to_owned(),
        entries: vec![
            Entry::started(7, BEGAN.into(), &proposal()),
            Entry::ordered(8, BEGAN.into(), &order),
            Entry::moved(9, BEGAN.into(), &state, &report()),
        ],
        next: None,
    };
    check("history.json", include_str!("golden/api/history.json"), &body);
}

#[test]
fn an_application_names_secrets_and_never_holds_them() {
    let name = EnvironmentName::parse("blue").unwrap();
    let environment = Environment {
        name: name.clone(),
        platform: Platform::Static,
        endpoints: vec![Endpoint("https://api.example.com".to_owned())],
        readiness: None,
        bearer: Some(SecretReference::Environment("PROVIDER_KEY".to_owned())),
    };
    let application = Application {
        name: application(),
        labels: BTreeMap::from([("team".to_owned(), "cx".to_owned())]),
        protocol: Protocol::OpenAi,
        unit: Unit::Header("x-tenant".to_owned()),
        environments: BTreeMap::from([(name, environment)]),
        allow_paths: Vec::new(),
        pins: Vec::new(),
        local_guard: None,
        guards: guards().to_vec(),
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slices: Vec::new(),
        sources: BTreeMap::new(),
        gauges: Vec::new(),
        timeouts: Timeouts::default(),
    };
    let body = ApplicationBody::new(&application, Some("support-chat-v7".to_owned()), None, None, 0);
    check("application.json", include_str!("golden/api/application.json"), &body);
}

#[test]
fn a_release_says_what_became_of_it() {
    let release = Release {
        name: release("v8"),
        application: application(),
        version: "v8".to_owned(),
        environment: None,
        model: Some(Model { name: "gpt-4o".to_owned(), version: None }),
        parameters: Parameters {
            precedence: Precedence::Release,
            values: BTreeMap::from([("temperature".to_owned(), "0.1".to_owned())]),
        },
        prices: None,
        digest: Digest("sha256:00".to_owned()),
    };
    let rejected = RejectionBody {
        at: BEGAN.into(),
        rollout: "support-chat-v8".to_owned(),
        because: "errors got worse".to_owned(),
    };
    let fate = Fate { is_baseline: false, registered_at: BEGAN.into(), rejected: Some(rejected) };
    let body = List { items: vec![ReleaseBody::new(&release, fate)], next: None };
    check("releases.json", include_str!("golden/api/releases.json"), &body);
}

#[test]
fn gateways_say_what_they_serve_by_and_what_they_refuse() {
    let refused = RefusedTableBody {
        application: "digits".to_owned(),
        reason: "env:DIGITS_KEY is not set in the environment of this process".to_owned(),
    };
    let body = List {
        items: vec![GatewayBody {
            name: "gateway-1".to_owned(),
            live: true,
            heard_at: BEGAN.into(),
            serving: vec![ServingBody { application: "support-chat".to_owned(), generation: 1_207 }],
            refused: vec![refused],
            pinned: Vec::new(),
            clock_ahead_ms: None,
            lost: 0,
        }],
        next: None,
    };
    check("gateways.json", include_str!("golden/api/gateways.json"), &body);
    let [mut troubled] = <[GatewayBody; 1]>::try_from(body.items).unwrap();
    troubled.pinned = vec!["support-chat".to_owned()];
    troubled.clock_ahead_ms = Some(-3_600_000);
    troubled.lost = 12;
    check("gateway.json", include_str!("golden/api/gateway.json"), &troubled);
}

#[test]
fn what_is_sent_reads_as_written() {
    let order = OrderRequest {
        by: Some("ada".to_owned()),
        reason: Some("not today".to_owned()),
        reach: Some(ReachBody::Full),
    };
    check("order.json", include_str!("golden/api/order.json"), &order);
    let start: StartRequest =
        serde_json::from_value(serde_json::json!({"application": "a", "candidate": "b"})).unwrap();
    check("start.json", include_str!("golden/api/start.json"), &start);
    let receipt = OrderReceipt {
        id: 3,
        rollout: "support-chat-v8".to_owned(),
        order: "pause, ordered by ada".to_owned(),
        durable: true,
    };
    check("receipt.json", include_str!("golden/api/receipt.json"), &receipt);
    let change = Change {
        kind: "Release".to_owned(),
        name: "support-chat-v8".to_owned(),
        action: Action::Unchanged,
        warnings: Vec::new(),
    };
    let applied = ApplyResult { dry_run: true, changes: vec![change] };
    check("applied.json", include_str!("golden/api/applied.json"), &applied);
}

#[test]
fn problems_carry_every_fault() {
    let fault = FaultBody {
        file: "viridian.yaml".to_owned(),
        line: 3,
        column: 9,
        path: "spec.unit".to_owned(),
        message: "missing".to_owned(),
    };
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: "Unprocessable Content".to_owned(),
        status: 422,
        detail: "the manifest has one fault".to_owned(),
        code: "invalidManifest".to_owned(),
        errors: vec![fault],
    };
    check("problem.json", include_str!("golden/api/problem.json"), &problem);
}

#[test]
fn events_are_named_as_in_their_data() {
    let event = EventBody {
        rollout: Some("support-chat-v8".to_owned()),
        ..EventBody::new(EventKind::RolloutStarted, Moment(BEGAN), "asked for".to_owned())
    };
    check("event.json", include_str!("golden/api/event.json"), &event);
    let word = serde_json::to_value(event.kind).unwrap();
    assert_eq!(word, event.kind.as_str());
}

/// What a list says of where it goes on; a client gives just that back.
#[test]
fn a_part_of_a_list_says_where_it_goes_on() {
    let body: List<String> =
        List { items: vec!["support-chat".to_owned()], next: Some("support-chat".to_owned()) };
    check("part.json", include_str!("golden/api/part.json"), &body);
}
