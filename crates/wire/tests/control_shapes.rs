//! What controller and gateways tell each other, as JSON, against golden files, written and read back.
//! `VIRIDIAN_BLESS=1` rewrites the files; a changed file means that the other side has to understand both.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "control_shapes/former.rs"]
mod former;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;
use viridian_core::analysis::row::{FeedbackRecord, Given, GroupRow, Opinion, Origin, Standing, TallyRow};
use viridian_core::analysis::slices::SliceTally;
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::application::{LocalGuard, Pin, Protocol, Timeouts, Unit};
use viridian_core::arm::Arm;
use viridian_core::companion::Elsewhere;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::epoch::{Threshold, Thresholds};
use viridian_core::id::{
    ApplicationName, BootId, EnvironmentName, EpochId, Generation, NodeName, ReleaseName, RolloutName, Term,
};
use viridian_core::metric::Metric;
use viridian_core::opinion::Opinions;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::release::{Digest, Model, Parameters, Precedence};
use viridian_core::routing::decide::{self, Decision, Exempt};
use viridian_core::routing::table::{Comparison, Placement, Reads, RoutingTable, Salt};
use viridian_core::score::{self, Score};
use viridian_core::slice::{Attribute, Slicing};
use viridian_core::time::Timestamp;
use viridian_core::unit::{GROUPS, Group, UnitHash};
use viridian_core::weight::{Split, Weight};
use viridian_wire::door::Receipt;
use viridian_wire::operator::{Candidates, PinList, PinStatus, Standing as Operator, TableStanding};
use viridian_wire::snapshot::{Acknowledgement, Delta, Rejection, SigningKey, Snapshot, TableAnswer};
use viridian_wire::tally::{TallyReport, Trip, Vitals};

const THRESHOLD: Threshold = Threshold { at_us: 400_000, scaled_us: 480_000 };

/// Compares a value with its golden file, and what the file reads as with the value.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, written: String, value: &T) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/control/{name}.json"));
    let written = written + "\n";
    if std::env::var_os("VIRIDIAN_BLESS").is_some() {
        std::fs::write(&golden, &written).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    assert_eq!(written, expected, "{}", golden.display());
    assert_eq!(&serde_json::from_str::<T>(&expected).unwrap(), value, "{}", golden.display());
}

/// Reads a shape that is written no longer.
fn check_read<T: DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/control/{name}.json"));
    let text = std::fs::read_to_string(&golden).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{}", golden.display());
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn application() -> ApplicationName {
    ApplicationName::parse("support-chat").unwrap()
}

fn rollout() -> RolloutName {
    RolloutName::parse("support-chat-v8").unwrap()
}

fn node() -> NodeName {
    NodeName::parse("gateway-1").unwrap()
}

fn weight(basis_points: u16) -> Weight {
    Weight::from_basis_points(basis_points).unwrap()
}

fn placement(version: &str) -> Placement {
    Placement {
        release: ReleaseName::parse(&format!("support-chat-{version}")).unwrap(),
        version: version.to_owned(),
        digest: Digest("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".to_owned()),
        environment: EnvironmentName::parse("blue").unwrap(),
        endpoints: vec![Endpoint("https://api.example.com/v1".to_owned())],
        bearer: Some(SecretReference::Environment("PROVIDER_KEY".to_owned())),
        model: Some(Model { name: "small".to_owned(), version: Some("2".to_owned()) }),
        parameters: Parameters {
            precedence: Precedence::Release,
            values: [("temperature".to_owned(), "0.1".to_owned())].into(),
        },
        prices: None,
    }
}

/// A table with a rollout and everything that can be left out.
fn full_table() -> RoutingTable {
    RoutingTable {
        application: application(),
        generation: Generation(1_207),
        term: Term(3),
        protocol: Protocol::Http,
        unit: Unit::Header("x-shop".to_owned()),
        allow_paths: vec!["/query".to_owned(), "/suggest/*".to_owned()],
        pins: vec![Pin { unit: "shop-7".to_owned(), arm: Arm::Baseline }],
        timeouts: Timeouts { connect: Duration::from_millis(500), ..Timeouts::default() },
        epoch: EpochId(7),
        thresholds: Thresholds::only(Metric::LatencyP95, THRESHOLD),
        reads: Reads::default(),
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slicing: None,
        baseline: placement("v7"),
        comparison: Some(Comparison {
            rollout: rollout(),
            candidate: placement("v8"),
            split: Split::to_candidate(weight(500)),
            salt: Salt([7; 16]),
            warmup: 10,
            local_guard: Some(LocalGuard { errors: weight(5_000), min_requests: 20 }),
        }),
        experiment: None,
    }
}

fn score() -> Score {
    Score::new("helpfulness", 0x1234, 1, 5).unwrap()
}

