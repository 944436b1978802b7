//! A store and its model, asked the same.

use std::time::Duration;
use tempfile::TempDir;
use viridian_controller::Ledger;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::Evidence;
use viridian_core::analysis::row::{Origin, TallyRow, slot_of};
use viridian_core::analysis::tally::{Counts, Tally};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::id::{ApplicationName, BootId, EpochId, Generation, NodeName, Term};
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::input::{Gateways, Input, Readiness, SmokeResult};
use viridian_core::rollout::step::{Transition, step};
use viridian_core::routing::build::{Committed as Basis, build};
use viridian_core::routing::table::{Placement, RoutingTable, Salt};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_simulation::furniture;
use viridian_simulation::{Database, Model};
use viridian_store::{
    CommandId, Commit, Committed, Error, Options, Retry, Start, Store, StoredRollout, TableChange, Takeover,
};

/// When everything happens.
const AT: Timestamp = Timestamp(1_790_000_000_000);

/// Something that is asked of both.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Reserve(u64),
    Start {
        number: u64,
        supersedes: bool,
    },
    Order(What),
    Commit {
        moves: i64,
        generation: u64,
        epoch: u32,
        again: bool,
    },
    Publish {
        generation: u64,
        epoch: u32,
    },
    Record {
        epoch: u32,
        slot: u64,
        requests: u64,
        boot: u64,
    },
    /// A start of a gateway comes.
    Come(u64),
    /// It is heard so many seconds later.
    Hear(u64),
    /// A start of it leaves.
    Leave(u64),
    /// Somebody else takes over.
    Usurp,
    /// The process ends and starts again.
    Reopen,
}

/// What is ordered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Pause,
    Resume,
    Promote,
    Rollback,
}

/// Both.
pub(crate) struct Two {
    directory: TempDir,
    store: Option<Store>,
    database: Database,
    model: Model,
    application: ApplicationName,
    /// The commit that was made last, to be made again.
    last: Option<(StoredRollout, Transition, Option<RoutingTable>, Option<Epoch>)>,
}

impl Two {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let database = Database::default();
        let model = database.open().unwrap();
        let application = furniture::application(0).unwrap();
        store.apply_application(&application, AT).unwrap();
        model.apply_application(&application, AT).unwrap();
        for version in 1..=furniture::RELEASES {
            let release = furniture::release(0, version).unwrap();
            store.register_release(&release, AT).unwrap();
            model.register_release(&release, AT).unwrap();
        }
        let first = furniture::release(0, 1).unwrap().name;
        store.set_first_baseline(&application.name, &first, AT).unwrap();
        model.set_first_baseline(&application.name, &first, AT).unwrap();
        Self { directory, store: Some(store), database, model, application: application.name, last: None }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// What each says.
    pub(crate) fn call(&mut self, call: &Call) -> (String, String) {
        let Self { model, application, .. } = &*self;
        let store = self.store();
        match call {
            Call::Reserve(count) => (
                said(store.reserve_generations(application, *count)),
                said(model.reserve_generations(application, *count)),
            ),
            Call::Start { number, supersedes } => {
                let (proposal, plan) =
                    furniture::proposal(0, 2 + usize::try_from(*number % 3).unwrap(), *number).unwrap();
                let takeover = if *supersedes { Takeover::Supersede } else { Takeover::Refuse };
                let salt = Salt([3; 16]);
                let start =
                    Start { proposal: &proposal, plan: &plan, salt, takeover, retry: Retry::Refuse, at: AT };
                let (store, model) = (store.start_rollout(&start), model.start_rollout(&start));
                (said(store.map(comparable)), said(model.map(comparable)))
            }
            Call::Order(what) => {
                let Some(rollout) = self.latest() else { return <_>::default() };
                let (name, command) = (&rollout.proposal.name, what.command());
                (said(store.order(name, &command, AT)), said(model.order(name, &command, AT)))
            }
            Call::Commit { moves, generation, epoch, again } => {
                self.commit(*moves, (*generation, *epoch), *again)
            }
            Call::Publish { generation, epoch } => {
                let (table, epoch) = self.draft(Weight::ZERO, (*generation, *epoch));
                let Some(table) = table else { return <_>::default() };
                let change = TableChange { table: &table, epoch: epoch.as_ref(), because: "asked", at: AT };
                (said(store.commit_table(&change)), said(model.commit_table(&change)))
            }
            Call::Record { epoch, slot, requests, boot } => {
                let origin = origin(*boot);
                let row = row(application, (*epoch, *slot), *requests);
                let rows = [row];
                (said(store.record(&origin, &rows, &[])), said(model.record(&origin, &rows, &[])))
            }
            Call::Come(boot) => {
                let origin = origin(*boot);
                (said(store.gateway_came(&origin, AT)), said(model.gateway_came(&origin, AT)))
            }
            Call::Hear(seconds) => {
                let heard = [(origin(0).node, AT.plus(Duration::from_secs(*seconds)))];
                (said(store.gateways_heard(&heard)), said(model.gateways_heard(&heard)))
            }
            Call::Leave(boot) => {
                let origin = origin(*boot);
                (said(store.gateway_left(&origin)), said(model.gateway_left(&origin)))
            }
            Call::Usurp => {
                let _usurper = self.database.open();
                let file = self.directory.path().join("viridian.db");
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.execute("UPDATE fence SET term = term + 1", []).unwrap();
                <_>::default()
            }
            Call::Reopen => {
                self.store = None;
                self.store = Some(open(&self.directory));
                self.model = self.database.open().unwrap();
                (said(Ok(self.store().term())), said(Ok(self.model.term())))
            }
        }
    }

