//! The evidence of a rollout: counts of both arms, epoch by epoch. It only grows and is never reset at a step.

use super::remembered::{Bet, Compared, Race, Remembered};
use super::tally::{Counts, GroupTally, Tally, UnitSketch};
use crate::arm::Arm;
use crate::epoch::Epoch;
use crate::metric::Metric;
use crate::stats::evidence::capital::Capital;
use crate::time::Timestamp;
use crate::unit::GROUPS;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// So long after an epoch its requests are taken to have ended. A gateway that the controller cannot reach draws by it for a quarter
/// of an hour at most, which is how long its lease is. Nothing bounds how long an answer may go on: one of more than three quarters is
/// missed until it has ended, and on a slower arm more are.
pub const SETTLED_AFTER: Duration = Duration::from_secs(60 * 60);

/// Counts of one arm in one epoch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ArmCounts {
    /// All measured outcomes.
    pub tally: Tally,
    /// The same per group, for sticky units.
    pub groups: GroupTally,
}

/// Counts of every arm in one epoch: [`EpochArms`], which copies share until one of them is changed. What bets have made of them,
/// and how they compare, is found once.
#[derive(Debug, Clone)]
pub struct EpochCounts {
    kept: Arc<Kept>,
    /// It is known by the clock and not by the counts.
    ending: Ending,
}

/// Whether the requests of an epoch have come to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// Some may be under way.
    #[default]
    Awaited,
    /// It is over for so long that none is: what has no outcome has lost it.
    Settled,
}

#[derive(Debug, Clone)]
struct Kept {
    arms: EpochArms,
    capitals: Remembered<Bet, Capital>,
    races: Remembered<Race, Capital>,
    gaps: Remembered<Compared, [f64; 2]>,
}

/// What every arm did in one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochArms {
    /// The span and what it was scored by.
    pub epoch: Epoch,
    /// What the baseline did.
    pub baseline: ArmCounts,
    /// What the candidate did.
    pub candidate: ArmCounts,
    /// What the arms of an experiment did beside its control, in their order, as far as they were counted.
    pub treatments: Vec<ArmCounts>,
}

/// Everything measured since the rollout began.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// Epoch by epoch, in order of their ids.
    pub epochs: Vec<EpochCounts>,
}

/// Outcomes of both arms since the candidate got its first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// The baseline's.
    pub baseline: u64,
    /// The candidate's.
    pub candidate: u64,
}

/// What an arm did of which nothing was counted.
static NOTHING: LazyLock<ArmCounts> = LazyLock::new(ArmCounts::default);

impl ArmCounts {
    /// The counts of a metric.
    pub fn counts(&self, metric: Metric) -> Counts {
        self.tally.counts(metric)
    }

    /// The requests that fell on the arm. Of those that are slow more are under way, so they are counted as they were drawn until
    /// their epoch has settled; more have ended than were drawn where some were counted twice, or by a gateway of an older version.
    pub fn requests(&self, ending: Ending) -> u64 {
        let ended = self.tally.outcomes();
        match ending {
            Ending::Awaited => ended.max(self.tally.drawn),
            Ending::Settled => ended,
        }
    }

    /// The same by group of units. Every outcome of a unit adds one to what is looked at for errors.
    pub fn requests_by_group(&self, ending: Ending) -> impl Iterator<Item = u64> {
        let groups = self.groups.counts(Metric::Errors).iter().enumerate();
        groups.map(move |(place, ended)| match ending {
            Ending::Awaited => ended.trials.max(self.groups.drawn.of(place)),
            Ending::Settled => ended.trials,
        })
    }

    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        self.tally.add(&other.tally);
        self.groups.add(&other.groups);
    }
}

impl EpochCounts {
    /// An epoch nothing was measured in yet.
    pub fn empty(epoch: Epoch) -> Self {
        Self::of(epoch, [ArmCounts::default(), ArmCounts::default()])
    }

    /// What the baseline and the candidate did in an epoch.
    pub fn of(epoch: Epoch, [baseline, candidate]: [ArmCounts; 2]) -> Self {
        let arms = EpochArms { epoch, baseline, candidate, treatments: Vec::new() };
        let (capitals, races, gaps) = Default::default();
        let kept = Kept { arms, capitals, races, gaps };
        Self { kept: Arc::new(kept), ending: Ending::Awaited }
    }

    /// Whether its requests have come to their end.
    pub const fn ending(&self) -> Ending {
        self.ending
    }

    /// It is over for so long that all of its requests have ended. The counts are those that copies share.
    pub const fn settle(&mut self) {
        self.ending = Ending::Settled;
    }

    /// The requests that fell on an arm.
    pub fn requests(&self, arm: Arm) -> u64 {
        self.arm(arm).requests(self.ending)
    }

