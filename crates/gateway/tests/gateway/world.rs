//! A gateway with tables, and callers of it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, NodeName};
use viridian_core::outcome::Class;
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_gateway::{Clock, Config, Gateway, Handle};
use viridian_testkit::caller::Caller;
use viridian_testkit::table::snapshot;
use viridian_testkit::wait;
use viridian_wire::tally::TallyReport;

/// A gateway that serves by some tables.
pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) handle: Handle,
    pub(crate) clock: Arc<Clock>,
}

impl World {
    /// A gateway of two workers; panics when it does not accept all of the tables.
    pub(crate) fn serving(tables: impl IntoIterator<Item = RoutingTable>) -> Self {
        Self::with(tables, |_| {})
    }

    /// The same with another configuration.
    pub(crate) fn with(
        tables: impl IntoIterator<Item = RoutingTable>,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = config();
        configure(&mut config);
        let clock = Arc::clone(&config.clock);
        let gateway = Gateway::start(config).unwrap();
        let world = Self { handle: gateway.handle(), gateway, clock };
        world.offer(tables);
        world
    }

    /// Serves by other tables; panics when not all of them are accepted.
    pub(crate) fn offer(&self, tables: impl IntoIterator<Item = RoutingTable>) {
        let acknowledgement = self.handle.offer(&snapshot(tables));
        let refused = acknowledgement.answers.iter().find(|answer| answer.rejected.is_some());
        assert!(refused.is_none(), "{refused:?}");
    }

    /// A caller with a connection of its own.
    pub(crate) async fn caller(&self) -> Caller {
        Caller::connect(self.gateway.local_addr()).await
    }

    /// Waits until every request has come to its outcome.
    pub(crate) async fn settled(&self) -> TallyReport {
        wait::until("no request is in flight", || self.handle.traffic().in_flight() == 0).await;
        self.handle.report()
    }

    /// Waits until every request has come to its outcome, and counts those of a class.
    pub(crate) async fn count(&self, class: Class) -> u64 {
        self.settled().await;
        let requests = self.handle.metrics().requests;
        requests.iter().filter(|requests| requests.class == class).map(|requests| requests.count).sum()
    }
}

/// Two workers on the loopback interface, whose clock stands still until it is moved.
pub(crate) fn config() -> Config {
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(1) };
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), origin);
    config.workers = NonZeroUsize::new(2).unwrap();
    config.clock = Arc::new(Clock::moved_by(Arc::default()));
    config.clock.catch_up_with(Timestamp(1_700_000_000_000));
    config
}
