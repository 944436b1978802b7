//! Numbers as people read them: shares, spans of time, large counts.

use std::time::Duration;
use viridian_wire::api::{CountsBody, EffectBody, Moment, ScaleBody};

/// A share in per cent, with as many digits as it has and at most two.
pub(super) fn percent(percent: f64) -> String {
    let text = format!("{percent:.2}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A count with its thousands apart.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bad requests as a share, or the mean of scores, and of how many.
pub(super) fn share(counts: CountsBody) -> String {
    if counts.requests == 0 {
        return "-".to_owned();
    }
    if let Some(mean) = counts.mean {
        return format!("{mean:.2} of {}", count(counts.requests));
    }
    format!("{:.2}% of {}", counts.bad as f64 / counts.requests as f64 * 100.0, count(counts.requests))
}

/// An effect with its interval.
pub(super) fn effect(effect: &EffectBody) -> String {
    let Some(estimate) = effect.estimate else { return "-".to_owned() };
    let scaled = |value: f64| match effect.scale {
        ScaleBody::Score if value < 0.0 => format!("{:.2} higher", -value),
        ScaleBody::Score => format!("{value:.2} lower"),
        // Beyond a hundredfold the number says nothing that "very large" does not.
        _ if value > 99.0 => ">100x".to_owned(),
        ScaleBody::Points => format!("{:+.2}pp", value * 100.0),
        ScaleBody::Relative => format!("{:+.1}%", value * 100.0),
    };
    let interval = match (effect.lower, effect.upper) {
        (Some(lower), Some(upper)) => format!(" ({} .. {})", scaled(lower), scaled(upper)),
        (Some(lower), None) => format!(" ({} ..)", scaled(lower)),
        (None, Some(upper)) => format!(" (.. {})", scaled(upper)),
        (None, None) => String::new(),
    };
    format!("{}{interval}", scaled(estimate))
}

/// A span of time in its two largest units.
pub fn span(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut left = duration.as_secs();
    let mut parts = Vec::new();
    for (seconds, unit) in UNITS {
        if left >= seconds && parts.len() < 2 {
            parts.push(format!("{}{unit}", left / seconds));
            left %= seconds;
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.concat() }
}

/// How long ago a moment was, by the clock of this machine.
pub fn ago(moment: Moment) -> String {
    let now = jiff::Timestamp::now().as_millisecond();
    let then = i64::try_from(moment.0.0).unwrap_or(i64::MAX);
    span(Duration::from_millis(u64::try_from(now - then).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_digits_they_need() {
        let check = |value, text: &str| assert_eq!(percent(value), text);
        check(0.0, "0%");
        check(0.05, "0.05%");
        check(2.5, "2.5%");
        check(10.0, "10%");
        check(100.0, "100%");
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        let check = |value, text: &str| assert_eq!(count(value), text);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }

    #[test]
    fn spans_have_two_units_at_most() {
        let check = |seconds, text: &str| assert_eq!(span(Duration::from_secs(seconds)), text);
        check(0, "0s");
        check(59, "59s");
        check(90, "1m30s");
        check(3_600, "1h");
        check(3_601, "1h");
        check(90_061, "1d1h");
    }

    #[test]
    fn effects_show_their_interval() {
        let relative =
            EffectBody { scale: ScaleBody::Relative, estimate: Some(0.1), lower: Some(-0.05), upper: None };
        assert_eq!(effect(&relative), "+10.0% (-5.0% ..)");
        let points = EffectBody { scale: ScaleBody::Points, estimate: None, lower: None, upper: None };
        assert_eq!(effect(&points), "-");
        let scores =
            EffectBody { scale: ScaleBody::Score, estimate: Some(0.3), lower: Some(-0.1), upper: Some(0.72) };
        assert_eq!(effect(&scores), "0.30 lower (0.10 higher .. 0.72 lower)");
        assert_eq!(
            share(CountsBody { requests: 1_200, bad: 0, unknown: 0, mean: Some(3.957) }),
            "3.96 of 1,200"
        );
    }
}
