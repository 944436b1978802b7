//! The database made up answers as the real one does, whatever it is asked in whatever order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod two;

use proptest::prelude::*;
use two::{Call, Two, What};

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![
        2 => (1..4_u64).prop_map(Call::Reserve),
        3 => (0..6_u64, any::<bool>()).prop_map(|(number, supersedes)| Call::Start { number, supersedes }),
        3 => prop::sample::select(vec![What::Pause, What::Resume, What::Promote, What::Rollback])
            .prop_map(Call::Order),
        12 => (moves(), 0..3_u64, 0..3_u32, any::<bool>())
            .prop_map(|(moves, generation, epoch, again)| Call::Commit { moves, generation, epoch, again }),
        3 => (0..3_u64, 0..3_u32).prop_map(|(generation, epoch)| Call::Publish { generation, epoch }),
        4 => (0..3_u32, 0..2_u64, 1..50_u64, 0..3_u64)
            .prop_map(|(epoch, slot, requests, boot)| Call::Record { epoch, slot, requests, boot }),
        2 => (0..3_u64).prop_map(Call::Come),
        1 => (0..5_u64).prop_map(Call::Hear),
        1 => (0..3_u64).prop_map(Call::Leave),
        1 => Just(Call::Usurp),
        1 => Just(Call::Reopen),
    ];
    prop::collection::vec(call, 1..40)
}

/// How far a commit is from what would be right, in sequence numbers: mostly it is right.
fn moves() -> impl Strategy<Value = i64> {
    prop_oneof![8 => Just(0_i64), 1 => -1..=1_i64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_model_answers_as_the_store_does(calls in calls()) {
        let mut two = Two::new();
        for (place, call) in calls.iter().enumerate() {
            let (store, model) = two.call(call);
            prop_assert_eq!(store, model, "call {}: {:?}", place, call);
            let (store, model) = two.read();
            prop_assert_eq!(store, model, "after call {}: {:?}", place, call);
        }
    }
}

#[test]
fn a_commit_that_is_repeated_is_written_once() {
    let mut two = Two::new();
    let commit = |again| Call::Commit { moves: 0, generation: 1, epoch: 1, again };
    let calls = [
        Call::Reserve(3),
        Call::Publish { generation: 1, epoch: 1 },
        Call::Start { number: 1, supersedes: false },
        commit(false),
        commit(true),
    ];
    let answers: Vec<String> = calls
        .iter()
        .map(|call| {
            let (store, model) = two.call(call);
            assert_eq!(store, model, "{call:?}");
            store
        })
        .collect();
    assert_eq!(answers[3..], ["Now", "Already"]);
}
