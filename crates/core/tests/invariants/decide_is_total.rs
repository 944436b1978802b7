//! Every request has an arm that exists, and is evidence exactly when the draw decided with a probability between 0
//! and 1.

use crate::tables::ingredients;
use proptest::prelude::*;
use viridian_core::arm::Arm;
use viridian_core::routing::decide::{Exempt, Local, RequestKey, Standing, decide};

proptest! {
    #[test]
    fn a_request_is_evidence_exactly_when_chance_decided(
        ingredients in ingredients(),
        unit in prop::option::weighted(0.8, "[a-d]{1,2}"),
        uniform in any::<u64>(),
        local in prop_oneof![
            4 => Just(Local::Open),
            1 => Just(Local::WarmingUp),
            1 => Just(Local::Tripped),
            1 => Just(Local::LeaseExpired),
            1 => Just(Local::PinnedByOperator),
        ],
    ) {
        let table = ingredients.table();
        let decision = decide(&table, &RequestKey { unit: unit.as_deref(), uniform, local });

        let share = ingredients.weight.filter(|weight| weight.compares());
        let pin = unit.as_ref().and_then(|unit| ingredients.pins.iter().find(|pin| pin.unit == *unit));
        let withheld = matches!(local, Local::LeaseExpired | Local::PinnedByOperator);
        let pinned = pin.filter(|_| ingredients.weight.is_some() && !withheld);
        let names_its_unit = !ingredients.unit.is_sticky() || unit.is_some();
        let by_chance = share.is_some() && pinned.is_none() && names_its_unit && local == Local::Open;
        prop_assert_eq!(decision.drawn().is_some(), by_chance, "{:?}", decision);
        if let Some(probability) = decision.drawn() {
            prop_assert!(0.0 < probability && probability < 1.0);
            prop_assert_eq!(Some(probability), share.map(|weight| weight.probability()));
        }

        if table.comparison.is_none() || withheld {
            prop_assert_eq!(decision.arm, Arm::Baseline);
        }
        match (decision.standing, pinned) {
            (standing, Some(pin)) => {
                prop_assert_eq!(standing, Standing::Exempt(Exempt::Pinned));
                prop_assert_eq!(decision.arm, pin.arm);
            }
            (Standing::Exempt(Exempt::LocalGuard), None) => prop_assert_eq!(decision.arm, Arm::Baseline),
            _ => {}
        }
    }
}
