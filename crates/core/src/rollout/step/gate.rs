//! What a step of the plan waits for, and what it allows once it has it.

use super::Moment;
use crate::analysis::measurement::Seen;
use crate::analysis::verdict::{Judgement, Verdict, Wait};
use crate::gauge::{Gauged, Standing};
use crate::guard::Guard;
use crate::rollout::input::{Readiness, SmokeResult};
use crate::rollout::plan::{Bake, Step};
use crate::rollout::state::{Cause, Position, Waiting};
use crate::time::Timestamp;
use crate::weight::Weight;

/// Baseline outcomes there have to be before a candidate gets its first request: enough to place its 95th
/// percentile within a few per cent and its share of errors within a point.
pub const CALIBRATION: u64 = 500;

/// What a step of the plan comes to.
pub(super) enum Gate {
    /// Something is missing.
    Wait(Waiting),
    /// The candidate gets another share.
    Shift(Weight),
    /// Every gateway serves by the share: evidence is fresh from now on.
    StartClock,
    /// The step is over.
    Next,
    /// The plan stops here until a person resumes.
    HoldAsPlanned,
    /// The candidate is not fit.
    Fail(Cause),
    /// The candidate becomes the baseline.
    Promote,
}

/// What the step at a position comes to. Nothing moves away from the baseline before every gateway serves by the
/// table of the present state, and nothing while the baseline is dead: it can neither be compared with nor be gone
/// back to.
pub(super) fn of(moment: &Moment<'_>, at: &Position) -> Gate {
    if !moment.input.gateways.all_acknowledged() {
        return Gate::Wait(moment.waiting_for_gateways());
    }
    if moment.input.baseline == Readiness::NotReady && !is_ordered_away(at) {
        return Gate::Wait(Waiting::Baseline);
    }
    match moment.plan.step(at.step) {
        Some(Step::Smoke(_)) => smoke(moment),
        Some(Step::Weight(weight)) => match share(moment, at, moment.plan.effective(*weight)) {
            // The next step starts a clock of its own, at the same moment.
            Some(Gate::StartClock) | None => Gate::Next,
            Some(missing) => missing,
        },
        Some(Step::Analysis { min_samples }) => analysis(moment, at, *min_samples),
        Some(Step::Pause { duration: Some(duration) }) => {
            let until = at.entered_at.plus(*duration);
            if moment.now < until { Gate::Wait(Waiting::Time { until }) } else { Gate::Next }
        }
        Some(Step::Pause { duration: None }) => Gate::HoldAsPlanned,
        Some(Step::Bake(bake)) => bakes(moment, at, bake),
        None => bakes(moment, at, &moment.plan.bake()),
    }
}

/// Whether a person ordered all of the traffic to the candidate, and it has not got it yet. That may be because the
/// baseline is dead.
const fn is_ordered_away(at: &Position) -> bool {
    at.ordered_by.is_some() && at.clock.is_none()
}

/// What keeps a candidate from being given more, whoever orders it.
pub(super) fn barrier(moment: &Moment<'_>) -> Option<Waiting> {
    if !moment.input.gateways.all_acknowledged() {
        Some(moment.waiting_for_gateways())
    } else if moment.input.candidate == Readiness::NotReady {
        Some(Waiting::Candidate)
    } else {
        None
    }
}

/// The share that the step at a position is to give the candidate, while it has another one.
pub(super) fn share_to_come(moment: &Moment<'_>, at: &Position) -> Option<Weight> {
    let Some(Step::Weight(weight)) = moment.plan.step(at.step) else { return None };
    let share = moment.plan.effective(*weight);
    (share != at.weight).then_some(share)
}

fn smoke(moment: &Moment<'_>) -> Gate {
    match &moment.input.smoke {
        SmokeResult::Pending => Gate::Wait(Waiting::Smoke),
        SmokeResult::Passed => Gate::Next,
        SmokeResult::Failed { detail } => Gate::Fail(Cause::SmokeFailed { detail: detail.clone() }),
    }
}

/// What is missing until the candidate has a share and every gateway serves by it.
fn share(moment: &Moment<'_>, at: &Position, target: Weight) -> Option<Gate> {
    let have = moment.input.calibration;
    if at.weight == Weight::ZERO && have < CALIBRATION && at.ordered_by.is_none() {
        return Some(Gate::Wait(Waiting::Evidence(Wait::Calibrating { have, need: CALIBRATION })));
    }
    if at.weight != target {
        let barrier = barrier(moment).filter(|_| target > at.weight);
        return Some(barrier.map_or(Gate::Shift(target), Gate::Wait));
    }
    at.clock.is_none().then_some(Gate::StartClock)
}

fn analysis(moment: &Moment<'_>, at: &Position, min_samples: u64) -> Gate {
    if let Some(waiting) = lacks_evidence(moment, at, min_samples) {
        return Gate::Wait(waiting);
    }
    match lacks_reading(moment, at).or_else(|| risk(moment, at)) {
        Some(waiting) => Gate::Wait(waiting),
        None => Gate::Next,
    }
}

fn bakes(moment: &Moment<'_>, at: &Position, bake: &Bake) -> Gate {
    share(moment, at, moment.plan.effective(Weight::FULL)).unwrap_or_else(|| watch(moment, at, bake))
}

