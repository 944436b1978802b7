//! One rollout's worth of evidence, looked at again and again, and what many of them come to.

use crate::traffic::{Callers, Quality, Traffic, Worse};
use std::collections::BTreeMap;
use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{ALPHA_ROLLBACK, Units, finds_harm, verdicts, verdicts_of_harm};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Analysis, SplitCheck, Verdict};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::rollout::step::CALIBRATION;
use viridian_core::time::Timestamp;
use viridian_core::unit::Group;
use viridian_core::weight::Weight;

/// How many runs without `VIRIDIAN_SIMULATION_RUNS`. What so many can see is told in docs/error-rates.md.
const RUNS: u64 = 200;
/// Between looks at first, where one outcome changes much: two on the candidate at a tenth of the traffic.
const CLOSE: u64 = 20;
/// How long that is.
const CLOSE_UNTIL: u64 = 1_500;
/// Between later looks. A controller looks more often, but a few outcomes among thousands move no verdict: looking
/// four times as often changed no rate by more than chance.
const WIDE: u64 = 200;

pub(crate) const GUARDS: [Guard; 3] = [
    guard(Metric::Errors, Margin::Points(50)),
    guard(Metric::LatencyP95, Margin::Relative(2_000)),
    guard(Metric::Feedback, Margin::Points(300)),
];

/// Two more on amounts, one of them told by the same answers as the percentile.
pub(crate) const FIVE_GUARDS: [Guard; 5] = [
    GUARDS[0],
    GUARDS[1],
    GUARDS[2],
    guard(Metric::Cost, Margin::Relative(2_000)),
    guard(Metric::LatencyMean, Margin::Relative(1_000)),
];

const fn guard(metric: Metric, margin: Margin) -> Guard {
    Guard::new(metric, margin)
}

/// What is simulated.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) callers: Callers,
    pub(crate) guards: &'static [Guard],
    pub(crate) requests: u64,
    /// Requests per second.
    pub(crate) rate: f64,
    /// The candidate's share in basis points, from which part of the requests on.
    pub(crate) shares: &'static [(f64, u16)],
    /// How both arms answer, so many seconds after the beginning.
    pub(crate) both: fn(f64) -> Quality,
    pub(crate) worse: Worse,
    pub(crate) feedback: Feedback,
    pub(crate) ending: Ending,
}

/// When feedback comes and counts, in requests after its own.
#[derive(Clone, Copy)]
pub(crate) struct Feedback {
    /// How much later it comes on average: the baseline's, the candidate's.
    pub(crate) after: [f64; 2],
    /// The same of what is bad.
    pub(crate) bad_after: [f64; 2],
    /// How old a request has to be before it counts.
    pub(crate) maturity: u64,
}

impl Feedback {
    pub(crate) const AT_ONCE: Self = Self { after: [0.0; 2], bad_after: [0.0; 2], maturity: 0 };
}

/// When a run is over before its requests are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    AtRollback,
    WhenAllPass,
    AtTheEnd,
}

