//! The traffic cut by tenant, as a gateway counts it: [`Slices`].

use super::plan::Aim;
use crate::config::Scenario;
use anyhow::{Result, anyhow};
use viridian_core::analysis::judge::Units;
use viridian_core::analysis::measurement::EpochCounts;
use viridian_core::analysis::slices::Values;
use viridian_core::guard::Guard;
use viridian_core::outcome::Outcome;
use viridian_core::routing::decide::Standing;
use viridian_core::slice::{Attribute, Slicing};

/// What the traffic is cut by.
const BY: &str = "tenant";

/// What is counted by tenant, and the tenants that are told apart.
pub(super) struct Slices {
    slicing: Slicing,
    values: Values,
}

impl Slices {
    /// Those of a scenario; nothing where the rule is not asked about slices.
    pub(super) fn of(
        (scenario, aim): (&Scenario, Aim),
        guards: &[Guard],
        units: Units,
    ) -> Result<Option<Self>> {
        if aim != Aim::JudgeSlices || scenario.tenants.is_none() {
            return Ok(None);
        }
        let by = Attribute::parse(BY).map_err(|_| anyhow!("{BY} is nothing to slice by"))?;
        let slicing = Slicing::of(&[by], guards, units);
        Ok(slicing.map(|slicing| Self { slicing, values: Values::default() }))
    }

    /// Counts an outcome of a tenant in its slice.
    pub(super) fn count(&mut self, tenant: u32, outcome: &Outcome, counts: &mut EpochCounts) {
        if !matches!(outcome.decision.standing, Standing::Drawn(_)) {
            return;
        }
        let thresholds = counts.epoch.thresholds;
        let name = tenant.to_string();
        let value = self.values.admit(BY, &name);
        let slices = &mut counts.arm_mut(outcome.decision.arm).groups.slices;
        slices.record((&self.slicing, std::iter::once(value)), outcome, (&thresholds, &[]));
    }
}
