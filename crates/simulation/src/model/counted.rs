//! Running totals of gateways in the database made up, and their sums.

use std::cell::RefCell;
use std::collections::BTreeMap;
use viridian_core::analysis::measurement::EpochCounts;
use viridian_core::analysis::row::{GroupRow, Origin, TallyRow};
use viridian_core::analysis::tally::{GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, BootId, EpochId, NodeName};
use viridian_core::time::Timestamp;

/// An epoch of an application.
type Span = (ApplicationName, EpochId);
/// A row of it.
type Slot = (Arm, Timestamp, NodeName, BootId);

/// What was counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    tallies: BTreeMap<Span, BTreeMap<Slot, Tally>>,
    groups: BTreeMap<Span, BTreeMap<(Arm, NodeName, BootId), GroupTally>>,
    /// How many requests each start of a gateway is known to have decided.
    totals: BTreeMap<(NodeName, BootId), u64>,
    /// Sums that were made, until a row of their epoch changes.
    sums: RefCell<BTreeMap<Span, EpochCounts>>,
}

impl Counted {
    /// Takes rows: each is replaced by a later copy of itself and never by an earlier one.
    pub(super) fn record(&mut self, origin: &Origin, tallies: &[TallyRow], groups: &[GroupRow]) {
        for row in tallies {
            let span = (row.application.clone(), row.epoch);
            let slot = (row.arm, row.slot, origin.node.clone(), origin.boot);
            let rows = self.tallies.entry(span.clone()).or_default();
            let known = rows.get(&slot);
            if known.is_none_or(|known| progress(known) < progress(&row.tally)) {
                let more = ended(&row.tally) - known.map_or(0, ended);
                rows.insert(slot, row.tally.clone());
                *self.totals.entry((origin.node.clone(), origin.boot)).or_default() += more;
                self.sums.get_mut().remove(&span);
            }
        }
        for row in groups {
            let span = (row.application.clone(), row.epoch);
            let key = (row.arm, origin.node.clone(), origin.boot);
            let rows = self.groups.entry(span.clone()).or_default();
            if rows.get(&key).is_none_or(|known| progress_of_groups(known) < progress_of_groups(&row.groups))
            {
                rows.insert(key, row.groups.clone());
                self.sums.get_mut().remove(&span);
            }
        }
    }

    /// What an epoch came to.
    pub(super) fn of_epoch(&self, application: &ApplicationName, epoch: Epoch) -> EpochCounts {
        let span = (application.clone(), epoch.id);
        if let Some(known) = self.sums.borrow().get(&span) {
            return known.clone();
        }
        let mut counts = EpochCounts::empty(epoch);
        for ((arm, ..), tally) in self.tallies.get(&span).into_iter().flatten() {
            counts.arm_mut(*arm).tally.add(tally);
        }
        for ((arm, ..), groups) in self.groups.get(&span).into_iter().flatten() {
            counts.arm_mut(*arm).groups.add(groups);
        }
        self.sums.borrow_mut().insert(span, counts.clone());
        counts
    }

    /// How many requests one start of a gateway is known to have decided.
    pub(crate) fn total(&self, origin: &Origin) -> u64 {
        self.totals.get(&(origin.node.clone(), origin.boot)).copied().unwrap_or(0)
    }

    /// How many requests one start of a gateway is known to have decided, by application, epoch and arm.
    pub(crate) fn requests(&self, origin: &Origin) -> BTreeMap<(ApplicationName, EpochId, Arm), u64> {
        let mut requests = BTreeMap::new();
        for ((application, epoch), rows) in &self.tallies {
            let own =
                rows.iter().filter(|((_, _, node, boot), _)| *node == origin.node && *boot == origin.boot);
            for ((arm, ..), tally) in own {
                *requests.entry((application.clone(), *epoch, *arm)).or_default() += ended(tally);
            }
        }
        requests
    }
}

/// How many requests of a running total have ended.
fn ended(tally: &Tally) -> u64 {
    tally.outcomes() + tally.exempt.iter().sum::<u64>()
}

/// How far a running total has come.
fn progress(tally: &Tally) -> u64 {
    tally.drawn + ended(tally)
}

fn progress_of_groups(groups: &GroupTally) -> u64 {
    groups.drawn.all() + groups.trials()
}