/// How many runs there are of each case.
pub(crate) fn runs() -> u64 {
    std::env::var("VIRIDIAN_SIMULATION_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// How many of `runs` may be wrong when the rate is `bound`: three deviations above the mean, and one for chance in few runs.
pub(crate) fn at_most(runs: u64, bound: f64) -> u64 {
    let mean = runs as f64 * bound;
    (mean + 3.0 * (mean * (1.0 - bound)).sqrt()).ceil() as u64
}

/// What many runs come to.
pub(crate) struct Rates {
    pub(crate) runs: u64,
    pub(crate) rolled_back: u64,
    /// How often a rollback named each guard, by its place.
    pub(crate) blamed: [u64; FIVE_GUARDS.len()],
    /// Runs in which a guard passed at any look, by its place.
    pub(crate) passed: [u64; FIVE_GUARDS.len()],
    /// Runs in which all passed at one look.
    pub(crate) all_passed: u64,
    /// Runs in which the traffic was called broken at any look.
    pub(crate) split_broken: u64,
    /// Requests on the candidate until it was rolled back.
    found_after: Vec<u64>,
}

impl Rates {
    pub(crate) fn of(name: &str, case: &Case) -> Self {
        let runs = runs();
        let mut rates = Self {
            runs,
            rolled_back: 0,
            blamed: [0; FIVE_GUARDS.len()],
            passed: [0; FIVE_GUARDS.len()],
            all_passed: 0,
            split_broken: 0,
            found_after: Vec::new(),
        };
        for seed in 1..=runs {
            rates.add(&Run::of(case, seed));
        }
        rates.found_after.sort_unstable();
        rates.print(name);
        rates
    }

    fn add(&mut self, run: &Run) {
        if let Some((guards, requests)) = run.rolled_back {
            self.rolled_back += 1;
            for (blamed, is_blamed) in self.blamed.iter_mut().zip(guards) {
                *blamed += u64::from(is_blamed);
            }
            self.found_after.push(requests);
        }
        for (passed, ever) in self.passed.iter_mut().zip(run.passed) {
            *passed += u64::from(ever);
        }
        self.all_passed += u64::from(run.all_passed);
        self.split_broken += u64::from(run.split_broken);
    }

    /// How many of the runs may be wrong when the rate is `bound`.
    pub(crate) fn at_most(&self, bound: f64) -> u64 {
        at_most(self.runs, bound)
    }

    /// Requests on the candidate until it was rolled back, in the median run that was.
    pub(crate) fn median(&self) -> u64 {
        self.found_after.get(self.found_after.len() / 2).copied().unwrap_or(u64::MAX)
    }

    #[expect(clippy::print_stdout, reason = "the rates are what this test is run for")]
    fn print(&self, name: &str) {
        let found = match self.found_after.is_empty() {
            true => String::new(),
            false => format!(", after {} on the candidate", self.median()),
        };
        println!(
            "{name:<31} {:>5} runs: rolled back {:>4}{found}, for {:?}; passed {:?}, all {}; split broken {}",
            self.runs, self.rolled_back, self.blamed, self.passed, self.all_passed, self.split_broken
        );
    }
}

/// What one run came to.
struct Run {
    /// Which guards were blamed, by their place, and after how many requests on the candidate.
    rolled_back: Option<([bool; FIVE_GUARDS.len()], u64)>,
    passed: [bool; FIVE_GUARDS.len()],
    all_passed: bool,
    split_broken: bool,
}

impl Run {
    fn of(case: &Case, seed: u64) -> Self {
        let passed = [false; FIVE_GUARDS.len()];
        let mut run = Self { rolled_back: None, passed, all_passed: false, split_broken: false };
        let mut traffic = Traffic::new(case.callers, seed);
        let mut scene = Scene::calibrated(case, &mut traffic);
        for number in 0..case.requests {
            scene.count(case, &mut traffic, number);
            let between = if number < CLOSE_UNTIL { CLOSE } else { WIDE };
            if number % between == between - 1
                && run.look(&verdicts(case.guards, &scene.evidence, case.units()), case)
            {
                break;
            }
        }
        run
    }

    /// Notes what a look shows; whether the run is over.
    fn look(&mut self, analysis: &Analysis, case: &Case) -> bool {
        let mut blamed = [false; FIVE_GUARDS.len()];
        for (blamed, judged) in blamed.iter_mut().zip(&analysis.guards) {
            *blamed = judged.verdict.is_fail();
        }
        if blamed.contains(&true) && self.rolled_back.is_none() {
            self.rolled_back = Some((blamed, analysis.seen.candidate));
        }
        for (passed, judged) in self.passed.iter_mut().zip(&analysis.guards) {
            *passed |= judged.verdict == Verdict::Pass;
        }
        self.all_passed |= analysis.guards.iter().all(|judged| judged.verdict == Verdict::Pass);
        self.split_broken |= analysis.split != SplitCheck::Sound;
        match case.ending {
            Ending::AtRollback => self.rolled_back.is_some(),
            Ending::WhenAllPass => self.all_passed,
            Ending::AtTheEnd => false,
        }
    }
}

/// Asserts at many looks of one run that whoever asks for harm alone learns of the same harm.
pub(crate) fn check_harm_alone(name: &str, case: &Case) {
    let mut traffic = Traffic::new(case.callers, 1);
    let mut scene = Scene::calibrated(case, &mut traffic);
    let (mut looks, mut harmful) = (0, 0);
    for number in 0..case.requests {
        scene.count(case, &mut traffic, number);
        if number % WIDE != WIDE - 1 {
            continue;
        }
        let asked = (case.guards, &scene.evidence, case.units());
        let all = verdicts(asked.0, asked.1, asked.2);
        let alone = verdicts_of_harm(asked.0, asked.1, asked.2, ALPHA_ROLLBACK);
        let fails = |analysis: &Analysis| -> Vec<bool> {
            analysis.guards.iter().map(|judged| judged.verdict.is_fail()).collect()
        };
        assert_eq!(fails(&all), fails(&alone), "{name}, after {number}");
        assert_eq!((all.split, all.seen, all.wait), (alone.split, alone.seen, alone.wait), "{name}");
        assert!(alone.guards.iter().all(|judged| judged.verdict != Verdict::Pass), "{name}");
        let found = finds_harm(asked.0, asked.1, asked.2, |_| true);
        assert_eq!(found, fails(&all).contains(&true), "{name}, after {number}");
        (looks, harmful) = (looks + 1, harmful + usize::from(found));
        assert!(!finds_harm(asked.0, asked.1, asked.2, |_| false), "{name}: nothing spoke");
    }
    let is_worse = case.worse.errors > 0.0;
    assert_eq!(harmful > 0, is_worse, "{name}: {harmful} of {looks} looks");
}

impl Case {
    pub(crate) fn units(&self) -> Units {
        match self.callers {
            Callers::Independent => Units::Independent,
            Callers::Sticky { .. } => Units::Sticky,
        }
    }

    fn weight(&self, number: u64) -> Weight {
        let part = number as f64 / self.requests as f64;
        let reached = self.shares.iter().take_while(|(from, _)| *from <= part).last();
        reached.map_or(Weight::ZERO, |(_, share)| Weight::from_basis_points(*share).unwrap())
    }
}

/// The evidence as it grows.
pub(crate) struct Scene {
    calibration: ArmCounts,
    epoch: Epoch,
    pub(crate) evidence: Evidence,
    /// What callers will have said, by when it counts and by the request it is about.
    coming: BTreeMap<(u64, u64), Opinion>,
}

/// What a caller says of an answer.
struct Opinion {
    epoch: usize,
    arm: Arm,
    group: Option<Group>,
    is_bad: bool,
}

impl Scene {
    /// The scene after the baseline was watched as long as a rollout waits for.
    pub(crate) fn calibrated(case: &Case, traffic: &mut Traffic) -> Self {
        let epoch = Epoch {
            id: EpochId(1),
            weight: Weight::ZERO,
            thresholds: Thresholds::default(),
            centres: Centres::default(),
            started_at: Timestamp(0),
            allotment: None,
        };
        let mut counts = EpochCounts::empty(epoch);
        for _ in 0..CALIBRATION {
            if let Some(opinion) = record(&mut counts, traffic, (case.both)(0.0), case.worse) {
                opinion.count(&mut counts);
            }
        }
        Self {
            calibration: counts.baseline.clone(),
            epoch,
            evidence: Evidence::default(),
            coming: BTreeMap::new(),
        }
    }

    /// Serves and counts one request, and what has been said of others by now.
    pub(crate) fn count(&mut self, case: &Case, traffic: &mut Traffic, number: u64) {
        let seconds = number as f64 / case.rate;
        let renewal = Renewal {
            weight: case.weight(number),
            guards: case.guards,
            evidence: &self.evidence,
            calibration: &self.calibration,
        };
        if let Some(epoch) = renewal.after(&self.epoch, Timestamp((seconds * 1e3) as u64)) {
            self.epoch = epoch;
            self.evidence.epochs.push(EpochCounts::empty(epoch));
        }
        if let Some(counts) = self.evidence.epochs.last_mut()
            && let Some(said) = record(counts, traffic, (case.both)(seconds), case.worse)
        {
            let after = if said.is_bad { case.feedback.bad_after } else { case.feedback.after };
            let after = after[usize::from(said.arm == Arm::Candidate)];
            let after = if after > 0.0 { traffic.delay(after) } else { 0 };
            let epoch = self.evidence.epochs.len() - 1;
            let counts_at = number + after.max(case.feedback.maturity);
            self.coming.insert((counts_at, number), Opinion { epoch, ..said });
        }
        while let Some(next) = self.coming.first_entry().filter(|next| next.key().0 <= number) {
            let said = next.remove();
            said.count(&mut self.evidence.epochs[said.epoch]);
        }
    }
}

impl Opinion {
    fn count(&self, counts: &mut EpochCounts) {
        let arm = counts.arm_mut(self.arm);
        let said = Counts::of_share(1, u64::from(self.is_bad));
        arm.tally.metrics[Metric::Feedback.index()].add(said);
        if let Some(group) = self.group {
            arm.groups.record_counts(Metric::Feedback, group, said);
        }
    }
}

/// Serves and counts a request; what its caller will say of it.
fn record(counts: &mut EpochCounts, traffic: &mut Traffic, both: Quality, worse: Worse) -> Option<Opinion> {
    let thresholds = counts.epoch.thresholds;
    let request = traffic.request(counts.epoch.weight, both, worse);
    let decision = request.outcome.decision;
    let arm = counts.arm_mut(decision.arm);
    arm.tally.record(&request.outcome, &thresholds);
    arm.groups.record(&request.outcome, &thresholds);
    let group = decision.unit.map(|_| decision.group());
    request.bad.map(|is_bad| Opinion { epoch: 0, arm: decision.arm, group, is_bad })
}
