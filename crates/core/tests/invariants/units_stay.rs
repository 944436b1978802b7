//! A unit that has the candidate keeps it while the candidate's share only rises.

use crate::plans::weights;
use crate::tables::{Ingredients, ingredients};
use proptest::prelude::*;
use viridian_core::application::Unit;
use viridian_core::arm::Arm;
use viridian_core::routing::decide::{Local, RequestKey, decide};
use viridian_core::weight::Weight;

proptest! {
    #[test]
    fn nobody_is_taken_back_while_the_share_rises(
        ingredients in ingredients(),
        unit in ".{1,20}",
        mut shares in prop::collection::vec(weights(), 2..8),
    ) {
        shares.sort();
        let served = |share: &Weight| {
            let ingredients = Ingredients { unit: Unit::User, weight: Some(*share), ..ingredients.clone() };
            let key = RequestKey { unit: Some(&unit), uniform: 0, local: Local::Open };
            decide(&ingredients.table(), &key).arm
        };
        let arms: Vec<Arm> = shares.iter().map(served).collect();
        prop_assert!(arms.is_sorted(), "{:?} at {:?}", arms, shares);
    }
}
