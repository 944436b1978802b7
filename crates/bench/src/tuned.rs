//! The other rules as well as they can be tuned: of all settings that were tried, the one that costs least in a
//! regression among those that are wrong about clean candidates no more often than ours may be.
//!
//! Two measures of wrong. *Like it*: in the clean scenario that is like the regression. *All*: in every clean scenario
//! of the metric, because nobody knows beforehand which of them a release will meet; ours is held to that one.

use crate::config::{Counting, Kayenta, Kind, Scenario, Watched};
use crate::experiment::{Outcomes, Stop};
use crate::rivals::Setting;

/// The most clean candidates a setting may roll back.
const MAY_BE_WRONG: f64 = 0.01;
/// The families of settings.
pub(crate) const FAMILIES: [&str; 4] = ["windows", "kayenta", "t-test", "sequential"];

/// What every setting came to in a scenario.
pub(crate) struct Tried {
    pub(crate) scenario: String,
    pub(crate) kind: Kind,
    watches: Watched,
    /// By setting: the part that was rolled back, and what the regression cost.
    pub(crate) settings: Vec<(f64, f64)>,
    /// What it cost under ours.
    pub(crate) ours: f64,
}

/// The best setting of a family in a scenario.
pub(crate) struct Best {
    pub(crate) scenario: String,
    pub(crate) family: &'static str,
    pub(crate) measure: Measure,
    /// Absent when no setting is right often enough.
    pub(crate) found: Option<Found>,
    pub(crate) ours: f64,
}

/// The clean scenarios that a setting may not be wrong in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    LikeIt,
    All,
}

/// A setting and what it came to.
pub(crate) struct Found {
    pub(crate) setting: String,
    pub(crate) p_rollback: f64,
    pub(crate) cost: f64,
}

impl Tried {
    /// What all settings but the first `named` came to.
    pub(crate) fn of(scenario: &Scenario, outcomes: &Outcomes, named: usize) -> Self {
        let is_answers = matches!(scenario.watches, Watched::Errors | Watched::Feedback);
        let price = |excess: f64, candidate: f64| if is_answers { excess } else { candidate };
        let cost = |stop: &Stop| price(f64::from(stop.excess), f64::from(stop.candidate));
        let came_to = |stops: &Vec<Stop>| {
            let count = stops.len().max(1) as f64;
            let stopped = stops.iter().filter(|stop| stop.seconds.is_some()).count() as f64;
            (stopped / count, stops.iter().map(cost).sum::<f64>() / count)
        };
        let runs = outcomes.ours.first().map_or(&[][..], |(_, runs)| runs);
        let ours = runs.iter().map(|run| price(run.excess, run.candidate as f64)).sum::<f64>();
        Self {
            scenario: scenario.name.clone(),
            kind: scenario.kind,
            watches: scenario.watches,
            settings: outcomes.rivals.iter().skip(named).map(came_to).collect(),
            ours: ours / runs.len().max(1) as f64,
        }
    }

    fn is_clean_for(&self, regression: &Self, measure: Measure) -> bool {
        let same = self.watches == regression.watches || self.watches == Watched::All;
        let like = like(&regression.scenario, regression.watches) == self.scenario;
        self.kind == Kind::Null && if measure == Measure::All { same } else { like }
    }
}

/// The clean scenario that is most like a regression.
fn like(scenario: &str, watches: Watched) -> &'static str {
    match watches {
        Watched::Errors | Watched::All if scenario.contains("tiny") => "null-tiny",
        Watched::Errors | Watched::All if scenario.contains("bursts") => "null-bursts",
        Watched::Errors | Watched::All => "null",
        Watched::Feedback => "null-judged",
        Watched::Latency => "null-latency-bursts",
        Watched::Cost => "null-cost",
    }
}

/// The best of every family in every regression, by both measures.
pub(crate) fn best(tried: &[Tried], settings: &[Setting]) -> Vec<Best> {
    let mut all = Vec::new();
    for regression in regressions(tried) {
        for family in FAMILIES {
            for measure in [Measure::LikeIt, Measure::All] {
                let wrong = (measure, MAY_BE_WRONG);
                let found = cheapest(tried, (settings, family), regression, wrong);
                let scenario = regression.scenario.clone();
                all.push(Best { scenario, family, measure, found, ours: regression.ours });
            }
        }
    }
    all
}

/// What was tried of regressions.
pub(crate) fn regressions(tried: &[Tried]) -> impl Iterator<Item = &Tried> {
    tried.iter().filter(|tried| tried.kind == Kind::Worse && !tried.settings.is_empty())
}

/// The setting of a family that costs least in a regression, of those that are wrong about at most a part of clean candidates.
pub(crate) fn cheapest(
    tried: &[Tried],
    (settings, family): (&[Setting], &str),
    regression: &Tried,
    (measure, may_be_wrong): (Measure, f64),
) -> Option<Found> {
    let clean: Vec<&Tried> = tried.iter().filter(|other| other.is_clean_for(regression, measure)).collect();
    let is_right = |index: usize| {
        clean.iter().all(|other| other.settings.get(index).is_some_and(|came_to| came_to.0 <= may_be_wrong))
    };
    settings
        .iter()
        .enumerate()
        .filter(|(index, setting)| setting.rule() == family && is_right(*index))
        .filter_map(|(index, setting)| Some((setting, regression.settings.get(index)?)))
        .min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1))
        .filter(|_| !clean.is_empty())
        .map(|(setting, (p_rollback, cost))| Found {
            setting: told(setting),
            p_rollback: *p_rollback,
            cost: *cost,
        })
}

/// A setting in words.
pub(crate) fn told(setting: &Setting) -> String {
    match setting {
        Setting::Windows(windows) => {
            let counts = if windows.counts == Counting::Row { " in a row" } else { "" };
            let above = windows.above.errors;
            format!("{} s, above {above}x, more than {}{counts}", windows.window, windows.failures)
        }
        Setting::Kayenta(kayenta) => {
            let minutes: Vec<String> = kayenta.minutes.iter().map(ToString::to_string).collect();
            let Kayenta { confidence, tolerance, increase, .. } = kayenta;
            let minutes = minutes.join("/");
            format!("after {minutes} min, {confidence} %, tolerance {tolerance}, ratio {increase}")
        }
        Setting::Test(test) => match test.at {
            Some(at) => format!("{} at {at}", test.alpha),
            None => format!("{} every minute", test.alpha),
        },
        Setting::Sequential(test) => format!("{} tuned to {}", test.alpha, test.tuned_to),
    }
}
