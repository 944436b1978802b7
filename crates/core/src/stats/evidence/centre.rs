//! Centres for bets from what is known of a request before it is answered: the gain of a covariate without its risk.
//!
//! For those who have a covariate of each request; gateways count none, so nothing in the product calls this.
//!
//! Start with [`Line::fitted`]. What the baseline did in earlier epochs predicts each new request's outcome from its
//! covariate (the length of the prompt, the tenant's mean, a model of difficulty). The bets then see only what was not
//! predicted; their variance falls by the squared correlation as with CUPED (Deng, Xu, Kohavi, Walker, "Improving the sensitivity
//! of online controlled experiments by utilizing pre-experiment data", WSDM 2013). Because the line was fixed before the request,
//! a bad one costs power and never validity.

use crate::stats::moments::Paired;

/// Outcomes predicted as `level + slope * covariate`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The prediction where the covariate is zero.
    pub level: f64,
    /// What the prediction rises by per unit of the covariate.
    pub slope: f64,
}

impl Line {
    /// The line of least squares through the baseline's outcomes of earlier epochs; nothing without any.
    ///
    /// `slope = cov(X, Y) / var(X)`, zero where the covariate does not vary.
    #[must_use]
    pub fn fitted(baseline: &Paired) -> Option<Self> {
        let count = baseline.outcome.count;
        (count > 0.0).then(|| {
            let slope = baseline.slope();
            Self { level: (baseline.outcome.sum - slope * baseline.covariate.sum) / count, slope }
        })
    }

    /// The centre of a request with this covariate.
    #[must_use]
    pub fn at(&self, covariate: f64) -> f64 {
        self.level + self.slope * covariate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::moments::Moments;

    fn fitted(points: &[(f64, f64)]) -> Option<Line> {
        let mut sums = Paired::default();
        for (x, y) in points {
            sums += Paired { outcome: Moments::one(*y), covariate: Moments::one(*x), product: x * y };
        }
        Line::fitted(&sums)
    }

    #[test]
    fn a_line_goes_through_its_points_and_is_level_without_a_slope() {
        let line = fitted(&[(1.0, 3.0), (2.0, 5.0), (4.0, 9.0)]).unwrap();
        assert!((line.at(10.0) - 21.0).abs() < 1e-9, "{line:?}");
        assert_eq!(fitted(&[(2.0, 0.4), (2.0, 0.6)]), Some(Line { level: 0.5, slope: 0.0 }));
        assert_eq!(fitted(&[(2.0, 0.4)]), Some(Line { level: 0.4, slope: 0.0 }));
        assert_eq!(fitted(&[]), None);
    }
}
