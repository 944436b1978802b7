//! Intervals: the shared [`Interval`], confidence sequences for a mean that stay valid at every look, and the Wilson
//! interval for the screen.
//!
//! Start with [`one_sided_radius`]. The sequences are asymptotic: they need the standard error of the estimate and the
//! sample size that it rests on, and know nothing of how either came about. Source of the sequences: Waudby-Smith,
//! Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences",
//! arXiv 2103.06476; they are Robbins' normal mixture.

use serde::{Deserialize, Serialize};

use super::special::normal_quantile;

/// A range of values that the data do not contradict; either end may be infinite, which is stored as null.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Ends", into = "Ends")]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// The stored form of an interval: formats such as JSON have no infinity.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Ends {
    lower: Option<f64>,
    upper: Option<f64>,
}

/// The estimate's standard error and the sample size behind it, with the size at which the sequence shall be tightest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Standard error of the estimate, in its units.
    pub standard_error: f64,
    /// The information clock: how many independent observations the estimate rests on, at least one.
    pub sample_size: f64,
    /// The sample size for which the sequence is tuned, fixed before the data are seen.
    pub tuned_for: f64,
}

impl From<Ends> for Interval {
    fn from(ends: Ends) -> Self {
        Self { lower: ends.lower.unwrap_or(f64::NEG_INFINITY), upper: ends.upper.unwrap_or(f64::INFINITY) }
    }
}

impl From<Interval> for Ends {
    fn from(interval: Interval) -> Self {
        let finite = |end: f64| end.is_finite().then_some(end);
        Self { lower: finite(interval.lower), upper: finite(interval.upper) }
    }
}

/// Robbins' mixing parameter for a sequence that is tightest at intrinsic time `v_opt` for a two-sided error `alpha`.
///
/// `rho = v_opt / (2 ln(1/alpha) + ln(1 + 2 ln(1/alpha)))`. Source: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform,
/// nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021, section 3.5.
#[must_use]
pub fn mixing_parameter(v_opt: f64, alpha: f64) -> f64 {
    let log_threshold = -2.0 * alpha.ln();
    v_opt / (log_threshold + log_threshold.ln_1p())
}

/// The two-sided normal mixture boundary at intrinsic time `v`: a sub-Gaussian sum stays within it at all times with
/// probability at least `1 - alpha`.
///
/// `sqrt((v + rho) (ln(1 + v / rho) + 2 ln(1/alpha)))`. Source: as [`mixing_parameter`], equation 14.
#[must_use]
pub fn normal_mixture_bound(v: f64, alpha: f64, rho: f64) -> f64 {
    ((v + rho) * ((v / rho).ln_1p() - 2.0 * alpha.ln())).sqrt()
}

/// Half the width of the two-sided asymptotic confidence sequence at error `alpha`.
///
/// For a mean of `n` observations with standard error `e`: `e sqrt(n) b(n) / n`, with `b` the normal mixture boundary
/// at intrinsic time `n` tuned for `tuned_for`.
#[must_use]
pub fn two_sided_radius(precision: Precision, alpha: f64) -> f64 {
    let n = precision.sample_size;
    let rho = mixing_parameter(precision.tuned_for, alpha);
    precision.standard_error / n.sqrt() * normal_mixture_bound(n, alpha, rho)
}

/// The distance from the estimate to the bound of the one-sided asymptotic confidence sequence at error `alpha`.
///
/// `e sqrt(n) sqrt(2 (n r^2 + 1) / (n r)^2 ln(1 + sqrt(n r^2 + 1) / (2 alpha)))` with `1/r^2` the mixing parameter for
/// the two-sided error `2 alpha`. Source: arXiv 2103.06476, appendix on one-sided sequences.
#[must_use]
pub fn one_sided_radius(precision: Precision, alpha: f64) -> f64 {
    precision.standard_error * one_sided_deviation(precision.sample_size / precision.tuned_for, alpha)
}

/// The same distance in standard errors, when the share `progress` of the tuned sample size has been seen.
#[must_use]
pub fn one_sided_deviation(progress: f64, alpha: f64) -> f64 {
    // n r^2: the sequence depends on the sample size only through its share of the tuned one.
    let information = progress / mixing_parameter(1.0, 2.0 * alpha);
    let log_term = ((information + 1.0).sqrt() / (2.0 * alpha)).ln_1p();
    (2.0 * (information + 1.0) / information * log_term).sqrt()
}

/// The Wilson interval of a share at confidence `1 - alpha`, for display: it is valid at one look only.
///
/// Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
/// Without trials the share may be anything from 0 to 1.
#[must_use]
pub fn wilson(events: u64, trials: u64, alpha: f64) -> Interval {
    if trials == 0 {
        return Interval { lower: 0.0, upper: 1.0 };
    }
    let n = trials as f64;
    let share = events as f64 / n;
    let z_square = normal_quantile(1.0 - alpha / 2.0).powi(2);
    let centre = (share + z_square / (2.0 * n)) / (1.0 + z_square / n);
    let spread = z_square * (share * (1.0 - share) + z_square / (4.0 * n)) / n;
    let radius = spread.sqrt() / (1.0 + z_square / n);
    Interval { lower: (centre - radius).max(0.0), upper: (centre + radius).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unbounded_ends_survive_storage() {
        for interval in
            [Interval { lower: 0.5, upper: f64::INFINITY }, Interval { lower: f64::NEG_INFINITY, upper: 2.0 }]
        {
            let stored = serde_json::to_string(&interval).unwrap();
            assert_eq!(serde_json::from_str::<Interval>(&stored).unwrap(), interval, "{stored}");
        }
    }

    #[test]
    fn one_sided_is_shorter_than_two_sided_and_longer_than_a_single_look() {
        for share in [0.01, 0.1, 1.0, 10.0, 100.0] {
            let precision = Precision { standard_error: 1.0, sample_size: share * 1000.0, tuned_for: 1000.0 };
            let one_sided = one_sided_radius(precision, 0.01);
            assert!(one_sided < two_sided_radius(precision, 0.01), "at {share}");
            assert!(one_sided > normal_quantile(0.99), "at {share}");
        }
    }
}
