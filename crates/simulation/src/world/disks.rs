//! The disks of gateways: what fills them, what was kept on them, and what a start makes of it.

use super::World;
use crate::gateway::Gateway;
use crate::truth::{Rule, exposes};
use viridian_core::id::ApplicationName;
use viridian_core::routing::table::RoutingTable;
use viridian_wire::snapshot::{Acknowledgement, Delta};

impl World {
    /// So many things fill the disk of a gateway now, of so many before.
    pub(super) fn fill_disk(&mut self, place: usize, change: impl FnOnce(u32) -> u32) {
        if let Some(gateway) = self.gateways.get_mut(place) {
            gateway.fill(change);
        }
    }

    /// A gateway was sent tables in place of these, and said what it made of them.
    pub(super) fn note_kept(
        &mut self,
        place: usize,
        (before, delta): (&[Option<RoutingTable>], &Delta),
        acknowledgement: &Acknowledgement,
    ) {
        let Some(gateway) = self.gateways.get_mut(place) else { return };
        let mut changed = Vec::new();
        for ((table, before), answer) in delta.tables.iter().zip(before).zip(&acknowledgement.answers) {
            if gateway.is_full() {
                self.truth.took_on_full_disk(place, (before.as_ref(), table), answer);
            }
            let generation = before.as_ref().map(|before| before.generation);
            if answer.rejected.is_none() && generation != Some(answer.serving) {
                changed.push(answer.application.clone());
            }
        }
        gateway.remember(changed);
    }

    /// Whether a gateway that started serves by what it had acknowledged before.
    pub(super) fn check_kept(&mut self, place: usize) {
        let Some(gateway) = self.gateways.get(place) else { return };
        let Some(process) = &gateway.process else { return };
        for (application, acknowledged) in &gateway.acknowledged {
            let table = process.handle.table(application);
            let serving = table.map(|table| (table.term, table.generation));
            if serving < Some(*acknowledged) {
                let what =
                    format!("gateway-{place} had acknowledged {acknowledged:?} and starts with {serving:?}");
                self.truth.breaks(Rule::AcknowledgedIsKept, what);
                return;
            }
        }
        let is_served = !process.handle.is_lease_over();
        let has_share =
            |name: &&ApplicationName| process.handle.table(name).is_some_and(|table| exposes(&table));
        let brought_back = self.applications.iter().find(has_share).filter(|_| is_served).cloned();
        let unkept = self.gateways.get_mut(place).map(Gateway::forget_unkept).unwrap_or_default();
        if let Some(name) = brought_back.filter(|_| !unkept.is_empty()) {
            let what = format!(
                "gateway-{place} could not keep what it served by, and starts with a candidate of {name}"
            );
            self.truth.breaks(Rule::WayBackNeedsNoDisk, what);
        }
        self.truth.forgets_of(place, &unkept);
        self.look_at_tables(place);
    }
}
