//! The zeta function of Riemann, which normalises error that is spent over infinitely many spans.

/// Terms added one by one before the rest is approximated.
const TERMS: u32 = 20;

/// `sum(n^-s)` for `s > 1`, by the Euler-Maclaurin formula.
#[must_use]
pub fn zeta(s: f64) -> f64 {
    let n = f64::from(TERMS);
    let head: f64 = (1..TERMS).map(|k| f64::from(k).powf(-s)).sum();
    let tail = n.powf(1.0 - s) / (s - 1.0) + 0.5 * n.powf(-s);
    let first = s * n.powf(-s - 1.0) / 12.0;
    let second = s * (s + 1.0) * (s + 2.0) * n.powf(-s - 3.0) / 720.0;
    let third = s * (s + 1.0) * (s + 2.0) * (s + 3.0) * (s + 4.0) * n.powf(-s - 5.0) / 30_240.0;
    head + tail + first - second + third
}

#[cfg(test)]
mod tests {
    use super::zeta;
    use std::f64::consts::PI;

    #[test]
    fn zeta_of_known_arguments() {
        assert!((zeta(2.0) - PI * PI / 6.0).abs() < 1e-13);
        assert!((zeta(4.0) - PI.powi(4) / 90.0).abs() < 1e-13);
    }
}
