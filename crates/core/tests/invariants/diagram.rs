//! The diagram in the header of `rollout/state.rs` is what happens: walks at random find every arrow that is drawn and
//! none that is not.

use crate::walk::{People, walks};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

const HEADER: &str = include_str!("../../src/rollout/state.rs");

/// How many walks find even the rarest arrow several times.
const WALKS: usize = 6_000;

type Arrows = BTreeSet<(String, String)>;

/// The arrows of the header's table, its lines of the form `//!   From ─► To | To`.
fn drawn() -> Arrows {
    let mut arrows = Arrows::new();
    for line in HEADER.lines().take_while(|line| line.starts_with("//!")) {
        let Some((from, to)) = line.trim_start_matches("//!").split_once("─►") else { continue };
        for to in to.split('|') {
            arrows.insert((from.trim().to_owned(), to.trim().to_owned()));
        }
    }
    arrows
}

fn found() -> Arrows {
    let mut runner = TestRunner::deterministic();
    let walks = walks(People::Order, 60);
    let mut arrows = Arrows::new();
    for _ in 0..WALKS {
        let walk = walks.new_tree(&mut runner).unwrap().current();
        for look in walk.looks() {
            let (from, to) = (look.state.phase.word(), look.transition.next.phase.word());
            if from != to {
                arrows.insert((from.to_owned(), to.to_owned()));
            }
        }
    }
    arrows
}

#[test]
fn the_diagram_draws_what_happens() {
    let (drawn, found) = (drawn(), found());
    let missing: Vec<_> = found.difference(&drawn).collect();
    let idle: Vec<_> = drawn.difference(&found).collect();
    assert!(missing.is_empty(), "these happen and are not drawn: {missing:?}");
    assert!(idle.is_empty(), "these are drawn and never happen: {idle:?}");
}
