//! The guard on the mean cost, which the product has no metric for yet: its estimator alone, over the same requests.
//!
//! Bets on the mean under a cap, and a race of what exceeds the cap, share the evidence; starts are those of the
//! statistics, one every five minutes of the first hour. It takes the place of one of five guards, so it is held to a
//! fifth of the error.

use std::time::Duration;
use viridian_core::arm::Arm;
use viridian_core::stats::evidence::capital::Capital;
use viridian_core::stats::evidence::capped::{Cap, excess};
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::evidence::starts::{Start, half_from_the_beginning, log_e};
use viridian_core::stats::moments::Moments;

/// How the evidence is shared between the mean and the tail.
const ON_THE_MEAN: f64 = 0.9;
const SPAN: Duration = Duration::from_secs(5 * 60);
const LATER_STARTS: usize = 12;
/// A fifth of the error of a rollout.
const ALPHA: f64 = 0.01 / 5.0;

/// The costs of both arms so far.
pub(super) struct CostGuard {
    margin: f64,
    cap: Cap,
    centre: f64,
    starts: Vec<Start>,
    spans: Vec<Capital>,
    tails: Vec<RaceEpoch>,
    sums: [Moments; 2],
}

impl CostGuard {
    /// A guard by what the baseline's answers cost before.
    pub(super) fn new(known: &[f64], margin: f64) -> Self {
        let mut sorted = known.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let slowest = sorted.get(sorted.len() * 999 / 1_000).copied().unwrap_or(mean);
        let later: Vec<usize> = (1..=LATER_STARTS).collect();
        Self {
            margin,
            cap: Cap::published(mean, slowest),
            centre: mean,
            starts: half_from_the_beginning(&later),
            spans: Vec::new(),
            tails: Vec::new(),
            sums: [Moments::default(); 2],
        }
    }

    /// Counts what one answer cost; whether the candidate costs more, by the best guess at least by the margin.
    pub(super) fn is_worse_after(&mut self, at: f64, probability: f64, arm: Arm, cost: f64) -> bool {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
        let span = (at / SPAN.as_secs_f64()) as usize;
        while self.spans.len() <= span {
            self.spans.push(Capital::default());
            self.tails.push(RaceEpoch { probability, candidate: 0, baseline: 0 });
        }
        let capped = self.cap.applied(cost);
        self.sums[arm as usize] += Moments::one(capped);
        self.spans[span] += self.cap.rule(probability, 0.0).harm(arm, capped, self.centre);
        if self.cap.is_exceeded(cost) {
            let tail = &mut self.tails[span];
            *if arm == Arm::Candidate { &mut tail.candidate } else { &mut tail.baseline } += 1;
        }
        arm == Arm::Candidate && self.is_worse()
    }

    fn is_worse(&self) -> bool {
        let [baseline, candidate] = &self.sums;
        if excess(baseline, candidate).is_none_or(|excess| excess < self.margin) {
            return false;
        }
        let tails: Vec<Capital> = race::harm(&self.tails, 1.0).collect();
        let (mean, tail) = (log_e(&self.spans, &self.starts), log_e(&tails, &self.starts));
        ON_THE_MEAN * mean.exp() + (1.0 - ON_THE_MEAN) * tail.exp() >= 1.0 / ALPHA
    }
}
