//! Makes exactly one outcome of each request that was decided, whatever happens to it. Entry points:
//! [`Recorder::begin`] and [`Recorder::finish`].
//!
//! A request is counted twice: as drawn when it begins, in the epoch of its table, and by its outcome there when it has ended, so
//! that it is known how many are under way.
//!
//! A recorder that is dropped without being finished belonged to a request whose caller went away: the outcome is made
//! when it is dropped, and only then, so there can be neither none nor two.

use crate::falls::Falls;
use crate::headers::Answering;
use crate::prepared::table::Table;
use crate::worker::Worker;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::Decision;
use viridian_wire::expression::Said;

/// The outcome of one request, to be.
pub(crate) struct Recorder {
    worker: Rc<Worker>,
    table: Arc<Table>,
    decision: Decision,
    falls: Falls,
    arrived: Instant,
    class: Class,
    first_token: FirstToken,
    contents: Contents,
    /// Its words, where expressions ask for them.
    words: Option<Said>,
}

impl Recorder {
    /// A request was decided.
    pub(crate) fn begin(
        worker: &Rc<Worker>,
        table: &Arc<Table>,
        (decision, falls): (Decision, Falls),
        (arrived, answering): (Instant, Answering),
    ) -> Self {
        worker.counters().decided.increment();
        table.sent(worker.index, &decision, worker.node.clock().at(arrived));
        Self {
            worker: Rc::clone(worker),
            table: Arc::clone(table),
            decision,
            falls,
            arrived,
            class: Class::Cancelled,
            first_token: match answering {
                Answering::Events => FirstToken::Never,
                Answering::Readable | Answering::Anything => FirstToken::NotStreamed,
            },
            contents: Contents::default(),
            words: None,
        }
    }

    /// Part of an answer has come that was to be streamed. Only the first time counts.
    pub(crate) fn began(&mut self) {
        if self.first_token == FirstToken::Never {
            self.first_token = FirstToken::After(microseconds(self.arrived, Instant::now()));
        }
    }

    /// The answer came to its end and says so much. What it costs follows from the prices of the release.
    pub(crate) fn said(&mut self, (contents, words): (Contents, Option<Said>)) {
        self.words = words;
        let prices = self.table.routing.placement(self.decision.arm).prices;
        self.contents = Contents { cost: prices.and_then(|prices| prices.cost(&contents)), ..contents };
    }

    /// The request ended so.
    pub(crate) fn finish(mut self, class: Class) {
        self.class = class;
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let now = Instant::now();
        let outcome = Outcome {
            decision: self.decision,
            class: self.class,
            latency_us: microseconds(self.arrived, now),
            first_token: self.first_token,
            contents: self.contents,
        };
        self.table.count(
            self.worker.index,
            (&outcome, self.words.as_ref()),
            &self.falls,
            self.worker.node.clock().at(now),
        );
        self.worker.counters().recorded.increment();
    }
}

fn microseconds(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u64::MAX)
}
