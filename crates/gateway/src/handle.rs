//! How the rest of the process reaches a running gateway. Entry point: [`Handle`]; none of its methods waits for a
//! request.

use crate::error::PinError;
use crate::metrics::{Metrics, Traffic};
use crate::node::Node;
use crate::snapshot;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use viridian_core::analysis::row::{Origin, slot_of};
use viridian_core::id::{ApplicationName, Generation, Term};
use viridian_core::outcome::Class;
use viridian_core::time::Timestamp;
use viridian_wire::operator::{Candidates, Standing, TableStanding};
use viridian_wire::snapshot::{Acknowledgement, Delta, Snapshot, TableAnswer};
use viridian_wire::tally::{TallyReport, Trip, Vitals};

/// A running gateway, for whoever steers and observes it. Clones reach the same gateway.
#[derive(Clone)]
pub struct Handle {
    pub(crate) node: Arc<Node>,
}

impl Handle {
    pub(crate) const fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    /// Serves by a snapshot, as far as it can be served by. All accepted tables take effect at once; a refused one
    /// leaves the table before it in service; applications that are missing are served no longer. Requests that are
    /// decided after this returns are decided by the new tables. Blocks on files with secrets and on the disk tables are kept
    /// on: what is answered as served is durable, or on the way to the baseline.
    pub fn offer(&self, snapshot: &Snapshot) -> Acknowledgement {
        let taken = self.node.tables.offer(snapshot, &self.node.books);
        self.complete(taken.standing);
        self.acknowledge(taken.answers)
    }

    /// The same for what changed since: tables that are not mentioned stay in service.
    pub fn apply(&self, delta: &Delta) -> Acknowledgement {
        let taken = self.node.tables.apply(delta, &self.node.books);
        if delta.complete {
            self.complete(taken.standing);
        }
        self.acknowledge(taken.answers)
    }

    /// The time, as this gateway knows it.
    pub fn now(&self) -> Timestamp {
        self.node.clock().now()
    }

    /// Notices what only the passing of time brings about. A gateway that serves does this by itself.
    pub fn look(&self) {
        self.node.look();
    }

    /// The controller was heard: it answered what was asked just now. See [`Handle::contact_since`].
    pub fn contact(&self) {
        self.contact_since(self.now());
    }

    /// The controller answered what this gateway asked at a moment, as [`Handle::now`] told it then. It counts the exposure lease from when it last heard
    /// this gateway, so a gateway that counts from the question never outlives it; to have heard the controller without
    /// being heard by it is no contact. A lease that ran out comes back when, besides, everything published has been
    /// applied: after an [`offer`](Handle::offer) or a delta that is `complete`.
    pub fn contact_since(&self, asked: Timestamp) {
        let clock = self.node.clock();
        clock.catch_up();
        self.node.lease.contact(asked, clock.now());
    }

    /// This gateway has drained and is about to say so. A controller that knows it gone does not wait for its lease, so
    /// the next start must send no candidate anything by the tables on disk before the controller was heard. Blocks on
    /// the disk.
    ///
    /// # Errors
    /// The next start may bring back a candidate: the controller must not be told that this gateway is gone.
    pub fn retire(&self) -> io::Result<()> {
        self.node.tables.retire()
    }

    /// Whether candidates have lost their share because the controller was not heard for too long.
    pub fn is_lease_over(&self) -> bool {
        self.node.lease.is_over(self.node.clock().now())
    }

    /// Sends every request of an application to its baseline on this gateway, at once and until it is taken back,
    /// whatever tables and callers say. Works with nobody else there. Blocks on the disk.
    ///
    /// # Errors
    /// [`PinError`]; but for an unknown application the pin holds all the same, until the gateway stops.
    pub fn pin_baseline(&self, application: &ApplicationName) -> Result<(), PinError> {
        if !self.node.tables.serving().tables.contains_key(application.as_str()) {
            return Err(PinError::Unknown(application.clone()));
        }
        self.node.pins.pin(application, self.node.clock().now())
    }

    /// Takes a pin back; without one it does nothing. Blocks on the disk.
    ///
    /// # Errors
    /// It could not be taken back on disk, and still holds.
    pub fn unpin(&self, application: &ApplicationName) -> Result<(), PinError> {
        self.node.pins.unpin(application, self.node.clock().now())
    }

    /// The applications an operator pinned to their baselines here, by name.
    pub fn pinned(&self) -> Vec<ApplicationName> {
        self.node.pins.pinned()
    }

    /// Whether there is anything to serve by.
    pub fn is_ready(&self) -> bool {
        self.node.is_ready()
    }

    /// Whether the gateway ends and takes nobody new.
    pub fn is_draining(&self) -> bool {
        self.node.is_draining.load(Ordering::Relaxed)
    }

