//! A gateway without its listener: everything a gateway decides, keeps and counts, for a stage on which requests are made
//! up. Entry points: [`Handle::offstage`] and [`Handle::decide`].
//!
//! Whole fleets are rehearsed on it under a clock that is moved. A request here takes the way of every request from its
//! decision to its outcome; what it leaves out is the network on both sides.

use crate::config::Config;
use crate::error::Error;
use crate::falls::Falls;
use crate::handle::Handle;
use crate::node::Node;
use crate::prepared::table::Table;
use crate::route::known_of_candidate;
use std::sync::Arc;
use viridian_core::id::ApplicationName;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, RequestKey, decide};
use viridian_core::routing::table::RoutingTable;

/// The worker requests are counted by.
const WORKER: usize = 0;

/// A request that was decided and has not come to its outcome.
pub struct Rehearsed {
    handle: Handle,
    table: Arc<Table>,
    decision: Decision,
}

impl Handle {
    /// A gateway that nobody can call, with the tables that were kept before the start, if any were.
    ///
    /// # Errors
    /// Its state cannot be used.
    pub fn offstage(config: Config) -> Result<Self, Error> {
        Ok(Self::new(Arc::new(Node::new(config)?)))
    }

    /// Decides a request; nothing when the application is not served here.
    pub fn decide(
        &self,
        application: &ApplicationName,
        unit: Option<&str>,
        uniform: u64,
    ) -> Option<Rehearsed> {
        let table = Arc::clone(self.node.tables.serving().tables.get(application.as_str())?);
        let local = known_of_candidate(&self.node, &table, self.now());
        let decision = decide(&table.routing, &RequestKey { unit, uniform, local });
        table.sent(WORKER, &decision, self.now());
        Some(Rehearsed { handle: self.clone(), table, decision })
    }

    /// The table an application is served by.
    pub fn table(&self, application: &ApplicationName) -> Option<RoutingTable> {
        let serving = self.node.tables.serving();
        serving.tables.get(application.as_str()).map(|table| table.routing.clone())
    }
}

impl Rehearsed {
    /// Where it goes, and whether it counts.
    pub const fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The table it was decided by.
    pub fn table(&self) -> &RoutingTable {
        &self.table.routing
    }

    /// It ended so, after this many microseconds.
    pub fn finish(self, class: Class, latency_us: u64) {
        let outcome = Outcome {
            decision: self.decision,
            class,
            latency_us,
            first_token: FirstToken::NotStreamed,
            contents: Contents::default(),
        };
        self.table.count(WORKER, (&outcome, None), &Falls::default(), self.handle.now());
    }
}
