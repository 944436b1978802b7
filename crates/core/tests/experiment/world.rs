//! A world with users and an experiment in it: users are drawn as gateways draw them, and counted as gateways count.

use std::collections::BTreeMap;
use std::time::Duration;

use viridian_core::analysis::measurement::{ArmCounts, Ending};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::Validity;
use viridian_core::application::Unit;
use viridian_core::arm;
use viridian_core::companion::{Companion, Companions, Elsewhere, Number, Seat};
use viridian_core::declared::Found;
use viridian_core::epoch::Thresholds;
use viridian_core::experiment::analysis::analyse;
use viridian_core::experiment::definition::{Aim, Allocation, Arm, Arms, Better, Decider, Experiment, Stop};
use viridian_core::experiment::evidence::{Counted, Evidence, Span};
use viridian_core::experiment::verdict::Analysis;
use viridian_core::guard::Margin;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::routing::companions;
use viridian_core::routing::draw::{Draw, Drawn, Who};
use viridian_core::routing::layer::Part;
use viridian_core::routing::shares::Shares;
use viridian_core::routing::table::{DrawnElsewhere, Salt};
use viridian_core::score::{Given, Level};
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

use crate::runs::Dice;

pub(crate) const START: Timestamp = Timestamp(1_790_000_000_000);
const DAY: u64 = 24 * 60 * 60 * 1_000;

pub(crate) fn weight(basis_points: u16) -> Weight {
    Weight::from_basis_points(basis_points).unwrap()
}

pub(crate) fn name<T: TryFrom<String>>(text: &str) -> T {
    T::try_from(text.to_owned()).ok().unwrap()
}

pub(crate) fn chat() -> ApplicationName {
    name("support-chat")
}

/// An experiment over negative feedback, with equal shares; an arm has to be two points better.
pub(crate) fn experiment(unit: Unit, arms: usize) -> Experiment {
    let share = weight(u16::try_from(10_000 / arms).unwrap());
    let arm = |number: usize| Arm {
        name: name(&format!("arm{number}")),
        share,
        releases: [(chat(), name(&format!("v{number}")))].into(),
    };
    Experiment {
        name: name("tone"),
        layer: name("prompts"),
        traffic: Weight::FULL,
        unit,
        arms: Arms::new((0..arms).map(arm).collect(), &name("arm0")).unwrap(),
        holdout: Weight::ZERO,
        aim: Aim {
            application: chat(),
            metric: Metric::Feedback,
            better: Better::Lower,
            minimum_effect: Margin::Points(200),
            maturity: Duration::ZERO,
        },
        guards: Vec::new(),
        meanings: BTreeMap::new(),
        allocation: Allocation::Fixed,
        lead_in: Duration::ZERO,
        stop: Stop { winner: Decider::ByRule, max_duration: Duration::from_secs(28 * 86_400) },
    }
}

/// Who calls: how many, and how much they differ in calls and in what befalls them, as deviations of logarithms.
#[derive(Clone, Copy)]
pub(crate) struct Users {
    pub(crate) count: usize,
    pub(crate) activity: f64,
    pub(crate) proneness: f64,
}

pub(crate) const CALM: Users = Users { count: 3_000, activity: 0.5, proneness: 0.5 };
pub(crate) const UNEQUAL: Users = Users { count: 3_000, activity: 1.5, proneness: 1.0 };
pub(crate) const FEW: Users = Users { count: 400, activity: 1.0, proneness: 1.0 };
pub(crate) const HEAVY_TAILED: Users = Users { count: 4_000, activity: 2.0, proneness: 1.5 };

pub(crate) struct User {
    pub(crate) name: String,
    /// The part of all calls by this user and those before.
    up_to: f64,
    /// The factor on what befalls its calls; one on average over all calls.
    pub(crate) prone: f64,
}

