//! A controller, its store, and gateways that serve, count and acknowledge what the test tells them to.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use viridian_controller::{Clock, Config, Controller, Hub, Intake, Patience, Registry};
use viridian_core::analysis::row::{Origin, TallyRow, slot_of};
use viridian_core::analysis::tally::Tally;
use viridian_core::application::{Application, Pin, Protocol, Timeouts, Unit};
use viridian_core::arm::Arm;
use viridian_core::environment::{Endpoint, Environment, Platform};
use viridian_core::epoch::Thresholds;
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::{
    ApplicationName, BootId, EnvironmentName, Generation, NodeName, ReleaseName, RolloutName,
};
use viridian_core::metric::Metric;
use viridian_core::opinion::Opinions;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::release::{Digest, Parameters, Release};
use viridian_core::rollout::command::Command;
use viridian_core::rollout::plan::{Bake, Plan, Policy, Proposal, Step, Strategy};
use viridian_core::rollout::state::State;
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::routing::table::{RoutingTable, Salt};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_platform::webhook::Webhook;
use viridian_store::{Options, Retry, Start, Store, Takeover};
use viridian_wire::snapshot::{Acknowledgement, TableAnswer};
use viridian_wire::tally::{TallyReport, Trip, Vitals};

/// The start of the gateway.
const BOOT: BootId = BootId(1);
/// When the tests begin.
const NOW: u64 = 1_790_000_000_000;
/// How long the loop may take to come to what is expected of it. Not a measure of speed: a test that waits this long
/// has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) intake: Intake,
    pub(crate) controller: Controller,
    now: Arc<AtomicU64>,
    counted: BTreeMap<(u32, Arm), Tally>,
    /// The upstream of the baseline: alive while it is held.
    pub(crate) baseline: Option<TcpListener>,
    /// What gateways serve by.
    serving: Mutex<BTreeMap<String, BTreeMap<ApplicationName, Generation>>>,
    pub(crate) runtime: Runtime,
    /// By what people are called.
    webhook: Option<(Webhook, Patience)>,
}

pub(crate) fn application() -> ApplicationName {
    ApplicationName::parse("support-chat").unwrap()
}

pub(crate) fn rollout() -> RolloutName {
    RolloutName::parse("to-v2").unwrap()
}

pub(crate) fn node() -> NodeName {
    NodeName::parse("gw-1").unwrap()
}

pub(crate) fn percent(percent: u16) -> Weight {
    Weight::from_basis_points(percent * 100).unwrap()
}

pub(crate) fn release(name: &str) -> Release {
    Release {
        name: ReleaseName::parse(name).unwrap(),
        application: application(),
        version: name.to_owned(),
        environment: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
        digest: Digest(format!("sha256:{name}")),
    }
}

fn furnish(store: &Store, upstream: SocketAddr, now: Timestamp) {
    let blue = EnvironmentName::parse("blue").unwrap();
    let environment = Environment {
        name: blue.clone(),
        platform: Platform::Static,
        endpoints: vec![Endpoint(format!("http://{upstream}"))],
        readiness: None,
        bearer: None,
    };
    let application = Application {
        name: application(),
        labels: BTreeMap::new(),
        protocol: Protocol::OpenAi,
        unit: Unit::Request,
        environments: BTreeMap::from([(blue, environment)]),
        allow_paths: Vec::new(),
        pins: Vec::new(),
        local_guard: None,
        guards: vec![errors_guard()],
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slices: Vec::new(),
        sources: BTreeMap::new(),
        gauges: Vec::new(),
        timeouts: Timeouts::default(),
    };
    store.apply_application(&application, now).unwrap();
    store.register_release(&release("v1"), now).unwrap();
    store.register_release(&release("v2"), now).unwrap();
    store.set_first_baseline(&application.name, &release("v1").name, now).unwrap();
}

pub(crate) fn errors_guard() -> Guard {
    Guard::new(Metric::Errors, Margin::Points(200))
}

impl World {
    /// A fresh store with an application that `v1` serves.
    pub(crate) fn new() -> Self {
        Self::furnished(None)
    }

    fn furnished(webhook: Option<(Webhook, Patience)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let store = Store::open_with(directory.path(), &Options { ballast: 1 << 16 }).unwrap();
        furnish(&store, listener.local_addr().unwrap(), Timestamp(NOW));
        Self::with((directory, store), Some(listener), NOW, webhook)
    }

    /// The same, with a rollout whose candidate has a tenth of the traffic.
    pub(crate) fn under_way() -> Self {
        Self::new().started()
    }

    /// The same, and people are called.
    pub(crate) fn calling(webhook: Webhook, patience: Patience) -> Self {
        Self::furnished(Some((webhook, patience))).started()
    }

