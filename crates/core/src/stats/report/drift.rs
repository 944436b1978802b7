//! Whether a population is still the one it was: the population stability index, the distance of two distributions, and the
//! chance of either among equals, at one look. Entry points: [`stability`] and [`distance`].
//!
//! Hypothesis: the counts before and now are two samples of one population. Assumes independent requests; requests of few
//! callers vary more, and what is small says nothing then. For reports: nothing here decides.

use crate::stats::special::chi_square_above;

/// An index from here on is commonly called a moderate shift.
pub const MODERATE: f64 = 0.1;
/// An index from here on is commonly called a large shift.
pub const LARGE: f64 = 0.25;
/// Cells that are expected to have fewer than this in either sample are counted together.
const LEAST: f64 = 5.0;

/// How far a population has shifted over cells, such as buckets of a length or values of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stability {
    /// The population stability index, in natural units: zero for equal shares.
    pub index: f64,
    /// What the index comes to on average among equals, with as many counts.
    pub by_chance: f64,
    /// The chance of such an index or a larger one among equals.
    pub p: f64,
}

/// How far two distributions are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// The largest difference between the shares at or below an edge, from 0 to 1.
    pub largest: f64,
    /// The chance of such a difference or a larger one among equals: at most this, because buckets hide differences.
    pub p: f64,
}

impl Stability {
    /// How far it has shifted beyond what chance comes to.
    #[must_use]
    pub fn beyond_chance(&self) -> f64 {
        (self.index - self.by_chance).max(0.0)
    }
}

/// The population stability index of counts by cell, before and now; nothing without two cells that both samples fill.
///
/// `PSI = sum_i (q_i - p_i) ln(q_i / p_i)` over the shares `p` before and `q` now. Among equals `PSI / (1/n + 1/m)` is about
/// chi-square with `k - 1` degrees of freedom, and so `PSI` is `(k - 1)(1/n + 1/m)` on average, which small samples take for a
/// shift. Cells are merged with the next ones until each is expected to have five counts in both samples. Source: Yurdakul and
/// Naranjo, "Statistical properties of the population stability index", Journal of Risk Model Validation 14, 2020; half
/// a count is added to each cell, so that an empty one has a logarithm.
#[must_use]
pub fn stability(before: &[u64], now: &[u64]) -> Option<Stability> {
    let cells = merged(before, now);
    if cells.len() < 2 {
        return None;
    }
    let count = cells.len() as f64;
    let (n, m) = totals(&cells);
    let share = |counted: u64, all: f64| (counted as f64 + 0.5) / (all + count / 2.0);
    let index = cells
        .iter()
        .map(|&(before, now)| {
            let (before, now) = (share(before, n), share(now, m));
            (now - before) * (now / before).ln()
        })
        .sum();
    let scale = 1.0 / n + 1.0 / m;
    let freedom = count - 1.0;
    Some(Stability { index, by_chance: freedom * scale, p: chi_square_above(index / scale, freedom) })
}

/// The distance of Kolmogorov and Smirnov between counts by bucket, before and now, in the order of the buckets; nothing
/// when either is empty.
///
/// `D = max_i |F(i) - G(i)|`, and among equals `P(D >= d) <= 2 sum_j (-1)^(j-1) exp(-2 j^2 d^2 nm/(n + m))`, at large samples.
/// Source: Smirnov, "Table for estimating the goodness of fit of empirical distributions", 1948. Conservative on buckets:
/// Noether, 1963.
#[must_use]
pub fn distance(before: &[u64], now: &[u64]) -> Option<Distance> {
    let cells: Vec<(u64, u64)> = padded(before, now).collect();
    let (n, m) = totals(&cells);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let (mut below_before, mut below_now, mut largest) = (0.0, 0.0, 0.0_f64);
    for (before, now) in cells {
        below_before += before as f64 / n;
        below_now += now as f64 / m;
        largest = largest.max((below_now - below_before).abs());
    }
    Some(Distance { largest, p: smirnov_above(largest * (n * m / (n + m)).sqrt()) })
}

/// `P(sqrt(nm/(n+m)) D >= x)` in the limit.
fn smirnov_above(x: f64) -> f64 {
    /// Below this the chance is one to within a millionth, and the sum converges slowly.
    const CERTAIN: f64 = 0.3;
    /// The tenth term is below `exp(-2 * 100 * 0.09)`.
    const TERMS: i32 = 10;
    if x < CERTAIN {
        return 1.0;
    }
    let term = |j: i32| {
        let sign = if j % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * f64::from(j * j) * x * x).exp()
    };
    (1..=TERMS).map(term).sum::<f64>().clamp(0.0, 1.0)
}

fn padded<'a>(before: &'a [u64], now: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
    let length = before.len().max(now.len());
    let at = |counts: &[u64], cell: usize| counts.get(cell).copied().unwrap_or(0);
    (0..length).map(move |cell| (at(before, cell), at(now, cell)))
}

fn totals(cells: &[(u64, u64)]) -> (f64, f64) {
    let all = cells.iter().fold((0, 0), |(n, m), (before, now)| (n + before, m + now));
    (all.0 as f64, all.1 as f64)
}

