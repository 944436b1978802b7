//! Choices that meet: factors of one experiment, and the effect from day to day.

use viridian_core::analysis::tally::Counts;
use viridian_core::application::Unit;
use viridian_core::experiment::days::change;
use viridian_core::experiment::definition::{Arm, Arms, Experiment};
use viridian_core::guard::Margin;
use viridian_core::metric::Metric;

use crate::runs::{Dice, check, check_finds};
use crate::world::{CALM, UNEQUAL, World, chat, experiment, name, share, weight};

/// The prompt of the chat crossed with the index it searches.
fn crossed() -> Experiment {
    let arm = |called: &str, prompt: &str, index: &str| Arm {
        name: name(called),
        share: weight(2_500),
        releases: [(chat(), name(prompt)), (name("search"), name(index))].into(),
    };
    let arms = vec![
        arm("now", "p1", "i1"),
        arm("both", "p2", "i2"),
        arm("prompt", "p2", "i1"),
        arm("index", "p1", "i2"),
    ];
    Experiment { arms: Arms::new(arms, &name("now")).unwrap(), ..experiment(Unit::User, 4) }
}

/// Rates in the order of the arms: now, both, prompt, index.
const ADDS: [f64; 4] = [0.20, 0.10, 0.15, 0.15];
const MEETS: [f64; 4] = [0.20, 0.20, 0.14, 0.14];

#[test]
fn choices_that_only_add_are_not_said_to_meet() {
    for (what, users) in [("calm", CALM), ("unequal", UNEQUAL)] {
        check(&format!("interaction of choices that add, {what}"), |dice| {
            let mut world = World::of(crossed(), users, dice.copy());
            (1..=6_000_u32).any(|call| {
                world.call(share(&ADDS));
                call % 300 == 0 && call >= 1_200 && world.look().factors.unwrap().interaction.is_told()
            })
        });
    }
}

#[test]
fn choices_that_undo_each_other_are_found() {
    check_finds("interaction of twelve points", 12_000, |dice| {
        let mut world = World::of(crossed(), CALM, dice.copy());
        (1..=40_000_u64).find(|call| {
            world.call(share(&MEETS));
            call % 1_000 == 0 && world.look().factors.unwrap().interaction.is_told()
        })
    });
    let mut world = World::of(crossed(), CALM, Dice::seeded(4));
    for _ in 0..40_000 {
        world.call(share(&ADDS));
    }
    let analysis = world.look();
    let factors = analysis.factors.as_ref().unwrap();
    // By application, in the order of their names.
    let [index, prompt] = &factors.main;
    assert!((prompt.effect.estimate - 0.05).abs() < 0.02 && prompt.effect.is_told(), "{factors:?}");
    assert_eq!((index.application.as_str(), index.release.as_str()), ("search", "i2"));
    let notes = analysis.notes(&world.experiment).join("\n");
    assert!(notes.contains("i2 in search alone: +") && notes.contains("together: "), "{notes}");
}

/// The prompt saves a fifth of a second, or of a cent: amounts are told as people read them.
#[test]
fn what_choices_do_to_amounts_is_told_in_their_unit() {
    for (metric, counted, unit) in [(Metric::LatencyMean, 1_000, " ms"), (Metric::Cost, 10_000, "")] {
        let mut experiment = crossed();
        experiment.aim.metric = metric;
        experiment.aim.minimum_effect = Margin::Relative(1_000);
        let mut world = World::of(experiment, CALM, Dice::seeded(4));
        let tens = [100, 80, 80, 100];
        for _ in 0..8_000 {
            world.call(|dice, call| (counted * (tens[call.arm] + u64::from(dice.hits(0.5))) * 10, false));
        }
        let analysis = world.look();
        let main = &analysis.factors.as_ref().unwrap().main[1].effect;
        let notes = analysis.notes(&world.experiment).join("\n");
        let told = match metric {
            Metric::Cost => format!("{:+.6}", main.estimate / 1e9),
            _ => format!("{:+.1}", main.estimate / 1e3),
        };
        assert!(
            notes.contains(&format!("p2 in support-chat alone: {told}{unit} better (between +")),
            "{notes}"
        );
    }
}

#[test]
fn arms_that_cross_nothing_have_no_factors() {
    let mut world = World::of(experiment(Unit::User, 4), CALM, Dice::seeded(4));
    for _ in 0..4_000 {
        world.call(share(&ADDS));
    }
    assert_eq!(world.look().factors, None);
}

/// People like what is new: the effect is gone after three days.
#[test]
fn an_effect_that_fades_is_told_by_day() {
    let mut world = World::of(experiment(Unit::User, 2), CALM, Dice::seeded(6));
    for day in 0..6 {
        if day > 0 {
            world.next_day();
        }
        let better = if day < 3 { 0.08 } else { 0.0 };
        for _ in 0..4_000 {
            world.call(share(&[0.2, 0.2 - better]));
        }
    }
    let analysis = world.look();
    assert_eq!(analysis.days.len(), 6);
    let first = analysis.days[0].arms[0].unwrap();
    assert!((first.estimate - 0.08).abs() < first.within, "{first:?}");
    let fades = change(&analysis.days, 1).unwrap();
    assert!((-0.11..-0.05).contains(&fades), "{fades}");
    let notes = analysis.notes(&world.experiment).join("\n");
    assert!(notes.contains("the effect of 'arm1' changed by -"), "{notes}");
    assert_eq!(change(&analysis.days[..3], 1), None);
    assert_eq!(change(&analysis.days, 0), None);
    assert_eq!(Counts::default(), world.counted().spans[0].arms[0].counts(Metric::LatencyP95));
}
