//! Ties the gateway in this process to the controller in this process, by the calls a gateway elsewhere would make:
//! take a snapshot and acknowledge it, report counters and forget what is durable.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use viridian_controller::{Hub, Intake, Nudge, Received, Subscription};
use viridian_core::analysis::row::Origin;
use viridian_gateway::Handle;

/// How often counters are reported. A verdict is at most this much older than the outcomes it rests on.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// A gateway and its controller.
pub(super) struct Link {
    /// The gateway's name and this start of it.
    pub(super) origin: Origin,
    /// The gateway.
    pub(super) gateway: Handle,
    /// Where the controller meets gateways.
    pub(super) hub: Arc<Hub>,
    /// The tables it is to serve by.
    pub(super) tables: Subscription,
    /// Where its counters go; absent when the evidence is cut off, to show that nothing moves without it.
    pub(super) intake: Option<Arc<Intake>>,
    /// What wakes the controller.
    pub(super) nudge: Nudge,
}

impl Link {
    /// Keeps the two in touch until told to stop; then takes in the gateway's last counters.
    pub(super) async fn run(mut self, stop: watch::Receiver<bool>) {
        let (reports, tables) = (stop.clone(), stop);
        let Self { origin, gateway, hub, tables: subscription, intake, nudge } = &mut self;
        let counters = Counters { origin, gateway, hub, intake: intake.as_ref() };
        // Side by side: a table that restores the baseline does not wait for counters on their way to the disk.
        tokio::join!(
            take_tables(subscription, gateway, (origin, hub, nudge), tables),
            counters.report_until(reports)
        );
        counters.report().await;
        self.hub.leave(&self.origin.node, self.origin.boot);
    }
}

/// Serves by whatever is published, and says so. After a standstill longer than a lease, such as the sleep of the machine,
/// this gateway was given up there, and comes again.
async fn take_tables(
    tables: &mut Subscription,
    gateway: &Handle,
    (origin, hub, nudge): (&Origin, &Arc<Hub>, &Nudge),
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let update = tokio::select! {
            update = tables.next() => update,
            _ = stop.wait_for(|stopped| *stopped) => return,
        };
        if let Some(update) = update {
            // Whoever has no place any more learns so by the next update.
            let _unheard = hub.acknowledge(gateway.apply(&update.into()));
            nudge.wake();
        } else if hub.successor().is_some() || tables.is_superseded(origin.boot) {
            return;
        } else {
            *tables = hub.open(&origin.node, origin.boot, gateway.serving());
        }
    }
}

/// What a gateway counted, on its way to the controller.
struct Counters<'a> {
    origin: &'a Origin,
    gateway: &'a Handle,
    hub: &'a Hub,
    intake: Option<&'a Arc<Intake>>,
}

impl Counters<'_> {
    async fn report_until(&self, mut stop: watch::Receiver<bool>) {
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

    async fn report(&self) {
        let report = self.gateway.report();
        let Some(intake) = self.intake.cloned() else {
            // Alive, and that is all that is told.
            let _ = self.hub.heard(&self.origin.node, self.origin.boot, report.trips);
            return;
        };
        let taken = report.clone();
        let received = tokio::task::spawn_blocking(move || intake.receive(taken)).await;
        if matches!(received, Ok(Ok(Received::Durable))) {
            self.gateway.forget(&report);
        }
    }
}
