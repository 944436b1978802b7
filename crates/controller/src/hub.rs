//! Where controller and gateways meet: the tables to serve by on one side, what each gateway serves by on the other.
//!
//! A gateway in the process and one elsewhere use the same calls: [`Hub::open`] for a [`Subscription`] to the tables that
//! are meant for it, [`Hub::acknowledge`] and [`Hub::heard`]. What a gateway may be sent is decided by
//! [`spread`]: a table that moves traffic reaches one gateway first, then a tenth, then all.

mod health;
mod resignation;
mod seat;
mod spread;
mod standstill;
mod subscription;

pub use subscription::{Subscription, Taken, Update};

use crate::nudge::Clock;
use seat::Seat;
use spread::Spread;
use standstill::Standstill;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, Term};
use viridian_core::rollout::input::{Gateways, RefusedTable, Unwell};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_wire::snapshot::{Acknowledgement, Rejection, SigningKey};
use viridian_wire::tally::{Trip, Vitals};

/// A gateway counts as live for this long after it was last heard.
pub const LIVENESS: Duration = Duration::from_secs(15);
/// A gateway without contact gives up the candidate's share after this long, and is forgotten.
pub const EXPOSURE_LEASE: Duration = Duration::from_secs(15 * 60);

/// A gateway's clock may differ by as much, the way of its report included.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(10);

/// The meeting place of one controller and its gateways.
pub struct Hub {
    term: Term,
    keys: Vec<SigningKey>,
    /// Never jumps: whether a gateway is alive must not depend on somebody setting the time.
    clock: Clock,
    floor: Mutex<Floor>,
    /// The number of the latest change.
    changes: watch::Sender<u64>,
    /// The term of the controller that acts in place of this one, once that is known.
    successor: OnceLock<Term>,
}

/// What is known, changed together.
#[derive(Default)]
struct Floor {
    tables: HashMap<ApplicationName, Spread>,
    /// The latest change of each application that may concern a gateway, oldest first.
    changed: BTreeMap<u64, ApplicationName>,
    /// Applications whose latest table has not reached every gateway.
    spreading: BTreeSet<ApplicationName>,
    /// In the order of their names, so that the same gateways always make the same view.
    gateways: BTreeMap<NodeName, Seat>,
    standstill: Standstill,
    /// Tables that have reached every gateway, and nobody has asked since.
    everywhere: BTreeMap<ApplicationName, Generation>,
    /// Gateways whose leases have run out, and nobody has asked since.
    forgotten: Vec<Origin>,
}

/// What is known of one gateway, for people.
#[derive(Debug, Clone)]
pub struct GatewayView {
    /// The gateway.
    pub node: NodeName,
    /// When it was last heard.
    pub heard_at: Timestamp,
    /// Whether it counts as live.
    pub live: bool,
    /// Whether it came to this controller, rather than to one before.
    pub has_come: bool,
    /// By how many milliseconds its clock is ahead of the controller's; absent when it does not tell.
    pub clock_ahead: Option<i64>,
    /// How it fares, as it said last.
    pub vitals: Option<Vitals>,
    /// The generation it serves each application by.
    pub serving: Vec<(ApplicationName, Generation)>,
    /// Tables it refused.
    pub rejected: Vec<(ApplicationName, Rejection)>,
}

/// Why what a gateway says does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// Another process has taken its name.
    #[error("another gateway process has taken this name")]
    Superseded,
    /// It has no place here: it has not come yet, or its lease has run out here. Being heard it would take for contact, and
    /// go on with a candidate that nobody counts it for any more.
    #[error("this gateway has not come to this controller, or was not heard for too long")]
    Unknown,
}

impl Hub {
    /// A hub without tables or gateways. The clock has to be one that nobody sets.
    pub fn new(term: Term, keys: Vec<SigningKey>, clock: Clock) -> Self {
        let changes = watch::Sender::new(0);
        Self { term, keys, clock, floor: Mutex::default(), changes, successor: OnceLock::new() }
    }

