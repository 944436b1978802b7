//! Tests of the histogram: the mapping against its reference, merging, ranks.

use proptest::prelude::*;

use super::*;

fn of(durations: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    for us in durations {
        histogram.record(*us);
    }
    histogram
}

#[test]
fn every_bucket_holds_exactly_what_lies_between_its_edges() {
    for (bucket, edge) in EDGES.iter().enumerate() {
        assert_eq!(bucket_of(*edge), bucket, "{edge}");
        assert_eq!(bucket_of(edge + 1), bucket + 1, "{edge} + 1");
    }
    assert_eq!(bucket_of(0), 0);
    assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
}

#[test]
fn edges_are_powers_of_the_growth_factor() {
    for (bucket, edge) in EDGES.iter().enumerate() {
        let power = (LOWEST_POWER + bucket) as i32;
        assert_eq!(*edge, GROWTH.powi(power) as u64, "power {power}");
    }
    assert!(EDGES[0] <= 1_000 && EDGES[EDGE_COUNT - 1] >= 1_000_000_000);
}

#[test]
fn quantiles_are_upper_edges() {
    let histogram = of(&[10_000, 20_000, 30_000, 40_000]);
    assert_eq!(histogram.quantile(0.5), Some(edge_at_or_above(20_000)));
    assert_eq!(histogram.quantile(0.0), Some(edge_at_or_above(10_000)));
    assert_eq!(histogram.quantile(1.0), Some(edge_at_or_above(40_000)));
    assert_eq!(Histogram::default().quantile(0.5), None);
    assert_eq!(of(&[u64::MAX]).quantile(0.5), Some(EDGES[EDGE_COUNT - 1]));
}

#[test]
fn ranks_are_between_the_edges_of_their_bucket() {
    let histogram = of(&[5, 10_000, 20_000]);
    assert_eq!(histogram.below_rank(1), Some(0));
    assert!(histogram.below_rank(2) < Some(10_000) && histogram.at_rank(2) >= Some(10_000));
    assert_eq!(histogram.at_rank(4), None);
}

#[test]
fn stored_form_is_the_range_in_use() {
    let histogram = of(&[1_000_000, 1_000_000, 1_025_000]);
    let stored = serde_json::to_string(&histogram).unwrap();
    assert_eq!(stored, r#"{"first":346,"counts":[2,1]}"#);
    assert_eq!(serde_json::from_str::<Histogram>(&stored).unwrap(), histogram);
}

#[test]
fn a_stored_form_beyond_the_last_bucket_is_refused() {
    for stored in [r#"{"first":694,"counts":[1]}"#, r#"{"first":18446744073709551615,"counts":[1]}"#] {
        assert!(serde_json::from_str::<Histogram>(stored).is_err(), "{stored}");
    }
    assert!(serde_json::from_str::<Histogram>(r#"{"first":693,"counts":[1]}"#).is_ok());
}

proptest! {
    #[test]
    fn durations_are_known_to_one_per_cent(us in 1_000u64..1_000_000_000) {
        let edge = edge_at_or_above(us);
        prop_assert!(us <= edge && edge as f64 <= us as f64 * GROWTH + 1.0);
        let below = edge_at_or_below(us);
        prop_assert!(below <= us && us as f64 <= (below + 1) as f64 * GROWTH + 1.0);
        prop_assert_eq!(edge_at_or_above(edge), edge);
        prop_assert_eq!(edge_at_or_below(edge), edge);
    }

    #[test]
    fn counts_above_an_edge_are_exact(durations in prop::collection::vec(0u64..2_000_000_000, 0..200), at in 0usize..EDGE_COUNT) {
        let edge = EDGES[at];
        let above = durations.iter().filter(|us| **us > edge).count() as u64;
        prop_assert_eq!(of(&durations).count_above(edge), above);
    }

    #[test]
    fn merging_is_recording_everything(
        left in prop::collection::vec(0u64..2_000_000_000, 0..50),
        right in prop::collection::vec(0u64..2_000_000_000, 0..50),
    ) {
        let mut merged = of(&left);
        merged.merge(&of(&right));
        let mut swapped = of(&right);
        swapped.merge(&of(&left));
        let all = of(&[left.as_slice(), right.as_slice()].concat());
        prop_assert_eq!(&merged, &all);
        prop_assert_eq!(&swapped, &all);
        prop_assert_eq!(merged.count(), (left.len() + right.len()) as u64);
    }
}
