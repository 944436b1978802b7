//! Quantities as people write them: shares such as `0.5%`, margins such as `0.5pp`, durations such as `1h30m`.

use super::{Reason, Text};
use std::time::Duration;
use viridian_core::guard::Margin;
use viridian_core::release::Price;
use viridian_core::weight::Weight;

/// The units of durations in milliseconds, largest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// The longest duration: no part of a rollout takes a year, and sums of such durations stay far from overflow.
const LONGEST: u64 = 365 * 86_400_000;
/// The widest relative margin, in hundredths of a per cent: a hundredfold.
const WIDEST: u32 = 1_000_000;
/// The widest margin of a score, in thousandths of a point.
const LARGEST_SCALE: u32 = 1_000_000;
/// What prices are of.
const PER_MILLION: &str = "/1M";
/// The highest price: a million for a million tokens, one each.
const DEAREST: u64 = 1_000_000_000;
/// The whole, in hundredths of a per cent.
const WHOLE: u32 = 10_000;
/// The largest holdback, in hundredths of a per cent: with more, the candidate would never get the larger part.
const LARGEST_HOLDBACK: u16 = 5_000;

const PERCENT_PATTERN: &str = "^[0-9]+(\\.[0-9]{1,2})?%$";
const DURATION_PATTERN: &str = "^([0-9]+(ms|s|m|h|d))+$";
const ABOVE_ZERO: Reason = "it has to be above zero";

/// A share of the traffic, nothing and everything included.
pub(crate) const PERCENT: Text =
    Text::new("a percentage such as '5%'", PERCENT_PATTERN, |text| percent(text).map(drop));

/// A share that is not zero.
pub(crate) const SHARE: Text = Text { check: |text| share(text).map(drop), ..PERCENT };

/// A share that stays on the baseline.
pub(crate) const HOLDBACK: Text = Text { check: |text| holdback(text).map(drop), ..PERCENT };

/// What a million tokens cost.
pub(crate) const PRICE: Text =
    Text::new("the price of a million tokens such as '2.50/1M'", "^[0-9]+(\\.[0-9]{1,3})?/1M$", |text| {
        price(text).map(drop)
    });

/// How much worse a candidate may be.
pub(crate) const MARGIN: Text =
    Text::new("a margin such as '0.5pp' or '20%'", "^[0-9]+(\\.[0-9]{1,3})?(%|pp| points?)$", |text| {
        margin(text).map(drop)
    });

/// A span of time.
pub(crate) const DURATION: Text =
    Text::new("a duration such as '30s' or '1h30m'", DURATION_PATTERN, |text| duration(text).map(drop));

/// A span of time that is not zero.
pub(crate) const TIMEOUT: Text = Text { check: |text| timeout(text).map(drop), ..DURATION };

/// The span one number of CloudWatch is of.
pub(crate) const PERIOD: Text =
    Text { expected: "a period such as '1m'", check: |text| period(text).map(drop), ..DURATION };

/// Reads a share of the traffic.
pub(crate) fn percent(text: &str) -> Result<Weight, Reason> {
    let number = text.strip_suffix('%').ok_or("the '%' is missing")?;
    let basis_points = u16::try_from(hundredths(number)?).ok();
    let weight = basis_points.and_then(|basis_points| Weight::from_basis_points(basis_points).ok());
    weight.ok_or("it is more than 100%")
}

/// Reads a share that is not zero.
pub(crate) fn share(text: &str) -> Result<Weight, Reason> {
    let weight = percent(text)?;
    if weight == Weight::ZERO { Err(ABOVE_ZERO) } else { Ok(weight) }
}

/// Reads a share that stays on the baseline.
pub(crate) fn holdback(text: &str) -> Result<Weight, Reason> {
    let weight = percent(text)?;
    if weight.basis_points() > LARGEST_HOLDBACK {
        return Err("with more than 50% the candidate would never get the larger part");
    }
    Ok(weight)
}

/// Reads a margin.
pub(crate) fn margin(text: &str) -> Result<Margin, Reason> {
    let (margin, size) = if let Some(number) = text.strip_suffix("pp") {
        let points = hundredths(number)?;
        if points > WHOLE {
            return Err("it is more than 100 percentage points");
        }
        (Margin::Points(points), points)
    } else if let Some(number) = text.strip_suffix(" points").or_else(|| text.strip_suffix(" point")) {
        let thousandths =
            decimal(number, 3, "it has more than three decimals, and thousandths are as fine as it gets")?;
        if thousandths > LARGEST_SCALE {
            return Err("it is more than 1000 points");
        }
        (Margin::Score(thousandths), thousandths)
    } else {
        let number = text.strip_suffix('%');
        let parts = hundredths(
            number.ok_or("it ends neither in 'pp' (percentage points) nor in '%' (of the baseline), nor in ' points' (of a score)")?,
        )?;
        if parts > WIDEST {
            return Err("it is more than 10000%");
        }
        (Margin::Relative(parts), parts)
    };
    if size == 0 { Err(ABOVE_ZERO) } else { Ok(margin) }
}

