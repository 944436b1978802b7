//! How far a table of one application has spread over the gateways. A table that moves traffic goes to one gateway, then
//! to a tenth of them, then to all; each ring has to serve by it in good health before the next one is sent it. A table
//! that sends nobody anywhere new, as every rollback, goes to all at once.

use super::seat::Seat;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use viridian_core::id::{Generation, NodeName};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// How long a ring has to serve by a table in good health before the next one gets it.
const SETTLING: Duration = Duration::from_millis(500);
/// The second ring, as a part of all gateways.
const SECOND_RING: usize = 10;

/// The tables of one application, and who is sent which.
pub(super) struct Spread {
    latest: Arc<RoutingTable>,
    /// What gateways outside the reach of the latest are sent; absent when that is nobody.
    before: Option<Arc<RoutingTable>>,
    reach: Reach,
    /// The number of the change gateways may not have been sent yet.
    pub(super) changed: u64,
}

/// Who is sent the latest table.
enum Reach {
    All,
    Ring {
        members: BTreeSet<NodeName>,
        /// Since when all of them serve by it in good health.
        healthy_since: Option<Timestamp>,
    },
}

impl Spread {
    /// A table that every gateway is sent.
    pub(super) fn at_once(table: RoutingTable) -> Self {
        Self { latest: Arc::new(table), before: None, reach: Reach::All, changed: 0 }
    }

    /// The next table of the same application. It is compared with what every gateway has: what only a ring was sent
    /// has not proven itself.
    pub(super) fn followed_by(&self, table: RoutingTable, gateways: &BTreeMap<NodeName, Seat>) -> Self {
        let settled = Arc::clone(self.before.as_ref().unwrap_or(&self.latest));
        if gateways.len() < 2 || !settled.moves_traffic(&table) {
            return Self { changed: self.changed, ..Self::at_once(table) };
        }
        let members = match &self.reach {
            Reach::Ring { members, .. } if !self.latest.moves_traffic(&table) => members.clone(),
            _ => first_in_turn(gateways, &table, 1),
        };
        Self {
            before: Some(settled),
            reach: Reach::Ring { members, healthy_since: None },
            latest: Arc::new(table),
            changed: self.changed,
        }
    }

    pub(super) fn latest(&self) -> &RoutingTable {
        &self.latest
    }

    /// What a gateway is to serve by.
    pub(super) fn meant_for(&self, node: &NodeName) -> &Arc<RoutingTable> {
        match (&self.reach, &self.before) {
            (Reach::Ring { members, .. }, Some(before)) if !members.contains(node) => before,
            _ => &self.latest,
        }
    }

    /// Whether a gateway that serves by a generation sends no request to a candidate any more, and will be sent none
    /// that does.
    pub(super) fn is_harmless(&self, serving: Generation) -> bool {
        self.latest.generation <= serving && self.latest.candidate_weight() == Weight::ZERO
    }

    /// Whether every gateway is sent the latest table.
    pub(super) const fn is_everywhere(&self) -> bool {
        matches!(self.reach, Reach::All)
    }

    /// Widens the reach when the ring has been well for long enough; answers whether it did. A member that left or was
    /// forgotten is no reason to wait for it, and none to be confident either: with nobody left the ring begins anew.
    pub(super) fn advance(&mut self, gateways: &BTreeMap<NodeName, Seat>, now: Timestamp) -> bool {
        let Reach::Ring { members, healthy_since } = &mut self.reach else { return false };
        members.retain(|node| gateways.contains_key(node));
        if !members.is_empty() && !has_settled(members, gateways, &self.latest, healthy_since, now) {
            return false;
        }
        let second_ring = gateways.len().div_ceil(SECOND_RING);
        let wider = match members.len() {
            0 => 1,
            size if size < second_ring => second_ring,
            _ => gateways.len(),
        };
        if wider < gateways.len() {
            *members = first_in_turn(gateways, &self.latest, wider);
            *healthy_since = None;
        } else {
            self.before = None;
            self.reach = Reach::All;
        }
        true
    }
}

/// Whether a ring has been well for long enough, and every member was heard meanwhile.
fn has_settled(
    members: &BTreeSet<NodeName>,
    gateways: &BTreeMap<NodeName, Seat>,
    table: &RoutingTable,
    healthy_since: &mut Option<Timestamp>,
    now: Timestamp,
) -> bool {
    if !members.iter().all(|node| is_well(&gateways[node], table, now)) {
        *healthy_since = None;
        return false;
    }
    let since = *healthy_since.get_or_insert(now);
    let heard_since = members.iter().all(|node| gateways[node].heard_at() > since);
    now.since(since) >= SETTLING && heard_since
}

/// Whether a gateway serves by a table and nothing speaks against it there.
fn is_well(seat: &Seat, table: &RoutingTable, now: Timestamp) -> bool {
    let rollout = table.comparison.as_ref().map(|running| &running.rollout);
    seat.is_live(now)
        && seat.serves(&table.application) >= Some(table.generation)
        && seat.refused(&table.application).is_none()
        && !seat.has_tripped(&table.application, rollout)
}

/// The first gateways that are sent a table, others for each application and generation: nobody is always first.
fn first_in_turn(
    gateways: &BTreeMap<NodeName, Seat>,
    table: &RoutingTable,
    count: usize,
) -> BTreeSet<NodeName> {
    let place = |node: &&NodeName| {
        let mut hasher = DefaultHasher::new();
        (&table.application, table.generation, node).hash(&mut hasher);
        hasher.finish()
    };
    let mut nodes: Vec<&NodeName> = gateways.keys().collect();
    nodes.sort_by_key(place);
    nodes.into_iter().take(count).cloned().collect()
}
