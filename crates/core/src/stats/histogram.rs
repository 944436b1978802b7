//! A histogram of durations whose bucket counts are exact and add up across gateways.
//!
//! Start with [`Histogram::record`]. Buckets grow by a fixed factor, so every duration from one millisecond to a
//! thousand seconds is known to within one per cent, with about 700 buckets of which only the range in use is stored.
//! Counts above a bucket edge are exact, which is what the exceedance race needs: thresholds are edges. Recording looks
//! up two small tables and computes no logarithm, because it happens on the path of a request.
//!
//! The bucket layout is that of DDSketch (Masson, Rim, Lee, VLDB 2019) over microseconds. It is part of the stored
//! form: histograms of different layouts must never be added.

use serde::{Deserialize, Serialize};

/// The factor from one edge to the next: one per cent to either side of a bucket's middle.
pub const GROWTH: f64 = 1.01 / 0.99;

/// The power of [`GROWTH`] that is the lowest edge, 993 microseconds; shorter durations share one bucket.
const LOWEST_POWER: usize = 345;

/// The power of [`GROWTH`] that is the highest edge, just above 1000 seconds; longer durations share one bucket.
const HIGHEST_POWER: usize = 1037;

const EDGE_COUNT: usize = HIGHEST_POWER - LOWEST_POWER + 1;

/// One bucket under each edge and one above the last.
const BUCKETS: usize = EDGE_COUNT + 1;

/// The upper edges of the buckets in whole microseconds, both sides inclusive: bucket `i` holds `EDGES[i-1] < us <= EDGES[i]`.
static EDGES: [u64; EDGE_COUNT] = edges();

/// Leading binary digits by which a duration is looked up: 64 cells per doubling, each narrower than a bucket.
const CELL_BITS: u32 = 6;

/// The doublings that the edges span, from 512 microseconds to beyond the last edge.
const LOWEST_OCTAVE: u32 = 9;
const OCTAVES: usize = 21;

/// The bucket of each cell's first duration; the rest of the cell is in that bucket or the next.
static CELLS: [u16; OCTAVES << CELL_BITS] = cells();

/// Counts of durations by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Buckets", into = "Buckets")]
pub struct Histogram {
    buckets: Buckets,
    /// How many all buckets have.
    count: u64,
}

/// The stored form: the first bucket in use and the counts from there to the last bucket in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Buckets {
    first: usize,
    counts: Vec<u64>,
}

impl Histogram {
    /// Counts one duration, in microseconds.
    pub fn record(&mut self, us: u64) {
        let bucket = bucket_of(us);
        self.buckets.cover(bucket, bucket);
        self.buckets.counts[bucket - self.buckets.first] += 1;
        self.count += 1;
    }

    /// Adds the counts of another histogram; the order of merging does not matter.
    pub fn merge(&mut self, other: &Self) {
        let Buckets { first, counts } = &other.buckets;
        if counts.is_empty() {
            return;
        }
        self.buckets.cover(*first, first + counts.len() - 1);
        let start = first - self.buckets.first;
        for (sum, count) in self.buckets.counts[start..].iter_mut().zip(counts) {
            *sum += count;
        }
        self.count += other.count;
    }

    /// Whether none was recorded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.buckets.counts.is_empty()
    }

    /// The number of durations recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The duration in microseconds that the share `q` of all durations does not exceed, rounded up to a bucket edge.
    ///
    /// `None` when nothing was recorded. A quantile above the last edge is reported as the last edge.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let rank = (q * self.count() as f64).ceil().max(1.0);
        self.at_rank(rank as u64)
    }

    /// The upper edge of the bucket that holds the duration of this rank, counted from 1 for the shortest.
    ///
    /// `None` when fewer durations were recorded.
    #[must_use]
    pub fn at_rank(&self, rank: u64) -> Option<u64> {
        self.bucket_at_rank(rank).map(|bucket| EDGES[bucket.min(EDGE_COUNT - 1)])
    }

    /// The lower edge of the bucket that holds the duration of this rank: the duration is longer than this.
    ///
    /// Zero for the lowest bucket; `None` when fewer durations were recorded.
    #[must_use]
    pub fn below_rank(&self, rank: u64) -> Option<u64> {
        self.bucket_at_rank(rank).map(|bucket| if bucket == 0 { 0 } else { EDGES[bucket - 1] })
    }

    /// How many durations exceed the edge, in microseconds; exact when it is a bucket edge, else that of the edge above.
    #[must_use]
    pub fn count_above(&self, edge: u64) -> u64 {
        let above = bucket_of(edge) + 1;
        let skipped = above.saturating_sub(self.buckets.first);
        self.buckets.counts.iter().skip(skipped).sum()
    }

    /// How many durations each bucket has, by its upper edge; the last edge stands for those beyond it.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> {
        let Buckets { first, counts } = &self.buckets;
        let used = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        used.map(move |(offset, count)| (EDGES[(first + offset).min(EDGE_COUNT - 1)], *count))
    }

    /// How many durations each bucket has, by how many buckets it lies above the one that ends at `edge`.
    pub(super) fn steps_from(&self, edge: u64) -> impl Iterator<Item = (i64, u64)> {
        let Buckets { first, counts } = &self.buckets;
        let below = *first as i64 - bucket_of(edge) as i64;
        let used = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        used.map(move |(offset, count)| (below + offset as i64, *count))
    }

    fn bucket_at_rank(&self, rank: u64) -> Option<usize> {
        // From the top, where the percentiles that are watched are near.
        let mut below = Some(self.count).filter(|count| rank <= *count)?;
        let rank = rank.max(1);
        let found = self.buckets.counts.iter().rposition(|count| {
            below -= count;
            below < rank
        });
        found.map(|offset| self.buckets.first + offset)
    }
}