/// A table without a rollout and without anything that can be left out.
fn bare_table() -> RoutingTable {
    let baseline = Placement {
        bearer: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
        endpoints: vec![Endpoint("http://10.0.0.5:8000".to_owned())],
        ..placement("v1")
    };
    RoutingTable {
        application: ApplicationName::parse("digits").unwrap(),
        generation: Generation(100),
        protocol: Protocol::OpenInference,
        unit: Unit::Request,
        allow_paths: Vec::new(),
        pins: Vec::new(),
        timeouts: Timeouts::default(),
        epoch: EpochId(0),
        thresholds: Thresholds::default(),
        reads: Reads::default(),
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slicing: None,
        baseline,
        comparison: None,
        experiment: None,
        ..full_table()
    }
}

#[test]
fn snapshots() {
    let key = SigningKey { id: 1, secret: [9; 32] };
    let snapshot = Snapshot { term: Term(3), keys: vec![key], tables: vec![full_table(), bare_table()] };
    check("snapshot", pretty(&snapshot), &snapshot);
}

#[test]
fn deltas() {
    let delta = Delta {
        term: Term(3),
        number: 17,
        keys: vec![SigningKey { id: 1, secret: [9; 32] }],
        tables: vec![bare_table()],
        removed: vec![ApplicationName::parse("digits").unwrap()],
        complete: true,
    };
    check("delta", pretty(&delta), &delta);
}

#[test]
fn acknowledgements() {
    let refused = Rejection { generation: Generation(1_207), reason: "older than what is served".to_owned() };
    let acknowledgement = Acknowledgement {
        node: node(),
        boot: BootId(42),
        answers: vec![
            TableAnswer { application: application(), serving: Generation(1_207), rejected: None },
            TableAnswer {
                application: ApplicationName::parse("digits").unwrap(),
                serving: Generation(1_300),
                rejected: Some(refused),
            },
        ],
    };
    check("acknowledgement_of_a_boot", pretty(&acknowledgement), &acknowledgement);
    let before = Acknowledgement { boot: BootId::default(), ..acknowledgement };
    check_read("acknowledgement", &before);
}

#[test]
fn what_operators_are_told() {
    let list = PinList { pinned: vec![application()] };
    check("pin_list", pretty(&list), &list);
    let until_stopped = Some("the gateway has no directory to keep it in".to_owned());
    let status = PinStatus { application: application(), pinned: true, until_stopped };
    check("pin_status", pretty(&status), &status);
}

