//! Counts of pairs: requests that both arms answered, because the candidate got a copy (shadow traffic) or because both were
//! given the same case (an offline eval). [`PairTally::record`] takes one pair; tallies add in any order.
//!
//! A pair is told what its outcomes tell, and where an arm does not tell, what would be worst for the question that is
//! asked: nothing is dropped because of how it came out. Pairs in which neither arm tells say nothing of a metric.

use super::counts::Counts;
use super::score::{amount, score};
use super::tally::Tally;
use crate::agreement::Agreement;
use crate::epoch::Thresholds;
use crate::metric::{Metric, Percentile};
use crate::outcome::Outcome;
use crate::routing::decide::{Exempt, Standing};
use crate::stats::evidence::graded::Grades;
use crate::stats::evidence::paired::{Pairs, log_ratio};
use std::collections::BTreeMap;

/// What both arms made of one request. How it was drawn says nothing here, because nothing was: both answered.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// What the baseline's answer came to.
    pub baseline: &'a Outcome,
    /// What the candidate's came to, which no caller saw.
    pub candidate: &'a Outcome,
    /// How far they agree, where they were compared.
    pub agreement: Option<Agreement>,
    /// Which a judge prefers, where one was asked. It has to see them in random order.
    pub preference: Option<Preference>,
}

/// Which of two answers is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// The baseline's.
    Baseline,
    /// The candidate's.
    Candidate,
    /// Neither: both are as good, or as bad.
    Neither,
}

/// What pairs came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairTally {
    pairs: u64,
    /// What the baseline's answers came to by themselves.
    pub baseline: Tally,
    /// What the candidate's came to.
    pub candidate: Tally,
    shares: BTreeMap<Metric, SharePairs>,
    amounts: BTreeMap<Metric, AmountPairs>,
    disagreement: Grades,
    preference: Pairs,
}

/// Pairs by a share: by whether each answer was bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SharePairs {
    /// What is not told counts for the candidate.
    pub harm: Cells,
    /// What is not told counts against the candidate; of a percentile the candidate is granted the margin.
    pub safe: Cells,
}

/// Pairs by an amount: by the logarithm of the candidate's over the baseline's, between -1 and 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AmountPairs {
    /// What is not told counts for the candidate.
    pub harm: Grades,
    /// What is not told counts against the candidate.
    pub safe: Grades,
}

/// Pairs by which answers were bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cells {
    /// Both.
    pub both: u64,
    /// The candidate's alone.
    pub worse: u64,
    /// The baseline's alone.
    pub better: u64,
    /// Neither.
    pub neither: u64,
}

impl PairTally {
    /// Counts a pair.
    pub fn record(&mut self, pair: &Pair<'_>, thresholds: &Thresholds) {
        self.pairs += 1;
        self.baseline.record(&measured(pair.baseline), thresholds);
        self.candidate.record(&measured(pair.candidate), thresholds);
        for metric in Metric::ALL {
            if metric.is_amount() {
                self.record_amount(metric, pair);
            } else {
                self.record_share(metric, pair, thresholds);
            }
        }
        if let Some(agreement) = pair.agreement {
            self.disagreement.record(f64::from(agreement.missing()) / 100.0);
        }
        match pair.preference {
            Some(Preference::Baseline) => self.preference.worse += 1,
            Some(Preference::Candidate) => self.preference.better += 1,
            Some(Preference::Neither) => self.preference.tied += 1,
            None => {}
        }
    }

    /// Adds other pairs.
    pub fn add(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.baseline.add(&other.baseline);
        self.candidate.add(&other.candidate);
        for (metric, more) in &other.shares {
            let mine = self.shares.entry(*metric).or_default();
            mine.harm.add(&more.harm);
            mine.safe.add(&more.safe);
        }
        for (metric, more) in &other.amounts {
            let mine = self.amounts.entry(*metric).or_default();
            mine.harm.add(&more.harm);
            mine.safe.add(&more.safe);
        }
        self.disagreement.add(&other.disagreement);
        self.preference.worse += other.preference.worse;
        self.preference.better += other.preference.better;
        self.preference.tied += other.preference.tied;
    }

    /// How many pairs there are.
    pub const fn pairs(&self) -> u64 {
        self.pairs
    }