    /// The term its controller acts in.
    pub const fn term(&self) -> Term {
        self.term
    }

    /// A gateway was let in by a controller before this one, and heard at that moment at the latest. Until it comes, or
    /// its lease counted from now has run out, it may send any candidate requests.
    pub fn expect(&self, origin: Origin, heard_at: Timestamp) {
        let seat = Seat::expected(origin.boot, heard_at, (self.clock)());
        self.lock().gateways.entry(origin.node).or_insert(seat);
    }

    /// Whether a gateway has a place here.
    pub fn knows(&self, node: &NodeName) -> bool {
        self.lock().gateways.contains_key(node)
    }

    /// A gateway could not be written down: it counts as one that has acknowledged nothing, so that no candidate is given
    /// more, until [`Hub::vouch`].
    pub fn doubt(&self, node: &NodeName) {
        if let Some(seat) = self.lock().gateways.get_mut(node) {
            seat.is_unwritten = true;
        }
    }

    /// A gateway was written down.
    pub fn vouch(&self, node: &NodeName) {
        if let Some(seat) = self.lock().gateways.get_mut(node) {
            seat.is_unwritten = false;
        }
    }

    /// Whether any table gives a candidate a share.
    pub fn has_candidates(&self) -> bool {
        self.lock().tables.values().any(|spread| spread.latest().trial_weight() > Weight::ZERO)
    }

    /// The tables that have reached every gateway since this was asked last.
    pub fn take_everywhere(&self) -> Vec<(ApplicationName, Generation)> {
        std::mem::take(&mut self.lock().everywhere).into_iter().collect()
    }

    /// The gateways that can send no candidate anything any more because their leases have run out, since this was asked
    /// last.
    pub fn take_forgotten(&self) -> Vec<Origin> {
        let now = (self.clock)();
        let mut floor = self.lock();
        floor.forget(now);
        let forgotten = std::mem::take(&mut floor.forgotten);
        drop(floor);
        if !forgotten.is_empty() {
            // Should one of them be there after all, it learns that it has to come again.
            self.changes.send_modify(|_| {});
        }
        forgotten
    }

    /// The table an application is served by, as published.
    pub fn table(&self, application: &ApplicationName) -> Option<RoutingTable> {
        self.lock().tables.get(application).map(|spread| spread.latest().clone())
    }

    /// Publishes a table. An older generation than the published one changes nothing.
    pub fn publish(&self, table: RoutingTable) {
        let mut floor = self.lock();
        let name = table.application.clone();
        let Floor { tables, gateways, .. } = &mut *floor;
        let next = match tables.get(&name) {
            Some(present) if present.latest().generation >= table.generation => return,
            Some(present) => present.followed_by(table, gateways),
            None => Spread::at_once(table),
        };
        tables.insert(name.clone(), next);
        self.mark(&mut floor, name);
    }

    /// A gateway process comes with what it serves by. It is sent what differs from that, and then whatever changes.
    /// Another process of the same name is heard no longer.
    pub fn open(
        self: &Arc<Self>,
        node: &NodeName,
        boot: BootId,
        serving: impl IntoIterator<Item = (ApplicationName, Generation)>,
    ) -> Subscription {
        let serving: HashMap<_, _> = serving.into_iter().collect();
        let mut floor = self.lock();
        let said_at = floor.standstill.said_at((self.clock)());
        let Floor { tables, gateways, .. } = &mut *floor;
        let before = gateways.remove(node);
        let visit = before.as_ref().map_or(1, |seat| seat.visit() + 1);
        let harmless =
            |name: &ApplicationName, at| tables.get(name).is_none_or(|spread| spread.is_harmless(at));
        let seat = Seat::taken((boot, visit), serving.clone(), harmless, (self.clock)());
        let seat = seat.saying(said_at);
        let silent = |gone: &Seat| (self.clock)().since(gone.heard_at());
        let replaced = before.as_ref().filter(|before| before.boot() != boot).map(silent);
        let same = before.filter(|before| before.boot() == boot);
        gateways.insert(node.clone(), seat.after(same, harmless));
        drop(floor);
        // Whoever held the seat learns that it is taken.
        self.changes.send_modify(|_| {});
        Subscription::new(Arc::clone(self), (node.clone(), visit), serving, replaced)
    }

