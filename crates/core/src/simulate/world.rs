//! The world of a story, second by second: callers call, gateways serve and report, the controller looks.
//!
//! [`World::second`] is one second of it. Whatever the controller decides takes effect through the table that
//! gateways are sent, as in production, and through nothing else.

mod controller;
mod gateway;
mod outside;

use super::script::{Arms, Event, Setting};
use super::traffic::{Answer, Behaviour, Callers, Dice};
use crate::arm::Arm;
use crate::guard;
use crate::outcome::Outcome;
use crate::rollout::command::Command;
use crate::rollout::input::{Gateways, Readiness, SmokeResult};
use crate::rollout::plan::Plan;
use crate::rollout::state::State;
use crate::rollout::step::Transition;
use crate::time::Timestamp;
use controller::{Controller, Surroundings};
use gateway::{Gateway, Measured};
use outside::Outside;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// How often the world moves.
const TICK: Duration = Duration::from_secs(1);
/// The most steps the controller takes at one look, as in production.
const STEPS_PER_LOOK: usize = 8;

/// Everything there is.
pub(super) struct World {
    now: Timestamp,
    dice: Dice,
    controller: Controller,
    gateways: Vec<Gateway>,
    callers: Callers,
    /// Requests per second.
    rate: f64,
    baseline: Behaviour,
    candidate: Behaviour,
    /// The share of requests of which nothing arrives, neither that they were drawn nor what came of them, by arm.
    lost: [f64; 2],
    /// Whether the arms answer.
    readiness: [Readiness; 2],
    smoke: SmokeResult,
    outside: Outside,
    /// Feedback that is not old enough to count.
    unripe: VecDeque<Measured>,
    maturity: Duration,
    toll: Toll,
}

/// What the two releases did since the rollout began, whether or not anyone counted it.
#[derive(Debug, Clone, Default)]
pub(super) struct Toll {
    pub(super) baseline: Served,
    pub(super) candidate: Served,
    /// Users the candidate served, by place.
    pub(super) users: BTreeSet<usize>,
}

/// What one release did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Served {
    pub(super) requests: u64,
    /// Of these, the ones that failed.
    pub(super) failed: u64,
    /// Of these, the ones a caller found bad.
    pub(super) disliked: u64,
}

