//! Kayenta's judge: points of a minute, Mann and Whitney's interval of the shift, high when its lower end lies beyond a
//! part of the shift itself and the means differ by the least ratio. Points are taken to be independent.

use crate::config::{Kayenta, Watched};
use crate::series::{Moments, Series};
use viridian_core::arm::Arm;
use viridian_core::stats::special::normal_quantile;

/// After how many minutes the judge may be asked, if the scenario is as long: of more points there would be too many differences.
const MINUTES: [usize; 9] = [10, 20, 30, 40, 50, 60, 120, 240, 480];

/// What the judge sees by then.
pub(super) struct Prepared {
    looks: Vec<(usize, Option<Look>)>,
}

#[derive(Debug, Clone)]
struct Look {
    /// The interval's lower end, by its confidence.
    lower: Vec<(f64, f64)>,
    /// Hodges and Lehmann's estimate of the shift.
    shift: f64,
    /// Candidate's mean by the baseline's.
    ratio: f64,
}

impl Prepared {
    pub(super) fn of(series: &Series, metric: Watched, confidences: &[f64]) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few spans")]
        let spans = (60.0 / series.span) as usize;
        let points = |arm: Arm, minutes: usize| -> Vec<f64> {
            let point = |minute: usize| {
                let mut sum = Moments::default();
                (minute * spans..(minute + 1) * spans)
                    .for_each(|place| sum.merge(&series.moments(arm, metric, place)));
                sum.mean()
            };
            (0..minutes).filter_map(point).collect()
        };
        let look = |minutes: usize| {
            let [baseline, candidate] = [Arm::Baseline, Arm::Candidate].map(|arm| points(arm, minutes));
            (minutes, look(&baseline, &candidate, confidences))
        };
        let reached = MINUTES.into_iter().filter(|minutes| minutes * spans <= series.len());
        Self { looks: reached.map(look).collect() }
    }

    pub(super) fn stop(&self, setting: &Kayenta) -> Option<f64> {
        let asked = self.looks.iter().filter(|(minutes, _)| setting.minutes.contains(minutes));
        asked
            .filter(|(_, seen)| seen.as_ref().is_some_and(|look| look.is_high(setting)))
            .map(|(minutes, _)| *minutes as f64 * 60.0)
            .next()
    }
}

impl Look {
    fn is_high(&self, setting: &Kayenta) -> bool {
        let lower = self.lower.iter().find(|(confidence, _)| *confidence == setting.confidence);
        lower.is_some_and(|(_, lower)| *lower > setting.tolerance * self.shift.abs())
            && self.ratio >= setting.increase
    }
}

/// The interval from the ordered differences of all pairs, by the normal approximation with a correction for ties.
fn look(baseline: &[f64], candidate: &[f64], confidences: &[f64]) -> Option<Look> {
    let (m, n) = (candidate.len() as f64, baseline.len() as f64);
    if m < 2.0 || n < 2.0 {
        return None;
    }
    let mut differences: Vec<f64> =
        candidate.iter().flat_map(|high| baseline.iter().map(move |low| high - low)).collect();
    differences.sort_by(f64::total_cmp);
    let all = m + n;
    let ties = tied(baseline, candidate) / (all * (all - 1.0));
    let deviation = (m * n / 12.0 * (all + 1.0 - ties)).max(0.0).sqrt();
    let lower = confidences.iter().map(|&confidence| {
        let rank = m * n / 2.0 - normal_quantile(f64::midpoint(1.0, confidence / 100.0)) * deviation - 0.5;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        differences.get(rank.max(0.0) as usize).map(|lower| (confidence, *lower))
    });
    let lower = lower.collect::<Option<Vec<_>>>()?;
    let shift = *differences.get(differences.len() / 2)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (before, now) = (mean(baseline), mean(candidate));
    let ratio = if before > 0.0 { now / before } else { f64::from(u8::from(now > 0.0)) * f64::MAX };
    Some(Look { lower, shift, ratio })
}

/// The sum over ties of their size cubed less their size.
fn tied(baseline: &[f64], candidate: &[f64]) -> f64 {
    let mut all: Vec<f64> = baseline.iter().chain(candidate).copied().collect();
    all.sort_by(f64::total_cmp);
    all.chunk_by(|a, b| a == b).map(|tie| (tie.len() as f64).powi(3) - tie.len() as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_high_and_none_is_not() {
        let baseline: Vec<f64> = (0..60).map(|minute| f64::from(minute % 7)).collect();
        let shifted: Vec<f64> = baseline.iter().map(|value| value + 5.0).collect();
        let setting = Kayenta {
            rule: String::new(),
            about: String::new(),
            minutes: vec![60],
            confidence: 98.0,
            tolerance: 0.25,
            increase: 1.0,
        };
        let high = look(&baseline, &shifted, &[90.0, 98.0]).expect("enough points");
        assert!(high.is_high(&setting) && high.shift > 4.0, "{high:?}");
        assert!(high.lower[0].1 >= high.lower[1].1, "the surer the lower: {high:?}");
        let same = look(&baseline, &baseline, &[98.0]).expect("enough points");
        assert!(!same.is_high(&setting), "{same:?}");
    }
}
