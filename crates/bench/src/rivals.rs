//! The other rules, as `reference` pages and documentation describe them, over the same requests.
//!
//! [`Setting`] is a rule with everything it is told; [`Prepared`] holds what is worth computing once per run for all
//! settings of a rule. A rule that watches several metrics stops at the first that trips.

mod kayenta;
mod moments;
mod windows;

use crate::config::{Above, Config, Kayenta, Rules, Sequential, TTest, Usual, Watched, Windows};
use crate::series::Series;
use serde::Serialize;

/// A rule with everything it is told.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Setting {
    Windows(Windows),
    Kayenta(Kayenta),
    Test(TTest),
    Sequential(Sequential),
}

/// A run, ready to be decided over by any setting.
pub(crate) struct Prepared {
    metrics: Vec<Metric>,
}

struct Metric {
    watched: Watched,
    windows: windows::Prepared,
    kayenta: kayenta::Prepared,
    moments: moments::Prepared,
}

impl Setting {
    /// The rules by their names.
    pub(crate) fn named(rules: &Rules) -> Vec<Self> {
        let mut all: Vec<Self> = rules.windows.iter().cloned().map(Self::Windows).collect();
        all.extend(rules.kayenta.iter().cloned().map(Self::Kayenta));
        all.extend(rules.tests.iter().cloned().map(Self::Test));
        all.extend(rules.sequential.iter().cloned().map(Self::Sequential));
        all
    }

    /// All settings that are tried, named by their family.
    pub(crate) fn swept(rules: &Rules) -> Vec<Self> {
        let sweep = &rules.sweep;
        let mut all = Vec::new();
        for &window in &sweep.windows.window {
            for &above in &sweep.windows.above {
                for &failures in &sweep.windows.failures {
                    for &counts in &sweep.windows.counts {
                        let (rule, about) = ("windows".to_owned(), String::new());
                        let above = Above::all(above);
                        all.push(Self::Windows(Windows { rule, about, window, above, failures, counts }));
                    }
                }
            }
        }
        for minutes in &sweep.kayenta.minutes {
            for &confidence in &sweep.kayenta.confidence {
                for &tolerance in &sweep.kayenta.tolerance {
                    all.extend(sweep.kayenta.increase.iter().map(|&increase| {
                        let (rule, about, minutes) = ("kayenta".to_owned(), String::new(), minutes.clone());
                        Self::Kayenta(Kayenta { rule, about, minutes, confidence, tolerance, increase })
                    }));
                }
            }
        }
        for &alpha in &sweep.tests.alpha {
            let looks = std::iter::once(None).chain(sweep.tests.at.iter().copied().map(Some));
            all.extend(
                looks.map(|at| {
                    Self::Test(TTest { rule: "t-test".to_owned(), about: String::new(), alpha, at })
                }),
            );
        }
        for &alpha in &sweep.sequential.alpha {
            all.extend(sweep.sequential.tuned_to.iter().map(|&tuned_to| {
                let (rule, about) = ("sequential".to_owned(), String::new());
                Self::Sequential(Sequential { rule, about, alpha, tuned_to })
            }));
        }
        all
    }

    /// Its name.
    pub(crate) fn rule(&self) -> &str {
        match self {
            Self::Windows(setting) => &setting.rule,
            Self::Kayenta(setting) => &setting.rule,
            Self::Test(setting) => &setting.rule,
            Self::Sequential(setting) => &setting.rule,
        }
    }

    /// When it rolls back, in seconds; never, if it does not.
    pub(crate) fn stop(&self, run: &Prepared) -> Option<f64> {
        let stops = run.metrics.iter().filter_map(|metric| match self {
            Self::Windows(setting) => metric.windows.stop(setting, metric.watched),
            Self::Kayenta(setting) => metric.kayenta.stop(setting),
            Self::Test(setting) => metric.moments.tested(setting),
            Self::Sequential(setting) => metric.moments.watched(setting),
        });
        stops.min_by(f64::total_cmp)
    }
}

impl Prepared {
    /// Prepares a run for the rules that watch these metrics.
    pub(crate) fn of(config: &Config, series: &Series, watched: Watched) -> Self {
        let (windows, confidences) = (config.rules.window_lengths(), config.rules.confidences());
        let metric = |&metric: &Watched| Metric {
            watched: metric,
            windows: windows::Prepared::of(series, metric, usual(&config.usual, metric), &windows),
            kayenta: kayenta::Prepared::of(series, metric, &confidences),
            moments: moments::Prepared::of(series, metric),
        };
        Self { metrics: watched.metrics().iter().map(metric).collect() }
    }
}

/// The true level of the baseline before anything happens, which every threshold is a factor on.
fn usual(usual: &Usual, metric: Watched) -> f64 {
    // The 95th percentile of the standard normal distribution.
    const SLOWEST: f64 = 1.644_853_626_951_472_2;
    match metric {
        Watched::Errors | Watched::All => usual.errors,
        Watched::Feedback => usual.bad,
        Watched::Latency => usual.latency * (SLOWEST * usual.latency_spread).exp(),
        Watched::Cost => usual.cost,
    }
}