    fn started(self) -> Self {
        let mut world = self;
        world.until("a first table", |world| world.table().is_some());
        world.acknowledge();
        world.serve_both((600, 100), (0, 1));
        world.start();
        world.until("a tenth for the candidate", |world| {
            world.acknowledge();
            world.table().unwrap().candidate_weight() == percent(10)
        });
        world
    }

    fn with(
        (directory, store): (TempDir, Store),
        baseline: Option<TcpListener>,
        now: u64,
        webhook: Option<(Webhook, Patience)>,
    ) -> Self {
        let runtime = Runtime::new().unwrap();
        let now = Arc::new(AtomicU64::new(now));
        let read = Arc::clone(&now);
        let clock: Clock = Arc::new(move || Timestamp(read.load(Ordering::SeqCst)));
        let hub = Arc::new(Hub::new(store.term(), Vec::new(), Arc::clone(&clock)));
        let registry = Registry::resume(store.clone(), Arc::clone(&hub), Arc::clone(&clock)).unwrap();
        let registry = Arc::new(registry);
        let controller = Controller::start(Config {
            store: store.clone(),
            hub: Arc::clone(&hub),
            registry: Arc::clone(&registry),
            clock: Arc::clone(&clock),
            runtime: runtime.handle().clone(),
            webhook: webhook.clone(),
        })
        .unwrap();
        let intake = Intake::new(store.clone(), Arc::clone(&hub), controller.nudge());
        Self {
            directory,
            store,
            hub,
            registry,
            intake,
            controller,
            now,
            counted: BTreeMap::new(),
            baseline,
            serving: Mutex::default(),
            runtime,
            webhook,
        }
    }

    /// The process ends and starts again on the same directory.
    pub(crate) fn restart(self) -> Self {
        let Self { directory, store, hub, registry, intake, controller, now, baseline, webhook, .. } = self;
        drop((controller, intake, registry, hub));
        drop(store);
        let store = Store::open_with(directory.path(), &Options { ballast: 1 << 16 }).unwrap();
        Self::with((directory, store), baseline, now.load(Ordering::SeqCst), webhook)
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, duration: Duration) {
        // A second at a time: a hub at which nobody looked for longer would have stood still.
        for _ in 0..duration.as_secs() {
            self.now.fetch_add(1_000, Ordering::SeqCst);
            self.hub.advance();
        }
        self.controller.nudge().wake();
    }

    /// Begins the rollout of `v2`: a tenth, half, and a watch of a minute.
    pub(crate) fn start(&self) {
        self.start_by(&[errors_guard()]);
    }

    /// The same, judged by these guards.
    pub(crate) fn start_by(&self, guards: &[Guard]) {
        let steps = vec![
            Step::Weight(percent(10)),
            Step::Analysis { min_samples: 100 },
            Step::Weight(percent(50)),
            Step::Analysis { min_samples: 100 },
            Step::Bake(Bake { duration: Duration::from_secs(60), holdback: percent(10), min_samples: 100 }),
        ];
        let proposal = Proposal {
            name: rollout(),
            application: application(),
            candidate: ReleaseName::parse("v2").unwrap(),
            strategy: Strategy::Canary { steps },
            policy: Policy::default(),
        };
        let plan = Plan::compile(&proposal.strategy, guards, proposal.policy);
        let start = Start {
            proposal: &proposal,
            plan: &plan,
            salt: Salt([7; 16]),
            takeover: Takeover::Refuse,
            retry: Retry::Refuse,
            at: self.now(),
        };
        self.store.start_rollout(&start).unwrap();
        self.controller.nudge().wake();
    }

    pub(crate) fn order(&self, command: &Command) {
        self.store.order(&rollout(), command, self.now()).unwrap();
        self.controller.nudge().wake();
    }

    pub(crate) fn state(&self) -> State {
        self.store.rollout(&rollout()).unwrap().unwrap().state
    }

    pub(crate) fn table(&self) -> Option<RoutingTable> {
        self.hub.table(&application())
    }

    /// The gateway comes back, serves by what it is sent, and says so.
    pub(crate) fn acknowledge(&self) {
        self.acknowledge_as(node().as_str());
    }

