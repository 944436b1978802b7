//! A database made up: what the `Ledger` promises, in memory, so that a fleet can be simulated many thousand times.
//! Entry point: [`Database::open`].
//!
//! It keeps to the contract of the store: compare-and-append, terms, numbers that are reserved once, running totals that
//! only rise. A test plays the same calls on both and compares every answer. What the store can do only on a real disk it
//! does on cue: it is away, it is full, or it writes and then says that it could not.

mod counted;
mod ledger;
mod log;
mod people;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use viridian_core::application::Application;
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, NodeName, ReleaseName, RolloutName, Term};
use viridian_core::routing::table::RoutingTable;
use viridian_store::{CommandId, Error, KnownGateway, PendingCommand, StoredRelease, StoredRollout};

pub(crate) use counted::Counted;
pub(crate) use log::Written;

/// What is on the disk. Clones reach the same.
#[derive(Clone, Default)]
pub struct Database {
    disk: Rc<RefCell<Disk>>,
    health: Rc<Cell<Health>>,
}

/// What the disk can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// Everything.
    #[default]
    Fine,
    /// Nothing more fits but what leads to the baseline.
    Full,
    /// It can be read and not written.
    ReadOnly,
    /// Nothing.
    Away,
    /// The next commit of a decision is made, but nobody is told; then it is fine again.
    Uncertain,
}

/// A controller's own view of the database, in its term.
#[derive(Clone)]
pub struct Model {
    database: Database,
    term: Term,
    /// Orders that could not be written down yet; gone with the process.
    unwritten: Rc<RefCell<Vec<PendingCommand>>>,
}

#[derive(Clone, Default)]
struct Disk {
    term: u64,
    applications: BTreeMap<ApplicationName, Applied>,
    releases: BTreeMap<ReleaseName, StoredRelease>,
    rollouts: Vec<StoredRollout>,
    commands: Vec<Ordered>,
    tables: BTreeMap<ApplicationName, RoutingTable>,
    epochs: BTreeMap<ApplicationName, Vec<Begun>>,
    gateways: BTreeMap<NodeName, KnownGateway>,
    log: Vec<Written>,
    counted: Counted,
}

#[derive(Clone)]
struct Applied {
    application: Application,
    baseline: Option<ReleaseName>,
    next_generation: u64,
}

#[derive(Clone)]
struct Begun {
    epoch: Epoch,
    baseline: ReleaseName,
}

#[derive(Clone)]
struct Ordered {
    order: PendingCommand,
    is_answered: bool,
}

/// Where a write leads, as in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Back,
}

impl Database {
    /// A controller takes over: whoever acted before acts no more.
    ///
    /// # Errors
    /// Nothing can be written, so nobody can take over.
    pub fn open(&self) -> Result<Model, Error> {
        if matches!(self.health(), Health::Away | Health::ReadOnly) {
            return Err(unwritable("the disk takes nothing"));
        }
        let mut disk = self.disk.borrow_mut();
        disk.term += 1;
        let term = Term(disk.term);
        Ok(Model { database: self.clone(), term, unwritten: Rc::default() })
    }

    /// Changes what the disk can do.
    pub fn set(&self, health: Health) {
        self.health.set(health);
    }

    /// What the disk can do.
    pub fn health(&self) -> Health {
        self.health.get()
    }

    /// The term that acts.
    pub fn term(&self) -> Term {
        Term(self.disk.borrow().term)
    }

    /// What was written, from a place in the log on, whatever the disk can do.
    pub(crate) fn written_since(&self, place: usize) -> Vec<Written> {
        self.disk.borrow().log.get(place..).unwrap_or_default().to_vec()
    }

    /// How much was written.
    pub(crate) fn length(&self) -> usize {
        self.disk.borrow().log.len()
    }

    /// Every rollout, whatever the disk can do.
    pub(crate) fn rollouts(&self) -> Vec<StoredRollout> {
        self.disk.borrow().rollouts.clone()
    }

    /// The table that was committed last, whatever the disk can do.
    pub(crate) fn committed(&self, application: &ApplicationName) -> Option<RoutingTable> {
        self.disk.borrow().tables.get(application).cloned()
    }

    /// Looks at what was counted, whatever the disk can do.
    pub(crate) fn counted<T>(&self, look: impl FnOnce(&Counted) -> T) -> T {
        look(&self.disk.borrow().counted)
    }
}

impl Model {
    /// The term it acts in.
    pub const fn term(&self) -> Term {
        self.term
    }

    fn read<T>(&self, body: impl FnOnce(&Disk) -> Result<T, Error>) -> Result<T, Error> {
        match self.database.health() {
            Health::Away => Err(unwritable("the disk is away")),
            _ => body(&self.database.disk.borrow()),
        }
    }

    /// One transaction: everything or nothing, and only in the term that acts. The body makes sure before it changes
    /// anything.
    fn write<T>(
        &self,
        direction: Direction,
        body: impl FnOnce(&mut Disk) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match (self.database.health(), direction) {
            (Health::Away | Health::ReadOnly, _) | (Health::Full, Direction::Forward) => {
                return Err(unwritable("the disk takes nothing"));
            }
            _ => {}
        }
        let mut disk = self.database.disk.borrow_mut();
        let current = Term(disk.term);
        if current != self.term {
            return Err(Error::Fenced { own: self.term, current });
        }
        let late = self.unwritten.borrow().clone();
        let before = (disk.commands.len(), disk.log.len());
        for order in &late {
            disk.write_down(order, self.term);
        }
        let value = body(&mut disk).inspect_err(|_| {
            disk.commands.truncate(before.0);
            disk.log.truncate(before.1);
        })?;
        drop(disk);
        self.unwritten.borrow_mut().clear();
        Ok(value)
    }

    /// A decision is written down, or nobody can tell whether it was.
    fn write_decision<T>(
        &self,
        direction: Direction,
        body: impl FnOnce(&mut Disk) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let value = self.write(direction, body)?;
        if self.database.health() == Health::Uncertain {
            self.database.set(Health::Fine);
            return Err(unwritable("nobody can tell whether it was written"));
        }
        Ok(value)
    }
}

impl Disk {
    fn applied(&self, name: &ApplicationName) -> Result<&Applied, Error> {
        self.applications.get(name).ok_or_else(|| unknown("application", name))
    }

    fn applied_mut(&mut self, name: &ApplicationName) -> Result<&mut Applied, Error> {
        self.applications.get_mut(name).ok_or_else(|| unknown("application", name))
    }

    fn rollout(&self, name: &RolloutName) -> Result<&StoredRollout, Error> {
        let found = self.rollouts.iter().find(|stored| stored.proposal.name == *name);
        found.ok_or_else(|| unknown("rollout", name))
    }

    fn next_epoch(&self, application: &ApplicationName) -> u32 {
        let latest = self.epochs.get(application).and_then(|begun| begun.last());
        latest.map_or(1, |begun| begun.epoch.id.0 + 1)
    }

    fn highest_command(&self) -> CommandId {
        self.commands.last().map_or(CommandId(0), |ordered| ordered.order.id)
    }
}

fn unknown(what: &'static str, name: impl ToString) -> Error {
    Error::Unknown { what, name: name.to_string() }
}

fn unwritable(why: &str) -> Error {
    Error::Unwritable(why.into())
}
