//! Intervals for a share at a single look, for display.

use crate::stats::interval::Interval;
use crate::stats::special::normal_quantile;

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
