//! What one gateway is sent: first what differs from what it serves by, then whatever changes. Entry points:
//! [`Subscription::next`] and [`Subscription::take`].

use super::{Floor, Hub};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, Term};
use viridian_core::routing::table::RoutingTable;
use viridian_wire::snapshot::{Delta, SigningKey};

/// The most tables of one update: applications take effect one by one, and no message grows with their number.
const MOST_TABLES: usize = 256;

/// The tables that are meant for one gateway.
pub struct Subscription {
    hub: Arc<Hub>,
    node: NodeName,
    /// Which visit of the gateway this is; a later one ends it.
    visit: u64,
    /// How long ago the process was heard that held the gateway's name and never said farewell, if there was one.
    replaced: Option<Duration>,
    /// What the gateway has been sent, by the generation it was sent.
    sent: HashMap<ApplicationName, Generation>,
    /// The change up to which it was sent everything; absent before anything was compared.
    seen: Option<u64>,
    /// Whether the last update left nothing out.
    is_complete: bool,
    /// How many updates it was sent.
    number: u64,
    changes: watch::Receiver<u64>,
}

/// What a gateway is to be told now.
#[derive(Debug, Clone)]
pub struct Update {
    /// The controller's term.
    pub term: Term,
    /// Its place among the updates of the subscription, from 1.
    pub number: u64,
    /// The keys request ids are signed with.
    pub keys: Vec<SigningKey>,
    /// Tables to serve by from now on.
    pub tables: Vec<Arc<RoutingTable>>,
    /// Applications to serve no longer.
    pub removed: Vec<ApplicationName>,
    /// Whether nothing is missing after this.
    pub complete: bool,
}

impl Subscription {
    pub(super) fn new(
        hub: Arc<Hub>,
        (node, visit): (NodeName, u64),
        sent: HashMap<ApplicationName, Generation>,
        replaced: Option<Duration>,
    ) -> Self {
        let changes = hub.changes.subscribe();
        Self { hub, node, visit, sent, replaced, seen: None, is_complete: false, number: 0, changes }
    }

    /// Another process of this name ended without a farewell, or goes on elsewhere: how long before it was heard last. What
    /// it counted since then nobody will know.
    pub const fn replaced(&self) -> Option<Duration> {
        self.replaced
    }

    /// Whether the gateway was sent everything there was when it was last sent something.
    pub const fn has_everything(&self) -> bool {
        self.is_complete
    }

    /// Whether another process has taken the gateway's name. After [`next`](Self::next) found nothing and this is not so,
    /// the same process has come again, perhaps by a question that was long on its way.
    pub fn is_superseded(&self, boot: BootId) -> bool {
        self.hub.lock().gateways.get(&self.node).is_some_and(|seat| seat.boot() != boot)
    }

    /// Whether the gateway has not said what became of a table it was sent.
    pub fn is_unanswered(&self) -> bool {
        let floor = self.hub.lock();
        let Some(seat) = floor.gateways.get(&self.node) else { return false };
        let is_open = |(name, at): (&ApplicationName, &Generation)| {
            seat.serves(name) < Some(*at) && seat.refused(name).is_none()
        };
        self.sent.iter().any(is_open)
    }

    /// Waits until there is something to tell; nothing when another process has taken the gateway's name, or another
    /// controller the place of this one.
    pub async fn next(&mut self) -> Option<Update> {
        loop {
            self.changes.borrow_and_update();
            match self.take() {
                Taken::Update(update) => return Some(update),
                Taken::Nothing => self.changes.changed().await.ok()?,
                Taken::Superseded => return None,
            }
        }
    }

    /// What there is to tell now, without waiting. From here on the gateway counts as having it.
    pub fn take(&mut self) -> Taken {
        let hub = Arc::clone(&self.hub);
        let mut floor = hub.lock();
        let Floor { tables, changed, gateways, .. } = &mut *floor;
        if hub.successor().is_some() {
            return Taken::Superseded;
        }
        let Some(seat) = gateways.get_mut(&self.node).filter(|seat| seat.visit() == self.visit) else {
            return Taken::Superseded;
        };
        let is_first = self.seen.is_none();
        let mut update = Update {
            term: hub.term,
            number: self.number + 1,
            keys: hub.keys.clone(),
            tables: Vec::new(),
            removed: Vec::new(),
            complete: true,
        };
        // A controller without a single table has lost its memory; it takes nothing away.
        if is_first && !tables.is_empty() {
            update.removed = self.sent.keys().filter(|name| !tables.contains_key(*name)).cloned().collect();
            self.sent.retain(|name, _| tables.contains_key(name));
        }
        for (number, name) in changed.range(self.seen.map_or(0, |seen| seen + 1)..) {
            if update.tables.len() == MOST_TABLES {
                update.complete = false;
                break;
            }
            self.seen = Some(*number);
            let Some(table) = tables.get(name).map(|spread| spread.meant_for(&self.node)) else { continue };
            if self.sent.get(name) < Some(&table.generation) || seat.is_offered_again(name) {
                self.sent.insert(name.clone(), table.generation);
                seat.sent(table);
                update.tables.push(Arc::clone(table));
            }
        }
        self.seen.get_or_insert(0);
        if !is_first && update.tables.is_empty() {
            return Taken::Nothing;
        }
        self.number += 1;
        self.is_complete = update.complete;
        Taken::Update(update)
    }
}

/// What a subscription finds.
#[derive(Debug, Clone)]
pub enum Taken {
    /// This is to be told.
    Update(Update),
    /// There is nothing to tell.
    Nothing,
    /// Another process has taken the gateway's name, or another controller acts; there will be nothing more.
    Superseded,
}

impl From<Update> for Delta {
    fn from(update: Update) -> Self {
        let Update { term, number, keys, tables, removed, complete } = update;
        let tables = tables.iter().map(|table| RoutingTable::clone(table)).collect();
        Self { term, number, keys, tables, removed, complete }
    }
}
