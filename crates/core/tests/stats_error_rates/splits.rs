//! Tests of the draw itself: the split between two arms, among many cells, and the interaction of two experiments.

use viridian_core::arm::Arm;
use viridian_core::stats::evidence::interaction::{Crossed, Directions};
use viridian_core::stats::evidence::srm::{self, SplitEpoch};

use crate::runs::{Dice, check, check_finds, is_reached};

#[test]
fn a_sound_split_is_rarely_called_broken() {
    check("split", |dice| {
        let mut epochs =
            [0.05, 0.25].map(|probability| SplitEpoch { probability, candidate: 0, baseline: 0 });
        (0..2_000).any(|request| {
            let epoch = &mut epochs[request / 1_000];
            if dice.hits(epoch.probability) {
                epoch.candidate += 1;
            } else {
                epoch.baseline += 1;
            }
            is_reached(srm::log_e(&epochs))
        })
    });
    check("split among four cells", |dice| {
        let mut cells = [(0.1, 0), (0.2, 0), (0.3, 0), (0.4, 0)];
        (0..1_500).any(|_| {
            let mut draw = dice.uniform();
            let cell = cells.iter().position(|(probability, _)| {
                draw -= probability;
                draw < 0.0
            });
            cells[cell.unwrap_or(3)].1 += 1;
            is_reached(srm::log_e_of_cells(&cells))
        })
    });
}

/// A candidate that gets about half of the twentieth it was drawn for.
#[test]
fn a_split_that_is_half_of_what_was_drawn_is_found() {
    check_finds("split of 2.6 % for 5 %", 1_200, |dice| {
        let mut epoch = SplitEpoch { probability: 0.05, candidate: 0, baseline: 0 };
        (1..=20_000_u64).find(|_| {
            if dice.hits(0.026) {
                epoch.candidate += 1;
            } else {
                epoch.baseline += 1;
            }
            is_reached(srm::log_e(&[epoch]))
        })
    });
}

const CROSSED: Crossed = Crossed { probabilities: [0.5, 0.3], range: (0.0, 1.0) };

/// One request under both experiments; their effects add up, but for `together`.
fn request(dice: &mut Dice, together: f64) -> Directions {
    let arms =
        CROSSED.probabilities.map(|share| if dice.hits(share) { Arm::Candidate } else { Arm::Baseline });
    let of = |index: usize| f64::from(u8::from(arms[index] == Arm::Candidate));
    let passes = 0.6 + 0.1 * of(0) + 0.1 * of(1) - together * of(0) * of(1);
    let outcome = f64::from(u8::from(dice.hits(passes)));
    CROSSED.evidence(arms, outcome, 0.65)
}

#[test]
fn effects_that_add_up_are_rarely_called_an_interaction() {
    check("interaction", |dice| {
        let mut evidence = Directions::default();
        (0..1_500).any(|_| {
            evidence += request(dice, 0.0);
            is_reached(evidence.log_e())
        })
    });
}

#[test]
fn effects_that_cancel_are_found() {
    check_finds("interaction of 30 points", 1_600, |dice| {
        let mut evidence = Directions::default();
        (1..=20_000_u64).find(|_| {
            evidence += request(dice, 0.3);
            is_reached(evidence.log_e())
        })
    });
}