/// The last watch: time, fresh outcomes, and every guard that gates promotion shown safe.
fn watch(moment: &Moment<'_>, at: &Position, bake: &Bake) -> Gate {
    let began = at.clock.map_or(moment.now, |clock| clock.started_at);
    let until = began.plus(bake.duration);
    if moment.now < until {
        return Gate::Wait(Waiting::Time { until });
    }
    if let Some(waiting) = lacks_evidence(moment, at, bake.min_samples) {
        return Gate::Wait(waiting);
    }
    let missing = if is_uncompared(moment, at) { lacks_limit(moment) } else { lacks_proof(moment, at) };
    let missing = missing.or_else(|| lacks_reading(moment, at)).or_else(|| barrier(moment));
    missing.map_or(Gate::Promote, Gate::Wait)
}

/// The first guard that gates promotion and was not shown safe.
fn lacks_proof(moment: &Moment<'_>, at: &Position) -> Option<Waiting> {
    let unproven = unproven(moment, at).next()?;
    let wait = match unproven.verdict {
        Verdict::Wait(wait) => wait,
        _ => Wait::Undecided,
    };
    Some(Waiting::Guard { metric: unproven.guard.metric, wait })
}

/// The guards that have to show the candidate safe and have not yet.
pub(super) fn unproven<'a>(moment: &Moment<'a>, at: &'a Position) -> impl Iterator<Item = &'a Judgement> {
    moment.input.analysis.guards.iter().filter(|judged| {
        judged.guard.gates_promotion() && judged.verdict != Verdict::Pass && !at.pardons(judged.guard.metric)
    })
}

/// The first gauge that may act and has not said, since the step's clock started, that its number is within bounds.
fn lacks_reading(moment: &Moment<'_>, at: &Position) -> Option<Waiting> {
    let is_fresh = |measured: Timestamp| at.clock.is_some_and(|clock| measured >= clock.started_at);
    let is_open = |gauged: &&Gauged| {
        gauged.gauge.gates()
            && !at.pardons_gauge(&gauged.gauge.name)
            && !matches!(gauged.standing, Standing::Within { at, .. } if is_fresh(at))
    };
    let open = moment.input.gauges.iter().find(is_open)?;
    let detail = match open.standing {
        Standing::Within { .. } => format!("{}: it has not been read since this step began", open.gauge.name),
        _ => open.sentence(),
    };
    Some(Waiting::Gauge { gauge: open.gauge.name.clone(), detail })
}

/// Whether no guard can ever say anything: the plan never compares, or a person ordered it past what would have been
/// compared.
pub(super) fn is_uncompared(moment: &Moment<'_>, at: &Position) -> bool {
    let passed_over = at.ordered_by.is_some() && moment.input.analysis.seen.baseline == 0;
    !at.weight.compares() && (passed_over || !moment.plan.compares())
}

/// Without a comparison there has to be a limit on errors, and as many outcomes as it asks for. Errors that reach it
/// have ended the rollout before.
fn lacks_limit(moment: &Moment<'_>) -> Option<Waiting> {
    if !moment.plan.guards.iter().any(Guard::gates_promotion) {
        return None;
    }
    let Some(limit) = moment.plan.local_guard else { return Some(Waiting::Person) };
    let (have, need) = (moment.input.uncompared.trials, u64::from(limit.min_requests));
    (have < need).then_some(Waiting::Evidence(Wait::TooFewSamples { have, need }))
}

/// Evidence that is missing: enough that is fresh on every arm that serves, and nothing that keeps it from being
/// judged.
fn lacks_evidence(moment: &Moment<'_>, at: &Position, need: u64) -> Option<Waiting> {
    let compares = at.weight.compares();
    let have = fresh(moment, at, compares);
    if have < need {
        return Some(Waiting::Evidence(Wait::TooFewSamples { have, need }));
    }
    if compares { moment.input.analysis.wait.map(Waiting::Evidence) } else { None }
}

/// Outcomes since the step's clock started, of the arm that has fewer.
fn fresh(moment: &Moment<'_>, at: &Position, compares: bool) -> u64 {
    let Some(clock) = at.clock else { return 0 };
    let Seen { baseline, candidate } = moment.input.analysis.seen;
    let candidate = candidate.saturating_sub(clock.seen.candidate);
    let baseline = baseline.saturating_sub(clock.seen.baseline);
    if compares { candidate.min(baseline) } else { candidate }
}

/// The next share may not risk more errors than the budget allows, where any guard may act on what it sees: guards
/// that only observe hold nothing up.
fn risk(moment: &Moment<'_>, at: &Position) -> Option<Waiting> {
    let acts = moment.plan.guards.iter().any(Guard::gates_promotion);
    if at.weight == Weight::ZERO || !acts {
        return None;
    }
    let next = moment.plan.next_weight(at.step);
    let Some(harm) = moment.input.analysis.harm_bound else {
        return Some(Waiting::Evidence(Wait::NoData));
    };
    let bound = next.probability() * harm;
    let budget = moment.plan.policy.risk_budget.probability();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share between 0 and 1")]
    let bound_points = (bound * 10_000.0).ceil() as u32;
    (bound > budget).then_some(Waiting::Risk { next, bound: bound_points })
}
