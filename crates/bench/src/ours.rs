//! Our rule: the `judge` and the `step` of the product over tallies folded as a gateway folds them, with epochs that
//! begin as in production. Only acknowledgements and the network are left out: a table serves at once.
//!
//! [`Ours::serve`] takes the next request; it looks after every bad outcome on the candidate, and every few seconds
//! whatever happened. A look between finds hardly anything that those do not: answers of the baseline move the evidence a
//! little, and `--closely` looks after these as well.

mod answers;
mod controller;
mod judgements;
mod plan;
mod slices;
mod warmup;

use crate::config::{Config, Scenario};
use crate::run::{End, Run};
use crate::traffic::{Request, Tokens, User};
pub(crate) use answers::known;
use answers::{Against, outcome};
use anyhow::Result;
pub(crate) use controller::{first_epoch, input};
use judgements::{Judgement, Judgements};
pub(crate) use plan::Aim;
use slices::Slices;
use std::time::Duration;
use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{
    ALPHA_ROLLBACK, Units, finds_harm, harm_bound, judge, verdicts, verdicts_of_harm,
};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Analysis, SplitCheck, Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::metric::Metric;
use viridian_core::rollout::forecast::{Traffic, forecast, remaining};
use viridian_core::rollout::plan::Plan;
use viridian_core::rollout::state::{Phase, State};
use viridian_core::rollout::step::step;
use viridian_core::routing::bucket::Bucket;
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::time::Timestamp;
use viridian_core::unit::Group;
use viridian_core::weight::Weight;
use warmup::Warmup;

/// The most steps at one look, as in production.
const STEPS_PER_LOOK: usize = 8;
/// Under way is at this part of the time that the plan told.
const UNDER_WAY: f64 = 0.25;
/// Where the clock stands at the beginning: epochs may begin before it.
const BEGINNING: u64 = 1_000_000_000;

/// Whose outcomes it looks after when they speak against the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LooksAfter {
    Candidate,
    /// Also the baseline's, of which there are more, so that it takes several times as long.
    Both,
}

/// One rollout under way.
pub(crate) struct Ours {
    /// Where a guard watches how many tokens are written.
    tokens: Option<Tokens>,
    plan: Plan,
    aim: Aim,
    /// Whether it is over before the scenario is once every guard passes. Elsewhere nothing asks whether one does.
    may_promote: bool,
    /// Whether a larger share may follow the first. Elsewhere nothing asks what it risks.
    may_get_more: bool,
    units: Units,
    /// The share that reaches the candidate when the draw is broken.
    actual: Option<Weight>,
    maturity: f64,
    look_every: f64,
    looks_after: LooksAfter,
    state: State,
    epoch: Epoch,
    calibration: ArmCounts,
    evidence: Evidence,
    slices: Option<Slices>,
    /// Judgements that do not count yet.
    unripe: Judgements,
    warmup: Warmup,
    next_look: f64,
    candidate: u64,
    excess: f64,
    passed: Vec<bool>,
    predicted: Option<f64>,
    /// Requests per second.
    rate: f64,
    /// When the rest was to be over, told once under way.
    told: Option<(f64, f64)>,
    split_broken: bool,
    ended: Option<Run>,
}

/// Why it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Time has passed.
    Timed,
    /// Something bad happened on the candidate.
    Alarmed,
}

impl Ours {
    /// A rollout of a scenario that is about to begin, with the baseline known from before.
    pub(crate) fn new(
        (config, scenario): (&Config, &Scenario),
        (aim, looks_after): (Aim, LooksAfter),
        known: &ArmCounts,
    ) -> Result<Self> {
        let plan = plan::plan(config, scenario, aim)?;
        let rate = scenario.rate.unwrap_or(config.usual.rate);
        let predicted = aim.is_promotion().then(|| {
            let told = forecast(&plan, Traffic { per_second: rate, baseline: &known.tally });
            told.steps.iter().map(|step| step.takes.map_or(f64::INFINITY, |takes| takes.as_secs_f64())).sum()
        });
        let units = if scenario.users.is_some() { Units::Sticky } else { Units::Independent };
        let mut ours = Self {
            passed: vec![false; plan.guards.len()],
            warmup: Warmup::of(plan.policy.warmup),
            tokens: watches_tokens(&plan).then(|| Tokens::of(&config.usual)),
            slices: Slices::of((scenario, aim), &plan.guards, units)?,
            plan,
            aim,
            may_promote: plan::may_promote(scenario),
            may_get_more: plan::may_get_more(config, scenario),
            units,
            actual: scenario.actual.map(plan::weight).transpose()?,
            maturity: scenario.delay.map_or(0.0, |delay| delay.maturity),
            // As many requests between looks, however often they come.
            look_every: config.rules.viridian.look_every * config.usual.rate / rate,
            looks_after,
            state: State::new(),
            epoch: first_epoch(),
            calibration: known.clone(),
            evidence: Evidence::default(),
            unripe: Judgements::default(),
            next_look: 0.0,
            candidate: 0,
            excess: 0.0,
            predicted,
            rate,
            told: None,
            split_broken: false,
            ended: None,
        };
        ours.look(0.0, Look::Timed);
        Ok(ours)
    }