impl Buckets {
    /// Makes room for the buckets from `low` to `high`.
    fn cover(&mut self, low: usize, high: usize) {
        if self.counts.is_empty() {
            self.first = low;
        }
        if low < self.first {
            let missing = self.first - low;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = low;
        }
        let needed = high + 1 - self.first;
        if self.counts.len() < needed {
            self.counts.resize(needed, 0);
        }
    }
}

impl TryFrom<Buckets> for Histogram {
    type Error = &'static str;

    fn try_from(buckets: Buckets) -> Result<Self, Self::Error> {
        let end = buckets.first.checked_add(buckets.counts.len());
        if end.is_none_or(|end| end > BUCKETS) {
            return Err("histogram with buckets beyond the last one");
        }
        let count = buckets.counts.iter().try_fold(0, |sum: u64, count| sum.checked_add(*count));
        Ok(Self { count: count.ok_or("histogram with more durations than can be counted")?, buckets })
    }
}

impl From<Histogram> for Buckets {
    fn from(histogram: Histogram) -> Self {
        histogram.buckets
    }
}

/// The bucket edge at or above a duration in microseconds: how thresholds are rounded up. At most the last edge.
#[must_use]
pub fn edge_at_or_above(us: u64) -> u64 {
    EDGES[bucket_of(us).min(EDGE_COUNT - 1)]
}

/// The bucket edge at or below a duration in microseconds: how thresholds are rounded down. At least the first edge.
#[must_use]
pub fn edge_at_or_below(us: u64) -> u64 {
    let bucket = bucket_of(us);
    if EDGES.get(bucket) == Some(&us) { us } else { EDGES[bucket.saturating_sub(1)] }
}

/// The bucket of a duration: the first whose upper edge is not below it.
fn bucket_of(us: u64) -> usize {
    let octave = us.checked_ilog2().unwrap_or(0);
    if octave < LOWEST_OCTAVE {
        return 0;
    }
    let leading_digits = (us >> (octave - CELL_BITS)) as usize - (1 << CELL_BITS);
    let cell = ((octave - LOWEST_OCTAVE) as usize) << CELL_BITS | leading_digits;
    let Some(bucket) = CELLS.get(cell) else {
        return BUCKETS - 1;
    };
    let bucket = usize::from(*bucket);
    match EDGES.get(bucket) {
        Some(edge) if us > *edge => bucket + 1,
        _ => bucket,
    }
}

/// The powers of the growth factor, rounded down to whole microseconds.
const fn edges() -> [u64; EDGE_COUNT] {
    let mut edges = [0; EDGE_COUNT];
    let mut edge = 1.0;
    let mut power = 0;
    while power <= HIGHEST_POWER {
        if power >= LOWEST_POWER {
            edges[power - LOWEST_POWER] = edge as u64;
        }
        edge *= GROWTH;
        power += 1;
    }
    edges
}

/// For each cell the bucket that holds its first duration.
const fn cells() -> [u16; OCTAVES << CELL_BITS] {
    let edges = edges();
    let mut cells = [0; OCTAVES << CELL_BITS];
    let mut bucket = 0;
    let mut cell = 0;
    while cell < cells.len() {
        let octave = LOWEST_OCTAVE + (cell >> CELL_BITS) as u32;
        let leading_digits = (1 << CELL_BITS) | (cell & ((1 << CELL_BITS) - 1)) as u64;
        let first_duration = leading_digits << (octave - CELL_BITS);
        while bucket < EDGE_COUNT && edges[bucket] < first_duration {
            bucket += 1;
        }
        cells[cell] = bucket as u16;
        cell += 1;
    }
    cells
}

#[cfg(test)]
mod tests;
