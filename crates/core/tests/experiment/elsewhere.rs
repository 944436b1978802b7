//! Experiments that run at the same time and draw the same users: what one changes of what the arms of another do.

use std::collections::BTreeMap;

use viridian_core::application::Unit;
use viridian_core::declared::{Asks, Declared, Load};
use viridian_core::epoch::Thresholds;
use viridian_core::experiment::definition::{Better, Experiment};
use viridian_core::experiment::evidence::Named;
use viridian_core::experiment::interactions::{Draws, Interaction, interactions};
use viridian_core::guard::Margin;
use viridian_core::metric::Metric;
use viridian_core::routing::layer::Part;
use viridian_core::routing::shares::Shares;
use viridian_core::routing::table::{DrawnElsewhere, Salt};
use viridian_core::score::Score;
use viridian_core::weight::Weight;

use crate::runs::{Dice, check, check_at, check_finds};
use crate::world::{
    CALM, Call, ELSEWHERE, FEW, HEAVY_TAILED, UNEQUAL, UNTOLD, Users, World, experiment, name, weight,
};

/// Calls of one experiment, and between looks.
const CALLS: u32 = 6_000;
const LOOK: u32 = 200;

/// What an experiment and its arms elsewhere are called.
fn named(arms: usize) -> BTreeMap<viridian_core::companion::Number, Named> {
    let arms = (0..arms).map(|number| name(&format!("there{number}"))).collect();
    [(ELSEWHERE, Named { experiment: name("index"), arms })].into()
}

/// Draws elsewhere, with equal shares, a holdout, and a part of another layer.
fn drawn(arms: usize, salt: Salt) -> DrawnElsewhere {
    let share = weight(u16::try_from(9_000 / arms).unwrap());
    DrawnElsewhere {
        experiment: name("index"),
        layer: name("indexes"),
        part: Part { start: 500, width: weight(9_000) },
        salt,
        shares: Shares::new(&vec![share; arms], weight(1_000)).unwrap(),
        pinned: Vec::new(),
    }
}

/// An experiment with an equal number of arms there.
fn world(experiment: Experiment, users: Users, arms: usize, dice: &Dice) -> World {
    let mut world = World::of(experiment, users, dice.copy());
    let salt = Salt(std::array::from_fn(|_| (world.dice.uniform() * 256.0) as u8));
    world.beside = Some(drawn(arms, salt));
    world.counted().spans.clear();
    world.renew(crate::world::START, Thresholds::default());
    world
}

fn look(world: &mut World, arms: usize) -> Interaction {
    let experiment = world.experiment.clone();
    interactions(&experiment, world.counted(), &named(arms)).remove(0)
}

fn is_told(interaction: &Interaction) -> bool {
    interaction.pairs.iter().any(|pair| pair.change.is_some_and(|change| change.is_told()))
}

/// Bad so often by the arm here and there, more or less by user, and for all alike by the hour.
fn bad<'a>(rates: &'a [[f64; 3]; 3]) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy + 'a {
    move |dice, call| {
        let storm = if call.number % 1_500 < 300 { 2.0 } else { 1.0 };
        (u64::from(dice.hits((rates[call.arm][call.there] * call.user.prone * storm).min(1.0))), false)
    }
}

/// Either arm does something, and neither changes what the other does, in points and in parts.
const ADDS: [[f64; 3]; 3] = [[0.16, 0.12, 0.14], [0.12, 0.08, 0.10], [0.14, 0.10, 0.12]];
const MULTIPLIES: [[f64; 3]; 3] = [[0.20, 0.10, 0.15], [0.12, 0.06, 0.09], [0.16, 0.08, 0.12]];
/// What the arm here does is undone there.
const MEETS: [[f64; 3]; 3] = [[0.20, 0.20, 0.20], [0.08, 0.20, 0.08], [0.08, 0.20, 0.08]];

fn ever_told(
    mut world: World,
    arms: usize,
    come: impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy,
) -> bool {
    (1..=CALLS).any(|call| {
        world.call(come);
        call % LOOK == 0 && is_told(&look(&mut world, arms))
    })
}

#[test]
fn experiments_that_only_add_are_not_said_to_meet() {
    for (what, users, here, there) in [
        ("calm", CALM, 2, 2),
        ("unequal", UNEQUAL, 2, 2),
        ("few", FEW, 2, 2),
        ("heavy-tailed", HEAVY_TAILED, 2, 2),
        ("three arms here and there, unequal", UNEQUAL, 3, 3),
        ("three arms here and there, heavy-tailed", HEAVY_TAILED, 3, 3),
    ] {
        check(&format!("experiments that add, said to meet, {what}"), |dice| {
            ever_told(world(experiment(Unit::User, here), users, there, dice), there, bad(&ADDS))
        });
    }
}

