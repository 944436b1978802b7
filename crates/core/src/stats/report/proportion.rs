//! Intervals and tests for shares at a single look, for display.
//!
//! For those who ask for one look; the benchmark of decisions reports its rates by it, and nothing in the product calls it.
//!
//! Start with [`wilson`] for one share and [`score_difference`] for two. All assume independent trials of one share per arm.

use crate::stats::interval::Interval;
use crate::stats::special::{bisect, normal_cdf, normal_quantile};

/// Events among trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many trials had the event.
    pub events: u64,
    /// How many trials, at least one.
    pub trials: u64,
}

impl Share {
    fn value(self) -> f64 {
        self.events as f64 / self.trials as f64
    }

    fn variance(self) -> f64 {
        self.value() * (1.0 - self.value()) / self.trials as f64
    }
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

/// The two-sided p-value of "the shares are equal" by the pooled normal statistic.
///
/// `z = (p - q) / sqrt(s (1 - s) (1/n + 1/m))` with `s` the share of both together; one when neither or all had events. For a single
/// look at independent trials with a handful of events and of the others on each arm. Source: Fleiss, "Statistical methods for
/// rates and proportions", 1981.
#[must_use]
pub fn equal_p(first: Share, second: Share) -> f64 {
    let (n, m) = (first.trials as f64, second.trials as f64);
    let pooled = (first.events + second.events) as f64 / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    if variance <= 0.0 {
        return 1.0;
    }
    2.0 * normal_cdf(-(first.value() - second.value()).abs() / variance.sqrt())
}

/// The interval of the difference, first less second, at confidence `1 - alpha`, from the normal approximation alone (Wald):
/// `p - q -+ z sqrt(p (1 - p) / n + q (1 - q) / m)`, for a single look at independent trials. Too short for few events, and here
/// because others show it.
#[must_use]
pub fn wald_difference(first: Share, second: Share, alpha: f64) -> Interval {
    let radius = normal_quantile(1.0 - alpha / 2.0) * (first.variance() + second.variance()).sqrt();
    around(first.value() - second.value(), radius)
}

/// The same after adding one event and one trial without to each arm. Source: Agresti and Caffo, "Simple and effective
/// confidence intervals for proportions", American Statistician 54, 2000.
#[must_use]
pub fn agresti_caffo_difference(first: Share, second: Share, alpha: f64) -> Interval {
    let padded = |share: Share| Share { events: share.events + 1, trials: share.trials + 2 };
    wald_difference(padded(first), padded(second), alpha)
}

/// The same from the Wilson intervals of both shares, each end by its own distance. Source: Newcombe, "Interval estimation
/// for the difference between independent proportions", Statistics in Medicine 17, 1998, method 10.
#[must_use]
pub fn newcombe_difference(first: Share, second: Share, alpha: f64) -> Interval {
    let of_first = wilson(first.events, first.trials, alpha);
    let of_second = wilson(second.events, second.trials, alpha);
    let (p, q) = (first.value(), second.value());
    Interval {
        lower: p - q - (p - of_first.lower).hypot(of_second.upper - q),
        upper: p - q + (of_first.upper - p).hypot(q - of_second.lower),
    }
}

/// The same from the score statistic: the differences that are not rejected when the shares that fit best at that
/// difference give the variance. Source: Miettinen and Nurminen, "Comparative analysis of two rates", Statistics in
/// Medicine 4, 1985, with their factor `n / (n - 1)`.
#[must_use]
pub fn score_difference(first: Share, second: Share, alpha: f64) -> Interval {
    let limit = normal_quantile(1.0 - alpha / 2.0);
    let estimate = first.value() - second.value();
    let is_rejected = |difference: f64| score(first, second, difference).abs() > limit;
    Interval { lower: bisect(estimate, -1.0, is_rejected), upper: bisect(estimate, 1.0, is_rejected) }
}

/// The score statistic of "the first share is the second's plus `difference`".
#[must_use]
pub fn score(first: Share, second: Share, difference: f64) -> f64 {
    let (n, m) = (first.trials as f64, second.trials as f64);
    let second_share = best_fit(first, second, difference);
    let first_share = second_share + difference;
    let variance = first_share * (1.0 - first_share) / n + second_share * (1.0 - second_share) / m;
    let correction = (n + m) / (n + m - 1.0);
    let distance = first.value() - second.value() - difference;
    if distance == 0.0 { 0.0 } else { distance / (variance.max(0.0) * correction).sqrt() }
}

/// The second share that is most likely when the first is larger by `difference`: where the likelihood, which has one
/// peak, stops rising.
fn best_fit(first: Share, second: Share, difference: f64) -> f64 {
    let (low, high) = ((-difference).max(0.0), (1.0 - difference).min(1.0));
    let slope = |share: Share, at: f64| {
        let (events, others) = (share.events as f64, (share.trials - share.events) as f64);
        let rise = if events > 0.0 { events / at } else { 0.0 };
        let fall = if others > 0.0 { others / (1.0 - at) } else { 0.0 };
        rise - fall
    };
    bisect(low, high, |second_share| {
        slope(first, second_share + difference) + slope(second, second_share) <= 0.0
    })
}

fn around(middle: f64, radius: f64) -> Interval {
    Interval { lower: middle - radius, upper: middle + radius }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_of_a_difference_contains_the_estimate() {
        let intervals = [wald_difference, agresti_caffo_difference, newcombe_difference, score_difference];
        for (events, trials, others, other_trials) in [(0, 10, 0, 10), (10, 10, 0, 10), (3, 50, 9, 40)] {
            let (first, second) = (Share { events, trials }, Share { events: others, trials: other_trials });
            let estimate = first.value() - second.value();
            for interval in &intervals[2..] {
                let Interval { lower, upper } = interval(first, second, 0.05);
                assert!(lower <= estimate + 1e-12 && upper >= estimate - 1e-12, "{lower} {estimate} {upper}");
                assert!(lower >= -1.0 && upper <= 1.0, "{lower} {upper}");
            }
        }
    }

    /// 56 of 70 against 48 of 80, the first row of Newcombe's comparison of eleven methods.
    #[test]
    fn intervals_of_a_difference_are_those_that_were_published() {
        let (first, second) = (Share { events: 56, trials: 70 }, Share { events: 48, trials: 80 });
        let check = |interval: Interval, lower: f64, upper: f64| {
            let is_close = |actual: f64, expected: f64| (actual - expected).abs() < 5e-5;
            assert!(is_close(interval.lower, lower) && is_close(interval.upper, upper), "{interval:?}");
        };
        check(wald_difference(first, second, 0.05), 0.0575, 0.3425);
        check(score_difference(first, second, 0.05), 0.0528, 0.3382);
        check(newcombe_difference(first, second, 0.05), 0.0524, 0.3339);
    }

    #[test]
    fn equal_shares_are_not_told_apart() {
        let share = |events| Share { events, trials: 100 };
        assert!((equal_p(share(20), share(20)) - 1.0).abs() < 1e-12);
        assert_eq!(equal_p(share(0), share(0)), 1.0);
        assert!(equal_p(share(20), share(45)) < 0.001);
    }
}
