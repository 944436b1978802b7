//! What changed, in words: what it is now, what it was at first, and how large that is.

use super::About;
use super::ends::{Ends, Spread};
use super::shift::{BAD, Shift, UNKNOWN};
use crate::metric::Metric;
use crate::score::Score;
use crate::stats::evidence::srm::SplitEpoch;
use crate::time::readable;
use std::fmt;
use std::time::Duration;

/// So many values of an attribute are named, those whose shares changed most.
const NAMED: usize = 2;
/// Where sizes are told, as a share of the requests and in words.
const PLACES: [(f64, &str); 3] = [(0.5, "median"), (0.9, "90th percentile"), (0.1, "10th percentile")];
/// The middle is told where it changed by this part of what others did.
const MOSTLY: f64 = 0.5;
/// A score is named whose part of the answers changed by this.
const MUCH: f64 = 0.1;
/// From here on a time is told in seconds.
const LONG: Duration = Duration::from_secs(10);

pub(super) fn split((attribute, value): (&str, &str), split: &[SplitEpoch]) -> String {
    let (mut drawn, mut candidate, mut all) = (0.0, 0, 0);
    for epoch in split {
        let requests = epoch.candidate + epoch.baseline;
        drawn += requests as f64 * epoch.probability;
        candidate += epoch.candidate;
        all += requests;
    }
    let (found, drawn) = (percent(part(candidate, all)), percent(drawn / all.max(1) as f64));
    format!(
        "of the requests where {attribute} is {value}, {found} reached the candidate instead of {drawn} \
         ({candidate} of {all})"
    )
}

pub(super) fn mix(attribute: &str, ends: &Ends<&str>, shift: Shift) -> String {
    let all = [total(&ends.first), total(&ends.newest)];
    let parts = |(first, newest): (u64, u64)| (part(first, all[0]), part(newest, all[1]));
    let mut values: Vec<_> = ends.cells().into_iter().map(|value| (value, parts(ends.at(value)))).collect();
    let moved = |(first, newest): (f64, f64)| (newest - first).abs();
    values.sort_by(|a, b| moved(b.1).total_cmp(&moved(a.1)));
    let named = values.iter().take(NAMED).map(|(value, (first, newest))| {
        format!("{value} {} instead of {}", percent(*newest), percent(*first))
    });
    format!("requests by {attribute}: {}{shift}", named.collect::<Vec<_>>().join(", "))
}

pub(super) fn sized(about: &About, ends: &Ends<u64>, shift: Shift) -> String {
    let at = |(share, _): (f64, &str)| (quantile(&ends.first, share), quantile(&ends.newest, share));
    let change = |place| {
        let (first, newest) = at(place);
        (newest.max(1) as f64 / first.max(1) as f64).ln().abs()
    };
    let most = PLACES.into_iter().max_by(|a, b| change(*a).total_cmp(&change(*b)));
    let [middle, ..] = PLACES;
    let place = most.filter(|most| change(middle) < MOSTLY * change(*most)).unwrap_or(middle);
    let told = |size: u64| match about {
        About::Latency if Duration::from_micros(size) < LONG => format!("{}ms", size / 1_000),
        About::Latency => readable(Duration::from_micros(size)),
        _ => size.to_string(),
    };
    let (first, newest) = at(place);
    format!("{about}: {} at the {} instead of {}{shift}", told(newest), place.1, told(first))
}

pub(super) fn share(metric: Metric, ends: &Ends<u8>, shift: Shift) -> String {
    let bad = |spread: &Spread<u8>| {
        let count = |cell| spread.get(&cell).copied().unwrap_or_default();
        percent(part(count(BAD), total(spread) - count(UNKNOWN)))
    };
    let unknown =
        |spread: &Spread<u8>| part(spread.get(&UNKNOWN).copied().unwrap_or_default(), total(spread));
    let known = match (unknown(&ends.first), unknown(&ends.newest)) {
        (first, newest) if first + newest > 0.0 => {
            format!(", and unknown of {} instead of {}", percent(newest), percent(first))
        }
        _ => String::new(),
    };
    let about = About::Share { metric };
    format!("{about}: {} instead of {}{known}{shift}", bad(&ends.newest), bad(&ends.first))
}

/// The mean, and the score whose part of the answers changed most, where it did by much.
pub(super) fn scores(score: Score, ends: &Ends<u64>, shift: Shift) -> String {
    let mean = |spread: &Spread<u64>| {
        let sum: u64 = spread.iter().map(|(below, answers)| below * answers).sum();
        score.below_top(sum as f64 / total(spread).max(1) as f64)
    };
    let all = [total(&ends.first), total(&ends.newest)];
    let parts = |below: &u64| {
        let (first, newest) = ends.at(*below);
        (part(first, all[0]), part(newest, all[1]))
    };
    let moved = |below: &u64| {
        let (first, newest) = parts(below);
        (newest - first).abs()
    };
    let most = ends.cells().into_iter().max_by(|a, b| moved(a).total_cmp(&moved(b)));
    let named = most.filter(|below| moved(below) >= MUCH).map(|below| {
        let ((first, newest), number) = (parts(&below), score.below_top(below as f64));
        format!(", {number} in {} instead of {}", percent(newest), percent(first))
    });
    format!(
        "{}: {:.2} on average instead of {:.2}{}{shift}",
        About::Scores { score },
        mean(&ends.newest),
        mean(&ends.first),
        named.unwrap_or_default()
    )
}

fn total<K>(spread: &Spread<K>) -> u64 {
    spread.values().sum()
}

fn part(count: u64, all: u64) -> f64 {
    count as f64 / all.max(1) as f64
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// What the share of them does not exceed, to within a bucket.
fn quantile(spread: &Spread<u64>, share: f64) -> u64 {
    let rank = (share * total(spread) as f64).ceil().max(1.0);
    let mut seen = 0;
    let found = spread.iter().find(|(_, count)| {
        seen += **count;
        seen as f64 >= rank
    });
    found.map_or(0, |(bound, _)| *bound)
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split { attribute, value } => {
                write!(f, "the split of requests where {attribute} is {value}")
            }
            Self::Mix { attribute } => write!(f, "requests by {attribute}"),
            Self::InputTokens => f.write_str("input tokens on the baseline"),
            Self::OutputTokens => f.write_str("output tokens on the baseline"),
            Self::Latency => f.write_str("latency of the baseline"),
            Self::Share { metric: Metric::Feedback } => f.write_str("negative feedback on the baseline"),
            Self::Share { metric } => write!(f, "{metric} on the baseline"),
            Self::Scores { score } => write!(f, "{} on the baseline", score.name()),
            Self::Guard { metric } => metric.fmt(f),
            Self::Slice { metric, attribute, value } => write!(f, "{metric} where {attribute} is {value}"),
            Self::Gauge { gauge } => gauge.fmt(f),
        }
    }
}
