//! What cannot be trusted is told and concludes nothing: a split that is off, units on two arms, too few of them.

use viridian_core::analysis::judge::Units;
use viridian_core::analysis::measurement::Ending;
use viridian_core::analysis::tally::Counts;
use viridian_core::application::Unit;
use viridian_core::experiment::checks::{Exposed, Split, split};
use viridian_core::experiment::verdict::{Verdict, Wait};
use viridian_core::metric::Metric;
use viridian_core::unit::{Group, UnitHash};

use crate::runs::{Dice, check_at, check_finds};
use crate::world::{CALM, HEAVY_TAILED, UNEQUAL, World, chat, count, experiment, share};

#[test]
fn a_sound_split_is_rarely_called_broken() {
    for (what, users, unit) in [
        ("unequal users", UNEQUAL, Unit::User),
        ("heavy-tailed users", HEAVY_TAILED, Unit::User),
        ("requests", CALM, Unit::Request),
    ] {
        check_at(0.01, &format!("split called broken, {what}"), |dice| {
            let mut world = World::of(experiment(unit.clone(), 4), users, dice.copy());
            (1..=5_000_u32).any(|call| {
                world.call(share(&[0.1; 4]));
                call % 250 == 0 && world.look().verdict == Verdict::Wait(Wait::BrokenSplit)
            })
        });
    }
}

/// Part of one arm's outcomes is lost on the way.
#[test]
fn lost_outcomes_are_told_and_conclude_nothing() {
    for (unit, part) in [(Unit::User, 0.4), (Unit::Request, 0.2)] {
        check_finds(&format!("{part} of an arm lost, by {unit}"), 9_000, |dice| {
            let mut world = World::of(experiment(unit.clone(), 3), CALM, dice.copy());
            (1..=40_000_u64).find(|call| {
                let before = world.counted().spans[0].arms[1].clone();
                world.call(share(&[0.1, 0.02, 0.1]));
                if world.dice.hits(part) {
                    world.counted().spans[0].arms[1] = before;
                }
                call % 1_000 == 0 && world.look().verdict == Verdict::Wait(Wait::BrokenSplit)
            })
        });
    }
    let mut world = World::of(experiment(Unit::Request, 3), CALM, Dice::seeded(1));
    for _ in 0..9_000 {
        let before = world.counted().spans[0].arms[1].clone();
        world.call(share(&[0.1; 3]));
        if world.dice.hits(0.5) {
            world.counted().spans[0].arms[1] = before;
        }
    }
    let analysis = world.look();
    assert!(matches!(analysis.split, Split::Broken { arm: 1, observed, .. } if observed < 0.25));
    let sentence = analysis.sentence(&world.experiment);
    assert!(sentence.starts_with("nothing is concluded: 'arm1' has "), "{sentence}");
}

/// One arm is slow, so that a third of its requests have not ended: that is no loss before they must have.
#[test]
fn requests_under_way_are_not_lost() {
    for (unit, units) in [(Unit::User, Units::Sticky), (Unit::Request, Units::Independent)] {
        let mut world = World::of(experiment(unit, 3), CALM, Dice::seeded(3));
        for _ in 0..9_000 {
            world.call(share(&[0.1; 3]));
        }
        for (place, arm) in world.counted().spans[0].arms.iter_mut().enumerate() {
            let ended: Vec<u64> = arm.requests_by_group(Ending::Awaited).collect();
            arm.tally.drawn = arm.tally.outcomes();
            for (group, ended) in (0..).zip(&ended) {
                (0..*ended).for_each(|_| arm.groups.drawn.record(Group(group)));
            }
            if place == 1 {
                arm.tally.classes[0] -= arm.tally.classes[0] / 3;
                let drawn = std::mem::take(&mut arm.groups).drawn;
                arm.groups.drawn = drawn;
                for (group, ended) in (0..).zip(&ended) {
                    let counts = Counts::of_share(ended - ended / 3, 0);
                    arm.groups.record_counts(Metric::Errors, Group(group), counts);
                }
            }
        }
        assert_eq!(split(world.counted(), units), Split::Sound, "{units:?}");
        world.counted().spans[0].ending = Ending::Settled;
        let found = split(world.counted(), units);
        assert!(matches!(found, Split::Broken { arm: 1, .. }), "{units:?}: {found:?}");
    }
}

/// A gateway of another version draws by another salt: its users are on other arms than elsewhere.
#[test]
fn units_on_two_arms_are_told_and_conclude_nothing() {
    let mut world = World::of(experiment(Unit::User, 3), CALM, Dice::seeded(9));
    for _ in 0..9_000 {
        world.call(share(&[0.1, 0.02, 0.1]));
    }
    let sound = world.look();
    assert_eq!(sound.exposure.finding, Exposed::Once, "{:?}", sound.exposure);
    for number in 0..1_000_usize {
        let unit = UnitHash::of(&chat(), &format!("user-{number}"));
        let arm = &mut world.counted().spans[0].arms[number % 3];
        count(
            arm,
            unit,
            &[(Metric::Errors, Counts::of_share(1, 0)), (Metric::Feedback, Counts::of_share(1, 0))],
        );
    }
    let broken = world.look();
    assert_eq!(broken.verdict, Verdict::Wait(Wait::SeenTwice), "{:?}", broken.exposure);
    let twice = broken.exposure.twice;
    assert!((350..1_000).contains(&twice), "about two thirds of those who were seen before: {twice}");
    let sentence = broken.sentence(&world.experiment);
    assert!(sentence.contains("units were seen on more than one arm"), "{sentence}");
}

#[test]
fn nobody_is_seen_twice_where_nobody_is() {
    check_at(0.01, "units called seen twice", |dice| {
        let mut world = World::of(experiment(Unit::User, 3), HEAVY_TAILED, dice.copy());
        (1..=6_000_u32).any(|call| {
            world.call(share(&[0.1; 3]));
            call % 500 == 0 && world.look().exposure.finding == Exposed::Twice
        })
    });
}

#[test]
fn units_that_are_too_many_to_tell_apart_are_told() {
    let told = "too many units were seen to tell whether any was on more than one arm";
    for (unit, units, is_told) in
        [(Unit::User, 20_000, false), (Unit::User, 30_000, true), (Unit::Request, 30_000, false)]
    {
        let mut world = World::of(experiment(unit.clone(), 3), CALM, Dice::seeded(9));
        for number in 0..units {
            let unit = UnitHash::of(&chat(), &format!("user-{number}"));
            count(&mut world.counted().spans[0].arms[number % 3], unit, &[]);
        }
        let notes = world.look().notes(&world.experiment);
        assert_eq!(notes.contains(&told.to_owned()), is_told, "{units} of {unit}: {notes:?}");
    }
}

#[test]
fn few_units_say_nothing() {
    let mut world = World::of(experiment(Unit::User, 3), CALM, Dice::seeded(2));
    let nothing = world.look();
    assert!(matches!(nothing.verdict, Verdict::Wait(Wait::TooFewUnits { arm: 0, units: 0, groups: 0 })));
    for _ in 0..150 {
        world.call(share(&[0.9, 0.0, 0.9]));
    }
    let few = world.look();
    assert!(matches!(few.verdict, Verdict::Wait(Wait::TooFewUnits { .. })), "{:?}", few.verdict);
    let sentence = few.sentence(&world.experiment);
    assert!(sentence.starts_with("too few units on 'arm0': "), "{sentence}");
    let requests = World::of(experiment(Unit::Request, 3), CALM, Dice::seeded(2));
    assert_eq!(requests.look().verdict, Verdict::Wait(Wait::TooFewOutcomes { arm: 0 }));
}
