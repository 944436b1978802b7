//! Forecasts against numbers that can be worked out by hand.

mod late;

use super::*;
use crate::guard::{Guard, Margin, Mode, Unproven};
use crate::rollout::plan::{Bake, Policy};
use crate::score::{Given, Score};

fn guard(metric: Metric, margin: Margin) -> Guard {
    Guard::new(metric, margin)
}

fn plan(guards: Vec<Guard>) -> Plan {
    let weight = |percent: u16| Step::Weight(Weight::from_basis_points(percent * 100).unwrap());
    let steps = vec![
        weight(5),
        Step::Analysis { min_samples: 200 },
        weight(50),
        Step::Analysis { min_samples: 200 },
        Step::Bake(Bake::default()),
    ];
    Plan {
        steps,
        guards,
        policy: Policy { risk_budget: Weight::FULL, ..Policy::default() },
        local_guard: None,
        gauges: Vec::new(),
        metrics: Vec::new(),
        scores: Vec::new(),
    }
}

/// A baseline with 1 % errors and answers of 100 to 300 ms.
fn baseline(requests: u64) -> Tally {
    let mut tally = Tally::default();
    tally.classes[0] = requests;
    let errors = &mut tally.metrics[Metric::Errors.index()];
    (errors.trials, errors.events) = (requests, requests / 100);
    for request in 0..requests {
        tally.latency.record(100_000 + 200_000 * request / requests);
    }
    tally
}

fn at(per_second: f64, plan: &Plan) -> Forecast {
    forecast(plan, Traffic { per_second, baseline: &baseline(10_000) })
}

#[test]
fn a_step_lasts_until_the_smaller_arm_has_its_outcomes() {
    let steps = at(10.0, &plan(Vec::new())).steps;
    let seconds: Vec<f64> = steps.iter().map(|step| step.takes.unwrap().as_secs_f64().round()).collect();
    assert_eq!(seconds, [0.0, 400.0, 0.0, 40.0, 600.0]);
    assert_eq!(steps[1].candidate.round(), 200.0);
    assert_eq!(steps[3].candidate.round(), 400.0);
}

#[test]
fn a_new_application_is_calibrated_first() {
    let forecast = forecast(&plan(Vec::new()), Traffic { per_second: 10.0, baseline: &baseline(100) });
    assert_eq!(forecast.steps[0].takes, Some(Duration::from_secs(40)));
}

#[test]
fn a_risk_budget_lengthens_the_steps_before_large_shares() {
    let generous = plan(vec![guard(Metric::Errors, Margin::Points(300))]);
    let mut careful = generous.clone();
    careful.policy.risk_budget = Weight::from_basis_points(100).unwrap();
    let takes = |plan: &Plan| at(10.0, plan).steps[3].takes.unwrap();
    assert!(takes(&careful) > takes(&generous));
    // What only watches holds nothing up.
    careful.guards.clear();
    assert_eq!(takes(&careful), takes(&plan(Vec::new())));
}

#[test]
fn the_tightest_margin_is_the_bottleneck() {
    let errors = guard(Metric::Errors, Margin::Points(10));
    let latency = guard(Metric::LatencyP95, Margin::Relative(2_000));
    let forecast = at(100.0, &plan(vec![errors, latency]));
    let bottleneck = forecast.bottleneck.unwrap();
    assert_eq!(bottleneck.metric, Metric::Errors);
    assert!(forecast.steps[4].takes >= bottleneck.takes);
}

#[test]
fn a_guard_that_only_observes_holds_nothing_up() {
    let guard = Guard { mode: Mode::Observe, ..guard(Metric::Errors, Margin::Points(1)) };
    assert_eq!(at(1.0, &plan(vec![guard])).bottleneck, None);
}