    /// The same for a gateway of this name. Answers the generation it serves by.
    pub(crate) fn acknowledge_as(&self, name: &str) -> Option<Generation> {
        let node = NodeName::parse(name).unwrap();
        let mut all = self.serving.lock().unwrap();
        let serving = all.entry(name.to_owned()).or_default();
        let origin = Origin { node: node.clone(), boot: BOOT };
        let mut tables = self.registry.open(&origin, serving.clone()).unwrap();
        let update = self.runtime.block_on(tables.next()).unwrap();
        let answers = update.tables.iter().map(|table| {
            serving.insert(table.application.clone(), table.generation);
            TableAnswer { application: table.application.clone(), serving: table.generation, rejected: None }
        });
        let acknowledgement = Acknowledgement { node, boot: BOOT, answers: answers.collect() };
        self.hub.acknowledge(acknowledgement).unwrap();
        self.controller.nudge().wake();
        serving.get(&application()).copied()
    }

    /// A gateway says that of all its requests so many have ended, and so many of them failed.
    pub(crate) fn fares(&self, name: &str, (ended, failed): (u64, u64)) {
        let node = NodeName::parse(name).unwrap();
        let vitals = Vitals { clock: self.now(), ended, failed, lost: 0, pinned: Vec::new() };
        let trips = Vec::new();
        let origin = Origin { node, boot: BOOT };
        let report = TallyReport {
            origin,
            tallies: Vec::new(),
            groups: Vec::new(),
            feedback: Vec::new(),
            trips,
            vitals: Some(vitals),
        };
        assert!(self.intake.receive(report).is_ok(), "{name} holds its place");
        self.controller.nudge().wake();
    }

    /// The application's environment is somewhere else.
    pub(crate) fn move_environment(&self, upstream: SocketAddr) {
        let mut application = self.store.application(&application()).unwrap().unwrap();
        for environment in application.environments.values_mut() {
            environment.endpoints = vec![Endpoint(format!("http://{upstream}"))];
        }
        self.store.apply_application(&application, self.now()).unwrap();
        self.controller.nudge().wake();
    }

    /// So many users are pinned to the candidate.
    pub(crate) fn pin(&self, count: usize) {
        let mut application = self.store.application(&application()).unwrap().unwrap();
        let pin = |number| Pin { unit: format!("user-{number}"), arm: Arm::Candidate };
        application.pins = (0..count).map(pin).collect();
        self.store.apply_application(&application, self.now()).unwrap();
        self.controller.nudge().wake();
    }

    /// The gateway serves requests on both arms, `(how many, one in so many of them badly)`, and reports them.
    pub(crate) fn serve_both(&mut self, baseline: (u64, u64), candidate: (u64, u64)) {
        let rows = vec![self.serve(Arm::Baseline, baseline), self.serve(Arm::Candidate, candidate)];
        self.report(rows, Vec::new());
    }

    /// The same on arms of an experiment.
    pub(crate) fn serve_arms(&mut self, arms: &[(usize, (u64, u64))]) {
        let arms = arms.iter().filter_map(|(place, served)| Some((Arm::of_experiment(*place)?, *served)));
        let rows = arms.map(|(arm, served)| self.serve(arm, served)).collect();
        self.report(rows, Vec::new());
    }

    fn serve(&mut self, arm: Arm, (count, every): (u64, u64)) -> TallyRow {
        let table = self.table().unwrap();
        let weight = table.candidate_weight();
        let standing =
            if weight.compares() { Standing::Drawn(weight) } else { Standing::Exempt(Exempt::NotCompared) };
        let decision = Decision { arm, standing, unit: None };
        let slot = slot_of(self.now());
        let tally = self.counted.entry((table.epoch.0, arm)).or_default();
        for n in 1..=count {
            let class = if n % every == 0 { Class::UpstreamError } else { Class::Ok };
            tally.record(
                &Outcome {
                    decision,
                    class,
                    latency_us: 25_000,
                    first_token: FirstToken::NotStreamed,
                    contents: Contents::default(),
                },
                &Thresholds::default(),
            );
        }
        TallyRow { application: application(), epoch: table.epoch, slot, arm, tally: tally.clone() }
    }

    /// The gateway reports.
    pub(crate) fn report(&self, tallies: Vec<TallyRow>, trips: Vec<Trip>) {
        let origin = Origin { node: node(), boot: BOOT };
        let report =
            TallyReport { origin, tallies, groups: Vec::new(), feedback: Vec::new(), trips, vitals: None };
        // A gateway that reports before it ever came is no concern of these tests.
        let _ = self.intake.receive(report);
        self.controller.nudge().wake();
    }

    /// Waits until something is so.
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !so(self) {
            assert!(began.elapsed() < PATIENCE, "{what}: still {:?}", self.state());
            std::thread::yield_now();
        }
    }

    /// Waits until the rollout is in a phase, acknowledging whatever is published meanwhile.
    pub(crate) fn follow_until(&self, phase: &str) {
        self.until(phase, |world| {
            world.acknowledge();
            world.state().phase.word() == phase
        });
    }
}