impl Users {
    fn drawn(self, dice: &mut Dice) -> Vec<User> {
        let (mut calls, mut bad) = (0.0, 0.0);
        let mut users: Vec<User> = (0..self.count)
            .map(|number| {
                let activity = (self.activity * dice.normal()).exp();
                let prone = (self.proneness * dice.normal()).exp();
                calls += activity;
                bad += activity * prone;
                User { name: format!("user-{number}"), up_to: calls, prone }
            })
            .collect();
        for user in &mut users {
            user.up_to /= calls;
            user.prone *= calls / bad;
        }
        users
    }
}

/// One call, before what comes of it.
pub(crate) struct Call<'a> {
    pub(crate) user: &'a User,
    pub(crate) arm: usize,
    /// The arm of its user elsewhere; zero where nothing runs, and for who is on none.
    pub(crate) there: usize,
    /// Calls so far.
    pub(crate) number: u32,
}

/// The amount of an answer that does not tell: nobody gave it a score, or what a declared metric asks for is not known of it.
pub(crate) const UNTOLD: u64 = u64::MAX;
/// The amount of an answer that is no case of what is asked, whoever asks.
pub(crate) const NO_CASE: u64 = u64::MAX - 1;

/// The world: it takes calls one by one.
pub(crate) struct World {
    pub(crate) experiment: Experiment,
    pub(crate) evidence: Evidence,
    pub(crate) shares: Shares,
    users: Vec<User>,
    salt: Salt,
    pub(crate) dice: Dice,
    calls: u32,
    /// An experiment elsewhere that draws the same users.
    pub(crate) beside: Option<DrawnElsewhere>,
}

/// The number of the experiment elsewhere.
pub(crate) const ELSEWHERE: Number = Number(9);

fn companion(drawn: &DrawnElsewhere) -> Companion {
    let mut shares = [Weight::ZERO; arm::MOST];
    shares.iter_mut().zip(drawn.shares.of_arms()).for_each(|(place, share)| *place = share);
    Companion { experiment: ELSEWHERE, shares }
}

impl World {
    pub(crate) fn of(experiment: Experiment, users: Users, mut dice: Dice) -> Self {
        let users = users.drawn(&mut dice);
        let salt = Salt(std::array::from_fn(|_| (dice.uniform() * 256.0) as u8));
        let shares = experiment.shares().unwrap();
        let mut world = Self {
            evidence: Evidence { applications: [(chat(), Counted::default())].into(), ..Evidence::default() },
            shares,
            users,
            salt,
            dice,
            calls: 0,
            beside: None,
            experiment,
        };
        world.renew(START, Thresholds::default());
        world
    }

    pub(crate) fn counted(&mut self) -> &mut Counted {
        self.evidence.applications.values_mut().next().unwrap()
    }

    /// A new span, with the shares there are.
    pub(crate) fn renew(&mut self, now: Timestamp, thresholds: Thresholds) {
        let shares: Vec<Weight> = self.shares.of_arms().collect();
        let mut centres = [0.0; Metric::ALL.len()];
        centres[Metric::Feedback.index()] = 0.1;
        centres[Metric::Timeouts.index()] = 0.1;
        let arms = vec![ArmCounts::default(); shares.len()];
        let epoch = EpochId(u32::try_from(self.counted().spans.len()).unwrap() + 1);
        let companions = Companions::of(self.beside.iter().map(companion));
        self.counted().spans.push(Span {
            epoch,
            started_at: now,
            shares,
            thresholds,
            centres,
            arms,
            companions,
            ending: Ending::Awaited,
        });
    }

    pub(crate) fn next_day(&mut self) {
        let last = self.counted().spans.last().unwrap();
        let (now, thresholds) = (Timestamp(last.started_at.0 + DAY), last.thresholds);
        self.renew(now, thresholds);
    }

    /// What was counted so far was a lead-in.
    pub(crate) fn lead_in_is_over(&mut self) {
        let counted = self.counted();
        counted.lead_in = std::mem::take(&mut counted.spans);
        let last = counted.lead_in.last().unwrap();
        let (now, thresholds) = (last.started_at, last.thresholds);
        self.renew(now, thresholds);
    }

