//! Brings what was counted to the controller: what changed since it was last told, and something now and then so that it
//! knows that the gateway lives. What it does not call durable is told again.

use super::{Error, Uplink, explain};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use viridian_core::analysis::row::{GroupRow, TallyRow};
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;
use viridian_wire::door::{REPORTS, Receipt};
use viridian_wire::tally::TallyReport;

/// How often counters are looked at. A verdict is at most this much older than the outcomes it rests on.
const LOOK: Duration = Duration::from_millis(250);
/// How long nothing is said at most.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// Reports until told to stop, and once more after.
pub(super) async fn keep_sending(uplink: &Uplink, mut stop: watch::Receiver<bool>) {
    let mut reporter = Reporter { uplink, durable: None, told_at: None, in_trouble: false };
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
    /// What the controller has called durable last.
    durable: Option<TallyReport>,
    told_at: Option<Instant>,
    in_trouble: bool,
}

impl Reporter<'_> {
    async fn report(&mut self) {
        let standing = self.uplink.handle.report();
        let news = news(&standing, self.durable.as_ref());
        let is_due = self.told_at.is_none_or(|told_at| told_at.elapsed() >= SIGN_OF_LIFE);
        let known_trips = self.durable.as_ref().map_or(&[][..], |durable| &durable.trips);
        let has_news = !(news.tallies.is_empty() && news.groups.is_empty() && news.feedback.is_empty());
        if !is_due && !has_news && known_trips == standing.trips {
            return;
        }
        match self.bring(&news).await {
            Ok(Receipt { durable: true }) => {
                self.uplink.handle.forget(&standing);
                self.durable = Some(standing);
                self.told_at = Some(Instant::now());
                self.in_trouble = false;
            }
            Ok(Receipt { durable: false }) => self.told_at = Some(Instant::now()),
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

/// What a report says that is not durable yet.
fn news(standing: &TallyReport, durable: Option<&TallyReport>) -> TallyReport {
    let mut news = standing.clone();
    if let Some(durable) = durable {
        let tallies: HashMap<_, _> = durable.tallies.iter().map(|row| (slot_key(row), &row.tally)).collect();
        news.tallies.retain(|row| tallies.get(&slot_key(row)) != Some(&&row.tally));
        let groups: HashMap<_, _> = durable.groups.iter().map(|row| (epoch_key(row), &row.groups)).collect();
        news.groups.retain(|row| groups.get(&epoch_key(row)) != Some(&&row.groups));
    }
    news
}

const fn slot_key(row: &TallyRow) -> (&ApplicationName, EpochId, Timestamp, Arm) {
    (&row.application, row.epoch, row.slot, row.arm)
}

const fn epoch_key(row: &GroupRow) -> (&ApplicationName, EpochId, Arm) {
    (&row.application, row.epoch, row.arm)
}
