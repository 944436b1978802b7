//! One line of the results: a rule in a scenario.

use crate::config::{Kind, Scenario};
use crate::experiment::{Outcomes, Stop};
use crate::ours::Aim;
use crate::rivals::Setting;
use crate::run::{End, Rate, Run, mean, quantile};
use serde::{Deserialize, Serialize};

/// A promotion is in time within this factor of what the plan predicted.
pub(crate) const IN_TIME: f64 = 1.3;

/// A rule in a scenario. Medians are over all runs; one that was not rolled back counts as later than all that were.
/// Bad answers are the mean over all runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) rule: String,
    pub(crate) scenario: String,
    pub(crate) kind: Kind,
    pub(crate) null: bool,
    pub(crate) runs: u64,
    pub(crate) p_rollback: f64,
    /// 95 % bounds.
    pub(crate) p_rollback_bounds: (f64, f64),
    pub(crate) median_seconds: Option<f64>,
    pub(crate) p90_seconds: Option<f64>,
    pub(crate) median_candidate_requests: Option<f64>,
    /// Bad answers that would not have been given without the candidate.
    pub(crate) bad_answers: Option<f64>,
    /// Its standard error.
    pub(crate) bad_answers_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_promote: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_promote_bounds: Option<(f64, f64)>,
    /// Promoted in time, of all runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_in_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_in_time_bounds: Option<(f64, f64)>,
    /// Promoted between the two moments told under way, of the runs that were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_in_range: Option<f64>,
    /// Of all runs 85 % were promoted within so many times what the plan predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p85_by_forecast: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) median_seconds_to_promotion: Option<f64>,
    /// By guard: ever called safe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) p_safe: Vec<f64>,
    /// The largest upper bound of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_safe_upper: Option<f64>,
    /// The split was called broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_split_broken: Option<f64>,
}

impl Row {
    /// The rows of a scenario: ours, then the named rules.
    pub(crate) fn all(scenario: &Scenario, outcomes: &Outcomes, named: &[Setting]) -> Vec<Self> {
        let ours = outcomes.ours.iter().map(|(aim, runs)| Self::ours(scenario, *aim, runs));
        let rivals = named.iter().zip(&outcomes.rivals).filter(|(_, stops)| !stops.is_empty());
        ours.chain(rivals.map(|(setting, stops)| Self::rival(scenario, setting.rule(), stops))).collect()
    }

