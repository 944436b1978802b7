//! A small world to store: one application, two releases, a plan, and the moves of a rollout.

use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use viridian_core::analysis::measurement::Seen;
use viridian_core::analysis::verdict::{Analysis, SplitCheck, Validity};
use viridian_core::application::{Application, Protocol, Timeouts, Unit};
use viridian_core::environment::{Endpoint, Environment, Platform};
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::id::{ApplicationName, EnvironmentName, EpochId, Generation, ReleaseName, RolloutName};
use viridian_core::opinion::Opinions;
use viridian_core::release::{Digest, Parameters, Release};
use viridian_core::rollout::plan::{Plan, Policy, Proposal, Step, Strategy};
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Cause, Phase, Position, State};
use viridian_core::routing::build::{self, Committed, Trial};
use viridian_core::routing::table::{Placement, RoutingTable, Salt};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_store::{Commit, Folding, Options, Retention, Retry, Start, Store, StoredRollout, Takeover};

pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000_000);
pub(crate) const SALT: Salt = Salt([9; 16]);

pub(crate) fn application_name() -> ApplicationName {
    ApplicationName::parse("support-chat").unwrap()
}

pub(crate) fn release_name(name: &str) -> ReleaseName {
    ReleaseName::parse(name).unwrap()
}

pub(crate) fn rollout_name(name: &str) -> RolloutName {
    RolloutName::parse(name).unwrap()
}

pub(crate) fn application() -> Application {
    let blue = EnvironmentName::parse("blue").unwrap();
    let environment = Environment {
        name: blue.clone(),
        platform: Platform::Static,
        endpoints: vec![Endpoint("http://127.0.0.1:8000".to_owned())],
        readiness: None,
        bearer: None,
    };
    Application {
        name: application_name(),
        labels: BTreeMap::new(),
        protocol: Protocol::OpenAi,
        unit: Unit::User,
        environments: BTreeMap::from([(blue, environment)]),
        allow_paths: Vec::new(),
        pins: Vec::new(),
        local_guard: None,
        guards: Vec::new(),
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slices: Vec::new(),
        sources: BTreeMap::new(),
        gauges: Vec::new(),
        timeouts: Timeouts::default(),
    }
}

pub(crate) fn release(name: &str, digest: &str) -> Release {
    Release {
        name: release_name(name),
        application: application_name(),
        version: name.to_owned(),
        environment: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
        digest: Digest(format!("sha256:{digest}")),
    }
}

pub(crate) fn proposal(name: &str, candidate: &str) -> Proposal {
    Proposal {
        name: rollout_name(name),
        application: application_name(),
        candidate: release_name(candidate),
        strategy: Strategy::Canary { steps: vec![Step::Weight(percent(10))] },
        policy: Policy::default(),
    }
}

pub(crate) fn plan() -> Plan {
    Plan::compile(&proposal("x", "v2").strategy, &[], Policy::default())
}

pub(crate) fn percent(percent: u16) -> Weight {
    Weight::from_basis_points(percent * 100).unwrap()
}

/// A store in `directory` with an application and its releases `v1` (the baseline), `v2` and `v3`.
pub(crate) fn furnished(directory: &Path) -> Store {
    let store = open(directory);
    furnish(&store);
    store
}

pub(crate) fn open(directory: &Path) -> Store {
    Store::open_with(directory, &Options { ballast: 1 << 16 }).unwrap()
}

pub(crate) fn furnish(store: &Store) {
    store.apply_application(&application(), NOW).unwrap();
    for name in ["v1", "v2", "v3"] {
        store.register_release(&release(name, name), NOW).unwrap();
    }
    store.set_first_baseline(&application_name(), &release_name("v1"), NOW).unwrap();
}

pub(crate) fn start(
    store: &Store,
    name: &str,
    candidate: &str,
) -> Result<StoredRollout, viridian_store::Error> {
    start_as(store, name, candidate, Takeover::Refuse, Retry::Refuse)
}