/// Reads a price.
pub(crate) fn price(text: &str) -> Result<Price, Reason> {
    const NOT_A_NUMBER: Reason = "it does not begin with a number such as 2.50";
    let number = text.strip_suffix(PER_MILLION).ok_or("it does not end in '/1M', for a million tokens")?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(NOT_A_NUMBER);
    }
    if fraction.len() > 3 {
        return Err("it has more than three decimals, and thousandths are as fine as it gets");
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().map_err(|_| NOT_A_NUMBER)?;
    let price =
        whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(1_000)?.checked_add(thousandths));
    price.filter(|price| *price <= DEAREST).map(Price).ok_or("it is more than 1000000")
}

/// Writes a price.
pub(crate) fn price_text(price: Price) -> String {
    format!("{}.{:03}{PER_MILLION}", price.0 / 1_000, price.0 % 1_000)
}

/// Reads a span of time.
pub(crate) fn duration(text: &str) -> Result<Duration, Reason> {
    const TOO_LONG: Reason = "it is longer than 365 days";
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut millis = 0_u64;
    if text.is_empty() {
        return Err("it is empty");
    }
    while !rest.is_empty() {
        let (number, after) = split_at(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split_at(after, |c| c.is_ascii_digit());
        if number.is_empty() || !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err("write whole numbers, each with a unit: d, h, m, s or ms");
        }
        let (_, size) = units.find(|(name, _)| *name == unit).ok_or("larger units come first, each once")?;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*size)).ok_or(TOO_LONG)?;
        millis = millis.checked_add(part).filter(|millis| *millis <= LONGEST).ok_or(TOO_LONG)?;
        rest = after;
    }
    Ok(Duration::from_millis(millis))
}

/// Reads a span of time that is not zero.
pub(crate) fn timeout(text: &str) -> Result<Duration, Reason> {
    let duration = duration(text)?;
    if duration.is_zero() { Err(ABOVE_ZERO) } else { Ok(duration) }
}

/// Reads a span that CloudWatch has numbers of.
pub(crate) fn period(text: &str) -> Result<Duration, Reason> {
    /// Those below a minute, in seconds.
    const SHORT: [u64; 5] = [1, 5, 10, 20, 30];
    const MINUTE: u64 = 60;
    const LONGEST: u64 = 86_400;
    let duration = duration(text)?;
    let seconds = duration.as_secs();
    let is_long = seconds > 0 && seconds.is_multiple_of(MINUTE) && seconds <= LONGEST;
    let fits = duration.subsec_nanos() == 0 && (SHORT.contains(&seconds) || is_long);
    fits.then_some(duration)
        .ok_or("CloudWatch has numbers of 1, 5, 10, 20 or 30 seconds, or of whole minutes up to a day")
}

/// Writes a span of time, to the millisecond.
pub(crate) fn duration_text(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, size) in UNITS {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A decimal with at most two places, in hundredths.
fn hundredths(text: &str) -> Result<u32, Reason> {
    decimal(text, 2, "it has more than two decimals, and hundredths are as fine as it gets")
}

/// A decimal with at most so many places, in units of the last of them.
fn decimal(text: &str, places: usize, too_fine: Reason) -> Result<u32, Reason> {
    const NOT_A_NUMBER: Reason = "it does not begin with a number such as 5 or 0.5";
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(NOT_A_NUMBER),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, "0"),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(NOT_A_NUMBER);
    }
    if fraction.len() > places {
        return Err(too_fine);
    }
    let fraction: u32 = format!("{fraction:0<places$}").parse().map_err(|_| NOT_A_NUMBER)?;
    let units = (0..places).fold(1_u32, |units, _| units * 10);
    let whole = whole.parse::<u32>().ok().and_then(|whole| whole.checked_mul(units));
    whole.and_then(|whole| whole.checked_add(fraction)).ok_or("it is far too large")
}

