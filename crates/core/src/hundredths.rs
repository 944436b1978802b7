//! Hundredths as people write them: `5`, `0.5`, `0.07`. Shares and margins are whole numbers of hundredths of a per cent;
//! writing them by way of a fraction would show its rounding.

use std::fmt;

/// A number of hundredths, written with as many decimals as it needs.
pub(crate) struct Hundredths(pub(crate) u32);

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, rest) if rest % 10 == 0 => write!(f, "{whole}.{}", rest / 10),
            (whole, rest) => write!(f, "{whole}.{rest:02}"),
        }
    }
}

/// A number of thousandths, likewise: margins of scores.
pub(crate) struct Thousandths(pub(crate) u32);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1_000, self.0 % 1_000) {
            (whole, rest) if rest % 10 == 0 => write!(f, "{}", Hundredths(whole * 100 + rest / 10)),
            (whole, rest) => write!(f, "{whole}.{rest:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hundredths, Thousandths};

    #[test]
    fn hundredths_are_written_exactly() {
        let check = |hundredths, text: &str| assert_eq!(Hundredths(hundredths).to_string(), text);
        check(0, "0");
        check(5, "0.05");
        check(7, "0.07");
        check(50, "0.5");
        check(500, "5");
        check(1_207, "12.07");
        check(1_000_000, "10000");
    }

    #[test]
    fn thousandths_are_written_exactly() {
        let check = |thousandths, text: &str| assert_eq!(Thousandths(thousandths).to_string(), text);
        check(5, "0.005");
        check(200, "0.2");
        check(250, "0.25");
        check(1_005, "1.005");
        check(12_000, "12");
    }
}