    /// Whether nothing more can happen.
    pub(crate) const fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// Serves one request and looks where it has to.
    pub(crate) fn serve(&mut self, request: &Request, user: Option<&User>) {
        self.catch_up(request.at);
        if self.ended.is_some() {
            return;
        }
        if let Some(against) = self.count(request, user) {
            self.look_after(&against, request.at);
        }
    }

    /// What happens until the next request comes, in the order of time: judgements begin to count, and time has passed.
    fn catch_up(&mut self, until: f64) {
        while self.ended.is_none() {
            let before = micros(until.min(self.next_look));
            if let Some(judged) = self.unripe.ripe(before) {
                self.count_judged(judged);
                let against = Against::judged(judged.bad == judged.is_candidate);
                if judged.is_candidate || self.looks_after == LooksAfter::Both {
                    self.look_after(&against, judged.at as f64 / MICROS);
                }
            } else if self.next_look <= until {
                self.look(self.next_look, Look::Timed);
                self.next_look += self.look_every;
            } else {
                return;
            }
        }
    }

    /// Looks if what was counted makes a guard fail.
    fn look_after(&mut self, against: &Against, at: f64) {
        let is_asked = self.aim != Aim::Keep;
        if is_asked && (self.may_be_of_a_slice(against) || self.finds_harm(against)) {
            self.look(at, Look::Alarmed);
        }
    }

    /// What came of it, when the scenario is over.
    pub(crate) fn finish(mut self, horizon: f64) -> Run {
        self.ended.take().unwrap_or_else(|| self.run(End::Open, horizon))
    }

    /// Whether anything that an outcome says against the candidate makes a guard fail.
    fn finds_harm(&self, against: &Against) -> bool {
        let guards = &self.plan.guards;
        guards.iter().any(|guard| against.by(guard.metric, self.units))
            && finds_harm(guards, &self.evidence, self.units, |metric| against.by(metric, self.units))
    }

    /// Whether it may be what a slice was found worse by: each is asked anew where a request failed. What a slice costs and how long
    /// it takes is looked at as time passes.
    const fn may_be_of_a_slice(&self, against: &Against) -> bool {
        self.slices.is_some() && against.by(Metric::Errors, self.units)
    }

    /// Counts a request; what it says against the candidate, if that is looked after.
    fn count(&mut self, request: &Request, user: Option<&User>) -> Option<Against> {
        let weight = self.epoch.weight;
        let drawn = if weight.compares() { self.actual.unwrap_or(weight) } else { weight };
        let bucket = user.map_or_else(|| Bucket::from_uniform(request.draw), |user| user.bucket);
        let arm = if bucket.is_candidate(drawn) { Arm::Candidate } else { Arm::Baseline };
        let standing = if !weight.compares() {
            Standing::Exempt(Exempt::NotCompared)
        } else if !self.warmup.is_over(request.at) {
            Standing::Exempt(Exempt::WarmingUp)
        } else {
            Standing::Drawn(weight)
        };
        let decision = Decision { arm, standing, unit: user.map(|user| user.hash) };
        let answer = request.answer(arm);
        let tokens = self.tokens.map(|tokens| tokens.written(request));
        let outcome = outcome(decision, answer, tokens);
        let counts = self.evidence.epochs.last_mut()?;
        let thresholds = counts.epoch.thresholds;
        let counted = counts.arm_mut(arm);
        counted.tally.record(&outcome, &thresholds);
        counted.groups.record(&outcome, &thresholds);
        if let Some((slices, tenant)) = self.slices.as_mut().zip(request.tenant) {
            slices.count(tenant, &outcome, counts);
        }
        if arm == Arm::Candidate {
            self.warmup.sent(request.at + answer.latency_us as f64 / MICROS);
            self.candidate += 1;
            self.excess += request.excess;
        }
        let mut against = Against::of(&outcome, &counts.epoch);
        let is_warming_up = standing == Standing::Exempt(Exempt::WarmingUp);
        if let Some(judged) = answer.judged.filter(|_| !answer.class.is_error() && !is_warming_up) {
            let unripe = Judgement {
                at: micros(request.at + judged.after.max(self.maturity)),
                epoch: counts.epoch.id.0,
                is_candidate: arm == Arm::Candidate,
                group: user.map(|user| user.hash.group().0),
                drawn: weight.compares(),
                bad: judged.bad,
            };
            if self.maturity > 0.0 || judged.after > 0.0 {
                self.unripe.push(unripe);
            } else {
                self.count_judged(unripe);
                // Of the candidate a bad opinion, and of the baseline a good one: it makes the candidate's part of what was told less.
                against.feedback = judged.bad == (arm == Arm::Candidate);
            }
        }
        let is_looked_after = arm == Arm::Candidate || self.looks_after == LooksAfter::Both;
        (is_looked_after && !is_warming_up).then_some(against)
    }