#[test]
fn later_steps_and_more_traffic_see_smaller_regressions() {
    // A guard that only observes, so that steps last as long as their samples need.
    let guard = Guard { mode: Mode::Observe, ..guard(Metric::Errors, Margin::Points(50)) };
    let plan = plan(vec![guard]);
    let smallest = |per_second, step: usize| at(per_second, &plan).steps[step].sees[0].smallest.unwrap();
    assert!(smallest(10.0, 3) < smallest(10.0, 1));
    assert!(smallest(10.0, 1) > 0.01);
    assert!(smallest(100.0, 4) < smallest(10.0, 4));
}

#[test]
fn without_traffic_or_feedback_it_never_ends() {
    let feedback = plan(vec![guard(Metric::Feedback, Margin::Points(300))]);
    for forecast in [at(0.0, &plan(Vec::new())), at(10.0, &feedback)] {
        assert_eq!(forecast.steps[4].takes, None);
    }
    assert_eq!(at(10.0, &feedback).bottleneck.unwrap().takes, None);
    assert_eq!(at(10.0, &feedback).steps[3].sees[0].smallest, None);
}

/// Every fifth answer of the baseline got a score from 3 to 5.
#[test]
fn scores_are_planned_in_points_of_their_scale() {
    let score = Score::new("helpful", 1, 1, 5).unwrap();
    let mut scored = baseline(10_000);
    for number in [3.0, 4.0, 5.0] {
        scored.record_score(Given { score, level: score.level(number).unwrap() }, 667);
    }
    let with = |margin, per_second| {
        let plan = plan(vec![guard(Metric::Score(score), Margin::Score(margin))]);
        forecast(&plan, Traffic { per_second, baseline: &scored })
    };
    let takes = |margin, per_second| with(margin, per_second).bottleneck.unwrap().takes.unwrap();
    assert!(takes(50, 10.0) > 10 * takes(200, 10.0), "{:?} and {:?}", takes(50, 10.0), takes(200, 10.0));
    let sight = |per_second, step: usize| with(200, per_second).steps[step].sees[0];
    let (early, late) = (sight(10.0, 1), sight(10.0, 4));
    assert!((early.now - 4.0).abs() < 1e-9, "{early:?}");
    assert!(
        early.smallest.unwrap() < late.smallest.unwrap() && late.smallest.unwrap() < 4.0,
        "{early:?} {late:?}"
    );
    let other = Score::new("helpful", 2, 1, 5).unwrap();
    let unscored = plan(vec![guard(Metric::Score(other), Margin::Score(200))]);
    let found = forecast(&unscored, Traffic { per_second: 10.0, baseline: &scored });
    assert_eq!((found.guards[0].safety, found.guards[0].sight.smallest), (Safety::NothingMeasured, None));
}

#[test]
fn the_quickest_are_sooner_than_most() {
    let forecast = at(100.0, &plan(vec![guard(Metric::Errors, Margin::Points(50))]));
    let most: Duration = forecast.steps.iter().map(|step| step.takes.unwrap()).sum();
    let soonest = forecast.soonest.unwrap();
    assert!(soonest < most && soonest > most / 5, "{soonest:?} and {most:?}");
}

