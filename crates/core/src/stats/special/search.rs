//! Finding where a condition turns.

/// Halvings after which a bisection over any range used here has reached neighbouring floating-point numbers.
const HALVINGS: usize = 100;

/// The point between `low` and `high` where `reached` turns from false to true, given that it turns once.
///
/// Returns `high` when it is never reached, so the answer errs to the side of `high` by at most one rounding.
pub(crate) fn bisect(low: f64, high: f64, reached: impl Fn(f64) -> bool) -> f64 {
    bisect_within(0.0, low, high, reached)
}

/// The same to within `precision`: the answer errs to the side of `high` by at most that much.
pub(crate) fn bisect_within(precision: f64, low: f64, high: f64, reached: impl Fn(f64) -> bool) -> f64 {
    let (mut below, mut above) = (low, high);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (below + above);
        let is_narrow = (above - below).abs() <= precision;
        if is_narrow || middle <= below.min(above) || middle >= below.max(above) {
            break;
        }
        if reached(middle) {
            above = middle;
        } else {
            below = middle;
        }
    }
    above
}
