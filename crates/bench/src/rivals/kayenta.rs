//! Kayenta's judge: points of a minute, Mann and Whitney's interval of the shift, high when its lower end lies beyond a
//! quarter of the shift itself and the means differ by the least ratio. Points are taken to be independent.

use crate::config::{Kayenta, Watched};
use crate::series::{Moments, Series};
use viridian_core::arm::Arm;
use viridian_core::stats::special::normal_quantile;

/// The judge looks at most at this many minutes, in steps of ten.
const LONGEST: usize = 60;
/// The confidence of its interval, and the part of the shift that is tolerated.
const CONFIDENCE: f64 = 0.98;
const TOLERANCE: f64 = 0.25;

/// What the judge sees after every ten minutes.
pub(super) struct Prepared {
    looks: Vec<(usize, Option<Look>)>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    /// The interval's lower end.
    lower: f64,
    /// Hodges and Lehmann's estimate of the shift.
    shift: f64,
    /// Candidate's mean by the baseline's.
    ratio: f64,
}

impl Prepared {
    pub(super) fn of(series: &Series, metric: Watched) -> Self {
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
            (minutes, look(&points(Arm::Baseline, minutes), &points(Arm::Candidate, minutes)))
        };
        Self { looks: (10..=LONGEST).step_by(10).map(look).collect() }
    }

    pub(super) fn stop(&self, setting: &Kayenta) -> Option<f64> {
        let asked = self.looks.iter().filter(|(minutes, _)| setting.minutes.contains(minutes));
        let high = |look: &Look| look.lower > TOLERANCE * look.shift.abs() && look.ratio >= setting.increase;
        asked
            .filter(|(_, seen)| seen.as_ref().is_some_and(high))
            .map(|(minutes, _)| *minutes as f64 * 60.0)
            .next()
    }
}

/// The interval from the ordered differences of all pairs, by the normal approximation with a correction for ties.
fn look(baseline: &[f64], candidate: &[f64]) -> Option<Look> {
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
    let rank = m * n / 2.0 - normal_quantile(f64::midpoint(1.0, CONFIDENCE)) * deviation - 0.5;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    let lower = *differences.get(rank.max(0.0) as usize)?;
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
        let high = look(&baseline, &shifted).expect("enough points");
        assert!(high.lower > TOLERANCE * high.shift && high.shift > 4.0, "{high:?}");
        let same = look(&baseline, &baseline).expect("enough points");
        assert!(same.lower <= 0.0, "{same:?}");
    }
}
