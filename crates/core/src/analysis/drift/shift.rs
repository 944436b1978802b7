//! How far the counts at both ends are apart. Entry points: [`Shift::of`] for cells of any kind, [`Shift::of_sizes`] for sizes.

use super::ends::Ends;
use crate::stats::report::drift::{LARGE, MODERATE, distance, stability};
use std::fmt;

/// Sizes are compared in so many parts.
const TENTHS: u64 = 10;

/// The cells of a share.
pub(super) const GOOD: u8 = 0;
pub(super) const BAD: u8 = 1;
pub(super) const UNKNOWN: u8 = 2;

/// How far two samples are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    /// The population stability index beyond what chance comes to.
    pub(super) beyond: f64,
    /// The largest distance of the distributions, where cells have an order.
    pub(super) distance: Option<f64>,
    /// The chance of as much among equals.
    pub(super) p: f64,
}

impl Shift {
    /// Everything in one cell, both times, is no shift at all.
    pub(super) fn of<K: Ord + Copy>(ends: &Ends<K>, cells: &[(u64, u64)]) -> Self {
        let [first, newest] = ends.weighed(cells);
        let stable = Self { beyond: 0.0, distance: None, p: 1.0 };
        stability(&first, &newest).map_or(stable, |found| Self {
            beyond: found.beyond_chance(),
            p: found.p,
            ..stable
        })
    }

    /// The same of sizes, whose cells have an order: either distance may show that they changed, so each has half of the
    /// chance.
    pub(super) fn of_sizes(ends: &Ends<u64>) -> Self {
        let cells = tenths(ends);
        let shift = Self::of(ends, &cells);
        let [first, newest] = ends.weighed(&cells);
        let Some(apart) = distance(&first, &newest) else { return shift };
        Self { distance: Some(apart.largest), p: (2.0 * shift.p.min(apart.p)).min(1.0), ..shift }
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = match self.beyond {
            beyond if beyond >= LARGE => "large",
            beyond if beyond >= MODERATE => "moderate",
            _ => "small",
        };
        write!(f, " (a {size} shift: PSI {:.2} beyond chance", self.beyond)?;
        if let Some(distance) = self.distance {
            write!(f, ", KS {distance:.2}")?;
        }
        f.write_str(")")
    }
}

/// Counts at both ends by the tenths of the first, and of what lies below and above all of it.
fn tenths(ends: &Ends<u64>) -> Vec<(u64, u64)> {
    let all: u64 = ends.first.values().sum::<u64>().max(1);
    let mut cells = Vec::new();
    let (mut open, mut passed) = ((0, 0), 0);
    for bound in ends.cells() {
        let (first, newest) = ends.at(bound);
        if passed == 0 && first > 0 {
            cells.push(std::mem::take(&mut open));
        }
        open = (open.0 + first, open.1 + newest);
        let tenth = passed * TENTHS / all;
        passed += first;
        if passed * TENTHS / all > tenth {
            cells.push(std::mem::take(&mut open));
        }
    }
    cells.push(open);
    cells
}