/// Those who have both arms speak more than others on the day that is bad for everyone.
#[test]
fn a_bad_day_that_some_speak_more_of_is_not_said_to_meet() {
    check("a bad day that some speak more of, said to meet", |dice| {
        let mut world = world(experiment(Unit::User, 2), CALM, 2, dice);
        (0..4).any(|day| {
            if day > 0 {
                world.next_day();
            }
            let come = |dice: &mut Dice, call: &Call<'_>| {
                let speaks = dice.hits(if (day, call.arm, call.there) == (0, 1, 1) { 0.9 } else { 0.3 });
                let is_bad = dice.hits(if day == 0 { 0.4 } else { 0.05 });
                (if speaks { u64::from(is_bad) } else { UNTOLD }, false)
            };
            (1..=3_000).any(|call| {
                world.call(come);
                call % LOOK == 0 && is_told(&look(&mut world, 2))
            })
        })
    });
}

/// An arm that takes a part of what is bad takes as large a part of less.
#[test]
fn experiments_that_each_take_a_part_are_not_said_to_meet_in_parts() {
    for (what, users) in [("unequal", UNEQUAL), ("heavy-tailed", HEAVY_TAILED)] {
        check(&format!("experiments that multiply, said to meet, {what}"), |dice| {
            let mut relative = experiment(Unit::User, 2);
            relative.aim.minimum_effect = Margin::Relative(1_000);
            ever_told(world(relative, users, 2, dice), 2, bad(&MULTIPLIES))
        });
    }
}

#[test]
fn experiments_that_undo_each_other_are_found() {
    for (what, users, least) in [
        ("in points", CALM, Margin::Points(200)),
        // Of 3,000 such users it is found in two of five runs: those who call again tell little that is new.
        ("in points, 12,000 unequal users", Users { count: 12_000, ..UNEQUAL }, Margin::Points(200)),
        ("in parts", CALM, Margin::Relative(1_000)),
    ] {
        check_finds(&format!("an effect undone elsewhere, {what}"), 20_000, |dice| {
            let mut on = experiment(Unit::User, 2);
            on.aim.minimum_effect = least;
            let mut world = world(on, users, 2, dice);
            (1..=40_000_u64).find(|call| {
                world.call(bad(&MEETS));
                call % 1_000 == 0 && is_told(&look(&mut world, 2))
            })
        });
    }
}

/// The pair that meets is named, with what it comes to, and no other.
#[test]
fn what_meets_is_named_with_its_range() {
    let mut world = world(experiment(Unit::User, 3), CALM, 3, &Dice::seeded(4));
    for _ in 0..60_000 {
        world.call(bad(&MEETS));
    }
    let Interaction { draws, pairs, .. } = look(&mut world, 3);
    assert_eq!(draws, Draws::Independent);
    let told: Vec<_> = pairs
        .iter()
        .filter(|pair| pair.change.is_some_and(|change| change.is_told()))
        .map(|pair| (pair.arm, pair.beside.as_str()))
        .collect();
    assert_eq!(told, [(1, "there1"), (2, "there1")]);
    let change = pairs[0].change.unwrap();
    assert!((change.estimate + 0.144).abs() < 0.05 && change.upper < 0.0, "less good there: {change:?}");
    world.evidence.companions = named(3);
    let notes = world.look().notes(&world.experiment).join("\n");
    let expected = "'arm1' does less where 'there1' of experiment 'index' is served: -1";
    assert!(notes.contains(expected), "{notes}");
}

#[test]
fn nothing_is_said_before_there_is_enough() {
    let mut world = world(experiment(Unit::User, 2), CALM, 2, &Dice::seeded(4));
    assert!(look(&mut world, 2).pairs.iter().all(|pair| pair.change.is_none()));
    for _ in 0..4_000 {
        world.call(bad(&ADDS));
    }
    assert!(look(&mut world, 2).pairs.iter().all(|pair| pair.change.is_some()));
    world.evidence.companions = named(2);
    let notes = world.look().notes(&world.experiment).join("\n");
    assert!(notes.contains("nothing shows that experiment 'index' changes"), "{notes}");
    assert_eq!(interactions(&world.experiment.clone(), world.counted(), &BTreeMap::new()), []);
}

/// An arm there stops and another experiment begins: what was counted in either span is taken together by its own shares.
#[test]
fn spans_of_other_shares_are_told_apart() {
    check("experiments that add while arms stop, said to meet", |dice| {
        let mut world = world(experiment(Unit::User, 2), UNEQUAL, 3, dice);
        (1..=CALLS).any(|call| {
            if call == CALLS / 2 {
                let drawn = world.beside.as_mut().unwrap();
                let before: Vec<Weight> = drawn.shares.of_arms().collect();
                drawn.shares = drawn.shares.with(&[before[0], before[1], Weight::ZERO]).unwrap();
                world.next_day();
            }
            world.call(bad(&ADDS));
            call % LOOK == 0 && is_told(&look(&mut world, 3))
        })
    });
}

