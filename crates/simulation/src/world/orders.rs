//! Orders that restore the baseline, as a controller ought to see them.

use super::World;
use viridian_controller::Ledger;
use viridian_core::id::ApplicationName;
use viridian_core::rollout::input::Readiness;

impl World {
    /// Whether an order back to the baseline waits, and nothing keeps the controller from serving it.
    pub(super) fn is_ordered_back(&self, place: usize, application: &ApplicationName) -> bool {
        let Some(controller) = self.controllers.get(place) else { return false };
        let Ok(Some(rollout)) = controller.model.active_rollout(application) else { return false };
        let Ok(orders) = controller.model.pending_commands(&rollout.proposal.name) else { return false };
        self.sight.baseline.get() == Readiness::Ready
            && controller.model.term() == self.database.term()
            && orders.iter().any(|order| order.command.is_towards_baseline())
    }
}
