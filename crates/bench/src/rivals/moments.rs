//! Tests on pooled moments: Welch's, once or at every minute, and GrowthBook's sequential one.

use crate::config::{Sequential, TTest, Watched};
use crate::series::{Moments, Series};
use viridian_core::arm::Arm;
use viridian_core::stats::special::normal_quantile;

/// Each arm has this many before it is looked at.
const FEWEST: f64 = 10.0;
/// Seconds between looks.
const MINUTE: f64 = 60.0;

/// What has been seen by the end of each span.
pub(super) struct Prepared {
    seen: Vec<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: f64,
    candidate: f64,
    all: f64,
    /// Candidate's mean less the baseline's, and its standard error; absent before it can be told.
    difference: Option<(f64, f64)>,
}

impl Prepared {
    pub(super) fn of(series: &Series, metric: Watched) -> Self {
        let (mut before, mut now) = (Moments::default(), Moments::default());
        let seen = (0..series.len()).map(|place| {
            before.merge(&series.moments(Arm::Baseline, metric, place));
            now.merge(&series.moments(Arm::Candidate, metric, place));
            Seen {
                at: (place + 1) as f64 * series.span,
                candidate: now.count,
                all: before.count + now.count,
                difference: difference(&before, &now),
            }
        });
        Self { seen: seen.collect() }
    }

    /// Welch's test, two-sided; the candidate is worse.
    pub(super) fn tested(&self, setting: &TTest) -> Option<f64> {
        let critical = normal_quantile(1.0 - setting.alpha / 2.0);
        let rejects = |seen: &Seen| seen.difference.is_some_and(|(by, error)| by > critical * error);
        match setting.at {
            Some(count) => {
                let at = self.seen.iter().find(|seen| seen.candidate >= count as f64)?;
                rejects(at).then_some(at.at)
            }
            None => self.every_minute().find(|seen| rejects(seen)).map(|seen| seen.at),
        }
    }

    /// The asymptotic confidence sequence, two-sided; all of it says worse.
    pub(super) fn watched(&self, setting: &Sequential) -> Option<f64> {
        let log = -2.0 * setting.alpha.ln();
        let ratio = (log + (log + 1.0).ln()) / setting.tuned_to;
        let is_worse = |seen: &Seen| {
            let n = seen.all;
            seen.difference.is_some_and(|(by, error)| {
                let spread = error * n.sqrt();
                let growth = n.mul_add(ratio, 1.0);
                by > spread * (2.0 * growth / (n * n * ratio) * (growth.sqrt() / setting.alpha).ln()).sqrt()
            })
        };
        self.every_minute().find(|seen| is_worse(seen)).map(|seen| seen.at)
    }

    fn every_minute(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter().filter(|seen| seen.at % MINUTE < 1e-6)
    }
}

fn difference(before: &Moments, now: &Moments) -> Option<(f64, f64)> {
    if before.count < FEWEST || now.count < FEWEST {
        return None;
    }
    let variance = before.variance_of_mean()? + now.variance_of_mean()?;
    (variance > 0.0).then_some((now.mean()? - before.mean()?, variance.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(difference: f64, error: f64) -> Prepared {
        let at = |minute: f64| Seen {
            at: minute * MINUTE,
            candidate: 1_000.0 * minute,
            all: 5_000.0,
            difference: Some((difference, error)),
        };
        Prepared { seen: vec![at(1.0), at(2.0)] }
    }

    #[test]
    fn the_fixed_test_has_its_normal_threshold() {
        let test = |alpha, at| TTest { rule: String::new(), about: String::new(), alpha, at };
        assert_eq!(seen(1.97, 1.0).tested(&test(0.05, None)), Some(60.0));
        assert_eq!(seen(1.95, 1.0).tested(&test(0.05, None)), None);
        assert_eq!(seen(1.97, 1.0).tested(&test(0.05, Some(2_000))), Some(120.0));
        assert_eq!(seen(1.97, 1.0).tested(&test(0.05, Some(3_000))), None);
    }

    /// GrowthBook's half-width at N = N* = 5,000 and 5 % is 3.04 standard errors.
    #[test]
    fn the_sequential_test_is_wider() {
        let setting =
            Sequential { rule: String::new(), about: String::new(), alpha: 0.05, tuned_to: 5_000.0 };
        assert_eq!(seen(3.1, 1.0).watched(&setting), Some(60.0));
        assert_eq!(seen(3.0, 1.0).watched(&setting), None);
    }
}
