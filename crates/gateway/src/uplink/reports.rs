//! Brings what was counted to the controller: what changed since it was last told, and something now and then so that it
//! knows that the gateway lives. What it does not call durable is told again. What that is, [`Reporting`] knows.

use super::backoff::Backoff;
use super::halves;
use super::reporting::Reporting;
use super::tables::chance;
use super::{Error, Uplink};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use viridian_crash as crash;
use viridian_platform::causes::Causes;
use viridian_wire::door::{REPORTS, Receipt};
use viridian_wire::tally::TallyReport;

/// How often counters are looked at. A verdict is at most this much older than the outcomes it rests on.
const LOOK: Duration = Duration::from_millis(250);
/// The most that is brought at once, in bytes; a controller takes 32 MiB.
const MOST_AT_ONCE: usize = 24 * 1024 * 1024;

/// Reports until told to stop, and once more after.
pub(super) async fn keep_sending(uplink: &Uplink, mut stop: watch::Receiver<bool>) {
    let mut reporter = Reporter {
        uplink,
        reporting: Reporting::default(),
        backoff: Backoff::default(),
        not_before: None,
        in_trouble: false,
        clock_is_off: false,
    };
    let mut beat = interval(LOOK);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let stopped = tokio::select! {
            _ = beat.tick() => false,
            () = uplink.back.notified() => {
                reporter.not_before = None;
                false
            }
            _ = stop.wait_for(|stopped| *stopped) => true,
        };
        if stopped {
            reporter.not_before = None;
        }
        reporter.report().await;
        if stopped {
            return;
        }
    }
}

struct Reporter<'a> {
    uplink: &'a Uplink,
    reporting: Reporting,
    backoff: Backoff,
    /// The controller is not tried again before.
    not_before: Option<Instant>,
    in_trouble: bool,
    /// The controller said so.
    clock_is_off: bool,
}

impl Reporter<'_> {
    async fn report(&mut self) {
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return;
        }
        let handle = &self.uplink.handle;
        let standing = handle.report();
        let Some(news) = self.reporting.due(&standing, handle.now()) else { return };
        match self.bring(news).await {
            Ok(receipt) => {
                self.backoff.reset();
                self.in_trouble &= !receipt.durable;
                self.compare_clocks(receipt.clock_ahead);
                if let Some(durable) = self.reporting.received(standing, receipt, handle.now()) {
                    crash::at(crash::Place::Unforgotten);
                    handle.forget(durable);
                }
            }
            Err(error) => {
                self.not_before = Some(Instant::now() + self.backoff.after(&error, chance()));
                if !self.in_trouble {
                    tracing::warn!(error = %Causes(&error), "counters wait: the controller does not take them");
                }
                self.in_trouble = true;
            }
        }
    }

    /// Says once that the clocks differ, and once that they do not any more.
    fn compare_clocks(&mut self, ahead: Option<i64>) {
        match ahead {
            Some(ahead_ms) if !self.clock_is_off => {
                tracing::warn!(
                    ahead_ms,
                    "the clock of this gateway is not the controller's: set both by the same source"
                );
            }
            None if self.clock_is_off => {
                tracing::info!("the clock of this gateway is the controller's again");
            }
            _ => {}
        }
        self.clock_is_off = ahead.is_some();
    }

    /// Everything is durable when each part is.
    async fn bring(&self, news: TallyReport) -> Result<Receipt, Error> {
        let unreadable = |error: serde_json::Error| Error::Unreadable(error.to_string());
        let mut all = Receipt { durable: true, clock_ahead: None };
        for text in halves::texts(news, MOST_AT_ONCE).map_err(unreadable)? {
            let answer = self.uplink.post_text(REPORTS, text).await?;
            let receipt: Receipt = serde_json::from_slice(&answer).map_err(unreadable)?;
            all = Receipt { durable: all.durable && receipt.durable, ..receipt };
        }
        Ok(all)
    }
}
