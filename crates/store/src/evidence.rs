//! Evidence: what both arms did, epoch by epoch.

use crate::cache::Asked;
use crate::sums::{self, Ripeness};
use crate::transaction::unpoisoned;
use crate::{Error, Store, epochs};
use rusqlite::Connection;
use std::time::Duration;
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;

/// How many epochs calibration looks back: an epoch lasts minutes, and a baseline that got too few requests in this
/// many of them is not known.
const CALIBRATION_EPOCHS: u32 = 64;

impl Store {
    /// Everything measured from an epoch on until `now`. Feedback counts once its request is older than `maturity`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence(
        &self,
        application: &ApplicationName,
        from: EpochId,
        maturity: Duration,
        now: Timestamp,
    ) -> Result<Evidence, Error> {
        let asked = self.ask(application, ripe(maturity, now));
        let evidence = self.read(|connection| {
            let epochs = epochs::from(connection, application, from)?;
            let counts = epochs.into_iter().map(|epoch| self.counts(connection, &asked, epoch));
            Ok(Evidence::until(now, counts.collect::<Result<_, Error>>()?))
        })?;
        unpoisoned(&self.inner.cache).forget_all_but(application, CALIBRATION_EPOCHS, from);
        Ok(evidence)
    }

    /// What the present baseline did in the latest epochs before `before`, going back until it has `enough`
    /// outcomes. Epochs in which another release was the baseline are not looked at.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn calibration(
        &self,
        application: &ApplicationName,
        before: EpochId,
        enough: u64,
    ) -> Result<ArmCounts, Error> {
        let asked = self.ask(application, sums::END_OF_TIME);
        self.read(|connection| {
            let mut total = ArmCounts::default();
            for epoch in epochs::of_baseline(connection, application, before, CALIBRATION_EPOCHS)? {
                if total.tally.outcomes() >= enough {
                    break;
                }
                total.add(&self.counts(connection, &asked, epoch)?.baseline);
            }
            Ok(total)
        })
    }

    fn ask<'a>(&self, application: &'a ApplicationName, ripe: Timestamp) -> Asked<'a> {
        Asked { application, ripe, version: unpoisoned(&self.inner.cache).version() }
    }

    fn counts(&self, connection: &Connection, asked: &Asked<'_>, epoch: Epoch) -> Result<EpochCounts, Error> {
        if let Some(known) = unpoisoned(&self.inner.cache).get(asked, epoch.id) {
            return Ok(known);
        }
        let sum = sums::of_epoch(connection, asked.application, epoch, asked.ripe)?;
        if sum.feedback == Ripeness::Ripe {
            unpoisoned(&self.inner.cache).keep(asked, &sum.counts);
        }
        Ok(sum.counts)
    }
}

/// The latest moment at which a request can have been issued for its feedback to be ripe.
fn ripe(maturity: Duration, now: Timestamp) -> Timestamp {
    let millis = u64::try_from(maturity.as_millis()).unwrap_or(u64::MAX);
    Timestamp(now.0.saturating_sub(millis))
}