    /// A gateway says what it serves by.
    ///
    /// # Errors
    /// It is not the process that holds its name, or has no place here.
    pub fn acknowledge(&self, acknowledgement: Acknowledgement) -> Result<(), Unheard> {
        let Acknowledgement { node, boot, answers } = acknowledgement;
        let now = (self.clock)();
        let mut floor = self.lock();
        let said_at = floor.standstill.said_at(now);
        floor.forget(now);
        let Floor { tables, gateways, .. } = &mut *floor;
        let seat = gateways.get_mut(&node).ok_or(Unheard::Unknown)?;
        seat.check(boot)?;
        for answer in answers {
            let published = tables.get(&answer.application);
            let is_harmless = published.is_none_or(|spread| spread.is_harmless(answer.serving));
            seat.answered(answer, is_harmless, now);
        }
        seat.heard(now, said_at);
        drop(floor);
        self.advance();
        Ok(())
    }

    /// A gateway is alive, and these local guards of its have acted.
    ///
    /// # Errors
    /// It is not the process that holds its name, or has no place here.
    pub fn heard(&self, node: &NodeName, boot: BootId, trips: Vec<Trip>) -> Result<(), Unheard> {
        let mut floor = self.lock();
        let said_at = floor.standstill.said_at((self.clock)());
        floor.forget((self.clock)());
        let seat = floor.gateways.get_mut(node).ok_or(Unheard::Unknown)?;
        seat.check(boot)?;
        seat.trips = trips;
        seat.heard((self.clock)(), said_at);
        drop(floor);
        self.advance();
        Ok(())
    }

    /// A gateway says how it fares. Of a process that does not hold its name this is nothing.
    pub fn fares(&self, node: &NodeName, boot: BootId, vitals: Vitals) {
        let now = (self.clock)();
        let mut floor = self.lock();
        let Some(seat) = floor.gateways.get_mut(node).filter(|seat| seat.boot() == boot) else { return };
        let was_wrong = seat.clock_ahead().is_some_and(is_wrong);
        seat.fares(vitals, now);
        if let Some(ahead) = seat.clock_ahead().filter(|ahead| is_wrong(*ahead) && !was_wrong) {
            tracing::warn!(%node, ahead_ms = ahead, "a gateway's clock is not the controller's: set both by the same source");
        }
    }

    /// By how many milliseconds a gateway's clock is ahead of the controller's, when that is worth telling.
    pub fn clock_ahead(&self, node: &NodeName) -> Option<i64> {
        self.lock().gateways.get(node)?.clock_ahead().filter(|ahead| is_wrong(*ahead))
    }

    /// A gateway has drained and will serve nothing more.
    pub fn leave(&self, node: &NodeName, boot: BootId) {
        let mut floor = self.lock();
        if floor.gateways.get(node).is_some_and(|seat| seat.boot() == boot) {
            floor.gateways.remove(node);
        }
        drop(floor);
        self.advance();
    }

    /// Lets tables reach more gateways where those that have them are well. To be called now and then.
    pub fn advance(&self) {
        let now = (self.clock)();
        let mut floor = self.lock();
        // Looked at here as well, or a time without gateways would be taken for a standstill.
        let _ = floor.standstill.said_at(now);
        let Floor { tables, gateways, spreading, .. } = &mut *floor;
        let mut reaches_further =
            |name: &ApplicationName| tables.get_mut(name).is_some_and(|spread| spread.advance(gateways, now));
        let mut changed: BTreeSet<ApplicationName> =
            spreading.iter().filter(|name| reaches_further(name)).cloned().collect();
        changed.extend(gateways.values_mut().flat_map(|seat| seat.due_again(now)));
        for name in changed {
            self.mark(&mut floor, name);
        }
    }

