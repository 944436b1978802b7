//! HARM from several starts: from the beginning of the comparison, and from every five minutes after it, for a
//! candidate that becomes worse later. A calm hour has cost the bets their capital, and a change would have to win it
//! back; a start that came after the hour has its capital still.
//!
//! `E = sum_k w_k E_k`, with `E_k` the race over the epochs from start `k` on and `E_k = 1` before it. Epochs are fixed
//! before their requests and requests carry their epoch, so each `E_k` is an e-process for "the candidate fails no
//! more often"; the weights are fixed before the rollout, so their sum is one, too: the chance that it ever reaches
//! `1/alpha` is at most `alpha`. Starts whose best guess is below the margin are left out of what acts: to leave a
//! term out can only lower the sum. Source: see [`crate::stats::evidence::starts`], of which this is the form with no
//! last start.

use super::early::Reading;
use super::events::{harm_by_amounts, race_of, tail_of};
use super::gap::Gap;
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::guard::Guard;
use crate::stats::evidence::capital::{BETS, Capital};
use crate::stats::evidence::race::{self, RaceEpoch};
use crate::stats::special::log_sum_exp;
use std::sync::LazyLock;
use std::time::Duration;

/// How far apart starts are: as epochs are.
const APART: Duration = Duration::from_secs(5 * 60);
/// The weight of the beginning. Most regressions are there from the first request, so these pay 0.2 of log evidence
/// for the later starts, which share the rest.
const FROM_THE_BEGINNING: f64 = 0.8;
/// Weights of later starts fall as `1 / ((k + h) (k + h + 1))`, whose sum over all `k` is `1 / (h + 1)`: half of what
/// they share is that of the first hour, and none is without.
const HALF: f64 = 11.0;

/// Where the bets put their weight: the logarithm of the rate ratio is around this one, twice the rate, within this
/// deviation of its own logarithm. Regressions below it are mostly within a margin and may not act, those far beyond it
/// are found by any bet, and what lies about it takes the most requests. The race by itself bets on all alike.
const LOG_RATIO: f64 = 0.75;
const DEVIATION: f64 = 0.75;

/// The logarithms of the weights of the bets.
pub(super) static LOG_WEIGHTS: LazyLock<[f64; BETS]> = LazyLock::new(|| {
    let density = |bet: usize| -0.5 * ((race::grid()[bet] / LOG_RATIO).ln() / DEVIATION).powi(2);
    let densities: [f64; BETS] = std::array::from_fn(density);
    let all = log_sum_exp(&densities);
    densities.map(|density| density - all)
});

/// The bets on an amount are on sizes of the stake and no ratios: all alike.
static EVEN_WEIGHTS: LazyLock<[f64; BETS]> = LazyLock::new(|| [-(BETS as f64).ln(); BETS]);

/// How the evidence on an amount is shared between its capped mean and the race of what exceeds the cap.
const ON_THE_MEAN: f64 = 0.9;

/// The compared epochs of a rollout, and where the starts are among them.
pub(super) struct Starts<'a> {
    epochs: Vec<&'a EpochCounts>,
    /// The first epoch of each start and its log weight, in order.
    starts: Vec<(usize, f64)>,
}

/// What the starts found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// The log e-value of all starts.
    pub(super) log_e: f64,
    /// That of the material ones; minus infinity when there is none.
    pub(super) material: f64,
    /// The first epoch of the material start that says most.
    pub(super) since: usize,
}

