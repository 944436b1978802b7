//! Rollouts made up: a plan, and a walk of moments in which anything may be the case. Mostly things go well, so that
//! walks get far; every part can go wrong, so that they end everywhere.

use crate::plans::{GUARDS, plans};
use proptest::prelude::*;
use std::time::Duration;
use viridian_core::analysis::drift::{About, Sign, Strength};
use viridian_core::analysis::measurement::Seen;
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{
    Analysis, Effect, Judgement, SplitCheck, Validity, Verdict, Wait, WorseSlice,
};
use viridian_core::gauge::{Gauge, Gauged, Standing};
use viridian_core::guard::Guard;
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::input::{
    Gateways, Input, Oversized, Readiness, RefusedTable, SmokeResult, Unwell,
};
use viridian_core::rollout::plan::Plan;
use viridian_core::rollout::state::State;
use viridian_core::rollout::step::{Transition, step};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// A rollout made up.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) plan: Plan,
    pub(crate) moments: Vec<Moment>,
}

/// What is the case at one moment, whatever the state.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    /// Seconds since the last moment.
    pub(crate) seconds: u64,
    /// Outcomes since the last moment, the baseline's and the candidate's.
    pub(crate) outcomes: (u64, u64),
    pub(crate) calibration: u64,
    /// One per guard.
    pub(crate) verdicts: Vec<Said>,
    /// The guards by which German requests are named as worse, and whether beyond doubt.
    pub(crate) slices: Vec<(usize, bool)>,
    /// What the plan's gauge says, if it has one.
    pub(crate) standing: Standing,
    pub(crate) wait: Option<Wait>,
    pub(crate) split: SplitCheck,
    pub(crate) harm_bound: Option<f64>,
    pub(crate) signs: Vec<Sign>,
    pub(crate) gateways: Gateways,
    pub(crate) smoke: SmokeResult,
    pub(crate) baseline: Readiness,
    pub(crate) candidate: Readiness,
    pub(crate) commands: Vec<Command>,
}

/// What a guard finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Pass,
    Fail,
    Undecided,
}

/// One look at a rollout.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) state: State,
    pub(crate) input: Input,
    pub(crate) now: Timestamp,
    pub(crate) transition: Transition,
}

/// Whether people interfere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum People {
    /// They order anything.
    Order,
    /// They leave it alone.
    Watch,
}

impl Walk {
    /// Every look of the walk, from the beginning to its last moment.
    pub(crate) fn looks(&self) -> Vec<Look> {
        let mut state = State::new();
        let mut now = Timestamp(1_000_000);
        let mut seen = Seen::default();
        let mut looks = Vec::new();
        for moment in &self.moments {
            now = now.plus(Duration::from_secs(moment.seconds));
            if state.weight() > Weight::ZERO {
                seen.baseline += moment.outcomes.0;
                seen.candidate += moment.outcomes.1;
            }
            let input = moment.input(&self.plan, &state, seen);
            let transition = step(&self.plan, &state, &input, now);
            let next = transition.next.clone();
            looks.push(Look { state, input, now, transition });
            state = next;
        }
        looks
    }
}

impl Moment {
    /// The input of a step at this moment.
    pub(crate) fn input(&self, plan: &Plan, state: &State, seen: Seen) -> Input {
        let judged = plan.guards.iter().zip(&self.verdicts).map(|(guard, said)| judgement(*guard, *said));
        Input {
            sequence: state.sequence,
            commands: self.commands.clone(),
            gateways: self.gateways.clone(),
            calibration: self.calibration,
            analysis: Analysis {
                validity: Validity::Exact,
                seen,
                candidate_units: 0,
                wait: self.wait,
                split: self.split,
                guards: judged.collect(),
                harm_bound: self.harm_bound,
                slices: self.slices.iter().filter_map(|slice| worse_slice(plan, *slice)).collect(),
            },
            gauges: plan.gauges.iter().map(|gauge| self.gauged(gauge)).collect(),
            signs: self.signs.clone(),
            smoke: self.smoke.clone(),
            uncompared: Counts { trials: seen.candidate, events: seen.candidate / 100, ..Counts::default() },
            baseline: self.baseline,
            candidate: self.candidate,
        }
    }

    fn gauged(&self, gauge: &Gauge) -> Gauged {
        Gauged { gauge: gauge.clone(), standing: self.standing.clone() }
    }
}

fn judgement(guard: Guard, said: Said) -> Judgement {
    let counts = Counts::of_share(1_000, 10);
    Judgement {
        guard,
        verdict: match said {
            Said::Pass => Verdict::Pass,
            Said::Fail => Verdict::Fail(guard.on_fail),
            Said::Undecided => Verdict::Wait(Wait::Undecided),
        },
        baseline: counts,
        candidate: counts,
        effect: Effect::default(),
        log_harm: None,
        log_safe: None,
        passes_with: None,
        without: None,
        since: None,
    }
}

fn worse_slice(plan: &Plan, (place, certain): (usize, bool)) -> Option<WorseSlice> {
    Some(WorseSlice {
        attribute: "language".to_owned(),
        value: "de".to_owned(),
        guard: *plan.guards.get(place)?,
        baseline: Counts::of_share(100, 1),
        candidate: Counts::of_share(100, 50),
        effect: Effect::default(),
        log_harm: 20.0,
        since: None,
        certain,
    })
}

pub(crate) fn walks(people: People, moments: usize) -> impl Strategy<Value = Walk> {
    (plans(), prop::collection::vec(moment(people), 1..moments))
        .prop_map(|(plan, moments)| Walk { plan, moments })
}