    /// Whether requests of either arm are known to be under way.
    pub fn is_under_way(&self) -> bool {
        [&self.baseline, &self.candidate].iter().any(|arm| arm.tally.outcomes() < arm.requests(self.ending))
    }

    /// What bets make of these counts; it is found once.
    pub(super) fn capital(&self, bet: Bet, find: impl FnOnce() -> Capital) -> Capital {
        self.kept.capitals.or_find(bet, find)
    }

    /// What a race among the cases makes of these counts; it is found once.
    pub(super) fn race(&self, race: Race, find: impl FnOnce() -> Capital) -> Capital {
        self.kept.races.or_find(race, find)
    }

    /// How the arms compare by these counts, as a weighted sum and its weight; it is found once.
    pub(super) fn gap(&self, compared: Compared, find: impl FnOnce() -> [f64; 2]) -> [f64; 2] {
        self.kept.gaps.or_find(compared, find)
    }
}

impl Deref for EpochCounts {
    type Target = EpochArms;

    fn deref(&self) -> &EpochArms {
        &self.kept.arms
    }
}

impl DerefMut for EpochCounts {
    /// The counts, to be changed: what was found of them is forgotten.
    fn deref_mut(&mut self) -> &mut EpochArms {
        let Kept { arms, capitals, races, gaps } = Arc::make_mut(&mut self.kept);
        capitals.forget();
        races.forget();
        gaps.forget();
        arms
    }
}

impl PartialEq for EpochCounts {
    fn eq(&self, other: &Self) -> bool {
        **self == **other && self.ending == other.ending
    }
}

impl EpochArms {
    /// The counts of an arm.
    pub fn arm(&self, arm: Arm) -> &ArmCounts {
        match arm {
            Arm::Baseline => &self.baseline,
            Arm::Candidate => &self.candidate,
            Arm::Treatment(treatment) => self.treatments.get(treatment.number() - 1).unwrap_or(&NOTHING),
        }
    }

    /// The counts of an arm, to add to.
    pub fn arm_mut(&mut self, arm: Arm) -> &mut ArmCounts {
        match arm {
            Arm::Baseline => &mut self.baseline,
            Arm::Candidate => &mut self.candidate,
            Arm::Treatment(treatment) => {
                let counted = self.treatments.len().max(treatment.number());
                self.treatments.resize_with(counted, ArmCounts::default);
                &mut self.treatments[treatment.number() - 1]
            }
        }
    }
}

impl Evidence {
    /// What was counted until a moment, epoch by epoch.
    pub fn until(now: Timestamp, epochs: Vec<EpochCounts>) -> Self {
        let mut evidence = Self { epochs };
        evidence.settle(now);
        evidence
    }

    /// Settles the epochs that are over for [`SETTLED_AFTER`]: each is over when the next begins.
    pub fn settle(&mut self, now: Timestamp) {
        let ends = self.epochs.iter().skip(1).map(|next| next.epoch.started_at);
        let settled = ends.take_while(|end| now.since(*end) >= SETTLED_AFTER).count();
        self.epochs.iter_mut().take(settled).for_each(EpochCounts::settle);
    }

    /// The epochs in which two arms were compared.
    pub fn compared(&self) -> impl Iterator<Item = &EpochCounts> {
        self.epochs.iter().filter(|counts| counts.epoch.weight.compares())
    }

    /// How many outcomes of each arm were seen while the candidate had a share. At full weight nothing is compared,
    /// but what the candidate serves is still seen.
    pub fn seen(&self) -> Seen {
        let on_trial = self.epochs.iter().filter(|counts| counts.epoch.weight > Weight::ZERO);
        on_trial.fold(Seen::default(), |seen, counts| Seen {
            baseline: seen.baseline + counts.baseline.tally.outcomes(),
            candidate: seen.candidate + counts.candidate.tally.outcomes(),
        })
    }

    /// The counts of a metric on one arm over all compared epochs, for display.
    pub fn total(&self, metric: Metric, arm: Arm) -> Counts {
        let mut total = Counts::default();
        for counts in self.compared() {
            total.add(counts.arm(arm).counts(metric));
        }
        total
    }

    /// About how many different units an arm served.
    pub fn units(&self, arm: Arm) -> u64 {
        let mut units = UnitSketch::default();
        for counts in self.compared() {
            units.add(&counts.arm(arm).groups.units);
        }
        units.count()
    }

    /// How many of the groups had outcomes on the candidate.
    pub fn candidate_groups(&self) -> usize {
        (0..GROUPS)
            .filter(|&group| {
                self.compared().any(|counts| {
                    let groups = counts.candidate.groups.counts(Metric::Errors);
                    groups.get(group).is_some_and(|counts| counts.trials > 0)
                })
            })
            .count()
    }
}
