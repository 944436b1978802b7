//! What gateways and controllers say to each other: the shapes of the internal protocol, with where they go.

use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, BootId, Generation};
use viridian_wire::door::Frame;
use viridian_wire::snapshot::Acknowledgement;
use viridian_wire::tally::TallyReport;

/// A message under way.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The gateway that speaks or is spoken to.
    pub(crate) gateway: usize,
    /// The start of it.
    pub(crate) boot: BootId,
    /// The controller that is spoken to or speaks.
    pub(crate) controller: usize,
    /// What is said.
    pub(crate) said: Said,
}

/// What is said.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// A gateway comes and asks for tables, on a stream.
    Hello { stream: u64, serving: Vec<(ApplicationName, Generation)> },
    /// A gateway has closed a stream.
    Closed { stream: u64 },
    /// A gateway says what became of tables.
    Acknowledged { question: u64, acknowledgement: Acknowledgement },
    /// A gateway brings what it counted.
    Reported { question: u64, report: Box<TallyReport> },
    /// A gateway has drained.
    Farewell { origin: Origin },
    /// A controller says something on a stream.
    Told { stream: u64, frame: Box<Frame> },
    /// A controller answers.
    Answered { question: u64, answer: Answer },
}

/// How a controller answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// As asked. Of a report: whether it lasts.
    Done { durable: bool },
    /// Another process has the gateway's name.
    Superseded,
    /// The gateway has to come first.
    Unknown,
}

impl Said {
    /// Whether a gateway says it.
    pub(crate) const fn goes_up(&self) -> bool {
        !matches!(self, Self::Told { .. } | Self::Answered { .. })
    }
}
