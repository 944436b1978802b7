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

mod chosen;
mod slow;

use super::events::{Events, capital_of_amounts, harm_by_points};
use super::gap::Gap;
use super::reading::Reading;
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::guard::{Guard, Margin};
use crate::metric::Metric;
use crate::stats::evidence::capital::{BETS, Capital, Side};
use crate::stats::evidence::race::{self, RaceEpoch};
use crate::stats::special::log_sum_exp;
use chosen::Which;
pub(super) use chosen::{BestGuess, Chosen, Gaps};
use slow::SlowAnswers;
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
    /// Whether the times of answers are kept beside the counts: of a slice they are not.
    has_times: bool,
}

/// What the starts that were asked found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// Their log e-value; minus infinity when none was asked.
    pub(super) log_e: f64,
    /// The first epoch of the one that says most.
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
        Self { epochs, starts, has_times: true }
    }

    /// The starts of what was counted in one slice.
    pub(super) fn of_slice(evidence: &'a Evidence) -> Self {
        Self { has_times: false, ..Self::of(evidence) }
    }

    /// Whether what the best guess by a metric rests on is kept: of a percentile the times of the answers.
    pub(super) fn has_times_for(&self, metric: Metric) -> bool {
        self.has_times || metric.percentile().is_none()
    }

    /// The evidence that the candidate is worse by this guard's metric of the starts that may act, the least in any reading.
    pub(super) fn harm(&self, guard: &Guard) -> Found {
        self.asked(guard, Which::Material)
    }

    /// The log e-value of all starts; zero before there is one.
    pub(super) fn log_harm(&self, guard: &Guard) -> f64 {
        if self.starts.is_empty() { 0.0 } else { self.asked(guard, Which::All).log_e }
    }

    fn asked(&self, guard: &Guard, which: Which) -> Found {
        let chosen = self.by_best_guess(guard, which);
        let readings = Reading::all(guard.metric).iter();
        if guard.metric.is_amount() {
            let uncapped: Vec<Gap> = self.epochs.iter().map(|counts| Gap::uncapped(guard, counts)).collect();
            let beyond = self.chosen(which, Gaps::of(guard, &uncapped));
            return Found::least(
                readings.map(|reading| self.asked_by_amount(guard, (&chosen, &beyond), *reading)),
            );
        }
        if guard.strict && matches!(guard.margin, Margin::Points(_)) {
            let asked = (guard.metric, guard.tolerated());
            return self.bet(&chosen, |epochs| harm_by_points(epochs, asked));
        }
        let is_granted = guard.strict && guard.metric.percentile().is_some();
        let (ratio, events): (f64, EventsOf) =
            if is_granted { (1.0, Events::granted) } else { (1.0 + guard.tolerated(), Events::of) };
        Found::least(readings.map(|reading| {
            let raced =
                self.raced(&chosen, (guard.metric, ratio), |counts| events(counts, guard.metric, *reading));
            self.mixed(&chosen, raced, &LOG_WEIGHTS)
        }))
    }

    fn by_best_guess(&self, guard: &Guard, which: Which) -> Chosen {
        if !self.has_times_for(guard.metric) {
            return self.chosen(which, SlowAnswers::of(guard.metric, &self.epochs));
        }
        let gaps: Vec<Gap> = self.epochs.iter().map(|counts| Gap::of(guard, counts)).collect();
        self.chosen(which, Gaps::of(guard, &gaps))
    }

    /// The same as [`harm`](Self::harm) by bets on a bounded mean: what they make of each of some epochs.
    pub(super) fn harm_of_mean(
        &self,
        guard: &Guard,
        bets: impl Fn(&[&'a EpochCounts]) -> Vec<Capital>,
    ) -> Found {
        let gaps: Vec<Gap> = self.epochs.iter().map(|counts| Gap::of(guard, counts)).collect();
        self.bet(&self.material(Gaps::of(guard, &gaps)), bets)
    }

    /// The log e-value of all starts by such bets; zero before there is one.
    pub(super) fn log_harm_of_mean(&self, bets: impl Fn(&[&'a EpochCounts]) -> Vec<Capital>) -> f64 {
        if self.starts.is_empty() { 0.0 } else { self.bet(&self.all(), bets).log_e }
    }

    fn bet(&self, chosen: &Chosen, bets: impl Fn(&[&'a EpochCounts]) -> Vec<Capital>) -> Found {
        self.mixed(chosen, Independent::of(chosen, bets(self.since(chosen.first))), &EVEN_WEIGHTS)
    }

    /// The weight of the start at an epoch: its part of the error.
    pub(super) fn weight_of(&self, first: usize) -> f64 {
        let found = self.starts.iter().find(|(start, _)| *start == first);
        found.map_or(0.0, |(_, log_weight)| log_weight.exp())
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
    /// what amounts come to as they are. A strict guard asks about the mean alone: how much more often amounts may be
    /// beyond the cap does not follow from how much larger they may be.
    fn asked_by_amount(&self, guard: &Guard, (under, beyond): (&Chosen, &Chosen), reading: Reading) -> Found {
        let epochs = self.since(under.first);
        let asked = (guard.metric, Side::Harm, guard.tolerated());
        let capitals = epochs.iter().map(|counts| capital_of_amounts(counts, asked, reading)).collect();
        let mean = self.mixed(under, Independent::of(under, capitals), &EVEN_WEIGHTS);
        if guard.strict {
            return mean;
        }
        let tails = self
            .raced(beyond, (guard.metric, 1.0), |counts| Events::beyond_cap(counts, guard.metric, reading));
        let tail = self.mixed(beyond, tails, &LOG_WEIGHTS);
        Found {
            log_e: log_sum_exp(&[ON_THE_MEAN.ln() + mean.log_e, (1.0 - ON_THE_MEAN).ln() + tail.log_e]),
            since: if tail.log_e > mean.log_e { tail.since } else { mean.since },
        }
    }

    /// What a race makes of the events of epochs: by the draw where it decides whose the cases are, and where more than as many are
    /// tolerated; given how many cases each arm has elsewhere, which finds more.
    fn raced(
        &self,
        chosen: &Chosen,
        (metric, ratio): (Metric, f64),
        events: impl Fn(&EpochCounts) -> Events,
    ) -> Independent {
        let epochs = self.since(chosen.first).iter();
        if metric.cases_are_drawn() || ratio > 1.0 {
            let races: Vec<RaceEpoch> = epochs.map(|counts| events(counts).race()).collect();
            return Independent::of(chosen, race::harm(&races, ratio).collect());
        }
        let among_cases = epochs.map(|counts| events(counts).among_cases(counts, Side::Harm));
        Independent::of(chosen, among_cases.collect())
    }

    /// Mixes what the chosen starts found, the latest first: each has the epochs of those after it.
    pub(super) fn mixed(
        &self,
        chosen: &Chosen,
        mut since_start: impl SinceStart,
        log_weights: &[f64; BETS],
    ) -> Found {
        let (mut since, mut most, mut terms) = (0, f64::NEG_INFINITY, Vec::new());
        let mut unseen = self.epochs.len();
        let starts = self.starts.iter().zip(&chosen.starts).rev().filter(|(_, is_chosen)| **is_chosen);
        for ((first, log_weight), _) in starts {
            (*first..unseen).rev().for_each(|epoch| since_start.add(epoch));
            unseen = *first;
            let term = log_weight + since_start.capital().log_e_weighted(log_weights);
            terms.push(term);
            if term >= most {
                (most, since) = (term, *first);
            }
        }
        Found { log_e: if terms.is_empty() { f64::NEG_INFINITY } else { log_sum_exp(&terms) }, since }
    }
}

/// What the epochs since a start say; they come one by one, the last first.
pub(super) trait SinceStart {
    /// Adds an epoch, by its place among the compared ones.
    fn add(&mut self, epoch: usize);
    /// What the bets have made of them.
    fn capital(&self) -> Capital;
}

/// Of requests drawn one by one: what each epoch says adds.
struct Independent {
    /// The first epoch there is a capital of.
    first: usize,
    capitals: Vec<Capital>,
    sum: Capital,
}

impl Independent {
    fn of(chosen: &Chosen, capitals: Vec<Capital>) -> Self {
        Self { first: chosen.first, capitals, sum: Capital::default() }
    }
}

impl SinceStart for Independent {
    fn add(&mut self, epoch: usize) {
        self.sum += self.capitals[epoch - self.first];
    }

    fn capital(&self) -> Capital {
        self.sum
    }
}

impl Found {
    /// The least evidence of several readings of the same outcomes.
    pub(super) fn least(readings: impl Iterator<Item = Self>) -> Self {
        readings.reduce(|a, b| if a.log_e < b.log_e { a } else { b }).unwrap_or(NOTHING)
    }
}

const NOTHING: Found = Found { log_e: f64::NEG_INFINITY, since: 0 };

/// Which events of an epoch race.
type EventsOf = fn(&EpochCounts, Metric, Reading) -> Events;

/// The log weight of the start after so many times five minutes; all weights together are one.
fn log_weight(number: u64) -> f64 {
    if number == 0 {
        return FROM_THE_BEGINNING.ln();
    }
    let place = number as f64 + HALF;
    ((1.0 - FROM_THE_BEGINNING) * (HALF + 1.0) / (place * (place + 1.0))).ln()
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
            assert!(Capital::default().log_e_weighted(log_weights).abs() < 1e-12);
        }
    }
}
