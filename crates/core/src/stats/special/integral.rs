//! Integrals of smooth functions.

/// The integral of a function from `low` to `high` by Simpson's rule over `2 * halves` equal steps.
#[must_use]
pub(crate) fn integral(low: f64, high: f64, halves: usize, value: impl Fn(f64) -> f64) -> f64 {
    let step = (high - low) / (2 * halves) as f64;
    let inner: f64 =
        (1..2 * halves).map(|k| if k % 2 == 1 { 4.0 } else { 2.0 } * value(low + step * k as f64)).sum();
    (value(low) + inner + value(high)) * step / 3.0
}

#[cfg(test)]
mod tests {
    use super::integral;

    #[test]
    fn a_cubic_is_exact() {
        let actual = integral(1.0, 3.0, 2, |x| x * x * x - x);
        assert!((actual - 16.0).abs() < 1e-12, "{actual}");
    }
}
