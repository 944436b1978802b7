//! A gateway process without its listener: real tables, lease, archive, counters and bookkeeping of what the controller
//! knows, on a machine whose clocks are moved. Entry points: [`Gateway::start`] and [`Gateway::end`].

use crate::controller::BEGINNING;
use crate::queue::Moment;
use crate::script::Disk;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, Term};
use viridian_core::time::Timestamp;
use viridian_gateway::{
    self as gateway, Clock, Config, Error, Following, Handle, Hands, Rehearsed, Reporting, State, StateKey,
};
use viridian_wire::door::Frame;
use viridian_wire::tally::TallyReport;

use crate::message::Message;

/// A gateway and the machine it runs on.
pub(crate) struct Gateway {
    pub(crate) node: NodeName,
    pub(crate) process: Option<Process>,
    /// The controller it is sent to by whatever resolves the address.
    pub(crate) route: usize,
    /// What came while its machine slept.
    pub(crate) inbox: Vec<Message>,
    pub(crate) is_asleep: bool,
    /// What it has acknowledged and has to remember, until its disk is damaged.
    pub(crate) acknowledged: BTreeMap<ApplicationName, (Term, Generation)>,
    /// What it has served by since without being able to remember it.
    unkept: BTreeSet<ApplicationName>,
    directory: PathBuf,
    disk: Room,
    boots: u64,
    machine: Machine,
}

/// Whether there is room on a disk.
#[derive(Default)]
struct Room {
    is_full: Arc<AtomicBool>,
    /// How many things fill it.
    fills: u32,
}

/// The clocks of a machine.
struct Machine {
    hands: Arc<Hands>,
    /// How much faster than the truth it runs, in millionths.
    drift: i64,
    /// What its wall clock shows beyond the truth, in milliseconds.
    ahead: i64,
    /// The moment up to which its running clock was moved.
    moved_to: Moment,
    /// What is left over of millionths.
    rest: i64,
}

/// One start of a gateway.
pub(crate) struct Process {
    pub(crate) handle: Handle,
    pub(crate) origin: Origin,
    pub(crate) link: Link,
    pub(crate) reporting: Reporting,
    /// The report that waits for its answer.
    pub(crate) reported: Option<Asked<TallyReport>>,
    /// Attempts to reach the controller since the last that was worth it.
    pub(crate) failures: u32,
    /// Requests that have not come to their outcome.
    pub(crate) underway: Vec<Rehearsed>,
}

/// How a gateway stands with its controller.
pub(crate) enum Link {
    /// It waits before it tries again.
    Away,
    /// It has said hello.
    Coming { stream: u64 },
    /// It follows a stream.
    Following(Box<Follower>),
}

/// A stream that is followed.
pub(crate) struct Follower {
    pub(crate) stream: u64,
    pub(crate) controller: usize,
    pub(crate) following: Following,
    pub(crate) heard_at: Moment,
    /// What it waits for before it reads on.
    pub(crate) acknowledged: Option<Asked<()>>,
    /// What came meanwhile.
    pub(crate) unread: VecDeque<Frame>,
}

/// A question that waits for its answer.
pub(crate) struct Asked<T> {
    pub(crate) question: u64,
    /// When, by the gateway's clock.
    pub(crate) at: Timestamp,
    pub(crate) about: T,
}