/// What of its outlook makes a guard useless, at 5 % and then whatever else.
#[test]
fn what_a_guard_cannot_do_is_told() {
    let check = |what: &str, per_second: f64, guard: Guard, weights: &[u16], safety: Safety, fires: bool| {
        let weight = |percent: &u16| Step::Weight(Weight::from_basis_points(percent * 100).unwrap());
        let mut plan = plan(vec![guard]);
        plan.steps = weights.iter().map(weight).collect();
        let last = weight(weights.last().unwrap());
        let Step::Weight(last) = last else { return };
        let holdback = last.complement();
        plan.steps.push(Step::Bake(Bake { holdback, ..Bake::default() }));
        let outlook = at(per_second, &plan).guards[0];
        assert_eq!((outlook.safety, outlook.sight.smallest.is_some()), (safety, fires), "{what}");
    };
    let errors = guard(Metric::Errors, Margin::Points(50));
    let latency = guard(Metric::LatencyP95, Margin::Relative(2_000));
    let feedback = guard(Metric::Feedback, Margin::Points(300));
    let observes = Guard { mode: Mode::Observe, ..errors };
    check("enough of everything", 100.0, errors, &[5, 50], Safety::Shown, true);
    check("a request in five minutes", 0.003, errors, &[5], Safety::TooSlow, true);
    let rollback = |hours: u64| Unproven::Rollback { after: Some(Duration::from_secs(hours * 3_600)) };
    let hours = |hours| Guard { unproven: rollback(hours), ..errors };
    check("a request in a second", 1.0, errors, &[50], Safety::Shown, true);
    check("the same, held for a minute", 1.0, hours(0), &[50], Safety::TooSlow, true);
    check("the same, held for long", 1.0, hours(20), &[50], Safety::Shown, true);
    check("a request a day", 0.000_01, errors, &[5], Safety::TooSlow, false);
    check("no share with load", 100.0, latency, &[5, 10], Safety::NoLoad, true);
    check("a share with load", 100.0, latency, &[5, 50], Safety::Shown, true);
    check("no feedback", 100.0, feedback, &[5, 50], Safety::NothingMeasured, false);
    check("only watches", 0.000_01, observes, &[5], Safety::NotAsked, false);
}

mod under_way {
    use super::*;
    use crate::analysis::measurement::Seen;
    use crate::analysis::verdict::{Analysis, Effect, Judgement, SplitCheck, Validity, Verdict, Wait};
    use crate::rollout::forecast::{Remaining, remaining};
    use crate::rollout::state::{Clock, Hold, Phase, Position, State};
    use crate::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn judged(guard: Guard, log_safe: Option<f64>, verdict: Verdict) -> Judgement {
        Judgement {
            guard,
            verdict,
            baseline: crate::analysis::tally::Counts::of_share(1_000, 10),
            candidate: crate::analysis::tally::Counts::of_share(1_000, 10),
            effect: Effect::default(),
            log_harm: None,
            log_safe,
            passes_with: None,
            without: None,
            since: None,
        }
    }

    fn analysis(seen: u64, guards: Vec<Judgement>) -> Analysis {
        Analysis {
            validity: Validity::Exact,
            seen: Seen { baseline: seen, candidate: seen },
            candidate_units: 0,
            wait: None,
            split: SplitCheck::Sound,
            guards,
            harm_bound: Some(0.0),
            slices: Vec::new(),
        }
    }

    /// At a step, so many seconds after its clock started with nothing seen.
    fn position(step: usize, seconds: u64, share: u16) -> Position {
        let started_at = Timestamp(NOW.0 - seconds * 1_000);
        let clock = Some(Clock { started_at, seen: Seen::default() });
        Position {
            weight: Weight::from_basis_points(share).unwrap(),
            clock,
            ..Position::at(step, started_at)
        }
    }

    fn left(plan: &Plan, phase: Phase, analysis: &Analysis) -> Option<Remaining> {
        let state = State { sequence: 3, phase, ..State::new() };
        remaining(plan, &state, analysis, Traffic { per_second: 10.0, baseline: &baseline(10_000) }, NOW)
    }

    fn seconds(remaining: Option<Remaining>) -> (u64, u64) {
        let Remaining { soonest, latest, .. } = remaining.unwrap();
        (soonest.unwrap().as_secs(), latest.unwrap().as_secs())
    }

    #[test]
    fn what_has_been_waited_for_is_not_waited_for_again() {
        let plan = plan(Vec::new());
        let in_step =
            |seen| left(&plan, Phase::Progressing(position(3, 20, 5_000)), &analysis(seen, Vec::new()));
        // 200 outcomes on either arm at five a second each, then ten minutes.
        assert_eq!(seconds(in_step(0)), (640, 640));
        assert_eq!(seconds(in_step(150)), (610, 610));
        assert_eq!(seconds(in_step(500)), (600, 600));
        let bakes = Phase::Baking(position(4, 590, 9_800));
        assert_eq!(seconds(left(&plan, bakes, &analysis(5_000, Vec::new()))), (10, 10));
    }

