//! How long a rollout under way will still take: [`remaining`].

use super::ripening::{newest, without_newest};
use super::walk::{Begun, Bound, Walk};
use super::watched::{PRICE, Watched, brought, level};
use super::{Pace, Stretch, Traffic};
use crate::analysis::judge::ALPHA_PROMOTE;
use crate::analysis::measurement::Seen;
use crate::analysis::verdict::{Analysis, Judgement, Verdict};
use crate::guard::maturity;
use crate::rollout::plan::{Plan, Step};
use crate::rollout::state::{Hold, Phase, Position, State};
use crate::time::Timestamp;
use crate::weight::Weight;
use std::time::Duration;

/// How long a rollout will still take if the candidate is as good as the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// By when one of six is there; absent when none is at this traffic.
    pub soonest: Option<Duration>,
    /// By when five of six are there; absent when they never are at this traffic.
    pub latest: Option<Duration>,
    /// The step, counted from zero, at which it stops for a person; its promotion when absent.
    pub stops_at: Option<usize>,
}

/// How long a rollout will still take at this traffic; nothing when it has ended, is on its way back, or waits for a
/// person or for something that is not evidence.
pub fn remaining(
    plan: &Plan,
    state: &State,
    analysis: &Analysis,
    traffic: Traffic<'_>,
    now: Timestamp,
) -> Option<Remaining> {
    let at = match &state.phase {
        Phase::Pending => Position::at(0, now),
        Phase::Progressing(at) | Phase::Baking(at) => at.clone(),
        Phase::Held { reason: Hold::Waiting(waiting), at, .. } if waiting.is_want_of_data() => at.clone(),
        _ => return None,
    };
    let stops = |step: &Step| matches!(step, Step::Pause { duration: None });
    let ahead = || plan.steps.iter().enumerate().skip(at.step);
    let stops_at = ahead().find(|(_, step)| stops(step)).map(|(index, _)| index);
    let until = |pace| -> Option<Duration> {
        let mut walk = Walk::new(plan, traffic, pace);
        walk.begin(&at, analysis, now);
        let before_it = ahead().take_while(|(index, _)| Some(*index) != stops_at);
        before_it.map(|(index, step)| walk.step(index, step).takes).sum()
    };
    Some(Remaining { soonest: until(Pace::OneOfSix), latest: until(Pace::FiveOfSix), stops_at })
}

impl Walk<'_> {
    /// Begins where a rollout stands, with what it has seen.
    fn begin(&mut self, at: &Position, analysis: &Analysis, now: Timestamp) {
        self.weight = at.weight;
        self.begun = begun(self.plan, at, analysis.seen, now);
        let all = [as_one(analysis.seen)];
        self.bound = analysis.harm_bound.map(|harm| Bound { harm, requests: all[0].requests });
        let served = served(at, analysis.seen);
        let young = maturity(&self.plan.guards).as_secs_f64() * self.traffic.per_second;
        self.unripe = newest(&served, young);
        let ripe = without_newest(&served, young);
        if analysis.guards.len() == self.guards.len() {
            for (watched, judged) in self.guards.iter_mut().zip(&analysis.guards) {
                let counted: &[Stretch] = match watched.guard.metric {
                    _ if watched.ripens > 0.0 => &ripe,
                    // A small share before this step brought nothing to a guard that asks for load.
                    metric if metric.depends_on_load() => &served,
                    _ => &all,
                };
                watched.has_seen(judged, counted);
            }
            // Percentiles of sticky units have no interval to go by.
            let slowest = self.guards.iter().map(|watched| watched.slower).fold(1.0, f64::max);
            let unknown =
                self.guards.iter_mut().zip(&analysis.guards).filter(|(_, judged)| knows_nothing(judged));
            unknown.for_each(|(watched, _)| watched.slower = slowest);
        }
    }
}

fn begun(plan: &Plan, at: &Position, seen: Seen, now: Timestamp) -> Begun {
    let Some(clock) = at.clock else { return Begun::default() };
    let candidate = seen.candidate.saturating_sub(clock.seen.candidate);
    let baseline = seen.baseline.saturating_sub(clock.seen.baseline);
    let since = match plan.step(at.step) {
        Some(Step::Pause { .. }) => at.entered_at,
        _ => clock.started_at,
    };
    let fresh = if at.weight.compares() { candidate.min(baseline) } else { candidate };
    Begun { seconds: now.since(since).as_secs_f64(), fresh: fresh as f64 }
}

/// What was seen before the clock of the present step started, and what since.
fn served(at: &Position, seen: Seen) -> [Stretch; 2] {
    let before = at.clock.map_or(seen, |clock| clock.seen);
    let since = Seen {
        baseline: seen.baseline.saturating_sub(before.baseline),
        candidate: seen.candidate.saturating_sub(before.candidate),
    };
    [before, since].map(as_one)
}

/// All of it, as if under one share.
fn as_one(seen: Seen) -> Stretch {
    let requests = (seen.baseline + seen.candidate) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10 000")]
    let share = (seen.candidate as f64 / requests.max(1.0) * 10_000.0).round() as u16;
    Stretch { requests, weight: Weight::from_basis_points(share).unwrap_or(Weight::ZERO) }
}

const fn knows_nothing(judged: &Judgement) -> bool {
    judged.log_safe.is_none() && judged.effect.upper.is_none() && !matches!(judged.verdict, Verdict::Pass)
}

impl Watched {
    /// What is still missing after a judgement of what counted by then.
    ///
    /// With a log of evidence `L`: the level less `L`, and of the price of the bets what the requests so far have not
    /// paid. With an interval alone: it has to be as narrow as the margin around no difference, and narrows with the root
    /// of the requests.
    fn has_seen(&mut self, judged: &Judgement, counted: &[Stretch]) {
        let brought = brought(counted, |weight| self.requests_until_safe(weight));
        let width = judged.effect.upper.zip(judged.effect.estimate).map(|(upper, estimate)| upper - estimate);
        if judged.verdict == Verdict::Pass {
            self.missing = 0.0;
        } else if let Some(log_safe) = judged.log_safe {
            let unpaid = PRICE * (1.0 - brought).max(0.0);
            self.missing = ((-ALPHA_PROMOTE.ln() - log_safe + unpaid) / level()).max(0.0);
        } else if let Some(width) = width.filter(|_| brought > 0.0) {
            let times = (width / self.guard.margin.fraction()).powi(2);
            self.slower = (times * brought).max(f64::MIN_POSITIVE);
            self.missing = (1.0 - 1.0 / times).max(0.0);
        }
    }
}
