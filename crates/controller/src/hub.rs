//! Where controller and gateways meet: the tables to serve by on one side, what each gateway serves by on the
//! other. A gateway in the process and one elsewhere use the same four calls: [`Hub::subscribe`],
//! [`Hub::sending`], [`Hub::acknowledge`] and [`Hub::heard`].

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use viridian_core::id::{ApplicationName, Generation, NodeName, Term};
use viridian_core::rollout::input::Gateways;
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_wire::snapshot::{Acknowledgement, Rejection, SigningKey, Snapshot};
use viridian_wire::tally::Trip;

/// A gateway counts as live for this long after it was last heard.
pub const LIVENESS: Duration = Duration::from_secs(15);
/// A gateway without contact gives up the candidate's share after this long, and is forgotten.
pub const EXPOSURE_LEASE: Duration = Duration::from_secs(15 * 60);

/// The meeting place of one controller and its gateways.
pub struct Hub {
    snapshot: watch::Sender<Arc<Snapshot>>,
    gateways: Mutex<HashMap<NodeName, Seat>>,
}

/// What is known of one gateway.
#[derive(Debug, Clone, Default)]
struct Seat {
    heard_at: Timestamp,
    serving: HashMap<ApplicationName, Generation>,
    /// Applications whose candidate it may still send requests.
    exposed: HashSet<ApplicationName>,
    rejected: HashMap<ApplicationName, Rejection>,
    trips: Vec<Trip>,
}

/// What is known of one gateway, for people.
#[derive(Debug, Clone)]
pub struct GatewayView {
    /// The gateway.
    pub node: NodeName,
    /// When it was last heard.
    pub heard_at: Timestamp,
    /// The generation it serves each application by.
    pub serving: Vec<(ApplicationName, Generation)>,
    /// Tables it refused.
    pub rejected: Vec<(ApplicationName, Rejection)>,
}

impl Hub {
    /// A hub without tables or gateways.
    pub fn new(term: Term, keys: Vec<SigningKey>) -> Self {
        let empty = Arc::new(Snapshot { term, keys, tables: Vec::new() });
        Self { snapshot: watch::Sender::new(empty), gateways: Mutex::default() }
    }

    /// The tables to serve by, now and whenever they change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.subscribe()
    }

    /// The table an application is served by, as published.
    pub fn table(&self, application: &ApplicationName) -> Option<RoutingTable> {
        self.snapshot.borrow().tables.iter().find(|table| table.application == *application).cloned()
    }

    /// Publishes a table. An older generation than the published one changes nothing.
    pub fn publish(&self, table: RoutingTable) {
        self.snapshot.send_if_modified(|snapshot| {
            let present = snapshot.tables.iter().position(|other| other.application == table.application);
            if present.is_some_and(|index| snapshot.tables[index].generation >= table.generation) {
                return false;
            }
            let mut next = Snapshot::clone(snapshot);
            match present {
                Some(index) => next.tables[index] = table,
                None => next.tables.push(table),
            }
            *snapshot = Arc::new(next);
            true
        });
    }

    /// A gateway is about to be sent a snapshot: from here on it may serve by it, whether or not it says so.
    pub fn sending(&self, node: &NodeName, snapshot: &Snapshot, now: Timestamp) {
        let mut gateways = self.lock();
        let seat = gateways.entry(node.clone()).or_insert_with(|| Seat { heard_at: now, ..Seat::default() });
        let candidates = snapshot.tables.iter().filter(|table| table.candidate_weight() > Weight::ZERO);
        seat.exposed.extend(candidates.map(|table| table.application.clone()));
    }

    /// A gateway says what it serves by.
    pub fn acknowledge(&self, acknowledgement: Acknowledgement, now: Timestamp) {
        let published = self.snapshot.borrow().clone();
        let mut gateways = self.lock();
        let seat = gateways.entry(acknowledgement.node).or_default();
        seat.heard_at = now;
        for answer in acknowledgement.answers {
            let harmless = published.tables.iter().any(|table| {
                table.application == answer.application
                    && table.generation <= answer.serving
                    && table.candidate_weight() == Weight::ZERO
            });
            if harmless {
                seat.exposed.remove(&answer.application);
            }
            match answer.rejected {
                Some(rejection) => seat.rejected.insert(answer.application.clone(), rejection),
                None => seat.rejected.remove(&answer.application),
            };
            seat.serving.insert(answer.application, answer.serving);
        }
    }

    /// A gateway is alive, and these local guards of its have acted.
    pub fn heard(&self, node: &NodeName, trips: Vec<Trip>, now: Timestamp) {
        let mut gateways = self.lock();
        let seat = gateways.entry(node.clone()).or_default();
        seat.heard_at = now;
        seat.trips = trips;
    }

    /// A gateway has drained and will serve nothing more.
    pub fn leave(&self, node: &NodeName) {
        self.lock().remove(node);
    }

    /// What the gateways serve an application by, as a rollout has to know it.
    pub fn gateways(&self, application: &ApplicationName, now: Timestamp) -> Gateways {
        let published = self.table(application);
        let mut gateways = self.lock();
        gateways.retain(|_, seat| now.since(seat.heard_at) < EXPOSURE_LEASE);
        let mut view = Gateways { known: gateways.len(), ..Gateways::default() };
        for (node, seat) in gateways.iter() {
            let serves = match (seat.serving.get(application), &published) {
                (Some(serving), Some(table)) => *serving >= table.generation,
                _ => false,
            };
            let live = now.since(seat.heard_at) < LIVENESS;
            view.acknowledged += usize::from(serves && live);
            view.exposed += usize::from(seat.exposed.contains(application));
            let rollout = published.as_ref().and_then(|table| table.comparison.as_ref()).map(|c| &c.rollout);
            if seat
                .trips
                .iter()
                .any(|trip| trip.application == *application && Some(&trip.rollout) == rollout)
            {
                view.tripped = Some(node.to_string());
            }
        }
        view
    }

    /// Every known gateway, for people.
    pub fn view(&self) -> Vec<GatewayView> {
        let mut view: Vec<GatewayView> = self
            .lock()
            .iter()
            .map(|(node, seat)| GatewayView {
                node: node.clone(),
                heard_at: seat.heard_at,
                serving: seat.serving.iter().map(|(name, generation)| (name.clone(), *generation)).collect(),
                rejected: seat.rejected.iter().map(|(name, why)| (name.clone(), why.clone())).collect(),
            })
            .collect();
        view.sort_by(|a, b| a.node.cmp(&b.node));
        view
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<NodeName, Seat>> {
        // Every change of a seat is complete before the lock is released, so a poisoned one is still sound.
        self.gateways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
