//! Whether the counts of an experiment can be trusted: the traffic was split as it was drawn ([`split`]), and nobody was seen on
//! two arms ([`exposure`]). Where they cannot, nothing is concluded from them.

use super::evidence::{Counted, Span};
use crate::analysis::judge::Units;
use crate::analysis::measurement::ArmCounts;
use crate::analysis::tally::UnitSketch;
use crate::stats::evidence::contrast::{EpochSums, GroupSums, split_is_off};
use crate::stats::evidence::srm::log_e_of_sequences;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// The part of soundly split experiments that may be called broken.
pub const ALPHA_SPLIT: f64 = 0.001;

/// Whether the traffic was split as it was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Split {
    /// Nothing speaks against it.
    Sound,
    /// An arm has another part of the requests than was drawn for it: something loses or adds requests.
    Broken {
        /// The arm that is farthest off, counted from zero.
        arm: usize,
        /// Its part as drawn.
        expected: f64,
        /// Its part as counted.
        observed: f64,
    },
}

/// Whether units were seen on more than one arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// About how many units were seen.
    pub units: u64,
    /// About how many of them on more than one arm.
    pub twice: u64,
    /// What that says.
    pub finding: Exposed,
}

/// What the units say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exposed {
    /// Nobody was seen on two arms, as far as the count can tell.
    Once,
    /// More were than the count errs by.
    Twice,
    /// Requests are drawn by themselves, or units are more than the count can tell apart.
    Unknown,
}

/// Whether the requests of all spans were split as they were drawn.
pub fn split(counted: &Counted, units: Units) -> Split {
    let spans: Vec<&Span> = counted.lead_in.iter().chain(&counted.spans).collect();
    let is_off = match units {
        Units::Independent => log_e(&spans) >= -ALPHA_SPLIT.ln(),
        Units::Sticky => is_off_by_groups(&spans),
    };
    if is_off { farthest(&spans) } else { Split::Sound }
}

/// The log e-value against "each request fell on an arm with that arm's share", over spans with different shares.
///
/// Spans with equal shares are one sequence of draws.
fn log_e(spans: &[&Span]) -> f64 {
    let mut sequences: Vec<(&Span, Vec<u64>)> = Vec::new();
    for span in spans {
        let counts = requests(span);
        match sequences.iter_mut().find(|(first, _)| first.shares == span.shares) {
            Some((_, sums)) => sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count),
            None => sequences.push((span, counts.collect())),
        }
    }
    let sequences: Vec<_> = sequences.iter().map(|(span, counts)| cells(span, counts)).collect();
    log_e_of_sequences(&sequences)
}

/// The arms with a share, with their probabilities.
fn cells(span: &Span, counts: &[u64]) -> Vec<(f64, u64)> {
    let all = span.whole();
    let with_share = span.shares.iter().zip(counts).filter(|(share, _)| **share > Weight::ZERO);
    with_share.map(|(share, count)| (share.probability() / all, *count)).collect()
}

/// Each arm against all others, at its part of the error.
fn is_off_by_groups(spans: &[&Span]) -> bool {
    let arms = spans.first().map_or(0, |span| span.arms.len());
    (0..arms).any(|arm| split_is_off(&against_others(spans, arm), ALPHA_SPLIT / arms as f64))
}

fn against_others(spans: &[&Span], arm: usize) -> Vec<EpochSums> {
    let of_span = |span: &&Span| {
        let shares = span.whole();
        let share = span.shares.get(arm)?.probability();
        if share <= 0.0 || share >= shares {
            return None;
        }
        let of_arm = |arm: &ArmCounts| arm.requests_by_group(span.ending).map(|count| count as f64).collect();
        let by_group: Vec<Vec<f64>> = span.arms.iter().map(of_arm).collect();
        let groups = (0..by_group.first()?.len()).map(|group| {
            let all: f64 = by_group.iter().map(|arm| arm[group]).sum();
            let own = by_group[arm][group];
            GroupSums { candidate: own, baseline: all - own, ..GroupSums::default() }
        });
        Some(EpochSums { probability: share / shares, groups: groups.collect() })
    };
    spans.iter().filter_map(of_span).collect()
}

/// The requests that fell on each arm.
fn requests(span: &Span) -> impl Iterator<Item = u64> {
    span.arms.iter().map(|arm| arm.requests(span.ending))
}

/// The arm whose requests lie farthest from what was drawn, in parts of it.
fn farthest(spans: &[&Span]) -> Split {
    let arms = spans.first().map_or(0, |span| span.arms.len());
    let (mut expected, mut observed) = (vec![0.0; arms], vec![0.0; arms]);
    for span in spans {
        let shares = span.whole();
        let counts: Vec<u64> = requests(span).collect();
        let all = counts.iter().sum::<u64>() as f64;
        for (arm, count) in counts.iter().enumerate() {
            expected[arm] += all * span.shares[arm].probability() / shares;
            observed[arm] += *count as f64;
        }
    }
    let all: f64 = observed.iter().sum();
    let off = |arm: usize| (observed[arm] - expected[arm]).powi(2) / expected[arm].max(1.0);
    let arm = (0..arms).max_by(|a, b| off(*a).total_cmp(&off(*b))).unwrap_or(0);
    Split::Broken { arm, expected: expected[arm] / all, observed: observed[arm] / all }
}

/// Units are counted by the bits they set, of which there are so many.
const BITS: f64 = 4_096.0;
/// Fuller than this the count says little.
const FULLEST: f64 = 6.0;
/// What is told has to lie this many standard errors beyond chance: the counts are looked at again and again.
const ERRORS: f64 = 5.0;
/// And be at least this part of the units.
const PART: f64 = 0.01;

/// About how many units were seen on more than one arm: the sum of the arms' counts less the count of all.
///
/// Each count errs by `sqrt(m (exp(t) - t - 1))` with `t` units per bit (Whang, Vander-Zanden and Taylor, "A linear-time
/// probabilistic counting algorithm for database applications", ACM Transactions on Database Systems 15, 1990). The errors share
/// their sign, so their sum is on the safe side.
pub fn exposure(counted: &Counted, arms: usize, units: Units) -> Exposure {
    let mut all = UnitSketch::default();
    let (mut sum, mut error) = (0, 0.0);
    for arm in 0..arms {
        let seen = counted.units(arm);
        sum += seen.count();
        error += errs_by(seen.count());
        all.add(&seen);
    }
    let seen = all.count();
    error += errs_by(seen);
    let twice = sum.saturating_sub(seen);
    let is_told = twice as f64 > ERRORS * error && twice as f64 >= PART * seen as f64;
    let finding = match units {
        Units::Independent => Exposed::Unknown,
        Units::Sticky if is_told => Exposed::Twice,
        Units::Sticky if seen as f64 > FULLEST * BITS => Exposed::Unknown,
        Units::Sticky => Exposed::Once,
    };
    Exposure { units: seen, twice, finding }
}

fn errs_by(units: u64) -> f64 {
    let load = units as f64 / BITS;
    (BITS * (load.exp() - load - 1.0)).sqrt()
}