    /// Commits what the rule of rollouts makes of the one that moves, for a state so far from the present one.
    fn commit(&mut self, moves: i64, numbers: (u64, u32), again: bool) -> (String, String) {
        let repeated = self.last.clone().filter(|_| again);
        let drafted = repeated.or_else(|| {
            let rollout = Ledger::active_rollout(self.store(), &self.application).unwrap()?;
            let orders = self.store().pending_commands(&rollout.proposal.name).unwrap();
            let commands = orders.into_iter().map(|order| order.command).collect();
            let input = input(rollout.state.sequence, commands);
            let transition = step(&rollout.plan, &rollout.state, &input, AT);
            let (table, epoch) = self.draft(transition.next.weight(), numbers);
            Some((rollout, transition, table, epoch))
        });
        let Some((rollout, transition, table, epoch)) = drafted else { return <_>::default() };
        let orders = self.store().pending_commands(&rollout.proposal.name).unwrap();
        let answered: Vec<CommandId> =
            transition.answered.iter().filter_map(|place| orders.get(*place)).map(|order| order.id).collect();
        let commit = Commit {
            rollout: &rollout.proposal.name,
            expected_sequence: rollout.state.sequence.saturating_add_signed(moves),
            next: &transition.next,
            report: &transition.report,
            table: table.as_ref(),
            epoch: epoch.as_ref(),
            effects: &transition.effects,
            answered: &answered,
            at: AT,
        };
        let kind = |committed: Committed| match committed {
            Committed::Now { .. } => Word("Now"),
            Committed::Already { .. } => Word("Already"),
        };
        let answers =
            (said(self.store().commit(&commit).map(kind)), said(self.model.commit(&commit).map(kind)));
        self.last = Some((rollout, transition, table, epoch));
        answers
    }

    /// A table so many numbers after the latest, and an epoch so many after the present one; none for zero.
    fn draft(
        &self,
        weight: Weight,
        (generation, epoch): (u64, u32),
    ) -> (Option<RoutingTable>, Option<Epoch>) {
        let store = self.store();
        let application = store.application(&self.application).unwrap().unwrap();
        let baseline = store.baseline(&self.application).unwrap().unwrap().release;
        let latest = store.latest_epoch(&self.application).unwrap();
        let present = latest.unwrap_or_else(|| epoch_of(0, Weight::ZERO));
        let begins = (epoch > 0).then(|| epoch_of(present.id.0 + epoch, weight));
        let environment = application.environments.values().next().unwrap();
        let basis = Basis {
            application: &application,
            baseline: Placement::of(&baseline, environment),
            conduct: None,
            trial: None,
            epoch: begins.as_ref().unwrap_or(&present),
        };
        let known = store.table(&self.application).unwrap().map_or(0, |table| table.generation.0);
        let table = (generation > 0).then(|| build(&basis, Generation(known + generation), Term(1)));
        (table, begins)
    }