impl Gateway {
    /// A gateway that has not been started.
    pub(crate) fn new(node: NodeName, directory: PathBuf, drift: i64) -> Self {
        let machine = Machine { hands: Arc::default(), drift, ahead: 0, moved_to: 0, rest: 0 };
        Self {
            node,
            process: None,
            route: 0,
            inbox: Vec::new(),
            is_asleep: false,
            acknowledged: BTreeMap::new(),
            unkept: BTreeSet::new(),
            directory,
            disk: Room::default(),
            boots: 0,
            machine,
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// Its state cannot be used.
    pub(crate) fn start(&mut self, now: Moment) -> Result<(), Error> {
        self.boots += 1;
        self.show(now);
        let origin = Origin { node: self.node.clone(), boot: BootId(self.boots) };
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config = Config::new(address, origin.clone());
        config.workers = NonZeroUsize::MIN;
        config.exposure_lease = Some(Config::EXPOSURE_LEASE);
        config.state = Some(State { directory: self.directory.clone(), key: StateKey([1; 32]) });
        config.disk = gateway::Disk::filled_by(Arc::clone(&self.disk.is_full));
        config.clock = Arc::new(Clock::moved_by(Arc::clone(&self.machine.hands)));
        self.process = Some(Process {
            handle: Handle::offstage(config)?,
            origin,
            link: Link::Away,
            reporting: Reporting::default(),
            reported: None,
            failures: 0,
            underway: Vec::new(),
        });
        Ok(())
    }

    /// Ends it at once: what it had in memory is gone. Answers which start it was.
    pub(crate) fn end(&mut self) -> Option<Origin> {
        self.inbox.clear();
        self.is_asleep = false;
        self.process.take().map(|process| process.origin)
    }

    /// The clocks of its machine show what they show at a moment.
    pub(crate) fn show(&mut self, now: Moment) {
        let machine = &mut self.machine;
        let passed = i64::try_from(now - machine.moved_to).unwrap_or(i64::MAX);
        machine.moved_to = now;
        // A machine that sleeps counts that as well.
        let beyond = passed * machine.drift + machine.rest;
        machine.rest = beyond % 1_000_000;
        let running = passed + beyond / 1_000_000;
        machine.hands.running.fetch_add(running.try_into().unwrap_or(0), Ordering::Relaxed);
        let wall = (BEGINNING + now).saturating_add_signed(machine.ahead);
        machine.hands.wall.store(wall, Ordering::Relaxed);
    }

    /// Sets the wall clock of its machine by so many milliseconds.
    pub(crate) const fn set_clock(&mut self, by: i64) {
        self.machine.ahead += by;
    }

    /// So many things fill its disk now, of so many before.
    pub(crate) fn fill(&mut self, change: impl FnOnce(u32) -> u32) {
        self.disk.fills = change(self.disk.fills);
        self.disk.is_full.store(self.disk.fills > 0, Ordering::Relaxed);
    }

    /// Whether its disk takes nothing more.
    pub(crate) const fn is_full(&self) -> bool {
        self.disk.fills > 0
    }

    /// It serves by tables of these applications that it did not serve by before, and has said so.
    pub(crate) fn remember(&mut self, changed: Vec<ApplicationName>) {
        let Some(process) = &self.process else { return };
        if self.is_full() {
            self.unkept.extend(changed);
        } else if !changed.is_empty() {
            // With a change, everything that could not be kept before is.
            let unkept = std::mem::take(&mut self.unkept);
            for application in changed.into_iter().chain(unkept) {
                if let Some(table) = process.handle.table(&application) {
                    self.acknowledged.insert(application, (table.term, table.generation));
                }
            }
        }
    }

    /// It has started: what it could not remember it does not know. Answers of which applications that is.
    pub(crate) fn forget_unkept(&mut self) -> BTreeSet<ApplicationName> {
        std::mem::take(&mut self.unkept)
    }

    /// Nothing on its disk is what it was.
    pub(crate) fn forget_all(&mut self) {
        self.acknowledged.clear();
        self.unkept.clear();
    }

    /// Does to its disk what is to be done.
    ///
    /// # Errors
    /// The disk of the machine the simulation runs on fails.
    pub(crate) fn damage(&self, disk: Disk) -> io::Result<()> {
        match disk {
            Disk::Kept => Ok(()),
            Disk::Empty => files(&self.directory)?.iter().try_for_each(fs::remove_file),
            Disk::Cut => self.change_newest(|bytes| bytes.truncate(bytes.len().saturating_sub(9))),
            Disk::Flipped => self.change_newest(|bytes| {
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 1;
                }
            }),
        }
    }

    fn change_newest(&self, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let Some(newest) = files(&self.directory)?.pop() else { return Ok(()) };
        let mut bytes = fs::read(&newest)?;
        change(&mut bytes);
        fs::write(newest, bytes)
    }
}

impl Process {
    /// The stream it follows or has asked for.
    pub(crate) fn stream(&self) -> Option<u64> {
        match &self.link {
            Link::Away => None,
            Link::Coming { stream } => Some(*stream),
            Link::Following(follower) => Some(follower.stream),
        }
    }
}

/// Files of tables, the newest last.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    files.retain(|path| path.extension().is_some_and(|ending| ending == "tables" || ending == "behind"));
    files.sort();
    Ok(files)
}
