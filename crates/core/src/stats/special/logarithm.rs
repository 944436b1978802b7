//! The logarithm that bets take of their payoffs.

/// `ln(1 + x)` of each number, to within two units in the last place as the standard library's. Bets take sixteen at once, and
/// nothing is decided here by what a number is, so that a processor computes several at a time.
///
/// `1 + x = 2^k (1 + f)` with `1 + f` between `sqrt(1/2)` and `sqrt(2)`; what the rounding of `1 + x` loses is known and given back to
/// `f`. With `s = f / (2 + f)` the logarithm of `1 + f` is `2 s (1 + s^2/3 + s^4/5 + ...)`. Source of the polynomial in place of the
/// series' tail, with an error below 2^-58: Ng, "e_log.c", FDLIBM 5.3, 1995. For `1 + x` a normal number above zero.
#[must_use]
pub fn ln_1p<const N: usize>(xs: [f64; N]) -> [f64; N] {
    xs.map(|x| {
        let rounded = 1.0 + x;
        let lost = x - (rounded - 1.0);
        let (k, scale) = exponent(rounded);
        let f = (rounded * scale - 1.0) + lost * scale;
        let s = f / (2.0 + f);
        let z = s * s;
        let tail = TAIL.iter().rev().fold(0.0, |sum, term| sum * z + term) * z;
        let half = 0.5 * f * f;
        let least = s * (half + tail) + k * LN_2_LOW;
        k * LN_2_HIGH - ((half - least) - f)
    })
}

/// `ln 2` in two parts, the first with so few digits that its products are exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// What follows `2 s` in `s^2`, each a little more than the series' `2/3, 2/5, ...` would have it.
const TAIL: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// The `k` of a normal positive number, and `2^-k`.
fn exponent(x: f64) -> (f64, f64) {
    const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    /// The bits of `sqrt(1/2)`: from there on `k` is zero.
    const LEAST: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    /// Keeps the difference from [`LEAST`] above zero, so that it can be shifted without a sign.
    const BIAS: u64 = 1 << 10;
    /// The exponent's bits of one.
    const ONE: u64 = 1.0_f64.to_bits() >> FRACTION_BITS;
    /// With these bits before it a whole number is the last digits of 2^52 and more.
    const WHOLE: f64 = (1_u64 << FRACTION_BITS) as f64;
    let biased = (x.to_bits() + (BIAS << FRACTION_BITS) - LEAST) >> FRACTION_BITS;
    let k = f64::from_bits(biased | WHOLE.to_bits()) - (WHOLE + BIAS as f64);
    (k, f64::from_bits((ONE + BIAS - biased) << FRACTION_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(x: f64) -> Result<(), TestCaseError> {
        let expected = x.ln_1p();
        for actual in ln_1p([x, 0.5, x]).into_iter().step_by(2) {
            prop_assert!(
                (actual - expected).abs() <= 4e-16 * expected.abs(),
                "{actual} is not {expected} at {x}"
            );
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn it_is_that_of_the_standard_library(x in -0.999..100.0f64, power in -18.0..0.0f64) {
            check(x)?;
            check(10f64.powf(power))?;
            check(-0.9 * 10f64.powf(power))?;
        }
    }
}