impl<'a> Starts<'a> {
    /// The starts of the evidence so far.
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        let epochs: Vec<&EpochCounts> = evidence.compared().collect();
        let mut starts: Vec<(usize, f64)> = Vec::new();
        let mut latest = None;
        let began = epochs.first().map(|counts| counts.epoch.started_at).unwrap_or_default();
        for (index, counts) in epochs.iter().enumerate() {
            let number = counts.epoch.started_at.since(began).as_secs() / APART.as_secs();
            if latest.is_none_or(|latest| number > latest) {
                starts.push((index, log_weight(number)));
                latest = Some(number);
            }
        }
        Self { epochs, starts }
    }

    /// The evidence that the candidate is worse by this guard's metric, the least in any reading of early failures.
    pub(super) fn harm(&self, guard: &Guard) -> Found {
        let gaps: Vec<Gap> = self.epochs.iter().map(|counts| Gap::of(guard, counts)).collect();
        if guard.metric.is_amount() {
            let readings = Reading::all(guard.metric).iter();
            return Found::least(readings.map(|reading| self.harm_of_amount(guard, &gaps, *reading)));
        }
        Found::least(Reading::all(guard.metric).iter().map(|reading| {
            let races = self.races(|counts| race_of(counts, guard.metric, *reading));
            self.found(guard, &gaps, &races, &LOG_WEIGHTS)
        }))
    }

    /// The epochs from one on.
    pub(super) fn since(&self, first: usize) -> &[&'a EpochCounts] {
        self.epochs.get(first..).unwrap_or_default()
    }

    /// How long after the beginning an epoch began.
    pub(super) fn after(&self, first: usize) -> Duration {
        let began = |index: usize| self.epochs.get(index).map(|counts| counts.epoch.started_at);
        began(first).zip(began(0)).map(|(at, beginning)| at.since(beginning)).unwrap_or_default()
    }

    /// More on average under the cap, or more often beyond it: a weighted mean of both. What is beyond it is material by
    /// what amounts come to as they are.
    fn harm_of_amount(&self, guard: &Guard, gaps: &[Gap], reading: Reading) -> Found {
        let capitals = harm_by_amounts(&self.epochs, guard.metric, reading);
        let mean = self.found(guard, gaps, &capitals, &EVEN_WEIGHTS);
        let uncapped: Vec<Gap> = self.epochs.iter().map(|counts| Gap::uncapped(guard, counts)).collect();
        let tails = self.races(|counts| tail_of(counts, guard.metric, reading));
        let tail = self.found(guard, &uncapped, &tails, &LOG_WEIGHTS);
        let both = |on_mean: f64, on_tail: f64| {
            log_sum_exp(&[ON_THE_MEAN.ln() + on_mean, (1.0 - ON_THE_MEAN).ln() + on_tail])
        };
        Found {
            log_e: both(mean.log_e, tail.log_e),
            material: both(mean.material, tail.material),
            since: if tail.material > mean.material { tail.since } else { mean.since },
        }
    }

    fn races(&self, race: impl Fn(&EpochCounts) -> RaceEpoch) -> Vec<Capital> {
        let races: Vec<RaceEpoch> = self.epochs.iter().map(|counts| race(counts)).collect();
        race::harm(&races, 1.0).collect()
    }

    fn found(&self, guard: &Guard, gaps: &[Gap], capitals: &[Capital], log_weights: &[f64; BETS]) -> Found {
        let so_far = Independent { guard, gaps, capitals, gap: Gap::default(), capital: Capital::default() };
        self.mixed(so_far, log_weights)
    }

    /// Mixes what the starts found, the latest first: each has the epochs of those after it.
    pub(super) fn mixed(&self, mut since_start: impl SinceStart, log_weights: &[f64; BETS]) -> Found {
        let (mut since, mut unseen) = (0, self.epochs.len());
        let (mut all, mut material) = (Vec::with_capacity(self.starts.len()), Vec::new());
        let mut most = f64::NEG_INFINITY;
        for (first, log_weight) in self.starts.iter().rev() {
            while unseen > *first {
                unseen -= 1;
                since_start.add(unseen);
            }
            let term = log_weight + weighed(&since_start.capital(), log_weights);
            all.push(term);
            if since_start.is_material() {
                material.push(term);
                if term >= most {
                    (most, since) = (term, *first);
                }
            }
        }
        Found {
            log_e: if all.is_empty() { 0.0 } else { log_sum_exp(&all) },
            material: if material.is_empty() { f64::NEG_INFINITY } else { log_sum_exp(&material) },
            since,
        }
    }
}

/// What the epochs since a start say; they come one by one, the last first.
pub(super) trait SinceStart {
    /// Adds an epoch, by its place among the compared ones.
    fn add(&mut self, epoch: usize);
    /// What the bets have made of them.
    fn capital(&self) -> Capital;
    /// Whether the best guess lies at the margin or beyond.
    fn is_material(&self) -> bool;
}

/// Of requests drawn one by one: what each epoch says adds.
struct Independent<'a> {
    guard: &'a Guard,
    gaps: &'a [Gap],
    capitals: &'a [Capital],
    gap: Gap,
    capital: Capital,
}

impl SinceStart for Independent<'_> {
    fn add(&mut self, epoch: usize) {
        self.capital += self.capitals[epoch];
        self.gap += self.gaps[epoch];
    }

    fn capital(&self) -> Capital {
        self.capital
    }

    fn is_material(&self) -> bool {
        self.gap.is_material(self.guard)
    }
}

impl Found {
    /// The least evidence of several readings of the same outcomes.
    pub(super) fn least(readings: impl Iterator<Item = Self>) -> Self {
        readings
            .reduce(|a, b| Self {
                log_e: a.log_e.min(b.log_e),
                material: a.material.min(b.material),
                since: if a.material < b.material { a.since } else { b.since },
            })
            .unwrap_or(NOTHING)
    }
}

const NOTHING: Found = Found { log_e: 0.0, material: f64::NEG_INFINITY, since: 0 };

/// The log weight of the start after so many times five minutes; all weights together are one.
fn log_weight(number: u64) -> f64 {
    if number == 0 {
        return FROM_THE_BEGINNING.ln();
    }
    let place = number as f64 + HALF;
    ((1.0 - FROM_THE_BEGINNING) * (HALF + 1.0) / (place * (place + 1.0))).ln()
}

/// The log of the weighted mean of the bets' capital.
fn weighed(capital: &Capital, log_weights: &[f64; BETS]) -> f64 {
    let mut terms = capital.0;
    terms.iter_mut().zip(log_weights).for_each(|(term, weight)| *term += weight);
    log_sum_exp(&terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_of_all_starts_are_one_together() {
        let first: f64 = (0..1_000_000).map(|number| log_weight(number).exp()).sum();
        let rest = (1.0 - FROM_THE_BEGINNING) * (HALF + 1.0) / (1_000_000.0 + HALF);
        assert!((first + rest - 1.0).abs() < 1e-9, "{first} and {rest}");
    }

    #[test]
    fn half_of_the_later_weight_is_that_of_the_first_hour() {
        let hour: f64 = (1..=12).map(|number| log_weight(number).exp()).sum();
        assert!((hour - 0.5 * (1.0 - FROM_THE_BEGINNING)).abs() < 1e-12, "{hour}");
    }

    #[test]
    fn the_weights_of_the_bets_are_one_together() {
        for log_weights in [&*LOG_WEIGHTS, &*EVEN_WEIGHTS] {
            assert!(weighed(&Capital::default(), log_weights).abs() < 1e-12);
        }
    }
}
