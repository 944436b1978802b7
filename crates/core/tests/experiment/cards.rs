//! What is shown of an arm beside the verdict: at one look a chance is as rare as it says, of users too.

use viridian_core::application::Unit;
use viridian_core::experiment::compare::Card;
use viridian_core::guard::Margin;

use crate::runs::{Dice, check_at};
use crate::world::{CALM, FEW, UNEQUAL, Users, World, experiment, plain, share};

const SAID: f64 = 0.95;

/// The card of the second arm after so many calls.
fn card(unit: &Unit, users: Users, rates: &[f64], (calls, dice): (u32, &Dice)) -> Option<Card> {
    let mut world = World::of(experiment(unit.clone(), 2), users, dice.copy());
    for _ in 0..calls {
        if unit.is_sticky() { world.call(share(rates)) } else { world.call(plain(rates)) }
    }
    let analysis = world.look();
    assert_eq!(analysis.arms[0].card, None, "the control is not compared with itself");
    analysis.arms[1].card
}

#[test]
fn a_chance_among_equals_is_as_rare_as_it_says() {
    for (what, unit, users) in [
        ("requests", Unit::Request, CALM),
        ("calm users", Unit::User, CALM),
        ("unequal users", Unit::User, UNEQUAL),
        ("few users", Unit::User, FEW),
    ] {
        check_at(1.0 - SAID, &format!("95 % likely to be better without being it: {what}"), |dice| {
            card(&unit, users, &[0.1, 0.1], (3_000, dice)).is_some_and(|card| card.chance > SAID)
        });
    }
}

#[test]
fn what_is_better_is_likely_so_and_costs_next_to_nothing() {
    for (unit, rates) in [(Unit::Request, [0.2, 0.1]), (Unit::User, [0.2, 0.1])] {
        let better = card(&unit, CALM, &rates, (4_000, &Dice::seeded(5))).unwrap();
        assert!(better.chance > SAID && better.loss < 0.001, "{unit}: {better:?}");
        let worse = card(&unit, CALM, &[rates[1], rates[0]], (4_000, &Dice::seeded(5))).unwrap();
        assert!(worse.chance < 1.0 - SAID && (worse.loss - 0.1).abs() < 0.05, "{unit}: {worse:?}");
    }
}

#[test]
fn a_loss_is_a_part_of_the_control_where_the_effect_is() {
    for unit in [Unit::Request, Unit::User] {
        let mut experiment = experiment(unit.clone(), 2);
        let mut told = [Margin::Points(200), Margin::Relative(2_000)].map(|least| {
            experiment.aim.minimum_effect = least;
            let mut world = World::of(experiment.clone(), CALM, Dice::seeded(3));
            (0..4_000).for_each(|_| world.call(plain(&[0.1, 0.2])));
            world.look().arms[1].card.unwrap()
        });
        told[1].loss *= 0.1;
        assert!((told[0].loss - told[1].loss).abs() < 0.02, "{unit}: {told:?}");
        assert!((told[0].chance - told[1].chance).abs() < 1e-12, "{unit}: {told:?}");
    }
}

#[test]
fn while_there_is_little_nothing_is_believed() {
    for unit in [Unit::Request, Unit::User] {
        assert_eq!(card(&unit, CALM, &[0.1, 0.1], (60, &Dice::seeded(1))), None, "{unit}");
    }
}