    /// The pairs that tell of a share.
    pub fn shares(&self, metric: Metric) -> Option<&SharePairs> {
        self.shares.get(&metric)
    }

    /// The pairs that tell of an amount.
    pub fn amounts(&self, metric: Metric) -> Option<&AmountPairs> {
        self.amounts.get(&metric)
    }

    /// How far the answers disagree, of those that were compared: a part between 0 and 1.
    pub const fn disagreement(&self) -> &Grades {
        &self.disagreement
    }

    /// Whom a judge prefers, of the pairs it was asked about.
    pub const fn preference(&self) -> Pairs {
        self.preference
    }

    /// By what part the candidate's percentile of a time lies above the baseline's.
    pub fn slower(&self, percentile: Percentile) -> Option<f64> {
        let [before, now] =
            [&self.baseline, &self.candidate].map(|arm| arm.times(percentile.of).quantile(percentile.level));
        before.zip(now).map(|(before, now)| now as f64 / before.max(1) as f64 - 1.0)
    }

    fn record_share(&mut self, metric: Metric, pair: &Pair<'_>, thresholds: &Thresholds) {
        let [baseline, candidate] =
            [pair.baseline, pair.candidate].map(|outcome| score(metric, outcome, thresholds));
        if baseline.is_none() && candidate.is_none() {
            return;
        }
        let pairs = self.shares.entry(metric).or_default();
        let bad = |counts: Counts| (counts.failed_early == 0).then_some(counts.events > 0);
        let bad_if_granted =
            |counts: Counts| (counts.failed_early + counts.given_up == 0).then_some(counts.scaled > 0);
        let [before, now] = [baseline, candidate].map(|counts| counts.and_then(bad));
        let granted = candidate.and_then(bad_if_granted);
        pairs.harm.record(before.unwrap_or(true), now.unwrap_or(false));
        pairs.safe.record(before.unwrap_or(false), granted.unwrap_or(true));
    }

    fn record_amount(&mut self, metric: Metric, pair: &Pair<'_>) {
        let (harm, safe) = match (told(metric, pair.baseline), told(metric, pair.candidate)) {
            (None, None) => return,
            (Some(before), Some(now)) => {
                let difference = log_ratio(before.max(1) as f64, now.max(1) as f64).unwrap_or_default();
                (difference, difference)
            }
            _ => (-1.0, 1.0),
        };
        let pairs = self.amounts.entry(metric).or_default();
        pairs.harm.record(harm);
        pairs.safe.record(safe);
    }
}

/// An outcome that a tally counts whatever was drawn.
fn measured(outcome: &Outcome) -> Outcome {
    let mut measured = *outcome;
    measured.decision.standing = Standing::Exempt(Exempt::NotCompared);
    measured
}

/// What an answer came to: whole amounts, of which less than one is as good as one.
fn told(metric: Metric, outcome: &Outcome) -> Option<u64> {
    match metric {
        Metric::LatencyMean => (!outcome.class.is_error()).then_some(outcome.latency_us),
        _ => amount(metric, &outcome.contents),
    }
}

impl Cells {
    /// How many pairs there are.
    pub const fn count(&self) -> u64 {
        self.both + self.worse + self.better + self.neither
    }

    /// How many more of the candidate's answers are bad, as a part of the baseline's; nothing while none of either is.
    pub fn excess(&self) -> Option<f64> {
        let (before, now) = ((self.both + self.better) as f64, (self.both + self.worse) as f64);
        match before > 0.0 {
            true => Some(now / before - 1.0),
            false => (now > 0.0).then_some(f64::MAX),
        }
    }

    /// By who did better.
    pub const fn pairs(&self) -> Pairs {
        Pairs { worse: self.worse, better: self.better, tied: self.both + self.neither }
    }

    const fn record(&mut self, baseline_is_bad: bool, candidate_is_bad: bool) {
        *match (baseline_is_bad, candidate_is_bad) {
            (true, true) => &mut self.both,
            (false, true) => &mut self.worse,
            (true, false) => &mut self.better,
            (false, false) => &mut self.neither,
        } += 1;
    }

    const fn add(&mut self, other: &Self) {
        self.both += other.both;
        self.worse += other.worse;
        self.better += other.better;
        self.neither += other.neither;
    }
}