    #[test]
    fn evidence_that_is_there_is_not_gathered_again() {
        let guard = guard(Metric::Errors, Margin::Points(50));
        let plan = plan(vec![guard]);
        let after = |log_safe, verdict| {
            let phase = Phase::Baking(position(4, 600, 9_800));
            seconds(left(&plan, phase, &analysis(5_000, vec![judged(guard, log_safe, verdict)])))
        };
        let undecided = Verdict::Wait(Wait::Undecided);
        let (none, half, most) =
            (after(Some(0.0), undecided), after(Some(1.5), undecided), after(Some(2.5), undecided));
        assert!(none.0 > half.0 && half.0 > most.0 && most.0 > 0, "{none:?} {half:?} {most:?}");
        assert!(none.1 > half.1 && half.1 > most.1, "{none:?} {half:?} {most:?}");
        assert!(none.1 > 2 * none.0, "a range: {none:?}");
        assert_eq!(after(Some(3.5), Verdict::Pass), (0, 0));
    }

    /// Hours at a share that says nothing of load are no evidence of a guard that asks for it, and none that is missing later.
    #[test]
    fn evidence_under_load_is_counted_since_there_was_load() {
        let guard = guard(Metric::LatencyP95, Margin::Relative(2_000));
        let plan = plan(vec![guard]);
        let after = |before: Seen| {
            let clock = Clock { started_at: Timestamp(NOW.0 - 600_000), seen: before };
            let phase = Phase::Baking(Position { clock: Some(clock), ..position(4, 600, 5_000) });
            let judged = judged(guard, Some(2.9), Verdict::Wait(Wait::Undecided));
            let (baseline, candidate) = (before.baseline + 4_000, before.candidate + 4_000);
            let analysis = Analysis { seen: Seen { baseline, candidate }, ..analysis(0, vec![judged]) };
            seconds(left(&plan, phase, &analysis))
        };
        assert_eq!(after(Seen { baseline: 64_800, candidate: 7_200 }), after(Seen::default()));
    }

    #[test]
    fn an_interval_tells_how_much_slower_sticky_units_are() {
        let guard = guard(Metric::Errors, Margin::Points(50));
        let plan = plan(vec![guard]);
        let with = |upper: f64| {
            let effect = Effect { estimate: Some(0.0), lower: Some(-upper), upper: Some(upper) };
            let judged = Judgement { effect, ..judged(guard, None, Verdict::Wait(Wait::Undecided)) };
            seconds(left(&plan, Phase::Baking(position(4, 600, 9_800)), &analysis(5_000, vec![judged])))
        };
        assert!(with(0.02).1 > with(0.01).1 && with(0.01).1 > with(0.006).1);
        assert_eq!(with(0.004), (0, 0));
    }

    #[test]
    fn whoever_waits_for_a_person_has_no_end() {
        let mut plan = plan(Vec::new());
        let nothing = analysis(0, Vec::new());
        let at = || position(1, 0, 500);
        let held = |reason| left(&plan, Phase::Held { reason, since: NOW, at: at() }, &nothing);
        assert_eq!(held(Hold::PlannedPause), None);
        assert_eq!(held(Hold::Paused { by: "ann".to_owned() }), None);
        assert_eq!(left(&plan, Phase::Promoted, &nothing), None);
        plan.steps.insert(3, Step::Pause { duration: None });
        let until = left(&plan, Phase::Progressing(at()), &nothing);
        assert_eq!(until.unwrap().stops_at, Some(3));
        assert_eq!(seconds(until), (400, 400));
    }

    #[test]
    fn without_traffic_nobody_is_ever_there() {
        let state = State { sequence: 0, phase: Phase::Progressing(position(1, 0, 500)), ..State::new() };
        let traffic = Traffic { per_second: 0.0, baseline: &baseline(10_000) };
        let found = remaining(&plan(Vec::new()), &state, &analysis(0, Vec::new()), traffic, NOW).unwrap();
        assert_eq!((found.soonest, found.latest), (None, None));
    }
}
