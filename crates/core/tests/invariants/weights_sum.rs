//! The shares of a table sum to the whole, and a candidate has a share only while there is one.

use crate::tables::ingredients;
use proptest::prelude::*;
use viridian_core::weight::Weight;

proptest! {
    #[test]
    fn the_shares_of_every_table_sum_to_10_000(ingredients in ingredients()) {
        let table = ingredients.table();
        if let Some(comparison) = &table.comparison {
            let (baseline, candidate) = (comparison.split.baseline(), comparison.split.candidate());
            prop_assert_eq!(baseline.basis_points() + candidate.basis_points(), 10_000);
        }
        prop_assert_eq!(table.candidate_weight(), ingredients.weight.unwrap_or(Weight::ZERO));
    }
}
