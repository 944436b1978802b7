//! How an experiment moves: [`step`] is total and pure, like that of a rollout.
//!
//! ```text
//!   LeadIn ──▶ Running ──▶ Ended        LeadIn ──▶ Ended, when a person stops it
//! ```
//!
//! Arms only stop while it runs: a guard that found one worse, or a person, takes its share to nothing, and what it had is served by
//! the control, outside of the comparison. An experiment ends with a winner, without a difference, without arms, out of time, or
//! because a person says so. Every end sends everyone to the control; a winner is released by a rollout.

use super::definition::{Decider, Experiment};
use super::harm::Follows;
use super::verdict::{Analysis, Verdict};
use crate::time::{Timestamp, readable};
use serde::{Deserialize, Serialize};

/// Where an experiment stands, and how many transitions it took to get there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Transitions so far. An input observed for another number is stale and changes nothing.
    pub sequence: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// What it does.
    pub phase: Phase,
}

/// What an experiment does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Every arm is served by the control.
    LeadIn,
    /// Every arm is served by its own releases, but those that were stopped.
    Running {
        /// The arms without traffic, counted from zero, in rising order.
        stopped: Vec<usize>,
    },
    /// Everyone is served by the control.
    Ended(End),
}

/// How an experiment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// With an arm that is to be released.
    Winner {
        /// Which, counted from zero.
        arm: usize,
        /// Who named it.
        by: Decider,
    },
    /// No arm is better than the control by what matters.
    NoDifference,
    /// Every arm but the control was stopped.
    NoArmLeft,
    /// Its longest duration was over.
    OutOfTime,
    /// A person stopped it.
    Stopped,
}

/// What a person orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    /// It ends without a winner.
    Stop,
    /// An arm gets no more traffic.
    StopArm {
        /// Which, counted from zero; the control cannot be stopped.
        arm: usize,
    },
    /// It ends with this winner, whatever the verdict is.
    Name {
        /// Which, counted from zero.
        arm: usize,
    },
}

/// What an experiment looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The state's number when it was observed.
    pub sequence: u64,
    /// What people ordered since, in order.
    pub orders: Vec<Order>,
    /// What the evidence says.
    pub analysis: Analysis,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Where it stands now.
    pub next: State,
    /// Why, a sentence each; empty when nothing moved.
    pub report: Vec<String>,
}

/// An experiment that begins now.
pub fn begin(experiment: &Experiment, now: Timestamp) -> State {
    let phase =
        if experiment.lead_in.is_zero() { Phase::Running { stopped: Vec::new() } } else { Phase::LeadIn };
    State { sequence: 0, started_at: now, phase }
}

/// Looks once: orders first, then the clock, then guards, then the verdict.
pub fn step(experiment: &Experiment, state: &State, input: &Input, now: Timestamp) -> Transition {
    let stays = || Transition { next: state.clone(), report: Vec::new() };
    if input.sequence != state.sequence || matches!(state.phase, Phase::Ended(_)) {
        return stays();
    }
    let look = Look { experiment, state, input, now };
    let found = look.ordered().or_else(|| look.timed()).or_else(|| look.judged());
    let Some((phase, report)) = found else { return stays() };
    let next = State { sequence: state.sequence + 1, phase, ..*state };
    Transition { next, report }
}

struct Look<'a> {
    experiment: &'a Experiment,
    state: &'a State,
    input: &'a Input,
    now: Timestamp,
}

/// A phase that follows, and why.
type Found = Option<(Phase, Vec<String>)>;

impl Look<'_> {
    fn stopped(&self) -> &[usize] {
        match &self.state.phase {
            Phase::Running { stopped } => stopped,
            Phase::LeadIn | Phase::Ended(_) => &[],
        }
    }

    fn name(&self, arm: usize) -> &str {
        self.experiment.arms.all().get(arm).map_or("?", |arm| arm.name.as_str())
    }

    fn is_treatment(&self, arm: usize) -> bool {
        (1..self.experiment.arms.len()).contains(&arm)
    }

    fn ordered(&self) -> Found {
        let is_open = |arm: usize| self.is_treatment(arm) && !self.stopped().contains(&arm);
        let runs = matches!(self.state.phase, Phase::Running { .. });
        self.input.orders.iter().find_map(|order| match *order {
            Order::Stop => Some((Phase::Ended(End::Stopped), vec!["a person stopped it".to_owned()])),
            Order::Name { arm } if self.is_treatment(arm) => {
                let verdict = self.input.analysis.sentence(self.experiment);
                let report = format!("a person named '{}' the winner; {verdict}", self.name(arm));
                Some((Phase::Ended(End::Winner { arm, by: Decider::ByPerson }), vec![report]))
            }
            Order::StopArm { arm } if runs && is_open(arm) => {
                Some(self.without(vec![arm], vec![format!("a person stopped '{}'", self.name(arm))]))
            }
            Order::Name { .. } | Order::StopArm { .. } => None,
        })
    }

    fn timed(&self) -> Found {
        let age = self.now.since(self.state.started_at);
        if age >= self.experiment.stop.max_duration {
            let verdict = self.input.analysis.sentence(self.experiment);
            let report = format!("{} are over; {verdict}", readable(self.experiment.stop.max_duration));
            return Some((Phase::Ended(End::OutOfTime), vec![report]));
        }
        let leads_in = matches!(self.state.phase, Phase::LeadIn);
        (leads_in && age >= self.experiment.lead_in).then(|| {
            let report = format!("the lead-in of {} is over", readable(self.experiment.lead_in));
            (Phase::Running { stopped: Vec::new() }, vec![report])
        })
    }

    fn judged(&self) -> Found {
        if !matches!(self.state.phase, Phase::Running { .. }) {
            return None;
        }
        let analysis = &self.input.analysis;
        let mut harmful: Vec<usize> = analysis
            .harm
            .iter()
            .filter(|harm| harm.follows == Follows::ArmStops && !self.stopped().contains(&harm.arm))
            .map(|harm| harm.arm)
            .collect();
        harmful.dedup();
        if !harmful.is_empty() {
            let report = harmful.iter().flat_map(|arm| analysis.harm_of(self.experiment, *arm)).collect();
            return Some(self.without(harmful, report));
        }
        let end = match analysis.verdict {
            Verdict::Winner { arm } if self.experiment.stop.winner == Decider::ByRule => {
                End::Winner { arm, by: Decider::ByRule }
            }
            Verdict::NoDifference if self.experiment.stop.winner == Decider::ByRule => End::NoDifference,
            Verdict::NoArmLeft => End::NoArmLeft,
            _ => return None,
        };
        Some((Phase::Ended(end), vec![analysis.sentence(self.experiment)]))
    }

    /// Running without these arms as well; over when none is left beside the control.
    fn without(&self, mut arms: Vec<usize>, report: Vec<String>) -> (Phase, Vec<String>) {
        arms.extend_from_slice(self.stopped());
        arms.sort_unstable();
        arms.dedup();
        let phase = if arms.len() + 1 >= self.experiment.arms.len() {
            Phase::Ended(End::NoArmLeft)
        } else {
            Phase::Running { stopped: arms }
        };
        (phase, report)
    }
}
