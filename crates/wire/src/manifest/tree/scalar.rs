//! What an unquoted scalar means, by the core schema of YAML 1.2: [`resolve`].

use super::Value;
use serde_json::Number;

const TOO_LARGE: &str = "this number is too large to be kept exactly; put it in quotes";
const NOT_FINITE: &str = "this is not a finite number";

/// Reads an unquoted scalar; the error says what is wrong with it.
pub(super) fn resolve(text: &str) -> Result<Value, &'static str> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Ok(Value::Null),
        "true" | "True" | "TRUE" => Ok(Value::Boolean(true)),
        "false" | "False" | "FALSE" => Ok(Value::Boolean(false)),
        ".nan" | ".NaN" | ".NAN" => Err(NOT_FINITE),
        _ => number(text).map_or_else(|| Ok(Value::Text(text.to_owned())), |read| read.map(Value::Number)),
    }
}

/// The number a text is, if it is one; the error is that of a number whose value would not be kept.
fn number(text: &str) -> Option<Result<Number, &'static str>> {
    if let Some((radix, digits)) = prefixed(text) {
        let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        return is_number
            .then(|| u64::from_str_radix(digits, radix).map(Number::from).map_err(|_| TOO_LARGE));
    }
    let unsigned = without_sign(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Err(NOT_FINITE));
    }
    if !unsigned.is_empty() && all_digits(unsigned) {
        let signed = text.parse::<i64>().map(Number::from);
        return Some(signed.or_else(|_| text.parse::<u64>().map(Number::from)).map_err(|_| TOO_LARGE));
    }
    is_float(unsigned).then(|| text.parse::<f64>().ok().and_then(Number::from_f64).ok_or(NOT_FINITE))
}

/// The radix and digits of `0o17` and `0x1f`.
fn prefixed(text: &str) -> Option<(u32, &str)> {
    let octal = text.strip_prefix("0o").map(|digits| (8, digits));
    octal.or_else(|| text.strip_prefix("0x").map(|digits| (16, digits)))
}

/// Whether an unsigned text is a mantissa with at least one digit and, perhaps, an exponent.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, without_sign(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    has_digits && all_digits(whole) && all_digits(fraction) && !exponent.is_empty() && all_digits(exponent)
}

fn without_sign(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<Value, &str>) {
        assert_eq!(resolve(text), expected, "{text:?}");
    }

    fn number_of(json: &str) -> Result<Value, &'static str> {
        Ok(Value::Number(json.parse().unwrap()))
    }

    #[test]
    fn scalars_mean_what_yaml_says() {
        check("", Ok(Value::Null));
        check("~", Ok(Value::Null));
        check("Null", Ok(Value::Null));
        check("TRUE", Ok(Value::Boolean(true)));
        check("no", Ok(Value::Text("no".into())));
        check("5", number_of("5"));
        check("+5", number_of("5"));
        check("-5", number_of("-5"));
        check("007", number_of("7"));
        check("18446744073709551615", number_of("18446744073709551615"));
        check("0x1F", number_of("31"));
        check("0o17", number_of("15"));
        check("1.", number_of("1.0"));
        check(".5", number_of("0.5"));
        check("1e3", number_of("1000.0"));
        check("5%", Ok(Value::Text("5%".into())));
        check("1.2.3", Ok(Value::Text("1.2.3".into())));
        check(".", Ok(Value::Text(".".into())));
        check("e5", Ok(Value::Text("e5".into())));
        check("0x", Ok(Value::Text("0x".into())));
        check("-", Ok(Value::Text("-".into())));
    }

    #[test]
    fn numbers_that_would_change_are_refused() {
        check("18446744073709551616", Err(TOO_LARGE));
        check("-9223372036854775809", Err(TOO_LARGE));
        check("0xfffffffffffffffff", Err(TOO_LARGE));
        check(".inf", Err(NOT_FINITE));
        check("-.Inf", Err(NOT_FINITE));
        check(".NaN", Err(NOT_FINITE));
        check("1e999", Err(NOT_FINITE));
    }
}
