//! Makes exactly one outcome of each request that was decided, whatever happens to it. Entry points:
//! [`Recorder::begin`] and [`Recorder::finish`].
//!
//! A recorder that is dropped without being finished belonged to a request whose caller went away: the outcome is made
//! when it is dropped, and only then, so there can be neither none nor two.

use crate::prepared::table::Table;
use crate::worker::Worker;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use viridian_core::outcome::{Class, Outcome};
use viridian_core::routing::decide::Decision;

/// The outcome of one request, to be.
pub(crate) struct Recorder {
    worker: Rc<Worker>,
    table: Arc<Table>,
    decision: Decision,
    arrived: Instant,
    class: Class,
}

impl Recorder {
    /// A request was decided.
    pub(crate) fn begin(
        worker: &Rc<Worker>,
        table: &Arc<Table>,
        decision: Decision,
        arrived: Instant,
    ) -> Self {
        worker.counters().decided.increment();
        table.sent(&decision);
        Self {
            worker: Rc::clone(worker),
            table: Arc::clone(table),
            decision,
            arrived,
            class: Class::Cancelled,
        }
    }

    /// The request ended so.
    pub(crate) fn finish(mut self, class: Class) {
        self.class = class;
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let now = Instant::now();
        let latency = now.saturating_duration_since(self.arrived).as_micros();
        let outcome = Outcome {
            decision: self.decision,
            class: self.class,
            latency_us: u64::try_from(latency).unwrap_or(u64::MAX),
        };
        self.table.count(self.worker.index, &outcome, self.worker.node.clock().at(now));
        self.worker.counters().recorded.increment();
    }
}
