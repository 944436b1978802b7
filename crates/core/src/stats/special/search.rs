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

/// The point between `low` and `high` where `value` turns from below zero to zero or above, given that it turns once.
///
/// Errs to the side of `high` by at most `precision`, and returns `high` when zero is never reached. Where the value is
/// nearly straight a few looks suffice: false position, with the value of an end that stays halved (Illinois), and a
/// halving wherever three looks have not halved the range or an end's value is not known.
pub(crate) fn turn_within(precision: f64, low: f64, high: f64, value: impl Fn(f64) -> f64) -> f64 {
    turn_about([], precision, low, high, value)
}

/// The same, looking first at points that are likely to have the turn between them.
pub(crate) fn turn_about<const N: usize>(
    likely: [f64; N],
    precision: f64,
    low: f64,
    high: f64,
    value: impl Fn(f64) -> f64,
) -> f64 {
    let (mut below, mut above) = (End { at: low, value: None }, End { at: high, value: None });
    for at in likely {
        if at > below.at.min(above.at) && at < below.at.max(above.at) {
            let found = value(at);
            *(if found >= 0.0 { &mut above } else { &mut below }) = End::new(at, found);
        }
    }
    let mut widths = [f64::INFINITY; 3];
    let mut high_moved = None;
    for look in 0..HALVINGS {
        let width = (above.at - below.at).abs();
        if width <= precision {
            break;
        }
        let is_slow = width > 0.5 * widths[look % widths.len()];
        widths[look % widths.len()] = width;
        let part = match (below.value, above.value) {
            (Some(below), Some(above)) if !is_slow => {
                let least = 0.5 * precision / width;
                (below / (below - above)).clamp(least, 1.0 - least)
            }
            _ => 0.5,
        };
        let middle = (above.at - below.at).mul_add(part, below.at);
        if middle == below.at || middle == above.at {
            break;
        }
        let found = value(middle);
        let end = End::new(middle, found);
        let is_reached = found >= 0.0;
        let (moved, stays) = if is_reached { (&mut above, &mut below) } else { (&mut below, &mut above) };
        *moved = end;
        if high_moved.replace(is_reached) == Some(is_reached) {
            stays.value = stays.value.map(|value| 0.5 * value);
        }
    }
    above.at
}

/// One end of the range in which a turn is looked for.
#[derive(Clone, Copy)]
struct End {
    at: f64,
    value: Option<f64>,
}

impl End {
    fn new(at: f64, value: f64) -> Self {
        Self { at, value: Some(value).filter(|value| value.is_finite()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    proptest! {
        #[test]
        fn a_turn_is_found_to_the_side_of_the_high_end(
            turn in -0.999f64..0.999, steepness in 0.1f64..1e4, bend in -0.9f64..0.9, flipped: bool,
        ) {
            let (low, high) = if flipped { (1.0, -1.0) } else { (-1.0, 1.0) };
            let way = if flipped { -1.0 } else { 1.0 };
            let value = |x: f64| {
                let beyond = way * (x - turn);
                steepness * beyond * (1.0 + bend * beyond.tanh())
            };
            let found = turn_within(1e-6, low, high, value);
            prop_assert!(way * (found - turn) >= -1e-12 && (found - turn).abs() <= 1e-6, "{found} for {turn}");
        }
    }

    #[test]
    fn few_looks_suffice_where_the_value_is_nearly_straight() {
        let looks = Cell::new(0);
        let found = turn_within(1e-9, -1.0, 1.0, |x| {
            looks.set(looks.get() + 1);
            (x + 2.0).powi(2) - 4.41
        });
        assert!((found - 0.1).abs() < 1e-9, "{found}");
        assert!(looks.get() <= 12, "{} looks", looks.get());
    }

    #[test]
    fn fewer_suffice_where_the_turn_is_likely() {
        let looks = Cell::new(0);
        let value = |x: f64| {
            looks.set(looks.get() + 1);
            (x + 2.0).powi(2) - 4.41
        };
        for (likely, most) in [([0.09, 0.12], 8), ([0.5, 0.9], 14), ([-3.0, 7.0], 12)] {
            let found = turn_about(likely, 1e-9, -1.0, 1.0, value);
            assert!((found - 0.1).abs() < 1e-9, "{found}");
            let looks = looks.replace(0);
            assert!(looks <= most, "{looks} looks for {likely:?}");
        }
    }

    #[test]
    fn what_is_never_reached_is_at_the_high_end() {
        assert!((turn_within(1e-6, -1.0, 1.0, |_| -1.0) - 1.0).abs() < f64::EPSILON);
        assert!((turn_within(1e-6, 1.0, -1.0, |_| f64::NEG_INFINITY) + 1.0).abs() < f64::EPSILON);
    }
}