fn standings() -> impl Strategy<Value = Standing> {
    // One that is of long ago, and one that is always fresh.
    let within = |at| Just(Standing::Within { value: 1.0, at: Timestamp(at) });
    let unknown = Standing::Unknown { why: "no answer".to_owned() };
    prop_oneof![
        8 => within(u64::MAX / 2),
        1 => within(0),
        2 => Just(unknown),
        1 => Just(Standing::Beyond { value: 7.0 }),
    ]
}

fn moment(people: People) -> impl Strategy<Value = Moment> {
    let commands = match people {
        People::Order => prop_oneof![5 => Just(vec![]), 1 => prop::collection::vec(commands(), 1..3)].boxed(),
        People::Watch => Just(vec![]).boxed(),
    };
    let evidence = (
        (outcomes(), outcomes()),
        prop_oneof![6 => 500u64..600, 1 => 0u64..500],
        (prop::collection::vec(said(), GUARDS), slices()),
        standings(),
        prop_oneof![8 => Just(None), 1 => Just(Some(Wait::TooFewUnits { units: 3, groups: 2 }))],
        prop_oneof![12 => Just(SplitCheck::Sound), 1 => Just(SplitCheck::Broken { expected: 0.5, observed: 0.4 })],
        prop_oneof![6 => (0.0f64..0.05).prop_map(Some), 1 => Just(Some(1.0)), 1 => Just(None)],
    );
    let world = (gateways(), smoke(), (readiness(), readiness()), commands, (0u64..400, signs()));
    (evidence, world).prop_map(|(evidence, world)| {
        let (outcomes, calibration, (verdicts, slices), standing, wait, split, harm_bound) = evidence;
        let (gateways, smoke, (baseline, candidate), commands, (seconds, signs)) = world;
        Moment {
            seconds,
            outcomes,
            calibration,
            verdicts,
            slices,
            standing,
            wait,
            split,
            harm_bound,
            signs,
            gateways,
            smoke,
            baseline,
            candidate,
            commands,
        }
    })
}

/// Mostly the conditions are not looked at.
fn signs() -> impl Strategy<Value = Vec<Sign>> {
    let about = prop::sample::subsequence(
        vec![About::Latency, About::InputTokens, About::Mix { attribute: "language".to_owned() }],
        0..=3,
    );
    let strength = prop::sample::select(vec![Strength::Clear, Strength::Faint, Strength::Gone]);
    let some = (about, strength).prop_map(|(about, strength)| {
        let sign = |about: About| Sign { sentence: about.to_string(), about, strength };
        about.into_iter().map(sign).collect()
    });
    prop_oneof![3 => Just(Vec::new()), 1 => some]
}

/// Mostly no slice is worse.
fn slices() -> impl Strategy<Value = Vec<(usize, bool)>> {
    let certain = prop_oneof![4 => Just(false), 1 => Just(true)];
    let some = (prop::sample::subsequence((0..GUARDS).collect::<Vec<_>>(), 0..=GUARDS), certain)
        .prop_map(|(places, certain)| places.into_iter().map(|place| (place, certain)).collect());
    prop_oneof![5 => Just(Vec::new()), 1 => some]
}

fn outcomes() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..300, 1 => Just(0)]
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![10 => Just(Said::Pass), 1 => Just(Said::Fail), 3 => Just(Said::Undecided)]
}

fn readiness() -> impl Strategy<Value = Readiness> {
    prop_oneof![9 => Just(Readiness::Ready), 1 => Just(Readiness::NotReady)]
}

fn smoke() -> impl Strategy<Value = SmokeResult> {
    let failed = SmokeResult::Failed { detail: "GET / answered 503".to_owned() };
    prop_oneof![8 => Just(SmokeResult::Passed), 1 => Just(SmokeResult::Pending), 1 => Just(failed)]
}

fn gateways() -> impl Strategy<Value = Gateways> {
    let tripped = prop_oneof![30 => Just(None), 1 => Just(Some("gw-1".to_owned()))];
    let mood = prop_oneof![5 => Just((3, 0)), 1 => (0usize..=3, 0usize..=3)];
    let refuses = RefusedTable { node: "gw-2".to_owned(), reason: "a secret is missing".to_owned() };
    let refused = prop_oneof![8 => Just(None), 1 => Just(Some(refuses))];
    let fares = Unwell { node: "gw-3".to_owned(), detail: "it fails".to_owned() };
    let unwell = prop_oneof![30 => Just(None), 1 => Just(Some(fares))];
    let long = Oversized { length: 700, most: 500 };
    let oversized = prop_oneof![12 => Just(None), 1 => Just(Some(long))];
    let parts = (mood, tripped, refused, oversized, unwell);
    parts.prop_map(|((acknowledged, exposed), tripped, refused, oversized, unwell)| {
        Gateways {
            known: 3,
            // Whoever refuses a table has not acknowledged it.
            acknowledged: if refused.is_some() { acknowledged.min(2) } else { acknowledged },
            exposed,
            tripped,
            refused,
            oversized,
            unwell,
        }
    })
}

fn commands() -> impl Strategy<Value = Command> {
    let by = || "ann".to_owned();
    prop_oneof![
        4 => Just(Command::Pause { by: by() }),
        6 => Just(Command::Resume { by: by() }),
        4 => Just(Command::Promote { by: by(), reach: Reach::Step }),
        2 => Just(Command::Promote { by: by(), reach: Reach::Full }),
        1 => Just(Command::Abort { by: by(), reason: None }),
        1 => Just(Command::Rollback { by: by(), reason: None }),
        1 => Just(Command::Supersede {
            by: viridian_core::id::RolloutName::parse("support-chat-v9").unwrap(),
        }),
    ]
}