fn scored<'a>(means: &'a [[f64; 2]; 2]) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy + 'a {
    move |dice, call| {
        if !dice.hits(0.4) {
            return (UNTOLD, false);
        }
        let mean = means[call.arm][call.there] - 0.3 * (call.user.prone.min(2.0) - 1.0);
        let level = if dice.hits(mean.fract()) { mean.ceil() } else { mean.floor() };
        ((25.0 * (5.0 - level.clamp(1.0, 5.0))) as u64, false)
    }
}

fn of_metric(metric: Metric, better: Better, least: Margin) -> Experiment {
    let mut on = experiment(Unit::User, 2);
    (on.aim.metric, on.aim.better, on.aim.minimum_effect) = (metric, better, least);
    on
}

/// Scores in points of their scale, shares that an application declares, and amounts: each as its experiment compares them.
#[test]
fn what_is_measured_is_taken_for_what_it_is() {
    let helpful = Metric::Score(Score::new("helpful", 7, 1, 5).unwrap());
    let on_score = || of_metric(helpful, Better::Higher, Margin::Score(200));
    check("scores that add, said to meet", |dice| {
        ever_told(world(on_score(), UNEQUAL, 2, dice), 2, scored(&[[3.0, 3.4], [3.4, 3.8]]))
    });
    let curt = Metric::Declared(Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap());
    check("a declared share that adds, said to meet", |dice| {
        let on = of_metric(curt, Better::Lower, Margin::Points(200));
        ever_told(world(on, UNEQUAL, 2, dice), 2, bad(&ADDS))
    });
    let cost = |means: [[f64; 2]; 2]| {
        move |dice: &mut Dice, call: &Call<'_>| {
            let amount = means[call.arm][call.there] * call.user.prone.min(5.0) * dice.normal().exp();
            (amount as u64, false)
        }
    };
    let on_cost = || of_metric(Metric::Cost, Better::Lower, Margin::Relative(1_000));
    check("costs that multiply, said to meet", |dice| {
        ever_told(world(on_cost(), UNEQUAL, 2, dice), 2, cost([[1e4, 5e3], [8e3, 4e3]]))
    });

    let mut dice = Dice::seeded(3);
    let after = |world: &mut World, come: &dyn Fn(&mut Dice, &Call<'_>) -> (u64, bool)| {
        for _ in 0..40_000 {
            world.call(come);
        }
        look(world, 2).pairs[0].change.unwrap()
    };
    let score = after(&mut world(on_score(), CALM, 2, &dice), &scored(&[[3.0, 3.4], [3.6, 3.0]]));
    assert!(score.is_told() && (score.estimate + 1.0).abs() < 0.15, "points of the scale: {score:?}");
    dice.uniform();
    let cost = after(&mut world(on_cost(), CALM, 2, &dice), &cost([[1e4, 1e4], [5e3, 1e4]]));
    assert!(cost.is_told() && (cost.estimate + 1.0).abs() < 0.4, "twice the ratio: {cost:?}");
}

#[test]
fn draws_that_hang_together_are_told_and_nothing_else_is() {
    check_at(0.01, "independent draws said to hang together", |dice| {
        let mut world = world(experiment(Unit::User, 3), HEAVY_TAILED, 3, dice);
        (1..=CALLS).any(|call| {
            world.call(bad(&ADDS));
            call % LOOK == 0 && look(&mut world, 3).draws != Draws::Independent
        })
    });
    // Half of the outcomes of users on an arm there are lost, which has nothing to do with the draw here.
    assert_eq!(losing(|_, there| there == 1).draws, Draws::Independent);
    // Half of those of users on both arms.
    let interaction = losing(|arm, there| (arm, there) == (1, 1));
    let Draws::Dependent { ref beside, expected, observed, .. } = interaction.draws else {
        panic!("{interaction:?}")
    };
    assert_eq!(beside.as_str(), "there1");
    assert!((expected - 0.5).abs() < 1e-9 && (observed - 0.5).abs() > 0.1, "{interaction:?}");
    assert!(interaction.pairs.iter().all(|pair| pair.change.is_none()), "{interaction:?}");
}

/// After experiments that meet, and half of the outcomes in some cells are lost.
fn losing(is_lost: impl Fn(usize, usize) -> bool) -> Interaction {
    let mut world = world(experiment(Unit::User, 2), CALM, 2, &Dice::seeded(5));
    for _ in 0..10_000 {
        let before = world.counted().spans[0].arms.clone();
        let lost = std::cell::Cell::new(false);
        world.call(|dice, call| {
            lost.set(is_lost(call.arm, call.there));
            bad(&MEETS)(dice, call)
        });
        if lost.get() && world.dice.hits(0.5) {
            world.counted().spans[0].arms = before;
        }
    }
    look(&mut world, 2)
}
