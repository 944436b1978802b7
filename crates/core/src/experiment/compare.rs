//! Two arms of an experiment: how much better one does than the other by the experiment's aim, with an interval that holds at
//! every look. Start with [`Comparison::gain`].
//!
//! Requests drawn by themselves, and a share of which every one of them is a case: exact, by the bets and races that judge rollouts.
//! Everything else: by groups of units, or for single requests by their sums ([`crate::stats::evidence::linear`]), asymptotic, with
//! what the lead-in explains taken out. What an answer may tell nothing of is compared among those that tell, whatever part of an
//! arm's answers that is: opinions and scores, what answers say, and what applications declare.

mod card;
mod sums;

use super::definition::{Aim, Better};
use super::early::Early;
use super::evidence::{Counted, Span};
use crate::analysis::judge::Units;
use crate::analysis::tally::Counts;
use crate::analysis::verdict::Validity;
use crate::guard::Margin;
use crate::metric::Metric;
use crate::stats::evidence::betting::{self, BinaryEpoch, Trials};
use crate::stats::evidence::linear::Linear;
use crate::stats::evidence::race::{self, RaceEpoch};
pub use card::Card;
use serde::{Deserialize, Serialize};
use sums::Sums;

/// How much better an arm does, on the scale of the least effect that matters: points of a share, points of the scale of a score, or
/// a part of the other arm's value. Above zero is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gain {
    /// The best guess.
    pub estimate: f64,
    /// The least it can be; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// The most it can be; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
}

/// Ratios beyond count as unbounded.
const LARGEST_RATIO: f64 = 100.0;
/// Ratios are found to a ten-thousandth of a per cent.
const PRECISION: f64 = 1e-6;

/// What the arms of one application are compared on.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    aim: &'a Aim,
    units: Units,
    spans: &'a [Span],
    /// The observations with early failures left out.
    shown: Sums,
    /// The same in the other readings in which what decides has to hold.
    others: Vec<Sums>,
}

/// What an arm does, less what another does.
struct Raw {
    estimate: f64,
    lower: Option<f64>,
    upper: Option<f64>,
}

impl<'a> Comparison<'a> {
    /// The counts of the application the aim is measured in.
    pub fn of(aim: &'a Aim, units: Units, counted: &'a Counted) -> Self {
        let sums = |early: &Early| Sums::of(counted, (aim.metric, units), *early);
        let others = Early::readings(aim.metric).iter().filter(|early| **early != Early::LeftOut);
        Self {
            aim,
            units,
            spans: &counted.spans,
            shown: sums(&Early::LeftOut),
            others: others.map(sums).collect(),
        }
    }

    /// How far the intervals can be trusted.
    pub const fn validity(&self) -> Validity {
        if self.is_exact() { Validity::Exact } else { Validity::Asymptotic }
    }

    /// Whether the draw says how many cases each arm has, so that what is bad on either can be held against it.
    const fn is_exact(&self) -> bool {
        self.is_share_of_requests() && self.aim.metric.cases_are_drawn()
    }

    const fn is_share_of_requests(&self) -> bool {
        let metric = self.aim.metric;
        matches!(self.units, Units::Independent) && !metric.is_amount() && !matches!(metric, Metric::Score(_))
    }

    /// How much better `arm` does than `against`, each end at error `alpha` over all looks; nothing while they cannot be compared.
    pub fn gain(&self, arm: usize, against: usize, alpha: f64) -> Option<Gain> {
        let raw = match (self.is_exact(), self.aim.minimum_effect) {
            (true, Margin::Points(_) | Margin::Score(_)) => self.points_bet(arm, against, alpha),
            (true, Margin::Relative(_)) => self.ratio_raced(arm, against, alpha),
            (false, Margin::Points(_) | Margin::Score(_)) => {
                self.in_every_reading(|sums| sums.points(arm, against, alpha))
            }
            (false, Margin::Relative(_)) => self.in_every_reading(|sums| sums.ratio(arm, against, alpha)),
        }?;
        let turned = |end: Option<f64>| end.map(|end| -end);
        Some(match self.aim.better {
            Better::Higher => Gain { estimate: raw.estimate, lower: raw.lower, upper: raw.upper },
            Better::Lower => {
                Gain { estimate: -raw.estimate, lower: turned(raw.upper), upper: turned(raw.lower) }
            }
        })
    }

    /// What an arm came to over all spans.
    pub fn counts(&self, arm: usize) -> Counts {
        let mut total = Counts::default();
        for counts in self.spans.iter().filter_map(|span| span.arms.get(arm)) {
            total.add(counts.counts(self.aim.metric));
        }
        total
    }

    /// A weighted sum of the arms' means, with what the lead-in explains taken out and early failures left out.
    pub fn sum(&self, weights: &[f64]) -> Option<Linear> {
        self.shown.weighted(weights)
    }

    /// What is shown, with an interval that has those of all readings in it.
    fn in_every_reading(&self, of: impl Fn(&Sums) -> Option<Raw>) -> Option<Raw> {
        self.others.iter().try_fold(of(&self.shown)?, |raw, sums| {
            let other = of(sums)?;
            let both = |one: Option<f64>, other: Option<f64>, farther: fn(f64, f64) -> f64| {
                one.zip(other).map(|(one, other)| farther(one, other))
            };
            Some(Raw {
                lower: both(raw.lower, other.lower, f64::min),
                upper: both(raw.upper, other.upper, f64::max),
                ..raw
            })
        })
    }

    /// The spans in which both arms had a share, with the probability of the first.
    fn shared(&self, arm: usize, against: usize) -> impl Iterator<Item = (f64, &Span, [Counts; 2])> {
        self.spans.iter().filter_map(move |span| {
            let probability = span.probability(arm, against)?;
            let counts = |arm: usize| Some(span.arms.get(arm)?.counts(self.aim.metric));
            Some((probability, span, [counts(arm)?, counts(against)?]))
        })
    }

    fn points_bet(&self, arm: usize, against: usize, alpha: f64) -> Option<Raw> {
        let trials = |counts: Counts| Trials { trials: counts.trials, events: counts.events };
        let epoch = |(probability, span, counts): (f64, &Span, [Counts; 2])| BinaryEpoch {
            probability,
            centre: span.centres.get(self.aim.metric.index()).copied().unwrap_or_default(),
            candidate: trials(counts[0]),
            baseline: trials(counts[1]),
        };
        let epochs: Vec<BinaryEpoch> = self.shared(arm, against).map(epoch).collect();
        Some(Raw {
            estimate: betting::difference(&epochs)?,
            lower: Some(betting::lower_bound(&epochs, alpha)),
            upper: Some(betting::upper_bound(&epochs, alpha)),
        })
    }

    fn ratio_raced(&self, arm: usize, against: usize, alpha: f64) -> Option<Raw> {
        let (mut above, mut below) = (0.0, 0.0);
        let mut epochs = Vec::new();
        for (probability, _, [counts, other]) in self.shared(arm, against) {
            // The ratio of Mantel and Haenszel: each span by how well it compares the arms.
            let trials = (counts.trials + other.trials).max(1) as f64;
            above += counts.events as f64 * other.trials as f64 / trials;
            below += other.events as f64 * counts.trials as f64 / trials;
            epochs.push(RaceEpoch { probability, candidate: counts.events, baseline: other.events });
        }
        let interval = race::confidence(&epochs, alpha);
        (below > 0.0).then(|| Raw {
            estimate: above / below - 1.0,
            lower: Some(interval.lower - 1.0),
            upper: interval.upper.is_finite().then_some(interval.upper - 1.0),
        })
    }
}