pub(crate) fn start_as(
    store: &Store,
    name: &str,
    candidate: &str,
    takeover: Takeover,
    retry: Retry,
) -> Result<StoredRollout, viridian_store::Error> {
    let (proposal, plan) = (proposal(name, candidate), plan());
    store.start_rollout(&Start { proposal: &proposal, plan: &plan, salt: SALT, takeover, retry, at: NOW })
}

pub(crate) fn progressing(sequence: u64, weight: Weight) -> State {
    let mut at = Position::at(0, NOW);
    at.weight = weight;
    State { sequence, phase: Phase::Progressing(at), warned: Vec::new() }
}

pub(crate) fn rolling_back(sequence: u64) -> State {
    State {
        sequence,
        phase: Phase::RollingBack { cause: Cause::Insufficient, since: NOW },
        warned: Vec::new(),
    }
}

pub(crate) fn rolled_back(sequence: u64) -> State {
    State { sequence, phase: Phase::RolledBack { cause: Cause::Insufficient }, warned: Vec::new() }
}

pub(crate) fn promoted(sequence: u64) -> State {
    State { sequence, phase: Phase::Promoted, warned: Vec::new() }
}

pub(crate) fn report(sentence: &str) -> Report {
    Report {
        at: NOW,
        finding: Finding::Began,
        analysis: Analysis {
            validity: Validity::Exact,
            seen: Seen::default(),
            candidate_units: 0,
            wait: None,
            split: SplitCheck::Sound,
            guards: Vec::new(),
            harm_bound: Some(0.1 + 0.2),
            slices: Vec::new(),
        },
        observed: Vec::new(),
        gauges: Vec::new(),
        warnings: Vec::new(),
        sentence: sentence.to_owned(),
    }
}

/// A commit without table, epoch, effects or answers.
pub(crate) fn bare<'a>(rollout: &'a RolloutName, next: &'a State, report: &'a Report) -> Commit<'a> {
    Commit {
        rollout,
        expected_sequence: next.sequence - 1,
        next,
        report,
        table: None,
        epoch: None,
        effects: &[],
        answered: &[],
        at: NOW,
    }
}

pub(crate) fn epoch(id: u32, weight: Weight) -> Epoch {
    Epoch {
        id: EpochId(id),
        weight,
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: NOW,
        allotment: None,
    }
}

pub(crate) fn table(store: &Store, generation: u64, epoch: &Epoch) -> RoutingTable {
    let application = application();
    let environment = application.environments.values().next().unwrap();
    let placement = |name| Placement::of(&release(name, name), environment);
    let trial = Trial {
        rollout: rollout_name("r1"),
        candidate: placement("v2"),
        salt: SALT,
        warmup: 10,
        metrics: Vec::new(),
        scores: Vec::new(),
    };
    let committed = Committed {
        application: &application,
        baseline: placement("v1"),
        trial: epoch.weight.compares().then_some(trial),
        conduct: None,
        epoch,
    };
    build::build(&committed, Generation(generation), store.term())
}

pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

pub(crate) fn later(minutes: u64) -> Timestamp {
    NOW.plus(self::minutes(minutes))
}

/// A connection past the store, for looking and for breaking things.
pub(crate) fn raw(directory: &Path) -> Connection {
    Connection::open(directory.join("viridian.db")).unwrap()
}

/// Every row of every table, as text.
pub(crate) fn dump(directory: &Path) -> Vec<String> {
    let raw = raw(directory);
    let mut lines = Vec::new();
    for table in table_names(&raw) {
        let mut statement = raw.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
            lines.push(format!("{table} {values:?}"));
        }
    }
    lines
}

fn table_names(raw: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut statement = raw.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

/// Folds all there is to fold.
pub(crate) fn fold(store: &Store, now: Timestamp) {
    while store.fold(&application_name(), &Retention::default(), now).unwrap() == Folding::More {}
}