/// Cells in their order, each with as many counts as it needs; what is left at the end belongs to the last.
fn merged(before: &[u64], now: &[u64]) -> Vec<(u64, u64)> {
    let cells: Vec<(u64, u64)> = padded(before, now).collect();
    let (n, m) = totals(&cells);
    // What both have together is spread over them by their sizes when they are of one population.
    let smaller = n.min(m) / (n + m).max(1.0);
    let suffices = |(before, now): (u64, u64)| (before + now) as f64 * smaller >= LEAST;
    let mut merged: Vec<(u64, u64)> = Vec::new();
    let mut open = (0, 0);
    for (before, now) in cells {
        open = (open.0 + before, open.1 + now);
        if suffices(open) {
            merged.push(std::mem::take(&mut open));
        }
    }
    if let Some(last) = merged.last_mut() {
        *last = (last.0 + open.0, last.1 + open.1);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Dice;

    const BEFORE: [u64; 4] = [400, 300, 200, 100];
    const NOW: [u64; 4] = [300, 300, 250, 150];

    fn is_close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-6 * expected.abs().max(1e-3)
    }

    /// The expected numbers are SciPy's: `stats.chi2.sf` and `stats.kstwobign.sf`.
    #[test]
    fn known_counts_have_known_distances() {
        let shifted = stability(&BEFORE, &NOW).unwrap();
        assert!(is_close(shifted.index, 0.059_929_244) && is_close(shifted.by_chance, 0.006), "{shifted:?}");
        assert!(is_close(shifted.p, 1.403_907_85e-6), "{shifted:?}");
        let apart = distance(&BEFORE, &NOW).unwrap();
        assert!(is_close(apart.largest, 0.1) && is_close(apart.p, 9.079_986e-5), "{apart:?}");
        for (x, expected) in
            [(0.5, 0.963_945_244), (1.0, 0.269_999_672), (1.36, 0.049_485_877), (2.0, 6.709_253e-4)]
        {
            assert!(is_close(smirnov_above(x), expected), "{x}");
        }
    }

    #[test]
    fn the_same_counts_have_not_shifted() {
        let stable = stability(&BEFORE, &BEFORE).unwrap();
        assert!(stable.index.abs() < 1e-12 && (stable.p - 1.0).abs() < 1e-9, "{stable:?}");
        assert!(stable.beyond_chance().abs() < 1e-12);
        let same = distance(&BEFORE, &BEFORE).unwrap();
        assert!(same.largest.abs() < 1e-12 && (same.p - 1.0).abs() < 1e-9, "{same:?}");
    }

    #[test]
    fn too_little_says_nothing() {
        for (before, now) in [(&[][..], &[][..]), (&BEFORE[..], &[]), (&[7], &[9]), (&[3, 4], &[4, 2])] {
            assert_eq!(stability(before, now), None, "{before:?} {now:?}");
        }
        assert_eq!(distance(&BEFORE, &[]), None);
    }

    /// A value that came anew, beyond those there were.
    #[test]
    fn a_cell_that_was_not_there_is_one_of_nothing() {
        let came = stability(&[500, 500], &[400, 400, 200]).unwrap();
        assert!(came.index > LARGE, "{came:?}");
        let went = stability(&[400, 400, 200], &[500, 500]).unwrap();
        assert!((came.index - went.index).abs() < 1e-12, "{came:?} {went:?}");
    }

    /// Counts of lengths that are spread as in requests: many short, few long, in twelve buckets.
    fn drawn(dice: &mut Dice, requests: u64, shift: f64) -> [u64; 12] {
        let mut counts = [0; 12];
        for _ in 0..requests {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "taken to a bucket")]
            let bucket = (4.0 + 2.0 * dice.normal() + shift).clamp(0.0, 11.0) as usize;
            counts[bucket] += 1;
        }
        counts
    }

    /// The part of so many pairs of samples whose chance is said to be at most one in twenty.
    fn alarms(before: u64, now: u64, shift: f64) -> [f64; 2] {
        const PAIRS: u64 = 2_000;
        let mut found = [0_u64; 2];
        for seed in 0..PAIRS {
            let mut dice = Dice::seeded(seed);
            let (then, since) = (drawn(&mut dice, before, 0.0), drawn(&mut dice, now, shift));
            let chances = [stability(&then, &since).unwrap().p, distance(&then, &since).unwrap().p];
            found.iter_mut().zip(chances).for_each(|(count, p)| *count += u64::from(p <= 0.05));
        }
        found.map(|count| count as f64 / PAIRS as f64)
    }

    /// Three standard errors of one in twenty in two thousand pairs are 1.5 points.
    #[test]
    fn equals_are_said_to_have_shifted_as_seldom_as_told() {
        for (before, now) in [(5_000, 500), (500, 500), (300, 60)] {
            let [stability, distance] = alarms(before, now, 0.0);
            assert!(stability <= 0.065 && distance <= 0.05, "{before}, {now}: {stability} and {distance}");
        }
    }

    #[test]
    fn a_shift_is_found() {
        let [stability, distance] = alarms(2_000, 500, 0.5);
        assert!(stability > 0.9 && distance > 0.9, "{stability} and {distance}");
    }
}
