//! Ties the gateway in this process to the controller in this process, by the calls a gateway elsewhere would make:
//! take a snapshot and acknowledge it, report counters and forget what is durable.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use viridian_controller::{Clock, Hub, Intake, Nudge, Received};
use viridian_core::id::NodeName;
use viridian_gateway::Handle;
use viridian_wire::snapshot::Snapshot;

/// How often counters are reported. A verdict is at most this much older than the outcomes it rests on.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// A gateway and its controller.
pub(super) struct Link {
    /// The gateway's name.
    pub(super) node: NodeName,
    /// The gateway.
    pub(super) gateway: Handle,
    /// Where the controller meets gateways.
    pub(super) hub: Arc<Hub>,
    /// Where its counters go; absent when the evidence is cut off, to show that nothing moves without it.
    pub(super) intake: Option<Arc<Intake>>,
    /// What wakes the controller.
    pub(super) nudge: Nudge,
    /// What the time is.
    pub(super) clock: Clock,
}

impl Link {
    /// Keeps the two in touch until told to stop; then takes in the gateway's last counters.
    pub(super) async fn run(self, stop: watch::Receiver<bool>) {
        // Side by side: a table that restores the baseline does not wait for counters on their way to the disk.
        tokio::join!(self.take_tables(stop.clone()), self.report_counters(stop));
        self.report().await;
        self.hub.leave(&self.node);
    }

    async fn take_tables(&self, mut stop: watch::Receiver<bool>) {
        let mut snapshots = self.hub.subscribe();
        self.take(&mut snapshots);
        loop {
            tokio::select! {
                changed = snapshots.changed() => match changed {
                    Ok(()) => self.take(&mut snapshots),
                    Err(_) => return,
                },
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    async fn report_counters(&self, mut stop: watch::Receiver<bool>) {
        let mut beat = tokio::time::interval(REPORT_INTERVAL);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
            self.report().await;
        }
    }

    fn take(&self, snapshots: &mut watch::Receiver<Arc<Snapshot>>) {
        let snapshot = snapshots.borrow_and_update().clone();
        self.hub.sending(&self.node, &snapshot, (self.clock)());
        let acknowledgement = self.gateway.offer(&snapshot);
        self.hub.acknowledge(acknowledgement, (self.clock)());
        self.nudge.wake();
    }

    async fn report(&self) {
        let report = self.gateway.report();
        let Some(intake) = self.intake.clone() else {
            self.hub.heard(&self.node, report.trips, (self.clock)());
            return;
        };
        let taken = report.clone();
        let received = tokio::task::spawn_blocking(move || intake.receive(taken)).await;
        if matches!(received, Ok(Received::Durable)) {
            self.gateway.forget(&report);
        }
    }
}
