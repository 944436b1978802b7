//! The draw against golden vectors of another implementation, and what holds of every draw.

use super::*;
use proptest::prelude::*;

const TEST_SALT: Salt = Salt([7; 16]);

/// A layer, an experiment in it, its part and its arms.
struct Setting {
    layer: LayerName,
    experiment: ExperimentName,
    part: Part,
    shares: Shares,
}

fn weight(basis_points: u16) -> Weight {
    Weight::from_basis_points(basis_points).unwrap()
}

fn setting(layer: &str, experiment: &str, shares: &[u16]) -> Setting {
    let arms: Vec<Weight> = shares.iter().map(|share| weight(*share)).collect();
    Setting {
        layer: LayerName::parse(layer).unwrap(),
        experiment: ExperimentName::parse(experiment).unwrap(),
        part: Part::WHOLE,
        shares: Shares::new(&arms, weight(1_000)).unwrap(),
    }
}

impl Setting {
    fn of(&self, who: Who<'_>) -> Drawn {
        let Self { layer, experiment, part, shares } = self;
        Draw { salt: &TEST_SALT, layer, experiment, part: *part, shares }.of(who)
    }

    fn unit(&self, number: usize) -> Drawn {
        self.of(Who::Unit(&format!("user-{number}")))
    }
}

fn arm(drawn: Drawn) -> Option<usize> {
    match drawn {
        Drawn::Arm { arm, .. } => Some(arm),
        Drawn::Holdout | Drawn::Outside => None,
    }
}

/// Golden vectors, computed by another implementation: other languages can check their own draw against these.
#[test]
fn the_draw_matches_its_golden_vectors() {
    let setting = setting("prompts", "tone", &[3_000, 3_000, 2_000]);
    let on = |arm: usize, share: u16| Drawn::Arm { arm, probability: weight(share) };
    let check = |who: Who<'_>, expected: Drawn| assert_eq!(setting.of(who), expected, "{who:?}");
    check(Who::Unit(""), on(0, 3_000));
    check(Who::Unit("alice"), Drawn::Holdout);
    check(Who::Unit("carol"), on(1, 3_000));
    check(Who::Unit("user-000042"), on(1, 3_000));
    check(Who::Unit("中文"), Drawn::Outside);
    check(Who::Request(0), on(1, 3_000));
    check(Who::Request(u64::MAX), Drawn::Holdout);
}

/// Within five standard deviations of a binomial.
fn is_about(count: usize, of: usize, probability: f64) -> bool {
    let (count, of) = (count as f64, of as f64);
    (count - of * probability).abs() < 5.0 * (of * probability * (1.0 - probability)).sqrt()
}

#[test]
fn every_arm_has_its_share_of_units() {
    const UNITS: usize = 60_000;
    let setting = Setting {
        part: Part { start: 2_500, width: weight(5_000) },
        ..setting("prompts", "tone", &[3_000, 3_000, 2_000])
    };
    let drawn: Vec<Drawn> = (0..UNITS).map(|number| setting.unit(number)).collect();
    let count = |wanted: &dyn Fn(Drawn) -> bool| drawn.iter().filter(|drawn| wanted(**drawn)).count();
    for (place, share) in [0.15, 0.15, 0.10].into_iter().enumerate() {
        let found = count(&|drawn| arm(drawn) == Some(place));
        assert!(is_about(found, UNITS, share), "{found} on arm {place}");
    }
    assert!(is_about(count(&|drawn| drawn == Drawn::Holdout), UNITS, 0.05));
    assert!(is_about(count(&|drawn| drawn == Drawn::Outside), UNITS, 0.55));
}

/// Of two experiments in two layers, each arm of one holds its share of each arm of the other; and so does each arm of two
/// experiments that follow each other in one layer.
#[test]
fn what_a_unit_is_on_elsewhere_tells_nothing() {
    const UNITS: usize = 60_000;
    let one = setting("prompts", "tone", &[3_000, 3_000, 3_000]);
    for other in
        [setting("retrieval", "index", &[4_500, 4_500]), setting("prompts", "length", &[4_500, 4_500])]
    {
        for first in 0..3 {
            for second in 0..2 {
                let both = |number: &usize| {
                    arm(one.unit(*number)) == Some(first) && arm(other.unit(*number)) == Some(second)
                };
                let found = (0..UNITS).filter(both).count();
                assert!(is_about(found, UNITS, 0.3 * 0.45), "{found} on {first} and {second}");
            }
        }
    }
}

#[test]
fn experiments_of_one_layer_exclude_one_another() {
    let part = |start| Part { start, width: weight(5_000) };
    let one = Setting { part: part(0), ..setting("prompts", "tone", &[4_500, 4_500]) };
    let other = Setting { part: part(5_000), ..setting("prompts", "length", &[4_500, 4_500]) };
    let is_in = |drawn| drawn != Drawn::Outside;
    let (mut ones, mut others) = (0, 0);
    for number in 0..10_000 {
        let (first, second) = (is_in(one.unit(number)), is_in(other.unit(number)));
        assert!(first != second, "user-{number} is in both or in none");
        ones += usize::from(first);
        others += usize::from(second);
    }
    assert!(is_about(ones, 10_000, 0.5) && ones + others == 10_000);
}

proptest! {
    /// The arm depends on nothing but layer, experiment and unit: every gateway and every application draws the same.
    #[test]
    fn a_unit_stays_when_others_shares_change(unit in ".*", stopped in 0_usize..3) {
        let full = setting("prompts", "tone", &[3_000, 3_000, 2_000]);
        let shares: Vec<Weight> =
            full.shares.of_arms().enumerate().map(|(arm, share)| if arm == stopped { Weight::ZERO } else { share }).collect();
        let less = Setting { shares: full.shares.with(&shares).unwrap(), ..setting("prompts", "tone", &[1, 1]) };
        let (before, after) = (full.of(Who::Unit(&unit)), less.of(Who::Unit(&unit)));
        if arm(before) == Some(stopped) {
            prop_assert_eq!(after, Drawn::Outside);
        } else {
            prop_assert_eq!(after, before);
        }
    }
}
