//! The log of the database made up: what happened, in which term.

use super::{Disk, Ordered};
use viridian_core::id::Term;
use viridian_store::PendingCommand;
use viridian_store::events::{Fact, Stream};

/// An event, and who wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// The term it was written in.
    pub(crate) term: Term,
    /// What it happened to.
    pub(crate) stream: Stream,
    /// What happened.
    pub(crate) fact: Fact,
}

impl Disk {
    /// Appends an event and answers its place, counted from one.
    pub(super) fn append(&mut self, term: Term, stream: Stream, fact: Fact) -> u64 {
        self.log.push(Written { term, stream, fact });
        self.log.len() as u64
    }

    /// The latest event of a stream that is of the same kind, when it says exactly the same.
    pub(super) fn latest_if_same(&self, stream: &Stream, fact: &Fact) -> Option<u64> {
        let is_kin = |written: &Written| {
            written.stream == *stream && std::mem::discriminant(&written.fact) == std::mem::discriminant(fact)
        };
        let place = self.log.iter().rposition(is_kin)?;
        (self.log.get(place)?.fact == *fact).then_some(place as u64 + 1)
    }

    /// Writes an order down under the number it has.
    pub(super) fn write_down(&mut self, order: &PendingCommand, term: Term) {
        let order = PendingCommand { durable: true, ..order.clone() };
        let fact = Fact::Ordered { id: order.id, command: order.command.clone() };
        self.append(term, Stream::Rollout(order.rollout.clone()), fact);
        self.commands.push(Ordered { order, is_answered: false });
    }
}
