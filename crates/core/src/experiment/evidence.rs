//! What was counted of an experiment: by application, span and arm. It only grows.

use super::early::Early;
use super::scored;
use crate::analysis::judge::Units;
use crate::analysis::measurement::{self, ArmCounts, Ending};
use crate::analysis::tally::{Counts, UnitSketch};
use crate::arm::Arm;
use crate::companion::{Companions, Number, Seat};
use crate::epoch::{Centres, Stage, Thresholds};
use crate::id::{ApplicationName, ArmName, EpochId, ExperimentName};
use crate::metric::Metric;
use crate::stats::evidence::linear::{self, Kind};
use crate::stats::moments::Moments;
use crate::time::Timestamp;
use crate::unit::GROUPS;
use crate::weight::Weight;
use std::collections::BTreeMap;

/// A span in which the shares and everything outcomes are scored by stay the same. It ends with the day at the latest.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its number, counted per application.
    pub epoch: EpochId,
    /// When it began.
    pub started_at: Timestamp,
    /// The share of each arm, in the order of the arms.
    pub shares: Vec<Weight>,
    /// The thresholds and caps outcomes were counted against.
    pub thresholds: Thresholds,
    /// What the control was expected to do.
    pub centres: Centres,
    /// What each arm did.
    pub arms: Vec<ArmCounts>,
    /// Whether the requests have come to their end.
    pub ending: Ending,
    /// The experiments that ran elsewhere meanwhile.
    pub companions: Companions,
}

/// What was counted in one application.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counted {
    /// While every arm was served by the control.
    pub lead_in: Vec<Span>,
    /// Since every arm is served by its own releases.
    pub spans: Vec<Span>,
}

/// Everything that was counted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// By application.
    pub applications: BTreeMap<ApplicationName, Counted>,
    /// The experiments that are companions in some of the spans.
    pub companions: BTreeMap<Number, Named>,
}

/// What an experiment elsewhere and its arms are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The experiment.
    pub experiment: ExperimentName,
    /// Its arms, the control first.
    pub arms: Vec<ArmName>,
}

impl Span {
    /// The probability of one arm against another; nothing unless both have a share.
    pub fn probability(&self, arm: usize, against: usize) -> Option<f64> {
        let share = |arm: usize| self.shares.get(arm).filter(|share| **share > Weight::ZERO);
        let (arm, against) = (share(arm)?.probability(), share(against)?.probability());
        Some(arm / (arm + against))
    }

    /// What the arms have together.
    pub fn whole(&self) -> f64 {
        self.shares.iter().map(|share| share.probability()).sum()
    }

    /// Whether requests of any arm are known to be under way.
    pub fn is_under_way(&self) -> bool {
        self.arms.iter().any(|arm| arm.tally.outcomes() < arm.requests(self.ending))
    }

    /// A metric's observations, arm by arm, in groups where units are sticky; scores in points of their scale.
    pub fn moments(&self, (metric, units): (Metric, Units), early: Early) -> linear::Span {
        self.arms.iter().map(|arm| self.of_arm(arm, (metric, units), early)).collect()
    }

    fn of_arm(&self, arm: &ArmCounts, (metric, units): (Metric, Units), early: Early) -> Vec<Moments> {
        let with_early = |mut sums: Moments, counts: &Counts| {
            sums += early.moments(counts.failed_early, self.thresholds.cap(metric));
            sums
        };
        match (units, metric) {
            (Units::Sticky, Metric::Score(score)) => scored::by_group(arm, score),
            (Units::Independent, Metric::Score(score)) => vec![scored::together(arm, score)],
            (Units::Sticky, _) => {
                let groups = arm.groups.counts(metric).iter();
                groups.map(|counts| with_early(counted(counts), counts)).collect()
            }
            (Units::Independent, _) => {
                let counts = arm.counts(metric);
                let known = if metric.is_amount() { self.amounts(arm, metric) } else { counted(&counts) };
                vec![with_early(known, &counts)]
            }
        }
    }

    /// A metric's observations in one cell of an arm, by group, as [`Span::moments`] has them of the arm for sticky units with early
    /// failures left out.
    pub fn of_cell(&self, arm: usize, seat: Seat, metric: Metric) -> Vec<Moments> {
        let Some(arm) = self.arms.get(arm) else { return vec![Moments::default(); GROUPS] };
        match (arm.groups.cells.counts(seat, metric), metric) {
            ([], _) => vec![Moments::default(); GROUPS],
            (groups, Metric::Score(score)) => scored::of_groups(arm, score, groups),
            (groups, _) => groups.iter().map(counted).collect(),
        }
    }

    /// Amounts under their cap; none while it was not published.
    fn amounts(&self, arm: &ArmCounts, metric: Metric) -> Moments {
        let known = self.thresholds.cap(metric).zip(arm.tally.amounts(metric));
        let Some((cap, amounts)) = known else { return Moments::default() };
        amounts.at_ends(cap).into_iter().map(|(amount, times)| Moments::of(times, amount as f64)).sum()
    }
}

