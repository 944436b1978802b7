//! The database of Viridian and nothing else: what was applied, what happened, where every rollout stands, what was
//! measured.
//!
//! Start with [`Store::open`]. Everything lies in one SQLite file in a data directory that one process at a time
//! works with. What happened is an append-only log of events ([`events`]); a transition of a rollout is one
//! transaction ([`Store::commit`]) that appends the event and brings every table that follows from it along.
//! Measurements are no events: they are rows that are replaced by their successors ([`Store::record`]).
//!
//! Calls block. An asynchronous caller runs them where blocking is allowed. When something is decided is not
//! decided here: the store has no clock and no opinion.

mod answers;
mod applications;
mod apply;
mod backup;
mod ballast;
mod baselines;
mod cache;
mod change;
mod column;
mod commands;
mod commit;
mod committed;
#[cfg(test)]
mod effort;
mod epochs;
mod error;
mod evidence;
pub mod events;
mod experiments;
mod feedback;
mod files;
mod fold;
mod gateways;
mod health;
mod id;
mod keys;
mod lock;
mod log;
mod notes;
mod open;
mod orders;
mod outbox;
mod partial;
mod place;
mod probe;
mod recent;
mod releases;
mod remembered;
mod restore;
mod retention;
mod rollouts;
mod schema;
mod start;
mod sums;
mod tables;
mod tallies;
mod transaction;
mod unwritten;
mod wal;

pub use apply::Item;
pub use backup::{Existing, backup};
pub use change::Change;
pub use commands::Once;
pub use commit::Commit;
pub use committed::Committed;
pub use error::Error;
pub use experiments::{ExperimentCommit, ExperimentStart, PendingOrder, StoredExperiment};
pub use feedback::FeedbackReceipt;
pub use fold::Folding;
pub use gateways::KnownGateway;
pub use id::{CommandId, OutboxId};
pub use keys::SigningKey;
pub use open::Options;
pub use orders::PendingCommand;
pub use outbox::OutboxRow;
pub use recent::Recent;
pub use releases::{Rejected, ReleasePlace, StoredRelease};
pub use restore::restore;
pub use retention::Retention;
pub use rollouts::{Activity, RolloutFilter, StoredRollout};
pub use start::{Retry, Start, Takeover};
pub use tables::TableChange;

#[cfg(test)]
// The tests' own world speaks of the store by its name, wherever it is used.
extern crate self as viridian_store;

use cache::Cache;
use lock::Lock;
use orders::Unwritten;
use place::Place;
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use transaction::{Writer, unpoisoned};
use viridian_core::experiment::verdict::Analysis;
use viridian_core::id::{ExperimentName, RolloutName, Term};
use viridian_core::rollout::noted::Noted;

/// The database. Cheap to clone; the last clone that is dropped closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    term: Term,
    /// The data directory.
    directory: PathBuf,
    /// The file that was opened in it.
    file: Place,
    writer: Mutex<Writer>,
    /// A connection of its own, so that reading never waits for a commit.
    reader: Mutex<Connection>,
    /// Orders that could not be written down yet.
    unwritten: Mutex<Vec<Unwritten>>,
    /// The latest report of each rollout, whether or not it led to anything.
    notes: Mutex<HashMap<RolloutName, Arc<Noted>>>,
    /// What each experiment says, whether or not it led to anything.
    analyses: Mutex<HashMap<ExperimentName, Analysis>>,
    /// Why nothing can be written now, as far as the last attempt tells.
    trouble: Mutex<Option<String>>,
    /// What is wrong with the database, as far as it was looked over since the start.
    damage: Mutex<Option<String>>,
    /// Counts that need not be read again.
    cache: Mutex<Cache>,
    /// Dropped last: nobody else opens the database before it is closed.
    _lock: Lock,
}

impl Store {
    /// The term this store acts in, a new one at each start.
    pub fn term(&self) -> Term {
        self.inner.term
    }

    /// Why nothing but the way back to the baseline can be written now; nothing when the last attempt succeeded.
    pub fn trouble(&self) -> Option<String> {
        let damage = unpoisoned(&self.inner.damage).clone();
        damage.or_else(|| unpoisoned(&self.inner.trouble).clone())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("term", &self.inner.term).finish_non_exhaustive()
    }
}
