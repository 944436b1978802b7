//! What goes wrong in a run, and when: written down before the run begins, so that a failing run can be made shorter by
//! leaving things out. Entry point: [`Script::of`].

mod draw;
mod words;

pub(crate) use words::moment;

use crate::model::Health;
use std::time::Duration;

/// Everything that is not decided by the rules under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What everything else is drawn from: delays, losses, who calls.
    pub seed: u64,
    /// Gateways, one to five.
    pub gateways: usize,
    /// Applications, one or two.
    pub applications: usize,
    /// How often gateways report, callers call and controllers look.
    pub pace: Duration,
    /// How long things may go wrong.
    pub length: Duration,
    /// The network at its usual.
    pub weather: Weather,
    /// How much faster each gateway's clock runs than it should, in millionths.
    pub drift: Vec<i64>,
    /// What happens, in the order of time.
    pub acts: Vec<Act>,
}

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Of a thousand, how many are lost.
    pub loss: u64,
    /// Of a thousand requests, how many come twice.
    pub twice: u64,
    /// The longest a message travels. Each travels for a time of its own, so they overtake each other.
    pub delay: Duration,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When, from the beginning of the run.
    pub at: Duration,
    /// For how long, where it ends by itself.
    pub lasts: Duration,
    /// What.
    pub deed: Deed,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A gateway is killed, and starts again when the act ends. Its disk is what it was, or damaged.
    CrashGateway(usize, Disk),
    /// A gateway drains, says farewell and ends, and starts again when the act ends.
    StopGateway(usize),
    /// A gateway's machine sleeps: nothing runs there, and its clocks disagree afterwards.
    SuspendGateway(usize),
    /// The controller that acts is killed; another one starts when the act ends.
    CrashController,
    /// The controller that acts stops running and goes on when the act ends, as if nothing had happened.
    PauseController,
    /// Another controller takes over while the one before still runs; that one is gone when the act ends.
    Usurp,
    /// One gateway, or every one, is cut off.
    Cut(Option<usize>, Way),
    /// The network is worse than usual.
    Storm(Weather),
    /// The controller's disk.
    Disk(Health),
    /// A gateway's disk is full: what is on it stays, and nothing more can be written.
    FullDisk(usize),
    /// A gateway's wall clock is set, by so many seconds.
    SetGatewayClock(usize, i64),
    /// The wall clock of the controllers' machine is set: the next controller to start reads it.
    SetControllerClock(i64),
    /// The baseline answers nobody.
    BaselineDown,
    /// The candidate of an application fails most requests, from now on.
    CandidateBad(usize),
    /// Somebody orders something of the rollout of an application.
    Order(usize, Order),
    /// Somebody starts a rollout of an application, in place of one that still runs.
    Start(usize),
}

/// Which way messages do not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nothing passes.
    Both,
    /// Nothing passes from a gateway to a controller.
    Up,
    /// Nothing passes from a controller to a gateway.
    Down,
}

/// What becomes of a gateway's disk when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// Nothing.
    Kept,
    /// The newest file loses its end.
    Cut,
    /// A bit of the newest file is another.
    Flipped,
    /// Everything is gone.
    Empty,
}

/// What people order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Back to the baseline.
    Rollback,
    /// Back to the baseline, without blame.
    Abort,
    /// Hold.
    Pause,
    /// Go on.
    Resume,
    /// The next step, whatever is missing.
    Promote,
}

impl Order {
    /// Whether it restores the baseline.
    pub const fn is_back(self) -> bool {
        matches!(self, Self::Rollback | Self::Abort)
    }
}
