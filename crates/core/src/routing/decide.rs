//! Where one request goes and why: [`decide`] is the only place that answers it.
//!
//! The order is fixed: what keeps the candidate from everybody (an operator's pin, a lease that ran out), then a pin
//! of a unit, then the local guard, then the draw of the running rollout or experiment, then the baseline. Only a request whose arm
//! the draw decided, with a probability strictly between 0 and 1, enters the evidence; every other is exempt, with its reason.

use super::bucket::Bucket;
use super::draw::{Draw, Drawn, Who};
use super::table::{Comparison, RoutingTable, Running};
use crate::arm::Arm;
use crate::unit::{Group, UnitHash};
use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// What the decision may depend on.
#[derive(Debug, Clone, Copy)]
pub struct RequestKey<'a> {
    /// The unit the request belongs to, if it names one; ignored when every request is drawn by itself.
    pub unit: Option<&'a str>,
    /// A uniform random number, for requests without a unit.
    pub uniform: u64,
    /// What this gateway knows of the candidate.
    pub local: Local,
}

/// What one gateway knows of the candidate by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// Nothing speaks against it.
    Open,
    /// It has not yet had its warm-up here.
    WarmingUp,
    /// The local guard sent its share to the baseline.
    Tripped,
    /// The controller was not heard for so long that the candidate's share went to the baseline.
    LeaseExpired,
    /// An operator sends everything to the baseline on this gateway.
    PinnedByOperator,
}

/// Where one request goes, and whether it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The arm that serves it.
    pub arm: Arm,
    /// Whether it is evidence.
    pub standing: Standing,
    /// The unit it belongs to, when it names one.
    pub unit: Option<UnitHash>,
}

/// Whether a request is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The draw decided its arm; the weight is the candidate's probability, or among the units of an experiment that of the
    /// arm, strictly between 0 and 1.
    Drawn(Weight),
    /// Something else did.
    Exempt(Exempt),
}

/// Why a request is kept out of the evidence. The order is that of the counters and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exempt {
    /// No second arm had a share of the traffic.
    NotCompared,
    /// Its unit is pinned to an arm.
    Pinned,
    /// The local guard had sent the candidate's share to the baseline.
    LocalGuard,
    /// The candidate was still warming up on this gateway.
    WarmingUp,
    /// It named no unit, so it was drawn by itself.
    UnitMissing,
    /// The gateway had not heard the controller for too long to send the candidate its share.
    LeaseExpired,
    /// An operator had sent everything to the baseline on this gateway.
    PinnedByOperator,
    /// Its unit is in no arm of the experiment that was running.
    OutsideExperiment,
    /// Its unit is among those that every arm of the experiment leaves alone.
    Holdout,
}

impl Exempt {
    /// Every reason, in the order of the counters.
    pub const ALL: [Self; 9] = [
        Self::NotCompared,
        Self::Pinned,
        Self::LocalGuard,
        Self::WarmingUp,
        Self::UnitMissing,
        Self::LeaseExpired,
        Self::PinnedByOperator,
        Self::OutsideExperiment,
        Self::Holdout,
    ];
}

impl Decision {
    /// The candidate's probability, when the draw decided.
    pub fn drawn(&self) -> Option<f64> {
        match self.standing {
            Standing::Drawn(weight) => Some(weight.probability()),
            Standing::Exempt(_) => None,
        }
    }

    /// The group of its unit; group 0 for requests drawn by themselves.
    pub fn group(&self) -> Group {
        self.unit.map_or(Group(0), UnitHash::group)
    }
}

/// Decides where a request goes.
pub fn decide(table: &RoutingTable, key: &RequestKey<'_>) -> Decision {
    let named = if table.unit.is_sticky() { key.unit } else { None };
    let unit = named.map(|name| UnitHash::of(&table.application, name));
    let exempt = |arm, reason| Decision { arm, standing: Standing::Exempt(reason), unit };

    if table.comparison.is_none() && table.experiment.is_none() {
        return exempt(Arm::Baseline, Exempt::NotCompared);
    }
    match key.local {
        Local::PinnedByOperator => return exempt(Arm::Baseline, Exempt::PinnedByOperator),
        Local::LeaseExpired => return exempt(Arm::Baseline, Exempt::LeaseExpired),
        Local::Open | Local::WarmingUp | Local::Tripped => {}
    }
    if let Some(arm) = pinned_arm(table, key) {
        return exempt(arm, Exempt::Pinned);
    }
    if key.local == Local::Tripped {
        return exempt(Arm::Baseline, Exempt::LocalGuard);
    }
    let lacks_unit = table.unit.is_sticky() && named.is_none();
    let Some(comparison) = &table.comparison else {
        let running = table.experiment.as_ref();
        return match running.map_or(Drawn::Outside, |running| draw_arm(running, named, key.uniform)) {
            Drawn::Arm { arm, probability } => match Arm::of_experiment(arm) {
                Some(arm) if lacks_unit => exempt(arm, Exempt::UnitMissing),
                Some(arm) => Decision { arm, standing: Standing::Drawn(probability), unit },
                None => exempt(Arm::Baseline, Exempt::OutsideExperiment),
            },
            Drawn::Holdout => exempt(Arm::Baseline, Exempt::Holdout),
            Drawn::Outside => exempt(Arm::Baseline, Exempt::OutsideExperiment),
        };
    };

    let weight = comparison.split.candidate();
    let arm = draw(comparison, named, key.uniform);
    if !weight.compares() {
        exempt(arm, Exempt::NotCompared)
    } else if lacks_unit {
        exempt(arm, Exempt::UnitMissing)
    } else if key.local == Local::WarmingUp {
        exempt(arm, Exempt::WarmingUp)
    } else {
        Decision { arm, standing: Standing::Drawn(weight), unit }
    }
}

fn pinned_arm(table: &RoutingTable, key: &RequestKey<'_>) -> Option<Arm> {
    let unit = key.unit?;
    let pin = table.pins.iter().find(|pin| pin.unit == unit)?;
    // Without a rollout there is no candidate: the pin keeps its unit out of the experiment all the same.
    Some(if table.comparison.is_some() { pin.arm } else { Arm::Baseline })
}

fn draw_arm(running: &Running, unit: Option<&str>, uniform: u64) -> Drawn {
    let Running { experiment, layer, part, salt, shares, .. } = running;
    let draw = Draw { salt, layer, experiment, part: *part, shares };
    draw.of(unit.map_or(Who::Request(uniform), Who::Unit))
}

fn draw(comparison: &Comparison, unit: Option<&str>, uniform: u64) -> Arm {
    let bucket =
        unit.map_or_else(|| Bucket::from_uniform(uniform), |unit| Bucket::of(&comparison.salt, unit));
    if bucket.is_candidate(comparison.split.candidate()) { Arm::Candidate } else { Arm::Baseline }
}