    /// One call. `come` says what comes of it on its arm: how much of the aim's metric, of a score how far below the top in
    /// hundredths of the scale, and whether it fails.
    pub(crate) fn call(&mut self, come: impl Fn(&mut Dice, &Call<'_>) -> (u64, bool)) {
        self.calls += 1;
        let call = self.dice.uniform();
        let user =
            &self.users[self.users.partition_point(|user| user.up_to <= call).min(self.users.len() - 1)];
        let who = if self.experiment.unit.is_sticky() {
            Who::Unit(&user.name)
        } else {
            Who::Request((self.dice.uniform() * 2.0_f64.powi(64)) as u64)
        };
        let Experiment { layer, name, .. } = &self.experiment;
        let draw =
            Draw { salt: &self.salt, layer, experiment: name, part: Part::WHOLE, shares: &self.shares };
        let Drawn::Arm { arm, .. } = draw.of(who) else { return };
        let there = self.beside.as_ref().and_then(|drawn| companions::arm(drawn, &user.name));
        let call = Call { user, arm, there: there.unwrap_or(0), number: self.calls };
        let (amount, fails) = come(&mut self.dice, &call);
        let unit = UnitHash::of(&chat(), &user.name);
        let metric = self.experiment.aim.metric;
        let mut outcome = vec![(Metric::Errors, Counts::of_share(1, u64::from(fails)))];
        outcome.extend(match (metric, amount) {
            (Metric::Declared(_), UNTOLD) => Some((metric, Counts::of_found(Found::Unknown))),
            (_, UNTOLD | NO_CASE) => None,
            (Metric::LatencyMean, _) if fails => {
                Some((metric, Counts { trials: 1, failed_early: 1, ..Counts::default() }))
            }
            _ => Some((metric, Counts { trials: 1, events: amount, scaled: amount, ..Counts::default() })),
        });
        // What fails is bad by every guard of the application's own.
        outcome.extend(self.experiment.guards.iter().filter_map(|guard| match guard.metric {
            Metric::Declared(_) => Some((guard.metric, Counts::of_share(1, u64::from(fails)))),
            Metric::Score(_) => Some((guard.metric, Counts::of_sum(1, if fails { 100 } else { 25 }))),
            _ => None,
        }));
        let counted = self.evidence.applications.values_mut().next().unwrap();
        let arm = &mut counted.spans.last_mut().unwrap().arms[arm];
        count(arm, unit, &outcome);
        if let Some(there) = there {
            let seat = Seat { companion: 0, arm: u8::try_from(there).unwrap() };
            for (metric, counts) in &outcome {
                arm.groups.cells.record_counts(Elsewhere::NOWHERE.with(seat), *metric, unit.group(), *counts);
            }
        }
    }

    pub(crate) fn look(&self) -> Analysis {
        analyse(&self.experiment, &self.evidence, &[])
    }

    pub(crate) fn is_exact(&self) -> bool {
        self.look().validity == Validity::Exact
    }
}

pub(crate) fn count(arm: &mut ArmCounts, unit: UnitHash, outcome: &[(Metric, Counts)]) {
    arm.tally.classes[0] += 1;
    arm.groups.units.insert(unit);
    for (metric, counts) in outcome {
        match metric {
            Metric::Declared(declared) => arm.tally.declared.entry(*declared).or_default().add(*counts),
            Metric::Score(score) => {
                let level = Level::try_from(u8::try_from(counts.events).unwrap()).unwrap();
                arm.tally.record_score(Given { score: *score, level }, 1);
            }
            known => arm.tally.metrics[known.index()].add(*counts),
        }
        match metric {
            Metric::Cost => arm.tally.cost.record(counts.events),
            Metric::LatencyMean if counts.failed_early == 0 => arm.tally.latency_sums.record(counts.events),
            _ => {}
        }
        arm.groups.record_counts(*metric, unit.group(), *counts);
    }
}

/// A share that is bad so often on each arm, more or less by user.
pub(crate) fn share(rates: &[f64]) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy + '_ {
    move |dice, call| (u64::from(dice.hits((rates[call.arm] * call.user.prone).min(1.0))), false)
}

/// The same whoever calls.
pub(crate) fn plain(rates: &[f64]) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy + '_ {
    move |dice, call| (u64::from(dice.hits(rates[call.arm])), false)
}
