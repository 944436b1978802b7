//! Two thousand fleets in which something goes wrong. A seed that fails is told in its shortest form; `cargo xtask
//! simulate --tell SEED` tells it whole.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use viridian_simulation::{Script, run, shrink};

/// The seeds of one test: four of them share the processors.
const PART: u64 = 500;

fn check(part: u64) {
    for seed in part * PART..(part + 1) * PART {
        let script = Script::of(seed);
        if run(&script).violation.is_some() {
            let story = shrink(&script).map(|shrunk| shrunk.to_string()).unwrap_or_default();
            panic!("seed {seed} fails; in its shortest form:\n{story}");
        }
    }
}

#[test]
fn every_rule_holds_in_the_first_five_hundred_fleets() {
    check(0);
}

#[test]
fn every_rule_holds_in_the_second_five_hundred_fleets() {
    check(1);
}

#[test]
fn every_rule_holds_in_the_third_five_hundred_fleets() {
    check(2);
}

#[test]
fn every_rule_holds_in_the_fourth_five_hundred_fleets() {
    check(3);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..20 {
        let once = run(&Script::of(seed));
        assert_eq!(once, run(&Script::of(seed)), "seed {seed}");
    }
}
