//! What the plan says of equal candidates, against what becomes of them, in small. `cargo xtask bench decisions -- --only
//! equal --runs 2000` is the same in full.

use super::*;
use crate::run::End;
use std::path::Path;

/// Few enough for seconds.
const RUNS: u64 = 60;
/// The bar, and three deviations of so few runs below it.
const BAR: f64 = 0.85;
const ALLOWANCE: f64 = 0.14;
const IN_TIME: f64 = 1.3;
/// Four of six are to end between the two moments told under way (measured: 0.58 to 0.60 of 600), less the same
/// allowance.
const WITHIN: f64 = 0.4;

#[test]
fn a_broken_tenant_is_found_by_its_slice() {
    let config = Config::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/decisions")).unwrap();
    let scenario = config.scenarios.iter().find(|scenario| scenario.name == "one-tenant-of-16").unwrap();
    let task = Task {
        config: &config,
        scenario,
        seed: config.seed,
        runs: 16,
        threads: 2,
        looks_after: LooksAfter::Candidate,
        settings: &[],
    };
    let outcomes = run(&task).unwrap();
    let rolled_back = |aim: Aim| {
        let (_, runs) = outcomes.ours.iter().find(|(other, _)| *other == aim).unwrap();
        runs.iter().filter(|run| run.end == End::RolledBack).count()
    };
    let (whole, slices) = (rolled_back(Aim::Judge), rolled_back(Aim::JudgeSlices));
    assert!(slices >= 15 && whole <= 12, "{slices} of 16 by slices, {whole} without");
}

#[test]
fn equal_candidates_are_promoted_when_the_plan_said() {
    let config = Config::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/decisions")).unwrap();
    let equal: Vec<&Scenario> = config.scenarios.iter().filter(|s| s.kind == Kind::Equal).collect();
    assert_eq!(equal.len(), 6, "all guards, and each alone");
    for scenario in equal {
        let task = Task {
            config: &config,
            scenario,
            seed: config.seed,
            runs: RUNS,
            threads: 2,
            looks_after: LooksAfter::Candidate,
            settings: &[],
        };
        let (_, runs) = run(&task).unwrap().ours.remove(0);
        let share =
            |is: &dyn Fn(&Run) -> bool| runs.iter().filter(|run| is(run)).count() as f64 / runs.len() as f64;
        let promoted = |run: &Run| run.end == End::Promoted;
        let by = |times: f64| share(&|run| promoted(run) && run.seconds <= times * run.predicted.unwrap());
        let within = share(&|run| {
            promoted(run) && run.told.is_some_and(|(from, to)| (from..=to).contains(&run.seconds))
        });
        let told = share(&|run| run.told.is_some());
        println!(
            "{}: {:.2} by the time told, {:.2} by {IN_TIME} times it; {within:.2} within the range told under way to {told:.2}",
            scenario.name,
            by(1.0),
            by(IN_TIME)
        );
        assert!(by(IN_TIME) >= BAR - ALLOWANCE, "{}", scenario.name);
        assert!(within >= WITHIN * told, "{}", scenario.name);
        assert!(told > 0.5, "{}", scenario.name);
    }
}
