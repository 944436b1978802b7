//! Tells people what happened. What is to be told was written down with the transition and is crossed out once it was
//! told, so a crash in between tells it twice rather than never. Here that means the log; other channels hang on the
//! same rows.

use crate::error::Error;
use viridian_core::rollout::effect::{Effect, Severity};
use viridian_crash as crash;
use viridian_store::{OutboxId, OutboxRow, Store};

/// What was told already, for as long as it cannot be crossed out.
#[derive(Default)]
pub(crate) struct Delivery {
    told: Option<OutboxId>,
}

impl Delivery {
    /// Delivers what has not been delivered yet, oldest first.
    pub(crate) fn deliver(&mut self, store: &Store) -> Result<(), Error> {
        for row in store.undelivered()? {
            if self.told.is_none_or(|told| told < row.id) {
                tell(&row);
                self.told = Some(row.id);
            }
            crash::at(crash::Place::Told);
            store.delivered(row.id)?;
        }
        Ok(())
    }
}

fn tell(row: &OutboxRow) {
    let Effect::Notify { severity, message } = &row.effect else { return };
    let rollout = row.rollout.as_str();
    match severity {
        Severity::Info => tracing::info!(rollout, "{message}"),
        Severity::Warning => tracing::warn!(rollout, "{message}"),
        Severity::Critical => tracing::error!(rollout, "{message}"),
    }
}
