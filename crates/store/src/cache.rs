//! Counts of epochs that need not be summed again. Several times a second the loop asks for everything a rollout has
//! measured, and of that only the latest epoch changes.
//!
//! Only this process writes rows, so an epoch's counts stand until it writes one. Folding changes no sum.

use std::collections::{BTreeMap, HashMap};
use viridian_core::analysis::measurement::EpochCounts;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;

/// Counts that were read and still stand.
#[derive(Default)]
pub(crate) struct Cache {
    version: Version,
    known: HashMap<ApplicationName, BTreeMap<EpochId, Known>>,
}

/// Rises with every change, so that counts read before it are not kept after it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Version(u64);

/// Whose counts are asked for, and as of when.
pub(crate) struct Asked<'a> {
    pub(crate) application: &'a ApplicationName,
    /// Feedback on requests issued later does not count yet.
    pub(crate) ripe: Timestamp,
    /// The cache's when the reading began.
    pub(crate) version: Version,
}

struct Known {
    counts: EpochCounts,
    /// The counts hold all feedback of the epoch, and all of it was ripe then.
    ripe: Timestamp,
}

impl Cache {
    /// To be taken before the database is read.
    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    /// Counts that stand; none when less feedback may be ripe than was then.
    pub(crate) fn get(&self, asked: &Asked<'_>, epoch: EpochId) -> Option<EpochCounts> {
        let known = self.known.get(asked.application)?.get(&epoch)?;
        (known.ripe <= asked.ripe).then(|| known.counts.clone())
    }

    /// Keeps counts, unless something was written since the reading began.
    pub(crate) fn keep(&mut self, asked: &Asked<'_>, counts: &EpochCounts) {
        if self.version != asked.version {
            return;
        }
        let known = Known { counts: counts.clone(), ripe: asked.ripe };
        self.known.entry(asked.application.clone()).or_default().insert(counts.epoch.id, known);
    }

    /// Forgets an epoch that rows were written for.
    pub(crate) fn forget(&mut self, application: &ApplicationName, epoch: EpochId) {
        self.version.0 += 1;
        if let Some(epochs) = self.known.get_mut(application) {
            epochs.remove(&epoch);
        }
    }

    /// Forgets epochs nobody asks for any more: all before one but the latest so many of them.
    pub(crate) fn forget_all_but(&mut self, application: &ApplicationName, latest: u32, before: EpochId) {
        let Some(epochs) = self.known.get_mut(application) else { return };
        let earlier = epochs.range(..before).count();
        for _ in latest as usize..earlier {
            epochs.pop_first();
        }
    }
}
