//! Users with a language of their own, who stay on one arm or are drawn anew: how often a sound language is named, how often a
//! sound rollout ends for its whole or for a language, and how soon one that is worse is named.

use super::runs;
use viridian_core::analysis::drift;
use viridian_core::analysis::judge::slices::FALSE_DISCOVERIES;
use viridian_core::analysis::judge::{ALPHA_ROLLBACK, Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::verdict::{Analysis, WorseSlice};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Threshold, Thresholds};
use viridian_core::guard::{Guard, Margin, OnSlice};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::simulate::Dice;
use viridian_core::slice::{Attribute, Slicing};
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

/// Of the first language half of the users, of each of the others half as many as of the one before.
const LANGUAGES: [&str; 6] = ["en", "de", "fr", "es", "it", "nl"];
const EPOCHS: u32 = 12;
const REQUESTS: u64 = 4_000;
const LOOK: u64 = 800;
/// What an answer costs at most, of what counts: some do cost more.
const CAP: u64 = 8_000;
/// What most answers take, and what an answer is slow above: about every twentieth of the users' is.
const TYPICAL_US: f64 = 400_000.0;
const SLOW: Threshold = Threshold { at_us: 1_200_000, scaled_us: 1_440_000 };
const GUARDS: [Guard; 3] = [
    Guard { slices: OnSlice::Rollback, ..Guard::new(Metric::Errors, Margin::Points(50)) },
    Guard { slices: OnSlice::Rollback, ..Guard::new(Metric::Cost, Margin::Relative(1_000)) },
    Guard { slices: OnSlice::Rollback, ..Guard::new(Metric::LatencyP95, Margin::Relative(2_000)) },
];

#[derive(Clone, Copy)]
struct Case {
    users: usize,
    /// The deviation of the logarithm of how much they ask, and of how prone to failure, how costly and how slow they are.
    activity: f64,
    proneness: f64,
    worse: Worse,
    /// Whether users stay on their arm.
    units: Units,
}

/// How the candidate fares worse for German users.
#[derive(Clone, Copy, PartialEq)]
struct Worse {
    /// What is added to their errors.
    errors: f64,
    /// The factors on what their answers cost, and on how long they take.
    cost: f64,
    time: f64,
}

const NO_WORSE: Worse = Worse { errors: 0.0, cost: 1.0, time: 1.0 };
const CALM: Case =
    Case { users: 4_000, activity: 1.0, proneness: 0.5, worse: NO_WORSE, units: Units::Sticky };

/// What came of a run.
#[derive(Default)]
struct Run {
    /// What is named at the first look that names any, after how many requests.
    named: Option<(u64, Vec<WorseSlice>)>,
    /// Whether a split was ever told.
    warned: bool,
    /// Whether it was ever to be rolled back for its whole, and for a language.
    ended: (bool, bool),
}

struct User {
    unit: UnitHash,
    language: usize,
    /// The part of all requests by this user and those before.
    up_to: f64,
    proneness: f64,
    place: f64,
}

fn population(case: &Case, dice: &mut Dice) -> Vec<User> {
    let mut asked = 0.0;
    let user = |_| {
        asked += (case.activity * dice.normal()).exp();
        let mut language = 0;
        while language + 1 < LANGUAGES.len() && dice.hits(0.5) {
            language += 1;
        }
        let proneness = (case.proneness * dice.normal()).exp();
        User { unit: UnitHash(dice.bits()), language, up_to: asked, proneness, place: dice.uniform() }
    };
    let mut users: Vec<User> = (0..case.users).map(user).collect();
    users.iter_mut().for_each(|user| user.up_to /= asked);
    users
}

fn epoch(number: u32) -> Epoch {
    let mut thresholds = Thresholds::default();
    thresholds.set_cap(Metric::Cost, CAP);
    thresholds.set(Metric::LatencyP95, SLOW);
    // The share rises as in most plans.
    let weight = Weight::from_basis_points(if number < 4 { 1_000 } else { 2_500 }).unwrap();
    Epoch {
        id: EpochId(number + 2),
        weight,
        thresholds,
        centres: Centres::default(),
        started_at: Timestamp(u64::from(number) * 300_000),
        allotment: None,
    }
}

