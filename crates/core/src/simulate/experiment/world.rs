//! The world of an experiment: callers, the draw of gateways, what comes of each request, and its counters. [`World::minute`]
//! lets a minute pass, [`World::look`] asks the rules once.

use super::script::{Change, Event, Script};
use crate::analysis::measurement::{ArmCounts, Ending};
use crate::analysis::tally::Counts;
use crate::companion::Companions;
use crate::epoch::Thresholds;
use crate::experiment::allocate;
use crate::experiment::analysis::analyse;
use crate::experiment::definition::{Allocation, Experiment};
use crate::experiment::evidence::{Counted, Evidence, Span};
use crate::experiment::step::{Input, Order, Phase, State, Transition, begin, step};
use crate::experiment::verdict::Analysis;
use crate::id::EpochId;
use crate::metric::Metric;
use crate::routing::draw::{Draw, Drawn, Who};
use crate::routing::layer::Part;
use crate::routing::shares::Shares;
use crate::routing::table::Salt;
use crate::simulate::script::Population;
use crate::simulate::traffic::Dice;
use crate::time::Timestamp;
use crate::unit::UnitHash;
use crate::weight::Weight;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often the rules look, and a bandit moves traffic.
pub(super) const LOOK: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MINUTE: Duration = Duration::from_secs(60);
/// How much unequal users differ in calls and in what befalls them, as deviations of logarithms.
const UNEQUAL: (f64, f64) = (1.2, 0.6);
/// How often callers rate an answer unless it is said.
const FEEDBACK: f64 = 0.2;

/// The world, and where the experiment stands in it.
pub(super) struct World {
    pub(super) experiment: Experiment,
    pub(super) evidence: Evidence,
    pub(super) state: Option<State>,
    pub(super) now: Timestamp,
    shares: Shares,
    users: Vec<User>,
    salts: [Salt; 2],
    dice: Dice,
    traffic: f64,
    arms: Vec<Behaviour>,
    astray: f64,
    /// What callers will have said, by when it counts.
    unripe: BTreeMap<Timestamp, Vec<Opinion>>,
    orders: Vec<Order>,
}

/// What a caller says of an answer.
struct Opinion {
    /// The span of the request: whether in the lead-in, and its place there.
    span: (bool, usize),
    arm: usize,
    unit: Option<UnitHash>,
    bad: bool,
}

struct User {
    name: String,
    /// The part of all calls by this user and those before.
    up_to: f64,
    /// The factor on what befalls its calls.
    prone: f64,
}

/// How an arm answers.
#[derive(Debug, Clone, Copy)]
struct Behaviour {
    errors: f64,
    feedback: f64,
    negative: f64,
    lost: f64,
    /// How long who is not pleased takes on average to say so.
    complaints: Duration,
}

impl Behaviour {
    const GOOD: Self =
        Self { errors: 0.0, feedback: FEEDBACK, negative: 0.0, lost: 0.0, complaints: Duration::ZERO };

    const fn change(&mut self, change: Change) {
        match change {
            Change::Errors(share) => self.errors = share,
            Change::Feedback(share) => self.feedback = share,
            Change::Negative(share) => self.negative = share,
            Change::Complaints(after) => self.complaints = after,
        }
    }
}

impl World {
    /// A world in which nothing has happened, without shares that fit.
    pub(super) fn of(script: &Script) -> Option<Self> {
        let mut dice = Dice::seeded(script.seed);
        let mut salt = || {
            let (first, second) = (dice.bits().to_le_bytes(), dice.bits().to_le_bytes());
            Salt(std::array::from_fn(|place| if place < 8 { first[place] } else { second[place - 8] }))
        };
        let salts = [salt(), salt()];
        let users = script.users.map_or_else(Vec::new, |users| population(users, &mut dice));
        let arms = script.experiment.arms.len();
        Some(Self {
            shares: script.experiment.shares().ok()?,
            experiment: script.experiment.clone(),
            evidence: Evidence::default(),
            state: None,
            now: Timestamp(0),
            users,
            salts,
            dice,
            traffic: 0.0,
            arms: vec![Behaviour::GOOD; arms],
            astray: 0.0,
            unripe: BTreeMap::new(),
            orders: Vec::new(),
        })
    }

    pub(super) fn start(&mut self) {
        self.state = Some(begin(&self.experiment, self.now));
        self.renew();
    }

