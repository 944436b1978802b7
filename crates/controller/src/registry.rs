//! The gateways elsewhere that a controller after this one has to know of. Entry points: [`Registry::resume`] at the
//! start, [`Registry::open`] and [`Registry::leave`] for those who come and go, [`Registry::keep`] now and then.
//!
//! A rollback is over when no gateway can send the candidate a request any more. Who could must outlast this process, so
//! a gateway is written down before it is sent its first table. While nothing can be written, a gateway nobody knows is
//! let in only if no candidate has a share, and none is given one before it was written down.

use crate::hub::{Hub, Subscription};
use crate::ledger::Ledger;
use crate::nudge::Clock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName};
use viridian_core::time::Timestamp;
use viridian_store::{Error, Store};

/// How often it is written down when gateways were heard; people alone read it.
const HEARD: Duration = Duration::from_secs(60);

/// The gateways elsewhere.
pub struct Registry<L = Store> {
    ledger: L,
    hub: Arc<Hub>,
    clock: Clock,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// Those that are written down, by their latest start.
    written: HashMap<NodeName, BootId>,
    /// Those that came and could not be written down.
    unwritten: HashMap<NodeName, BootId>,
    heard_at: Timestamp,
}

impl<L: Ledger> Registry<L> {
    /// Takes up what an earlier controller left: its gateways are expected at the hub, which has no table yet.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn resume(ledger: L, hub: Arc<Hub>, clock: Clock) -> Result<Self, Error> {
        let mut book = Book { heard_at: clock(), ..Book::default() };
        for known in ledger.known_gateways()? {
            book.written.insert(known.origin.node.clone(), known.origin.boot);
            hub.expect(known.origin, known.heard_at);
        }
        Ok(Self { ledger, hub, clock, book: Mutex::new(book) })
    }

    /// A gateway came: it is written down, and is sent tables then. Blocks on the disk.
    ///
    /// # Errors
    /// It cannot be written down, and a candidate it would be sent has a share.
    pub fn open(
        &self,
        origin: &Origin,
        serving: impl IntoIterator<Item = (ApplicationName, Generation)>,
    ) -> Result<Subscription, Error> {
        let Origin { node, boot } = origin;
        // Held to the end: nobody is taken out of the book between being written down and having a place at the hub.
        let mut book = self.book();
        if book.written.get(node) == Some(boot) {
            return Ok(self.hub.open(node, *boot, serving));
        }
        match self.ledger.gateway_came(origin, (self.clock)()) {
            Ok(()) => {
                book.unwritten.remove(node);
                book.written.insert(node.clone(), *boot);
                Ok(self.hub.open(node, *boot, serving))
            }
            Err(error @ Error::Fenced { .. }) => {
                self.hub.resign_if_fenced(&error);
                Err(error)
            }
            // An earlier start of the same gateway is known, and stands for this one until it is written down.
            Err(error) if !book.written.contains_key(node) && self.hub.has_candidates() => Err(error),
            Err(_) => {
                book.unwritten.insert(node.clone(), *boot);
                let tables = self.hub.open(node, *boot, serving);
                self.hub.doubt(node);
                Ok(tables)
            }
        }
    }

    /// A gateway has drained and will serve nothing more. Blocks on the disk.
    pub fn leave(&self, origin: &Origin) {
        let mut book = self.book();
        self.hub.leave(&origin.node, origin.boot);
        if !self.hub.knows(&origin.node) {
            self.take_out(&mut book, origin);
        }
    }

    /// Writes down who could not be written down when they came. No candidate is given more before this succeeded.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn catch_up(&self) -> Result<(), Error> {
        self.write_down_late().inspect_err(|error| self.hub.resign_if_fenced(error))
    }

    fn write_down_late(&self) -> Result<(), Error> {
        let mut book = self.book();
        let waiting: Vec<Origin> =
            book.unwritten.iter().map(|(node, boot)| Origin { node: node.clone(), boot: *boot }).collect();
        for origin in waiting {
            self.ledger.gateway_came(&origin, (self.clock)())?;
            book.unwritten.remove(&origin.node);
            self.hub.vouch(&origin.node);
            book.written.insert(origin.node, origin.boot);
        }
        Ok(())
    }

    /// Writes down what has become of gateways and of tables on their way to them. To be called now and then.
    ///
    /// # Errors
    /// The database cannot be written; what was not written down errs on the side of the baseline.
    pub fn keep(&self) -> Result<(), Error> {
        self.write_down_what_became().inspect_err(|error| self.hub.resign_if_fenced(error))
    }

    fn write_down_what_became(&self) -> Result<(), Error> {
        let everywhere = self.hub.take_everywhere();
        if !everywhere.is_empty() {
            self.ledger.settle(&everywhere)?;
        }
        for origin in self.hub.take_forgotten() {
            let mut book = self.book();
            if !self.hub.knows(&origin.node) {
                self.take_out(&mut book, &origin);
            }
        }
        let now = (self.clock)();
        let mut book = self.book();
        if now.since(book.heard_at) >= HEARD {
            book.heard_at = now;
            let heard: Vec<_> = self.hub.view().into_iter().map(|view| (view.node, view.heard_at)).collect();
            self.ledger.gateways_heard(&heard)?;
        }
        Ok(())
    }

    /// One that stays in the database for want of a write only makes the next controller wait for its lease.
    fn take_out(&self, book: &mut Book, origin: &Origin) {
        book.unwritten.remove(&origin.node);
        if book.written.contains_key(&origin.node) && self.ledger.gateway_left(origin).is_ok() {
            book.written.remove(&origin.node);
        }
    }

    /// Every change is complete before the lock is released.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
