//! What is known of one gateway: whether it lives, what it serves by, and whose candidates it may still send requests.

use super::{EXPOSURE_LEASE, GatewayView, LIVENESS, Superseded};
use std::collections::{HashMap, HashSet};
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, RolloutName};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_wire::snapshot::{Rejection, TableAnswer};
use viridian_wire::tally::Trip;

/// One gateway process, at its place in the hub.
#[derive(Debug)]
pub(super) struct Seat {
    boot: BootId,
    /// How often its name has come; the latest one is sent tables.
    visit: u64,
    heard_at: Timestamp,
    /// When it said what was heard last, at the latest: earlier than that was heard after this process stood still.
    said_at: Timestamp,
    serving: HashMap<ApplicationName, Generation>,
    /// Applications whose candidate it may still send requests.
    exposed: HashSet<ApplicationName>,
    rejected: HashMap<ApplicationName, Rejection>,
    pub(super) trips: Vec<Trip>,
}

impl Seat {
    /// A process that comes with what it serves by. Until it is known to serve by a table without a candidate, it may
    /// send one requests: it may have its tables from another controller.
    pub(super) fn taken(
        (boot, visit): (BootId, u64),
        serving: HashMap<ApplicationName, Generation>,
        is_harmless: impl Fn(&ApplicationName, Generation) -> bool,
        now: Timestamp,
    ) -> Self {
        let exposed = serving.iter().filter(|(name, at)| !is_harmless(name, **at));
        Self {
            boot,
            visit,
            heard_at: now,
            said_at: now,
            exposed: exposed.map(|(name, _)| name.clone()).collect(),
            serving,
            rejected: HashMap::new(),
            trips: Vec::new(),
        }
    }

    /// The same process was here before: what it was exposed to then it still is, except where it comes with a table by
    /// which it cannot be. That it said so before may have been lost.
    pub(super) fn after(
        mut self,
        before: Option<Self>,
        is_harmless: impl Fn(&ApplicationName, Generation) -> bool,
    ) -> Self {
        if let Some(before) = before {
            let is_over =
                |name: &ApplicationName| self.serving.get(name).is_some_and(|at| is_harmless(name, *at));
            let still = before.exposed.into_iter().filter(|name| !is_over(name));
            self.exposed.extend(still.collect::<Vec<_>>());
            self.trips = before.trips;
        }
        self
    }

    pub(super) const fn boot(&self) -> BootId {
        self.boot
    }

    /// Whether it is this process that speaks.
    pub(super) fn check(&self, boot: BootId) -> Result<(), Superseded> {
        (self.boot == boot).then_some(()).ok_or(Superseded)
    }

    pub(super) const fn visit(&self) -> u64 {
        self.visit
    }

    /// The same, but what it came with may have been said at this moment.
    pub(super) const fn saying(mut self, said_at: Timestamp) -> Self {
        self.said_at = said_at;
        self
    }

    pub(super) fn heard(&mut self, now: Timestamp, said_at: Timestamp) {
        self.heard_at = now;
        self.said_at = self.said_at.max(said_at);
    }

    pub(super) const fn heard_at(&self) -> Timestamp {
        self.heard_at
    }

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        now.since(self.said_at) < LIVENESS
    }

    pub(super) fn is_forgotten(&self, now: Timestamp) -> bool {
        now.since(self.heard_at) >= EXPOSURE_LEASE
    }

    /// It is about to be sent a table: from here on it may serve by it, whether or not it says so.
    pub(super) fn sent(&mut self, table: &RoutingTable) {
        if table.candidate_weight() > Weight::ZERO {
            self.exposed.insert(table.application.clone());
        }
    }

    /// It says what it serves an application by, and what it thinks of the table it was sent. What it serves by is
    /// harmless when nobody can be sent to a candidate by it.
    pub(super) fn answered(&mut self, answer: TableAnswer, is_harmless: bool) {
        let TableAnswer { application, serving, rejected } = answer;
        if is_harmless {
            self.exposed.remove(&application);
        }
        match rejected {
            Some(rejection) => self.rejected.insert(application.clone(), rejection),
            None => self.rejected.remove(&application),
        };
        // Answers may overtake each other; what is served only rises.
        let known = self.serving.entry(application).or_default();
        *known = serving.max(*known);
    }

    pub(super) fn serves(&self, application: &ApplicationName) -> Option<Generation> {
        self.serving.get(application).copied()
    }

    pub(super) fn is_exposed(&self, application: &ApplicationName) -> bool {
        self.exposed.contains(application)
    }

    /// The table of an application it refused.
    pub(super) fn refused(&self, application: &ApplicationName) -> Option<&Rejection> {
        self.rejected.get(application)
    }

    /// Whether its local guard acted in the rollout that runs.
    pub(super) fn has_tripped(&self, application: &ApplicationName, rollout: Option<&RolloutName>) -> bool {
        self.trips.iter().any(|trip| trip.application == *application && Some(&trip.rollout) == rollout)
    }

    pub(super) fn view(&self, node: NodeName, now: Timestamp) -> GatewayView {
        let sorted = |mut serving: Vec<(ApplicationName, Generation)>| {
            serving.sort();
            serving
        };
        GatewayView {
            node,
            heard_at: self.heard_at,
            live: self.is_live(now),
            serving: sorted(self.serving.iter().map(|(name, at)| (name.clone(), *at)).collect()),
            rejected: self.rejected.iter().map(|(name, why)| (name.clone(), why.clone())).collect(),
        }
    }
}
