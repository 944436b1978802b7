//! Looks at what controllers wrote down.

use super::World;
use crate::truth::Rule;
use std::time::Duration;
use viridian_controller::hub::{EXPOSURE_LEASE, LIVENESS};
use viridian_core::id::Generation;
use viridian_core::rollout::state::{Phase, State};
use viridian_core::routing::table::RoutingTable;
use viridian_store::events::{Fact, Stream as Log};

impl World {
    /// Looks at what a controller just wrote: nothing goes forward before every gateway that counts as live, or as lost,
    /// has acknowledged the table of before.
    pub(super) fn check_steps(&mut self, place: usize, written: usize, before: Option<&RoutingTable>) {
        for event in self.database.written_since(written) {
            let (Fact::Moved(moved), Log::Rollout(rollout)) = (&event.fact, &event.stream) else { continue };
            let line = format!("{rollout}: {}", moved.report.sentence);
            self.tell(|| line);
            let forward = moved.next.is_promoted() || self.raises(&moved.next, before);
            let Some(before) = before.filter(|_| forward) else { continue };
            if let Some(missing) = self.unacknowledged(place, before) {
                let what = format!("{rollout} went on although {missing}");
                self.truth.breaks(Rule::StepsNeedEveryGateway, what);
            }
        }
    }

    fn raises(&self, next: &State, before: Option<&RoutingTable>) -> bool {
        let share = before.map_or(viridian_core::weight::Weight::ZERO, RoutingTable::candidate_weight);
        next.weight() > share
    }

    /// A gateway that this controller has heard within a lease and that has not said that it serves by a table.
    fn unacknowledged(&self, place: usize, table: &RoutingTable) -> Option<String> {
        let controller = self.controllers.get(place)?;
        let lost = controller.heard.iter().find(|(_, heard)| {
            let serving = heard.serving.get(&table.application).copied().unwrap_or(Generation(0));
            let silent = Duration::from_millis(self.now - heard.at);
            !heard.has_left && silent < EXPOSURE_LEASE && serving < table.generation
        });
        let (gateway, heard) = lost?;
        let silent = Duration::from_millis(self.now - heard.at);
        let kind = if silent < LIVENESS { "live" } else { "lost" };
        Some(format!(
            "gateway-{gateway}, which is {kind}, has not acknowledged generation {}",
            table.generation
        ))
    }

    /// Looks at what was written since it was looked last, whoever wrote it.
    pub(super) fn check_log(&mut self) {
        for event in self.database.written_since(self.log_checked) {
            if event.term < self.log_term {
                let what = format!("an event of term {} follows one of term {}", event.term, self.log_term);
                self.truth.breaks(Rule::LogFollowsTerms, what);
            }
            self.log_term = event.term;
            if let (Fact::Moved(moved), Log::Rollout(rollout)) = (&event.fact, &event.stream) {
                self.truth.moved(rollout, &moved.next.phase);
                if let Phase::Promoted = moved.next.phase {
                    self.tell(|| format!("{rollout} is promoted"));
                }
            }
        }
        self.log_checked = self.database.length();
    }
}