impl World {
    /// The world of a setting, before anything happens. Without a strategy there is never a rollout.
    pub(super) fn new(setting: &Setting) -> Self {
        let now = Timestamp(0);
        let mut dice = Dice::seeded(setting.seed);
        let callers = Callers::of(setting.population, &mut dice);
        let controller = Controller::new(setting, now);
        let gateways = setting
            .gateways
            .iter()
            .map(|name| Gateway::new(name.clone(), controller.table.clone(), now))
            .collect();
        Self {
            now,
            dice,
            controller,
            gateways,
            callers,
            rate: 0.0,
            baseline: Behaviour::good(),
            candidate: Behaviour::good(),
            lost: [0.0; 2],
            readiness: [Readiness::Ready; 2],
            smoke: SmokeResult::Pending,
            outside: Outside::of(&setting.plan.gauges),
            unripe: VecDeque::new(),
            maturity: guard::maturity(&setting.application.guards),
            toll: Toll::default(),
        }
    }

    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) const fn plan(&self) -> &Plan {
        &self.controller.plan
    }

    /// Where the rollout stands; absent before its start.
    pub(super) const fn state(&self) -> Option<&State> {
        self.controller.state.as_ref()
    }

    pub(super) const fn toll(&self) -> &Toll {
        &self.toll
    }

    /// The rollout begins.
    pub(super) fn start(&mut self) -> Vec<Transition> {
        self.toll = Toll::default();
        self.controller.start();
        self.look()
    }

    /// Someone orders something.
    pub(super) fn order(&mut self, command: Command) -> Vec<Transition> {
        self.controller.order(command);
        self.look()
    }

    /// Something happens.
    pub(super) fn happen(&mut self, event: &Event) {
        match event {
            Event::Traffic(rate) => self.rate = *rate,
            Event::Behave { arms, changes } => {
                for change in changes {
                    if *arms != Arms::One(Arm::Candidate) {
                        self.baseline.change(change, self.now);
                    }
                    if *arms != Arms::One(Arm::Baseline) {
                        self.candidate.change(change, self.now);
                    }
                }
            }
            Event::Lose { arm, share } => self.lost[arm.index()] = *share,
            Event::Life(arm, readiness) => self.readiness[arm.index()] = *readiness,
            Event::Smoke(result) => self.smoke = result.clone(),
            Event::Gauge { gauge, says } => self.outside.say(gauge, says),
            Event::Gateway { index, change } => {
                if let Some(gateway) = self.gateways.get_mut(*index) {
                    gateway.change(*change);
                }
            }
        }
    }

    /// One second passes. What the controller decided at its end.
    pub(super) fn second(&mut self) -> Vec<Transition> {
        self.now = self.now.plus(TICK);
        for _ in 0..self.dice.arrivals(self.rate * TICK.as_secs_f64()) {
            self.serve();
        }
        self.collect();
        self.outside.ask(self.now);
        self.look()
    }

    /// One request: someone calls, a gateway decides, a release answers, the caller may say what they think of it.
    fn serve(&mut self) {
        let index = self.dice.place(self.gateways.len());
        let place = self.callers.next(&mut self.dice);
        let user = self.callers.user(place);
        let uniform = self.dice.bits();
        let Some(gateway) = self.gateways.get_mut(index) else { return };
        let decision = gateway.decide(user.map(|user| user.name.as_str()), uniform, self.now);
        let table = gateway.serving();
        // Once it is promoted, the candidate answers as the baseline.
        let is_candidate = table.placement(decision.arm).release == self.controller.candidate.release;
        let (release, arm) = match is_candidate {
            true => (&self.candidate, Arm::Candidate),
            false => (&self.baseline, Arm::Baseline),
        };
        let answer = match self.readiness[arm.index()] {
            Readiness::Ready => release.answer(user, self.now, &mut self.dice),
            Readiness::NotReady => Answer::none(),
        };
        self.toll.count(is_candidate, place, &answer);
        if self.dice.hits(self.lost[decision.arm.index()]) {
            return;
        }
        let Answer { class, latency_us, first_token, contents, .. } = answer;
        let outcome = Outcome { decision, class, latency_us, first_token, contents };
        gateway.note(Measured { epoch: table.epoch, outcome, bad: answer.bad, at: self.now });
    }

    /// Gateways report; feedback that has become old enough is counted.
    fn collect(&mut self) {
        for gateway in &mut self.gateways {
            for measured in gateway.report() {
                self.controller.count(&measured);
                if measured.bad.is_some() {
                    self.unripe.push_back(measured);
                }
            }
        }
        while let Some(measured) = self.unripe.front()
            && self.now.since(measured.at) >= self.maturity
        {
            self.controller.count_feedback(measured);
            self.unripe.pop_front();
        }
    }

    /// The controller looks until there is nothing more to do, as its loop does.
    fn look(&mut self) -> Vec<Transition> {
        let mut decided = Vec::new();
        for _ in 0..STEPS_PER_LOOK {
            let published = self.controller.table.clone();
            for gateway in &mut self.gateways {
                gateway.pass(&published, self.now);
            }
            let surroundings = self.surroundings();
            let before = self.state().map(|state| state.sequence);
            decided.extend(self.controller.look(surroundings, self.now));
            let moved = self.state().map(|state| state.sequence) != before;
            if !self.controller.draft(self.now) && !moved {
                break;
            }
        }
        decided
    }

    fn surroundings(&self) -> Surroundings {
        let known: Vec<&Gateway> =
            self.gateways.iter().filter(|gateway| gateway.is_known(self.now)).collect();
        let published = &self.controller.table;
        let acknowledged = known.iter().filter(|gateway| gateway.acknowledged(published, self.now)).count();
        let tripped = known.iter().find(|gateway| gateway.has_tripped());
        Surroundings {
            gateways: Gateways {
                known: known.len(),
                acknowledged,
                exposed: known.iter().filter(|gateway| gateway.is_exposed()).count(),
                tripped: tripped.map(|gateway| gateway.name.to_string()),
                refused: None,
                oversized: None,
                unwell: None,
            },
            smoke: self.smoke.clone(),
            gauges: self.outside.gauged(self.now),
            baseline: self.readiness[Arm::Baseline.index()],
            candidate: self.readiness[Arm::Candidate.index()],
        }
    }
}

impl Toll {
    fn count(&mut self, is_candidate: bool, user: Option<usize>, answer: &Answer) {
        let served = if is_candidate { &mut self.candidate } else { &mut self.baseline };
        served.requests += 1;
        served.failed += u64::from(answer.class.is_error());
        served.disliked += u64::from(answer.bad == Some(true));
        if is_candidate {
            self.users.extend(user);
        }
    }
}
