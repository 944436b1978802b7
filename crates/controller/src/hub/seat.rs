//! What is known of one gateway: whether it lives, what it serves by, and whose candidates it may still send requests.

use super::{EXPOSURE_LEASE, GatewayView, LIVENESS, Unheard};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, RolloutName};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_wire::snapshot::{Rejection, TableAnswer};
use viridian_wire::tally::{Trip, Vitals};

/// How long after it refused a table a gateway is offered it again.
const OFFERED_AGAIN: Duration = Duration::from_secs(30);

/// One gateway process, at its place in the hub.
#[derive(Debug)]
pub(super) struct Seat {
    boot: BootId,
    /// How often its name has come; the latest one is sent tables.
    visit: u64,
    heard_at: Timestamp,
    /// When it said what was heard last, at the latest: earlier than that was heard after this process stood still.
    said_at: Timestamp,
    /// From when on its lease on candidates is counted.
    lease_from: Timestamp,
    serving: HashMap<ApplicationName, Generation>,
    exposed: Exposure,
    /// Tables it refused, and when it was last offered each.
    rejected: HashMap<ApplicationName, (Rejection, Timestamp)>,
    /// Tables it refused that it is to be offered again.
    again: HashSet<ApplicationName>,
    pub(super) trips: Vec<Trip>,
    /// How it fares, as it said last, and when; absent from gateways of before.
    vitals: Option<(Vitals, Timestamp)>,
    /// Whether it is yet to be written down: a controller after this one would not know of it.
    pub(super) is_unwritten: bool,
}

/// Applications whose candidate a gateway may still send requests.
#[derive(Debug)]
enum Exposure {
    /// These.
    To(HashSet<ApplicationName>),
    /// Any: it had its tables from a controller that is gone, and has not said which since.
    Unknown,
}

impl Seat {
    /// A process that an earlier controller let in and that has not come since. It may have been heard until this
    /// moment, so its lease is counted from here, whatever was written down of it.
    pub(super) fn expected(boot: BootId, heard_at: Timestamp, now: Timestamp) -> Self {
        Self {
            boot,
            visit: 0,
            heard_at: heard_at.min(now),
            said_at: heard_at.min(now),
            lease_from: now,
            serving: HashMap::new(),
            exposed: Exposure::Unknown,
            rejected: HashMap::new(),
            again: HashSet::new(),
            trips: Vec::new(),
            vitals: None,
            is_unwritten: false,
        }
    }

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
            lease_from: now,
            exposed: Exposure::To(exposed.map(|(name, _)| name.clone()).collect()),
            serving,
            rejected: HashMap::new(),
            again: HashSet::new(),
            trips: Vec::new(),
            vitals: None,
            is_unwritten: false,
        }
    }

    /// The same process was here before: what it was exposed to then it still is, except where it comes with a table by
    /// which it cannot be. That it said so before may have been lost.
    pub(super) fn after(
        mut self,
        before: Option<Self>,
        is_harmless: impl Fn(&ApplicationName, Generation) -> bool,
    ) -> Self {
        let Some(before) = before else { return self };
        if let (Exposure::To(exposed), Exposure::To(earlier)) = (&mut self.exposed, before.exposed) {
            let serving = &self.serving;
            let is_over = |name: &ApplicationName| serving.get(name).is_some_and(|at| is_harmless(name, *at));
            exposed.extend(earlier.into_iter().filter(|name| !is_over(name)));
        }
        self.trips = before.trips;
        self.vitals = before.vitals;
        self
    }

    pub(super) const fn boot(&self) -> BootId {
        self.boot
    }

    /// Whether it is this process that speaks.
    pub(super) fn check(&self, boot: BootId) -> Result<(), Unheard> {
        (self.boot == boot).then_some(()).ok_or(Unheard::Superseded)
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
        self.lease_from = now;
    }

    pub(super) const fn heard_at(&self) -> Timestamp {
        self.heard_at
    }

    /// Whether it came to this controller.
    pub(super) const fn has_come(&self) -> bool {
        self.visit > 0
    }

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.has_come() && now.since(self.said_at) < LIVENESS
    }

    pub(super) fn is_forgotten(&self, now: Timestamp) -> bool {
        now.since(self.lease_from) >= EXPOSURE_LEASE
    }

    /// It is about to be sent a table: from here on it may serve by it, whether or not it says so.
    pub(super) fn sent(&mut self, table: &RoutingTable) {
        if let Exposure::To(exposed) = &mut self.exposed
            && table.trial_weight() > Weight::ZERO
        {
            exposed.insert(table.application.clone());
        }
    }

    /// It says what it serves an application by, and what it thinks of the table it was sent. What it serves by is
    /// harmless when nobody can be sent to a candidate by it.
    pub(super) fn answered(&mut self, answer: TableAnswer, is_harmless: bool, now: Timestamp) {
        let TableAnswer { application, serving, rejected } = answer;
        if let Exposure::To(exposed) = &mut self.exposed
            && is_harmless
        {
            exposed.remove(&application);
        }
        match rejected {
            Some(rejection) => self.rejected.insert(application.clone(), (rejection, now)),
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
        match &self.exposed {
            Exposure::To(exposed) => exposed.contains(application),
            Exposure::Unknown => true,
        }
    }

    /// The table of an application it refused.
    pub(super) fn refused(&self, application: &ApplicationName) -> Option<&Rejection> {
        self.rejected.get(application).map(|(rejection, _)| rejection)
    }

    /// Tables it refused a while ago: what kept it from taking them may have been mended.
    pub(super) fn due_again(&mut self, now: Timestamp) -> Vec<ApplicationName> {
        let mut due = Vec::new();
        for (name, (_, offered_at)) in &mut self.rejected {
            if now.since(*offered_at) >= OFFERED_AGAIN {
                *offered_at = now;
                due.push(name.clone());
            }
        }
        self.again.extend(due.iter().cloned());
        due
    }

    /// Whether it is to be offered a table that it refused; after this it has been.
    pub(super) fn is_offered_again(&mut self, application: &ApplicationName) -> bool {
        self.again.remove(application)
    }

    /// Whether its local guard acted in the rollout that runs.
    pub(super) fn has_tripped(&self, application: &ApplicationName, rollout: Option<&RolloutName>) -> bool {
        self.trips.iter().any(|trip| trip.application == *application && Some(&trip.rollout) == rollout)
    }

    /// How it fares, as it said last.
    pub(super) fn vitals(&self) -> Option<&Vitals> {
        self.vitals.as_ref().map(|(vitals, _)| vitals)
    }

    /// It says how it fares.
    pub(super) fn fares(&mut self, vitals: Vitals, now: Timestamp) {
        self.vitals = Some((vitals, now));
    }

    /// By how many milliseconds its clock was ahead when it said how it fares.
    pub(super) fn clock_ahead(&self) -> Option<i64> {
        let (vitals, at) = self.vitals.as_ref()?;
        Some(vitals.clock.0.cast_signed().saturating_sub(at.0.cast_signed()))
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
            has_come: self.has_come(),
            clock_ahead: self.clock_ahead(),
            vitals: self.vitals.as_ref().map(|(vitals, _)| vitals.clone()),
            serving: sorted(self.serving.iter().map(|(name, at)| (name.clone(), *at)).collect()),
            rejected: self.rejected.iter().map(|(name, (why, _))| (name.clone(), why.clone())).collect(),
        }
    }
}