    fn latest(&self) -> Option<StoredRollout> {
        self.store().rollouts(&viridian_store::RolloutFilter::default()).unwrap().pop()
    }

    /// Everything that can be read of each.
    pub(crate) fn read(&self) -> (String, String) {
        (everything(self.store(), &self.application), everything(&self.model, &self.application))
    }
}

fn open(directory: &TempDir) -> Store {
    Store::open_with(directory.path(), &Options { ballast: 0 }).unwrap()
}

fn everything(ledger: &impl Ledger, name: &ApplicationName) -> String {
    let active = ledger.active_rollout(name).unwrap();
    let first = active.as_ref().map_or(EpochId(1), |rollout| rollout.first_epoch);
    let orders = active.as_ref().map(|rollout| ledger.pending_commands(&rollout.proposal.name).unwrap());
    let releases: Vec<_> = (1..=furniture::RELEASES)
        .map(|version| ledger.release(&furniture::release(0, version).unwrap().name).unwrap())
        .collect();
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{orders:?}\n{:?}\n{:?}\n{releases:?}\n{:?}",
        ledger.applications().unwrap(),
        ledger.baseline(name).unwrap(),
        ledger.table(name).unwrap(),
        ledger.latest_epoch(name).unwrap(),
        active.map(comparable),
        ledger.evidence(name, first, Duration::ZERO, AT).unwrap(),
        ledger.calibration(name, first, 500).unwrap(),
        ledger.known_gateways().unwrap(),
    )
}

/// A word that prints without quotes.
struct Word(&'static str);

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Places in the log have gaps in the database.
fn comparable(rollout: StoredRollout) -> StoredRollout {
    StoredRollout { created_seq: 0, ..rollout }
}

/// What was answered. Of an error its kind and its numbers count, not its words.
fn said<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(Error::Conflict { expected, found, .. }) => format!("conflict {expected} {found}"),
        Err(Error::Fenced { own, current }) => format!("fenced {own} {current}"),
        Err(Error::Refused(_)) => "refused".to_owned(),
        Err(Error::Unknown { what, name }) => format!("unknown {what} {name}"),
        Err(Error::Exists { what, name }) => format!("exists {what} {name}"),
        Err(Error::Rejected { name, .. }) => format!("rejected {name}"),
        Err(other) => format!("other: {other}"),
    }
}

fn origin(boot: u64) -> Origin {
    Origin { node: NodeName::parse("gw").unwrap(), boot: BootId(boot) }
}

fn epoch_of(id: u32, weight: Weight) -> Epoch {
    Epoch {
        id: EpochId(id),
        weight,
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: AT,
        allotment: None,
    }
}

fn row(application: &ApplicationName, (epoch, slot): (u32, u64), requests: u64) -> TallyRow {
    let mut tally = Tally::default();
    tally.classes[0] = requests;
    TallyRow {
        application: application.clone(),
        epoch: EpochId(epoch),
        slot: Timestamp(slot_of(AT).0 + slot * 300_000),
        arm: if slot == 0 { Arm::Baseline } else { Arm::Candidate },
        tally,
    }
}

/// Everything is well.
fn input(sequence: u64, commands: Vec<Command>) -> Input {
    Input {
        sequence,
        commands,
        gateways: Gateways { known: 1, acknowledged: 1, ..Gateways::default() },
        calibration: 1_000,
        analysis: judge(&[], &Evidence::default(), Units::Independent),
        gauges: Vec::new(),
        signs: Vec::new(),
        smoke: SmokeResult::Passed,
        uncompared: Counts::default(),
        baseline: Readiness::Ready,
        candidate: Readiness::Ready,
    }
}

impl What {
    fn command(self) -> Command {
        let by = "ann".to_owned();
        match self {
            Self::Pause => Command::Pause { by },
            Self::Resume => Command::Resume { by },
            Self::Promote => Command::Promote { by, reach: Reach::Full },
            Self::Rollback => Command::Rollback { by, reason: None },
        }
    }
}
