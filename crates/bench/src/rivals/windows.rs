//! Thresholds on windows of the candidate alone: Argo Rollouts, Flagger, alarms. Point estimates against a constant;
//! rolled back when more windows than allowed have failed.

use crate::config::{Counting, Watched, Windows};
use crate::series::{Moments, Series};
use viridian_core::arm::Arm;

/// The candidate's value in every window, as a factor on what is usual, by the length of the windows. None are shorter than what
/// was kept of a run.
pub(super) struct Prepared {
    values: Vec<(u64, Vec<Option<f64>>)>,
}

impl Prepared {
    pub(super) fn of(series: &Series, metric: Watched, usual: f64, windows: &[u64]) -> Self {
        let kept = windows.iter().filter(|window| **window as f64 >= series.span);
        let values = kept.map(|&window| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few spans")]
            let spans = (window as f64 / series.span) as usize;
            let value = |index: usize| {
                let places = index * spans..(index + 1) * spans;
                if metric == Watched::Latency {
                    return series.slowest(places).map(|slowest| slowest / usual);
                }
                let mut sum = Moments::default();
                places.for_each(|place| sum.merge(&series.moments(Arm::Candidate, metric, place)));
                sum.mean().map(|mean| mean / usual)
            };
            (window, (0..series.len() / spans).map(value).collect())
        });
        Self { values: values.collect() }
    }

    pub(super) fn stop(&self, setting: &Windows, metric: Watched) -> Option<f64> {
        let (_, values) = self.values.iter().find(|(window, _)| *window == setting.window)?;
        stop(values, setting, setting.above.on(metric))
    }
}

fn stop(values: &[Option<f64>], setting: &Windows, above: f64) -> Option<f64> {
    let mut failed = 0;
    for (index, value) in values.iter().enumerate() {
        match value {
            Some(value) if *value > above => failed += 1,
            Some(_) if setting.counts == Counting::Row => failed = 0,
            _ => {}
        }
        if failed > setting.failures {
            return Some((index + 1) as f64 * setting.window as f64);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Above;

    fn check(values: &[f64], failures: usize, counts: Counting, expected: Option<f64>) {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let setting = Windows {
            rule: String::new(),
            about: String::new(),
            window: 60,
            above: Above::all(1.0),
            failures,
            counts,
        };
        assert_eq!(stop(&values, &setting, 1.0), expected);
    }

    #[test]
    fn it_stops_when_more_windows_fail_than_may() {
        check(&[2.0, 0.5, 2.0, 2.0], 0, Counting::All, Some(60.0));
        check(&[2.0, 0.5, 2.0, 2.0], 1, Counting::All, Some(180.0));
        check(&[2.0, 0.5, 2.0, 2.0], 1, Counting::Row, Some(240.0));
        check(&[2.0, 0.5, 2.0, 1.0], 2, Counting::All, None);
    }
}
