//! Whether rollouts of equal candidates end when their plan said, where callers have an hour to speak.

use crate::analysis::tally::{Counts, Tally};
use crate::metric::Metric;
use crate::rollout::forecast::{Traffic, forecast, remaining};
use crate::rollout::report::Report;
use crate::rollout::state::State;
use crate::simulate::script::{Statement, parse};
use crate::simulate::world::World;
use std::thread;

/// Requests per second.
const RATE: f64 = 10.0;
/// How much longer than told a rollout may take.
const WITHIN: f64 = 1.3;
/// Of these many rollouts.
const ROLLOUTS: u64 = 12;
/// So many are there by then at least.
const MOST: usize = 11;

const SCRIPT: &str = "application support-chat, unit request\n\
                      guard errors margin 2pp onFail rollback\n\
                      guard feedback margin 3pp onFail rollback maturity 1h\n\
                      canary: weight 10%, analysis 200, weight 50%, analysis 500, bake 10m holdback 50%\n\
                      traffic 10/s\n\
                      both arms: errors 1%, latency 800ms, feedback 20%, negative 5%\n\
                      start\n";

/// What a rollout was told to take and took, in seconds.
#[derive(Debug)]
struct Outcome {
    /// Before the start.
    planned: f64,
    /// When it would be over, as told after half an hour.
    told: f64,
    /// When it was promoted; absent when it was not in a day.
    took: Option<f64>,
}

/// The baseline as it is in the story.
fn baseline() -> Tally {
    let mut tally = Tally::default();
    tally.classes[0] = 10_000;
    tally.metrics[Metric::Errors.index()] = Counts::of_share(10_000, 100);
    tally.metrics[Metric::Feedback.index()] = Counts::of_share(1_980, 99);
    tally
}

fn run(seed: u64) -> Outcome {
    let script = parse(&format!("seed {seed}\n{SCRIPT}")).ok().unwrap();
    let mut world = World::new(&script.setting);
    let mut reports: Vec<Report> = Vec::new();
    for line in &script.lines {
        match &line.statement {
            Statement::Event(event) => world.happen(event),
            Statement::Start => reports.extend(world.start().into_iter().map(|decided| decided.report)),
            _ => {}
        }
    }
    let (began, baseline) = (world.now(), baseline());
    let traffic = Traffic { per_second: RATE, baseline: &baseline };
    let takes = forecast(world.plan(), traffic).steps.into_iter().map(|step| step.takes.unwrap());
    let planned = takes.map(|takes| takes.as_secs_f64()).sum();
    let mut told = f64::INFINITY;
    for second in 1..=24 * 3_600_u32 {
        reports.extend(world.second().into_iter().map(|decided| decided.report));
        let last = reports.drain(..).next_back();
        if second == 1_800 {
            let (state, analysis) = (world.state().unwrap(), last.unwrap().analysis);
            let found = remaining(world.plan(), state, &analysis, traffic, world.now()).unwrap();
            told = f64::from(second) + found.latest.unwrap().as_secs_f64();
        }
        if world.state().is_some_and(State::is_end) {
            break;
        }
    }
    let took = world.now().since(began).as_secs_f64();
    Outcome { planned, told, took: world.state().filter(|state| state.is_promoted()).map(|_| took) }
}

#[test]
fn equal_candidates_of_whom_callers_speak_late_are_promoted_by_the_time_told() {
    let runs: Vec<Outcome> = thread::scope(|scope| {
        let halves: Vec<_> = [0, 1]
            .map(|odd| scope.spawn(move || (1..=ROLLOUTS).filter(|seed| seed % 2 == odd).map(run).collect()))
            .into();
        halves.into_iter().flat_map(|half| half.join().unwrap_or_else(|_| Vec::new())).collect()
    });
    assert_eq!(runs.len(), usize::try_from(ROLLOUTS).unwrap());
    let there = |by: fn(&Outcome) -> f64| {
        runs.iter().filter(|run| run.took.is_some_and(|took| took <= WITHIN * by(run))).count()
    };
    assert!(there(|run| run.planned) >= MOST, "{runs:#?}");
    assert!(there(|run| run.told) >= MOST, "{runs:#?}");
    assert!(runs.iter().all(|run| run.took.is_none_or(|took| took > 3_600.0)), "{runs:#?}");
}