    pub(crate) fn drains(&self) {
        self.node.is_draining.store(true, Ordering::Relaxed);
    }

    /// Everything that was published has come.
    fn complete(&self, standing: snapshot::Standing) {
        if standing == snapshot::Standing::Abreast {
            self.node.lease.complete(self.node.clock().now());
        }
    }

    fn acknowledge(&self, answers: Vec<TableAnswer>) -> Acknowledgement {
        for answer in &answers {
            if let Some(rejection) = &answer.rejected {
                self.node.rejected_tables.increment();
                tracing::warn!(
                    application = %answer.application,
                    generation = %rejection.generation,
                    reason = %rejection.reason,
                    "refused a routing table"
                );
            }
        }
        let Origin { node, boot } = self.node.config.origin.clone();
        Acknowledgement { node, boot, answers }
    }

    /// Every counter as it stands, and feedback that is not durable yet. Counters are running totals: a later report
    /// replaces an earlier one row by row. Feedback is reported until it is forgotten.
    pub fn report(&self) -> TallyReport {
        self.node.clock().catch_up();
        let (tallies, groups) = self.node.books.rows();
        TallyReport {
            origin: self.node.config.origin.clone(),
            tallies,
            groups,
            feedback: self.node.feedback.waiting(),
            trips: self.trips(),
            vitals: Some(self.vitals()),
        }
    }

    fn vitals(&self) -> Vitals {
        let Metrics { requests, feedback, .. } = self.metrics();
        let count = |counts: fn(Class) -> bool| {
            requests.iter().filter(|requests| counts(requests.class)).map(|requests| requests.count).sum()
        };
        Vitals {
            clock: self.node.clock().now(),
            ended: count(|_| true),
            failed: count(Class::is_error),
            lost: feedback.dropped,
            pinned: self.pinned(),
        }
    }

    /// Drops counters that are durable and can no longer change: of slots that are over, and of epochs that no table
    /// and no request is in any more. `durable` is a report that was stored. The number of an epoch that is past must
    /// not be used again.
    pub fn forget(&self, durable: &TallyReport) {
        let current_slot = slot_of(self.node.clock().now());
        self.node.books.forget((&durable.tallies, &durable.groups), current_slot);
        self.node.feedback.forget(&durable.feedback);
    }

    /// The gateway's name and this start of it.
    pub fn origin(&self) -> &Origin {
        &self.node.config.origin
    }

    /// The highest term this gateway has followed.
    pub fn term(&self) -> Term {
        self.node.tables.serving().term()
    }

    /// What callers are served by, and what stands above it here, for an operator.
    pub fn standing(&self) -> Standing {
        let now = self.node.clock().now();
        let serving = self.node.tables.serving();
        let pinned = self.pinned();
        let mut tables: Vec<TableStanding> = serving
            .tables
            .values()
            .map(|table| {
                let routing = &table.routing;
                let candidate = routing.comparison.as_ref().map(|comparison| &comparison.candidate.release);
                TableStanding {
                    application: routing.application.clone(),
                    generation: routing.generation,
                    baseline: routing.baseline.release.clone(),
                    candidate: candidate.cloned(),
                    share: routing.candidate_weight(),
                    pinned: pinned.contains(&routing.application),
                }
            })
            .collect();
        tables.sort_by(|one, other| one.application.cmp(&other.application));
        Standing {
            node: self.origin().node.clone(),
            term: serving.term(),
            heard_ago: self.node.lease.last_contact().map(|asked| now.since(asked).as_millis() as u64),
            candidates: if self.is_lease_over() { Candidates::Withdrawn } else { Candidates::Served },
            tables,
        }
    }

    /// The generation each application is served by.
    pub fn serving(&self) -> Vec<(ApplicationName, Generation)> {
        let serving = self.node.tables.serving();
        let routing = serving.tables.values().map(|table| &table.routing);
        routing.map(|table| (table.application.clone(), table.generation)).collect()
    }

    /// What operators want to see.
    pub fn metrics(&self) -> Metrics {
        self.node.metrics()
    }

    /// How many requests were decided, and how many of them have ended.
    pub fn traffic(&self) -> Traffic {
        self.node.traffic()
    }

    fn trips(&self) -> Vec<Trip> {
        let serving = self.node.tables.serving();
        let trip = |table: &Arc<crate::prepared::table::Table>| {
            let watch = table.watch.as_ref().filter(|watch| watch.has_tripped())?;
            Some(Trip {
                application: table.routing.application.clone(),
                rollout: watch.rollout().clone(),
                epoch: table.routing.epoch,
            })
        };
        serving.tables.values().filter_map(trip).collect()
    }
}
