//! Running a scenario: many runs, each under every rule over the same requests, on a few threads.
//!
//! [`run`] gives the same result for the same seed, whatever the number of threads.

use crate::config::{Config, Kind, Scenario, Watched};
use crate::ours::{Aim, LooksAfter, Ours, known};
use crate::rivals::{Prepared, Setting};
use crate::run::Run;
use crate::series::Series;
use crate::threads;
use crate::traffic::Requests;
use anyhow::Result;
use viridian_core::rollout::plan::DEFAULT_WARMUP;
use viridian_core::simulate::Dice;

/// How long the baseline is known before a plan is made for an equal candidate, in seconds: as far as the product looks back.
const KNOWN: f64 = 1_800.0;

/// What is to be run.
pub(crate) struct Task<'a> {
    pub(crate) config: &'a Config,
    pub(crate) scenario: &'a Scenario,
    pub(crate) seed: u64,
    pub(crate) runs: u64,
    pub(crate) threads: usize,
    pub(crate) looks_after: LooksAfter,
    /// The other rules.
    pub(crate) settings: &'a [Setting],
}

/// Every run of a scenario.
pub(crate) struct Outcomes {
    /// By aim.
    pub(crate) ours: Vec<(Aim, Vec<Run>)>,
    /// By setting.
    pub(crate) rivals: Vec<Vec<Stop>>,
}

/// What one of the other rules did in one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stop {
    /// When it rolled back, if it did.
    pub(crate) seconds: Option<f32>,
    /// Requests the candidate had been sent by then.
    pub(crate) candidate: u32,
    /// Bad answers that would not have been given without the candidate, expected.
    pub(crate) excess: f32,
}

struct OneRun {
    ours: Vec<Run>,
    rivals: Vec<Stop>,
}

/// Runs a scenario.
pub(crate) fn run(task: &Task<'_>) -> Result<Outcomes> {
    let aims = aims(task.scenario);
    let all = threads::each(task.threads, task.runs, |number| one(task, &aims, number))?;
    let mut outcomes = Outcomes {
        ours: aims.iter().map(|aim| (*aim, Vec::new())).collect(),
        rivals: vec![Vec::new(); task.settings.len()],
    };
    for one in all {
        let one = one?;
        outcomes.ours.iter_mut().zip(one.ours).for_each(|((_, runs), run)| runs.push(run));
        outcomes.rivals.iter_mut().zip(one.rivals).for_each(|(stops, stop)| stops.push(stop));
    }
    Ok(outcomes)
}

/// What our rule is asked in a scenario.
fn aims(scenario: &Scenario) -> Vec<Aim> {
    match scenario.kind {
        Kind::Null if scenario.settling.is_some_and(|settling| settling.warmup != DEFAULT_WARMUP) => {
            vec![Aim::Judge, Aim::JudgeByDefault]
        }
        Kind::Null if scenario.tenants.is_some() => vec![Aim::JudgeSlices],
        Kind::Null | Kind::Broken => vec![Aim::Judge],
        Kind::Worse => {
            let mut aims = vec![Aim::Judge, Aim::JudgeAlone];
            aims.extend(is_told_by_its_warmup(scenario).then_some(Aim::JudgeByDefault));
            aims.extend((scenario.watches == Watched::Latency).then_some(Aim::JudgeUsual));
            aims.extend(scenario.tenants.map(|_| Aim::JudgeSlices));
            aims
        }
        Kind::Margin => vec![Aim::Judge, Aim::Keep],
        Kind::Equal if scenario.watches == Watched::All => vec![Aim::Promote],
        Kind::Equal => vec![Aim::PromoteAlone],
    }
}

/// Whether a regression is there from the first request on and for all who call, within hours: of others a warm-up of ten answers
/// leaves out nothing that matters.
fn is_told_by_its_warmup(scenario: &Scenario) -> bool {
    let is_from_the_first = scenario.change.iter().all(|change| change.from == 0.0 && change.within == 0.0);
    is_from_the_first && scenario.tenants.is_none() && scenario.hours.is_none()
}

fn one(task: &Task<'_>, aims: &[Aim], number: u64) -> Result<OneRun> {
    let Task { config, scenario, .. } = *task;
    let mut requests = Requests::new(&config.usual, scenario, seed(task.seed, &scenario.name, number));
    let calibration = known(&mut requests, if scenario.kind == Kind::Equal { KNOWN } else { 0.0 });
    let mut ours = Vec::new();
    for aim in aims {
        ours.push(Ours::new((config, scenario), (*aim, task.looks_after), &calibration)?);
    }
    let horizon = scenario.hours.unwrap_or(config.usual.hours) * 3_600.0;
    let has_rivals = !matches!(scenario.kind, Kind::Equal | Kind::Broken) && !task.settings.is_empty();
    let mut series = Series::new(&config.usual, scenario);
    while has_rivals || ours.iter().any(|rollout| !rollout.is_over()) {
        let request = requests.next();
        if request.at >= horizon {
            break;
        }
        let user = requests.user(request.user);
        if has_rivals {
            series.serve(&request, user);
        }
        ours.iter_mut().for_each(|rollout| rollout.serve(&request, user));
    }
    let rivals = if has_rivals { decide(task, &mut series, horizon) } else { Vec::new() };
    Ok(OneRun { ours: ours.into_iter().map(|rollout| rollout.finish(horizon)).collect(), rivals })
}

fn decide(task: &Task<'_>, series: &mut Series, horizon: f64) -> Vec<Stop> {
    series.close();
    let prepared = Prepared::of(task.config, series, task.scenario.watches);
    let stop = |setting: &Setting| {
        let seconds = setting.stop(&prepared);
        let (candidate, excess) = series.served_by(seconds.unwrap_or(horizon));
        #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
        let stop = Stop {
            seconds: seconds.map(|seconds| seconds as f32),
            candidate: u32::try_from(candidate).unwrap_or(u32::MAX),
            excess: excess as f32,
        };
        stop
    };
    task.settings.iter().map(stop).collect()
}

/// A seed for each run of each scenario.
fn seed(seed: u64, scenario: &str, run: u64) -> u64 {
    let mixed = scenario.bytes().fold(seed, |mixed, byte| Dice::seeded(mixed ^ u64::from(byte)).bits());
    Dice::seeded(mixed.wrapping_add(run)).bits()
}

#[cfg(test)]
mod tests;