    pub(super) fn order(&mut self, order: Order) {
        self.orders.push(order);
    }

    pub(super) fn happen(&mut self, event: &Event) {
        match event {
            Event::Traffic(rate) => self.traffic = *rate,
            Event::Astray(share) => self.astray = *share,
            Event::Lose { arm, share } => self.arms[*arm].lost = *share,
            Event::Behave { arm, changes } => {
                for (place, behaviour) in self.arms.iter_mut().enumerate() {
                    if arm.is_some_and(|arm| arm != place) {
                        continue;
                    }
                    changes.iter().for_each(|change| behaviour.change(*change));
                }
            }
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.state.as_ref().is_some_and(|state| matches!(state.phase, Phase::Ended(_)))
    }

    /// A minute passes; a new day has a span of its own.
    pub(super) fn minute(&mut self) {
        let requests = self.dice.arrivals(self.traffic * MINUTE.as_secs_f64());
        if !self.is_over() {
            for _ in 0..requests {
                self.request();
            }
        }
        self.now = self.now.plus(MINUTE);
        self.ripen();
        let begun = self.spans().and_then(|counted| counted.spans.last().or_else(|| counted.lead_in.last()));
        if begun.is_some_and(|span| self.now.since(span.started_at) >= DAY) {
            self.renew();
        }
    }

    /// Asks the rules once, as the controller would, and serves by what follows.
    pub(super) fn look(&mut self) -> Option<(Analysis, Transition)> {
        let state = self.state.clone()?;
        let stopped: &[usize] = match &state.phase {
            Phase::Running { stopped } => stopped,
            Phase::LeadIn | Phase::Ended(_) => &[],
        };
        let analysis = analyse(&self.experiment, &self.evidence, stopped);
        let orders = std::mem::take(&mut self.orders);
        let input = Input { sequence: state.sequence, orders, analysis };
        let transition = step(&self.experiment, &state, &input, self.now);
        self.state = Some(transition.next.clone());
        if transition.next.phase != state.phase {
            self.serve(&transition.next.phase);
        } else if let Allocation::Bandit { floor } = self.experiment.allocation
            && matches!(state.phase, Phase::Running { .. })
        {
            self.follow(&input.analysis, stopped, floor);
        }
        Some((input.analysis, transition))
    }

    /// Shares that follow from a phase: an arm that was stopped has none.
    fn serve(&mut self, phase: &Phase) {
        let Phase::Running { stopped } = phase else { return };
        let full: Vec<Weight> = self.experiment.arms.all().iter().map(|arm| arm.share).collect();
        let left = full.iter().enumerate();
        let left = left.map(|(arm, share)| if stopped.contains(&arm) { Weight::ZERO } else { *share });
        let left: Vec<Weight> = left.collect();
        if let Ok(shares) = self.experiment.shares().and_then(|shares| shares.with(&left)) {
            self.shares = shares;
        }
        self.renew();
    }

    /// Shares that follow from what the arms came to.
    fn follow(&mut self, analysis: &Analysis, stopped: &[usize], floor: Weight) {
        let arms = self.experiment.arms.all();
        let counts: Vec<Counts> = analysis.arms.iter().map(|arm| arm.counts).collect();
        let live: Vec<bool> = (0..arms.len()).map(|arm| !stopped.contains(&arm)).collect();
        let whole: u16 = arms.iter().map(|arm| arm.share.basis_points()).sum();
        let Ok(whole) = Weight::from_basis_points(whole) else { return };
        let shares = allocate::shares(&counts, &live, (self.experiment.aim.better, floor), whole);
        // Nobody is moved where every request is drawn by itself, so the arms need no places of their own.
        if let Ok(shares) = Shares::new(&shares, self.experiment.holdout) {
            self.shares = shares;
            self.renew();
        }
    }

    fn spans(&self) -> Option<&Counted> {
        self.evidence.applications.get(&self.experiment.aim.application)
    }

    fn renew(&mut self) {
        let leads_in = self.state.as_ref().is_some_and(|state| state.phase == Phase::LeadIn);
        let arms = vec![ArmCounts::default(); self.experiment.arms.len()];
        let counted = self.evidence.applications.entry(self.experiment.aim.application.clone()).or_default();
        // A wrong expectation only costs time, and a story has no earlier epochs to take it from.
        let centres = [0.0; Metric::ALL.len()];
        let number = counted.lead_in.len() + counted.spans.len();
        let span = Span {
            epoch: EpochId(u32::try_from(number).unwrap_or(u32::MAX)),
            started_at: self.now,
            shares: self.shares.of_arms().collect(),
            thresholds: Thresholds::default(),
            centres,
            arms,
            companions: Companions::default(),
            ending: Ending::Awaited,
        };
        if leads_in { counted.lead_in.push(span) } else { counted.spans.push(span) }
    }

    fn request(&mut self) {
        let (called, uniform) = (self.dice.uniform(), self.dice.bits());
        let user = self.users.get(self.users.partition_point(|user| user.up_to <= called));
        let is_astray = self.dice.hits(self.astray);
        let Experiment { layer, name, .. } = &self.experiment;
        let salt = &self.salts[usize::from(is_astray)];
        let draw = Draw { salt, layer, experiment: name, part: Part::WHOLE, shares: &self.shares };
        let who = user.map_or(Who::Request(uniform), |user| Who::Unit(&user.name));
        let Drawn::Arm { arm, .. } = draw.of(who) else { return };
        let leads_in = self.state.as_ref().is_some_and(|state| state.phase == Phase::LeadIn);
        let answers = self.arms[if leads_in { 0 } else { arm }];
        let prone = user.map_or(1.0, |user| user.prone);
        let fails = self.dice.hits((answers.errors * prone).min(1.0));
        let rates = self.dice.hits(answers.feedback);
        let dislikes = self.dice.hits((answers.negative * prone).min(1.0));
        if self.dice.hits(self.arms[arm].lost) {
            return;
        }
        let unit = user.map(|user| UnitHash::of(&self.experiment.aim.application, &user.name));
        let Some(counted) = self.spans() else { return };
        let place = if leads_in { counted.lead_in.len() } else { counted.spans.len() };
        let opinion = Opinion { span: (leads_in, place.saturating_sub(1)), arm, unit, bad: dislikes };
        let Some(counts) = self.counts(&opinion) else { return };
        counts.tally.classes[0] += 1;
        record(counts, Metric::Errors, (unit, fails));
        if rates {
            let after = if dislikes { self.dice.wait(answers.complaints) } else { Duration::ZERO };
            let due = self.now.plus(after.max(self.experiment.maturity()));
            self.unripe.entry(due).or_default().push(opinion);
            self.ripen();
        }
    }

    /// Counts what was said of requests that are old enough.
    fn ripen(&mut self) {
        while let Some(due) = self.unripe.first_entry().filter(|due| *due.key() <= self.now) {
            for opinion in due.remove() {
                if let Some(counts) = self.counts(&opinion) {
                    record(counts, Metric::Feedback, (opinion.unit, opinion.bad));
                }
            }
        }
    }

    /// Where a request is counted.
    fn counts(&mut self, of: &Opinion) -> Option<&mut ArmCounts> {
        let counted = self.evidence.applications.get_mut(&self.experiment.aim.application)?;
        let (leads_in, place) = of.span;
        let spans = if leads_in { &mut counted.lead_in } else { &mut counted.spans };
        spans.get_mut(place)?.arms.get_mut(of.arm)
    }
}

fn record(counts: &mut ArmCounts, metric: Metric, (unit, bad): (Option<UnitHash>, bool)) {
    let one = Counts::of_share(1, u64::from(bad));
    counts.tally.metrics[metric.index()].add(one);
    if let Some(unit) = unit {
        counts.groups.record_counts(metric, unit.group(), one);
        counts.groups.units.insert(unit);
    }
}

fn population(users: Population, dice: &mut Dice) -> Vec<User> {
    let (count, (activity, proneness)) = match users {
        Population::Equal(count) => (count, (0.0, 0.0)),
        Population::Unequal(count) => (count, UNEQUAL),
    };
    let (mut calls, mut bad) = (0.0, 0.0);
    let mut users: Vec<User> = (0..count)
        .map(|number| {
            let (active, prone) = ((activity * dice.normal()).exp(), (proneness * dice.normal()).exp());
            calls += active;
            bad += active * prone;
            User { name: format!("user-{number}"), up_to: calls, prone }
        })
        .collect();
    for user in &mut users {
        user.up_to /= calls;
        user.prone *= calls / bad;
    }
    users
}