    fn count_judged(&mut self, judged: Judgement) {
        let mut epochs = self.evidence.epochs.iter_mut().rev();
        let Some(counts) = epochs.find(|counts| counts.epoch.id.0 == judged.epoch) else { return };
        let arm = if judged.is_candidate { Arm::Candidate } else { Arm::Baseline };
        let said = Counts::of_share(1, u64::from(judged.bad));
        let counted = counts.arm_mut(arm);
        counted.tally.metrics[Metric::Feedback.index()].add(said);
        if let Some(group) = judged.group.filter(|_| judged.drawn) {
            counted.groups.record_counts(Metric::Feedback, Group(group), said);
        }
    }

    /// Looks until there is nothing more to do, as the controller does. Nothing goes forward because of something bad, so what a
    /// step asks for that does is left out where that is why it looks.
    fn look(&mut self, at: f64, why: Look) {
        let now = timestamp(at);
        let known = (&self.plan.guards, &self.evidence, self.units);
        let mut analysis = match self.may_promote {
            true => verdicts(known.0, known.1, known.2),
            false => verdicts_of_harm(known.0, known.1, known.2, ALPHA_ROLLBACK),
        };
        if why == Look::Timed && self.may_get_more {
            analysis.harm_bound = harm_bound(&self.evidence, self.units);
        }
        for (passed, judged) in self.passed.iter_mut().zip(&analysis.guards) {
            *passed |= judged.verdict == Verdict::Pass;
        }
        self.split_broken |= analysis.split != SplitCheck::Sound;
        if self.aim == Aim::Keep {
            overlook_harm(&mut analysis);
        }
        self.tell(at);
        for _ in 0..STEPS_PER_LOOK {
            let transition = step(
                &self.plan,
                &self.state,
                &input(&self.state, &analysis, &self.calibration, &self.evidence),
                now,
            );
            let moved = transition.next.sequence != self.state.sequence;
            self.state = transition.next;
            if !self.renew_epoch(now) && !moved {
                break;
            }
        }
        let end = match &self.state.phase {
            Phase::RollingBack { .. } | Phase::RolledBack { .. } => End::RolledBack,
            Phase::Promoted => End::Promoted,
            _ => return,
        };
        self.ended = Some(self.run(end, at));
    }

    /// Says once when the rest will be over, as the product would under way.
    fn tell(&mut self, at: f64) {
        if self.told.is_some() || self.predicted.is_none_or(|predicted| at < UNDER_WAY * predicted) {
            return;
        }
        let traffic = Traffic { per_second: self.rate, baseline: &self.calibration.tally };
        let analysis = judge(&self.plan.guards, &self.evidence, self.units);
        let found = remaining(&self.plan, &self.state, &analysis, traffic, timestamp(at));
        self.told = found
            .and_then(|found| found.soonest.zip(found.latest))
            .map(|(soonest, latest)| (at + soonest.as_secs_f64(), at + latest.as_secs_f64()));
    }

    /// Whether another epoch began.
    fn renew_epoch(&mut self, now: Timestamp) -> bool {
        let renewal = Renewal {
            weight: self.state.weight(),
            guards: &self.plan.guards,
            evidence: &self.evidence,
            calibration: &self.calibration,
        };
        let Some(epoch) = renewal.after(&self.epoch, now) else { return false };
        self.epoch = epoch;
        self.evidence.epochs.push(EpochCounts::empty(epoch));
        true
    }

    fn run(&self, end: End, seconds: f64) -> Run {
        Run {
            end,
            seconds,
            candidate: self.candidate,
            excess: self.excess,
            passed: self.passed.clone(),
            predicted: self.predicted,
            told: self.told,
            split_broken: self.split_broken,
        }
    }
}

fn watches_tokens(plan: &Plan) -> bool {
    plan.guards.iter().any(|guard| guard.metric == Metric::OutputTokens)
}

/// For a candidate that is watched to the end whatever it does.
fn overlook_harm(analysis: &mut Analysis) {
    for judged in analysis.guards.iter_mut().filter(|judged| judged.verdict.is_fail()) {
        judged.verdict = Verdict::Wait(Wait::Undecided);
    }
}

/// A second in microseconds.
const MICROS: f64 = 1e6;

fn timestamp(at: f64) -> Timestamp {
    Timestamp(BEGINNING).plus(Duration::from_secs_f64(at))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "days in microseconds")]
fn micros(seconds: f64) -> u64 {
    (seconds * MICROS) as u64
}