    /// What the gateways serve an application by, as a rollout has to know it.
    pub fn gateways(&self, application: &ApplicationName) -> Gateways {
        let now = (self.clock)();
        let mut floor = self.lock();
        floor.forget(now);
        let spread = floor.tables.get(application);
        let published = spread.map(Spread::latest);
        let rollout = published.and_then(|table| table.comparison.as_ref()).map(|running| &running.rollout);
        let unwell = spread.and_then(Spread::unwell).cloned();
        let mut view = Gateways { known: floor.gateways.len(), unwell, ..Gateways::default() };
        for (node, seat) in &floor.gateways {
            let serves = published.is_some_and(|table| seat.serves(application) >= Some(table.generation));
            view.acknowledged += usize::from(serves && seat.is_live(now) && !seat.is_unwritten);
            view.exposed += usize::from(seat.is_exposed(application));
            if seat.has_tripped(application, rollout) {
                view.tripped = Some(node.to_string());
            }
            let refused = seat
                .refused(application)
                .filter(|refused| published.is_some_and(|table| refused.generation == table.generation));
            if let Some(Rejection { reason, .. }) = refused {
                view.refused = Some(RefusedTable { node: node.to_string(), reason: reason.clone() });
            }
        }
        view
    }

    /// What every gateway had before a table by which one of them fares worse, and how it does.
    pub fn to_take_back(&self, application: &ApplicationName) -> Option<(RoutingTable, Unwell)> {
        let floor = self.lock();
        let spread = floor.tables.get(application)?;
        Some((spread.before()?.clone(), spread.unwell()?.clone()))
    }

    /// Every known gateway, for people.
    pub fn view(&self) -> Vec<GatewayView> {
        let now = (self.clock)();
        let floor = self.lock();
        let mut view: Vec<GatewayView> =
            floor.gateways.iter().map(|(node, seat)| seat.view(node.clone(), now)).collect();
        view.sort_by(|a, b| a.node.cmp(&b.node));
        view
    }

    /// Notes that something about an application changed that gateways may have to be sent.
    fn mark(&self, floor: &mut Floor, application: ApplicationName) {
        let Floor { tables, changed, spreading, everywhere, .. } = floor;
        let Some(spread) = tables.get_mut(&application) else { return };
        let number = *self.changes.borrow() + 1;
        changed.remove(&spread.changed);
        spread.changed = number;
        if spread.is_everywhere() {
            spreading.remove(&application);
            everywhere.insert(application.clone(), spread.latest().generation);
        } else {
            spreading.insert(application.clone());
        }
        changed.insert(number, application);
        self.changes.send_replace(number);
    }

    fn lock(&self) -> MutexGuard<'_, Floor> {
        // Every change is complete before the lock is released, so a poisoned one is still sound.
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Floor {
    /// Takes the places of gateways whose leases have run out.
    fn forget(&mut self, now: Timestamp) {
        let Self { gateways, forgotten, .. } = self;
        let over: Vec<NodeName> = gateways
            .iter()
            .filter(|(_, seat)| seat.is_forgotten(now))
            .map(|(node, _)| node.clone())
            .collect();
        for node in over {
            if let Some(seat) = gateways.remove(&node) {
                forgotten.push(Origin { boot: seat.boot(), node });
            }
        }
    }
}

/// Whether a clock that is ahead by so many milliseconds is worth telling.
const fn is_wrong(ahead: i64) -> bool {
    ahead.unsigned_abs() as u128 > CLOCK_TOLERANCE.as_millis()
}
