//! Many e-values at once: how often one that is named was sound.

use viridian_core::stats::evidence::discovery;
use viridian_core::stats::evidence::race::{self, RaceEpoch};

use crate::runs::{ALPHA, Dice, check, check_finds, is_reached};

const SLICES: usize = 40;

/// The evidence of one slice with so many events, of which chance or a regression puts some on the candidate.
fn slice(dice: &mut Dice, events: u64, ratio: f64) -> f64 {
    let share = 0.2 * ratio / (0.2 * ratio + 0.8);
    let candidate = (0..events).filter(|_| dice.hits(share)).count() as u64;
    race::log_e_harm(&[RaceEpoch { probability: 0.2, candidate, baseline: events - candidate }], 1.0)
}

fn slices(dice: &mut Dice, broken: usize) -> Vec<f64> {
    (0..SLICES).map(|index| slice(dice, 60, if index < broken { 6.0 } else { 1.0 })).collect()
}

#[test]
fn sound_slices_are_rarely_named() {
    check("e-BH without a broken slice", |dice| !discovery::worst(&slices(dice, 0), ALPHA).is_empty());
    check("e-Holm beside five broken slices", |dice| {
        discovery::attributed(&slices(dice, 5), ALPHA).iter().any(|index| *index >= 5)
    });
}

/// The share of sound ones among those named, on average, is a frequency when one of those named is drawn.
#[test]
fn few_of_the_named_slices_are_sound() {
    check("e-BH beside five broken slices", |dice| {
        let named = discovery::worst(&slices(dice, 5), ALPHA);
        let drawn = (dice.uniform() * named.len() as f64) as usize;
        named.get(drawn).is_some_and(|index| *index >= 5)
    });
}

#[test]
fn one_broken_slice_is_named_among_forty() {
    check_finds("one slice six times worse, by e-BH", 60, |dice| {
        let mut log_es = slices(dice, 0);
        (10..200).step_by(10).find(|events| {
            log_es[7] = slice(dice, *events, 6.0);
            is_reached(log_es[7]) && discovery::worst(&log_es, 0.1).contains(&7)
        })
    });
}
