//! Which arm a unit has in the companions of an experiment, as an application that takes no part in them knows it: [`elsewhere`].
//! It is the draw they are conducted by, so it says what their own gateways serve. Who is pinned there, in the holdout or outside
//! their part of a layer is on no arm.

use super::decide::{Decision, Standing};
use super::draw::{Draw, Drawn, Who};
use super::table::{DrawnElsewhere, RoutingTable};
use crate::companion::{Elsewhere, Seat};

/// The arm of a unit, where the control has zero; nothing when it is on none.
pub fn arm(drawn: &DrawnElsewhere, unit: &str) -> Option<usize> {
    let DrawnElsewhere { experiment, layer, part, salt, shares, pinned } = drawn;
    if pinned.iter().any(|pinned| pinned == unit) {
        return None;
    }
    match (Draw { salt, layer, experiment, part: *part, shares }).of(Who::Unit(unit)) {
        Drawn::Arm { arm, .. } => Some(arm),
        Drawn::Holdout | Drawn::Outside => None,
    }
}

/// The arms that the unit of a request has elsewhere; none unless the request is evidence of an experiment that has companions.
pub fn elsewhere(table: &RoutingTable, decision: &Decision, unit: Option<&str>) -> Elsewhere {
    let company = table.experiment.as_ref().and_then(|running| running.company.as_ref());
    let (Some(company), Standing::Drawn(_), Some(_), Some(unit)) =
        (company, decision.standing, decision.unit, unit)
    else {
        return Elsewhere::NOWHERE;
    };
    let seats = (0..).zip(&company.draws).filter_map(|(companion, drawn)| {
        Some(Seat { companion, arm: u8::try_from(arm(drawn, unit)?).ok()? })
    });
    seats.fold(Elsewhere::NOWHERE, Elsewhere::with)
}
