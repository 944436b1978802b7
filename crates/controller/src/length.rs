//! How long tables become, before anybody is sent one. Entry points: [`oversized`] and [`oversized_rollout`].

use crate::present::{Present, trial_of};
use viridian_core::epoch::Epoch;
use viridian_core::id::{EpochId, Generation, Term};
use viridian_core::rollout::input::Oversized;
use viridian_core::routing::build::{Committed, build};
use viridian_wire::snapshot::{LONGEST_TABLE, length};

/// The table of a rollout, as long as it can become, if gateways would not take it.
pub(crate) fn oversized_rollout(present: &Present, term: Term) -> Option<Oversized> {
    let (rollout, candidate) = present.rollout.as_ref()?;
    let epoch = present.epoch.as_ref()?;
    let trial = Some(trial_of(rollout, candidate));
    let baseline = present.baseline.clone();
    oversized(&Committed { application: &present.application, baseline, trial, conduct: None, epoch }, term)
}

/// The table that follows from what is committed, if gateways would not take it.
pub(crate) fn oversized(committed: &Committed<'_>, term: Term) -> Option<Oversized> {
    // The longest numbers there are, because the ones it will have are not known.
    let epoch = Epoch { id: EpochId(u32::MAX), ..*committed.epoch };
    let committed = Committed { epoch: &epoch, ..committed.clone() };
    let length = length(&build(&committed, Generation(u64::MAX), term));
    (length > LONGEST_TABLE).then_some(Oversized { length, most: LONGEST_TABLE })
}