impl Case {
    fn serve(&self, user: &User, counts: &mut EpochCounts, dice: &mut Dice) {
        let weight = counts.epoch.weight;
        let place = if self.units == Units::Sticky { user.place } else { dice.uniform() };
        let arm = if place < weight.probability() { Arm::Candidate } else { Arm::Baseline };
        let is_worse = arm == Arm::Candidate && LANGUAGES[user.language] == "de";
        let worse = if is_worse { self.worse } else { NO_WORSE };
        let failed = dice.hits((0.01 * user.proneness + worse.errors).min(1.0));
        let mut about = |typical: f64| typical * user.proneness * (0.6 * dice.normal()).exp();
        let (cost, time) = (worse.cost * about(2_000.0), worse.time * about(TYPICAL_US));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
        let cost = cost as u64;
        // Some languages are slower than others on either arm.
        let time = time * (1.0 + 0.2 * user.language as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds")]
        let latency_us = time as u64;
        let unit = (self.units == Units::Sticky).then_some(user.unit);
        let outcome = Outcome {
            decision: Decision { arm, standing: Standing::Drawn(weight), unit },
            class: if failed { Class::UpstreamError } else { Class::Ok },
            latency_us,
            first_token: FirstToken::NotStreamed,
            contents: Contents { cost: (!failed).then_some(cost), ..Contents::default() },
        };
        let thresholds = counts.epoch.thresholds;
        let slicing = Slicing::of(&[Attribute::parse("language").unwrap()], &GUARDS, self.units).unwrap();
        let counted = counts.arm_mut(arm);
        counted.tally.record(&outcome, &thresholds);
        counted.groups.record(&outcome, &thresholds);
        let value = [LANGUAGES[user.language]].into_iter();
        counted.groups.slices.record((&slicing, value), &outcome, (&thresholds, &[]));
    }

    fn run(&self, seed: u64) -> Run {
        let mut dice = Dice::seeded(seed);
        let users = population(self, &mut dice);
        let (mut evidence, mut run) = (Evidence::default(), Run::default());
        for number in 0..EPOCHS {
            evidence.epochs.push(EpochCounts::empty(epoch(number)));
            for request in 1..=REQUESTS {
                let call = dice.uniform();
                let user = users.partition_point(|user| user.up_to <= call).min(users.len() - 1);
                self.serve(&users[user], evidence.epochs.last_mut().unwrap(), &mut dice);
                if request % LOOK == 0 {
                    run.look(&judge(&GUARDS, &evidence, self.units), u64::from(number) * REQUESTS + request);
                }
            }
            run.warned |= drift::found(&evidence.epochs, self.units).iter().any(|sign| {
                matches!(sign.about, drift::About::Split { .. }) && sign.strength == drift::Strength::Clear
            });
            if run.named.is_some() && self.worse != NO_WORSE {
                break;
            }
        }
        run
    }
}

impl Run {
    fn look(&mut self, analysis: &Analysis, requests: u64) {
        self.ended.0 |= analysis.guards.iter().any(|judgement| judgement.verdict.is_fail());
        self.ended.1 |= analysis.slices.iter().any(WorseSlice::rolls_back);
        if self.named.is_none() && !analysis.slices.is_empty() {
            self.named = Some((requests, analysis.slices.clone()));
        }
    }
}

fn runs_of_users() -> u64 {
    runs() / 6
}

#[expect(clippy::print_stdout, reason = "the rates are what this test is run for")]
fn check_sound(name: &str, case: Case) {
    let count = |is: fn(&Run) -> bool, found: &[Run]| found.iter().filter(|run| is(run)).count() as f64;
    let found: Vec<Run> = (0..runs_of_users()).map(|seed| case.run(seed)).collect();
    let named = count(|run| run.named.is_some(), &found);
    let (whole, slice) = (count(|run| run.ended.0, &found), count(|run| run.ended.1, &found));
    let either = count(|run| run.ended.0 || run.ended.1, &found);
    let warned = count(|run| run.warned, &found);
    let runs = found.len() as f64;
    println!(
        "{name}: of {runs} runs {named} name a sound language, {either} are rolled back ({whole} for the whole, {slice} for a \
         language), {warned} warn of a split"
    );
    let at_most = |rate: f64| runs * rate + 3.0 * (runs * rate).sqrt();
    assert!(named <= runs * FALSE_DISCOVERIES, "{name}");
    assert!(slice <= at_most(ALPHA_ROLLBACK), "{name}");
    assert!(either <= at_most(2.0 * ALPHA_ROLLBACK), "{name}");
    assert!(warned <= at_most(drift::ALPHA_SLICE_SPLIT), "{name}");
}

#[test]
fn sound_languages_of_users_are_rarely_named() {
    check_sound("drawn one by one", Case { units: Units::Independent, ..CALM });
    check_sound("unequal users", CALM);
    check_sound("few users", Case { users: 700, ..CALM });
    check_sound("a few who ask most", Case { activity: 1.8, proneness: 1.0, ..CALM });
}

#[test]
fn worse_only_for_german_users_is_named_alone() {
    let check = |name: &str, worse, metric| {
        let case = Case { worse, ..CALM };
        let (mut right, mut after) = (0, Vec::new());
        for seed in 0..runs_of_users() {
            let Some((requests, slices)) = case.run(seed).named else { continue };
            let is_german = |slice: &WorseSlice| slice.value == "de" && slice.guard.metric == metric;
            right += u64::from(slices.iter().all(is_german));
            after.push(requests);
        }
        after.sort_unstable();
        let (runs, median) = (runs_of_users(), after.get(after.len() / 2));
        println!("{name}: named alone in {right} of {runs} runs, after {median:?} requests in the median");
        assert!(right as f64 >= 0.85 * runs as f64, "{name}");
    };
    check("German errors 1 % to 10 %", Worse { errors: 0.09, ..NO_WORSE }, Metric::Errors);
    check("German answers cost twice as much", Worse { cost: 2.0, ..NO_WORSE }, Metric::Cost);
    check("German answers take twice as long", Worse { time: 2.0, ..NO_WORSE }, Metric::LatencyP95);
}
