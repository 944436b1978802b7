//! Brings what was counted to the controller: what changed since it was last told, and something now and then so that it
//! knows that the gateway lives. What it does not call durable is told again. What that is, [`Reporting`] knows.

use super::reporting::Reporting;
use super::{Error, Uplink, explain};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use viridian_crash as crash;
use viridian_wire::door::{REPORTS, Receipt};
use viridian_wire::tally::TallyReport;

/// How often counters are looked at. A verdict is at most this much older than the outcomes it rests on.
const LOOK: Duration = Duration::from_millis(250);

/// Reports until told to stop, and once more after.
pub(super) async fn keep_sending(uplink: &Uplink, mut stop: watch::Receiver<bool>) {
    let mut reporter = Reporter { uplink, reporting: Reporting::default(), in_trouble: false };
    let mut beat = interval(LOOK);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let stopped = tokio::select! {
            _ = beat.tick() => false,
            _ = stop.wait_for(|stopped| *stopped) => true,
        };
        reporter.report().await;
        if stopped {
            return;
        }
    }
}

struct Reporter<'a> {
    uplink: &'a Uplink,
    reporting: Reporting,
    in_trouble: bool,
}

impl Reporter<'_> {
    async fn report(&mut self) {
        let handle = &self.uplink.handle;
        let standing = handle.report();
        let Some(news) = self.reporting.due(&standing, handle.now()) else { return };
        match self.bring(&news).await {
            Ok(receipt) => {
                self.in_trouble &= !receipt.durable;
                if let Some(durable) = self.reporting.received(standing, receipt, handle.now()) {
                    crash::at(crash::Place::Unforgotten);
                    handle.forget(durable);
                }
            }
            Err(error) => {
                if !self.in_trouble {
                    tracing::warn!(error = %explain(&error), "counters wait: the controller does not take them");
                }
                self.in_trouble = true;
            }
        }
    }

    async fn bring(&self, news: &TallyReport) -> Result<Receipt, Error> {
        let answer = self.uplink.post(REPORTS, news).await?;
        serde_json::from_slice(&answer).map_err(|error| Error::Unreadable(error.to_string()))
    }
}
