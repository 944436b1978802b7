//! A hub, and gateways that do as they are told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use viridian_controller::{Hub, Subscription};
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, Term};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_testkit::table::{application, comparison, placement, table};
use viridian_wire::snapshot::{Acknowledgement, TableAnswer};

/// A hub with gateways that do as they are told.
pub(crate) struct World {
    pub(crate) hub: Arc<Hub>,
    pub(crate) now: Arc<AtomicU64>,
    pub(crate) runtime: Runtime,
    pub(crate) gateways: BTreeMap<String, Gateway>,
}

pub(crate) struct Gateway {
    pub(crate) boot: BootId,
    pub(crate) tables: Subscription,
    pub(crate) serving: BTreeMap<ApplicationName, Generation>,
}

pub(crate) fn chat() -> ApplicationName {
    application("support-chat")
}

/// A table of `v1` with `v2` at so many basis points.
pub(crate) fn at(generation: u64, basis_points: u16) -> RoutingTable {
    let running = comparison(placement("v2", "http://127.0.0.1:2"), basis_points);
    RoutingTable {
        generation: Generation(generation),
        comparison: (basis_points > 0).then_some(running),
        ..table("support-chat", placement("v1", "http://127.0.0.1:1"))
    }
}

pub(crate) fn node(name: &str) -> NodeName {
    NodeName::parse(name).unwrap()
}

impl World {
    pub(crate) fn with(gateways: usize) -> Self {
        let now = Arc::new(AtomicU64::new(1_000_000));
        let read = Arc::clone(&now);
        let hub = Hub::new(Term(1), Vec::new(), Arc::new(move || Timestamp(read.load(Ordering::SeqCst))));
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let mut world = Self { hub: Arc::new(hub), now, runtime, gateways: BTreeMap::new() };
        for n in 0..gateways {
            world.join(&format!("gw-{n}"), 1);
        }
        world
    }

    pub(crate) fn join(&mut self, name: &str, boot: u64) {
        let boot = BootId(boot);
        let serving = self.gateways.remove(name).map(|before| before.serving).unwrap_or_default();
        let tables = self.hub.open(&node(name), boot, serving.clone());
        self.gateways.insert(name.to_owned(), Gateway { boot, tables, serving });
        self.serve(name);
    }

    /// The gateway takes what there is for it, and says so. Answers the generation it serves by; zero for none.
    pub(crate) fn serve(&mut self, name: &str) -> u64 {
        let gateway = self.gateways.get_mut(name).unwrap();
        let next = |tables: &mut Subscription| {
            self.runtime.block_on(async { timeout(Duration::ZERO, tables.next()).await.ok().flatten() })
        };
        while let Some(update) = next(&mut gateway.tables) {
            let answers = update.tables.iter().map(|table| {
                gateway.serving.insert(table.application.clone(), table.generation);
                TableAnswer {
                    application: table.application.clone(),
                    serving: table.generation,
                    rejected: None,
                }
            });
            let answers = answers.collect();
            self.hub.acknowledge(Acknowledgement { node: node(name), boot: gateway.boot, answers }).unwrap();
        }
        gateway.serving.get(&chat()).map_or(0, |generation| generation.0)
    }

    /// Every gateway serves by what there is for it and is heard; answers the generations, sorted.
    pub(crate) fn serve_all(&mut self) -> Vec<u64> {
        let names: Vec<String> = self.gateways.keys().cloned().collect();
        let mut generations: Vec<u64> = names.iter().map(|name| self.serve(name)).collect();
        for name in &names {
            self.hub.heard(&node(name), self.gateways[name].boot, Vec::new()).unwrap();
        }
        generations.sort_unstable();
        generations
    }

    /// How many gateways serve by a generation, after a time in which all of them were heard.
    pub(crate) fn reached(&mut self, generation: u64, after: Duration) -> usize {
        self.serve_all();
        self.pass(after);
        self.serve_all();
        self.serve_all().into_iter().filter(|serving| *serving == generation).count()
    }

    /// The gateway that was sent a generation first.
    pub(crate) fn first_with(&self, generation: u64) -> String {
        let has = |gateway: &Gateway| gateway.serving.get(&chat()) == Some(&Generation(generation));
        self.gateways.iter().find(|(_, gateway)| has(gateway)).unwrap().0.clone()
    }

    pub(crate) fn pass(&self, duration: Duration) {
        let mut left = duration;
        while !left.is_zero() {
            // The loop looks all the time: it does not stand still.
            let step = left.min(A_SECOND);
            self.stand_still(step);
            self.hub.advance();
            left = left.checked_sub(step).unwrap();
        }
    }

    pub(crate) fn stand_still(&self, duration: Duration) {
        self.now.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

pub(crate) const A_MOMENT: Duration = Duration::from_millis(100);
pub(crate) const A_SECOND: Duration = Duration::from_secs(1);
pub(crate) const LOST: Duration = Duration::from_secs(20);
pub(crate) const FORGOTTEN: Duration = Duration::from_secs(16 * 60);