fn split_at(text: &str, is_next: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_next).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_percent(text: &str, expected: Result<u16, &str>) {
        assert_eq!(percent(text).map(Weight::basis_points), expected, "{text}");
    }

    #[test]
    fn percentages_are_read_in_hundredths() {
        check_percent("0%", Ok(0));
        check_percent("5%", Ok(500));
        check_percent("0.05%", Ok(5));
        check_percent("12.5%", Ok(1_250));
        check_percent("100%", Ok(10_000));
        check_percent("100.00%", Ok(10_000));
        check_percent("100.01%", Err("it is more than 100%"));
        check_percent("700%", Err("it is more than 100%"));
        check_percent("99999999999%", Err("it is far too large"));
        check_percent("0.001%", Err("it has more than two decimals, and hundredths are as fine as it gets"));
        check_percent("5", Err("the '%' is missing"));
        check_percent("%", Err("it does not begin with a number such as 5 or 0.5"));
        check_percent("5.%", Err("it does not begin with a number such as 5 or 0.5"));
        check_percent(".5%", Err("it does not begin with a number such as 5 or 0.5"));
        check_percent("-5%", Err("it does not begin with a number such as 5 or 0.5"));
        check_percent("5 %", Err("it does not begin with a number such as 5 or 0.5"));
    }

    fn check_margin(text: &str, expected: Result<Margin, &str>) {
        assert_eq!(margin(text), expected, "{text}");
    }

    #[test]
    fn the_unit_of_a_margin_says_what_it_is_relative_to() {
        check_margin("0.5pp", Ok(Margin::Points(50)));
        check_margin("20%", Ok(Margin::Relative(2_000)));
        check_margin("250%", Ok(Margin::Relative(25_000)));
        check_margin("0pp", Err(ABOVE_ZERO));
        check_margin("0.00%", Err(ABOVE_ZERO));
        check_margin("101pp", Err("it is more than 100 percentage points"));
        check_margin("10001%", Err("it is more than 10000%"));
        check_margin("0.2 points", Ok(Margin::Score(200)));
        check_margin("1 point", Ok(Margin::Score(1_000)));
        check_margin("0.005 points", Ok(Margin::Score(5)));
        check_margin(
            "0.0005 points",
            Err("it has more than three decimals, and thousandths are as fine as it gets"),
        );
        check_margin("0 points", Err(ABOVE_ZERO));
        check_margin("-0.2 points", Err("it does not begin with a number such as 5 or 0.5"));
        check_margin("1000.001 points", Err("it is more than 1000 points"));
        check_margin(
            "0.5",
            Err(
                "it ends neither in 'pp' (percentage points) nor in '%' (of the baseline), nor in ' points' (of a score)",
            ),
        );
    }

    fn check_price(text: &str, expected: Result<u64, &str>) {
        assert_eq!(price(text), expected.map(Price), "{text}");
    }

    #[test]
    fn prices_are_of_a_million_tokens() {
        check_price("2.50/1M", Ok(2_500));
        check_price("15/1M", Ok(15_000));
        check_price("0.075/1M", Ok(75));
        check_price("0/1M", Ok(0));
        check_price("1000000/1M", Ok(DEAREST));
        check_price("1000000.001/1M", Err("it is more than 1000000"));
        check_price("99999999999999999999/1M", Err("it is more than 1000000"));
        check_price("2.5", Err("it does not end in '/1M', for a million tokens"));
        check_price("2.5/1K", Err("it does not end in '/1M', for a million tokens"));
        check_price("$2.5/1M", Err("it does not begin with a number such as 2.50"));
        check_price("-1/1M", Err("it does not begin with a number such as 2.50"));
        check_price("2./1M", Err("it does not begin with a number such as 2.50"));
        check_price(
            "0.0005/1M",
            Err("it has more than three decimals, and thousandths are as fine as it gets"),
        );
    }

    fn check_duration(text: &str, expected: Result<u64, &str>) {
        assert_eq!(duration(text), expected.map(Duration::from_millis), "{text}");
    }

    #[test]
    fn durations_are_sums_of_units() {
        check_duration("500ms", Ok(500));
        check_duration("30s", Ok(30_000));
        check_duration("1h30m", Ok(5_400_000));
        check_duration("1d1h1m1s1ms", Ok(90_061_001));
        check_duration("90m", Ok(5_400_000));
        check_duration("0s", Ok(0));
        check_duration("365d", Ok(LONGEST));
        check_duration("365d1ms", Err("it is longer than 365 days"));
        check_duration("99999999999999999999d", Err("it is longer than 365 days"));
        check_duration("", Err("it is empty"));
        check_duration("30", Err("write whole numbers, each with a unit: d, h, m, s or ms"));
        check_duration("s", Err("write whole numbers, each with a unit: d, h, m, s or ms"));
        check_duration("1.5h", Err("write whole numbers, each with a unit: d, h, m, s or ms"));
        check_duration("1w", Err("write whole numbers, each with a unit: d, h, m, s or ms"));
        check_duration("30m1h", Err("larger units come first, each once"));
        check_duration("1h1h", Err("larger units come first, each once"));
    }

    proptest! {
        #[test]
        fn durations_read_as_they_are_written(millis in 0..=LONGEST) {
            let span = Duration::from_millis(millis);
            prop_assert_eq!(duration(&duration_text(span)), Ok(span));
        }

        #[test]
        fn prices_read_as_they_are_written(thousandths in 0..=DEAREST) {
            prop_assert_eq!(price(&price_text(Price(thousandths))), Ok(Price(thousandths)));
        }

        #[test]
        fn margins_read_as_they_are_written(size in 1..=WHOLE) {
            for written in [Margin::Points(size), Margin::Relative(size), Margin::Score(size)] {
                prop_assert_eq!(margin(&written.to_string()), Ok(written));
            }
        }
    }
}