/// What the observations of a metric are.
pub fn kind(metric: Metric) -> Kind {
    match metric {
        Metric::Score(score) => Kind::Bounded { width: score.width() },
        metric if metric.is_amount() => Kind::Amount,
        _ => Kind::Share,
    }
}

/// What is known of the outcomes that did not fail early.
fn counted(counts: &Counts) -> Moments {
    let (known, events) = (counts.known(), counts.events as f64);
    Moments { count: known as f64, sum: events, sum_of_squares: events }
}

impl Counted {
    /// What was counted of an experiment with so many arms, from the epochs of an application; those before it began and after
    /// it ended are left out.
    pub fn of(epochs: &measurement::Evidence, arms: usize) -> Self {
        let mut counted = Self::default();
        for counts in &epochs.epochs {
            let epoch = &counts.epoch;
            let Some(allotment) = &epoch.allotment else { continue };
            let places = (0..arms).filter_map(Arm::of_experiment);
            let span = Span {
                epoch: epoch.id,
                started_at: epoch.started_at,
                shares: allotment.shares.iter().take(arms).copied().collect(),
                thresholds: epoch.thresholds,
                centres: epoch.centres,
                arms: places.map(|arm| counts.arm(arm).clone()).collect(),
                ending: counts.ending(),
                companions: allotment.companions,
            };
            match allotment.stage {
                Stage::LeadIn => counted.lead_in.push(span),
                Stage::Running => counted.spans.push(span),
            }
        }
        counted
    }

    /// The units an arm has served since the experiment began.
    pub fn units(&self, arm: usize) -> UnitSketch {
        let mut units = UnitSketch::default();
        for counts in self.lead_in.iter().chain(&self.spans).filter_map(|span| span.arms.get(arm)) {
            units.add(&counts.groups.units);
        }
        units
    }
}

/// The observations of spans. Those with the same shares are one where every request is a case: whatever befalls all arms alike in the
/// meantime cancels, because no arm has more of it. Of other metrics an arm may have more cases of a bad day than of a good one, so
/// each span is compared by itself.
pub fn merged(spans: &[Span], (metric, units): (Metric, Units), early: Early) -> Vec<linear::Span> {
    let observed = spans.iter().map(|span| (&span.shares, span.moments((metric, units), early)));
    added_up(observed, |shares, others| metric.cases_are_drawn() && shares == others)
}

/// The observations of spans, those that are drawn alike as one.
pub(super) fn added_up<Drawn>(
    spans: impl Iterator<Item = (Drawn, linear::Span)>,
    are_alike: impl Fn(&Drawn, &Drawn) -> bool,
) -> Vec<linear::Span> {
    let mut sums: Vec<(Drawn, linear::Span)> = Vec::new();
    for (drawn, more) in spans {
        match sums.iter_mut().find(|(first, _)| are_alike(first, &drawn)) {
            Some((_, sums)) => {
                let pairs = sums.iter_mut().flatten().zip(more.iter().flatten());
                pairs.for_each(|(sum, more)| *sum += *more);
            }
            None => sums.push((drawn, more)),
        }
    }
    sums.into_iter().map(|(_, sums)| sums).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::linear::Linear;

    /// Many speak of one arm on the day on which both are bad. On no day is it any worse.
    #[test]
    fn an_arm_that_many_speak_of_on_a_bad_day_is_no_worse() {
        let day = |number: u64, bad: f64, spoken: [u64; 2]| {
            let mut counts: Vec<ArmCounts> = vec![ArmCounts::default(); 2];
            for (arm, told) in counts.iter_mut().zip(spoken) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
                let bad = (told as f64 * bad) as u64;
                arm.tally.metrics[Metric::Feedback.index()] = Counts::of_share(told, bad);
            }
            Span {
                epoch: EpochId(u32::try_from(number).unwrap()),
                started_at: Timestamp(number * 86_400_000),
                shares: vec![Weight::from_basis_points(5_000).unwrap(); 2],
                thresholds: Thresholds::default(),
                centres: Centres::default(),
                arms: counts,
                ending: Ending::Settled,
                companions: Companions::default(),
            }
        };
        let mut spans = vec![day(0, 0.3, [1_000, 3_000])];
        spans.extend((1..10).map(|number| day(number, 0.05, [1_000, 1_000])));
        let sums = merged(&spans, (Metric::Feedback, Units::Independent), Early::LeftOut);
        let told = Linear::of(&sums, &[-1.0, 1.0], kind(Metric::Feedback)).unwrap();
        assert!(told.estimate.abs() < 1e-12 && told.lower(0.05) < 0.0, "{told:?}");
    }
}
