//! A layer: experiments that must not meet share its units, each with a part of its own. [`place`] finds a part for a new one.

use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// The whole, in buckets.
const WHOLE: u16 = 10_000;

/// The buckets of a layer that belong to one experiment: `width` of them from `start` on. They stay the same while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The first.
    pub start: u16,
    /// How many.
    pub width: Weight,
}

impl Part {
    /// All of a layer.
    pub const WHOLE: Self = Self { start: 0, width: Weight::FULL };

    /// Whether a bucket belongs to it.
    pub const fn holds(self, bucket: u16) -> bool {
        bucket >= self.start && bucket - self.start < self.width.basis_points()
    }

    /// The bucket after its last.
    const fn end(self) -> u16 {
        self.start.saturating_add(self.width.basis_points())
    }
}

/// A part of `width` beside those that are taken, in the first gap that holds it.
///
/// # Errors
/// No gap does; the widest there is.
pub fn place(taken: &[Part], width: Weight) -> Result<Part, Weight> {
    let mut taken: Vec<Part> = taken.to_vec();
    taken.sort_by_key(|part| part.start);
    let ends = std::iter::once(0).chain(taken.iter().map(|part| part.end()));
    let starts = taken.iter().map(|part| part.start).chain([WHOLE]);
    let gaps: Vec<(u16, u16)> =
        ends.zip(starts).map(|(end, start)| (end, start.saturating_sub(end))).collect();
    let found = gaps.iter().find(|(_, size)| *size >= width.basis_points());
    let widest = gaps.iter().map(|(_, size)| *size).max().unwrap_or(0);
    found.map_or_else(
        || Err(Weight::from_basis_points(widest).unwrap_or(Weight::FULL)),
        |(start, _)| Ok(Part { start: *start, width }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(start: u16, width: u16) -> Part {
        Part { start, width: Weight::from_basis_points(width).unwrap() }
    }

    fn check(taken: &[Part], width: u16, expected: Result<u16, u16>) {
        let width = Weight::from_basis_points(width).unwrap();
        let found = place(taken, width).map(|part| part.start).map_err(Weight::basis_points);
        assert_eq!(found, expected, "{width} beside {taken:?}");
    }

    #[test]
    fn experiments_of_a_layer_lie_side_by_side() {
        check(&[], 10_000, Ok(0));
        check(&[part(0, 5_000)], 5_000, Ok(5_000));
        check(&[part(6_000, 4_000), part(0, 2_000)], 4_000, Ok(2_000));
        check(&[part(0, 10_000)], 1, Err(0));
        check(&[part(0, 2_000), part(5_000, 4_000)], 3_500, Err(3_000));
    }

    #[test]
    fn a_part_holds_its_own_buckets_only() {
        let held = |part: Part| (0..WHOLE).filter(|bucket| part.holds(*bucket)).count();
        assert_eq!(held(Part::WHOLE), 10_000);
        assert_eq!(held(part(9_990, 10)), 10);
        assert!(!part(10, 10).holds(9) && part(10, 10).holds(19) && !part(10, 10).holds(20));
    }
}