    fn ours(scenario: &Scenario, aim: Aim, runs: &[Run]) -> Self {
        let rolled_back: Vec<&Run> = runs.iter().filter(|run| run.end == End::RolledBack).collect();
        let promoted = Rate::of(runs, |run| run.end == End::Promoted);
        let in_time = |run: &Run| {
            run.end == End::Promoted && run.predicted.is_some_and(|told| run.seconds <= IN_TIME * told)
        };
        let in_time = aim.is_promotion().then(|| Rate::of(runs, in_time));
        let may_promote = matches!(scenario.kind, Kind::Margin | Kind::Broken | Kind::Equal);
        let to_promotion = runs.iter().filter(|run| run.end == End::Promoted).map(|run| run.seconds);
        let guards = runs.first().map_or(0, |run| run.passed.len());
        let safe: Vec<Rate> = (0..guards)
            .filter(|_| aim == Aim::Keep)
            .map(|guard| Rate::of(runs, |run| run.passed.get(guard) == Some(&true)))
            .collect();
        let mut row = Self::new(
            (&scenario.name, scenario.kind),
            rule(aim),
            Rate::of(runs, |run| run.end == End::RolledBack),
            &rolled_back.iter().map(|run| (run.seconds, run.candidate as f64)).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.excess).collect::<Vec<_>>(),
        );
        row.p_promote = may_promote.then(|| promoted.share());
        row.p_promote_bounds = may_promote.then(|| promoted.bounds());
        row.median_seconds_to_promotion =
            if may_promote { quantile(to_promotion, runs.len(), 0.5) } else { None };
        let by_forecast = runs
            .iter()
            .filter(|run| run.end == End::Promoted)
            .filter_map(|run| run.predicted.map(|told| run.seconds / told));
        row.p85_by_forecast = quantile(by_forecast, runs.len(), 0.85);
        row.p_in_time = in_time.map(Rate::share);
        row.p_in_time_bounds = in_time.map(Rate::bounds);
        let told: Vec<&Run> = runs.iter().filter(|run| run.told.is_some()).collect();
        let in_range = |run: &&Run| {
            let is_within = |(from, to): (f64, f64)| (from..=to).contains(&run.seconds);
            run.end == End::Promoted && run.told.is_some_and(is_within)
        };
        row.p_in_range = aim.is_promotion().then(|| Rate::of(&told, in_range).share());
        row.p_safe_upper = safe.iter().map(|rate| rate.bounds().1).max_by(f64::total_cmp);
        row.p_safe = safe.into_iter().map(Rate::share).collect();
        row.p_split_broken = Some(Rate::of(runs, |run| run.split_broken).share());
        row
    }

    pub(crate) fn rival(scenario: &Scenario, rule: &str, stops: &[Stop]) -> Self {
        let stopped: Vec<(f64, f64)> = stops
            .iter()
            .filter_map(|stop| Some((f64::from(stop.seconds?), f64::from(stop.candidate))))
            .collect();
        let rate = Rate { events: stopped.len() as u64, runs: stops.len() as u64 };
        let excess: Vec<f64> = stops.iter().map(|stop| f64::from(stop.excess)).collect();
        Self::new((&scenario.name, scenario.kind), rule, rate, &stopped, &excess)
    }

    /// Ours over pairs: by run, the pairs until the candidate was called worse.
    pub(crate) fn of_pairs((name, kind): (&str, Kind), rule: &str, found: &[Option<u64>]) -> Self {
        let stopped: Vec<(f64, f64)> =
            found.iter().flatten().map(|pairs| (f64::NAN, *pairs as f64)).collect();
        let rate = Rate { events: stopped.len() as u64, runs: found.len() as u64 };
        let row = Self::new((name, kind), rule, rate, &stopped, &vec![0.0; found.len()]);
        // Pairs come as fast as the shadow lets them: there is no time to tell.
        Self { median_seconds: None, p90_seconds: None, ..row }
    }

    fn new(
        (name, kind): (&str, Kind),
        rule: &str,
        rate: Rate,
        stopped: &[(f64, f64)],
        excess: &[f64],
    ) -> Self {
        let seconds = || stopped.iter().map(|(seconds, _)| *seconds);
        let runs = excess.len();
        let bad = mean(excess).filter(|_| excess.iter().any(|excess| *excess != 0.0));
        Self {
            rule: rule.to_owned(),
            scenario: name.to_owned(),
            kind,
            null: kind == Kind::Null,
            runs: rate.runs,
            p_rollback: rate.share(),
            p_rollback_bounds: rate.bounds(),
            median_seconds: quantile(seconds(), runs, 0.5),
            p90_seconds: quantile(seconds(), runs, 0.9),
            median_candidate_requests: quantile(stopped.iter().map(|(_, requests)| *requests), runs, 0.5),
            bad_answers: bad.map(|(mean, _)| mean),
            bad_answers_error: bad.map(|(_, error)| error),
            p_promote: None,
            p_promote_bounds: None,
            p_in_time: None,
            p_in_time_bounds: None,
            p_in_range: None,
            p85_by_forecast: None,
            median_seconds_to_promotion: None,
            p_safe: Vec::new(),
            p_safe_upper: None,
            p_split_broken: None,
        }
    }
}

/// What our rule is called: all guards, with the default warm-up, without the one on the mean, with slices, the watched
/// one alone, or nothing rolled back.
const fn rule(aim: Aim) -> &'static str {
    match aim {
        Aim::Judge | Aim::Promote => "viridian",
        Aim::JudgeByDefault => "viridian-default-warmup",
        Aim::JudgeUsual => "viridian-percentile",
        Aim::JudgeSlices => "viridian-slices",
        Aim::JudgeAlone | Aim::PromoteAlone => "viridian-one-guard",
        Aim::Keep => "viridian-kept",
    }
}
