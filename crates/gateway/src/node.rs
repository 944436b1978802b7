//! Everything the workers of a gateway share. Requests read from it and count in it; [`crate::handle`] is how the rest of
//! the process reaches it.

use crate::archive::Archive;
use crate::blame::Blame;
use crate::budget::Budget;
use crate::clock::Clock;
use crate::config::{Config, State};
use crate::error::Error;
use crate::feedback::Feedback;
use crate::lease::Lease;
use crate::metrics::{Count, Counters, Metrics, Refusals, Requests, Traffic};
use crate::pinned::Pins;
use crate::request_id::Signer;
use crate::seal::Seal;
use crate::snapshot::Tables;
use crate::tally::Books;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use viridian_core::arm::Arm;
use viridian_core::outcome::Class;
use viridian_wire::snapshot::SigningKey;

/// What the workers share.
pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) tables: Tables,
    pub(crate) lease: Lease,
    pub(crate) pins: Arc<Pins>,
    pub(crate) books: Books,
    pub(crate) feedback: Feedback,
    /// Of request bodies.
    pub(crate) held: Budget,
    /// By worker.
    pub(crate) counters: Box<[Counters]>,
    pub(crate) rejected_tables: Count,
    /// Whether it takes nobody new.
    pub(crate) is_draining: AtomicBool,
}

impl Node {
    /// A node with the tables that were kept before the start, if any were.
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        let workers = config.workers.get();
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        let signer = Signer::with(&SigningKey { id: 0, secret });
        let pins = Arc::<Pins>::default();
        let node = Self {
            tables: Tables::new(signer, &config, Arc::clone(&pins)),
            pins,
            lease: Lease::new(config.exposure_lease, config.clock.now()),
            books: Books::default(),
            feedback: Feedback::new(config.limits.feedback, config.feedback_age),
            held: Budget::new(config.limits.held),
            counters: (0..workers).map(|_| Counters::default()).collect(),
            rejected_tables: Count::default(),
            is_draining: AtomicBool::new(false),
            config,
        };
        node.resume()?;
        Ok(node)
    }

    fn resume(&self) -> Result<(), Error> {
        let Some(State { directory, key }) = &self.config.state else { return Ok(()) };
        let unusable = |source| Error::State { directory: directory.clone(), source };
        let (archive, recalled) =
            Archive::open(directory, self.config.disk.clone(), Seal::new(&key.0, "tables"))
                .map_err(unusable)?;
        self.pins.resume(directory, Seal::new(&key.0, "pins"));
        let answers = self.tables.resume(archive, recalled.as_ref().map(|kept| &kept.snapshot), &self.books);
        for (answer, rejection) in
            answers.iter().filter_map(|answer| Some((answer, answer.rejected.as_ref()?)))
        {
            tracing::error!(application = %answer.application, reason = %rejection.reason, "cannot serve by the table on disk");
        }
        if let Some(recalled) = recalled {
            self.lease.resume(recalled.right_at, self.clock().now());
        }
        Ok(())
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.config.clock
    }

    /// Whether there is anything to serve by.
    pub(crate) fn is_ready(&self) -> bool {
        !self.tables.serving().tables.is_empty()
    }

    /// Notices what only the passing of time brings about.
    pub(crate) fn look(&self) {
        // A machine that was suspended has slept through part of its lease.
        self.clock().catch_up();
        self.lease.look(self.clock().now());
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let sum = |read: fn(&Counters) -> &Count| {
            self.counters.iter().map(|counters| read(counters).get()).sum::<u64>()
        };
        let closed = sum(|counters| &counters.closed_connections);
        Metrics {
            requests: self.requests(),
            refused: Blame::ALL.map(|blame| self.refused(blame)).to_vec(),
            traffic: self.traffic(),
            connections: sum(|counters| &counters.accepted_connections).saturating_sub(closed),
            upstream_connects: sum(|counters| &counters.upstream_connects),
            upstream_retries: sum(|counters| &counters.upstream_retries),
            upstream_failovers: sum(|counters| &counters.upstream_failovers),
            rejected_tables: self.rejected_tables.get(),
            feedback: self.feedback.counts(),
        }
    }

    /// What was recorded is read first, so that it never exceeds what was decided.
    pub(crate) fn traffic(&self) -> Traffic {
        let recorded = self.counters.iter().map(|counters| counters.recorded.get()).sum();
        let decided = self.counters.iter().map(|counters| counters.decided.get()).sum();
        Traffic { decided, recorded }
    }

    fn refused(&self, blame: Blame) -> Refusals {
        let count = self.counters.iter().map(|counters| counters.refused(blame).get()).sum();
        Refusals { blame, count }
    }

    fn requests(&self) -> Vec<Requests> {
        let mut requests = Vec::new();
        for (application, served) in self.books.served() {
            for (arm, counts) in Arm::all().zip(served) {
                for (class, count) in Class::ALL.into_iter().zip(counts) {
                    if count > 0 {
                        requests.push(Requests { application: application.clone(), arm, class, count });
                    }
                }
            }
        }
        requests
    }
}