/// Outcomes of every kind: drawn and exempt, of every class, fast and slow.
fn outcomes() -> impl Iterator<Item = Outcome> {
    let drawn = decide::Standing::Drawn(weight(500));
    let of_class = Class::ALL.into_iter().zip(1..).map(move |(class, n)| (class, drawn, n * 60_000));
    let exempt = Exempt::ALL.into_iter().map(|reason| (Class::Ok, decide::Standing::Exempt(reason), 1_000));
    of_class.chain(exempt).zip(0_u64..).map(|((class, standing, latency_us), n)| {
        let unit = Some(UnitHash(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        Outcome {
            decision: Decision { arm: Arm::Candidate, standing, unit },
            class,
            latency_us,
            first_token: FirstToken::After(latency_us / 3),
            contents: contents(class, n),
        }
    })
}

/// What a complete answer says; every other one is cut short.
fn contents(class: Class, n: u64) -> Contents {
    if class != Class::Ok {
        return Contents::default();
    }
    Contents {
        refused: Some(false),
        empty: Some(false),
        truncated: Some(n.is_multiple_of(2)),
        invalid_output: Some(n.is_multiple_of(2)),
        invalid_tool_calls: None,
        missed_cache: Some(true),
        input_tokens: Some(700 + n),
        cached_tokens: Some(0),
        output_tokens: Some(90 + n),
        cost: Some(2_650_000 + 1_000 * n),
    }
}

#[test]
fn tally_reports() {
    let mut tally = Tally::default();
    let mut groups = GroupTally::default();
    let mut thresholds = Thresholds::only(Metric::LatencyP95, THRESHOLD);
    thresholds.set(Metric::FirstTokenP50, Threshold { at_us: 100_000, scaled_us: 120_000 });
    thresholds.set(Metric::PerTokenP95, Threshold { at_us: 400, scaled_us: 480 });
    thresholds.set_cap(Metric::OutputTokens, 80);
    thresholds.set_cap(Metric::Cost, 1 << 24);
    thresholds.set_cap(Metric::CostPerSuccess, 1 << 24);
    thresholds.set_cap(Metric::LatencyMean, 1 << 20);
    for outcome in outcomes() {
        tally.record_draw(&outcome.decision);
        groups.record_draw(&outcome.decision);
        tally.record(&outcome, &thresholds);
        groups.record(&outcome, &thresholds);
    }
    let (epoch, arm) = (EpochId(7), Arm::Candidate);
    let record = FeedbackRecord {
        request: "req-01".to_owned(),
        application: application(),
        epoch,
        arm,
        group: Group(17),
        evidence: Standing::Measured,
        issued_at: Timestamp(1_767_225_600_000),
        received_at: Timestamp(1_767_225_660_000),
        opinion: Some(Opinion::Bad),
        scores: Vec::new(),
        elsewhere: Elsewhere::NOWHERE,
    };
    let exempt =
        FeedbackRecord { evidence: Standing::Exempt, opinion: Some(Opinion::Good), ..record.clone() };
    let scored = FeedbackRecord {
        opinion: None,
        scores: vec![Given { score: score(), level: score().level(4.2).unwrap() }],
        ..record.clone()
    };
    check("feedback_with_scores", pretty(&scored), &scored);
    let slot = Timestamp(1_767_225_600_000);
    let report = TallyReport {
        vitals: None,
        origin: Origin { node: node(), boot: BootId(42) },
        tallies: vec![TallyRow { application: application(), epoch, slot, arm, tally }],
        groups: vec![GroupRow { application: application(), epoch, arm, groups }],
        feedback: vec![record, exempt],
        trips: vec![Trip { application: application(), rollout: rollout(), epoch }],
    };
    // On one line: spelled out, the counters of 64 groups fill a thousand.
    check("tally_report_9", serde_json::to_string(&report).unwrap(), &report);
    let vitals = Vitals {
        clock: Timestamp(1_767_225_661_000),
        ended: 12_000,
        failed: 31,
        lost: 2,
        pinned: vec![application()],
    };
    check("vitals", pretty(&vitals), &vitals);
    let receipt = Receipt { durable: true, clock_ahead: Some(-3_600_000) };
    check("receipt", pretty(&receipt), &receipt);
    check(
        "receipt_on_time",
        pretty(&Receipt { clock_ahead: None, ..receipt }),
        &Receipt { clock_ahead: None, ..receipt },
    );
}

#[test]
fn an_operator_reads_what_a_gateway_serves_by() {
    let table = TableStanding {
        application: application(),
        generation: Generation(12),
        baseline: ReleaseName::parse("support-chat-v7").unwrap(),
        candidate: Some(ReleaseName::parse("support-chat-v8").unwrap()),
        share: Weight::from_basis_points(500).unwrap(),
        pinned: true,
    };
    let standing = Operator {
        node: node(),
        term: Term(3),
        heard_ago: Some(1_250),
        candidates: Candidates::Withdrawn,
        tables: vec![table],
    };
    check("standing", pretty(&standing), &standing);
}

/// What came with slices: a table that asks for them, and counters that have them.
#[test]
fn slices_are_asked_for_and_counted() {
    let slicing = Slicing {
        by: vec![Attribute::parse("language").unwrap(), Attribute::parse("header:x-plan").unwrap()],
        metrics: vec![Metric::Errors, Metric::Cost],
    };
    let table = RoutingTable { slicing: Some(slicing), ..full_table() };
    check("table_with_slices", pretty(&table), &table);
    let mut thresholds = Thresholds::default();
    thresholds.expect(score(), score().level(4.0).unwrap());
    let scores = vec![
        score::Definition { score: score(), judge: Some("gpt-4o/rubric-3".to_owned()) },
        score::Definition { score: Score::new("clarity", 7, 0, 1).unwrap(), judge: None },
    ];
    let table = RoutingTable { scores, thresholds, ..bare_table() };
    check("table_with_scores", pretty(&table), &table);

    let counts = json!({"n": 1_000, "x": 31, "xs": 31});
    let counted = json!({"language": {"de": {"errors": counts}, "other": {"errors": counts}}});
    let slices: SliceTally = serde_json::from_value(counted).unwrap();
    let mut groups = GroupTally::default();
    groups.slices = slices;
    let row = GroupRow { application: application(), epoch: EpochId(7), arm: Arm::Candidate, groups };
    check("groups_with_slices_2", serde_json::to_string(&row).unwrap(), &row);
    check_read("groups_with_slices", &row);
}

/// What came with slices of sticky units: they are counted by group.
#[test]
fn slices_are_counted_by_group() {
    let mut groups = vec![Counts::default(); GROUPS];
    groups[63] = Counts::of_share(1_000, 31);
    let counted = json!({"language": {"de": {"errors": {"n": 1_000, "x": 31, "xs": 31, "g": groups}}}});
    let mut groups = GroupTally::default();
    groups.slices = serde_json::from_value(counted).unwrap();
    let row = GroupRow { application: application(), epoch: EpochId(7), arm: Arm::Candidate, groups };
    check("groups_with_slices_of_units", serde_json::to_string(&row).unwrap(), &row);
    let few =
        json!({"language": {"de": {"errors": {"n": 2, "x": 0, "xs": 0, "g": [{"n": 2, "x": 0, "xs": 0}]}}}});
    let error = serde_json::from_value::<SliceTally>(few).unwrap_err().to_string();
    assert_eq!(error, "1 groups of units instead of 64");
}
