//! Reports of gateways: an application that went through epochs, and what was counted in them.

use crate::world::*;
use std::path::Path;
use viridian_core::analysis::measurement::{ArmCounts, Evidence};
use viridian_core::analysis::row::{GroupRow, Origin, SLOT, TallyRow, slot_of};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::id::{BootId, EpochId, NodeName};
use viridian_core::metric::Metric;
use viridian_core::unit::UnitHash;
use viridian_store::{Store, TableChange};

/// A store whose application went through epochs 1 to `count`.
pub(crate) fn with_epochs(directory: &Path, count: u32) -> Store {
    let store = furnished(directory);
    store.reserve_generations(&application_name(), 100).unwrap();
    for id in 1..=count {
        begin_epoch(&store, id);
    }
    store
}

/// Each epoch begins an hour after the one before.
pub(crate) fn begin_epoch(store: &Store, id: u32) {
    let span = Epoch { started_at: later(60 * u64::from(id - 1)), ..epoch(id, percent(10)) };
    let table = table(store, id.into(), &span);
    store
        .commit_table(&TableChange { table: &table, epoch: Some(&span), because: "a test", at: NOW })
        .unwrap();
}

/// A key rows are kept under: the node, its boot, the epoch, the slot.
pub(crate) type Key = (u8, u8, u32, u8);

pub(crate) fn origin((node, boot, ..): Key) -> Origin {
    // Half of all boots are numbers that a signed column cannot hold as they are.
    let boot = BootId(u64::from(boot) * (u64::MAX / 2 + 1));
    Origin { node: NodeName::parse(&format!("gateway-{node}")).unwrap(), boot }
}

/// The running total of a gateway after so many requests.
pub(crate) fn tally(requests: u64) -> Tally {
    let mut tally = Tally::default();
    tally.classes[0] = requests;
    tally.exempt[1] = requests / 3;
    tally.metrics[Metric::Errors.index()] = Counts::of_share(requests, requests / 2);
    for _ in 0..requests.min(20) {
        tally.latency.record(1_000 * requests);
    }
    tally
}

pub(crate) fn groups(requests: u64) -> GroupTally {
    let mut groups = GroupTally::default();
    for request in 0..requests {
        let unit = UnitHash(request.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        groups.units.insert(unit);
        groups.record_counts(Metric::Errors, unit.group(), Counts::of_share(1, 0));
    }
    groups
}

pub(crate) fn record(store: &Store, key: Key, requests: u64) {
    let (_, _, epoch, slot) = key;
    let slot = slot_of(NOW.plus(SLOT * u32::from(slot)));
    let (application, epoch, arm) = (application_name(), EpochId(epoch), Arm::Candidate);
    let row = TallyRow { application: application.clone(), epoch, slot, arm, tally: tally(requests) };
    store.record(&origin(key), &[row], &[]).unwrap();
}

pub(crate) fn record_groups(store: &Store, key: Key, requests: u64) {
    let row = GroupRow {
        application: application_name(),
        epoch: EpochId(key.2),
        arm: Arm::Candidate,
        groups: groups(requests),
    };
    store.record(&origin(key), &[], &[row]).unwrap();
}

pub(crate) fn evidence(store: &Store) -> Evidence {
    store.evidence(&application_name(), EpochId(1), minutes(0), NOW).unwrap()
}

pub(crate) fn candidate(store: &Store, epoch: u32) -> ArmCounts {
    let evidence = evidence(store);
    let found = evidence.epochs.into_iter().find(|counts| counts.epoch.id == EpochId(epoch));
    found.unwrap().candidate.clone()
}
