//! How far a table of one application has spread over the gateways. A table that moves traffic goes to one gateway, then
//! to a tenth of them, then to all; each ring has to serve by it in good health before the next one is sent it. A table
//! that sends nobody anywhere new, as every rollback, goes to all at once.

use super::health::{Counted, Watch};
use super::seat::Seat;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use viridian_core::id::{Generation, NodeName};
use viridian_core::rollout::input::Unwell;
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// How long a ring has to serve by a table in good health before the next one gets it.
const SETTLING: Duration = Duration::from_millis(500);
/// How long is waited for requests that tell whether a ring fares as before; without any by then it goes on.
const UNSURE: Duration = Duration::from_secs(2);
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
        /// What every gateway had counted when the ring began.
        watches: BTreeMap<NodeName, Watch>,
        /// A member that fares worse since; the table goes no further.
        unwell: Option<Unwell>,
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
            reach: Reach::ring(members),
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
        self.latest.generation <= serving && self.latest.trial_weight() == Weight::ZERO
    }

    /// A gateway of the ring that fares worse since it serves by the latest table.
    pub(super) fn unwell(&self) -> Option<&Unwell> {
        match &self.reach {
            Reach::Ring { unwell, .. } => unwell.as_ref(),
            Reach::All => None,
        }
    }

    /// What gateways outside the reach of the latest are sent, if there are any.
    pub(super) fn before(&self) -> Option<&RoutingTable> {
        self.before.as_deref()
    }

    /// Whether every gateway is sent the latest table.
    pub(super) const fn is_everywhere(&self) -> bool {
        matches!(self.reach, Reach::All)
    }

    /// Widens the reach when the ring has been well for long enough; answers whether it did. A member that left or was
    /// forgotten is no reason to wait for it, and none to be confident either: with nobody left the ring begins anew.
    pub(super) fn advance(&mut self, gateways: &BTreeMap<NodeName, Seat>, now: Timestamp) -> bool {
        let Reach::Ring { members, healthy_since, watches, unwell } = &mut self.reach else { return false };
        if unwell.is_some() {
            return false;
        }
        let served: Vec<&NodeName> = members
            .iter()
            .filter(|node| gateways.get(*node).is_some_and(|seat| has(seat, &self.latest)))
            .collect();
        if served.len() == members.len() {
            watch(watches, gateways);
        }
        let candidates = self.latest.trial_weight().probability();
        // What a rollout or an experiment ends with is no news to its gateways, and what they had before is what has ended.
        let compares = |table: &RoutingTable| table.comparison.is_some() || table.experiment.is_some();
        let ends_a_rollout =
            !compares(&self.latest) && self.before.as_ref().is_some_and(|before| compares(before));
        if !ends_a_rollout {
            *unwell = members.iter().find_map(|node| worse(node, (members, gateways, watches), candidates));
        }
        if unwell.is_some() {
            return false;
        }
        let counted = counted_by(members, gateways, watches);
        members.retain(|node| gateways.contains_key(node));
        let settled = has_settled(members, gateways, &self.latest, healthy_since, now);
        let is_sure = counted.is_none_or(Counted::is_enough)
            || healthy_since.is_some_and(|since| now.since(since) >= UNSURE);
        let may_widen = members.is_empty() || (settled && is_sure);
        if !may_widen {
            return false;
        }
        let second_ring = gateways.len().div_ceil(SECOND_RING);
        let wider = match members.len() {
            0 => 1,
            size if size < second_ring => second_ring,
            _ => gateways.len(),
        };
        if wider < gateways.len() {
            self.reach = Reach::ring(first_in_turn(gateways, &self.latest, wider));
        } else {
            self.before = None;
            self.reach = Reach::All;
        }
        true
    }
}

impl Reach {
    const fn ring(members: BTreeSet<NodeName>) -> Self {
        Self::Ring { members, healthy_since: None, watches: BTreeMap::new(), unwell: None }
    }
}

/// Notes what every gateway has counted, of those that tell and were not noted yet.
fn watch(watches: &mut BTreeMap<NodeName, Watch>, gateways: &BTreeMap<NodeName, Seat>) {
    for (node, seat) in gateways {
        if let Some(vitals) = seat.vitals().filter(|_| !watches.contains_key(node)) {
            watches.insert(node.clone(), Watch::begin(vitals));
        }
    }
}

/// What the members have counted since; nothing when none of them tells.
fn counted_by(
    members: &BTreeSet<NodeName>,
    gateways: &BTreeMap<NodeName, Seat>,
    watches: &BTreeMap<NodeName, Watch>,
) -> Option<Counted> {
    let tell = |node: &NodeName| Some(watches.get(node)?.counted(gateways.get(node)?.vitals()?));
    let mut all = members.iter().filter_map(tell).peekable();
    all.peek()?;
    Some(all.fold(Counted::default(), |mut sum, counted| {
        sum.add(counted);
        sum
    }))
}

/// How a member fares worse since it serves by the table.
fn worse(
    node: &NodeName,
    (members, gateways, watches): (
        &BTreeSet<NodeName>,
        &BTreeMap<NodeName, Seat>,
        &BTreeMap<NodeName, Watch>,
    ),
    candidates: f64,
) -> Option<Unwell> {
    let since = |node: &NodeName| Some(watches.get(node)?.counted(gateways.get(node)?.vitals()?));
    let mut elsewhere = Counted::default();
    for other in gateways.keys().filter(|other| !members.contains(*other)).filter_map(since) {
        elsewhere.add(other);
    }
    let detail = since(node)?.worse_than(watches.get(node)?.before(), elsewhere, candidates)?;
    Some(Unwell { node: node.to_string(), detail })
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
        && has(seat, table)
        && seat.refused(&table.application).is_none()
        && !seat.has_tripped(&table.application, rollout)
}

/// Whether a gateway serves by a table.
fn has(seat: &Seat, table: &RoutingTable) -> bool {
    seat.serves(&table.application) >= Some(table.generation)
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
